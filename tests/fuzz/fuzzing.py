"""Give a reader changed files for some seconds, in forked processes that may hang or crash.

Each input has MOST_SECONDS of processor time and MOST_MEMORY. A process that takes more is ended by
the system, whatever it is doing, and so is one that crashes in a library: both are findings, and
another process goes on. Inputs that reach lines of the library that none before has reached are
changed further.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import math
import os
import pickle
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import hypothesis
from attacks import MOST_MEMORY, MOST_SECONDS, high_water
from cases import Case, changed_cases, save_case, write_case
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis.strategies import SearchStrategy
from mutations import LARGEST

import sign2text
from sign2text.ground.errors import InputError, MemoryShortError

LIBRARY = str(Path(sign2text.__file__).parent)
LONGEST_WAIT = 6 * MOST_SECONDS
"""Seconds by the clock that one input may take: what waits uses no processor."""
LONGEST_LINE = 100_000  # characters of a message; commands show the ends of 2000
_BATCH = 100  # inputs that hypothesis draws from one seed
_OF_A_PROCESS = 40  # batches, after which another one goes on with the memory of a fresh one
_KEPT = 3  # files of each kind of finding
_LARGEST_KEPT = 2**18  # bytes of a case that others are made of
_ADDRESSES = 2 * MOST_MEMORY  # what is reserved counts here too, as for threads
_QUIET = {
    "database": None,
    "deadline": None,
    "phases": [Phase.generate],
    "suppress_health_check": list(HealthCheck),
    "verbosity": Verbosity.quiet,
}


@dataclass(frozen=True)
class Target:
    """A reader of foreign files."""

    name: str
    seeds: Callable[[Path], list[Case]]
    """Make valid cases; given an empty folder to work in."""
    read: Callable[[Path], object]
    """Read a case's folder as the library does. All but InputError is a finding."""
    names: bool = False
    """Change names of files too."""
    largest: int = LARGEST
    """Bytes of a file at most."""


@dataclass
class Report:
    """Outcomes of the inputs of one reader."""

    target: str
    seconds: float = 0.0
    processor: float = 0.0
    """Seconds of processor time, those of drawing and writing the inputs included."""
    tried: int = 0
    read: int = 0
    """Inputs that were read without an error."""
    pool: int = 0
    """Cases that others are made of."""
    lines: int = 0
    """Lines of the library that were reached."""
    slowest: float = 0.0
    """Seconds of processor time."""
    largest: int = 0
    """Bytes that one input took."""
    findings: dict[str, int] = field(default_factory=dict)
    """How often each kind came."""

    def __str__(self) -> str:
        return (
            f"{self.target}: {self.seconds:.0f} s ({self.processor:.0f} s of processor time), "
            f"{self.tried} inputs ({self.read} read, "
            f"{self.pool} kept to go on from), {self.lines} lines reached, slowest "
            f"{self.slowest:.2f} s, largest {self.largest / 2**20:.0f} MiB, "
            f"{len(self.findings)} kinds of findings"
        )


def fuzz(target: Target, seconds: float, seed: int, findings: Path) -> Report:
    """Try inputs for so many seconds; the first of each kind of finding go to `findings`.

    Args:
        seed: of what is drawn; with equal seeds the same inputs come first.
        findings: a folder, made where something is found; the files in it can be replayed.
    """
    report = Report(target.name)
    with _folder() as work:
        (work / "pool").mkdir()
        (work / "seeds").mkdir()
        for number, case in enumerate(target.seeds(work / "seeds")):
            _keep(case, work / "pool" / f"{number:06d}")
        hypothesis.configuration.set_hypothesis_home_dir(work / "hypothesis")
        _draw(0, changed_cases([{}], False), lambda _: None)  # its first steps take seconds
        start, process, spent = time.monotonic(), 0, 0.0
        while (left := seconds - (time.monotonic() - start)) > 0:
            first = 1_000_000 * seed + process * _OF_A_PROCESS
            status, used = _apart(
                lambda at=first, for_=left: _work(target, at, for_, work, report),
                work / "failed.txt",
            )
            spent += used
            _merge(report, work)
            report.processor = spent
            if status:
                _note_death(target, status, work, report)
            process += 1
        report.seconds = time.monotonic() - start
        report.pool = len(list((work / "pool").iterdir()))
        for path in sorted((work / "findings").glob("*")):
            findings.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, findings / f"{target.name}-{path.name}")
    return report


def replay(target: Target, case: Case) -> int:
    """Read one case in a process under the same limits, with what it says; return its status."""

    def read() -> None:
        faulthandler.enable()
        faulthandler.dump_traceback_later(0.9 * MOST_SECONDS, exit=False)
        with _folder() as work:
            folder = work / "case"
            write_case(case, folder)
            with _limits():
                try:
                    print("read:", repr(target.read(folder))[:500])
                except InputError as error:
                    print(f"{type(error).__name__}: {error}")

    return _apart(read)[0]


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A folder for a while, in memory where the system has one: files are made by thousands."""
    memory = Path("/dev/shm")
    place = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="sign2text-fuzz-", dir=place) as name:
        yield Path(name)


def _apart(run: Callable[[], object], said: Path | None = None) -> tuple[int, float]:
    """Run in a fork; its status as of os.wait, 0 where it came to its end, and processor time.

    What ended it otherwise is written to the file `said`, or printed.
    """
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            run()
            status = 0
        except BaseException:  # noqa: BLE001 (whatever it is, this process ends here)
            if said:
                said.write_text(traceback.format_exc(), encoding="utf-8", errors="replace")
            else:
                traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(status)
    _, status, used = os.wait4(child, 0)
    return status, used.ru_utime + used.ru_stime


@contextlib.contextmanager
def _limits() -> Iterator[None]:
    """End this process when the block takes too long; let it have no more memory than it may."""
    addresses = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limit = addresses + _ADDRESSES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    _wind()
    yield
    _stop()


def _wind() -> None:
    """Set the alarms, of processor time and of the clock, again."""
    signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
    signal.setitimer(signal.ITIMER_REAL, LONGEST_WAIT)


def _stop() -> None:
    """Stop the alarms."""
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)


def _work(target: Target, first: int, seconds: float, work: Path, report: Report) -> None:
    """Try some batches of inputs, and write down what came of them."""
    end = time.monotonic() + seconds
    faulthandler.disable()  # a crash is written down, and not shown
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.chdir(work)
    trial = _Trial(target, work, report)
    with _limits():
        for batch in range(first, first + _OF_A_PROCESS):
            if time.monotonic() > end:
                break
            _stop()
            pool = [pickle.loads(path.read_bytes()) for path in sorted((work / "pool").iterdir())]
            cases = changed_cases(_recent(pool, batch), target.names, target.largest)
            _draw(batch, cases, trial.run, end)
            trial.write()


def _draw(
    seed: int,
    cases: SearchStrategy[Case],
    run: Callable[[Case], None],
    end: float = math.inf,
) -> None:
    """Call `run` with a batch of cases, until `end` by the monotonic clock."""

    @hypothesis.seed(seed)
    @hypothesis.settings(max_examples=_BATCH, **_QUIET)
    @hypothesis.given(cases)
    def draw(case: Case) -> None:
        if time.monotonic() < end:
            run(case)

    draw()


def _recent(pool: Sequence[Case], batch: int) -> list[Case]:
    """Some cases of the pool, late ones more often: they are the result of several changes."""
    chance = random.Random(batch)
    late = pool[-max(1, len(pool) // 4) :]
    return [chance.choice(late if chance.random() < 0.5 else pool) for _ in range(24)]


class _Trial:
    """Reads one case after another in this process, and notes what is new."""

    def __init__(self, target: Target, work: Path, report: Report) -> None:
        self.target, self.work, self.report = target, work, report
        self.reached = _Reached(set(_load(work / "lines.json")))
        self.number = report.tried

    def run(self, case: Case) -> None:
        self.number += 1
        self.report.tried += 1
        outer = Path(tempfile.mkdtemp(dir=self.work))
        folder = outer / "case"  # at a new place: readers remember files
        _keep(case, self.work / "current")
        write_case(case, folder)
        place = Path.cwd()
        before, start = high_water(afresh=True), time.process_time()
        _wind()
        known = len(self.reached.lines)
        try:
            with self.reached:
                self.target.read(folder)
            self.report.read += 1
        except MemoryShortError as error:
            self._note(f"MemoryShortError: {str(error).partition(':')[2][:60]}", case, error)
        except InputError as error:
            if not 0 < max(map(len, str(error).splitlines()), default=0) < LONGEST_LINE:
                self._note("a message that is empty or too long", case, error)
        except BaseException as error:  # noqa: BLE001 (all other exceptions are what is looked for)
            self._note(f"{type(error).__name__} in {_place(error)}", case, error)
        finally:
            _stop()
            os.chdir(place)
        seconds, memory = time.process_time() - start, high_water() - before
        if memory > MOST_MEMORY:
            self._note("more than the memory allowed", case, None)
        if seconds > self.report.slowest:
            self.report.slowest = seconds
            save_case(case, f"{seconds:.2f} s", self.work / "findings" / "slowest.json")
        self.report.largest = max(self.report.largest, memory)
        if len(self.reached.lines) > known and sum(map(len, case.values())) < _LARGEST_KEPT:
            _keep(case, self.work / "pool" / f"{self.number + 1000:06d}")
        shutil.rmtree(outer, ignore_errors=True)

    def write(self) -> None:
        """Write down the counts for the parent."""
        self.report.lines = len(self.reached.lines)
        (self.work / "lines.json").write_text(json.dumps(sorted(self.reached.lines)))
        (self.work / "report.json").write_text(json.dumps(vars(self.report)))

    def _note(self, kind: str, case: Case, error: BaseException | None) -> None:
        said = "".join(traceback.format_exception(error)) if error else ""
        _add_finding(self.report, kind, case, said, self.work)
        self.write()


def _add_finding(report: Report, kind: str, case: Case, said: str, work: Path) -> None:
    count = report.findings[kind] = report.findings.get(kind, 0) + 1
    if count <= _KEPT:
        number = sorted(report.findings).index(kind)
        name = f"{len(report.findings):02d}-{number:02d}-{count}.json"
        about = said if len(said) < 8000 else f"{said[:4000]}\n...\n{said[-4000:]}"
        save_case(case, f"{kind}\n\n{about}", work / "findings" / name)


def _note_death(target: Target, status: int, work: Path, report: Report) -> None:
    """Add the finding that an input ended its process."""
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
    meant = {signal.SIGPROF: "a hang", signal.SIGALRM: "a wait without end"}
    kind = meant.get(number) or (
        f"ended by {signal.Signals(number).name}" if number else "the process itself failed"
    )
    report.tried += 1
    case = pickle.loads((work / "current").read_bytes())
    said = (work / "failed.txt").read_text(encoding="utf-8") if number is None else ""
    _add_finding(report, kind, case, said, work)


def _merge(report: Report, work: Path) -> None:
    """Take over what the last process wrote down."""
    values = _load(work / "report.json")
    for name, value in dict(values).items():
        setattr(report, name, value)


def _load(path: Path) -> Any:
    return json.loads(path.read_text()) if path.exists() else []


def _keep(case: Case, path: Path) -> None:
    path.write_bytes(pickle.dumps(case))


def _place(error: BaseException) -> str:
    """The last line of the library that an error came through."""
    place, trace = "the test", error.__traceback__
    while trace is not None:
        if (name := trace.tb_frame.f_code.co_filename).startswith(LIBRARY):
            place = f"{name.removeprefix(LIBRARY + '/')}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


class _Reached:
    """Notes which lines of the library are reached inside the block, in this thread."""

    def __init__(self, lines: set[str]) -> None:
        self.lines = lines
        self._codes: dict[CodeType, set[int] | None] = {}

    def __enter__(self) -> None:
        sys.settrace(self._enter)

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _enter(self, frame: FrameType, event: str, value: Any) -> Any:
        """Trace a function of the library until all of its lines were reached."""
        code = frame.f_code
        if code not in self._codes:
            self._codes[code] = None
            if code.co_filename.startswith(LIBRARY):
                lines = {line for _, _, line in code.co_lines() if line}
                self._codes[code] = {
                    line for line in lines if f"{code.co_filename}:{line}" not in self.lines
                }
        return self._line if self._codes[code] else None

    def _line(self, frame: FrameType, event: str, value: Any) -> Any:
        left = self._codes[frame.f_code]
        if left and frame.f_lineno in left:
            left.discard(frame.f_lineno)
            self.lines.add(f"{frame.f_code.co_filename}:{frame.f_lineno}")
        return self._line if left else None
