"""The plan of a corpus in the second sign language, of other meanings than the first corpus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sign2text.avatar.corpus import Clip, Corpus, plan_corpus
from sign2text.avatar.parallel_text import Signed
from sign2text.avatar.second_grammar import second_signs
from sign2text.data.splits import SPLITS
from sign2text.ground.errors import InputError

DRAWN = 3
"""Sentences drawn per sentence that is wanted, since some are of the first corpus."""
MOST_DRAWN = 9000
"""Training sentences drawn at most, beyond those wanted; the grammar has not many more."""


def plan_second(
    sizes: dict[str, int],
    first: Signed,
    *,
    source: Path,
    seed: int,
    monolingual: int,
    unseen_share: float,
    seen_signers: Sequence[str],
    unseen_signer: str,
) -> Corpus:
    """Plan `sizes` clips per split; see `plan_corpus`.

    No clip has a meaning, a text or a further phrasing of `first`, in any language, nor does the
    monolingual text. Splits share no sequence of glosses, and no two clips have the same signs.

    Raises InputError if too few sentences are left; `source` is the first corpus's file list.
    """
    drawn = {split: min(size * DRAWN, size + MOST_DRAWN) for split, size in sizes.items()}
    plan = plan_corpus(
        drawn,
        seed=seed,
        monolingual=monolingual * 2,
        unseen_share=unseen_share,
        seen_signers=seen_signers,
        unseen_signer=unseen_signer,
    )
    signs: set[tuple[object, ...]] = set()
    splits: dict[tuple[str, ...], str] = {}
    clips: dict[str, list[Clip]] = {}
    for split in reversed(SPLITS):  # the small splits choose first
        chosen: list[Clip] = []
        for clip in plan.clips[split]:
            if len(chosen) == sizes[split]:
                break
            assert clip.meaning is not None
            tokens = second_signs(clip.meaning)
            glosses = tuple(token.gloss for token in tokens)
            if _is_said(clip, first) or tokens in signs or splits.get(glosses, split) != split:
                continue
            signs.add(tokens)
            splits[glosses] = split
            chosen.append(replace(clip, tokens=tokens))
        if len(chosen) < sizes[split]:
            raise InputError(
                f"{source}: {len(chosen)} sentences of {split} that this corpus does not have were "
                f"drawn with seed {seed}, {sizes[split]} are wanted; ask for fewer clips"
            )
        clips[split] = chosen
    further = {
        language: [text for text in texts if text not in first.texts[language]][:monolingual]
        for language, texts in plan.monolingual.items()
    }
    return Corpus({split: clips[split] for split in SPLITS}, further)


def _is_said(clip: Clip, first: Signed) -> bool:
    """Return whether the first corpus has the clip's text, or another phrasing of it."""
    return any(text in first.texts[language] for language, text in clip.texts.items()) or any(
        not first.texts[language].isdisjoint(texts) for language, texts in clip.phrasings.items()
    )
