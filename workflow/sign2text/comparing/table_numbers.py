"""Numbers of published tables, and ours, as text."""

from __future__ import annotations

from sign2text.comparing.score_runs import Measured
from sign2text.papers.published_numbers import COUNTS

DASH = "–"


def published_number(column: str, value: float | int | None) -> str:
    """Format a published number with the digits that papers print."""
    if value is None:
        return DASH
    if column in COUNTS:
        return f"{value:,}"
    return f"{value:.1f}" if column == "bleurt" else f"{value:.2f}"


def our_number(value: Measured | None, column: str = "") -> str:
    """Format our score with two decimals and its deviation over seeds; counts have no decimals."""
    if value is None:
        return DASH
    if column in COUNTS:
        return f"{value.mean:,.0f}"
    deviation = "" if value.deviation is None else f" ± {value.deviation:.2f}"
    return f"{value.mean:.2f}{deviation}"


def between(interval: tuple[float, float] | None) -> str:
    """Format an interval in brackets; empty if there is none."""
    return "" if interval is None else f"[{interval[0]:.2f}, {interval[1]:.2f}]"
