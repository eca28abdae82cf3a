"""Draw which part of the model learns how much in the trainings of a comparison's experiments.

FLa-LLM shows so that the language model does nearly all of the learning where it is trained jointly
with the visual encoder; docs/training.md says how to read the page.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.ground.settings import stage_config
from sign2text.jobs.command_line import command_line

if TYPE_CHECKING:
    from sign2text.training.part_learning import Training

SCOPE = "common"
READS = ()

log = logging.getLogger(__name__)


@stage_config
class Config:
    pass


def run(*, name: str, results: Path, experiments: str, output: Path, config: Config) -> None:
    """Write the page, and its numbers beside it with the suffix .csv.

    Args:
        name: the comparison's, in config.yaml.
        results: the data set's folder, with `<owner>/<stage>/history.tsv` of each training.
        experiments: by name whose trainings are drawn, JSON (sign2text/lineage/part_trainings.py).

    Raises:
        InputError: a history is not whole.
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
    for experiment in listed:
        log.info("%s", statement(experiment, trainings))


def read_trainings(results: Path, listed: Mapping[str, Mapping[str, Any]]) -> list[Training]:
    """The trainings of all experiments, each once, in their order."""
    from sign2text.training.history import FILE, read_history
    from sign2text.training.part_learning import Training, learning_of, trained_values

    used: dict[str, list[str]] = {}
    settings: dict[str, Mapping[str, Any]] = {}
    for experiment, said in listed.items():
        for place, values in said["trainings"].items():
            used.setdefault(place, []).append(experiment)
            settings[place] = values
    found = []
    for place, names in used.items():
        owner, _, stage = place.rpartition("/")
        history = read_history(results / place / FILE)
        parts = learning_of(history)
        found.append(
            Training(
                *(stage, owner, tuple(names), settings[place]),
                epochs=0.0 if history.empty else float(history["epoch"].iloc[-1]),
                steps=max((len(part.norms) for part in parts.values()), default=0),
                parts=parts,
                values=trained_values(results / place / "model.safetensors", settings[place]),
            )
        )
    return found


if __name__ == "__main__":
    command_line(run)
