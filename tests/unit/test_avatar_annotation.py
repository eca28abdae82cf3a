"""Lemma and part of speech of the words in the avatar's sentences."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest

from sign2text.avatar import (
    annotated_sentences,
    chinese,
    chinese_annotation,
    english_annotation,
    german_annotation,
)
from sign2text.avatar.annotated_sentences import GRAMMARS, draw_annotated
from sign2text.avatar.annotated_word import read_lexicon
from sign2text.avatar.sampler import sample_meaning
from sign2text.avatar.wording import expand
from sign2text.ground.code_hash import code_hash
from sign2text.ground.errors import InputError

FOLDER = Path(annotated_sentences.__file__).parent
POS = {"ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "NOUN", "NUM", "PART", "PRON", "PROPN", "VERB"}
STEMS = {"dicht", "dick", "einzeln", "extrem", "flach", "frisch", "gefährlich", "grell", "groß"}
STEMS |= {"locker", "schwer", "streng", "zäh", "licher", "ern"}
"""Parts of words, and adjectives that always have an ending in the grammar."""
KEYS = {"acc", "adverb", "dat", "f", "m", "n", "nom", "p", "place", "state", "subject", "time"}
KEYS |= {"e", "em", "en", "er", "s"}
KEYS |= {"air", "ask", "become", "between", "contrast", "front", "phenomenon", "pressure", "sky"}
KEYS |= {"temperature", "trend", "warning", "weather"}


def tagged(language: str, sentence: str) -> str:
    return " ".join(f"{word.lemma}/{word.pos}" for word in GRAMMARS[language][1](sentence))


@pytest.mark.parametrize(
    ("language", "sentence", "expected"),
    [
        ("de", "am morgen setzt der regen ein und es gibt ein gewitter",
         "an/ADP morgen/NOUN setzen/VERB der/DET regen/NOUN ein/ADP und/CCONJ es/PRON geben/VERB "
         "ein/DET gewitter/NOUN"),
        ("de", "morgen ein grad und im süden etwas schnee",
         "morgen/ADV ein/NUM grad/NOUN und/CCONJ in/ADP süden/NOUN etwas/DET schnee/NOUN"),
        ("de", "nach und nach wird es viel wärmer",
         "nach/ADV und/CCONJ nach/ADV werden/AUX es/PRON viel/ADV warm/ADJ"),
        ("de", "in der früh bleibt es etwas kühl",
         "in/ADP der/DET früh/NOUN bleiben/VERB es/PRON etwas/ADV kühl/ADJ"),
        ("en", "it will not rain hard in the early morning",
         "it/PRON will/AUX not/PART rain/VERB hard/ADV in/ADP the/DET early/ADJ morning/NOUN"),
        ("en", "will rain come from the north", "will/AUX rain/NOUN come/VERB from/ADP the/DET "
         "north/NOUN"),
        ("en", "the fog will slowly clear later on",
         "the/DET fog/NOUN will/AUX slowly/ADV clear/VERB later/ADV on/ADV"),
        ("en", "later it will be a little clear",
         "later/ADV it/PRON will/AUX be/AUX a/DET little/ADV clear/ADJ"),
        ("zh", "未来几天气温二十一度", "未来/NOUN 几天/NOUN 气温/NOUN 二十一/NUM 度/NOUN"),
        ("zh", "有危险的薄冰的危险", "有/VERB 危险/ADJ 的/PART 薄冰/NOUN 的/PART 危险/NOUN"),
    ],
)  # fmt: skip
def test_words_have_lemma_and_part_of_speech(language: str, sentence: str, expected: str) -> None:
    assert tagged(language, sentence) == expected


@pytest.mark.parametrize("language", GRAMMARS)
def test_all_words_of_random_sentences_are_known(language: str) -> None:
    drawn = draw_annotated(language, 800, 7)
    assert {word.pos for words in drawn for word in words} <= POS
    blank = "" if language == "zh" else " "
    texts = [blank.join(word.text for word in words) for words in drawn]
    assert len(set(texts)) == 800
    assert draw_annotated(language, 20, 7) == drawn[:20]
    assert draw_annotated(language, 20, 8) != drawn[:20]


@pytest.mark.parametrize(
    ("lexicon", "modules"),
    [
        (german_annotation.LEXICON, "german german_atmosphere german_syntax german_words"),
        (english_annotation.LEXICON, "english english_syntax english_words"),
    ],
)
def test_the_lexicon_has_each_word_of_the_templates(lexicon: dict, modules: str) -> None:
    missing = set()
    for module in modules.split():
        tree = ast.parse((FOLDER / f"{module}.py").read_text(encoding="utf-8"))
        docstrings = {
            id(each.value)
            for each in ast.walk(tree)
            if isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)
        }
        for each in ast.walk(tree):
            if isinstance(each, ast.Constant) and isinstance(each.value, str):
                words = re.findall(r"(?<![{\w])[a-zäöüß]+(?!\w|})", each.value)
                missing |= set() if id(each) in docstrings else {*words} - lexicon.keys()
    assert missing <= STEMS | KEYS


def test_chinese_words_end_where_parts_of_a_template_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chinese, "expand", lambda rng, text, separator: expand(rng, text, " "))
    rng = np.random.default_rng(5)
    for _ in range(600):
        parts = chinese.sentence(sample_meaning(rng), rng).split()
        ends = np.cumsum([len(word) for word in chinese_annotation.segment("".join(parts))])
        assert set(np.cumsum([*map(len, parts)])) <= set(ends), parts


def test_an_unknown_word_is_named() -> None:
    with pytest.raises(InputError, match=r"sentence 'heute föhn': no lemma .* of 'föhn' found"):
        german_annotation.annotate("heute föhn")
    with pytest.raises(InputError, match="of '鱼' found"):
        chinese_annotation.annotate("今天鱼雨")


def test_a_form_has_one_entry() -> None:
    with pytest.raises(ValueError, match="wind: is in the lexicon as"):
        read_lexicon({"NOUN": "wind", "VERB": "wind"})


def test_the_rendered_corpus_is_not_rendered_again() -> None:
    """No module used for rendering imports the annotation, so the code hash is unchanged."""
    assert code_hash("synthesize_avatar") == "642601f9bf0b8d14"
