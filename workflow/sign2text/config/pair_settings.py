"""The data set key `experiments`: what one experiment is set to on one data set.

For what neither can say alone: the sizes of an ablation on a data set whose sizes are its own.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sign2text.config.inheritance import base_chain
from sign2text.config.keys import DataSet
from sign2text.config.stages import Stage
from sign2text.ground.settings import unknown_key, unknown_name

Layer = tuple[str, dict[str, Any]]


def pair_layers(
    datasets: Mapping[str, DataSet], dataset: str, experiment: str, stage: str
) -> Iterator[Layer]:
    """(key's path, settings) of what a data set and its bases, root first, say of `experiment`.

    Its bases are not asked: what a data set says of these comes before what `experiment` itself
    says.
    """
    for name in base_chain(datasets, dataset):
        if experiment in datasets[name].experiments:
            path = f"datasets.{name}.experiments.{experiment}.stages.{stage}"
            yield path, datasets[name].experiments[experiment].stages.get(stage, {})


def check_pairs(
    datasets: Mapping[str, DataSet],
    experiments: Mapping[str, Any],
    check: Callable[[str, str, Mapping[str, Any]], Iterator[str]],
) -> Iterator[str]:
    """Say what is wrong with the data sets' keys `experiments`.

    `check` is asked about the stages that an experiment is given settings for: (experiment, key's
    path, settings by stage).
    """
    for dataset, entry in datasets.items():
        for experiment, pair in entry.experiments.items():
            path = f"datasets.{dataset}.experiments.{experiment}"
            if experiment in experiments:
                yield from check(experiment, path, pair.stages)
            else:
                yield unknown_name(path, experiment, experiments)


def check_stages(
    path: str, method: str, given: Mapping[str, Any], own: list[str], stages: Mapping[str, Stage]
) -> Iterator[str]:
    """Say which of the stages that settings are `given` for are none of `own`, the method's."""
    for stage in given.keys() - set(own):
        problem = f"no stage of method {method}" if stage in stages else "unknown key"
        message = unknown_key(f"{path}.stages.{stage}", stage, own, problem)
        if stage in stages and stages[stage].is_corpus:
            message += "; a corpus is set at its data set: datasets.<name>.stages." + stage
        yield message
