"""Numbers of our runs for published tables that are not scores: a method's measurements."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.config.json_options import read_mapping
from sign2text.config.methods import Measurement, find_method, find_object
from sign2text.ground.errors import InputError
from sign2text.ground.files import is_file
from sign2text.scoring.statement import shown_seed

if TYPE_CHECKING:
    import numpy as np

    from sign2text.papers.published_numbers import PublishedTable

IDENTITY = ("data_set", "experiment", "method", "seed", "settings", "settings_without_seed", "code")
"""Keys of each experiment in the option `--measured`, in addition to its `files` by option."""
_WANTED = (
    'experiments by row, such as {"<row>": [{"experiment": "<experiment>", '
    f'"files": {{"<option>": "<path>"}}}}]}} with {", ".join(IDENTITY)}'
)


@dataclass(frozen=True)
class MeasuredRun:
    """An experiment's numbers in a table, and the files that they were read from."""

    result: Mapping[str, Any]
    """Values of IDENTITY, `split` and `control` as in a score file, and `measured_as`."""
    files: Mapping[str, Path]
    """By option of the method's functions."""
    numbers: Mapping[str, float]
    """By column."""
    measurement: Measurement

    @property
    def experiment(self) -> str:
        return self.result["experiment"]

    @property
    def path(self) -> str:
        return next(iter(self.files.values())).as_posix()

    @property
    def clips(self) -> None:
        """Not known: a measurement need not be of clips."""

    @property
    def seed(self) -> str:
        """The training seed; each stage's seed if they differ."""
        return shown_seed(self.result["seed"])

    def statistics(
        self, column: str
    ) -> tuple[list[str], np.ndarray, Callable[[np.ndarray], float]]:
        """Return ids and statistics of the clips, and the function from their sum to the number.

        Raises:
            InputError: the method has none for the column.
        """
        reference = self.measurement.statistics
        found = find_object(reference)(**self.files) if reference else {}
        if column not in found:
            raise InputError(
                f"{self.path}: the method {self.result['method']} has no statistics of clips for "
                f"{column}, so there is no interval. Give its Measurement `statistics`, or leave "
                f"{column} out of the metrics of its paper's ablations."
            )
        return found[column]


def read_measured(text: str, option: str = "--measured") -> dict[str, list[Mapping[str, Any]]]:
    """Parse the value of `--measured`: experiments with their files, by row.

    Raises:
        InputError: it is no such object.
    """
    given = read_mapping(option, text, _WANTED)
    check_measured(given, option)
    return given


def check_measured(given: Any, option: str) -> None:
    """Raise InputError unless `given` has experiments with their files, by row."""
    if not isinstance(given, dict):
        raise InputError(f"{option}: found {str(given)[:200]}, expected {_WANTED}")
    for row, several in given.items():
        if not isinstance(several, list) or not several or not all(map(_is_known, several)):
            shown = json.dumps({row: several}, ensure_ascii=False)[:200]
            raise InputError(f"{option}: found {shown}, expected {_WANTED}")


def _is_known(about: Any) -> bool:
    """Return whether `about` names an experiment and its files."""
    if not isinstance(about, dict) or not {*IDENTITY, "files"} <= about.keys():
        return False
    files = about["files"]
    return isinstance(files, dict) and bool(files) and all(map(_is_text, files.values()))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def read_measured_runs(
    given: Mapping[str, Sequence[Mapping[str, Any]]], table: PublishedTable
) -> dict[str, list[MeasuredRun]]:
    """Read the numbers of a table's experiments, by row.

    Args:
        given: the value of `read_measured`.

    Raises:
        InputError: a file is missing or invalid, or a method does not measure the columns.
    """
    return {
        row: [_read(each, table.measured) for each in each_of] for row, each_of in given.items()
    }


def _read(about: Mapping[str, Any], columns: Sequence[str]) -> MeasuredRun:
    where = f"experiment {about['experiment']}"
    measurement = find_method(about["method"], where).measurement(columns)
    if measurement is None:
        raise InputError(
            f"{where}: its method {about['method']} does not measure {', '.join(columns)}. List an "
            "experiment of another method."
        )
    files = {option: Path(path) for option, path in about["files"].items()}
    for path in files.values():
        if not is_file(path):
            raise InputError(f"{path}: missing. Have it made: snakemake --cores all {path}")
    numbers = find_object(measurement.function)(**files)
    known = {key: about[key] for key in IDENTITY}
    known |= {"split": measurement.split, "control": None, "measured_as": measurement.of}
    return MeasuredRun(known, files, {each: numbers[each] for each in columns}, measurement)
