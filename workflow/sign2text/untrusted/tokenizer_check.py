"""Checks of tokenizer.json, which bound the time and memory of tokenizing for any text.

The tokenizers library follows the file literally. It lengthens the text with every step that does
so, searches as long as an expression has ways, and panics if a number is out of range. So the steps
are checked before the library gets them.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from typing import Any

from sign2text.ground.errors import InputError
from sign2text.untrusted.model_config import shortened
from sign2text.untrusted.pattern_check import MOST_OPEN_IN_ALL, PatternError, check_pattern
from sign2text.untrusted.sentencepiece_check import check_map
from sign2text.untrusted.tokenizer_config import LARGEST_ID, MOST_ADDED

MOST_GROWTH = 16
"""Largest factor by which all steps may lengthen a text; published tokenizers reach 3."""
MOST_STEPS = 128
"""Steps of a part, without replacements in the decoder; published tokenizers have about 10."""
MOST_WRITTEN_BACK = 2000
"""Steps of the decoder: tokenizers made here replace each changed character."""
MOST_SEARCHES = 32
"""Steps of a part with a regular expression; published tokenizers have up to 5."""
MOST_PUT = 16
"""Characters put before a text."""
MOST_TOKENS = 32
"""Tokens that a template may add to a sentence."""
MOST_SCORE = 1e6
LONGEST_WORD = 200
"""Characters that WordPiece may treat as one word: its work grows with the cube. Published
tokenizers have 100."""
LONGEST_FILL = 10_000
"""Tokens to which a sentence may be padded."""
_DEEPEST = 8
_INNER = {
    "normalizer": "normalizers",
    "pre_tokenizer": "pretokenizers",
    "decoder": "decoders",
    "post_processor": "processors",
}
_ONCE = {
    "normalizer": ("ByteLevel", "Precompiled", "BertNormalizer"),
    "pre_tokenizer": ("ByteLevel", "Metaspace"),
}
"""Steps that write a character as several: one of each is enough, and more would multiply."""
_KEEP = ("Replace", "Prepend", "Strip")
"""Normalizers that write no characters other than the ones in their settings."""


def check_tokenizer(values: Any, where: str) -> None:
    """Raise InputError if the steps of tokenizer.json are unbounded or can panic.

    Args:
        values: the file's content.
        where: start of the message.
    """
    model = values.get("model") if isinstance(values, dict) else None
    if not isinstance(values, dict) or not isinstance(model, dict | None):
        raise _refusal(where, "model", shortened(values), "a tokenizer of the tokenizers library")
    repetitions = 0
    for part, key in _INNER.items():
        steps = list(_steps(values.get(part), part, key, where))
        for kind in _ONCE.get(part, ()):
            if (count := sum(step["type"] == kind for step in steps)) > 1:
                raise _refusal(where, part, f"{kind} {count} times", "it once")
        if part == "post_processor":
            for step in steps:
                _check_template(step, where)
            continue
        repetitions += _check_searches(steps, part, where)
        if repetitions > MOST_OPEN_IN_ALL:
            found = f"{repetitions} repetitions without an end in all patterns"
            raise _refusal(where, part, found, f"at most {MOST_OPEN_IN_ALL}")
        for step in steps:
            _check_step(step, part, where)
        growth = _growth(steps, part, where)
        if growth > MOST_GROWTH:
            found = f"steps that make a text {growth:.3g} times as long"
            raise _refusal(where, part, found, f"at most {MOST_GROWTH} times")
    _check_lengths(values, where)
    _check_added(values.get("added_tokens"), where)
    if model is not None:  # the library reports a missing one
        _check_model(model, where)


def _steps(value: Any, part: str, key: str, where: str, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Yield the steps of a part in order; raise InputError if they are invalid or too many."""
    waiting, count, replaced = [(value, depth)], 0, 0
    while waiting:
        step, depth = waiting.pop()
        if step is None:
            continue
        if not isinstance(step, dict) or not isinstance(step.get("type"), str):
            raise _refusal(where, part, shortened(step), "steps with a type")
        if step["type"] != "Sequence":
            count += 1
            replaced += part == "decoder" and step["type"] == "Replace"
            if count - replaced > MOST_STEPS:
                raise _refusal(where, part, f"more than {MOST_STEPS} steps", "fewer")
            yield step
            continue
        inner = step.get(key)
        if not isinstance(inner, list) or depth > _DEEPEST:
            raise _refusal(where, part, shortened(inner), f"a list, at most {_DEEPEST} deep")
        waiting += [(each, depth + 1) for each in reversed(inner)]
        if count + len(waiting) > MOST_WRITTEN_BACK:
            raise _refusal(where, part, f"more than {MOST_WRITTEN_BACK} steps", "fewer")


def _check_searches(steps: Sequence[dict[str, Any]], part: str, where: str) -> int:
    """Raise InputError for too many expressions, and for expressions with unbounded search.

    Returns the number of their unbounded repetitions.
    """
    searches = repetitions = 0
    for step in steps:
        if "pattern" not in step:
            continue
        pattern = step["pattern"]
        if isinstance(pattern, dict) and isinstance(pattern.get("Regex"), str):
            searches += 1
            try:
                repetitions += check_pattern(pattern["Regex"]).open_in_all
            except PatternError as error:
                found = f"the pattern {shortened(pattern['Regex'])} ({error})"
                wanted = "one that needs few steps for any text"
                raise _refusal(where, part, found, wanted) from error
        elif not isinstance(pattern, dict) or not isinstance(pattern.get("String"), str):
            raise _refusal(where, part, shortened(pattern), "a pattern: a String or a Regex")
    if searches > MOST_SEARCHES:
        raise _refusal(where, part, f"{searches} patterns", f"at most {MOST_SEARCHES}")
    return repetitions


def _check_step(step: dict[str, Any], part: str, where: str) -> None:
    """Raise InputError for a step at which the library panics, and for a map out of its range."""
    kind, found = step["type"], None
    if kind == "FixedLength" and not _is_count(step.get("length"), least=1):
        found = f"FixedLength of {shortened(step.get('length'))}"
    elif part == "decoder" and kind == "Strip" and step.get("stop") != 0:
        found = f"Strip that stops at {shortened(step.get('stop'))}"
    elif kind == "BPEDecoder" and not step.get("suffix"):
        found = "BPEDecoder without a suffix"
    if found:
        raise _refusal(where, part, found, "a step that fits every text")
    if kind == "Precompiled":
        try:
            rules = base64.b64decode(step["precompiled_charsmap"])
        except (KeyError, TypeError, ValueError, binascii.Error) as error:
            raise _refusal(where, part, "Precompiled without rules", "base64") from error
        check_map(rules, f"{where}: the character map of its {part}")


def _growth(steps: Sequence[dict[str, Any]], part: str, where: str) -> float:
    """Return the largest factor by which all steps may lengthen a text.

    The steps' factors multiply, with one exception: steps that replace characters which no earlier
    step writes share the characters of the original text, and only the largest factor counts.
    """
    written: set[str] = set()
    multiplied = shared = 1.0
    mixed, put = False, 0
    for step in steps:
        if step["type"] == "Prepend":
            put += len(str(step.get("prepend", "")))
        elif step["type"] == "Replace":
            content, text = step.get("content"), step.get("pattern", {}).get("String")
            if not isinstance(content, str):
                raise _refusal(where, part, f"Replace by {shortened(content)}", "a text")
            least = len(text) if text is not None else check_pattern(step["pattern"]["Regex"]).least
            if not least and content:
                found = f"Replace of what may be nothing by {shortened(content)}"
                raise _refusal(where, part, found, "a pattern that takes a character")
            factor = len(content) / max(least, 1)
            if factor > 1 and text is not None and not mixed and not set(text) <= written:
                shared = max(shared, factor)
            else:
                multiplied *= max(factor, 1)
            written |= set(content)
        elif part == "normalizer" and step["type"] not in _KEEP:
            mixed = mixed or bool(written)
    if put > MOST_PUT:
        raise _refusal(where, part, f"{put} characters put before a text", f"at most {MOST_PUT}")
    return multiplied * shared


def _check_template(step: dict[str, Any], where: str) -> None:
    """Raise InputError for a template that repeats the sentence or names undefined tokens."""
    if step["type"] != "TemplateProcessing":
        return
    tokens = step.get("special_tokens")
    tokens = tokens if isinstance(tokens, dict) else {}
    for form, sentences in (("single", {"A"}), ("pair", {"A", "B"})):
        pieces, count, seen = step.get(form), 0, []
        for piece in pieces if isinstance(pieces, list) else [None]:
            inner = next(iter(piece.values()), None) if isinstance(piece, dict) else None
            name = str(inner.get("id")) if isinstance(inner, dict) else ""
            if isinstance(piece, dict) and "Sequence" in piece:
                seen.append(name)
                known = name in sentences and seen.count(name) == 1
            else:
                ids = tokens[name].get("ids") if isinstance(tokens.get(name), dict) else None
                known = isinstance(ids, list) and all(_is_id(number) for number in ids)
                count += len(ids) if known else 0
            if not known or count > MOST_TOKENS:
                raise _refusal(
                    where,
                    "post_processor",
                    f"{form} with {shortened(piece)}",
                    f"each sentence once, and at most {MOST_TOKENS} of its special tokens",
                )


def _check_lengths(values: dict[str, Any], where: str) -> None:
    """Raise InputError for lengths of truncation and padding that panic or are too large."""
    cut, fill = values.get("truncation"), values.get("padding")
    if cut is not None:
        most, stride = (cut.get(key) if isinstance(cut, dict) else None for key in _CUT)
        if not _is_count(most, least=1) or not _is_count(stride) or stride >= most:
            raise _refusal(where, "truncation", shortened(cut), "a stride below max_length")
    if fill is not None:
        strategy = fill.get("strategy") if isinstance(fill, dict) else None
        fixed = strategy.get("Fixed") if isinstance(strategy, dict) else 1
        multiple = fill.get("pad_to_multiple_of") if isinstance(fill, dict) else None
        lengths = (fixed, 1 if multiple is None else multiple)
        if strategy is None or not all(_is_count(each, 1, LONGEST_FILL) for each in lengths):
            raise _refusal(where, "padding", shortened(fill), f"lengths up to {LONGEST_FILL}")


_CUT = ("max_length", "stride")


def _check_added(tokens: Any, where: str) -> None:
    tokens = tokens if isinstance(tokens, list) else [] if tokens is None else [tokens]
    if len(tokens) > MOST_ADDED:
        raise _refusal(where, "added_tokens", f"{len(tokens)} tokens", f"at most {MOST_ADDED}")
    for token in tokens:
        known = isinstance(token, dict) and _is_id(token.get("id"))
        if not known or not isinstance(token.get("content"), str):
            raise _refusal(where, "added_tokens", shortened(token), "tokens with content and id")


def _check_model(model: dict[str, Any], where: str) -> None:
    """Raise InputError for a vocabulary with ids, scores or word lengths that no model has."""
    vocabulary = model.get("vocab")
    if isinstance(vocabulary, list):
        for piece in vocabulary:
            if not isinstance(piece, list) or len(piece) != 2 or not _is_score(piece[1]):
                raise _refusal(where, "model", shortened(piece), "pieces with scores")
        number = model.get("unk_id")
        if number is not None and not _is_count(number, 0, len(vocabulary) - 1):
            raise _refusal(where, "model", f"unk_id {shortened(number)}", "the place of a piece")
    elif isinstance(vocabulary, dict):
        if not all(map(_is_id, vocabulary.values())):
            worst = next(each for each in vocabulary.items() if not _is_id(each[1]))
            raise _refusal(where, "model", shortened(worst), f"ids from 0 to {LARGEST_ID}")
    else:
        raise _refusal(where, "model", f"vocab {shortened(vocabulary)}", "pieces")
    longest = model.get("max_input_chars_per_word", 1)
    if not _is_count(longest, 1, LONGEST_WORD):
        found = f"max_input_chars_per_word {shortened(longest)}"
        raise _refusal(where, "model", found, f"1 to {LONGEST_WORD}")


def _is_count(value: Any, least: int = 0, most: int = 2**62) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_id(value: Any) -> bool:
    return type(value) is int and 0 <= value < LARGEST_ID


def _is_score(value: Any) -> bool:
    return type(value) in (int, float) and -MOST_SCORE < value < MOST_SCORE


def _refusal(where: str, part: str, found: str, wanted: str) -> InputError:
    return InputError(
        f"{where}: {part}: found {found}; expected {wanted}. Nothing was done with it: fetch or "
        "make the tokenizer again, or use another one."
    )
