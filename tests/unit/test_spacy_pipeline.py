"""spaCy pipelines: trained here, and loaded from untrusted wheels and folders."""

import shutil
import sys
import zipfile
from pathlib import Path

import pytest
from archive_files import make_zip
from tiny_pipelines import (
    SENTENCES,
    pipeline_files,
    with_config,
    with_meta,
    write_folder,
    write_wheel,
)

from sign2text.avatar.annotated_sentences import draw_annotated
from sign2text.ground.errors import InputError
from sign2text.text.spacy_pipeline import hash_of, open_pipeline
from sign2text.text.tagged_words import chosen_words, tag_texts
from sign2text.text.tagger_training import measure_accuracy, save_pipeline

FACTORY = 'factory = "tagger"'


def opened(place: Path, language: str = "de", **changes):
    settings = {"lemmas": language != "zh", "sha256": None, "work": place.parent / "work"}
    return open_pipeline(place, language=language, **settings | changes)


def refusal(place: Path, language: str = "de", **changes) -> str:
    with pytest.raises(InputError) as caught:
        opened(place, language, **changes)
    return str(caught.value)


@pytest.mark.parametrize("language", ["de", "zh"])
def test_a_trained_pipeline_finds_parts_of_speech_and_lemmas(tmp_path: Path, language: str) -> None:
    place = make_zip(tmp_path / "pipeline.zip", pipeline_files(language)).paths[0]
    held_out = draw_annotated(language, SENTENCES + 100, 1)[SENTENCES:]
    pipeline = opened(place, language)
    accuracy = measure_accuracy(pipeline.nlp, language, held_out)
    assert (pipeline.name, pipeline.version) == (f"{language}_avatar", "1.0.0")
    assert pipeline.sha256 == hash_of(place)
    save_pipeline(pipeline.nlp, tmp_path / "again.zip")
    assert accuracy["sentences"] == 100
    assert 0.85 < accuracy["tags"] < 1
    assert accuracy["lemmas"] > 0.85
    with zipfile.ZipFile(tmp_path / "again.zip") as archive:
        for name in ("tagger/model", "tok2vec/model"):
            assert archive.read(name) == pipeline_files(language)[name]
    assert not list((tmp_path / "work").iterdir())


def test_the_same_seed_gives_the_same_files() -> None:
    first = pipeline_files("zh")
    pipeline_files.cache_clear()
    assert pipeline_files("zh") == first


def test_words_are_chosen_by_part_of_speech_in_their_order(tmp_path: Path) -> None:
    place = write_folder(tmp_path / "pipeline", pipeline_files("de"))
    text = "im norden regnet es und im süden  regnet es nicht"
    (words,) = tag_texts(opened(place).nlp, [text])
    kept = chosen_words(words, {"NOUN", "VERB"}, lemmas=True)
    assert kept == ["norden", "regnen", "süden", "regnen"]
    assert chosen_words(words, None, lemmas=False) == text.split()


def test_a_wheel_is_loaded_and_nothing_in_it_is_imported(tmp_path: Path) -> None:
    place = write_wheel(tmp_path / "de_avatar-1.0.0-py3-none-any.whl", pipeline_files("de"))
    nlp = opened(place, sha256=hash_of(place).upper()).nlp
    assert [word.pos for word in next(tag_texts(nlp, ["morgen regen"]))] == ["ADV", "NOUN"]
    assert "de_avatar" not in sys.modules


def test_a_folders_hash_follows_its_files(tmp_path: Path) -> None:
    place = write_folder(tmp_path / "pipeline", {"a/b": b"1", "c": b"2"})
    before = hash_of(place)
    (place / "c").write_bytes(b"3")
    assert hash_of(place) != before
    (place / "c").write_bytes(b"2")
    assert hash_of(place) == before


def test_nothing_is_there(tmp_path: Path) -> None:
    message = refusal(tmp_path / "de_core_news_lg-3.8.0-py3-none-any.whl")
    assert "no spaCy pipeline found; expected a wheel (.whl) or an unpacked folder" in message
    assert "spacy-models/releases" in message


def test_another_hash(tmp_path: Path) -> None:
    place = write_folder(tmp_path / "pipeline", pipeline_files("de"))
    assert f"sha256 {hash_of(place)} found, {'0' * 64} expected" in refusal(place, sha256="0" * 64)


def test_another_language(tmp_path: Path) -> None:
    place = write_folder(tmp_path / "pipeline", pipeline_files("de"))
    assert "a pipeline for de found (de_avatar), one for zh expected" in refusal(place, "zh")


def test_another_version_of_spacy(tmp_path: Path) -> None:
    files = with_meta(pipeline_files("de"), spacy_version=">=3.7.0,<3.8.0")
    message = refusal(write_folder(tmp_path / "pipeline", files))
    assert "de_avatar 1.0.0 is for spaCy >=3.7.0,<3.8.0, and 3." in message


def test_a_version_that_is_none(tmp_path: Path) -> None:
    files = with_meta(pipeline_files("de"), spacy_version="any")
    assert "is for spaCy any" in refusal(write_folder(tmp_path / "pipeline", files))


@pytest.mark.parametrize(
    ("factory", "kind"), [("tagger", "tagger"), ("trainable_lemmatizer", "lemmatizer")]
)
def test_no_tagger_or_lemmatizer(tmp_path: Path, factory: str, kind: str) -> None:
    files = with_config(pipeline_files("de"), f'factory = "{factory}"', 'factory = "senter"')
    message = refusal(write_folder(tmp_path / "pipeline", files))
    assert f"no {kind} found among tok2vec, tagger, trainable_lemmatizer" in message


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (FACTORY, 'factory = "evil_tagger"', "components.tagger.factory: found 'evil_tagger'"),
        (
            "before_creation = null",
            'before_creation = {"@callbacks":"x.v1"}',
            "nlp.before_creation",
        ),
        ("spacy.Tagger.v2", "evil.Tagger.v2", "found 'evil.Tagger.v2'"),
        ("spacy.Tokenizer.v1", "evil.Tokenizer.v1", "nlp.tokenizer.@tokenizers"),
        (FACTORY, 'source = "en_core_web_lg"', "whose components all have a factory"),
        (FACTORY, f"{FACTORY}\nname = ${{paths.train}}${{paths.train}}", "variable"),
        ("[nlp]", "[nlp", "cannot be read"),
    ],
)
def test_a_configuration_names_what_is_not_spacys(
    tmp_path: Path, old: str, new: str, found: str
) -> None:
    files = with_config(pipeline_files("de"), old, new)
    message = refusal(write_folder(tmp_path / "pipeline", files))
    assert found in message
    assert "config.cfg" in message


@pytest.mark.parametrize("name", ["meta.json", "config.cfg"])
def test_a_file_that_says_what_it_is_is_missing(tmp_path: Path, name: str) -> None:
    files = {key: value for key, value in pipeline_files("de").items() if key != name}
    assert "0 folders with config.cfg and meta.json found" in refusal(
        write_folder(tmp_path / "pipeline", files)
    )


@pytest.mark.parametrize("name", ["tagger/model", "tagger/cfg", "vocab/strings.json", "tokenizer"])
@pytest.mark.parametrize("keep", [0, 0.6])
def test_a_cut_file(tmp_path: Path, name: str, keep: float) -> None:
    content = pipeline_files("de")[name]
    files = {**pipeline_files("de"), name: content[: int(len(content) * keep)]}
    assert "cannot be loaded" in refusal(write_folder(tmp_path / "pipeline", files))


def test_a_part_is_missing(tmp_path: Path) -> None:
    place = write_folder(tmp_path / "pipeline", pipeline_files("de"))
    shutil.rmtree(place / "trainable_lemmatizer")
    assert "cannot be loaded" in refusal(place)


def test_a_wheel_that_would_write_outside_its_folder(tmp_path: Path) -> None:
    place = make_zip(tmp_path / "bad.whl", {"../../outside": b"x"}).paths[0]
    assert "goes up by .." in refusal(place)
    assert not (tmp_path.parent / "outside").exists() and not (tmp_path / "outside").exists()


def test_a_wheel_that_was_cut(tmp_path: Path) -> None:
    place = write_wheel(tmp_path / "de.whl", pipeline_files("de"))
    place.write_bytes(place.read_bytes()[:-200])
    assert "cut or damaged" in refusal(place)


def test_two_pipelines_in_one_place(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_folder(tmp_path / "pipelines" / name, pipeline_files("de"))
    assert "2 folders with" in refusal(tmp_path / "pipelines")


def test_a_segmenter_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    files = with_config(pipeline_files("zh"), 'segmenter = "char"', 'segmenter = "pkuseg"')
    message = refusal(write_folder(tmp_path / "pipeline", files), "zh")
    assert "pip install spacy-pkuseg" in message
