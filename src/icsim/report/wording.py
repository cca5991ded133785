"""Numbers and tables as people read them: plain text, at most 80 columns."""

from __future__ import annotations

import textwrap
from math import floor, log10
from typing import Any

WIDTH = 80
MINUS = "−"
SMALLEST = 0.0005
"""Changes and errors below this are not worth their digits."""
UNSEEN = 0.05
HARDLY = "hardly any"
SMALLEST_SHARE = 0.0005
"""Relative changes below this would print as 0.0 %."""
NARROWEST_LABEL, HEADS = 24, (20, 14, 10)
"""Columns that the labels of a table keep; columns to which a long head is folded, tried in this order."""


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
    """Value ± Monte-Carlo error, both whole or to the decimals that the error's two leading figures need.

    Of a value from 100 upwards, which is whole without an error, one below UNSEEN is left out.
    """
    if value is None or error is None or error == 0 or (error < UNSEEN and abs(value) >= 100):
        return number(value, sign=sign)
    if max(abs(value), error) < SMALLEST:
        return HARDLY
    places = places_for(error)
    return f"{number(value, places, sign)} ± {number(max(error, 0.0001), places)}"


def places_for(error: float) -> int:
    """Decimals that the two leading figures of an error need; none from 1 upwards."""
    return 0 if error >= 1 else min(4, 1 - floor(log10(error)))


def about(value: float, error: float | None) -> str:
    """A value for a sentence: to the leading figure of its error, which is left out."""
    return number(value, about_places(value, error))


def about_places(value: float, error: float | None) -> int:
    """Decimals of a value in a sentence; those of its size where no error is known."""
    if error:
        return max(places_for(error) - 1, 0)
    return 0 if value == int(value) or abs(value) >= 10 else 1 if abs(value) >= 0.1 else 3


def unclear(row: Any) -> bool:
    """Whether luck alone may be behind a change: it is smaller than two Monte-Carlo errors."""
    return bool(row["mc_error"]) and abs(row["mean"]) < 2 * row["mc_error"]


def verdict(row: Any) -> str:
    """What a change comes to: its share of the baseline, or words where that share would mislead."""
    share = row["relative_change"]
    if row["mean"] is None:
        return "–"
    if unclear(row):
        return "no clear change"
    if row["mean"] == 0:
        return "none"
    return HARDLY if share is not None and abs(share) < SMALLEST_SHARE else percent(share)


def percent(share: float | None) -> str:
    """A relative change with its sign, as in "−1.2 %"."""
    return "–" if share is None else f"{number(100 * share, 1, sign=True)} %"


def paragraph(text: str, indent: int = 2, hanging: str = "") -> str:
    """Text folded to the page; `hanging` stands before its first line."""
    first, rest = " " * indent + hanging, " " * (indent + len(hanging))
    return textwrap.fill(" ".join(text.split()), WIDTH, initial_indent=first, subsequent_indent=rest)


def heading(text: str, title: str = "") -> str:
    """A heading of as many lines as it needs; `title` stands below it as it is."""
    lines = textwrap.wrap(text.upper(), WIDTH)
    return "\n".join([*lines, *([paragraph(title)] if title else [])])


def table(rows: list[list[str]], head: list[str]) -> str:
    """Rows below a head: the first column to the left, the others to the right, all within the page.

    Long labels and heads are folded, empty columns left out; what has no room stands in another table below.
    """
    labels, *columns = ([*column] for column in zip(head, *rows, strict=True))
    return _table(labels, [column for column in columns if any(column)])


def _table(labels: list[str], columns: list[list[str]]) -> str:
    """The same by columns, each with its head first."""
    longest = max(map(len, labels))
    need = min(longest, NARROWEST_LABEL)
    widths = next((found for fold in HEADS if _room(found := [_width(column, fold) for column in columns]) >= need), [])
    if not widths and len(columns) > 1:
        half = (len(columns) + 1) // 2
        return "\n".join([_table(labels, columns[:half]), _table(labels, columns[half:])])
    widths = widths or [_width(columns[0], HEADS[-1])]
    widths = [min(longest, max(_room(widths), 1)), *widths]
    head, *rows = ([*cells] for cells in zip(labels, *columns, strict=True))
    return "\n".join([*_head(head, widths), *(line for row in rows for line in _lines(row, widths))])


def _room(widths: list[int]) -> int:
    """What other columns leave for the first."""
    return WIDTH - 2 - sum(width + 2 for width in widths)


def _width(column: list[str], fold: int) -> int:
    """Width of a column: its longest cell, or what the head needs when it is folded to `fold`."""
    head, *cells = column
    return max(min(len(head), fold), *map(len, head.split() or [""]), *map(len, cells))


def _head(head: list[str], widths: list[int]) -> list[str]:
    """The head on as many lines as its longest cell needs, standing on the first row."""
    folded = [textwrap.wrap(cell, width) for cell, width in zip(head, widths, strict=True)]
    height = max(map(len, folded))
    return [_line([(height - len(lines)) * [""] + lines for lines in folded], n, widths) for n in range(height)]


def _lines(row: list[str], widths: list[int]) -> list[str]:
    """A row; a label that is too long goes on below, a little further in."""
    label = textwrap.wrap(row[0], widths[0], subsequent_indent="  ")
    columns = [label, *([cell] + [""] * (len(label) - 1) for cell in row[1:])]
    return [_line(columns, n, widths) for n in range(len(label))]


def _line(columns: list[list[str]], n: int, widths: list[int]) -> str:
    first, *others = (column[n] for column in columns)
    cells = (f"  {cell.rjust(width)}" for cell, width in zip(others, widths[1:], strict=True))
    return ("  " + first.ljust(widths[0]) + "".join(cells)).rstrip()


def plain(name: str) -> str:
    """A name of the tables as words: watford_ae → watford ae."""
    return name.replace("_", " ")
