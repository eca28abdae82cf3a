"""Run stages on small disks, each in a process forked from this one: run as a script.

This process has loaded the libraries, so that a stage only takes the time of its work. A case is a
line of JSON on stdin, and its answer is a line of JSON:

- `folder`, `stage`, `arguments`: the stage to run, and where. Its output goes below `small/`, where
  `folders` are made before, as by Snakemake.
- `room`: bytes. `kind`: "disk" is a file system of that size (in a separate mount namespace),
  "file" is a limit on each single file (RLIMIT_FSIZE).

The stage runs twice: with that little room, and then with enough. The answer has `code`, `said`
(stderr) and `files` (SHA-256 by name, of files that are not hidden) of both runs.
"""

import ctypes
import gc
import hashlib
import importlib
import json
import os
import resource
import sys
import traceback
from pathlib import Path

from sign2text.ground.method_packages import stage_modules

SMALL = "small"
NEW_NAMESPACE, NEW_USER, PRIVATE, REMOUNT = 0x20000, 0x10000000, 0x44000, 0x20
PLENTY = 2**28
LIBC = ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: object) -> None:
    """Call a function of the C library; raise OSError if it fails."""
    if getattr(LIBC, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def mount(place: Path, room: int, flags: int = 0) -> None:
    call("mount", b"small", str(place).encode(), b"tmpfs", flags, f"size={room}".encode())


def enter_namespace() -> None:
    """Hide mounts from now on from all processes except this one and its children."""
    user = os.geteuid()
    call("unshare", NEW_NAMESPACE | (NEW_USER if user else 0))
    if user:
        Path("/proc/self/uid_map").write_text(f"0 {user} 1\n")
    call("mount", b"none", b"/", None, PRIVATE, None)


def run(case: dict, limit: int | None) -> dict:
    """Run the stage in a fork, and return the result."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        code = 99
        try:
            os.dup2(writer, 1), os.dup2(writer, 2)
            os.chdir(case["folder"])
            if limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            from sign2text.jobs.command_line import command_line

            module = importlib.import_module(stage_modules()[case["stage"]])
            command_line(module.run, case["arguments"])
        except SystemExit as ended:
            code = ended.code
        except BaseException:  # noqa: BLE001 (whatever it is, this process ends here)
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8", errors="replace") as said:
        text = said.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    small = Path(case["folder"]) / SMALL
    names = [path.relative_to(small) for path in sorted(small.rglob("*")) if path.is_file()]
    files = {
        name.as_posix(): hashlib.sha256((small / name).read_bytes()).hexdigest()
        for name in names
        if not any(part.startswith(".") for part in name.parts)
    }
    return {"code": code, "said": text, "files": files}


def answer(case: dict) -> dict:
    """Answer with both runs of a case."""
    place = Path(case["folder"]) / SMALL
    place.mkdir(parents=True, exist_ok=True)
    if case["kind"] == "file":
        return {"runs": [run(case, case["room"]), run(case, None)]}
    try:
        enter_namespace()
        mount(place, case["room"])
    except OSError as error:
        return {"impossible": str(error)}
    for name in case["folders"]:
        (place.parent / name).mkdir(parents=True)
    first = run(case, None)
    mount(place, PLENTY, REMOUNT)
    return {"runs": [first, run(case, None)]}


def load_libraries() -> None:

    for module in stage_modules().values():
        importlib.import_module(module)
    for name in ("av", "cv2", "pandas", "sacrebleu", "sentencepiece", "tokenizers", "torch"):
        importlib.import_module(name)
    import torch

    torch.set_num_threads(1)
    importlib.import_module("torch.utils.tensorboard")
    gc.freeze()  # otherwise each fork would copy the objects that it traverses


def main() -> None:
    load_libraries()
    for line in sys.stdin:
        reader, writer = os.pipe()
        child = os.fork()  # only the child enters the namespace
        if child == 0:
            with os.fdopen(writer, "w") as back:
                back.write(json.dumps(answer(json.loads(line))))
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as told:
            print(told.read(), flush=True)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
