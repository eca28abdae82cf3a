"""The avatar's second sign language, parallel text, and the captions of a rendered corpus."""

import json
import os
import signal
from itertools import combinations
from pathlib import Path

import pandas as pd
import pytest
from safetensors.numpy import load_file

from sign2text.avatar.derived import look_of
from sign2text.avatar.grammar import signs
from sign2text.avatar.lexicon import LEXICON
from sign2text.avatar.meaning import Meaning, Part
from sign2text.avatar.parallel_text import parallel_text, read_signed
from sign2text.avatar.phonology import parameters_that_differ
from sign2text.avatar.recording import record
from sign2text.avatar.second_corpus import plan_second
from sign2text.avatar.second_grammar import second_signs
from sign2text.avatar.second_lexicon import second_lexicon
from sign2text.data.captions import read_captions, read_joined, read_languages, read_parallel
from sign2text.ground.code_hash import code_hash, modules_of
from sign2text.ground.errors import InputError
from sign2text.stages import (
    make_captions,
    make_manifest,
    synthesize_avatar,
    synthesize_second_avatar,
)

SIZES = {"train": 12, "dev": 1, "test": 1, "monolingual": 5}
LANGUAGES = ("de", "en", "zh")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("resources") / "avatar" / "checksums.tsv"
    with pytest.MonkeyPatch.context() as patch:
        only_files(patch)
        config = synthesize_avatar.Config(**SIZES, unseen_share=1.0)
        synthesize_avatar.run(output=output, config=config)
    return output


def only_files(patch: pytest.MonkeyPatch) -> None:
    """Sign without drawing: a video is an empty file."""
    from sign2text.avatar.recording import record

    def without_pictures(folder, corpus, config, threads):
        (folder / "videos").mkdir(parents=True, exist_ok=True)
        for clip in corpus:
            job = synthesize_avatar._job(folder, clip, config)
            job.video.write_bytes(b"x")
            yield record(job)

    patch.setattr(synthesize_avatar, "record_all", without_pictures)


def captioned(corpus: Path, folder: Path, monkeypatch, **settings) -> Path:
    """Run make_manifest, without looking at the videos, and make_captions."""
    monkeypatch.setattr(make_manifest, "leave_out", lambda tables, _: (tables, *[EMPTY] * 2))
    monkeypatch.setattr("sign2text.data.copies.find_copies", lambda videos: EMPTY_COPIES)
    monkeypatch.setattr("sign2text.data.copies.write_copies", lambda path, copies: None)
    adapter = settings.get("adapter", "avatar")
    make_manifest.run(
        corpus=corpus, output=folder / "m", config=make_manifest.Config(adapter=adapter)
    )
    make_captions.run(
        **{split: folder / "m" / f"{split}.tsv" for split in ("train", "dev", "test")},
        corpus=corpus,
        output=folder / "c",
        config=make_captions.Config(**settings),
    )
    return folder / "c"


EMPTY = pd.DataFrame(columns=["split", "id", "video", "reason"], dtype=str)
EMPTY_COPIES: dict = {}


def test_the_second_lexicon_is_unlike_the_first() -> None:
    second = second_lexicon()
    assert second.keys() == LEXICON.keys()
    firsts = [look_of(sign) for sign in LEXICON.values()]
    looks = [look_of(sign) for sign in second.values()]
    distances = [len(parameters_that_differ(a, b)) for a in looks for b in firsts]
    assert min(distances) >= 3
    assert min(len(parameters_that_differ(a, b)) for a, b in combinations(looks, 2)) >= 2


def test_the_second_order_is_another_one() -> None:
    part = Part("wind", time="MORGEN ABEND", place="NORD", topic="WIND", direction="WEST",
                intensity=1)  # fmt: skip
    both = [[token.gloss for token in way(Meaning((part,)))] for way in (signs, second_signs)]
    assert both[0] == ["MORGEN", "ABEND", "NORD", "WIND", "WEST", "KOMMEN"]
    assert both[1] == ["WIND", "WEST", "KOMMEN", "NORD", "MORGEN", "ABEND"]
    tokens = second_signs(Meaning((part,)))
    assert [token.intensity for token in tokens] == [1, 0, 0, 0, 0, 0]
    assert tokens[0].sign == second_lexicon()["WIND"] != LEXICON["WIND"]
    contrast = Part("contrast", time="HEUTE", place="NORD", also="SUED", low=2, high=3)
    glosses = [token.gloss for token in second_signs(Meaning((contrast,)))]
    assert glosses == ["NORD", "ZWEI", "GRAD", "SUED", "DREI", "GRAD", "HEUTE"]


def test_no_sentence_is_in_both_corpora(first: Path) -> None:
    signed = read_signed([first])
    people = {"unseen_share": 0.5, "seen_signers": ["signer01"], "unseen_signer": "signer09"}
    more = {"source": first, "monolingual": 5, **people}
    sizes = {"train": 12, "dev": 2, "test": 2}
    # The first corpus's own seed: the draws hold its sentences, which are left out.
    plan = plan_second(sizes, signed, seed=1, **more)
    assert {split: len(clips) for split, clips in plan.clips.items()} == sizes
    for clip in plan:
        for language in LANGUAGES:
            said = {clip.texts[language], *clip.phrasings[language]}
            assert not said & signed.texts[language]
    glosses = {
        split: {tuple(token.gloss for token in clip.tokens) for clip in clips}
        for split, clips in plan.clips.items()
    }
    assert not glosses["train"] & (glosses["dev"] | glosses["test"])
    assert all(len(texts) == 5 for texts in plan.monolingual.values())
    signed.texts["de"].update(clip.texts["de"] for clip in plan)
    others = plan_second(sizes, signed, seed=1, **more)
    assert not {c.texts["de"] for c in others} & {c.texts["de"] for c in plan}
    with pytest.raises(InputError, match=r"checksums.tsv: 0 sentences of test .* 2 are wanted"):
        every = signed._replace(texts={each: _Everything() for each in LANGUAGES})
        plan_second(sizes, every, seed=1, **more)


class _Everything(set):
    def __contains__(self, text: object) -> bool:
        return True


def test_parallel_text_has_meanings_of_no_clip(first: Path) -> None:
    signed = read_signed([first])
    tables = parallel_text({"train": 300, "dev": 20}, signed, seed=1)
    both = pd.concat(tables.values())
    assert {name: len(table) for name, table in tables.items()} == {"train": 300, "dev": 20}
    for language in LANGUAGES:
        assert both[language].is_unique
        assert not set(both[language]) & signed.texts[language]
    again = parallel_text({"train": 300, "dev": 20}, signed, seed=1)
    pd.testing.assert_frame_equal(tables["train"], again["train"])
    # A text of a clip in one language keeps the whole row out.
    said = tables["train"]["zh"].iloc[0]
    signed.texts["zh"].add(said)
    fewer = parallel_text({"train": 300, "dev": 20}, signed, seed=1)["train"]
    assert tables["train"]["de"].iloc[0] not in set(fewer["de"]) and said not in set(fewer["zh"])


def test_captions_of_the_avatar(first: Path, tmp_path: Path, monkeypatch) -> None:
    settings = {
        "joined": make_captions.Joined(train=2, fewest=2, most=3),
        "parallel": make_captions.Parallel(train=10, dev=2),
    }
    folder = captioned(first, tmp_path, monkeypatch, **settings)
    about = read_languages(folder / "languages.json")
    assert (about.sign_language, about.own, about.languages) == ("avs", "de", ["de", "en", "zh"])
    captions, joined = read_captions(folder / "train.tsv"), read_joined(folder / "joined.train.tsv")
    clips = captions[captions["clip"].str.startswith("train-")]
    assert clips["clip"].nunique() == 12 and len(clips) == 36
    assert joined["joined"].nunique() == 2
    signs_of = pd.read_csv(first.parent / "annotations/train.glosses.tsv", sep="\t")
    for row in joined.itertuples():
        own = signs_of[signs_of["id"] == row.clip]
        text = clips.set_index(["clip", "language"])["text"][row.clip, "zh"]
        long = captions[(captions["clip"] == row.joined) & (captions["language"] == "zh")]
        found = long[long["text"] == text].iloc[0]
        assert found["start"] == pytest.approx(row.start + own["start"].min(), abs=0.002)
        assert found["end"] == pytest.approx(row.start + own["end"].max(), abs=0.002)
    assert len(read_parallel(folder / "parallel.train.tsv")) == 10
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    captioned(first, tmp_path, monkeypatch, **settings)
    assert before == {path.name: path.read_bytes() for path in folder.iterdir()}


def test_other_corpora_have_their_own_text(first: Path, tmp_path: Path, monkeypatch) -> None:
    folder = captioned(first, tmp_path, monkeypatch, sentences_of="phoenix")
    captions = read_captions(folder / "train.tsv")
    assert set(captions["language"]) == {"de"} and len(captions) == 12
    assert read_joined(folder / "joined.train.tsv").empty
    assert list(read_parallel(folder / "parallel.dev.tsv").columns) == ["de"]


def test_tables_of_further_captions_and_text(first: Path, tmp_path: Path, monkeypatch) -> None:
    captioned(first, tmp_path, monkeypatch, sentences_of="phoenix")
    table, text = tmp_path / "more.tsv", tmp_path / "text.tsv"
    table.write_text(
        "clip\tlanguage\ttext\tstart\tend\torigin\n"
        "train-00001\tfr\til pleut\t\t\thuman\ntrain-00001\tde\tes regnet\t\t\tmachine:x\n"
    )
    text.write_text("de\tfr\nja\toui\n")
    options = {split: tmp_path / "m" / f"{split}.tsv" for split in ("train", "dev", "test")}
    options |= {"corpus": first, "output": tmp_path / "c", "captions_file": table}
    config = {"sentences_of": "phoenix", "sign_language": "gsg", "further_languages": ("fr",)}
    make_captions.run(**options, parallel_train=text, config=make_captions.Config(**config))
    about = read_languages(tmp_path / "c" / "languages.json")
    assert (about.sign_language, about.languages) == ("gsg", ["de", "fr"])
    captions = read_captions(tmp_path / "c" / "train.tsv").set_index("clip").loc["train-00001"]
    assert captions["origin"].tolist() == ["human", "human", "machine:x"]
    assert captions["language"].tolist() == ["de", "fr", "de"]
    assert read_parallel(tmp_path / "c" / "parallel.train.tsv")["fr"].tolist() == ["oui"]
    with pytest.raises(InputError, match=r"more\.tsv: text in fr found, expected de\."):
        make_captions.run(**options, config=make_captions.Config(sentences_of="phoenix"))
    table.write_text(table.read_text().replace("train-00001\tfr", "x\tfr"))
    with pytest.raises(InputError, match=r"more\.tsv, line 2, clip 'x': no such clip"):
        make_captions.run(**options, config=make_captions.Config(**config))


def test_the_second_corpus_is_rendered(first: Path, tmp_path: Path, monkeypatch) -> None:
    only_files(monkeypatch)
    output = tmp_path / "north" / "checksums.tsv"
    config = synthesize_second_avatar.Config(train=4, dev=1, test=1, monolingual=3)
    synthesize_second_avatar.run(first=first, output=output, config=config)
    rows = pd.read_csv(output.parent / "annotations/train.tsv", sep="\t")
    points = load_file(output.parent / "landmarks/train.safetensors")
    assert {clip: len(each) for clip, each in points.items()} == dict(
        zip(rows["id"], rows["frames"], strict=True)
    )
    for meaning, glosses in zip(rows["meaning"], rows["gloss"], strict=True):
        parts = tuple(Part(**each) for each in json.loads(meaning))
        assert glosses.split() == [token.gloss for token in second_signs(Meaning(parts))]
    folder = captioned(output, tmp_path, monkeypatch, adapter="avatar_second")
    assert read_languages(folder / "languages.json").sign_language == "avn"
    assert set(read_captions(folder / "test.tsv")["language"]) == {*LANGUAGES}


@pytest.mark.long
def test_a_killed_rendering_of_the_second_corpus_resumes(first: Path, tmp_path: Path) -> None:
    sizes = {"train": 2, "dev": 1, "test": 1, "monolingual": 3}
    whole, killed = (tmp_path / name / "checksums.tsv" for name in ("whole", "killed"))
    config = synthesize_second_avatar.Config(**sizes)
    synthesize_second_avatar.run(first=first, output=whole, config=config)

    def record_two(folder, corpus, config, threads):
        (folder / "videos").mkdir(parents=True, exist_ok=True)
        for number, clip in enumerate(corpus):
            if number == 2:
                os.kill(os.getpid(), signal.SIGKILL)
            yield record(synthesize_avatar._job(folder, clip, config))

    child = os.fork()
    if child == 0:
        synthesize_avatar.record_all = record_two
        synthesize_second_avatar.run(first=first, output=killed, config=config)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    assert not killed.exists()
    before = {each: each.stat().st_mtime_ns for each in killed.parent.glob("videos/[!.]*.mp4")}
    assert len(before) == 2
    synthesize_second_avatar.run(first=first, output=killed, config=config)
    assert killed.read_bytes() == whole.read_bytes()
    assert {each: each.stat().st_mtime_ns for each in before} == before
    other = synthesize_second_avatar.Config(**sizes, seed=3)
    synthesize_second_avatar.run(first=first, output=killed, config=other)
    assert all(
        not each.exists() or each.stat().st_mtime_ns != then for each, then in before.items()
    )


def test_the_avatar_is_not_rendered_again() -> None:
    assert code_hash("synthesize_avatar") == "642601f9bf0b8d14"
    own = {"second_lexicon", "second_grammar", "second_corpus", "kept_videos", "parallel_text"}
    assert own <= {name.rpartition(".")[2] for name in modules_of("synthesize_second_avatar")}
    assert not own & {name.rpartition(".")[2] for name in modules_of("synthesize_avatar")}
