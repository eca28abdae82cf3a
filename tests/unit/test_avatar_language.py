"""The avatar's meanings, signs and three written languages."""

from collections import defaultdict

import numpy as np
import pytest

from sign2text.avatar import (
    chinese,
    chinese_words,
    english,
    english_words,
    german,
    german_words,
)
from sign2text.avatar.grammar import number, signs
from sign2text.avatar.lexicon import LEXICON
from sign2text.avatar.meaning import Meaning, Part
from sign2text.avatar.sampler import sample_meaning
from sign2text.avatar.wording import expand

LANGUAGES = {"de": german, "en": english, "zh": chinese}
SAMPLED = 3000


@pytest.fixture(scope="module")
def meanings() -> list[Meaning]:
    rng = np.random.default_rng(4)
    return [sample_meaning(rng) for _ in range(SAMPLED)]


def all_phrasings(module, *parts: Part, n: int = 60) -> list[str]:
    return module.phrasings(Meaning(parts), np.random.default_rng(0), n)


# numbers

GERMAN = """null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn
fünfzehn sechzehn siebzehn achtzehn neunzehn zwanzig einundzwanzig zweiundzwanzig dreiundzwanzig
vierundzwanzig fünfundzwanzig sechsundzwanzig siebenundzwanzig achtundzwanzig neunundzwanzig dreißig
einunddreißig zweiunddreißig dreiunddreißig vierunddreißig fünfunddreißig"""
ENGLISH = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
fifteen sixteen seventeen eighteen nineteen twenty twenty_one twenty_two twenty_three twenty_four
twenty_five twenty_six twenty_seven twenty_eight twenty_nine thirty thirty_one thirty_two
thirty_three thirty_four thirty_five"""
CHINESE = """零 一 二 三 四 五 六 七 八 九 十 十一 十二 十三 十四 十五 十六 十七 十八 十九
二十 二十一 二十二 二十三 二十四 二十五 二十六 二十七 二十八 二十九
三十 三十一 三十二 三十三 三十四 三十五"""


@pytest.mark.parametrize(
    ("words", "expected"),
    [(german_words, GERMAN), (english_words, ENGLISH), (chinese_words, CHINESE)],
)
def test_numbers_in_words(words, expected):
    found = [words.number(value).replace(" ", "_") for value in range(36)]
    assert found == expected.split()


def test_numbers_below_zero_and_before_their_unit():
    assert german_words.number(-12) == "minus zwölf"
    assert german_words.number(1, one="einem") == "einem"
    assert english_words.count_degrees(1) == "one degree"
    assert english_words.count_degrees(-21) == "minus twenty one degrees"
    assert chinese_words.degrees(2) == "两度"
    assert chinese_words.degrees(-2) == "零下两度"
    assert chinese_words.degrees(12) == "十二度"


@pytest.mark.parametrize(
    ("value", "glosses"),
    [(0, "NULL"), (12, "ZWOELF"), (13, "DREI ZEHN"), (20, "ZWANZIG"), (21, "EINS ZWANZIG"),
     (35, "FUENF DREISSIG"), (-4, "MINUS VIER")],
)  # fmt: skip
def test_signed_numbers_have_the_units_first(value, glosses):
    assert " ".join(token.gloss for token in number(value)) == glosses


def test_number_out_of_reach_is_refused():
    with pytest.raises(ValueError, match="found 40"):
        number(40)


# grammar


def test_signed_order_is_time_place_topic_comment():
    part = Part("phenomenon", time="MONTAG ABEND", place="NORD", topic="REGEN", intensity=1,
                modifier="MANCHMAL")  # fmt: skip
    tokens = signs(Meaning((part,)))
    assert [t.gloss for t in tokens] == ["MONTAG", "ABEND", "NORD", "REGEN", "MANCHMAL"]
    assert [t.intensity for t in tokens] == [0, 0, 0, 1, 0]


def test_range_of_degrees():
    bis = Part("temperature", place="SUED", low=-2, high=3, span="BIS")
    assert " ".join(t.gloss for t in signs(Meaning((bis,)))) == (
        "SUED TEMPERATUR MINUS ZWEI BIS DREI GRAD"
    )


def test_every_sampled_sentence_has_3_to_10_signs_of_the_lexicon(meanings):
    used = set()
    for meaning in meanings:
        tokens = signs(meaning)
        assert 3 <= len(tokens) <= 10
        used |= {token.gloss for token in tokens}
    assert used == set(LEXICON)


def test_different_meanings_have_different_signs(meanings):
    by_signs = defaultdict(set)
    for meaning in meanings:
        by_signs[tuple(signs(meaning))].add(meaning)
    assert all(len(same) == 1 for same in by_signs.values())


def test_mean_number_of_signs(meanings):
    assert 4.8 < np.mean([len(signs(meaning)) for meaning in meanings]) < 6


# what all three languages promise


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_lower_case_without_final_point(meanings, language):
    rng = np.random.default_rng(1)
    for meaning in meanings:
        text = LANGUAGES[language].sentence(meaning, rng)
        assert text == text.lower()
        # Slots and alternatives are all filled, nothing is left of the templates.
        allowed = str.isalpha if language == "zh" else lambda c: c.isalpha() or c == " "
        assert all(map(allowed, text)), text
        assert text == text.strip()
        assert "  " not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_different_meanings_rarely_share_a_text(meanings, language):
    rng = np.random.default_rng(1)
    by_text = defaultdict(set)
    for meaning in meanings:
        by_text[LANGUAGES[language].sentence(meaning, rng)].add(meaning)
    assert sum(len(same) > 1 for same in by_text.values()) <= 0.002 * SAMPLED


@pytest.mark.parametrize("language", LANGUAGES)
def test_phrasings_are_distinct_and_follow_from_the_generator(meanings, language):
    module = LANGUAGES[language]
    for meaning in meanings[:200]:
        texts = module.phrasings(meaning, np.random.default_rng(7), 4)
        assert len(texts) == len(set(texts)) <= 4
        assert texts == module.phrasings(meaning, np.random.default_rng(7), 4)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "change", [{"intensity": 1}, {"intensity": -1}, {"negated": True}, {"question": True}]
)
def test_the_face_changes_the_text_and_not_the_glosses(language, change):
    base = {"kind": "phenomenon", "time": "MORGEN", "place": "NORD", "topic": "REGEN"}
    plain, other = Part(**base), Part(**base, **change)
    glosses = [[t.gloss for t in signs(Meaning((part,)))] for part in (plain, other)]
    assert glosses[0] == glosses[1]
    texts = [set(all_phrasings(LANGUAGES[language], part)) for part in (plain, other)]
    assert texts[0].isdisjoint(texts[1])


# German forms


@pytest.mark.parametrize(
    ("gloss", "expected"),
    [("MONTAG", "am montag"), ("NACHT", "in der nacht"), ("HEUTE NACHT", "heute nacht"),
     ("NAECHSTE WOCHE", "in der nächsten woche"), ("MORGEN FRUEH", "morgen früh"),
     ("MITTWOCH NACHT", "in der mittwochnacht"), ("WOCHENENDE", "am wochenende")],
)  # fmt: skip
def test_german_times(gloss, expected):
    assert expected in expand_all(german_words.TIMES[gloss])


@pytest.mark.parametrize(
    ("gloss", "expected"),
    [("KUESTE", "an der küste"), ("NORD", "im norden"), ("BAYERN", "in bayern"),
     ("SUED BAYERN", "im süden bayerns"), ("ALPEN", "in den alpen"), ("INSEL", "auf den inseln"),
     ("NORD HESSEN", "in nordhessen"), ("RHEIN", "am rhein"), ("MUENCHEN", "in münchen")],
)  # fmt: skip
def test_german_places(gloss, expected):
    assert expected in expand_all(german_words.PLACES[gloss])


def expand_all(template: str) -> set[str]:
    rng = np.random.default_rng(0)
    return {expand(rng, template) for _ in range(100)}


def test_german_finite_verb_stands_second():
    part = Part("phenomenon", time="MONTAG", place="NORD", topic="REGEN", intensity=1)
    texts = all_phrasings(german, part)
    assert "am montag regnet es im norden kräftig" in texts
    assert "im norden regnet es am montag kräftig" in texts
    assert "es regnet am montag im norden kräftig" in texts
    assert "am montag im norden kräftiger regen" in texts
    assert "am montag gibt es im norden kräftigen regen" in texts
    assert "am montag muss im norden mit kräftigem regen gerechnet werden" in texts


def test_german_question_begins_with_the_verb():
    part = Part("phenomenon", time="MORGEN", topic="REGEN", question=True)
    for text in all_phrasings(german, part):
        assert text.split()[0] in ("regnet", "gibt", "fällt", "muss")


def test_german_negated_nouns():
    part = Part("phenomenon", time="HEUTE", topic="GEWITTER", negated=True)
    texts = all_phrasings(german, part)
    assert "heute gibt es keine gewitter" in texts
    assert "heute kommt es zu keinen gewittern" in texts


def test_german_yesterday_is_told_in_the_past():
    part = Part("phenomenon", time="GESTERN", place="SUED", topic="SCHNEE")
    texts = all_phrasings(german, part)
    assert "gestern schneite es im süden" in texts
    assert "gestern fiel im süden schnee" in texts
    assert not any(" schneit " in text or " gibt " in text for text in texts)


def test_german_degrees_in_the_right_case():
    between = Part("temperature", place="OST", low=1, high=5, span="ZWISCHEN")
    assert "im osten liegen die temperaturen zwischen einem und fünf grad" in all_phrasings(
        german, between
    )
    one = Part("temperature", time="MORGEN", high=1)
    texts = all_phrasings(german, one)
    assert "morgen ein grad" in texts
    assert "morgen liegen die temperaturen bei einem grad" in texts


@pytest.mark.parametrize(
    ("part", "german_text", "english_text", "chinese_text"),
    [
        (Part("wind", time="HEUTE", topic="WIND", intensity=-1, direction="WEST"),
         "heute schwacher wind aus westen", "today light wind from the west", "今天吹微弱的西风"),
        (Part("trend", time="FREITAG", topic="NEBEL", change="VERSCHWINDEN"),
         "am freitag löst sich der nebel auf", "on friday the fog will disappear", "周五雾消失"),
        (Part("warning", time="MORGEN", place="KUESTE", topic="STURM", change="WARNUNG"),
         "morgen wird an der küste vor sturm gewarnt",
         "tomorrow there is a warning of storms on the coast", "明天沿海发布风暴警报"),
        (Part("contrast", place="NORD", also="SUED", low=2, high=10),
         "im norden zwei im süden zehn grad",
         "two degrees in the north and ten degrees in the south", "北部两度南部十度"),
        (Part("become", time="MONTAG", topic="KALT", change="MEHR", intensity=1),
         "am montag wird es deutlich kälter", "on monday it will turn much colder", "周一明显变冷"),
        (Part("between", place="NORDSEE", also="ALPEN", topic="KALT"),
         "zwischen einem hoch über der nordsee und einem tief über den alpen strömt kalte luft "
         "zu uns",
         "between a high over the north sea and a low over the alps cold air flows in",
         "北海高压和阿尔卑斯山低压之间冷空气流入"),
        (Part("ask", time="WOCHENENDE", question=True), "wie wird das wetter am wochenende",
         "what will the weather be like at the weekend", "周末天气怎么样"),
    ],
)  # fmt: skip
def test_sentences_checked_by_hand(part, german_text, english_text, chinese_text):
    assert german_text in all_phrasings(german, part, n=40)
    assert english_text in all_phrasings(english, part, n=40)
    assert chinese_text in all_phrasings(chinese, part, n=40)


def test_second_statement_begins_with_what_links_it():
    first = Part("phenomenon", time="HEUTE", topic="REGEN")
    second = Part("phenomenon", time="SPAETER", topic="SONNE")
    texts = all_phrasings(german, first, second)
    assert "heute regnet es später scheint die sonne" in texts
    assert all("später" in text or "im weiteren verlauf" in text for text in texts)


def test_meaning_as_json_keeps_zero_degrees_and_drops_what_is_not_said():
    part = Part("temperature", place="NORD", low=0, high=4, span="BIS")
    assert Meaning((part,)).as_json() == [
        {"kind": "temperature", "place": "NORD", "low": 0, "high": 4, "span": "BIS"}
    ]
