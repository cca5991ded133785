"""Looks on while a replication runs and counts what its results do not hold. Changes nothing, costs nothing unasked.

At the start and at the end of each year: residents by the level of every attribute that a target asks for. Between two such
days: what became of those who were there (died, admitted, how often), by their level on the first; and how many of those
who left hospital came back within thirty days. Everything is int64.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from icsim.calendar import MS_PER_DAY
from icsim.calibration.rows import MOST_COUNTED, NUMBER, CountedCondition, Target
from icsim.catalogue.load import Catalogue
from icsim.residents.layout import Layout
from icsim.residents.residents import Residents
from icsim.simulation import World
from icsim.state import AGES, BANDS, DEAD, GONE, LIVING, OLDEST, PLACE, QUINTILE, QUINTILES, SEX, SEXES, WAITING
from icsim.tables import STILL_THERE

EVERYBODY = "everybody"
"""A followed group without levels."""
STATISTICS = ("people", "died", "admissions", "admissions_squared", "admitted")
PEOPLE, DIED, ADMISSIONS, SQUARED, ADMITTED = range(len(STATISTICS))
RETURN_DAYS = 30
ADMISSION = "emergency_admissions"
NUMBERS = (*(str(n) for n in range(MOST_COUNTED)), f"{MOST_COUNTED}+")
"""Levels of the number of conditions."""
Tables = dict[str, np.ndarray]


@dataclass(frozen=True)
class Asked:
    """What targets ask to be counted."""

    counted: tuple[tuple[int, tuple[int, ...]], ...]
    """attribute and the levels of it that are a condition (indices)"""
    levels: dict[str, tuple[str, ...]]
    """attribute → its levels"""
    shares: tuple[tuple[str, str], ...]
    """attribute and "attribute=level" of those among whom it is asked (empty: everybody)"""
    followed: tuple[str, ...]
    """attributes by whose level it is asked what becomes of people"""
    admitting: np.ndarray
    """bool[step]: a stay that counts as an emergency admission"""


def asked(world: World, targets: Iterable[Target], counted: Iterable[CountedCondition], everything: bool = False) -> Asked:
    """What these targets need of a world; what its catalogue does not have is left out. `everything`: all shares."""
    layout = world.built.layout
    conditions = tuple((layout.attribute(row.attribute), _indices(layout, row)) for row in counted
                       if row.attribute in layout.attributes)
    levels = {name: layout.levels[name] for name in layout.attributes} | ({NUMBER: NUMBERS} if conditions else {})
    rows = [row for row in targets if row.attribute in levels]
    shares = dict.fromkeys((row.attribute, row.among) for row in rows if row.measure == "prevalence" and _known(levels, row))
    shares |= {("sex", ""): None}  # residents by single year of age
    shares |= {(name, ""): None for name in levels if everything and name not in _FIXED}
    by = dict.fromkeys((*(row.attribute for row in rows if row.measure != "prevalence"), *_always(levels)))
    return Asked(conditions, levels, tuple(shares), (EVERYBODY, *by), admitting(world.catalogue, world))


_FIXED = ("quintile", "place")
"""Attributes whose shares nobody asks for: they are axes of every table."""


def _indices(layout: Layout, row: CountedCondition) -> tuple[int, ...]:
    wanted = [level.strip() for level in row.levels.split("|")]
    return tuple(n for n, level in enumerate(layout.levels[row.attribute]) if level in wanted)


def _known(levels: dict[str, tuple[str, ...]], row: Target) -> bool:
    attribute, _, level = row.among.partition("=")
    return not row.among or level in levels.get(attribute, ())


def _always(levels: dict[str, tuple[str, ...]]) -> list[str]:
    """Attributes whose course is told even where no target asks."""
    return [name for name in ("frailty", NUMBER) if name in levels]


def admitting(catalogue: Catalogue, world: World) -> np.ndarray:
    """bool[step]: whether a stay at this step is an emergency admission."""
    return np.array([ADMISSION in [part.strip() for part in step.counts_as.split("|")] for step in world.layout.steps])


@dataclass
class Census:
    """The onlooker of one replication (`simulation.Watch`)."""

    world: World
    asked: Asked
    tables: Tables = field(default_factory=dict)
    """"census.<attribute>" int64[date, sex, quintile, age, level] ("…@<among>" among some), "census.<attribute>.place"
    int64[date, place, age, level], "followed.<attribute>" int64[year, sex, quintile, band, level, STATISTICS],
    "returns" int64[year, quintile, came back · left hospital]"""
    tally: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    """int64[period, cell, column], once the run is over: what the residents tallied"""
    columns: tuple[str, ...] = ()
    """names of the columns of `tally`"""

    def __post_init__(self) -> None:
        years = len(self.world.calendar.periods)
        cell = SEXES, QUINTILES
        for attribute, among in self.asked.shares:
            size = len(self.asked.levels[attribute])
            self.tables[share_table(attribute, among)] = np.zeros((years + 1, *cell, AGES, size), np.int64)
            if not among:
                places = len(self.world.area.places)
                self.tables[place_table(attribute)] = np.zeros((years + 1, places, AGES, size), np.int64)
        for name in self.asked.followed:
            self.tables[followed_table(name)] = np.zeros((years, *cell, BANDS, self._size(name), len(STATISTICS)), np.int64)
        self.tables["returns"] = np.zeros((years, QUINTILES, 2), np.int64)
        self._years, self._dates = years, 0
        self._cohort = _Cohort.empty()
        self._admissions = np.zeros(0, np.int64)
        self._left_ms = np.zeros(0, np.int64)
        self._residents: Residents | None = None

    def _size(self, name: str) -> int:
        return 1 if name == EVERYBODY else len(self.asked.levels[name])

    def residents(self, *given: Any) -> Residents:
        """Residents who tell this onlooker whenever they are counted."""
        self._residents = _Told(self, *given)
        return self._residents

    def counted(self, residents: Residents) -> None:
        """The residents are being counted: at the start, at the end of each year, and once more at the very end."""
        people = _People.of(residents, self.asked)
        if self._dates > self._years:  # the last day again, after what was still open has been closed
            self._count_shares(people, self._years)
            self._let_go(residents)
            return
        self._count_shares(people, self._dates)
        if self._dates:
            self._close_year(residents, self._dates - 1)
        self._cohort = _Cohort.of(people, [people.codes(name) for name in self.asked.followed])
        self._admissions = np.zeros(residents.rows, np.int64)
        self._dates += 1

    def _let_go(self, residents: Residents) -> None:
        """The run is over: residents are not kept, so that no replication takes memory while others run."""
        self.tally, self.columns = residents.tally, residents.columns
        self._residents, self._cohort = None, _Cohort.empty()
        self._admissions = self._left_ms = np.zeros(0, np.int64)

    def _count_shares(self, people: _People, date: int) -> None:
        for attribute, among in self.asked.shares:
            here = people if not among else people.among(among)
            size = self._size(attribute)
            self.tables[share_table(attribute, among)][date] = _counts(
                (SEXES, QUINTILES, AGES, size), here.sex, here.quintile, here.age, here.codes(attribute))
            if not among:
                table = self.tables[place_table(attribute)]
                table[date] = _counts(table.shape[1:], here.place, here.age, here.codes(attribute))

    def _close_year(self, residents: Residents, year: int) -> None:
        """What became of those who were counted last: of all who did not move away."""
        cohort = self._cohort
        status = residents.people.person["status"][cohort.row]
        stayed = status != GONE
        times = _padded(self._admissions, residents.rows)[cohort.row][stayed]
        values = (np.ones(len(times), np.int64), (status[stayed] == DEAD).astype(np.int64), times, times**2,
                  (times > 0).astype(np.int64))
        for name, code in zip(self.asked.followed, cohort.codes, strict=True):
            size = self._size(name)
            at = (cohort.cell * size + code)[stayed]
            table = self.tables[followed_table(name)]
            for n, value in enumerate(values):
                summed = np.bincount(at, weights=value, minlength=SEXES * QUINTILES * BANDS * size)
                table[year, ..., n] += summed.astype(np.int64).reshape(SEXES, QUINTILES, BANDS, size)

    def served(self, contacts: np.ndarray) -> None:
        """Stays in hospital that ended in this beat."""
        own = (contacts["resident"] >= 0) & (contacts["step"] >= 0) & (contacts["started"] >= 0)
        stays = contacts[own & (contacts["reason"] != STILL_THERE)]
        stays = stays[self.asked.admitting[stays["step"]]]
        if len(stays) and self._residents is not None:
            self._count_returns(stays)
            rows = stays["resident"]
            self._admissions = _padded(self._admissions, int(rows.max()) + 1)
            self._admissions += np.bincount(rows, minlength=len(self._admissions))

    def _count_returns(self, stays: np.ndarray) -> None:
        """A stay within thirty days of the last one's end is a return; nobody is in two beds, so stays do not overlap."""
        stays = stays[np.lexsort((stays["started"], stays["resident"]))]
        row, started, ended = stays["resident"], stays["started"], stays["ended"]
        self._left_ms = _padded(self._left_ms, int(row.max()) + 1, -(2**62))
        first = np.append(True, row[1:] != row[:-1])
        before = np.where(first, self._left_ms[row], np.append(0, ended[:-1]))
        back = started - before <= RETURN_DAYS * MS_PER_DAY
        self._left_ms[row] = ended  # of several, the last one holds
        assert self._residents is not None
        if 0 < self._dates <= self._years:
            quintile = self._residents.people.level[row, QUINTILE].astype(np.int64)
            table = self.tables["returns"][self._dates - 1]
            table[:, 0] += np.bincount(quintile[back], minlength=QUINTILES)
            table[:, 1] += np.bincount(quintile, minlength=QUINTILES)


def share_table(attribute: str, among: str = "") -> str:
    """Name of the table of shares by sex, quintile and age."""
    return f"census.{attribute}@{among}" if among else f"census.{attribute}"


def place_table(attribute: str) -> str:
    """Name of the table of shares by place and age."""
    return f"census.{attribute}.place"


def followed_table(name: str) -> str:
    """Name of the table of what became of people."""
    return f"followed.{name}"


class _Told(Residents):
    """Residents whose onlooker is told when they are counted."""

    def __init__(self, onlooker: Census, *given: Any):
        super().__init__(*given)
        self._onlooker = onlooker

    def census(self) -> np.ndarray:
        self._onlooker.counted(self)
        return super().census()


@dataclass(frozen=True)
class _People:
    """Those who live in the area on one day; all arrays int64[resident]."""

    asked: Asked
    layout: Layout
    row: np.ndarray
    level: np.ndarray  # uint8[resident, attribute]
    age: np.ndarray

    @classmethod
    def of(cls, residents: Residents, wanted: Asked) -> _People:
        status = residents.people.person["status"][: residents.rows]
        row = np.flatnonzero((status == LIVING) | (status == WAITING))
        age = np.minimum(residents.people.person["age"][row], OLDEST).astype(np.int64)
        return cls(wanted, residents.built.layout, row, residents.people.level[row], age)

    @property
    def sex(self) -> np.ndarray:
        return self.level[:, SEX].astype(np.int64)

    @property
    def quintile(self) -> np.ndarray:
        return self.level[:, QUINTILE].astype(np.int64)

    @property
    def place(self) -> np.ndarray:
        return self.level[:, PLACE].astype(np.int64)

    def codes(self, name: str) -> np.ndarray:
        """The level of everybody."""
        if name == EVERYBODY:
            return np.zeros(len(self.row), np.int64)
        if name == NUMBER:
            return self._number()
        return self.level[:, self.layout.attribute(name)].astype(np.int64)

    def _number(self) -> np.ndarray:
        found = np.zeros(len(self.row), np.int64)
        for attribute, levels in self.asked.counted:
            found += np.isin(self.level[:, attribute], levels)
        return np.minimum(found, MOST_COUNTED)

    def among(self, text: str) -> _People:
        """Only those at a level, as "care=care_home"."""
        attribute, _, level = text.partition("=")
        here = self.codes(attribute) == self.asked.levels[attribute].index(level)
        return _People(self.asked, self.layout, self.row[here], self.level[here], self.age[here])


@dataclass(frozen=True)
class _Cohort:
    """Those who were here when last counted: row, sex × quintile × band, level of what is followed; int64[resident]."""

    row: np.ndarray
    cell: np.ndarray
    codes: list[np.ndarray]

    @classmethod
    def empty(cls) -> _Cohort:
        nobody = np.zeros(0, np.int64)
        return cls(nobody, nobody, [])

    @classmethod
    def of(cls, people: _People, codes: list[np.ndarray]) -> _Cohort:
        cell = (people.sex * QUINTILES + people.quintile) * BANDS + people.age // 5
        return cls(people.row, cell, codes)


def _counts(shape: tuple[int, ...], *columns: np.ndarray) -> np.ndarray:
    """int64[shape]: how many have these indices."""
    at = np.ravel_multi_index(columns, shape) if len(columns[0]) else np.zeros(0, np.int64)
    return np.bincount(at, minlength=int(np.prod(shape))).reshape(shape)


def _padded(values: np.ndarray, size: int, fill: int = 0) -> np.ndarray:
    """The same with room for `size` residents."""
    if len(values) >= size:
        return values
    room = np.full(max(size, len(values) * 5 // 4), fill, np.int64)
    room[: len(values)] = values
    return room
