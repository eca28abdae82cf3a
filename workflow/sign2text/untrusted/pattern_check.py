"""Bounds on a tokenizer's regular expressions.

The engine (Oniguruma) backtracks, and some expressions have exponentially many ways to match:
`(a+)+$` needs 2^N steps for N letters. Accepted expressions have a few ways at every place. At most
two unbounded repetitions share a text, and at most one of these may backtrack, as in published
tokenizers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

LONGEST_PATTERN = 10_000
"""Characters; the longest published patterns have about 1,500."""
MOST_OPEN = 2
"""Unbounded repetitions in a sequence: each one raises the power with which the steps grow."""
MOST_TAKEN_BACK = 1
"""Unbounded repetitions that backtrack, because a later part of the match may fail."""
MOST_OPEN_IN_ALL = 32
"""Unbounded repetitions in all patterns of a tokenizer; published tokenizers have about 10."""
MOST_WAYS = 4000
"""Ways through one alternative; an unbounded repetition counts as `_OPEN_WAYS`. The patterns of
GPT-4o have about 1,800."""
MOST_WAYS_IN_ALL = 20_000
LARGEST = 5000
"""Characters, after repetitions are written out."""
_DEEPEST = 20
_OPEN_WAYS = 10
_SHORT = 16  # a wider range of repetitions counts as unbounded; each one within counts as a way
_INTERVAL = re.compile(r"\{(\d{0,6})(,(\d{0,6}))?\}")
_FLAGS = re.compile(r"\(\?[ims-]+([:)])")
_NAME = re.compile(r"\(\?<[A-Za-z_]\w*>")
_ESCAPE = re.compile(
    r"\\(?:[pP]\{[^{}]*\}|x\{[0-9A-Fa-f]+\}|x[0-9A-Fa-f]{1,2}|u[0-9A-Fa-f]{4}|0[0-7]{0,2}|[^1-9])",
    re.DOTALL,
)
_REFUSED_ESCAPES = "kgKQEcCM"  # references, calls, quotes and control characters
_NO_WIDTH = "bBAzZGyY"


class PatternError(ValueError):
    """A pattern that may need too many steps; the message says why."""


@dataclass(frozen=True)
class Bounds:
    """Properties of a pattern, or of a part of one."""

    least: int
    """Characters of its shortest match."""
    fixed: bool = True
    """True if there is one way to match at any place: no alternatives, no choice of length."""
    ways: int = 1
    open: int = 0
    size: int = 1
    fails: bool = True
    """True if it does not match every text."""
    taken_back: int = 0
    """Unbounded repetitions followed by a part that may fail."""
    open_in_all: int = 0
    """Unbounded repetitions in all alternatives; known only for a complete pattern."""


def check_pattern(pattern: str) -> Bounds:
    """Return the bounds of a tokenizer's regular expression; raise PatternError if it has none."""
    if len(pattern) > LONGEST_PATTERN:
        raise PatternError(f"{len(pattern)} characters, at most {LONGEST_PATTERN} expected")
    parser = _Parser(pattern)
    found = replace(parser.whole(), open_in_all=parser.opened)
    if found.open_in_all > MOST_OPEN_IN_ALL:
        raise PatternError(f"{found.open_in_all} repetitions without an end in all alternatives")
    return found


class _Parser:
    """A parser of patterns in Oniguruma's own syntax, from left to right."""

    def __init__(self, pattern: str) -> None:
        self.pattern, self.place, self.depth = pattern, 0, 0
        self.opened = 0  # unbounded repetitions

    def whole(self) -> Bounds:
        if (flags := _FLAGS.match(self.pattern)) and flags[1] == ")":
            self.place = flags.end()  # elsewhere such flags would change the grouping
        found = self.alternatives()
        if self.place < len(self.pattern):
            raise PatternError("a closing bracket without an opening one")
        return found

    def alternatives(self) -> Bounds:
        found = [self.sequence()]
        while self.take("|"):
            found.append(self.sequence())
        if len(found) == 1:
            return found[0]
        ways = sum(each.ways for each in found)
        if ways > MOST_WAYS_IN_ALL:
            raise PatternError("too many ways to match")
        return Bounds(
            min(each.least for each in found),
            fixed=False,
            ways=ways,
            open=max(each.open for each in found),
            size=sum(each.size for each in found),
            fails=all(each.fails for each in found),
            taken_back=max(each.taken_back for each in found),
        )

    def sequence(self) -> Bounds:
        least, fixed, ways, opened, size = 0, True, 1, 0, 0
        fails, taken_back = False, 0
        while self.place < len(self.pattern) and self.next() not in "|)":
            item = self.repeated(self.atom())
            least, fixed, fails = least + item.least, fixed and item.fixed, fails or item.fails
            taken_back = (opened if item.fails else taken_back) + item.taken_back
            ways, opened, size = ways * item.ways, opened + item.open, size + item.size
            if opened > MOST_OPEN:
                raise PatternError(f"more than {MOST_OPEN} repetitions without an end in a row")
            if taken_back > MOST_TAKEN_BACK:
                raise PatternError("several repetitions without an end that may be taken back")
            if ways > MOST_WAYS or size > LARGEST:
                raise PatternError("too many ways to match")
        return Bounds(least, fixed, ways, opened, size, fails, taken_back)

    def repeated(self, atom: Bounds) -> Bounds:
        """Return the bounds of the atom with its quantifier, and count unbounded repetitions."""
        found = self.quantified(atom)
        self.opened += found.open > atom.open
        return found

    def quantified(self, atom: Bounds) -> Bounds:
        """Return the bounds of the atom with its quantifier, if there is one."""
        if self.next() in ("*", "+", "?"):
            sign = self.pattern[self.place]
            self.place += 1
            found = _repeat(atom, int(sign == "+"), 1 if sign == "?" else None)
            if self.next() in ("?", "+"):  # lazy or possessive
                self.place += 1
        elif (interval := _INTERVAL.match(self.pattern, self.place)) and interval[0] != "{}":
            if interval[0] == "{,}":
                return atom
            self.place = interval.end()
            least = int(interval[1] or 0)
            most = least if interval[2] is None else int(interval[3]) if interval[3] else None
            found = _repeat(atom, least, most)
            if self.take("?"):
                found = replace(found, least=0, fixed=False, ways=found.ways + 1, fails=False)
            elif self.take("+"):
                # `+` repeats the interval here: accept it only if nothing after it can fail.
                if self.depth or self.next() not in ("", "|"):
                    raise PatternError("a repetition of a repetition")
                found = replace(found, fixed=False, ways=found.ways * _OPEN_WAYS, open=1)
        else:
            return atom
        if self.next() in ("*", "+", "?") or _INTERVAL.match(self.pattern, self.place):
            raise PatternError("a repetition of a repetition")
        return found

    def atom(self) -> Bounds:
        sign = self.next()
        if sign == "(":
            return self.group()
        if sign == "[":
            return self.character_class()
        if sign == "\\":
            return self.escape()
        if sign in "*+?":
            raise PatternError(f"nothing for {sign} to repeat")
        self.place += 1
        return Bounds(0 if sign in "^$" else 1)

    def group(self) -> Bounds:
        looks = False
        if self.pattern.startswith(("(?:", "(?>"), self.place):
            self.place += 3
        elif self.pattern.startswith(("(?=", "(?!"), self.place):
            self.place, looks = self.place + 3, True
        elif (flags := _FLAGS.match(self.pattern, self.place)) and flags[1] == ":":
            self.place = flags.end()
        elif name := _NAME.match(self.pattern, self.place):
            self.place = name.end()
        elif self.pattern.startswith("(?", self.place):
            raise PatternError(
                f"{self.pattern[self.place : self.place + 4]!r}, which is no plain group (no "
                "look-behind, conditions, comments or calls)"
            )
        else:
            self.place += 1
        self.depth += 1
        if self.depth > _DEEPEST:
            raise PatternError(f"groups nested more than {_DEEPEST} deep")
        found = self.alternatives()
        self.depth -= 1
        if not self.take(")"):
            raise PatternError("a bracket that is not closed")
        return replace(found, least=0, fails=True) if looks else found

    def character_class(self) -> Bounds:
        depth = 0
        while self.place < len(self.pattern):
            sign = self.next()
            if sign == "\\":
                self.escape()
                continue
            self.place += 1
            if sign == "[":
                depth += 1
                self.take("^")
                if self.next() == "]":
                    raise PatternError("a class of characters that begins with ]")
            elif sign == "]":
                depth -= 1
                if not depth:
                    return Bounds(1)
        raise PatternError("a class of characters that is not closed")

    def escape(self) -> Bounds:
        found = _ESCAPE.match(self.pattern, self.place)
        if not found or found[0][1] in _REFUSED_ESCAPES:
            raise PatternError(
                f"{self.pattern[self.place : self.place + 2]!r}, a reference, call or quote"
            )
        self.place = found.end()
        return Bounds(0 if found[0][1] in _NO_WIDTH else 1)

    def next(self) -> str:
        return self.pattern[self.place : self.place + 1]

    def take(self, sign: str) -> bool:
        if found := self.next() == sign:
            self.place += 1
        return found


def _repeat(atom: Bounds, least: int, most: int | None) -> Bounds:
    size = atom.size * max(least, most or 1, 1)
    if size > LARGEST or (most is not None and most < least):
        raise PatternError(f"{least} to {most} repetitions")
    if (most is None or most > 1) and not atom.fixed:
        raise PatternError("a repetition of a group that can match in several ways")
    if most is None or most - least > _SHORT:
        if not atom.least:
            raise PatternError("a repetition of what may be nothing")
        fixed, ways, opened = False, atom.ways * _OPEN_WAYS, atom.open + 1
    else:
        fixed, ways, opened = atom.fixed and least == most, atom.ways + most - least, atom.open
    fails = least > 0 and atom.fails
    return Bounds(least * atom.least, fixed, ways, opened, size, fails, atom.taken_back)
