"""Files of the data sets that a training on clips reads, and their examples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.data.caption_texts import HUMAN
from sign2text.data.captions import read_captions, read_joined, read_languages
from sign2text.ground.errors import InputError
from sign2text.landmarks.clips import JoinedClips, LandmarkClips
from sign2text.landmarks.store import LandmarkStore
from sign2text.methods.scaling_slt.examples import Example, Times, signed_examples
from sign2text.methods.scaling_slt.task_settings import MOST_DATA_SETS, OnClips
from sign2text.methods.scaling_slt.task_shares import nested_clips, whole_joined

if TYPE_CHECKING:
    import pandas as pd

    from sign2text.data.clips import Clips


@dataclass(frozen=True)
class CorpusFiles:
    """Files of a split of one data set."""

    landmarks: Path
    """Index of the landmark store (landmarks/store.py)."""
    captions: Path
    joined: Path
    languages: Path
    translated: Path | None = None
    """Machine-translated captions."""

    @property
    def all(self) -> list[Path]:
        """All files, for the fingerprint of a training."""
        found = [self.landmarks, self.captions, self.joined, self.languages]
        return found if self.translated is None else [*found, self.translated]


def corpus_files(split: str, given: Mapping[str, Any]) -> list[CorpusFiles]:
    """Return the files of a split among the options of a training on clips.

    Args:
        given: the options by name (task_reads.py).
    """
    own = CorpusFiles(
        *(given[f"{split}_{name}"] for name in ("landmarks", "captions", "joined")),
        given["languages"],
        given["translated"] if split == "train" else None,
    )
    found = [own]
    for place in range(1, MOST_DATA_SETS + 1):
        if (languages := given[f"other{place}_languages"]) is not None:
            train = given[f"other{place}_train_landmarks"]
            found.append(
                CorpusFiles(
                    train.with_name(train.name.replace("train", split, 1)),
                    languages.with_name(f"{split}.tsv"),
                    languages.with_name(f"joined.{split}.tsv"),
                    languages,
                )
            )
    return found


class Corpus:
    """A split of one data set: its landmarks and captions."""

    def __init__(self, files: CorpusFiles, config: OnClips) -> None:
        """Open the store, and choose the clips that `config` asks for."""
        self.files, self.config = files, config
        self.store = LandmarkStore(files.landmarks)
        self.captions = read_captions(files.captions)
        self.about = read_languages(files.languages)
        self.sign_language, self.own = self.about.sign_language, self.about.own
        joined = read_joined(files.joined).sort_values("number", kind="stable")
        self.members: dict[str, list[str]] = {
            name: group["clip"].tolist() for name, group in joined.groupby("joined", sort=False)
        }
        self.seconds: dict[str, float] = joined.groupby("joined")["end"].max().to_dict()
        """Length of each joined clip."""

    @property
    def languages(self) -> list[str]:
        """Written languages whose human captions are learned."""
        return self.config.languages or [self.own]

    def examples(self, task: str, seed: int | None) -> Iterator[tuple[list[Example], Path, Clips]]:
        """Yield the examples of a task on clips, their file, and their clips, a pair at a time.

        Args:
            seed: seed of the clips' augmentation; None: as in evaluation, of all clips.

        Raises:
            InputError: a language has no captions, or a caption is of an unknown clip.
        """
        config, human = self.config, task != "augmented"
        table, where = self.captions, self.files.captions
        if not human:
            if self.files.translated is None:
                return
            where = self.files.translated
            table = read_captions(where)
        share = 1.0 if seed is None else config.data_share
        share *= 1.0 if human else config.augmented
        table = table[table["clip"].isin(self.choose(share))]
        languages = self.languages if human else table["language"].unique().tolist()
        for language in languages:
            rows = table[table["language"] == language]
            if human:
                rows = rows[rows["origin"] == HUMAN]
            if rows.empty:
                found = ", ".join(sorted(table["language"].unique())) or "(none)"
                raise InputError(
                    f"{where}: no captions in '{language}' found, only in {found}; expected "
                    "some, as languages names it. Take it out, or give make_captions text in it."
                )
            for examples in self._singly(self._made(task, rows, language)):
                if examples:
                    yield examples, where, self._open([each.clip for each in examples], seed)

    def choose(self, share: float) -> set[str]:
        """Choose a share of the clips and joined clips, by the seed of subsets."""
        clips = nested_clips(self.store.ids, self.members, share, self.config.subset_seed)
        return clips | whole_joined(self.members, clips)

    def _made(self, task: str, rows: pd.DataFrame, language: str) -> list[Example]:
        """Make the examples of a task in one language."""
        clips = dict.fromkeys(rows["clip"])
        times = Times(
            self.config.time_step,
            self.config.time_tokens,
            {clip: self.seconds_read(clip) for clip in clips},
        )
        return signed_examples(
            task, rows, sign_language=self.sign_language, language=language, times=times
        )

    def seconds_read(self, clip: str) -> float:
        """Return the seconds of a clip, or of a joined clip, that the model reads at most."""
        settings, store = self.config.landmarks, self.store
        first = store.position(self.members.get(clip, [clip])[0])
        return settings.longest * settings.every / store.every / float(store.fps[first])

    def _singly(self, examples: Sequence[Example]) -> Iterator[list[Example]]:
        """Divide examples by single and joined clips."""
        yield [each for each in examples if each.clip not in self.members]
        yield [each for each in examples if each.clip in self.members]

    def _open(self, ids: Sequence[str], seed: int | None) -> Clips:
        """Open clips, or joined clips, in the order of `ids`."""
        settings = {
            "settings": self.config.landmarks,
            "seed": seed,
            "augmentation": self.config.augmentation,
        }
        if ids[0] not in self.members:
            return LandmarkClips(self.store, ids, None, **settings)
        members = [self.members[each] for each in ids]
        return JoinedClips(self.store, ids, members, None, **settings)


def open_corpora(given: Mapping[str, Any], config: OnClips) -> dict[str, list[Corpus]]:
    """Open train and dev of the job's own data set and of further ones, its own first.

    Args:
        given: the training's options by name (task_reads.py).
    """
    return {
        split: [Corpus(files, config) for files in corpus_files(split, given)]
        for split in ("train", "dev")
    }
