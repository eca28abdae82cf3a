"""What a data set may lack, videos or glosses, and the stages that cannot do without it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from sign2text.config.corpora import WITHOUT_GLOSSES
from sign2text.config.inheritance import inherited
from sign2text.config.keys import DataSet
from sign2text.config.reads import Made
from sign2text.config.stages import Stage
from sign2text.config.text_alone import KEY as TEXT_ALONE


class Described(Protocol):
    """What is asked of a configuration here: a `config.project.Project`."""

    datasets: Mapping[str, DataSet]
    stages: Mapping[str, Stage]

    def read_by(self, dataset: str, experiment: str, stage: str) -> tuple[Made, ...]: ...


@dataclass(frozen=True)
class Need:
    """Something that stages read of a data set, and that some data sets lack."""

    name: str
    is_read: Callable[[Stage], bool]
    lack: Callable[[Mapping[str, DataSet], str], str | None]
    """Why a data set lacks it, None where it does not."""
    advice: str


def _text_alone(datasets: Mapping[str, DataSet], name: str) -> str | None:
    if not inherited(datasets, name, TEXT_ALONE):
        return None
    return f"{name} is read by its text alone (datasets.{name}.{TEXT_ALONE})"


def _without_glosses(datasets: Mapping[str, DataSet], name: str) -> str | None:
    adapter = inherited(datasets, name, "adapter")
    return f'the corpus of {name} (adapter "{adapter}") has none' * (adapter in WITHOUT_GLOSSES)


NEEDS = (
    Need(
        "videos",
        lambda stage: stage.reads_videos,
        _text_alone,
        "Choose an experiment that translates text, such as glosses, or a data set with its "
        "videos.",
    ),
    Need(
        "glosses",
        lambda stage: stage.reads_glosses,
        _without_glosses,
        "Choose an experiment that needs no glosses, or a data set that has them.",
    ),
)


def unmet(project: Described, dataset: str, experiment: str, stage: str) -> str | None:
    """What `stage`, or a stage that it reads from, needs and its data set lacks; None: nothing."""
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
    """From a stage, each reading the next, to one whose data set lacks what it reads; or empty."""
    if made not in known:
        dataset, stage = made
        if need.is_read(project.stages[stage]) and need.lack(project.datasets, dataset):
            known[made] = (made,)
        else:
            read = project.read_by(dataset, experiment, stage)
            ways = (_way(project, need, each, experiment, known) for each in read)
            known[made] = next(((made, *way) for way in ways if way), ())
    return known[made]


def refusal(need: Need, experiment: str, way: Sequence[Made], reason: str) -> str:
    """The message about an artefact that cannot be made.

    Args:
        way: data sets and stages, each of which reads the next; the last one reads what is lacking.
    """
    (dataset, stage), (lacking, reader) = way[0], way[-1]
    steps = [f"{one} reads {other}" for (_, one), (_, other) in pairwise(way)]
    steps.append(f"{reader} reads {need.name}")
    return (
        f"{stage} of {experiment} on {dataset}: needs the {need.name} of {lacking} "
        f"({', '.join(steps)}), and {reason}. {need.advice}"
    )
