"""Bounds on values in untrusted JSON files."""

from typing import Any


def check_count(values: Any, most: int) -> None:
    """Raise ValueError if there are more than `most` JSON values in all, at any depth."""
    waiting, count = [values], 0
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict | list):
            count += len(value)
            if count > most:
                raise ValueError(f"more than {most} values found")
            waiting.extend(value.values() if isinstance(value, dict) else value)
