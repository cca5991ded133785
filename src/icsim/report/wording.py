"""Numbers and tables as people read them: plain text, at most 80 columns."""

from __future__ import annotations

import textwrap
from math import floor, log10

WIDTH = 80
MINUS = "−"
SMALLEST = 0.0005
"""Changes and errors below this are not worth their digits."""


def number(value: float | None, decimals: int | None = None, sign: bool = False) -> str:
    """1234.5 → "1,234" or, with a sign, "+1,234"; "–" where there is no value. Whole from 100 upwards, 8.0 as 8."""
    if value is None:
        return "–"
    places = _decimals(value) if decimals is None else decimals
    text = f"{abs(value):,.{places}f}"
    if not text.strip("0,."):
        return "0" if value == 0 else text
    return (MINUS if value < 0 else "+" if sign else "") + text


def _decimals(value: float) -> int:
    """Three figures that count, never more than three decimals."""
    return 0 if value == int(value) else min(3, max(0, 2 - floor(log10(abs(value)))))


def with_error(value: float | None, error: float | None, sign: bool = False) -> str:
    """Value ± Monte-Carlo error, both whole or to the decimals that the error's two leading figures need."""
    if value is None or error is None or error == 0:
        return number(value, sign=sign)
    if max(abs(value), error) < SMALLEST:
        return f"under {SMALLEST}"
    places = 0 if error >= 1 else min(4, 1 - floor(log10(error)))
    return f"{number(value, places, sign)} ± {number(max(error, 0.0001), places)}"


def percent(share: float | None) -> str:
    """A relative change with its sign, as in "−1.2 %"."""
    return "–" if share is None else f"{number(100 * share, 1, sign=True)} %"


def paragraph(text: str, indent: int = 2, hanging: str = "") -> str:
    """Text folded to the page; `hanging` stands before its first line."""
    first, rest = " " * indent + hanging, " " * (indent + len(hanging))
    return textwrap.fill(" ".join(text.split()), WIDTH, initial_indent=first, subsequent_indent=rest)


def table(rows: list[list[str]], head: list[str]) -> str:
    """Rows below a head: the first column to the left, the others to the right, all within the page."""
    lines = [head, *rows]
    widths = [max(len(line[n]) for line in lines) for n in range(len(head))]
    widths[0] = min(widths[0], WIDTH - 2 - sum(width + 2 for width in widths[1:]))
    return "\n".join(_line(line, widths) for line in lines)


def _line(cells: list[str], widths: list[int]) -> str:
    first = cells[0] if len(cells[0]) <= widths[0] else cells[0][: max(widths[0] - 1, 0)] + "…"
    others = (f"  {cell.rjust(width)}" for cell, width in zip(cells[1:], widths[1:], strict=True))
    return ("  " + first.ljust(widths[0]) + "".join(others)).rstrip()


def plain(name: str) -> str:
    """A name of the tables as words: watford_ae → watford ae."""
    return name.replace("_", " ")
