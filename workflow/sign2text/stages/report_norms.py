"""Draw which part of the model learns how much in the trainings of a comparison's experiments.

docs/training.md explains how to read the page.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.ground.settings import stage_config
from sign2text.jobs.command_line import command_line

if TYPE_CHECKING:
    from sign2text.comparing.part_learning import Training
    from sign2text.config.methods import Norms

SCOPE = "common"
READS = ()

log = logging.getLogger(__name__)


@stage_config
class Config:
    pass


def run(*, name: str, results: Path, experiments: str, output: Path, config: Config) -> None:
    """Write the page, and its numbers to a .csv file of the same name.

    Args:
        name: the comparison's name in config.yaml.
        results: the data set's folder, with `<owner>/<stage>/history.tsv` of each training.
        experiments: the experiments to draw, by name, as JSON
            (sign2text/lineage/part_trainings.py).

    Raises:
        InputError: a history is incomplete.
    """
    from sign2text.config.json_options import read_mapping
    from sign2text.ground.files import replacing
    from sign2text.pages.norms_page import make_page
    from sign2text.pages.norms_table import make_table, statement

    listed = read_mapping("--experiments", experiments)
    trainings = read_trainings(results, listed)
    for path, text in (
        (output.with_suffix(".csv"), make_table(listed, trainings)),
        (output, make_page(name, listed, trainings)),
    ):
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    for experiment, said in listed.items():
        log.info("%s", statement(experiment, said, trainings))


def read_trainings(results: Path, listed: Mapping[str, Mapping[str, Any]]) -> list[Training]:
    """Read the trainings of all experiments, each once, in the experiments' order."""
    from sign2text.config.methods import find_method

    used: dict[str, list[str]] = {}
    for experiment, said in listed.items():
        for place in said["trainings"]:
            used.setdefault(place, []).append(experiment)
    found = []
    for place, names in used.items():
        said = listed[names[0]]
        norms = find_method(said["method"], "--experiments").norms
        found.append(_read(results / place, tuple(names), norms, said["trainings"][place]))
    return found


def _read(
    folder: Path, experiments: tuple[str, ...], norms: Norms, settings: Mapping[str, Any]
) -> Training:
    from sign2text.comparing.part_learning import Training, learning_of, values_of
    from sign2text.training.history import FILE, read_history

    history = read_history(folder / FILE)
    return Training(
        *(folder.name, folder.parent.name, experiments, norms, settings),
        epochs=0.0 if history.empty else float(history["epoch"].iloc[-1]),
        learning=learning_of(history),
        values=values_of(norms, folder / "model.safetensors", settings),
    )


if __name__ == "__main__":
    command_line(run)
