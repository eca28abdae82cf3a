"""A stage's command line, generated from the signature of its `run`."""

import argparse
import errno
import inspect
import logging
import os
import signal
import sys
import types
import typing
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Literal

from sign2text.config.json_options import read_mapping
from sign2text.ground import runner
from sign2text.ground.errors import InputError, MemoryShortError, StorageError
from sign2text.ground.files import FILE, FOLDER, NOTHING, is_panic, kind_of, lock_path, locked
from sign2text.ground.memory import shortage
from sign2text.ground.method_packages import stage_modules
from sign2text.ground.processes import is_first, process_number
from sign2text.ground.settings import read_settings
from sign2text.ground.storage import problem, writing
from sign2text.ground.terminal import VisibleFormatter, with_short_lines
from sign2text.jobs.clock import bring_back
from sign2text.jobs.finished_trainings import clear_finished
from sign2text.jobs.number_options import MOST_THREADS, whole_number
from sign2text.jobs.waiting import Wait, digest
from sign2text.lineage.recorder import recording

WRONG_INPUT = 2  # exit code, the one argparse uses too
FAILED = 1

# Errors of paths that the user gave or put under resources/.
_OF_PATHS = frozenset(
    {
        errno.EACCES,
        errno.EPERM,
        errno.ELOOP,
        errno.ENAMETOOLONG,
        errno.EISDIR,
        errno.ENOTDIR,
        errno.ENXIO,
    }
)
_BOUNDED = {"threads": {"type": whole_number(0, MOST_THREADS)}}
_WRITTEN = ("texts",)  # folders that a stage makes in addition to its output

# Keep the libraries' own messages out of the stages' logs; values set by the user win.
_QUIET = {
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TORCH_CPP_LOG_LEVEL": "ERROR",
}

log = logging.getLogger(__name__)


def command_line(run: Callable[..., Any], arguments: Sequence[str] | None = None) -> None:
    """Call `run` with the command line's arguments, and exit.

    Each parameter of `run` becomes an option of the same name. It is required if it has no default.
    Its type is `Path`, `int`, `float`, `str`, `bool` or `Literal`; `list[Path]` takes several
    values. `config` becomes `--settings`, JSON with the differences from the defaults. Every stage
    has `--log FILE` and `--provenance FILE` (lineage/provenance_file.py); `--inputs` and
    `--outputs` list all files that the rule reads and makes, for the provenance. Input files must
    exist. The `output` is locked against a second process: a job of snakemake waits for the first
    process (`waiting`), other processes end with an error.

    Exit codes: 0; 1 for a failure (with a traceback in the log, and a message for a full disk or
    memory); 2 for invalid input (with only a message); 143 after SIGTERM and 130 after SIGINT. Both
    signals raise SystemExit, so that context managers clean up.

    If torchrun started several processes, rank 0 holds the lock and writes the log; the other ranks
    only append their errors.
    """
    os.environ.update({key: os.environ.get(key, value) for key, value in _QUIET.items()})
    _end_by_exception()
    runner.remember()
    stage = Path(inspect.getfile(run)).stem
    hints = typing.get_type_hints(run)
    parser = _make_parser(run, hints, stage)
    given = vars(parser.parse_args(arguments))
    log_file = given.pop("log")
    about = [given.pop(name) for name in ("provenance", "inputs", "outputs", "method")]
    _start_log(None)
    output = given.get("output")
    try:
        alone = output is not None and is_first()
        with _hold(output, stage, given) if alone else nullcontext():
            # Only with the lock: another running process may be writing this log.
            _start_log(log_file)
            if "config" in hints:
                settings = read_mapping(
                    "--settings", given.pop("settings"), 'an object such as {"seed": 2}'
                )
                given["config"] = read_settings(hints["config"], settings, "--settings")
            _check_inputs(given)
            if runner.is_job() and is_first():
                clear_finished()  # free the disk space of earlier jobs' states
            with recording(stage, given, *about):
                run(**given)
            if runner.is_job() and is_first():
                bring_back()
    except InputError as error:
        _complain(str(error))
        sys.exit(FAILED if isinstance(error, StorageError | MemoryShortError) else WRONG_INPUT)
    except BaseException as error:
        if not isinstance(error, Exception) and not is_panic(error):
            raise
        told = problem(error, output or Path()) or shortage(error, output or stage)
        if told is None and (unreachable := _unreachable(error)):
            _complain(unreachable)
        else:
            _complain(f"{stage}: failed", exc_info=error)
        if told:
            _complain(told)
        sys.exit(FAILED)
    sys.exit(0)


def _unreachable(error: BaseException) -> str | None:
    """Return a message, instead of a traceback, if a path cannot be opened; None otherwise."""
    if isinstance(error, OSError) and error.filename and error.errno in _OF_PATHS:
        return (
            f"{error.filename}: cannot be opened ({error.strerror}). Correct the path "
            "or its rights, and start the same command again."
        )
    return None


def _complain(told: str, **options: Any) -> None:
    try:
        log.error("%s", with_short_lines(told), **options)
    except StorageError as error:  # the log's disk is full; by now only stderr is logged to
        log.error("%s", error)


def _hold(output: Path, stage: str, given: dict[str, Any]) -> AbstractContextManager[None]:
    """Return the lock of an output; it records a hash of this process's request."""
    asked = {key: str(value) for key, value in given.items() if key != "threads"}
    about = runner.signature(digest(stage, asked))
    busy = Wait(str(output), about["command"]) if runner.is_job() else None
    return locked(lock_path(output), str(output), about, busy)


def _make_parser(run: Callable, hints: dict[str, Any], stage: str) -> argparse.ArgumentParser:
    module = sys.modules[run.__module__]
    parser = argparse.ArgumentParser(
        prog=f"python -m {stage_modules().get(stage, stage)}",
        description=(module.__doc__ or "").strip(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    for name, parameter in inspect.signature(run).parameters.items():
        if name == "config":
            parser.add_argument(
                "--settings",
                default="{}",
                metavar="JSON",
                help="what differs from the defaults (docs/settings.md), as JSON",
            )
            continue
        required = parameter.default is inspect.Parameter.empty
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            dest=name,
            required=required,
            **({} if required else {"default": parameter.default}),
            **_argument_type(hints[name]) | _BOUNDED.get(name, {}),
        )
    parser.add_argument("--log", type=Path, metavar="FILE", help="write the log here too")
    parser.add_argument(
        "--provenance", type=Path, metavar="FILE", help="write what made the outputs here"
    )
    parser.add_argument("--method", metavar="NAME", help="the method of whose experiment this is")
    for name, what in (("--inputs", "all that the rule reads"), ("--outputs", "all that it makes")):
        parser.add_argument(name, type=Path, nargs="*", default=[], metavar="FILE", help=what)
    return parser


def _argument_type(hint: Any) -> dict[str, Any]:
    """Return argparse's arguments for a parameter of type `hint`."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        (hint,) = (each for each in inner if each is not type(None))
        return _argument_type(hint)
    if origin in (list, tuple):
        return {**_argument_type(inner[0]), "nargs": "+"}
    if origin is Literal:
        return {"choices": inner, "type": type(inner[0])}
    if hint is bool:
        return {"action": argparse.BooleanOptionalAction}
    if hint in (int, float, str, Path):
        return {"type": hint}
    raise TypeError(f"a stage's run takes Path, int, float, str, bool and Literal, not {hint}")


def _check_inputs(given: dict[str, Any]) -> None:
    """Raise InputError for missing input paths, and for pipes and devices, which have no end."""
    for name, value in given.items():
        if (name in _WRITTEN and isinstance(value, Path)) or name.startswith("output"):
            continue
        for path in value if isinstance(value, list | tuple) else [value]:
            if not isinstance(path, Path):
                continue
            found = kind_of(path)
            if found == NOTHING:
                raise InputError(
                    f"--{name.replace('_', '-')}: no file {path}. Correct the path, or have it "
                    f"made: snakemake --cores all {path}"
                )
            if found not in (FILE, FOLDER):
                raise InputError(
                    f"--{name.replace('_', '-')}: {path}: {found} found, a file or folder "
                    "expected. Correct the path."
                )


class _LogFile(logging.FileHandler):
    """A log file that ends the stage with a single message if the disk is full."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (the library's name)
        error = sys.exc_info()[1]
        if error and (told := problem(error, Path(self.baseFilename))):
            logging.getLogger().removeHandler(self)  # the message must not be logged here again
            raise StorageError(told) from error
        super().handleError(record)


def _start_log(path: Path | None) -> None:
    """Log to stderr and, if given, to `path`, which is emptied first."""
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    if path is not None:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            if is_first():
                path.write_bytes(b"")
            # Append, since several processes may write.
            handlers.append(_LogFile(path, encoding="utf-8", delay=not is_first()))
    process = "" if is_first() else f"process {process_number()}: "
    line = f"%(asctime)s %(levelname).1s {process}%(message)s"
    for handler in handlers:
        handler.setFormatter(VisibleFormatter(line, datefmt="%H:%M:%S"))
    level = logging.INFO if is_first() else logging.ERROR
    logging.basicConfig(level=level, handlers=handlers, force=True)
    logging.captureWarnings(True)
    for chatty in ("httpx", "httpcore", "urllib3", "filelock", "absl"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _end_by_exception() -> None:
    """Let SIGTERM and SIGINT raise SystemExit in this process, and end forked workers at once.

    Ranks other than 0 have nothing to clean up; they end at once, even while they wait for rank 0.
    """
    owner = os.getpid()

    def end(number: int, _frame: types.FrameType | None) -> None:
        if os.getpid() != owner:
            os._exit(128 + number)
        name = signal.Signals(number).name
        try:
            log.error("ended by %s; the same command starts again where that is possible", name)
        except RuntimeError:
            pass  # the signal interrupted a message, and the stream refuses a nested write
        finally:
            sys.exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end if is_first() else signal.SIG_DFL)
