"""Bounds of values that JSON files from elsewhere hold."""

from typing import Any


def check_count(values: Any, most: int) -> None:
    """Raise ValueError where JSON values are more than `most` in all, at any depth."""
    waiting, count = [values], 0
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict | list):
            count += len(value)
            if count > most:
                raise ValueError(f"more than {most} values found")
            waiting.extend(value.values() if isinstance(value, dict) else value)
