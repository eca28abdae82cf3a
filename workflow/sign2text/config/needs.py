"""Videos and glosses that a data set may lack, and the stages that need them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from sign2text.config.corpora import WITHOUT_GLOSSES, WITHOUT_VIDEOS
from sign2text.config.inheritance import inherited
from sign2text.config.keys import DataSet
from sign2text.config.reads import Made, Settings
from sign2text.config.stages import Stage
from sign2text.config.text_alone import KEY as TEXT_ALONE


class Described(Protocol):
    """Interface of a `config.project.Project` that this module uses."""

    datasets: Mapping[str, DataSet]
    stages: Mapping[str, Stage]

    def read_by(self, dataset: str, experiment: str, stage: str) -> tuple[Made, ...]: ...

    def settings(self, dataset: str, experiment: str) -> Settings: ...


@dataclass(frozen=True)
class Need:
    """A kind of data that stages read and that some data sets lack."""

    name: str
    is_read: Callable[[Stage, Settings], bool]
    lack: Callable[[Mapping[str, DataSet], str], str | None]
    """Reason why a data set lacks it, or None if it has it."""
    advice: str


def _without_videos(datasets: Mapping[str, DataSet], name: str) -> str | None:
    if inherited(datasets, name, TEXT_ALONE):
        return f"{name} is read by its text alone (datasets.{name}.{TEXT_ALONE})"
    if (adapter := inherited(datasets, name, "adapter")) in WITHOUT_VIDEOS:
        return f'the clips of {name} are landmarks alone (adapter "{adapter}")'
    return None


def _reads_videos(stage: Stage, settings: Settings) -> bool:
    """Return whether a stage reads videos; READS_VIDEOS may be a function of the settings."""
    declared = stage.reads_videos
    return declared(settings) if callable(declared) else declared


def _without_glosses(datasets: Mapping[str, DataSet], name: str) -> str | None:
    adapter = inherited(datasets, name, "adapter")
    return f'the corpus of {name} (adapter "{adapter}") has none' * (adapter in WITHOUT_GLOSSES)


NEEDS = (
    Need(
        "videos",
        _reads_videos,
        _without_videos,
        "Choose an experiment that reads text or landmarks instead of frames, or a data set with "
        "its videos.",
    ),
    Need(
        "glosses",
        lambda stage, _: stage.reads_glosses,
        _without_glosses,
        "Choose an experiment that needs no glosses, or a data set that has them.",
    ),
)


def unmet(project: Described, dataset: str, experiment: str, stage: str) -> str | None:
    """Return the message about missing data for `stage` or a stage upstream, or None."""
    for need in NEEDS:
        if way := _way(project, need, (dataset, stage), experiment, {}):
            return refusal(need, experiment, way, need.lack(project.datasets, way[-1][0]))
    return None


def _way(
    project: Described,
    need: Need,
    made: Made,
    experiment: str,
    known: dict[Made, tuple[Made, ...]],
) -> tuple[Made, ...]:
    """Find a path upstream to a stage that reads data missing from its data set; () if none."""
    if made not in known:
        dataset, stage = made
        lacks = need.lack(project.datasets, dataset)
        settings = project.settings(dataset, experiment)
        if lacks and need.is_read(project.stages[stage], settings):
            known[made] = (made,)
        else:
            read = project.read_by(dataset, experiment, stage)
            ways = (_way(project, need, each, experiment, known) for each in read)
            known[made] = next(((made, *way) for way in ways if way), ())
    return known[made]


def refusal(need: Need, experiment: str, way: Sequence[Made], reason: str) -> str:
    """Return the message about an artefact that cannot be made.

    Args:
        way: data sets and stages, each of which reads the next; the last one reads missing data.
    """
    (dataset, stage), (lacking, reader) = way[0], way[-1]
    steps = [f"{one} reads {other}" for (_, one), (_, other) in pairwise(way)]
    steps.append(f"{reader} reads {need.name}")
    return (
        f"{stage} of {experiment} on {dataset}: needs the {need.name} of {lacking} "
        f"({', '.join(steps)}), and {reason}. {need.advice}"
    )
