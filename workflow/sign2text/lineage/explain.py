"""The chain of a target as a tree, with each job's settings, resources and problems."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sign2text.config.stages import find_stages
from sign2text.ground.settings import defaults, differing, flattened
from sign2text.lineage.chain import Chain, Job

NARROWEST = 60


def format_chain(
    chain: Chain, problems: Mapping[str, Sequence[str]], width: int | None = None
) -> str:
    """Format the tree as text. It describes each job once; repeated jobs refer to lines above.

    Args:
        problems: by job key, from `up_to_date.find_problems`.
        width: columns; None: the terminal's width.
    """
    width = max(NARROWEST, width or shutil.get_terminal_size((100, 24)).columns)
    rows = list(_rows(chain))
    first = max(len(prefix + job.name) for job, prefix, _, _ in rows) + 2
    owners = {job.key: _owner(job, chain.root.data_set) for job, _, _, _ in rows}
    second = max(map(len, owners.values())) + 2
    lines = [chain.target, ""]
    for job, prefix, below, again in rows:
        line = f"{prefix + job.name:<{first}}{owners[job.key]:<{second}}"
        if again:
            lines.append(f"{line}(see above)".rstrip())
            continue
        lines.append((line + _figures(job)).rstrip())
        lines += _wrapped(_settings_text(job), below, width)
        for problem in problems.get(job.key, ()):
            lines += _wrapped(f"! {problem}", below, width)
        for path in job.unknown:
            lines += _wrapped(f"from {path}, which no job has made", below, width)
    return "\n".join([*lines, "", _summary(chain, problems)])


def chain_json(chain: Chain, problems: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return the tree as JSON values: `target`, and `jobs` in the tree's order with all records."""
    jobs = []
    for job in chain.jobs.values():
        values = asdict(job.made) if job.made else {}
        for name in ("place", "stage", "data_set", "experiment"):
            values.pop(name, None)
        jobs.append(
            {
                "key": job.key,
                "stage": job.stage,
                "data_set": job.data_set,
                "owner": job.owner,
                "made": job.made is not None,
                "problems": list(problems.get(job.key, ())),
                "reads": job.reads,
                "unknown_inputs": job.unknown,
                **values,
            }
        )
        if job.made is not None:
            sums = {"seconds": job.made.seconds, "cpu_seconds": job.made.cpu_seconds}
            sums["bytes"] = job.made.bytes
            jobs[-1] |= sums | {"peak_memory": job.made.peak_memory}
    return {"target": chain.target, "jobs": jobs}


def seconds_text(seconds: float) -> str:
    """Format a duration for human readers.

    >>> [seconds_text(each) for each in (0.4, 59.7, 75, 4000, 400000)]
    ['0.4 s', '60 s', '1 min 15 s', '1 h 06 min', '111 h 06 min']
    """
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


def bytes_text(count: float) -> str:
    """Format a size for human readers.

    >>> [bytes_text(each) for each in (0, 999, 1_250_000, 3.2e9)]
    ['0 B', '999 B', '1.2 MB', '3.2 GB']
    """
    units = ("B", "kB", "MB", "GB", "TB")
    power = 0
    while count >= 999.5 and power < len(units) - 1:
        count, power = count / 1000, power + 1
    return f"{count:.{1 if power and count < 99.95 else 0}f} {units[power]}"


def _rows(chain: Chain) -> Iterator[tuple[Job, str, str, bool]]:
    """Yield (job, prefix of its line, prefix of its details, whether shown above), in order."""
    seen: set[str] = set()

    def walk(key: str, prefix: str, below: str) -> Iterator[tuple[Job, str, str, bool]]:
        job = chain.jobs[key]
        again = key in seen
        seen.add(key)
        inner = [] if again else job.reads
        yield job, prefix, below + ("│ " if inner else "  "), again
        for number, other in enumerate(inner):
            is_last = number == len(inner) - 1
            yield from walk(
                other, below + ("└─ " if is_last else "├─ "), below + ("   " if is_last else "│  ")
            )

    yield from walk(chain.root.key, "", "")


def _owner(job: Job, data_set: str | None) -> str:
    """Return the experiment that owns the files, after the data set if it is not `data_set`.

    For a stage that makes a corpus, return only the data set.
    """
    if job.owner and job.data_set != data_set:
        return f"{job.data_set}/{job.owner}"
    return job.owner or job.data_set or "–"


def _figures(job: Job) -> str:
    made = job.made
    if made is None:
        return "–"
    parts = [f"{seconds_text(made.seconds):<12}", f"{bytes_text(made.bytes):<9}", made.device]
    if made.cpu_seconds is not None:
        parts.append(f"CPU {seconds_text(made.cpu_seconds)}")
    if made.seed is not None:
        parts.append(f"seed {made.seed}")
    if len(made.parts) > 1:
        parts.append(f"in {len(made.parts)} parts")
    return "  ".join(parts)


def _settings_text(job: Job) -> str:
    """Format the differences from the stage's defaults."""
    if job.made is None:
        return ""
    stage = find_stages().get(job.stage)
    base = defaults(stage.config) if stage else {}
    shown = flattened(differing(job.made.settings, base))
    return ", ".join(f"{key}: {json.dumps(v, ensure_ascii=False)}" for key, v in shown.items())


def _wrapped(text: str, below: str, width: int) -> list[str]:
    if not text:
        return []
    return textwrap.wrap(
        text,
        max(NARROWEST, width),
        initial_indent=f"{below}  ",
        subsequent_indent=f"{below}    ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _summary(chain: Chain, problems: Mapping[str, Sequence[str]]) -> str:
    made = chain.made
    seconds = sum(job.made.seconds for job in made)
    size = sum(job.made.bytes for job in made)
    text = f"{len(made)} jobs, {seconds_text(seconds)} of work, {bytes_text(size)}."
    used = [job.made.cpu_seconds for job in made]
    if used and None not in used:
        text = text.replace(" of work", f" of work ({seconds_text(sum(used))} of processor time)")
    missing = len(chain.jobs) - len(made)
    if missing:
        text += f" {missing} not made."
    if others := len(problems) - missing:
        text += f" {others} changed since, or made otherwise than configured now (lines with !)."
    return text if problems else f"{text} All as configured now."
