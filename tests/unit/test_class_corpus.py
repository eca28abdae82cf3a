"""Classes that cannot be learned or found, and signers of two corpora."""

import pandas as pd
import pytest

from sign2text.data.class_corpus import (
    check_classes,
    class_problems,
    class_rows,
    shared_signers,
    without_poor_classes,
)
from sign2text.ground.errors import InputError

TRAIN, DEV, TEST = "aabbbc", "abd", "aed"


def tables(train: str = TRAIN, dev: str = DEV, test: str = TEST) -> dict[str, pd.DataFrame]:
    """A clip for each letter, which is its class."""
    return {
        split: pd.DataFrame({"id": [f"{split}{n}" for n in range(len(letters))],
                             "video": "v.mp4", "text": list(letters), "signer": f"of_{split}"})
        for split, letters in (("train", train), ("dev", dev), ("test", test))
    }  # fmt: skip


def test_a_class_with_one_clip_and_one_that_train_lacks_are_named():
    assert class_problems(tables()) == {
        "c": "1 training clip, expected 2 or more",
        "d": "in dev and test, and not in train",
        "e": "in test, and not in train",
    }
    with pytest.raises(InputError) as error:
        check_classes(tables(), "results/x/train.tsv")
    lines = str(error.value).splitlines()
    assert lines[:2] == [
        "results/x/train.tsv: 3 classes cannot be used:",
        "class 'c': 1 training clip, expected 2 or more",
    ]
    assert "on_bad_clip: skip" in lines[-1]
    check_classes(tables("aabb", "ab", "b"), "x")


def test_many_such_classes_are_counted():
    with pytest.raises(InputError, match=r"26 classes cannot be used:(.|\n)*and 16 more"):
        check_classes(tables("abcdefghijklmnopqrstuvwxyz", "", ""), "x")


def test_their_clips_are_left_out_with_reasons():
    kept, left_out = without_poor_classes(tables())
    assert {split: "".join(table["text"]) for split, table in kept.items()} == {
        "train": "aabbb", "dev": "ab", "test": "a",
    }  # fmt: skip
    assert left_out["id"].tolist() == ["train5", "dev2", "test1", "test2"]
    assert left_out["reason"].tolist()[1] == "class 'd': in dev and test, and not in train"
    assert left_out.columns.tolist() == ["split", "id", "video", "reason"]


def test_shared_signers_are_named():
    one, other = tables()["train"], tables()["dev"]
    assert shared_signers(one, other) == []
    assert shared_signers(one, pd.concat([other, one.head(1)])) == ["of_train"]
    assert shared_signers(one.assign(signer="unknown"), other.assign(signer="unknown")) == []


def test_findings_for_the_report():
    rows = {(row.check, row.split): row for row in class_rows(tables())}
    assert rows["classes", "train"].found == 3 and rows["classes", "test"].found == 3
    assert rows["clips of a class, fewest", "train"].found == 1
    assert rows["clips of a class, most", "train"].found == 3
    found = rows["classes with one training clip", "train"]
    assert (found.found, found.verdict) == (1, "bad") and found.advice.endswith(" c")
    assert rows["classes not in train", "dev"].advice.endswith(" d")
    assert rows["classes not in train", "test"].verdict == "bad"
