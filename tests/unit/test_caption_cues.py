"""Caption files of videos on the web: their languages, their cues, rolling text."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from captioned_videos import put, vtt

from sign2text.data.caption_cues import Cue, choose_track, find_tracks, read_cues
from sign2text.ground.errors import InputError

VIDEO = "dQw4w9WgXcQ"


def test_settings_tags_entities_and_lines_become_plain_text(tmp_path):
    path = put(
        tmp_path / "a.vtt",
        vtt(
            ("00:01.000", "00:02.500 align:start position:0%", "<c.yellow>Tom &amp; Ann,</c>\nhi"),
            ("01:00:03.000", "01:00:04.000", "<v Ann>&lt;laughs&gt; e\u0301te\u0301</v>"),
        ),
    )
    assert read_cues(path) == [
        Cue(1, 1.0, 2.5, "Tom & Ann, hi"),
        Cue(2, 3603.0, 3604.0, "<laughs> e\u0301te\u0301"),
    ]


def test_rolling_captions_say_each_word_once(tmp_path):
    path = put(
        tmp_path / "a.vtt",
        vtt(
            ("00:00.000", "00:02.000", "we sign"),
            ("00:02.000", "00:02.010", "we sign"),
            ("00:02.010", "00:04.000", "we sign\nevery day"),
            ("00:04.000", "00:04.010", "every day"),
            ("00:04.010", "00:06.000", "every day\nat home"),
        ),
    )
    assert [cue.text for cue in read_cues(path)] == ["we sign", "", "every day", "", "at home"]


def test_chance_repetitions_stay(tmp_path):
    texts = ["Can I", "I can see", "what you see", "see it all", "no no", "no more"]
    cues = [(f"00:{n:02d}.000", f"00:{n:02d}.900", text) for n, text in enumerate(texts)]
    assert [cue.text for cue in read_cues(put(tmp_path / "a.vtt", vtt(*cues)))] == texts


def test_a_broken_time_is_refused_with_its_line(tmp_path):
    path = put(tmp_path / "a.vtt", vtt(("00:00.000", "00:61.000", "x")))
    with pytest.raises(InputError, match=r"a\.vtt, line 5: found '00:00\.000 --> 00:61\.000'"):
        read_cues(path)


def test_tracks_by_video_and_language(tmp_path):
    names = [
        f"{VIDEO}.en.vtt", f"{VIDEO}.en-US.vtt", f"{VIDEO}.de-AT.vtt", f"{VIDEO}.en-orig.vtt",
        f"{VIDEO}.en-j3PyPqV-e1s.vtt", "-abcdefghij.vtt", "short.en.vtt", f"{VIDEO}.en.srt",
    ]  # fmt: skip
    for name in names:
        put(tmp_path / "one" / name, "")
    put(tmp_path / "two" / f"{VIDEO}.en.vtt", "")
    found = find_tracks([tmp_path / "none", tmp_path / "one", tmp_path / "two"])
    assert {video: sorted(tracks) for video, tracks in found.items()} == {
        VIDEO: ["de-AT", "en", "en-US", "en-j3PyPqV-e1s"], "-abcdefghij": [""],
    }  # fmt: skip
    tracks = found[VIDEO]
    assert choose_track(tracks, ("en",)) == ("en", tmp_path / "one" / f"{VIDEO}.en.vtt")
    assert choose_track(tracks, ("fr", "de")) == ("de", tmp_path / "one" / f"{VIDEO}.de-AT.vtt")
    assert choose_track(tracks, ("fr",)) == ("", None)
    unnamed = found["-abcdefghij"]
    assert choose_track(unnamed, ("en", "de"))[0] == "en"
    assert choose_track({"en-US": tmp_path, "en-GB": tmp_path / "x"}, ("en",))[1] == tmp_path / "x"
