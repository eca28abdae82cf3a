"""Number and lengths of a data set's clips, from its manifests or from published numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sign2text.data.resampling import resampled_length
from sign2text.data.splits import SPLITS
from sign2text.ground.errors import InputError
from sign2text.ground.work_limit import spread

WORDS_A_FRAME = 0.12
"""PHOENIX-2014T has 14.0 words in 116.6 frames; over its clips the two correlate by 0.85."""
TOKENS_A_WORD = 1.3
"""Pieces of mBART's tokenizer per word, roughly; ours."""
BYTES_A_WORD = 5.1
"""Bytes per word with its blank, in How2Sign's sentences: tokens of a tokenizer of bytes."""
SHORTEST = 16  # frames, of PHOENIX-2014T's clips
MADE_UP = 960
"""Most clips that a plan makes up for a split: more of similar lengths would not change the speed.
It is a multiple of usual batch sizes, so that these batches represent all batches of the split."""
HELD_OUT = 2000
"""Captions in dev and in test of corpora that publish no splits; ours."""
PROBE = 240
"""Frames of a clip that shows how many steps a stage makes per frame: 1/2, 1/3, 1/4, ..."""


@dataclass(frozen=True)
class Lengths:
    """Number of clips in a split; mean, standard deviation and maximum of frames; frame rate."""

    clips: int
    mean: float
    spread: float
    longest: int
    rate: float = 25.0
    """Frames a second."""
    words: float = WORDS_A_FRAME
    """Words of a sentence per frame."""


PHOENIX = {
    "train": Lengths(7096, 116.6, 49.9, 475),
    "dev": Lengths(519, 107.5, 44.4, 272),
    "test": Lengths(642, 100.7, 41.7, 242),
}
CSL_DAILY = {
    # The means follow from the published counts. PHOENIX-2014T gives the unpublished numbers: a
    # spread of 0.43 of the mean, and a longest clip of four times the mean.
    "train": Lengths(18401, 118.8, 51.0, 475, 30.0),
    "dev": Lengths(1077, 122.5, 52.7, 490, 30.0),
    "test": Lengths(1176, 127.8, 55.0, 511, 30.0),
}
WLASL = {
    # 2.41 s a clip, with a deviation of 0.92 s (Li et al. 2020), at 25 frames a second.
    "train": Lengths(14289, 60.3, 23.0, 241),
    "dev": Lengths(3916, 60.3, 23.0, 241),
    "test": Lengths(2878, 60.3, 23.0, 241),
}
HOW2SIGN = {
    # Counted on the re-aligned files of dev and test: 6.92 and 6.64 s a clip, deviations of 5.26
    # and 5.50 s, at most 58 and 46 s, 2.5 and 2.6 words a second. Train is presumed like dev. The
    # frame rate is ours: videos have 24 to 30 frames a second.
    "train": Lengths(31165, 172.9, 131.6, 1450, words=0.101),
    "dev": Lengths(1741, 172.9, 131.6, 1450, words=0.101),
    "test": Lengths(2357, 166.1, 137.4, 1145, words=0.106),
}
_CAPTION = Lengths(0, 145.1, 110.5, 1500, words=0.101)
"""A caption of YouTube-ASL: 984 h of 610,193 captions are 5.81 s each, at most 60 s. Spread, words
and frame rate are How2Sign's."""
YOUTUBE_ASL = {
    "train": replace(_CAPTION, clips=610_193 - 2 * HELD_OUT),
    "dev": replace(_CAPTION, clips=HELD_OUT),
    "test": replace(_CAPTION, clips=HELD_OUT),
}
YOUTUBE_SL25 = {
    # Of over 3,200 h; the number of captions follows from the length of YouTube-ASL's.
    "train": replace(_CAPTION, clips=1_984_367 - 2 * HELD_OUT),
    "dev": replace(_CAPTION, clips=HELD_OUT),
    "test": replace(_CAPTION, clips=HELD_OUT),
}
PUBLISHED = {
    "how2sign": ("How2Sign", HOW2SIGN),
    "youtube_asl": ("YouTube-ASL", YOUTUBE_ASL),
    "youtube_sl25": ("YouTube-SL-25", YOUTUBE_SL25),
    "phoenix": ("PHOENIX-2014T", PHOENIX),
    "csl_daily": ("CSL-Daily", CSL_DAILY),
    "wlasl": ("WLASL", WLASL),
}
"""Name and published numbers of each corpus, by adapter."""
RENDERED = {
    "synthesize_avatar": Lengths(0, 64.3, 17.1, 143),  # of 1,080 clips
    "isolated": Lengths(0, 22.6, 2.2, 32),  # of 3,400
    "actions": Lengths(0, 25.0, 4.3, 42),  # of 1,240
}
"""Lengths of corpora that are rendered here, without the number of clips."""


@dataclass(frozen=True)
class Split:
    """Frames of each clip in the frame store, and tokens of its sentence including `</s>`."""

    frames: tuple[int, ...]
    tokens: tuple[int, ...]

    def sample(self) -> Split:
        """Return at most MADE_UP of the clips, evenly spread over their lengths."""
        order = sorted(range(len(self.frames)), key=self.frames.__getitem__)
        return self._take(sorted(spread(order, MADE_UP)))

    def probe(self) -> Split:
        """Return two clips: one of PROBE frames, or nearly the longest if shorter; the shortest."""
        longest = max(self.frames)
        first = min(PROBE, longest - longest % 16 if longest >= 16 else longest)
        return Split((first, min(self.frames)), self.tokens[:1] * 2)

    def _take(self, clips: Sequence[int]) -> Split:
        return Split(*(tuple(each[n] for n in clips) for each in (self.frames, self.tokens)))


@dataclass(frozen=True)
class Corpus:
    """Splits of a data set, and the source of their lengths."""

    splits: Mapping[str, Split]
    source: str


def find_corpus(
    dataset: str,
    adapter: str,
    manifests: Path,
    tokenizer: Path | None,
    rendering: Any,
    fps: float | None = None,
    tokens_a_word: float = TOKENS_A_WORD,
) -> Corpus:
    """Return a data set's corpus: from its manifests if all are there, otherwise drawn lengths.

    Args:
        manifests: folder with `<split>.tsv`.
        tokenizer: folder of a tokenizer; None counts `tokens_a_word` per word.
        rendering: settings of the stage that renders the corpus, with its numbers of clips.
        fps: frames a second to which sample_frames resamples; None keeps all frames.

    Raises:
        InputError: manifests are missing, and no lengths of such corpora are known.
    """
    paths = {split: manifests / f"{split}.tsv" for split in SPLITS}
    if all(path.is_file() for path in paths.values()):
        splits = {
            split: _read_split(path, tokenizer, fps, tokens_a_word) for split, path in paths.items()
        }
        return Corpus(splits, f"manifests in {manifests}")
    if adapter in PUBLISHED:
        name, known = PUBLISHED[adapter]
        source = f"drawn to {name}'s published numbers"
    elif rendering is not None:
        known, source = _rendered(rendering), "drawn like the avatar's"
    else:
        raise InputError(
            f"{manifests}: no manifests, and nothing is known of the lengths of {dataset}. Have "
            f"them made: snakemake --cores all {' '.join(map(str, paths.values()))}"
        )
    drawn = {
        split: resampled(draw(known[split], seed, tokens_a_word), known[split].rate, fps)
        for seed, split in enumerate(SPLITS)
    }
    return Corpus(drawn, source)


def _rendered(rendering: Any) -> dict[str, Lengths]:
    """Return lengths of a rendered corpus; for classes, `rendering` counts clips per class."""
    of_all = RENDERED[getattr(rendering, "kind", "synthesize_avatar")]
    classes = getattr(rendering, "classes", 1)
    return {split: replace(of_all, clips=classes * getattr(rendering, split)) for split in SPLITS}


def resampled(split: Split, rate: float, fps: float | None) -> Split:
    """Return a split of `rate` frames a second as sample_frames stores it at `fps`."""
    if fps is None:
        return split
    return Split(tuple(resampled_length(n, rate, fps) for n in split.frames), split.tokens)


def draw(lengths: Lengths, seed: int, tokens_a_word: float = TOKENS_A_WORD) -> Split:
    """Draw gamma-distributed frame counts, the longest clip included; sentences in proportion.

    >>> draw(Lengths(3, 100.0, 1.0, 150), 0)
    Split(frames=(100, 150, 99), tokens=(17, 24, 16))
    """
    scale = lengths.spread**2 / lengths.mean
    drawn = np.random.default_rng(seed).gamma(lengths.mean / scale, scale, lengths.clips)
    frames = np.clip(drawn.round().astype(int), SHORTEST, lengths.longest)
    frames[np.argmax(frames)] = lengths.longest
    tokens = np.round(frames * lengths.words * tokens_a_word).astype(int) + 1
    return Split(tuple(frames.tolist()), tuple(tokens.tolist()))


def _read_split(
    path: Path, tokenizer: Path | None, fps: float | None, tokens_a_word: float
) -> Split:
    from sign2text.data.corpus_rates import frames_at
    from sign2text.data.manifest import read_manifest
    from sign2text.data.text_alone import has_videos
    from sign2text.ground.languages import is_chinese

    rows = read_manifest(path)
    if tokenizer is not None:
        from sign2text.text.tokenizer import encode_targets, load_tokenizer

        tokens = [len(target) for target in encode_targets(load_tokenizer(tokenizer), rows["text"])]
    else:
        # Chinese has no spaces between words, so count each character as a word.
        pairs = zip(rows["text"], rows["language"], strict=True)
        words = [len(text if is_chinese(language) else text.split()) for text, language in pairs]
        tokens = [round(count * tokens_a_word) + 1 for count in words]
    if not has_videos(rows):  # estimate the frames from the sentences
        frames = [max(SHORTEST, round(each / (WORDS_A_FRAME * tokens_a_word))) for each in tokens]
        return Split(tuple(frames), tuple(tokens))
    return Split(tuple(frames_at(rows, fps).tolist()), tuple(tokens))
