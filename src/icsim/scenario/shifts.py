"""Shifts of money: what a file says of one, as the ledger takes it.

A shift moves so many pounds a year from one budget line to others. It grows from its start by its ramp, month by month, and
then goes on for good.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from icsim.calendar import add_months

SHAPES = {
    "linear": lambda x: x,
    "front-loaded": lambda x: 1.0 - (1.0 - x) ** 2,
    "back-loaded": lambda x: x**2,
}
"""How much of the whole moves when a share x of the ramp is over."""
STEP = "step"
_TIME = r"(\d{1,3}) (month|year)s?"
RAMP = re.compile(rf"({'|'.join(SHAPES)}) {_TIME}")
TIME = re.compile(_TIME)
WHEN = re.compile(r"occupancy < (0?\.\d+|1|\d{1,3} ?%) for (\d{1,2}) months?")
RAMPS = 'must be "step", or one of linear, front-loaded and back-loaded with a time, as in "linear 3 years".'
TIMES = 'must be a time, as in "6 months" or "2 years".'
WHENS = 'must be written as in "occupancy < 0.90 for 3 months".'


class Ramp(NamedTuple):
    """How a shift grows."""

    shape: str
    months: int

    def share(self, month: int) -> float:
        """Of the whole, in the month-th month from the start on (0: the first); 0 before."""
        if month < 0:
            return 0.0
        return 1.0 if month + 1 >= self.months else SHAPES[self.shape]((month + 1) / self.months)

    def text(self) -> str:
        """As people write it."""
        return STEP if self.months == 1 else f"{self.shape} {in_months(self.months)}"


class Condition(NamedTuple):
    """Servers close only when fewer than `occupancy` of those on duty were in use in each of the last so many months."""

    occupancy: float
    months: int

    def text(self) -> str:
        """As people write it."""
        return f"occupancy < {self.occupancy:g} for {in_months(self.months)}"


@dataclass(frozen=True)
class Shift:
    """One shift in full."""

    givers: tuple[tuple[str, float], ...]
    """budget lines and the share of each; several give together, from a pooled budget"""
    receivers: tuple[tuple[str, float], ...]
    """budget line or pool of servers, and its share"""
    pence: int
    """a year, once all of it moves"""
    start: date
    ramp: Ramp
    close_when: Condition | None = None
    backfill: bool = True
    double_running_months: int = 0
    double_running_from: str = ""
    reason: str = ""
    taken: bool = True
    """whether the lines that give do without it; no file says otherwise: only where parts of a scenario are told apart,
    receivers get what would come free, and nothing closes"""

    def said(self) -> dict[str, Any]:
        """As it stands in a file; reading that gives the same shift."""
        pooled = len(self.givers) > 1
        found = {"from": None if pooled else self.name, "pooled": dict(self.givers) if pooled else None,
                 "to": dict(self.receivers), "amount_gbp_per_year": self.pence / 100,
                 "start": self.start, "ramp": self.ramp.text(), "close_when": self.close_when and self.close_when.text(),
                 "backfill": self.backfill,
                 "double_running": in_months(self.double_running_months) if self.double_running_months else None,
                 "double_running_from": self.double_running_from or None, "reason": self.reason}
        return {name: value for name, value in found.items() if value is not None}

    @property
    def name(self) -> str:
        """The line that gives, or all of them: hospital_beds+mh_beds."""
        return "+".join(name for name, _ in self.givers)

    def share_of(self, line: str) -> float:
        """Share that a line gives; 0 if it gives nothing."""
        return dict(self.givers).get(line, 0.0)

    def planned(self, month: date) -> int:
        """Pence a year that are to move in this month (its first day)."""
        return round(self.pence * self.ramp.share(months_between(self.start, month)))

    @property
    def grown(self) -> date:
        """The first month in which all of it moves."""
        return add_months(self.start, self.ramp.months - 1)


def months_between(first: date, last: date) -> int:
    """Whole months from the month of `first` to that of `last`."""
    return (last.year - first.year) * 12 + last.month - first.month


def shift_of(said: Mapping[str, Any]) -> Shift:
    """A sound entry of [[shift]] as the ledger takes it."""
    givers = tuple(said["pooled"].items()) if "pooled" in said else ((said["from"], 1.0),)
    return Shift(givers, tuple(said["to"].items()), round(100 * said["amount_gbp_per_year"]), said["start"],
                 ramp_of(said.get("ramp", STEP)), condition_of(said["close_when"]) if "close_when" in said else None,
                 said.get("backfill", True), months_of(said["double_running"]) if "double_running" in said else 0,
                 said.get("double_running_from", ""), said.get("reason", ""))


def ramp_of(text: str) -> Ramp:
    """Raises ValueError with what is allowed."""
    if text == STEP:
        return Ramp("linear", 1)
    found = RAMP.fullmatch(text)
    if not found or not int(found[2]):
        raise ValueError(RAMPS)
    return Ramp(found[1], _months(found[2], found[3]))


def months_of(text: str) -> int:
    """Months of "6 months" or "2 years". Raises ValueError with what is allowed."""
    found = TIME.fullmatch(text)
    if not found or not int(found[1]):
        raise ValueError(TIMES)
    return _months(found[1], found[2])


def condition_of(text: str) -> Condition:
    """Raises ValueError with what is allowed."""
    found = WHEN.fullmatch(text)
    if not found or not int(found[2]):
        raise ValueError(WHENS)
    limit = float(found[1].rstrip(" %")) / (100.0 if "%" in found[1] else 1.0)
    if not 0 < limit <= 1:
        raise ValueError(WHENS)
    return Condition(limit, int(found[2]))


def in_months(number: int) -> str:
    """ "1 month", "18 months" """
    return f"{number} month{'' if number == 1 else 's'}"


def _months(number: str, unit: str) -> int:
    return int(number) * (12 if unit == "year" else 1)
