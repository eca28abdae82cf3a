"""Properties of written languages."""

MBART_CODES = {"de": "de_DE", "en": "en_XX", "zh": "zh_CN", "vi": "vi_VN"}
"""Language tokens of a multilingual model, by `Language` of settings.py."""
FINAL_POINTS = (".", "。")


def is_chinese(language: str) -> bool:
    """Return whether a language, such as `zh`, is written without spaces between words."""
    return language.partition("-")[0] == "zh"


def without_final_point(text: str) -> str:
    """Remove a final full stop and the whitespace before it."""
    text = text.rstrip()
    return text[:-1].rstrip() if text.endswith(FINAL_POINTS) else text
