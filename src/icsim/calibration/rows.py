"""What one row of each table of targets says (`calibration/targets/*.csv`); the README there explains the columns."""

from __future__ import annotations

from dataclasses import dataclass

OLDEST = 90
"""Age 90 stands for 90 and over."""
ENGLAND = "england"
"""Area of figures that are compared in every area."""
FITTED, CHECKED = "fitted", "checked"
TOLERANCE = 0.05
"""Half the pass interval where none is given, as a share of the figure."""
NUMBER = "number_of_conditions"
"""The attribute that is counted from others: its levels are 0, 1, 2 … and, in targets, "2+"."""
MOST_COUNTED = 6
"""From so many conditions on nobody asks how many more."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """A published figure and which people it is of."""

    target: str
    """unique name"""
    measure: str
    of: str = ""
    """what is counted, or waited for with a limit in minutes, where the measure needs it"""
    attribute: str = ""
    level: str = ""
    """levels joined by |"""
    among: str = ""
    """only residents at this level, as "care=care_home" """
    sex: str = ""
    quintile: int = 0
    """0: all; 1 most deprived"""
    age_from: int = 0
    age_to: int = OLDEST
    place: str = ""
    """a place or a county of the area"""
    pool: str = ""
    """pools joined by |"""
    when: str = ""
    """start · end · first · year N; empty: all years together"""
    area: str
    value: float
    low: float | None = None
    high: float | None = None
    interval: str = ""
    """published · computed · tolerance"""
    unit: str
    year: str
    standing: str
    split: str
    source: str
    label: str
    note: str = ""

    @property
    def bounds(self) -> tuple[float, float]:
        """The pass interval."""
        if self.low is None or self.high is None:
            room = TOLERANCE * abs(self.value)
            return self.value - room, self.value + room
        return self.low, self.high

    @property
    def levels(self) -> tuple[str, ...]:
        """Levels that count."""
        return tuple(part.strip() for part in self.level.split("|") if part.strip())

    @property
    def pools(self) -> tuple[str, ...]:
        """Pools that count, together."""
        return tuple(part.strip() for part in self.pool.split("|") if part.strip())


@dataclass(frozen=True, kw_only=True)
class CountedCondition:
    """Levels of an attribute that count as one condition. `conditions_counted.csv`."""

    attribute: str
    levels: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Named:
    """A figure that a founding document says of an area. `named.csv`."""

    figure: str
    document: str
    area: str
    targets: str = ""
    """names of the rows by which it is checked, joined by |"""
    explained: str = ""
    """why it is not, or what to know"""
