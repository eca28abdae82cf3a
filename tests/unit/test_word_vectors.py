"""Word vectors: fastText's own files, and vectors trained here."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_pipelines import fasttext_bytes

from sign2text.ground.errors import InputError
from sign2text.text.fasttext_model import FastTextModel, hash_of, ngrams
from sign2text.text.skip_gram import skip_gram_loss, train_skip_gram
from sign2text.text.word_vectors import read_word_vectors

FIXTURES = Path(__file__).parent / "fixtures"
ROWS = np.arange(44, dtype=np.float32).reshape(11, 4)
WORDS = ["</s>", "regen", "süd", "雨"]


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def model(tmp_path: Path, **changes) -> bytes:
    return fasttext_bytes(WORDS, ROWS, **changes)


def rows(word: str, shortest: int = 3, longest: int = 5) -> list[int]:
    """Return the rows of a word's n-grams in another way: all substrings of all lengths."""
    marked = f"<{word}>"
    pieces = {
        (start, length)
        for length in range(shortest, longest + 1)
        for start in range(len(marked) - length + 1)
    }
    found = [marked[start : start + length] for start, length in pieces]
    return [len(WORDS) + hash_of(each.encode()) % 7 for each in found]


def test_vectors_are_those_of_the_library() -> None:
    """fasttext 0.9.3 wrote fasttext_tiny.bin and .npz: 31 words, 8 values, 50 buckets."""
    expected = np.load(FIXTURES / "fasttext_tiny.npz")
    words = [str(word) for word in expected["words"]]
    assert len(words) > 40
    found = FastTextModel(FIXTURES / "fasttext_tiny.bin", words)
    assert 0 < sum(map(found.knows, words)) < len(words)
    for word, vector in zip(words, expected["vectors"], strict=True):
        np.testing.assert_allclose(found.vector(word), vector, rtol=0, atol=1e-6, err_msg=word)


def test_a_vector_is_the_mean_of_its_rows(tmp_path: Path) -> None:
    found = FastTextModel(written(tmp_path / "a.bin", model(tmp_path)), ["regen", "süd", "wind"])
    for word, own in (("regen", [1]), ("süd", [2]), ("wind", [])):
        np.testing.assert_allclose(found.vector(word), ROWS[own + rows(word)].mean(0), rtol=1e-6)
    assert found.knows("süd") and not found.knows("wind")


def test_words_without_parts(tmp_path: Path) -> None:
    path = written(tmp_path / "a.bin", fasttext_bytes(WORDS, ROWS[:4], shortest=0, longest=0))
    found = FastTextModel(path, ["雨", "wind", "</s>"])
    assert found.vector("雨").tolist() == ROWS[3].tolist()
    assert found.vector("</s>").tolist() == ROWS[0].tolist()
    assert found.vector("wind") is None


def test_single_characters_are_parts_but_the_marks_are_not() -> None:
    assert [*ngrams("<ab>", 1, 2)] == ["<a", "a", "ab", "b", "b>"]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "is shorter than a header"),
        (b"2000000 300\nund 0.1" * 20, "begins with"),
        (fasttext_bytes(WORDS, ROWS)[:130], "of its dictionary"),
        (fasttext_bytes(WORDS, ROWS)[:-60], "ends within its 11 vectors"),
        (fasttext_bytes(WORDS, ROWS, quantised=True), "a quantised model"),
        (fasttext_bytes(WORDS, ROWS, pruned=3), "n-grams were pruned"),
        (fasttext_bytes(WORDS, ROWS).replace(b"\0\0\0\0\x0b\0\0\0", b"\0\0\0\0\x0c\0\0\0"),
         "has 12 vectors of 4 values; 11 of 4 expected"),
        (fasttext_bytes(WORDS, np.full((11, 4), np.nan)), "values that are not numbers"),
        (fasttext_bytes(WORDS, ROWS, longest=1000), "n-grams of 3 to 1000 characters"),
    ],
)  # fmt: skip
def test_a_damaged_model(tmp_path: Path, content: bytes, found: str) -> None:
    with pytest.raises(InputError, match=found) as caught:
        FastTextModel(written(tmp_path / "a.bin", content), ["regen"]).vector("regen")
    assert str(caught.value).startswith(str(tmp_path / "a.bin"))


def test_labels_are_no_words(tmp_path: Path) -> None:
    content = fasttext_bytes(WORDS[:2], ROWS, labels=1)
    found = FastTextModel(written(tmp_path / "a.bin", content), ["__label__0", "regen"])
    assert found.knows("regen") and not found.knows("__label__0")


VEC = "3 2\nregen 1 2 \nsüd 0.5 -1e-3 \nregen 9 9\n"


def test_a_text_file_has_no_parts_of_words(tmp_path: Path) -> None:
    path = written(tmp_path / "a.vec", VEC.encode())
    width, found = read_word_vectors(path, ["regen", "süd", "süden"])
    assert width == 2
    assert {word: vector.tolist() for word, vector in found.items()} == {
        "regen": [1.0, 2.0],
        "süd": [0.5, pytest.approx(-1e-3)],
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (VEC[:-1], "line 4: a line that is cut"),
        (VEC[:26], "line 3: a line that is cut"),
        ("4" + VEC[1:], "3 words found, 4 expected by its first line"),
        (VEC.replace("1 2", "1"), "line 2: .* a word and 2 numbers"),
        (VEC.replace("1 2", "1 x"), "line 2: .* a word and 2 numbers"),
        (VEC.replace("1 2", "1 nan"), "line 2: .* a word and 2 numbers"),
        ("regen 1 2\n", "line 1: .* the number of words and the width"),
        ("", "line 1: .* the number of words and the width"),
    ],
)
def test_a_damaged_text_file(tmp_path: Path, text: str, found: str) -> None:
    with pytest.raises(InputError, match=found):
        read_word_vectors(written(tmp_path / "a.vec", text.encode()), ["regen"])


def test_the_loss_of_a_hand_made_pair() -> None:
    vectors = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    others = torch.tensor([[0.5, 0.5], [1.0, -1.0]])
    loss = skip_gram_loss(vectors, others, torch.tensor([[0, 1]]), torch.tensor([[0, 0]]))
    expected = np.log1p(np.exp(-1.0)) + 2 * np.log1p(np.exp(0.5))
    assert loss.item() == pytest.approx(expected, abs=1e-6)


def test_words_with_the_same_neighbours_become_alike() -> None:
    rng = np.random.default_rng(0)
    sentences = []
    for _ in range(300):
        weather, place = (("a", "b"), ("x", "y"))[rng.integers(2)]
        word = rng.choice([weather, place])
        sentences.append([f"{weather}1", word, f"{weather}2"])
    settings = {"width": 8, "window": 1, "negatives": 3, "epochs": 15, "batch_size": 64}
    words, vectors = train_skip_gram(sentences, **settings, learning_rate=0.02, seed=1)
    assert words == ["a", "a1", "a2", "b", "x", "x1", "x2", "y"]
    unit = vectors / vectors.norm(dim=1, keepdim=True)
    alike = unit @ unit.T
    assert alike[0, 3] > 0.8 > alike[0, 4] + 0.3  # a and b; a and x
    again = train_skip_gram(sentences, **settings, learning_rate=0.02, seed=1)[1]
    assert torch.equal(vectors, again)
    assert not torch.equal(
        vectors, train_skip_gram(sentences, **settings, learning_rate=0.02, seed=2)[1]
    )
