"""How values, choices and near misses are put into words for the person who edits the file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from difflib import get_close_matches
from textwrap import fill
from typing import Any

LONGEST = 60
"""Characters of somebody else's text that a message repeats."""


def shorten(text: str, longest: int = LONGEST) -> str:
    """`text` on one line, without control characters, cut after `longest` characters."""
    plain = "".join(c if c.isprintable() else "�" for c in text[: longest + 1])
    return plain if len(plain) <= longest else plain[:longest] + "…"


def shown(value: Any) -> str:
    """A value as it would stand in the file, cut where it is long."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{shorten(value)}"'
    if isinstance(value, int):
        return str(value) if value.bit_length() <= 64 else "a number of more than 19 digits"
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.12g}"
    return "a table" if isinstance(value, dict) else "a list" if isinstance(value, list) else "nothing"


def folded(text: str, indent: str = "", more: str = "") -> str:
    """`text` on lines of at most 80 columns: the first after `indent`, those that follow `more` further in."""
    plain = " ".join(text.split())
    return fill(plain, 80, initial_indent=indent, subsequent_indent=" " * len(indent) + more, break_on_hyphens=False,
                break_long_words=False)


def near(name: str, names: Iterable[str]) -> str:
    """ " Did you mean open?", to stand after a sentence; empty where nothing is near."""
    close = get_close_matches(name[:100], sorted(set(names)), 1)
    return f" Did you mean {close[0]}?" if close else ""


def nearest(name: str, names: Iterable[str]) -> str:
    """The same; where nothing is near, all there are, if they are few."""
    known = sorted(set(names))
    return near(name, known) or (f" Known: {', '.join(known)}." if 0 < len(known) <= 12 else "")


def listed(names: Iterable[Any], word: str) -> str:
    """ "a, b or c" """
    items = [str(name) for name in names]
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {word} {items[-1]}"


def grouped(number: float) -> str:
    """A number for reading: thousands apart, no more digits than it has."""
    if 0 < abs(number) < 1e-4:
        return f"{number:.12f}".rstrip("0")
    return f"{number:,}" if isinstance(number, int) else f"{number:,.10g}"


def in_a_sentence(label: str) -> str:
    """A label without its capital; one such as A&E keeps it."""
    return label if label[1:2].isupper() or not label[1:2].isalpha() else label[0].lower() + label[1:]
