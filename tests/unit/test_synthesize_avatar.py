"""Rendering the avatar corpus: files, determinism, resume; and its manifests."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from sign2text.avatar.recording import encode
from sign2text.avatar.signing import FPS, SIGNERS, SIZE, sign
from sign2text.avatar.utterance import SignToken
from sign2text.data.manifest import read_manifest, read_table
from sign2text.ground.errors import InputError
from sign2text.stages import make_manifest, synthesize_avatar
from sign2text.stages.synthesize_avatar import MARKER, Config

TINY = {
    "train": 3,
    "dev": 1,
    "test": 1,
    "monolingual": 20,
    "unseen_share": 1.0,
    "preset": "ultrafast",
}


def render(folder: Path, threads: int = 2, **settings) -> Path:
    output = folder / "checksums.tsv"
    synthesize_avatar.run(output=output, config=Config(**TINY | settings), threads=threads)
    return output


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    return render(tmp_path_factory.mktemp("avatar"))


@pytest.fixture
def copied(corpus, tmp_path) -> Path:
    """The corpus folder, to be spoilt."""
    return shutil.copytree(corpus.parent, tmp_path / "avatar")


def decode(path: Path) -> tuple[np.ndarray, float]:
    import av

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
        return np.stack(frames), float(stream.average_rate)


def test_checksums_list_all_files(corpus):
    listed = read_table(corpus)
    there = {
        path.relative_to(corpus.parent).as_posix()
        for path in corpus.parent.rglob("*")
        if path.is_file() and not path.name.startswith(".") and path != corpus
    }
    assert set(listed["path"]) == there
    assert listed["path"].is_monotonic_increasing
    assert sum(name.startswith("videos/") for name in there) == 5


def test_videos_are_as_their_annotations_say(corpus):
    for split in ("train", "dev", "test"):
        landmarks = load_file(corpus.parent / "landmarks" / f"{split}.safetensors")
        for row in read_table(corpus.parent / "annotations" / f"{split}.tsv").itertuples():
            frames, rate = decode(corpus.parent / row.video)
            assert frames.shape == (int(row.frames), SIZE[1], SIZE[0], 3)
            assert rate == float(row.fps) == FPS
            assert landmarks[row.id].shape == (int(row.frames), 85, 3)
            assert landmarks[row.id].dtype == np.float32


def test_clips_whose_face_and_movement_say_more_than_their_glosses_are_a_group(corpus, tmp_path):
    make_manifest.run(corpus=corpus, output=tmp_path, config=make_manifest.Config())
    labels = read_table(tmp_path / "groups.tsv").set_index("id")["group"]
    for split in ("train", "dev", "test"):
        rows = read_table(corpus.parent / "annotations" / f"{split}.tsv").set_index("id")
        for clip, meaning in rows["meaning"].items():
            says_more = re.search(r'"(intensity|negated|question)": (?!0|false|null)', meaning)
            wanted = "more than the glosses tell" if says_more else "glosses tell all"
            assert labels[clip] == wanted, meaning
    assert labels.nunique() == 2


def test_gloss_times_follow_on_each_other_within_the_clip(corpus):
    for split in ("train", "dev", "test"):
        rows = read_table(corpus.parent / "annotations" / f"{split}.tsv").set_index("id")
        times = read_table(corpus.parent / "annotations" / f"{split}.glosses.tsv")
        for clip, signs in times.groupby("id"):
            assert " ".join(signs["gloss"]) == rows["gloss"][clip]
            bounds = signs[["start", "end"]].astype(float).to_numpy().ravel()
            assert (np.diff(bounds) >= 0).all()
            assert bounds[0] >= 0
            assert bounds[-1] <= int(rows["frames"][clip]) / FPS


def test_same_settings_give_the_same_files(corpus, tmp_path):
    again = render(tmp_path, threads=1)
    before, after = (read_table(path).set_index("path") for path in (corpus, again))
    others = [path for path in before.index if not path.startswith("videos/")]
    assert before.loc[others, "sha256"].equals(after.loc[others, "sha256"])
    for video in (path for path in before.index if path.startswith("videos/")):
        first, second = decode(corpus.parent / video)[0], decode(tmp_path / video)[0]
        assert np.array_equal(first, second)


def test_a_killed_run_goes_on_and_other_settings_start_afresh(copied):
    output = copied / "checksums.tsv"
    whole = output.read_bytes()
    videos = sorted((copied / "videos").glob("*.mp4"))
    times = {path: path.stat().st_mtime_ns for path in videos}
    output.unlink()
    videos[0].unlink()
    partial = videos[0].with_name(f".{videos[0].stem}.partial.mp4")
    partial.write_bytes(b"cut")

    render(copied)
    assert output.read_bytes() == whole
    assert not partial.exists()
    assert all(path.stat().st_mtime_ns == times[path] for path in videos[1:])

    render(copied, monolingual=30)  # has no part in the videos
    assert all(path.stat().st_mtime_ns == times[path] for path in videos[1:])

    render(copied, crf=40)
    assert all(path.stat().st_mtime_ns != times[path] for path in videos)


def test_videos_of_other_code_are_not_kept(copied, monkeypatch):
    video = copied / "videos" / "train-00001.mp4"
    before = video.stat().st_mtime_ns
    monkeypatch.setattr("sign2text.ground.code_hash.code_hash", lambda stage, **_: "another")
    render(copied)
    assert video.stat().st_mtime_ns != before
    assert json.loads((copied / MARKER).read_text())["code"] == "another"


def test_failed_run_leaves_no_checksums(copied, monkeypatch):
    def fail(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr("sign2text.avatar.annotations.write_monolingual", fail)
    with pytest.raises(OSError, match="No space left"):
        render(copied)
    assert not (copied / "checksums.tsv").exists()
    assert len(list((copied / "videos").glob("*.mp4"))) == 5


def test_encoding_keeps_the_picture(tmp_path):
    performance = sign([SignToken("REGEN"), SignToken("NORD")], SIGNERS["signer02"], 5)
    encode(performance, tmp_path / "clip.mp4", quality=26, preset="superfast", keyframes=12)
    drawn = np.stack(list(performance.frames())).astype(float)
    decoded = decode(tmp_path / "clip.mp4")[0]
    assert decoded.shape == drawn.shape
    assert np.abs(decoded - drawn).mean() < 8


# make_manifest


@pytest.mark.parametrize("language", ["de", "en", "zh"])
def test_manifest_of_the_avatar(corpus, tmp_path, language):
    make_manifest.run(
        corpus=corpus, output=tmp_path, config=make_manifest.Config(language=language)
    )
    for split, clips in (("train", 3), ("dev", 1), ("test", 1)):
        table = read_manifest(tmp_path / f"{split}.tsv")
        source = read_table(corpus.parent / "annotations" / f"{split}.tsv")
        assert len(table) == clips
        assert table["text"].tolist() == source[f"text_{language}"].tolist()
        assert table["phrasings"].tolist() == [
            json.loads(texts) for texts in source[f"phrasings_{language}"]
        ]
        assert set(table["language"]) == {language}
        assert all(Path(video).is_file() for video in table["video"])
    sentences = (tmp_path / "monolingual.txt").read_text(encoding="utf-8").splitlines()
    assert len(set(sentences)) == 20


def test_manifest_says_videos_relative_to_the_working_folder(corpus, tmp_path, monkeypatch):
    monkeypatch.chdir(corpus.parent.parent)
    make_manifest.run(corpus=corpus, output=tmp_path, config=make_manifest.Config())
    video = read_manifest(tmp_path / "dev.tsv")["video"][0]
    assert video == f"{corpus.parent.name}/videos/dev-00001.mp4"


def test_unseen_signer_is_in_test_only(corpus):
    annotations = corpus.parent / "annotations"
    assert read_table(annotations / "test.tsv")["signer"].tolist() == ["signer09"]
    assert "signer09" not in read_table(annotations / "train.tsv")["signer"].tolist()


@pytest.mark.parametrize("harm", ["missing", "cut"])
def test_missing_or_cut_video_is_named(copied, tmp_path, harm):
    corpus = copied / "checksums.tsv"
    video = copied / "videos" / "dev-00001.mp4"
    if harm == "missing":
        video.unlink()
    else:
        video.write_bytes(video.read_bytes()[:100])
    with pytest.raises(InputError, match=r"dev-00001\.mp4.*Delete") as error:
        make_manifest.run(corpus=corpus, output=tmp_path / "out", config=make_manifest.Config())
    assert ("100 bytes" in str(error.value)) == (harm == "cut")
    assert not (tmp_path / "out" / "dev.tsv").exists()


# The sentences of another corpus

HEADER = "name|video|start|end|speaker|orth|translation"
CLIPS = {
    "train": [
        "10May_bakery-1|x|-1|-1|Signer02|BROT neg-REGEN|ich kaufe brot",
        "10May_bakery-2|x|-1|-1|Signer05|REGEN KAUFEN|es regnet",
    ],
    "dev": ["11May_bakery-1|x|-1|-1|Signer02|BROT|brot"],
    "test": ["12May_bakery-1|x|-1|-1|Signer07|KAUFEN MILCH|ich kaufe milch"],
}
OTHER = {
    "preset": "ultrafast",
    "sentences_adapter": "phoenix",
    "sentences_settings": {"language": "de"},
}


@pytest.fixture(scope="module")
def bakery(tmp_path_factory) -> Path:
    """Annotations in PHOENIX-2014T's form, without any video; its checksums.tsv."""
    folder = tmp_path_factory.mktemp("bakery")
    annotations = folder / "annotations" / "manual"
    annotations.mkdir(parents=True)
    for split, rows in CLIPS.items():
        path = annotations / f"PHOENIX-2014-T.{split}.corpus.csv"
        path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    checksums = folder / "checksums.tsv"
    checksums.write_text("path\tbytes\tsha256\n")
    return checksums


def render_other(folder: Path, sentences: Path | None, **settings) -> Path:
    output = folder / "checksums.tsv"
    config = Config(**OTHER | settings)
    synthesize_avatar.run(output=output, config=config, sentences=sentences, threads=2)
    return output


@pytest.fixture(scope="module")
def signed(bakery, tmp_path_factory) -> Path:
    return render_other(tmp_path_factory.mktemp("signed"), bakery)


def test_another_corpus_is_signed_with_its_ids_texts_glosses_and_signers(signed, tmp_path):
    make_manifest.run(corpus=signed, output=tmp_path, config=make_manifest.Config())
    assert read_table(tmp_path / "groups.tsv").empty, "of glosses that name their marks"
    for split, rows in CLIPS.items():
        table = read_manifest(tmp_path / f"{split}.tsv")
        landmarks = load_file(signed.parent / "landmarks" / f"{split}.safetensors")
        assert len(table) == len(rows) == len(landmarks)
        for row, line in zip(table.itertuples(), rows, strict=True):
            name, _, _, _, signer, gloss, text = line.split("|")
            found = (row.id, row.signer, row.gloss, row.text, row.phrasings, row.language)
            assert found == (name, signer, gloss, text, [], "de")
            assert decode(Path(row.video))[0].shape == (row.frames, SIZE[1], SIZE[0], 3)
            assert landmarks[row.id].shape == (row.frames, 85, 3)
    assert (tmp_path / "monolingual.txt").read_text() == "ich kaufe brot\nes regnet\n"
    signs = read_table(signed.parent / "annotations" / "train.glosses.tsv")
    assert signs["gloss"].tolist() == ["BROT", "neg-REGEN", "REGEN", "KAUFEN"]
    assert signs["negated"].tolist() == ["0", "1", "0", "0"]


def test_limit_takes_the_first_clips_of_each_split_as_they_are(bakery, signed, tmp_path):
    few = render_other(tmp_path, bakery, limit=1)
    listed, whole = (read_table(path).set_index("path") for path in (few, signed))
    videos = [path for path in listed.index if path.startswith("videos/")]
    assert len(videos) == 3
    assert "videos/10May_bakery-2.mp4" in set(whole.index) - set(listed.index)
    name = "videos/10May_bakery-1.mp4"
    assert np.array_equal(decode(few.parent / name)[0], decode(signed.parent / name)[0])


def test_videos_are_kept_while_what_is_signed_is_the_same(bakery, tmp_path):
    render_other(tmp_path, bakery, limit=1)
    video = tmp_path / "videos" / "10May_bakery-1.mp4"
    before = video.stat().st_mtime_ns
    changed = tmp_path / "changed"
    shutil.copytree(bakery.parent, changed)
    # Its media came later: nothing that is signed.
    (changed / bakery.name).write_text("path\tbytes\tsha256\nframes\t1\t2\n")
    render_other(tmp_path, changed / bakery.name, limit=1)
    assert video.stat().st_mtime_ns == before
    train = next(changed.rglob("*.train.corpus.csv"))
    text = train.read_text(encoding="utf-8").replace("neg-REGEN", "REGEN")
    train.write_text(text, encoding="utf-8")
    render_other(tmp_path, changed / bakery.name, limit=1)
    assert video.stat().st_mtime_ns != before


def test_limit_without_sentences_is_refused():
    with pytest.raises(ValueError, match="limit is 3, and there is no corpus"):
        Config(limit=3)


@pytest.mark.parametrize(("given", "adapter"), [(True, None), (False, "phoenix")])
def test_sentences_and_their_adapter_go_together(bakery, tmp_path, given, adapter):
    with pytest.raises(InputError, match=r"--sentences: found .* give both"):
        render_other(tmp_path, bakery if given else None, sentences_adapter=adapter)


def test_a_clip_without_glosses_is_refused_before_anything_is_drawn(tmp_path):
    annotations = tmp_path / "bakery" / "annotations" / "manual"
    annotations.mkdir(parents=True)
    for split in CLIPS:
        path = annotations / f"PHOENIX-2014-T.{split}.corpus.csv"
        path.write_text(f"{HEADER}\n{split}-1|x|-1|-1|Signer02||brot\n", encoding="utf-8")
    (tmp_path / "bakery" / "checksums.tsv").touch()
    with pytest.raises(InputError, match=r"1 of 1 clips have no gloss: train-1\."):
        render_other(tmp_path, tmp_path / "bakery" / "checksums.tsv")
    assert not (tmp_path / "videos").exists()


def test_clips_of_a_table_in_folders_are_signed(tmp_path):
    (tmp_path / "own").mkdir()
    rows = [f"{split}/day 1.mp4;{split};BROT;brot" for split in CLIPS]
    text = "\n".join(["path;split;signs;text", *rows]) + "\n"
    (tmp_path / "own" / "clips.csv").write_text(text, encoding="utf-8")
    (tmp_path / "own" / "checksums.tsv").touch()
    corpus = render_other(
        tmp_path / "signed",
        tmp_path / "own" / "checksums.tsv",
        sentences_adapter="table",
        sentences_settings={"language": "de", "table": {"gloss": "signs"}},
    )
    make_manifest.run(corpus=corpus, output=tmp_path / "out", config=make_manifest.Config())
    table = read_manifest(tmp_path / "out" / "train.tsv")
    assert table["gloss"].tolist() == ["BROT"]
    assert table["video"][0].endswith("signed/videos/train/day 1.mp4")
