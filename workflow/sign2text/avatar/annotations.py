"""Files that accompany the avatar's videos: annotations, gloss times, landmarks, checksums."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from sign2text.avatar.corpus import Clip
from sign2text.avatar.recording import Recording
from sign2text.avatar.signing import FPS
from sign2text.data.manifest import write_table
from sign2text.ground.files import replacing, sha256_of


def write_split(
    folder: Path, split: str, clips: Sequence[Clip], recordings: Sequence[Recording]
) -> None:
    """Write a split's files: annotations/<split>.tsv, <split>.glosses.tsv, and its landmarks.

    landmarks/<split>.safetensors holds a tensor per clip, float32 [T, 85, 3], under the clip's id.
    """
    import pandas as pd
    from safetensors.numpy import save_file

    rows, signs = [], []
    for clip, recording in zip(clips, recordings, strict=True):
        rows.append(_row(clip, recording.frames))
        for token, (gloss, start, end) in zip(clip.tokens, recording.glosses, strict=True):
            signs.append(
                {
                    "id": clip.id,
                    "gloss": gloss,
                    "start": f"{start:.3f}",
                    "end": f"{end:.3f}",
                    "intensity": token.intensity,
                    "negated": int(token.negated),
                    "question": int(token.question),
                }
            )
    with replacing(folder / "annotations" / f"{split}.tsv") as temporary:
        write_table(pd.DataFrame(rows), temporary)
    with replacing(folder / "annotations" / f"{split}.glosses.tsv") as temporary:
        write_table(pd.DataFrame(signs), temporary)
    with replacing(folder / "landmarks" / f"{split}.safetensors") as temporary:
        save_file(
            {
                clip.id: recording.landmarks
                for clip, recording in zip(clips, recordings, strict=True)
            },
            temporary,
        )


def _row(clip: Clip, frames: int) -> dict[str, str | int | float]:
    return {
        "id": clip.id,
        "video": f"videos/{clip.id}.mp4",
        "frames": frames,
        "fps": float(FPS),
        "signer": clip.signer,
        "gloss": " ".join(token.gloss for token in clip.tokens),
        **{f"text_{language}": text for language, text in clip.texts.items()},
        **{f"phrasings_{language}": _json(texts) for language, texts in clip.phrasings.items()},
        **({"meaning": _json(clip.meaning.as_json())} if clip.meaning else {}),
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def write_monolingual(folder: Path, sentences: dict[str, list[str]]) -> None:
    """Write monolingual/<language>.txt, one sentence per line."""
    for language, texts in sentences.items():
        with replacing(folder / "monolingual" / f"{language}.txt") as temporary:
            temporary.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")


def write_checksums(folder: Path, output: Path, videos: Sequence[str]) -> None:
    """Write path, bytes and sha256 of every file of the corpus, sorted by path."""
    import pandas as pd

    others = [
        path.relative_to(folder).as_posix()
        for kind in ("annotations", "landmarks", "monolingual")
        for path in (folder / kind).iterdir()
        if not path.name.startswith(".")
    ]
    rows = []
    for name in sorted([*videos, *others]):
        path = folder / name
        rows.append({"path": name, "bytes": path.stat().st_size, "sha256": sha256_of(path)})
    with replacing(output) as temporary:
        write_table(pd.DataFrame(rows), temporary)
