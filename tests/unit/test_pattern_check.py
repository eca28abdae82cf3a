"""Patterns of published tokenizers pass; those with ways without number are refused."""

import pytest

from sign2text.untrusted.pattern_check import PatternError, check_pattern

GPT4 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CASED = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
UPPER = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
SHORT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
PUBLISHED = {
    "T5, mT5": " {2,}",
    "GPT-2": r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    "CLIP": r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+",
    "whitespace": r"\s+",
    "Llama-3": GPT4,
    "Qwen2": GPT4.replace("{1,3}", ""),
    "GPT-4, possessive": (
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
        r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
    ),
    "GPT-4o": rf"{CASED}{SHORT}|{UPPER}{SHORT}|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|\s+",
    "BLOOM": " ?[^(\\s|[.,!?…。，、।۔،])]+",
    "DeepSeek": (
        r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"
        r"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
    "Chinese": "[一-龥぀-ゟ゠-ヿ]+",
    "digits by three": r"\d{1,3}(?=(?:\d{3})*\b)",
    "cased by look-ahead": r"[^\r\n\p{L}\p{N}]?((?=[\p{L}])([^a-z]))*((?=[\p{L}])([^A-Z]))+",
}


@pytest.mark.parametrize("pattern", PUBLISHED.values(), ids=PUBLISHED)
def test_patterns_of_published_tokenizers_pass(pattern: str) -> None:
    assert check_pattern(pattern).least >= 1


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a*)*b",
        "(.*)*",
        "(a|a)*b",
        "(?:a|aa)+$",
        "(?>(a+))+b",
        "(?<n>a+)+$",
        "((a{1,9})){2,}b",
        "(a?){30}a{30}",
        "(a{0,20}){20}b",
        "a?" * 20 + "a" * 20,
        "(a|a)" * 20,
        ".*.*.*b",
        "a{0,}a{0,}a{0,999}b",
        "a{1,3}+b",
        "(a{1,3}+)b",
        "a**",
        "(a)\\1",
        "(?<n>a)\\k<n>",
        "\\g<0>a",
        "(?<n>a|\\g<n>a)",
        "(?<=a)b",
        "(?<!a)b",
        "(?(1)a|b)",
        "(?#[)(a+)+$(?#])",
        "(?x)#[\n(a+)+$#]",
        "a(?x)#[\n(a+)+$#]",
        "\\Q[\\E(a+)+$",
        "[]a](b+)+",
        "x*(?i)x*|x*(?i)x*",
        "(a{900}){900}",
        "(" * 40 + "a" + ")" * 40,
        "a" * 10_001,
        "a\\",
        "[a",
        "(a",
        "a)",
        "*a",
        "(^)*a",
        "(?=a)+b",
        r"\w*\w*\b[^\w\s]",
        r"\w*(?:\w*a)$",
        "|".join(["a+"] * 33),
        "a{5,2}",
    ],
)
def test_patterns_with_ways_without_number_are_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        check_pattern(pattern)
