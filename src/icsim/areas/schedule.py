"""Opening hours in words, as in "Mon-Fri 08:00-20:00; Sat,Sun 10:00-16:00", and the hours of the week they mean."""

from __future__ import annotations

import re
from difflib import get_close_matches

import numpy as np

from icsim.calendar import HOURS_PER_WEEK

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
FORMS = ('Opening hours are "always", or days and whole hours such as "daily 07:00-19:00", '
         '"daily 07:00-12:00,14:00-22:00", "Mon-Fri 08:00-20:00; Sat,Sun 10:00-16:00" '
         'or "daily 19:00-01:00" (past midnight). '
         f"Days: daily, or {', '.join(DAYS)}.")

_PART = re.compile(r"(?P<days>[A-Za-z,\s-]+?)\s+(?P<hours>\d[\d:,\s-]*)")
_RANGE = re.compile(r"(\d\d?):00\s*-\s*(\d\d?):00")


def parse(text: str) -> np.ndarray:
    """The hours of the week at which something is open: bool[168], hour 0 begins on Monday at 00:00.

    Hours past midnight belong to the day they begin on: "Sun 22:00-02:00" is open in the first hours of Monday.
    Raises ValueError, naming the accepted forms, for anything else; "never" is written as a capacity of 0.
    """
    if text.strip().lower() == "always":
        return np.ones(HOURS_PER_WEEK, bool)
    week = np.zeros(HOURS_PER_WEEK, bool)
    for part in text.split(";"):
        days, ranges = _part(text, part)
        for day in days:
            for first, last in ranges:
                week[(day * 24 + np.arange(first, last)) % HOURS_PER_WEEK] = True
    return week


def after_midnight(week: np.ndarray) -> int:
    """How many hours past midnight the shifts of a day last, at most; 0 for what is always open. week: bool[168]."""
    if week.all():
        return 0
    days = week.reshape(7, 24)
    goes_on = [int(np.argmin(day)) for day, before in zip(days, np.roll(days, 1, axis=0), strict=True) if before[-1]]
    return max(goes_on, default=0)


def shift_days(week: np.ndarray) -> np.ndarray:
    """bool[7], Monday first: the days on which shifts begin. week: bool[168]."""
    return np.any(np.roll(week, -after_midnight(week)).reshape(7, 24), axis=1)


def write(week: np.ndarray) -> str:
    """Words for bool[168] that `parse` reads back as the same hours. Raises ValueError where nothing is open."""
    if not week.any():
        raise ValueError("nothing is open at all: write a capacity of 0 instead")
    if week.all():
        return "always"
    hours = [_hours(day) for day in week.reshape(7, 24)]
    if len(set(hours)) == 1:
        return f"daily {hours[0]}"
    return "; ".join(f"{','.join(d for d, h in zip(DAYS, hours, strict=True) if h == one)} {one}"
                     for one in dict.fromkeys(hours) if one)


def _hours(day: np.ndarray) -> str:
    """The open hours of one day, bool[24], as in 07:00-12:00,14:00-22:00; empty where it is closed."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], day, [False]))))
    return ",".join(f"{a:02d}:00-{b:02d}:00" for a, b in edges.reshape(-1, 2))


def _part(text: str, part: str) -> tuple[list[int], list[tuple[int, int]]]:
    match = _PART.fullmatch(part.strip())
    if not match:
        raise _wrong(text, f'"{part.strip()}" is not days followed by hours.{_near(part.lower(), ("always",))}')
    return _days(text, match["days"]), [_range(text, one) for one in match["hours"].split(",")]


def _days(text: str, words: str) -> list[int]:
    if words.strip().lower() == "daily":
        return list(range(7))
    days: list[int] = []
    for word in words.split(","):
        ends = [_day(text, name) for name in word.split("-")]
        if len(ends) > 2:
            raise _wrong(text, f'"{word.strip()}" is not a range of days.')
        days += [(ends[0] + n) % 7 for n in range((ends[-1] - ends[0]) % 7 + 1)]
    return days


def _day(text: str, name: str) -> int:
    short = name.strip().title()
    if short not in DAYS:
        raise _wrong(text, f'"{name.strip()}" is not a day.{_near(short, DAYS)}')
    return DAYS.index(short)


def _range(text: str, words: str) -> tuple[int, int]:
    """(first hour, end) with the end up to 24 hours later, so that 19:00-01:00 is (19, 25)."""
    match = _RANGE.fullmatch(words.strip())
    if not match:
        raise _wrong(text, f'"{words.strip()}" is not a range of whole hours.')
    first, last = int(match[1]), int(match[2])
    if first > 23 or last > 24 or first == last:
        raise _wrong(text, f'"{words.strip()}" does not lie between 00:00 and 24:00, or is empty.')
    return first, last if last > first else last + 24


def _near(word: str, names: tuple[str, ...]) -> str:
    """What may have been meant, to stand after a sentence; empty where nothing is near."""
    close = get_close_matches(word.strip()[:100], names, 1)
    return f" Did you mean {close[0]}?" if close else ""


def _wrong(text: str, reason: str) -> ValueError:
    return ValueError(f'"{text}": {reason} {FORMS}')
