"""Rendering the avatar corpus: files, determinism, resume; and its manifests."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from sign2text.data.avatar.recording import encode
from sign2text.data.avatar.signing import FPS, SIGNERS, SIZE, sign
from sign2text.data.avatar.utterance import SignToken
from sign2text.data.manifest import read_manifest, read_table
from sign2text.errors import InputError
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
    monkeypatch.setattr("sign2text.provenance.code_hash", lambda stage: "another")
    render(copied)
    assert video.stat().st_mtime_ns != before
    assert json.loads((copied / MARKER).read_text())["code"] == "another"


def test_failed_run_leaves_no_checksums(copied, monkeypatch):
    def fail(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr("sign2text.data.avatar.annotations.write_monolingual", fail)
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
