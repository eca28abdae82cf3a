"""Small corpora of captioned videos that tests make."""

from pathlib import Path

from annotation_files import write_numbered

TRAIN, DEV, TEST = "-abcdefghij", "_1234567890", "dQw4w9WgXcQ"
"""Ids of videos by their split, with HELD_OUT."""
HELD_OUT = 0.3
ASL, SL25 = "youtube_asl_video_ids.txt", "youtube-sl-25-metadata.csv"


def vtt(*cues: tuple[str, str, str]) -> str:
    """Write a WebVTT file; a cue is (start, end, lines)."""
    head = "WEBVTT\nKind: captions\nLanguage: en\n\n"
    return head + "".join(f"{start} --> {end}\n{text}\n\n" for start, end, text in cues)


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


HELLO = vtt(("00:00:00.200", "00:00:00.800", "Hello there."))


def write_videos(raw: Path, *ids: str, frames: int = 30) -> None:
    """Write videos of `frames` frames at 25 frames per second, and one caption each."""
    for each in ids:
        write_numbered(raw / f"videos/{each}.mp4", frames)
        put(raw / f"captions/{each}.en.vtt", HELLO)
