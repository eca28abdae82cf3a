"""Which video an annotation file is of, and where in the table's folder it is."""

import sys
import unicodedata
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from annotation_files import aligned, media, tier, write_eaf

from sign2text.data.imported_annotations.import_files import Request, import_files
from sign2text.ground.errors import InputError

SLOTS = {"ts1": 0, "ts2": 1000}
TEXT = tier("Text", aligned("a1", "ts1", "ts2", "one"))


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = Path("resources/mine")
    path.mkdir(parents=True)
    return path


def document(*videos: str, path: str = "elan/talk.eaf") -> Path:
    return write_eaf(Path(path), SLOTS, [TEXT], videos)


def touch(*paths: str) -> None:
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch()


def placed(file: Path, folder: Path, **options) -> tuple[str, list[str]]:
    """The first clip's path, and the notes about the video."""
    (imported,) = import_files([file], folder, Request("train", tiers=["Text"], **options))
    notes = [
        each for each in imported.notes if "cannot be read" not in each and "signs" not in each
    ]
    return imported.clips[0].path, notes


@pytest.mark.parametrize("place", ["", "videos/", "data/videos/"])
@pytest.mark.parametrize(
    "about",
    [
        media("talk.mp4"),
        media("x", MEDIA_URL="file:///D:/My%20films/talk.mp4", RELATIVE_MEDIA_URL="../talk.mp4"),
        media("x", MEDIA_URL="D:\\films\\talk.mp4"),
        media("talk.wav", MIME_TYPE="audio/x-wav") + media("talk.mp4"),
        media("sound.wav", MIME_TYPE="unknown") + media("talk.mp4", MIME_TYPE="unknown"),
        "",
    ],
)
def test_the_video_is_found_by_its_name_alone(folder, place, about):
    touch(f"{folder}/{place}talk.mp4", f"{folder}/{place}other.mp4")
    assert placed(document(about), folder) == (f"{place}talk.mp4#t=0,1", [])


def test_a_document_beside_its_video(folder):
    """Another of the same name in another folder is not meant."""
    touch(f"{folder}/one/talk.mp4", f"{folder}/two/talk.mp4")
    for name in ("one", "two"):
        file = document(media("talk.mp4"), path=f"{folder}/{name}/talk.eaf")
        assert placed(file, folder)[0] == f"{name}/talk.mp4#t=0,1"
    with pytest.raises(InputError, match=r"several files may be its video talk\.mp4: .*one.*two"):
        placed(document(media("talk.mp4")), folder)
    given = placed(document(media("talk.mp4")), folder, video=folder / "two/talk.mp4")
    assert given[0] == "two/talk.mp4#t=0,1"
    assert placed(document(), folder, video=Path("one/talk.mp4"))[0] == "one/talk.mp4#t=0,1"


def test_a_document_of_several_videos(folder):
    both = media("front.mp4", TIME_ORIGIN=500), media("side.mp4", TIME_ORIGIN=2000)
    file = document(*both)
    with pytest.raises(InputError, match=r"several videos \(front\.mp4, side\.mp4\), of which 0"):
        placed(file, folder)
    touch(f"{folder}/a/side.mp4")
    assert placed(file, folder) == (
        "a/side.mp4#t=2,3",
        ["of its 2 videos side.mp4 alone is there"],
    )
    touch(f"{folder}/b/front.mp4")
    with pytest.raises(InputError, match=r"of which 2 are there; expected one. Say which by --vid"):
        placed(file, folder)
    for video in (folder / "b", folder / "b/front.mp4"):
        assert placed(file, folder, video=video)[0] == "b/front.mp4#t=0.5,1.5"


def test_a_video_that_was_converted_or_whose_name_is_in_another_form(folder):
    touch(f"{folder}/talk.webm")
    assert placed(document(media("Talk.MPG", TIME_ORIGIN=100)), folder) == (
        "talk.webm#t=0.1,1.1",
        ["talk.webm is taken for Talk.MPG, which is not there"],
    )
    decomposed = unicodedata.normalize("NFD", "für.mp4")
    touch(f"{folder}/{decomposed}")
    assert placed(document(media("für.mp4")), folder) == (f"{decomposed}#t=0,1", [])


def test_a_video_of_another_name_needs_the_offset(folder):
    touch(f"{folder}/cut.mp4")
    file = document(media("talk.mp4", TIME_ORIGIN=700))
    with pytest.raises(InputError, match=r"700 ms before those of talk\.mp4, and the video given"):
        placed(file, folder, video=folder / "cut.mp4")
    assert placed(file, folder, video=folder / "cut.mp4", offset=0)[0] == "cut.mp4#t=0,1"
    plain = document(media("talk.mp4"))
    assert placed(plain, folder, video=folder / "cut.mp4")[0] == "cut.mp4#t=0,1"


def test_a_video_elsewhere_has_to_be_linked(folder, tmp_path):
    touch("films/talk.mp4")
    file = document(media("talk.mp4"), path="films/talk.eaf")
    for video in (None, Path("films/talk.mp4"), Path("films")):
        with pytest.raises(
            InputError, match=r"is not below the table's folder resources/mine, .*ln"
        ):
            placed(file, folder, video=video)
    (folder / "videos").symlink_to(tmp_path / "films")
    for video in (None, Path("films/talk.mp4"), folder / "videos"):
        assert placed(file, folder, video=video)[0] == "videos/talk.mp4#t=0,1"


@pytest.mark.parametrize(
    ("video", "message"),
    [
        ("gone.mp4", r"--video: gone\.mp4: no such video file, nor below"),
        ("empty", r"--video: empty: holds no video talk\.mp4 of .*expected one of its name"),
    ],
)
def test_options_that_lead_to_no_video(folder, video, message):
    Path("empty").mkdir()
    with pytest.raises(InputError, match=message):
        placed(document(media("talk.mp4")), folder, video=Path(video))
    with pytest.raises(
        InputError, match=r"--video: .* and 2 files found; expected one file for one"
    ):
        import_files([Path("a.eaf"), Path("b.eaf")], folder, Request("train", video=Path("v.mp4")))


def test_a_video_that_is_not_there_yet(folder):
    assert placed(document(media("talk.mp4")), folder) == (
        "talk.mp4#t=0,1",
        ["talk.mp4 is not there yet; expected in resources/mine"],
    )
    with pytest.raises(InputError, match="does not name its video, and resources/mine has none"):
        placed(document(), folder)


def test_people_who_sign_at_the_same_time_have_ids_of_their_own(folder):
    texts = [tier(name, aligned(f"a{n}", "ts1", "ts2", name)) for n, name in enumerate("AB")]
    file = write_eaf(Path("talk.eaf"), SLOTS, texts, [media("talk.mp4")])
    (imported,) = import_files([file], folder, Request("train", tiers=["A", "B"], signer="x"))
    assert [clip.id for clip in imported.clips] == ["talk_0-1", "talk_0-1_2"]
