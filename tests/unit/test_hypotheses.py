"""The table of hypotheses comes back as it was written, or is refused."""

import pandas as pd
import pytest

from sign2text.data.hypotheses import COLUMNS, read_hypotheses, write_hypotheses
from sign2text.ground.errors import InputError

IDS = ["007", "012", "3"]


def write(path, rows):
    write_hypotheses(path, pd.DataFrame(rows, columns=COLUMNS))


def test_texts_stay_texts_and_runs_are_in_order(tmp_path):
    rows = [[run, clip, clip, "-0.5", text] for run in (10, 9)
            for clip, text in zip(IDS[::-1], ["12", "", 'NULL "x"'], strict=True)]  # fmt: skip
    write(tmp_path / "test.tsv", rows)
    first, second = read_hypotheses(tmp_path / "test.tsv", IDS)
    assert set(first["run"]) == {"9"} and set(second["run"]) == {"10"}
    assert first.index.tolist() == IDS
    assert first["hypothesis"].tolist() == ['NULL "x"', "", "12"]


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["007", "012"], r"2 hypotheses found for 3 clips; missing: \['3'\]"),
        (["007", "012", "4"], r"missing: \['3'\], not in the manifest: \['4'\]"),
        (["007", "012", "3", "3"], "4 hypotheses found for 3 clips"),
    ],
)
def test_a_list_that_is_not_the_manifests_is_refused(tmp_path, ids, message):
    write(tmp_path / "test.tsv", [[0, clip, clip, "-1", "es regnet"] for clip in ids])
    with pytest.raises(InputError, match=message):
        read_hypotheses(tmp_path / "test.tsv", IDS)


def test_a_missing_column_is_named(tmp_path):
    (tmp_path / "test.tsv").write_text("run\tid\thypothesis\n0\t3\tes regnet\n")
    with pytest.raises(InputError, match="no column score, video"):
        read_hypotheses(tmp_path / "test.tsv", IDS)
