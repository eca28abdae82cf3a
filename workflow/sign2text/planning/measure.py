"""Measurement of a stage by running it on made-up artefacts under a work limit."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import torch

from sign2text.config.stages import find_stages
from sign2text.ground.device import use_threads
from sign2text.ground.work_limit import Phase, WorkLimit, limiting
from sign2text.planning.jobs import Job
from sign2text.planning.measured import Measured
from sign2text.planning.request import Request
from sign2text.planning.workshop import Workshop


def prepare_stage(request: Request, stage: str, folder: Path) -> None:
    """Make missing inputs of the jobs of `stage` in `folder`.

    Raises:
        InputError: the settings cannot work at this size, or an input cannot be made.
    """
    use_threads(request.threads)
    for job in request.jobs[stage]:
        Workshop(request, folder).arguments(job)


def measure_stage(request: Request, stage: str, folder: Path) -> Measured:
    """Run a few steps of `stage` and measure their time and memory.

    Args:
        folder: folder with the inputs from `prepare_stage`.

    Raises:
        InputError: see `prepare_stage`.
    """
    use_threads(request.threads)
    cuda = torch.cuda.is_available()
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    workshop, (job, *others) = Workshop(request, folder), request.jobs[stage]
    limit = run_limited(workshop, job, request.steps, request.warm_up)
    memory, gpu_memory = peak_memory(), torch.cuda.max_memory_allocated() if cuda else None
    phases = _scaled(request, job, limit)
    for other in others:  # only their amount of work is needed
        more = _scaled(request, other, run_limited(workshop, other, 1, 0))
        phases = [
            replace(one, whole=one.whole + two.whole) for one, two in zip(phases, more, strict=True)
        ]
    return Measured(
        stage=stage,
        device=torch.cuda.get_device_name() if cuda else f"CPU, {torch.get_num_threads()} threads",
        phases=tuple(phases),
        parameters=limit.parameters,
        trained=limit.trained,
        epochs=limit.epochs,
        memory=memory,
        gpu_memory=gpu_memory,
    )


def run_limited(workshop: Workshop, job: Job, steps: int, warm_up: int) -> WorkLimit:
    """Run a job's stage under a limit, and return the limit with its measurements.

    Raises:
        RuntimeError: the stage has no loop that obeys a limit.
    """
    tokens, scales = {}, {}
    for split, true in workshop.request.corpus_of(job.dataset).splits.items():
        ids, made_up = workshop.clips(job.dataset, split)
        tokens |= dict(zip(ids, made_up.tokens, strict=True))
        scales[split] = len(true.frames) / len(ids)
    output = workshop.folder / "measured" / job.dataset / job.stage / (job.split or "")
    output.parent.mkdir(parents=True, exist_ok=True)
    arguments = workshop.arguments(job)
    with limiting(WorkLimit(steps, warm_up, scales, tokens, job.stage)) as limit:
        find_stages()[job.stage].run(**arguments, output=output)
    if not limit.phases:
        raise RuntimeError("none of its loops heeds a limit (sign2text/ground/work_limit.py)")
    return limit


def _scaled(request: Request, job: Job, limit: WorkLimit) -> list[Phase]:
    """Scale a job's phases to the true number of clips; a training's phases need no scaling."""
    scale = limit.scales[job.split] if job.split else 1.0
    return [replace(phase, whole=round(phase.whole * scale)) for phase in limit.phases]


def peak_memory() -> int:
    """Return the peak memory of this process in bytes (resident set size)."""
    status = Path("/proc/self/status")
    if status.is_file():  # of this process; `resource` may report the parent's peak
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
