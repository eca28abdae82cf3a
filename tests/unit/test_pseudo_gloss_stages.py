"""Stages from the avatar's grammar to pseudo-glosses and their vectors."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from tiny_pipelines import SIZES, fasttext_bytes, pipeline_files, write_folder, write_wheel

from sign2text.data.manifest import write_manifest
from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings
from sign2text.ground.work_limit import WorkLimit, limiting
from sign2text.methods.sign2gpt import text_settings
from sign2text.methods.sign2gpt.stages import (
    annotate_text,
    embed_pseudo_glosses,
    generate_pseudo_glosses,
    train_tagger,
)
from sign2text.text.annotated_text import read_annotated
from sign2text.text.lemma_pipeline import lemma_pipeline
from sign2text.text.pseudo_glosses import read_pseudo_glosses, read_vectors, read_vocabulary

TEXTS = {
    "train": ["im norden regnet es", "im süden regnet es nicht", "im norden schneit es morgen"],
    "dev": ["im süden schneit es"],
    "test": ["morgen regnet es", "im norden"],
}
OWN = {"pipeline": None, "too_common": 0.7}


def write_manifests(folder: Path, texts: dict[str, list[str]], language: str = "de") -> dict:
    given = {}
    for split, sentences in texts.items():
        rows = {
            "id": [f"{split}-{number}" for number in range(len(sentences))],
            "video": "videos/a.mp4", "frames": 9, "fps": 25.0, "signer": "s", "text": sentences,
            "gloss": "", "language": language, "phrasings": [[] for _ in sentences],
        }  # fmt: skip
        given[f"{split}_manifest"] = folder / f"{split}.tsv"
        write_manifest(pd.DataFrame(rows), given[f"{split}_manifest"])
    given["monolingual"] = folder / "monolingual.txt"
    given["monolingual"].write_text("im norden weht der wind\nmorgen regnet es\n")
    return given


def generate(tmp_path: Path, texts=TEXTS, trained: str | None = "de", **settings: Any) -> Path:
    output = tmp_path / "generate_pseudo_glosses"
    given = write_manifests(tmp_path, texts, settings.get("language", "de"))
    if trained:
        given["trained"] = write_folder(tmp_path / "pipeline", pipeline_files(trained))
    config = read_settings(generate_pseudo_glosses.Config, OWN | settings)
    generate_pseudo_glosses.run(**given, output=output, config=config)
    return output


def about(folder: Path) -> dict:
    return json.loads((folder / "about.json").read_text())


def lines(folder: Path, split: str, texts=TEXTS) -> list[str]:
    return read_pseudo_glosses(
        folder / f"{split}.tsv", [f"{split}-{number}" for number in range(len(texts[split]))]
    )


def test_from_the_grammar_to_a_pipeline(tmp_path: Path) -> None:
    config = annotate_text.Config(sentences=60, held_out=20)
    annotate_text.run(output=tmp_path / "annotate_text", config=config)
    annotated = tmp_path / "annotate_text" / "sentences.tsv"
    found = read_annotated(annotated)
    assert [*map(len, found.values())] == [60, 20]
    train_tagger.run(
        annotated=annotated, output=tmp_path / "tagger", config=train_tagger.Config(**SIZES)
    )
    accuracy = json.loads((tmp_path / "tagger" / "accuracy.json").read_text())
    assert accuracy["sentences"] == 20
    assert accuracy["words"] == sum(map(len, found["held_out"]))
    assert 0.6 < accuracy["tags"] < 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("part\twords\n", "line 1: columns part, words found"),
        ("part\twords\tlemmas\tparts_of_speech\n", "no sentence of part train found"),
        ("part\twords\tlemmas\tparts_of_speech\ntrain\ta b\ta\tX X\n", "line 2: .* 2 words"),
        ("part\twords\tlemmas\tparts_of_speech\ndev\ta\ta\tX\n", "line 2: found part 'dev'"),
    ],
)
def test_damaged_annotated_sentences(tmp_path: Path, text: str, found: str) -> None:
    (tmp_path / "sentences.tsv").write_text(text)
    with pytest.raises(InputError, match=found):
        read_annotated(tmp_path / "sentences.tsv")


def test_pseudo_glosses_are_lemmas_of_kept_parts_in_the_texts_order(tmp_path: Path) -> None:
    folder = generate(tmp_path)
    vocabulary = read_vocabulary(folder / "vocabulary.tsv")
    # "es" is in all three training sentences: it stays in the vocabulary but is no target.
    assert dict(zip(vocabulary.words, vocabulary.counts, strict=True)) == {
        "es": 3, "norden": 2, "regnen": 2, "morgen": 1, "schneien": 1, "süden": 1,
    }  # fmt: skip
    assert vocabulary.words == ["es", "norden", "regnen", "morgen", "schneien", "süden"]
    assert lines(folder, "train") == ["norden regnen", "süden regnen", "norden schneien morgen"]
    assert lines(folder, "test") == ["morgen regnen", "norden"]
    assert about(folder) == {
        "pipeline": "de_avatar", "version": "1.0.0", "sha256": about(folder)["sha256"],
        "spacy": about(folder)["spacy"], "published": False, "language": "de",
        "tokens": "pseudo_glosses", "form": "lemma",
        "parts_of_speech": list(generate_pseudo_glosses.PARTS_OF_SPEECH),
        "vocabulary_of": ["train"], "leaks": False, "pseudo_glosses": 6, "too_common": ["es"],
        "clips_without": {"train": 0, "dev": 0, "test": 0},
    }  # fmt: skip
    text = (folder / "monolingual.txt").read_text()
    assert text == "in norden wehen der wind\nmorgen regnen es\n"


def test_a_clip_without_pseudo_glosses_has_an_empty_line(tmp_path: Path) -> None:
    folder = generate(tmp_path, parts_of_speech=["VERB"], too_common=1.0)
    assert lines(folder, "test") == ["regnen", ""]
    assert about(folder)["clips_without"] == {"train": 0, "dev": 0, "test": 1}


def test_a_vocabulary_of_all_splits_says_that_it_leaks(tmp_path: Path) -> None:
    texts = TEXTS | {"test": ["morgen hagelt es im westen"]}
    assert "westen" not in read_vocabulary(generate(tmp_path, texts) / "vocabulary.tsv").words
    folder = generate(tmp_path, texts, vocabulary="all")
    assert "westen" in read_vocabulary(folder / "vocabulary.tsv").words
    assert about(folder)["leaks"] and about(folder)["vocabulary_of"] == ["train", "dev", "test"]


def test_all_words_need_no_pipeline_but_for_chinese(tmp_path: Path) -> None:
    settings = {"tokens": "all_words", "pipeline": "paper", "too_common": 1.0}
    folder = generate(tmp_path, trained=None, **settings)
    assert lines(folder, "train")[0] == "norden regnet"  # "im" and "es" are in every sentence
    assert about(folder)["pipeline"] is None and about(folder)["form"] == "word"


def test_words_of_chinese_are_as_they_are_written(tmp_path: Path) -> None:
    texts = {
        "train": ["今天北部有雨", "明天南部有雪"],
        "dev": ["今天南部有雪"],
        "test": ["明天北部有雨"],
    }
    folder = generate(tmp_path, texts, trained="zh", language="zh")
    assert lines(folder, "test", texts)[0].startswith("明天 北部 ")
    assert about(folder)["form"] == "word"


def test_the_published_pipeline_is_found_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    place = Path("resources/pipelines/de_core_news_lg-3.8.0-py3-none-any.whl")
    with pytest.raises(InputError, match=f"{place}: no spaCy pipeline found"):
        generate(tmp_path, pipeline="paper")
    write_wheel(place, pipeline_files("de"))
    with pytest.raises(InputError, match=r"expected \(setting `sha256`\)"):
        generate(tmp_path, pipeline="paper")
    monkeypatch.setattr(text_settings, "KNOWN_SHA256", {})
    monkeypatch.setattr("sign2text.methods.sign2gpt.pseudo_gloss_text.KNOWN_SHA256", {})
    with pytest.raises(InputError, match="de_avatar found, de_core_news_lg expected"):
        generate(tmp_path, pipeline="paper")
    folder = generate(tmp_path, pipeline=str(place))
    assert lines(folder, "train")[0] == "norden regnen"
    assert not about(folder)["published"]


def test_lemmas_by_simplemma_need_no_pipeline(tmp_path: Path) -> None:
    folder = generate(tmp_path, trained=None, pipeline="simplemma", parts_of_speech=["ADP"])
    # "morgen" is one of spaCy's stop words, as are "im", "es" and "nicht".
    assert lines(folder, "train") == ["norden regnen", "süden regnen", "norden schneien"]
    assert lines(folder, "test") == ["regnen", "norden"]
    found = about(folder)
    assert (found["pipeline"], found["version"]) == ("simplemma", "2.0.0")
    assert found["published"] is False
    assert found["sha256"] == lemma_pipeline("de").sha256 and found["parts_of_speech"] is None
    assert (folder / "monolingual.txt").read_text().startswith("im norden wehen der wind\n")


def test_only_the_papers_languages_have_a_published_pipeline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made_in = "sign2text.methods.sign2gpt.pseudo_gloss_text"
    monkeypatch.setattr(f"{made_in}.KNOWN_SHA256", {})
    for language, published in (("de", True), ("zh", True), ("en", False)):
        pipeline = lemma_pipeline("de")._replace(name=text_settings.PIPELINES[language][0])
        monkeypatch.setattr(f"{made_in}.open_pipeline", lambda *_, found=pipeline, **__: found)
        settings = {"parts_of_speech": ["X"], "language": language}
        folder = generate(tmp_path, trained=None, pipeline="paper", **settings)
        assert about(folder)["published"] is published
        assert about(folder)["parts_of_speech"] == ["X"]


def test_no_pseudo_gloss_is_left(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"train.tsv: no pseudo-gloss is left of 3 sentences"):
        generate(tmp_path, parts_of_speech=["INTJ"])
    with pytest.raises(InputError, match=r"1 are too common \(es\)"):
        generate(tmp_path, parts_of_speech=["PRON"])


def test_a_split_without_any_pseudo_gloss_of_the_vocabulary(tmp_path: Path) -> None:
    texts = TEXTS | {"dev": ["im westen hagelt es"]}
    with pytest.raises(InputError, match=r"dev.tsv: none of its 1 sentences .* which has 6 from t"):
        generate(tmp_path, texts)


def test_conditions_of_what_is_read() -> None:
    def settings(**values: Any):
        config = generate_pseudo_glosses.Config(**values)
        return lambda stage: {"generate_pseudo_glosses": config}[stage]

    assert text_settings.trains_pipeline(settings(pipeline=None))
    assert not text_settings.trains_pipeline(settings())
    assert not text_settings.trains_pipeline(settings(pipeline=None, tokens="all_words"))
    assert text_settings.trains_pipeline(settings(pipeline=None, tokens="all_words", language="zh"))
    source = SimpleNamespace(source="random")
    assert not text_settings.embeds_from("monolingual")(lambda stage: source)


def embed(folder: Path, **settings: Any):
    vocabulary = folder / "vocabulary.tsv"
    embed_pseudo_glosses.run(
        vocabulary=vocabulary,
        output=folder / "embed",
        config=read_settings(embed_pseudo_glosses.Config, {"width": 4} | settings),
        monolingual=folder / "monolingual.txt" if settings.get("source") == "monolingual" else None,
    )
    words = read_vocabulary(vocabulary)
    return words.words, *read_vectors(folder / "embed" / "vectors.safetensors", words)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "vocabulary.tsv").write_text("pseudo_gloss\tcount\nregen\t3\nwind\t2\nnord\t1\n")
    (tmp_path / "monolingual.txt").write_text("in der nord wehen wind\nregen in der nord\n" * 3)
    return tmp_path


def test_vectors_of_fasttext_with_parts_of_words(folder: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(30, 4))
    (folder / "a.bin").write_bytes(fasttext_bytes(["</s>", "regen"], rows))
    words, vectors, known = embed(folder, file=str(folder / "a.bin"))
    assert words == ["regen", "wind", "nord"] and known.all()
    assert (folder / "embed" / "missing.txt").read_text() == ""
    assert vectors.norm(dim=1).min() > 0


def test_vectors_of_a_text_file_lack_words(folder: Path) -> None:
    (folder / "a.vec").write_text("2 4\nWind 1 1 1 1 \nnord 1 2 3 4 \n")
    _, vectors, known = embed(folder, file=str(folder / "a.vec"))
    assert known.tolist() == [False, False, True]
    assert vectors.tolist() == [[0.0] * 4, [0.0] * 4, [1.0, 2.0, 3.0, 4.0]]
    assert (folder / "embed" / "missing.txt").read_text() == "regen\nwind\n"


def test_vectors_that_are_trained_or_drawn(folder: Path) -> None:
    _, trained, known = embed(folder, source="monolingual")
    assert known.tolist() == [True, True, True]
    assert torch.equal(trained, embed(folder, source="monolingual")[1])
    _, drawn, known = embed(folder, source="random")
    assert known.all() and not torch.equal(drawn, trained)
    assert torch.equal(drawn, embed(folder, source="random")[1])
    assert not torch.equal(drawn, embed(folder, source="random", seed=2)[1])


def test_bad_vectors(folder: Path) -> None:
    path = folder / "a.vec"
    with pytest.raises(InputError, match=r"a.vec: no such file; vectors of fastText expected"):
        embed(folder, file=str(path))
    path.write_text("1 4\nsturm 1 2 3 4 \n")
    with pytest.raises(
        InputError, match="vectors for none of 3 pseudo-glosses found, such as rege"
    ):
        embed(folder, file=str(path))
    path.write_text("1 2\nnord 1 2 \n")
    with pytest.raises(InputError, match="vectors of 2 values found, 4 expected"):
        embed(folder, file=str(path))
    with pytest.raises(InputError, match=f"{'0' * 64} expected .setting `sha256`"):
        embed(folder, file=str(path), sha256="0" * 64)


def test_a_plan_needs_neither_pipeline_nor_vectors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    texts = {split: ["w1 w2 w3", "w4 w2"] for split in TEXTS}
    with limiting(WorkLimit(0)):
        folder = generate(tmp_path, texts, trained=None, pipeline="paper")
        words, vectors, known = embed(folder, width=300)
    assert words == ["w2", "w1", "w3", "w4"]
    assert vectors.shape == (4, 300) and known.all()


def test_a_language_without_a_published_pipeline_names_a_file_that_says_so() -> None:
    place = text_settings.place_of_pipeline("paper", "vi")
    assert place == "resources/pipelines/no-published-pipeline-for-vi"
    assert text_settings.place_of_pipeline("mine.whl", "vi") == "mine.whl"
