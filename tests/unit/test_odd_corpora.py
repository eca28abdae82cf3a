"""Odd things under resources/: none ends a stage in a traceback, hangs it, or hides other clips."""

import errno
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from odd_paths import MAKERS, NOT_UTF8, odd_path

from sign2text.data.corpus_state import corpus_problems
from sign2text.data.manifest import read_manifest, read_table
from sign2text.ground.errors import InputError
from sign2text.stages import acquire_corpus, make_manifest
from sign2text.stages.make_manifest import Config

ODD = [each for each in MAKERS if each not in ("missing", "long", "inside a file")]


@pytest.fixture(autouse=True)
def no_hang() -> Iterator[None]:
    """A pipe or device that is waited for, or read without an end, fails the test."""

    def end(*_: object) -> None:
        raise TimeoutError("it hangs")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("video") / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(4):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path.read_bytes()


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, video: bytes) -> Path:
    """A corpus of three good clips and a clip `odd` of the training split."""
    monkeypatch.chdir(tmp_path)
    folder = Path("resources/mine")
    (folder / "videos").mkdir(parents=True)
    for name in ("a", "b", "c"):
        (folder / "videos" / f"{name}.mp4").write_bytes(video)
    write_table(folder)
    return folder


def write_table(folder: Path, odd: str | None = None) -> None:
    rows = ["videos/a.mp4,es regnet,train", "videos/b.mp4,es schneit,dev", "videos/c.mp4,ja,test"]
    rows += [f"{odd},nein,train"] if odd else []
    (folder / "clips.csv").write_text("\n".join(["path,text,split", *rows, ""]), encoding="utf-8")


def acquire(folder: Path) -> list[str]:
    """Paths that acquire_corpus lists."""
    output = folder / "checksums.tsv"
    acquire_corpus.run(
        output=output, config=acquire_corpus.Config(adapter="table"), table="clips.csv"
    )
    return read_table(output)["path"].tolist()


def manifest(folder: Path) -> tuple[list[str], list[str]]:
    """Ids of the training clips, and reasons of those left out."""
    config = Config(adapter="table", language="de", on_bad_clip="skip")
    make_manifest.run(corpus=folder / "checksums.tsv", output=Path("manifest"), config=config)
    left_out = read_table(Path("manifest/left_out.tsv"))
    return read_manifest(Path("manifest/train.tsv"))["id"].tolist(), left_out["reason"].tolist()


@pytest.mark.parametrize("kind", ODD)
def test_beside_the_table_odd_things_are_passed_over(corpus: Path, kind: str) -> None:
    odd_path(corpus, kind)
    listed = acquire(corpus)
    assert {"clips.csv", "videos"} <= set(listed)
    assert manifest(corpus) == (["videos/a"], [])
    assert list(corpus_problems({"mine": False})) == []


@pytest.mark.parametrize("kind", ODD)
def test_among_the_videos_they_are_passed_over_or_named(corpus: Path, kind: str) -> None:
    odd = odd_path(corpus / "videos", kind, ".mp4")
    if kind in ("circle", "link to nothing"):
        with pytest.raises(InputError, match=r"\.mp4: (cannot be read|is a link that leads now)"):
            acquire(corpus)
        odd.unlink()
    acquire(corpus)
    assert manifest(corpus) == (["videos/a"], [])


CLIPS = {
    "missing": "no such video file",
    "folder": "the folder holds no frame",
    "null": "is a link to /dev/null, outside of the corpus's folder",
    "zero": "is a link to /dev/zero, outside of the corpus's folder",
    "pipe": "a pipe found, a video file or folder of frames expected",
    "socket": "a socket found, a video file or folder of frames expected",
    "empty": "not a readable video",
    "binary": "not a readable video",
    "text": "not a readable video",
}


@pytest.mark.parametrize("kind", CLIPS)
def test_as_a_clip_they_are_left_out_with_the_reason(corpus: Path, kind: str) -> None:
    odd = odd_path(corpus / "videos", kind, ".mp4")
    write_table(corpus, f"videos/{odd.name}")
    acquire(corpus)
    kept, (reason,) = manifest(corpus)
    assert kept == ["videos/a"] and CLIPS[kind] in reason


@pytest.mark.parametrize("kind", CLIPS)
@pytest.mark.parametrize("name", ["2.png", "1.png"])
def test_as_an_image_of_a_clip_they_are_left_out(corpus: Path, kind: str, name: str) -> None:
    import cv2

    folder = corpus / "videos" / "odd"
    odd = odd_path(folder, kind)
    for each in ("1.png", "2.png", "3.png"):
        cv2.imwrite(str(folder / each), np.zeros((8, 8, 3), np.uint8))
    (folder / name).unlink()
    if kind != "missing":
        odd.rename(folder / name)
    write_table(corpus, "videos/odd")
    acquire(corpus)
    kept, (reason,) = manifest(corpus)
    assert kept == ["videos/a"] and "videos/odd" in reason


@pytest.mark.parametrize("kind", [each for each in ODD if each != "not utf-8"])
def test_as_the_table_they_are_named(corpus: Path, kind: str) -> None:
    acquire(corpus)
    (corpus / "clips.csv").unlink()
    odd_path(corpus, kind).rename(corpus / "clips.csv")
    with pytest.raises(InputError, match=r"clips\.csv|resources/mine"):
        manifest(corpus)
    with pytest.raises(InputError, match=r"clips\.csv|resources/mine"):
        acquire(corpus)
        manifest(corpus)


@pytest.mark.parametrize("kind", [each for each in ODD if each != "not utf-8"])
def test_as_the_list_of_files_they_do_not_stop_the_workflow(corpus: Path, kind: str) -> None:
    odd_path(corpus, kind).rename(corpus / "checksums.tsv")
    assert all("resources/mine" in each for each in corpus_problems({"mine": False}))


@pytest.mark.parametrize("place", [NOT_UTF8, f"videos/{NOT_UTF8}.mp4", f"videos/{NOT_UTF8}/x.mp4"])
def test_names_that_are_not_utf8_are_listed_with_escapes(
    corpus: Path, place: str, video: bytes
) -> None:
    path = corpus / place
    path.parent.mkdir(exist_ok=True)
    if "/" in place:
        path.write_bytes(video)
    else:
        path.mkdir()
    listed = acquire(corpus)
    assert (r"caf\xe9" in listed) == ("/" not in place)
    assert manifest(corpus) == (["videos/a"], [])
    before = read_table(corpus / "checksums.tsv")["sha256"].tolist()
    acquire(corpus)
    assert read_table(corpus / "checksums.tsv")["sha256"].tolist() == before


def test_names_with_control_characters_are_listed_with_escapes(corpus: Path) -> None:
    (corpus / "two\nlines\tand\ra tab").mkdir()
    assert r"two\nlines\tand\ra tab" in acquire(corpus)
    assert manifest(corpus) == (["videos/a"], [])


def test_folders_in_one_another_without_an_end_are_refused(corpus: Path) -> None:
    deep = corpus / "videos" / "/".join("d" * 90)
    deep.mkdir(parents=True)
    acquire(corpus)
    (deep / "/".join("d" * 20)).mkdir(parents=True)
    with pytest.raises(InputError, match="mine/videos: more than 100 folders lie in one another"):
        acquire(corpus)


def test_a_corpus_in_a_folder_that_is_not_named_in_utf8_is_refused(corpus: Path) -> None:
    inner = corpus / NOT_UTF8
    inner.mkdir()
    for name in ("clips.csv", "videos"):
        (corpus / name).rename(inner / name)
    with pytest.raises(InputError, match=r"folder is not UTF-8.*Rename it"):
        acquire(corpus)
        manifest(corpus)


def test_an_image_that_is_not_named_in_utf8_is_left_out_with_its_name(corpus: Path) -> None:
    folder = corpus / "videos" / "odd"
    folder.mkdir()
    (folder / f"{NOT_UTF8}.png").write_bytes(b"x")
    write_table(corpus, "videos/odd")
    acquire(corpus)
    kept, (reason,) = manifest(corpus)
    assert kept == ["videos/a"]
    assert r"caf\udce9.png has no number" in reason


def closed(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let nobody list a folder, as one without rights; root may list all."""
    real = os.scandir

    def scandir(path: object = ".") -> object:
        if Path.cwd() / str(path) == Path.cwd() / folder:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)


@pytest.mark.parametrize("place", ["videos", "videos/more"])
def test_a_folder_without_rights_is_named(
    corpus: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (corpus / place).mkdir(exist_ok=True)
    closed(monkeypatch, corpus / place)
    with pytest.raises(InputError, match=rf"mine/{place}: cannot be read \(Permission denied\)"):
        acquire(corpus)


def test_a_clip_without_rights_is_left_out(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (corpus / "videos" / "odd").mkdir()
    write_table(corpus, "videos/odd")
    acquire(corpus)
    closed(monkeypatch, corpus / "videos" / "odd")
    kept, (reason,) = manifest(corpus)
    assert kept == ["videos/a"]
    assert reason.startswith("resources/mine/videos/odd: cannot be read (Permission denied).")


def test_links_round_in_a_circle_are_named(corpus: Path) -> None:
    (corpus / "videos" / "again").symlink_to("..")
    with pytest.raises(InputError, match=r"again: is a link to a folder that it lies in|circle"):
        acquire(corpus)


@pytest.mark.parametrize(
    "content",
    [
        "path\tbytes\n",
        "path\tbytes\tsha256\nclips.csv\tmany\tx\n",
        "other\n1\n2\n",
        "path\tbytes\tsha256\nclips.csv\n",
        f"path\tbytes\tsha256\n{'x' * 300}.csv\t1\tx\n",
        "path\tbytes\tsha256\n../../x.csv\t1\tx\n",
        "path\tbytes\tsha256\n\0.csv\t1\tx\n",
    ],
)
def test_a_damaged_list_of_files_does_not_stop_the_workflow(corpus: Path, content: str) -> None:
    (corpus / "checksums.tsv").write_text(content, encoding="utf-8")
    assert all("resources/mine" in each for each in corpus_problems({"mine": False}))
