"""Comparison of all files of a chain with their provenance."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sign2text.ground.files import sha256_of
from sign2text.lineage.chain import Chain, Job
from sign2text.lineage.provenance_file import File

PUT_BACK = "no job makes it: restore the file, or make again everything that was made from it"


@dataclass(frozen=True)
class Finding:
    """A difference between a file and its provenance."""

    path: str
    found: str
    expected: str
    advice: str

    def __str__(self) -> str:
        return (
            f"{self.path}\n  found:    {self.found}\n  expected: {self.expected}\n  {self.advice}"
        )


@dataclass
class Report:
    """Result of comparing a chain."""

    findings: list[Finding]
    """Findings in the order in which to correct them."""
    files: int = 0
    """Number of files read."""
    bytes: int = 0
    withheld: int = 0
    """Number of files that are missing because they are not published."""


def verify(
    chain: Chain,
    *,
    withheld: Callable[[Job, str], bool] = lambda job, path: False,
    watch: Callable[[Iterable[File]], Iterable[File]] = iter,
) -> Report:
    """Read every file that a job of `chain` made, whatever its time, and compare its hash.

    Inputs that no job has recorded are read too. The provenances also show whether a job read
    another version of an input than the recorded one, even if the file has been restored since.

    Args:
        withheld: returns whether a job's file may be missing because it is not published.
        watch: wraps the iteration over the files, for a progress bar.
    """
    report = Report([])
    owners = {file.path: job for job in chain.made for file in job.made.outputs}
    for job in reversed(chain.jobs.values()):
        if job.made is None:
            advice = f"make it: snakemake --cores all {chain.target}"
            finding = Finding(job.key, "nothing", f"what {job.stage} makes", advice)
            report.findings.append(finding)
    listed = [file for job in reversed(chain.made) for file in _files_of(job)]
    for file in watch(listed):
        path = Path(file.path)
        job = owners.get(file.path)
        if job is not None and not path.exists() and withheld(job, file.path):
            report.withheld += 1
            continue
        advice = _make(file.path) if job is not None else PUT_BACK
        report.findings += _compare(path, file, advice)
        report.files, report.bytes = report.files + 1, report.bytes + file.bytes
    for job in reversed(chain.made):
        report.findings += _other_inputs(job, owners)
    return report


def _files_of(job: Job) -> Iterator[File]:
    yield from job.made.outputs
    unknown = set(job.unknown)
    yield from (file for file in job.made.inputs if file.path in unknown)


def _compare(path: Path, file: File, advice: str) -> Iterator[Finding]:
    found = "nothing"
    try:
        if path.is_file():
            size, sha256 = path.stat().st_size, sha256_of(path)
            if (size, sha256) == (file.bytes, file.sha256):
                return
            found = f"{size} bytes, sha256 {sha256}"
    except OSError as error:
        found = f"a file that cannot be read ({error.strerror})"
    expected = f"{file.bytes} bytes, sha256 {file.sha256}"
    yield Finding(file.path, found, expected, advice)


def _other_inputs(job: Job, owners: dict[str, Job]) -> Iterator[Finding]:
    output = job.made.outputs[0].path if job.made.outputs else job.key
    for file in job.made.inputs:
        if file.path not in owners:
            continue
        said = owners[file.path].made.output(file.path)
        if said != file:
            yield Finding(
                output,
                f"made from a {file.path} with sha256 {file.sha256}, {file.bytes} bytes",
                f"made from that which its job made, sha256 {said.sha256}, {said.bytes} bytes",
                _make(output),
            )


def _make(path: str) -> str:
    """Return the advice to make a file again."""
    return f"make it again: snakemake --cores all --force -- {path}"
