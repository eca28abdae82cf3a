"""Lines of glosses as they are scored: each rule of PHOENIX, and their order."""

import pytest

from sign2text.scoring.gloss_cleaning import clean_phoenix, rules_of


@pytest.mark.parametrize(
    ("line", "cleaned"),
    [
        ("__ON__ REGEN __OFF__", "REGEN"),
        ("REGEN __EMOTION__ SONNE", "REGEN SONNE"),
        ("loc-NORD cl-KOMMEN loc-cl-WIND", "NORD KOMMEN WIND"),
        ("WOLKE-PLUSPLUS poss-WOLKE", "WOLKE poss-WOLKE"),
        ("ALPENRAUM BERG-RAUM RAUM", "ALPEN BERG RAUM"),
        ("WIE AUSSEHEN WIE-AUSSEHEN", "WIE-AUSSEHEN"),
        ("SOWIE AUSSEHEN", "SOWIE AUSSEHEN"),
        ("WETTER WIE AUSSEHEN MORGEN", "WETTER WIE-AUSSEHEN MORGEN"),
        ("E R Z", "E+R+Z"),
        ("KOENNEN SCH E W E B Y KOMMEN", "KOENNEN SCH+E+W+E+B+Y KOMMEN"),
        ("G U NN E+R", "G+U+NN+E+R"),
        ("ICH SCH REGEN", "ICH SCH REGEN"),
        ("REGEN REGEN REGEN SONNE REGEN", "REGEN SONNE REGEN"),
        ("in-kommend in-kommend", "in-kommend"),
        ("  REGEN   SONNE ", "REGEN SONNE"),
        ("", ""),
        ("__ON__", ""),
        ("loc- REGEN", "REGEN"),
    ],
)
def test_each_rule(line, cleaned):
    assert clean_phoenix(line) == cleaned
    assert clean_phoenix(cleaned) == cleaned


@pytest.mark.parametrize(
    ("line", "cleaned"),
    [
        ("REGEN __ON__ REGEN", "REGEN"),
        ("loc-NORD NORD NORDRAUM", "NORD"),
        ("loc-__ON__NORD", "NORD"),
        ("ALPENRAUM-PLUSPLUS", "ALPEN"),
        ("WIE __OFF__ AUSSEHEN", "WIE-AUSSEHEN"),
        ("M M", "M+M"),
    ],
)
def test_the_order_matters(line, cleaned):
    """Marks before neighbours, prefixes before neighbours, letters before repeats."""
    assert clean_phoenix(line) == cleaned


@pytest.mark.parametrize("adapter", ["avatar", "csl_daily", "how2sign", "table"])
def test_other_corpora_are_scored_as_written(adapter):
    line = "__ON__ loc-NORD E R Z REGEN REGEN"
    assert rules_of(adapter).name == "none"
    assert rules_of(adapter).clean(f" {line}  ") == line
    assert rules_of("phoenix").name == "phoenix"
    assert rules_of("phoenix").clean(line) == "NORD E+R+Z REGEN"
