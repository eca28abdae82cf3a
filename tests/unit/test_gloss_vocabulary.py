"""The vocabulary of glosses."""

import pytest

from sign2text.ground.errors import InputError
from sign2text.text.gloss_vocabulary import BLANK, GlossVocabulary, steps_needed

LINES = ["MORGEN REGEN  REGEN", "", "JETZT morgen"]


def test_classes_are_the_types_in_order_behind_the_blank():
    glosses = GlossVocabulary.of(LINES)
    assert glosses.types == ["JETZT", "MORGEN", "REGEN", "morgen"]
    assert len(glosses) == 5
    assert glosses.classes("REGEN JETZT REGEN") == [3, 1, 3]
    assert BLANK not in glosses.classes(" ".join(LINES))


def test_a_line_comes_back_with_its_repeats():
    glosses = GlossVocabulary.of(LINES)
    assert glosses.line(glosses.classes("MORGEN  REGEN REGEN")) == "MORGEN REGEN REGEN"


def test_what_train_lacks_is_left_out_and_named():
    glosses = GlossVocabulary.of(LINES)
    assert glosses.classes("SCHNEE REGEN WIND") == [3]
    assert glosses.unknown(["WIND SCHNEE", "REGEN WIND"]) == ["SCHNEE", "WIND"]


@pytest.mark.parametrize(
    ("types", "words"),
    [
        ([], "none found"),
        (["WIE AUSSEHEN"], "'WIE AUSSEHEN'"),
        ([" A"], "white space"),
        ([""], "empty"),
        (["A", "B", "A"], "'A'"),
    ],
)
def test_what_is_no_vocabulary_is_refused(types, words):
    with pytest.raises(InputError, match=words):
        GlossVocabulary(types)


@pytest.mark.parametrize(
    ("classes", "steps"), [([], 0), ([1], 1), ([1, 2], 2), ([1, 1], 3), ([1, 1, 1, 2], 6)]
)
def test_equal_neighbours_need_a_blank(classes, steps):
    assert steps_needed(classes) == steps
