"""Files of pseudo-glosses: reading back, and refusal of files that do not belong together."""

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from sign2text.ground.errors import InputError
from sign2text.text.pseudo_glosses import (
    PseudoGlossVocabulary,
    read_pseudo_glosses,
    read_vectors,
    read_vocabulary,
    write_pseudo_glosses,
    write_vectors,
    write_vocabulary,
)

LINES = ["wind nord wind", "berg nord", ""]
VOCABULARY = PseudoGlossVocabulary.of(LINES)
VECTORS, KNOWN = torch.arange(6.0).view(3, 2), torch.tensor([True, False, True])


def test_a_vocabulary_is_sorted_by_count_and_word() -> None:
    assert VOCABULARY.words == ["nord", "wind", "berg"]
    assert VOCABULARY.counts == [2, 2, 1]


def test_targets_are_sorted_numbers_each_once_without_unknown_words() -> None:
    assert VOCABULARY.targets("berg sturm nord nord") == [0, 2]
    assert VOCABULARY.targets("sturm") == VOCABULARY.targets("") == []


def test_files_are_read_as_they_were_written(tmp_path: Path) -> None:
    write_pseudo_glosses(tmp_path / "train.tsv", ["a", "b", "c"], LINES)
    assert (tmp_path / "train.tsv").read_text().splitlines()[:2] == [
        "id\tpseudo_glosses",
        "a\twind nord wind",
    ]
    assert read_pseudo_glosses(tmp_path / "train.tsv", ["c", "a", "b"]) == ["", *LINES[:2]]
    write_vocabulary(tmp_path / "vocabulary.tsv", VOCABULARY)
    found = read_vocabulary(tmp_path / "vocabulary.tsv")
    assert (found.words, found.counts) == (VOCABULARY.words, VOCABULARY.counts)
    write_vectors(tmp_path / "v.safetensors", VOCABULARY, VECTORS, KNOWN, source="here")
    vectors, known = read_vectors(tmp_path / "v.safetensors", found)
    assert torch.equal(vectors, VECTORS) and torch.equal(known, KNOWN)
    with safe_open(tmp_path / "v.safetensors", "pt") as file:
        assert list(file.metadata()) == ["about"]  # several would be in an order by chance
        assert json.loads(file.metadata()["about"])["source"] == "here"


def test_pseudo_glosses_of_another_manifest(tmp_path: Path) -> None:
    path = tmp_path / "generate_pseudo_glosses" / "train.tsv"
    write_pseudo_glosses(path, ["a", "b"], LINES[:2])
    with pytest.raises(
        InputError, match=r"of 2 clips found, 2 expected; missing: \['c'\]"
    ) as error:
        read_pseudo_glosses(path, ["a", "c"])
    assert "not in the manifest: ['b']" in str(error.value)
    assert "run generate_pseudo_glosses again" in str(error.value)
    with pytest.raises(InputError, match="of 2 clips found, 1 expected"):
        read_pseudo_glosses(path, ["a"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("pseudo_gloss\tcount\n", "no pseudo-gloss found, at least one expected"),
        ("pseudo_gloss\tcount\nwind\t2\nwind\t1\n", "line 3: pseudo-gloss 'wind' is there twice"),
        ("pseudo_gloss\tcount\n\t2\n", "line 2: pseudo-gloss '' is empty"),
        ("pseudo_gloss\tcount\na b\t2\n", "line 2: pseudo-gloss 'a b' .* whitespace"),
        ("pseudo_gloss\tcount\nwind\t-1\n", "line 2, pseudo-gloss 'wind': count is '-1'"),
        ("pseudo_gloss\tnumber\nwind\t1\n", "line 1: no column count"),
        ("pseudo_gloss\tcount\nwind\t1", "its last line has no end"),
        ("", "is not a tab-separated UTF-8 table"),
    ],
)
def test_a_damaged_vocabulary(tmp_path: Path, text: str, found: str) -> None:
    (tmp_path / "vocabulary.tsv").write_text(text)
    with pytest.raises(InputError, match=found):
        read_vocabulary(tmp_path / "vocabulary.tsv")


def test_missing_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_vocabulary(tmp_path / "vocabulary.tsv")
    with pytest.raises(InputError, match="no such file"):
        read_vectors(tmp_path / "vectors.safetensors", VOCABULARY)


@pytest.mark.parametrize("lines", [["wind nord"], ["berg berg wind wind nord"]])
def test_vectors_of_another_vocabulary(tmp_path: Path, lines: list[str]) -> None:
    write_vectors(tmp_path / "v.safetensors", VOCABULARY, VECTORS, KNOWN)
    with pytest.raises(InputError, match="3 vectors of another vocabulary found"):
        read_vectors(tmp_path / "v.safetensors", PseudoGlossVocabulary.of(lines))


@pytest.mark.parametrize(
    ("tensors", "found"),
    [
        ({"vectors": VECTORS}, "known and vectors expected"),
        ({"vectors": VECTORS.double(), "known": KNOWN}, "vectors torch.float64"),
        ({"vectors": VECTORS, "known": KNOWN[:2]}, r"known torch.bool \[2\] found"),
        ({"vectors": VECTORS / 0, "known": KNOWN}, "expected finite float32"),
    ],
)
def test_damaged_vectors(tmp_path: Path, tensors: dict, found: str) -> None:
    save_file(tensors, tmp_path / "v.safetensors")
    with pytest.raises(InputError, match=found):
        read_vectors(tmp_path / "v.safetensors", VOCABULARY)


def test_cut_vectors(tmp_path: Path) -> None:
    path = tmp_path / "v.safetensors"
    write_vectors(path, VOCABULARY, VECTORS, KNOWN)
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(InputError, match="cannot be read"):
        read_vectors(path, VOCABULARY)
