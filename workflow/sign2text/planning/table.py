"""A plan as a table, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sign2text.planning.corpus import Corpus
from sign2text.planning.measured import Failed, Measured
from sign2text.planning.request import Request

GIB = 2**30
HEAD = (
    f"{'stage':18}{'frames/s':>10}{'clips/s':>9}{'memory':>9}{'GPU':>9}"
    f"{'parameters':>12}{'trained':>9}{'epochs':>8}{'hours':>10}"
)
UNITS = f"{'':18}{'':>10}{'':>9}{'GiB':>9}{'GiB':>9}{'M':>12}{'M':>9}{'':>8}{'':>10}"
NOTES = """\
Frames are sampled ones, as the model gets them. Each stage ran itself, on made-up clips with random
weights. Training on pictures reads them from a small frame store, from the system's cache: reading
a large store from a disk is measured apart (docs/frame_store.md). Parameters are those of the model
that the stage loads or trains. Not counted: starting, loading and saving models, checkpoints.
Core-hours of extracting landmarks come on top of the hours: it runs on any number of cores."""


def format_plan(request: Request, results: Sequence[Measured | Failed]) -> str:
    """Format the plan as a table, followed by the parts of each stage's hours."""
    measured = [each for each in results if isinstance(each, Measured)]
    lines = [
        f"{request.target}: {request.steps} steps of each stage, after {request.warm_up} that are "
        "not counted",
        f"data: {_sizes(request.corpus)}; vocabulary {request.vocabulary:,}",
        *(f"{name}: {_sizes(corpus)}" for name, corpus in request.other_corpora.items()),
        *map(str, request.extractions),
        f"device: {', '.join(dict.fromkeys(each.device for each in measured)) or 'none'}",
        "",
        HEAD,
        UNITS,
    ]
    for each in results:
        if isinstance(each, Failed):
            lines.append(f"{each.stage:18}not measured: {each.reason}")
        else:
            lines.append(_row(each))
    lines += [f"{'sum':18}{sum(each.hours for each in measured):76.2f}", ""]
    lines += [_parts(each) for each in measured]
    lines += ["", NOTES, f"Stages that are not in it: {', '.join(request.left_out)}."]
    return "\n".join(lines)


def plan_json(request: Request, results: Sequence[Measured | Failed]) -> dict[str, Any]:
    """Return the plan as JSON values; `hours` is null if a stage could not be measured."""
    whole = all(isinstance(each, Measured) for each in results)
    return {
        "target": request.target,
        "steps": request.steps,
        "warm_up": request.warm_up,
        "data": {
            "source": request.corpus.source,
            "vocabulary": request.vocabulary,
            **_counts(request.corpus),
        },
        "other_data": {
            name: {"source": corpus.source, **_counts(corpus)}
            for name, corpus in request.other_corpora.items()
        },
        "extractions": [each.to_json() for each in request.extractions],
        "stages": [each.to_json() for each in results],
        "left_out": list(request.left_out),
        "hours": sum(each.hours for each in results) if whole else None,
    }


def _sizes(corpus: Corpus) -> str:
    splits = corpus.splits.values()
    return (
        f"{' / '.join(f'{len(split.frames):,}' for split in splits)} clips, "
        f"{' / '.join(f'{sum(split.frames):,}' for split in splits)} frames, {corpus.source}"
    )


def _counts(corpus: Corpus) -> dict[str, dict[str, int]]:
    return {
        name: {"clips": len(split.frames), "frames": sum(split.frames)}
        for name, split in corpus.splits.items()
    }


def _row(each: Measured) -> str:
    gpu = "-" if each.gpu_memory is None else f"{each.gpu_memory / GIB:.2f}"
    trained = f"{each.trained / 1e6:.2f}" if each.epochs is not None else "-"
    return (
        f"{each.stage:18}{each.frames_a_second:10.1f}{each.clips_a_second:9.2f}"
        f"{each.memory / GIB:9.2f}{gpu:>9}{each.parameters / 1e6:12.2f}{trained:>9}"
        f"{'-' if each.epochs is None else each.epochs:>8}{each.hours:10.2f}"
    )


def _parts(each: Measured) -> str:
    said = [
        f"{phase.name} {phase.hours:.2f} h ({phase.whole:,} {phase.unit}s at "
        f"{phase.seconds / phase.units:.4g} s)"
        for phase in each.phases
    ]
    return f"{each.stage}: {'; '.join(said)}"
