"""PHOENIX-2014T's sentences through tokenizers as the published ones are, cut down to training."""

import sys
from pathlib import Path

import pytest

from sign2text.data.adapters import phoenix
from sign2text.stages.make_manifest import Config
from sign2text.text.coverage import count_coverage
from sign2text.text.published_tokenizer import load_published
from sign2text.text.tokenizer import encode_targets, load_tokenizer, trim_tokenizer

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
from model_folders import mbart_folder, mt5_folder

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def sentences(phoenix_folder, tmp_path_factory) -> dict[str, list[str]]:
    raw = tmp_path_factory.mktemp("phoenix")
    (raw / "PHOENIX-2014-T").symlink_to(phoenix_folder.resolve())
    settings = Config(adapter="phoenix", language="de")
    return {
        split: phoenix.read_split(raw / "checksums.tsv", split, settings)["text"].tolist()
        for split in phoenix.SPLITS
    }


@pytest.fixture(scope="module", params=["mbart", "mt5"])
def folder(request, sentences, tmp_path_factory) -> Path:
    """A tokenizer that knows much more than German weather: the same words backwards too."""
    text = [sentence for split in sentences.values() for sentence in split]
    text += [" ".join(word[::-1] for word in sentence.split()) for sentence in text]
    make = {"mbart": mbart_folder, "mt5": mt5_folder}[request.param]
    return make(tmp_path_factory.mktemp("published") / request.param, text, pieces=6000)


def test_trimming_changes_no_training_sentence(folder, sentences, tmp_path):
    published = load_published(folder, "de")
    trimmed = trim_tokenizer(published, sentences["train"])
    assert len(trimmed) < 0.7 * len(published)
    trimmed.save_pretrained(tmp_path)
    loaded = load_tokenizer(tmp_path)
    train = sentences["train"]
    assert len(train) == 7096
    before, after = encode_targets(published, train), encode_targets(loaded, train)
    for one, other in zip(before, after, strict=True):
        assert published.convert_ids_to_tokens(one) == loaded.convert_ids_to_tokens(other)
    # And the text is restored, except for repeated spaces.
    decoded = loaded.batch_decode(after, skip_special_tokens=True)
    assert decoded == [" ".join(sentence.split()) for sentence in train]


def test_dev_and_test_can_be_spelled(folder, sentences):
    published = load_published(folder, "de")
    trimmed = trim_tokenizer(published, sentences["train"])
    rows = {
        split: count_coverage(split, texts, trimmed, published)
        for split, texts in sentences.items()
    }
    assert rows["train"]["pieces_cut"] == rows["train"]["unknown"] == 0
    assert rows["train"]["tokens"] == rows["train"]["tokens_published"]
    for split in ("dev", "test"):
        row = rows[split]
        assert 0 < row["pieces_cut"] < 0.03 * row["tokens_published"]
        assert row["tokens"] > row["tokens_published"]
        # Every character of them is in the training text.
        assert row["unknown"] == 0
        decoded = trimmed.batch_decode(
            encode_targets(trimmed, sentences[split]), skip_special_tokens=True
        )
        assert decoded == [" ".join(sentence.split()) for sentence in sentences[split]]
