"""The plan of an avatar corpus: each clip's meaning, signs, signer and sentences.

One process derives it from the sizes and the seed before anything is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from sign2text.avatar import chinese, english, german
from sign2text.avatar.grammar import signs
from sign2text.avatar.meaning import Meaning
from sign2text.avatar.sampler import sample_meaning
from sign2text.avatar.utterance import SignToken
from sign2text.data.splits import SPLITS
from sign2text.ground.errors import InputError

LANGUAGES: dict[str, ModuleType] = {"de": german, "en": english, "zh": chinese}
PHRASINGS = 5
"""Phrasings drawn for each meaning: the text and up to four others."""
SEEN_SIGNER_DECAY = 0.85
"""Clips of each seen signer relative to the previous one: real corpora are uneven too."""
DRAWS_A_SENTENCE = 60
"""Meanings drawn per requested sentence before the grammar counts as exhausted."""

# Each use of randomness has its own stream, so that none shifts when another draws more.
_MEANINGS, _TEXTS, _SPLITS, _SIGNERS, _MOTION, _MONOLINGUAL = range(6)


@dataclass(frozen=True)
class Clip:
    """A clip to be made, with its sentence in `texts` and others in `phrasings`, by language."""

    id: str
    split: str
    meaning: Meaning | None
    """None if the sentence comes from another corpus."""
    tokens: tuple[SignToken, ...]
    signer: str
    seed: int
    texts: dict[str, str]
    phrasings: dict[str, list[str]]


@dataclass(frozen=True)
class Corpus:
    """Clips by split, and by language further sentences with meanings that no clip signs."""

    clips: dict[str, list[Clip]]
    monolingual: dict[str, list[str]]

    def __iter__(self) -> Iterator[Clip]:
        for split in SPLITS:
            yield from self.clips[split]


@dataclass(frozen=True)
class _Sentence:
    meaning: Meaning
    tokens: tuple[SignToken, ...]
    phrasings: dict[str, list[str]]


def plan_corpus(
    sizes: dict[str, int],
    *,
    seed: int,
    monolingual: int,
    unseen_share: float,
    seen_signers: Sequence[str],
    unseen_signer: str,
) -> Corpus:
    """Plan a corpus of `sizes` clips per split and `monolingual` further sentences per language.

    No two clips share a sentence in any language, or their signs including the non-manual part.
    Splits share no sequence of glosses either. `unseen_signer` signs `unseen_share` of the test
    clips, and no others.

    Raises InputError if the grammar has too few sentences.
    """
    sentences = _distinct_sentences(sum(sizes.values()), seed)
    clips: dict[str, list[Clip]] = {}
    for split, members in _divide(sentences, sizes, seed).items():
        performers = _performers(
            split, len(members), seed, unseen_share, list(seen_signers), unseen_signer
        )
        clips[split] = [
            Clip(
                id=f"{split}-{number:05d}",
                split=split,
                meaning=sentence.meaning,
                tokens=sentence.tokens,
                signer=signer,
                seed=_clip_seed(seed, split, number),
                texts={language: texts[0] for language, texts in sentence.phrasings.items()},
                phrasings={language: texts[1:] for language, texts in sentence.phrasings.items()},
            )
            for number, (sentence, signer) in enumerate(zip(members, performers, strict=True), 1)
        ]
    return Corpus(clips, _monolingual_sentences(monolingual, sentences, seed))


def _distinct_sentences(count: int, seed: int) -> list[_Sentence]:
    meanings = np.random.default_rng([seed, _MEANINGS])
    sentences: list[_Sentence] = []
    taken: set[tuple[SignToken, ...] | tuple[str, str]] = set()
    for draw in range(count * DRAWS_A_SENTENCE):
        if len(sentences) == count:
            break
        meaning = sample_meaning(meanings)
        tokens = tuple(signs(meaning))
        if tokens in taken:
            continue
        wording = np.random.default_rng([seed, _TEXTS, draw])
        phrasings = {
            language: module.phrasings(meaning, wording, PHRASINGS)
            for language, module in LANGUAGES.items()
        }
        keys = {(language, texts[0]) for language, texts in phrasings.items()}
        # The measured cap needs a second phrasing of every sentence.
        if keys & taken or min(map(len, phrasings.values())) < 2:
            continue
        taken |= keys | {tokens}
        sentences.append(_Sentence(meaning, tokens, phrasings))
    if len(sentences) < count:
        raise InputError(
            f"the avatar's grammar gave {len(sentences)} distinct sentences with seed {seed}, "
            f"{count} are wanted for train, dev and test together; ask for fewer clips"
        )
    return sentences


def _divide(
    sentences: list[_Sentence], sizes: dict[str, int], seed: int
) -> dict[str, list[_Sentence]]:
    """Divide sentences among splits; sentences that differ only in the face stay together."""
    groups: dict[tuple[str, ...], list[_Sentence]] = {}
    for sentence in sentences:
        glosses = tuple(token.gloss for token in sentence.tokens)
        groups.setdefault(glosses, []).append(sentence)
    ordered = list(groups.values())
    rng = np.random.default_rng([seed, _SPLITS])
    splits: dict[str, list[_Sentence]] = {split: [] for split in SPLITS}
    for index in rng.permutation(len(ordered)):
        group = ordered[index]
        # Fill the small splits first, as long as a whole group fits.
        split = next(
            (s for s in ("test", "dev") if len(splits[s]) + len(group) <= sizes[s]), "train"
        )
        splits[split] += group
    short = {s: sizes[s] - len(members) for s, members in splits.items() if s != "train"}
    if any(short.values()):
        raise InputError(
            f"dev and test could not be filled with sentences of their own ({short} missing); "
            "ask for more training clips"
        )
    return {split: [members[i] for i in rng.permutation(len(members))]
            for split, members in splits.items()}  # fmt: skip


def _performers(
    split: str, count: int, seed: int, unseen_share: float, seen: list[str], unseen: str
) -> list[str]:
    """Draw the signer of each clip of a split."""
    rng = np.random.default_rng([seed, _SIGNERS, SPLITS.index(split)])
    weights = SEEN_SIGNER_DECAY ** np.arange(len(seen))
    names = [seen[i] for i in rng.choice(len(seen), size=count, p=weights / weights.sum())]
    if split == "test":
        for index in rng.permutation(count)[: round(unseen_share * count)]:
            names[index] = unseen
    return names


def _clip_seed(seed: int, split: str, number: int) -> int:
    sequence = np.random.SeedSequence([seed, _MOTION, SPLITS.index(split), number])
    return int(sequence.generate_state(1)[0])


def _monolingual_sentences(
    count: int, sentences: list[_Sentence], seed: int
) -> dict[str, list[str]]:
    """Write `count` distinct sentences per language; no clip has their signs or their words."""
    signed = {tuple(token.gloss for token in sentence.tokens) for sentence in sentences}
    taken = {
        language: {text for sentence in sentences for text in sentence.phrasings[language]}
        for language in LANGUAGES
    }
    found: dict[str, list[str]] = {language: [] for language in LANGUAGES}
    rng = np.random.default_rng([seed, _MONOLINGUAL])
    for _ in range(count * DRAWS_A_SENTENCE):
        wanting = [language for language in LANGUAGES if len(found[language]) < count]
        if not wanting:
            return found
        meaning = sample_meaning(rng)
        if tuple(token.gloss for token in signs(meaning)) in signed:
            continue
        for language in wanting:
            text = LANGUAGES[language].sentence(meaning, rng)
            if text not in taken[language]:
                taken[language].add(text)
                found[language].append(text)
    if count:
        raise InputError(
            f"the avatar's grammar has too few sentences for {count} monolingual ones beside "
            f"{len(sentences)} clips; ask for fewer (setting `monolingual`)"
        )
    return found
