"""The data set key `experiments`: settings of one experiment on one data set.

It holds what neither can set alone: the sizes of an ablation on a data set with its own sizes.
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
    """Yield (key path, settings) of `experiment` in a data set and its bases, root first.

    The experiment's bases are left out: their settings in the data set come before the
    experiment's own settings.
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
    """Report problems in the data sets' keys `experiments`.

    `check` checks the stages of one entry. It takes the experiment, the key path and the settings
    by stage.
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
    """Report stages in the settings `given` that are not in `own`, the method's stages."""
    for stage in given.keys() - set(own):
        problem = f"no stage of method {method}" if stage in stages else "unknown key"
        message = unknown_key(f"{path}.stages.{stage}", stage, own, problem)
        if stage in stages and stages[stage].is_corpus:
            message += "; a corpus is set at its data set: datasets.<name>.stages." + stage
        yield message
