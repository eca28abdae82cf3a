"""The lexicon of the second sign language: other signs for the same glosses.

Each sign is derived from the gloss's name (`derived`), so it keeps to the same rules of form, and
is unlike every sign of the first lexicon.
"""

from __future__ import annotations

import functools

from sign2text.avatar.derived import derived_sign, look_of
from sign2text.avatar.invented_signs import LEAST_FROM_EACH_OTHER, LEAST_FROM_LEXICON
from sign2text.avatar.lexicon import LEXICON
from sign2text.avatar.phonology import Sign, parameters_that_differ

NAME = "second"
"""Prefix of the names that the signs are derived from."""


@functools.cache
def second_lexicon() -> dict[str, Sign]:
    """Return the signs by gloss.

    The look of each differs from every look of the first lexicon in at least `LEAST_FROM_LEXICON`
    parameters, and from each other one in at least `LEAST_FROM_EACH_OTHER`.
    """
    first = [look_of(sign) for sign in LEXICON.values()]
    signs: dict[str, Sign] = {}
    looks: list[Sign] = []
    for gloss in LEXICON:
        attempt = 0
        while True:
            sign = derived_sign(f"{NAME} {gloss}", attempt)
            look = look_of(sign)
            if all(len(parameters_that_differ(look, each)) >= LEAST_FROM_LEXICON for each in first):
                near = (len(parameters_that_differ(look, each)) for each in looks)
                if all(count >= LEAST_FROM_EACH_OTHER for count in near):
                    break
            attempt += 1
        signs[gloss] = sign
        looks.append(look)
    return signs
