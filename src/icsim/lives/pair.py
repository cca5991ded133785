"""Two lives of one resident side by side: what is the same told once, what differs marked."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from icsim.calendar import MS_PER_DAY, MS_PER_MINUTE
from icsim.lives.timeline import Entry, Life

SAME, DIFFERS, ONLY_BASE, ONLY_OTHER = "same", "differs", "only in the baseline", "only in the alternative"


@dataclass(frozen=True)
class Both:
    """One thing that happened in either life, or in both."""

    base: Entry | None
    other: Entry | None

    @property
    def how(self) -> str:
        """same (to the minute, and in words) · differs · only in the baseline · only in the alternative"""
        if self.base is None or self.other is None:
            return ONLY_OTHER if self.base is None else ONLY_BASE
        return SAME if _reads(self.base) == _reads(self.other) else DIFFERS

    @property
    def day(self) -> float:
        """When it first happened in either, in days since the start."""
        return min(entry.day for entry in (self.base, self.other) if entry is not None)

    @property
    def parts(self) -> float:
        """When the two begin to differ, in days since the start: somebody may be in hospital before and stay longer."""
        if self.base is None or self.other is None:
            return self.day
        pairs = zip(_times(self.base), _times(self.other), strict=True)
        return next((min(pair) for pair in pairs if pair[0] != pair[1]), self.day)


@dataclass(frozen=True)
class Lives:
    """One resident under a baseline and an alternative, with the same luck."""

    key: str
    base: Life | None
    """None: this resident never joined (a child or an arrival of the other scenario)"""
    other: Life | None
    scenarios: tuple[str, ...]
    titles: tuple[str, ...]
    area: str
    seed: int
    replication: int
    """counted from 0"""

    @property
    def known(self) -> list[Life]:
        """The lives there are, the baseline's first."""
        return [each for each in (self.base, self.other) if each is not None]

    def merged(self) -> list[Both]:
        """Everything that happened, in order of time; the same thing in both lives is one item."""
        mine, theirs = ([*each.entries] if each else [] for each in (self.base, self.other))
        after = {entry.identity: entry for entry in theirs}
        before = {entry.identity for entry in mine}
        found = [Both(entry, after.get(entry.identity)) for entry in mine]
        found += [Both(None, entry) for entry in theirs if entry.identity not in before]
        return sorted(found, key=lambda each: each.day)

    @property
    def parts(self) -> float | None:
        """Day since the start of the first difference; None where the two lives are one."""
        return min((each.parts for each in self.merged() if each.how != SAME), default=None)

    def as_object(self) -> dict[str, Any]:
        """Plain data with stable keys: the lives, and the order in which their entries are told together."""
        lives = {"base": self.base, "alternative": self.other}
        return {"key": self.key, "area": self.area, "scenarios": list(self.scenarios), "titles": list(self.titles),
                "seed": self.seed, "replication": self.replication, "first_difference_day": self.parts,
                **{name: None if each is None else asdict(each) for name, each in lives.items()},
                "timeline": [{"how": each.how, "base": each.base and asdict(each.base),
                              "alternative": each.other and asdict(each.other)} for each in self.merged()]}


def _times(entry: Entry) -> tuple[float, float, float]:
    """Days since the start at which it was asked for, began and ended."""
    wait, lasted = (round(each or 0.0) * MS_PER_MINUTE / MS_PER_DAY for each in (entry.wait_minutes, entry.lasted_minutes))
    return entry.day, entry.day + wait, entry.day + wait + lasted


def _reads(entry: Entry) -> tuple[Any, ...]:
    """What a reader sees of an entry: times to the minute."""
    times = (None if each is None else round(each) for each in (entry.wait_minutes, entry.lasted_minutes))
    return entry.time, entry.what, entry.changes, entry.pool, entry.why, *times
