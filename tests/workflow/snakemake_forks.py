"""Dry runs of Snakemake without its start-up: each is a fork of a process that has loaded it.

`run` starts that process, this file run as a script, on its first call. The process reads requests
as lines of JSON on stdin and answers each with a line: the exit status. It runs nothing itself, so
each fork finds Snakemake like a new process, apart from loaded modules and the hashes of the code.
Code that a test has edited needs a new process.
"""

import atexit
import functools
import gc
import importlib
import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

from sign2text.config.stages import find_stages
from sign2text.ground.code_hash import code_hash


def starts_no_job(arguments: Sequence[str]) -> bool:
    """Return whether Snakemake only plans, marks files as made, or removes its lock."""
    return bool({"--dry-run", "--touch", "--unlock"} & set(arguments))


def run(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run Snakemake in this process's folder and environment; `stdout` includes its stderr."""
    assert starts_no_job(arguments), arguments
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        place = f"/proc/{os.getpid()}/fd/{said.fileno()}"
        request = {"arguments": arguments, "said": place}
        request |= {"environment": dict(os.environ), "folder": str(Path.cwd())}
        server = _server()
        server.stdin.write(json.dumps(request) + "\n")
        server.stdin.flush()
        answer = server.stdout.readline()
        assert answer, f"the process that is forked has ended with {server.wait()}"
        said.seek(0)
        return subprocess.CompletedProcess(arguments, json.loads(answer), said.read())


@functools.cache
def _server() -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(process.kill)
    return process


def serve() -> None:
    """Answer requests until stdin ends."""
    load()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            work(**json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def load() -> None:
    """Import what each run imports: Snakemake, its plugins, the stages; hash their code."""
    for name in ("cli", "dag", "parser", "workflow"):
        importlib.import_module(f"snakemake.{name}")
    for name in ("smart_open", "yte"):  # which Snakemake imports late
        importlib.import_module(name)
    sys.modules["snakemake.cli"].get_argument_parser()  # finds the plugins
    for stage in find_stages():
        code_hash(stage)
    gc.collect()
    gc.freeze()  # otherwise each fork would copy the objects that it traverses


def work(arguments: list[str], environment: dict[str, str], folder: str, said: str) -> None:
    """Become the requested process, and end."""
    code = 1
    try:
        with Path(said).open("w", encoding="utf-8") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        sys.argv = ["snakemake", *arguments]
        from snakemake.cli import main

        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 (whatever it is, this process ends here)
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
