"""simplemma's lemmas through spaCy's interface."""

import pytest

from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings
from sign2text.methods.sign2gpt.stages import generate_pseudo_glosses
from sign2text.text.lemma_pipeline import OPEN_CLASSES, lemma_pipeline
from sign2text.text.tagged_words import chosen_words, tag_texts

GERMAN = "am freitag regnet es , die temperaturen liegen bei 20 bis drei grad + wind ."
ENGLISH = "On Friday it rains, and two temperatures of 20.5 degrees don't change!"


def words(language: str, text: str, lemmas: bool = True) -> list[str]:
    (found,) = tag_texts(lemma_pipeline(language).nlp, [text])
    return chosen_words(found, OPEN_CLASSES, lemmas)


def test_words_of_open_classes_with_their_lemmas():
    # "drei" is a German stop word; spaCy knows English words for numbers.
    assert words("de", GERMAN) == [
        "freitag", "regnen", "temperatur", "liegen", "20", "grad", "wind",
    ]  # fmt: skip
    assert words("de", GERMAN, lemmas=False)[1:3] == ["regnet", "temperaturen"]
    assert words("en", ENGLISH) == [
        "friday", "rain", "two", "temperature", "20.5", "degree", "change",
    ]  # fmt: skip


def test_all_words_of_the_monolingual_text():
    (found,) = tag_texts(lemma_pipeline("de").nlp, ["es regnet , ja ."])
    assert chosen_words(found, None, lemmas=True) == ["es", "regnen", ",", "ja", "."]
    assert [word.pos for word in found] == ["", "X", "", "", ""]


def test_what_made_them():
    german, english = lemma_pipeline("de"), lemma_pipeline("en")
    assert (german.name, german.version) == ("simplemma", "2.0.0")
    assert german.sha256 == lemma_pipeline("de", sha256=german.sha256.upper()).sha256
    assert german.sha256 != english.sha256
    with pytest.raises(InputError, match=r"de\.plzma: sha256 .* found, 0+ expected"):
        lemma_pipeline("de", sha256="0" * 64)


@pytest.mark.parametrize("tokens", ["pseudo_glosses", "all_words"])
def test_chinese_is_refused_with_the_settings(tokens):
    given = {"pipeline": "simplemma", "language": "zh", "tokens": tokens}
    with pytest.raises(InputError, match="simplemma and language zh; expected another pipeline"):
        read_settings(generate_pseudo_glosses.Config, given)
    assert read_settings(generate_pseudo_glosses.Config, given | {"language": "en"})
