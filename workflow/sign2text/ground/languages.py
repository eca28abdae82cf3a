"""Properties of written languages."""

MBART_CODES = {"de": "de_DE", "en": "en_XX", "zh": "zh_CN"}
"""Codes of the languages (`Language` of settings.py) among the tokens of a multilingual model."""
FINAL_POINTS = (".", "。")


def is_chinese(language: str) -> bool:
    """Return whether a language is written without blanks between words, as `zh`."""
    return language.partition("-")[0] == "zh"


def without_final_point(text: str) -> str:
    """The text without a final point and the whitespace before it."""
    text = text.rstrip()
    return text[:-1].rstrip() if text.endswith(FINAL_POINTS) else text
