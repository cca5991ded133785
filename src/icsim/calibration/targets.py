"""Reading the targets, with every mistake told by file, line and value.

They lie in `calibration/targets` of a checkout; a wheel puts them beside Python's other data (share/icsim/targets).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from icsim import areas
from icsim.calibration.measures import MEASURES
from icsim.calibration.rows import (
    CHECKED,
    ENGLAND,
    FITTED,
    NUMBER,
    OLDEST,
    CountedCondition,
    Named,
    Target,
)
from icsim.catalogue.csvtable import Table, nearest, read_table
from icsim.catalogue.rows import Source
from icsim.errors import CatalogueError, Problem
from icsim.folders import beside

OTHERS: dict[str, type] = {"conditions_counted.csv": CountedCondition, "named.csv": Named, "sources.csv": Source}
"""Files that hold no targets."""
INTERVALS = ("published", "computed", "tolerance")
WHEN = re.compile(r"|start|end|first|year [1-9]\d?")


@dataclass(frozen=True)
class Targets:
    """Every table, checked."""

    targets: tuple[Target, ...]
    counted: tuple[CountedCondition, ...]
    named: tuple[Named, ...]
    sources: tuple[Source, ...]

    def of(self, area: str) -> tuple[Target, ...]:
        """Those that are compared in this area."""
        return tuple(row for row in self.targets if row.area in (ENGLAND, area))


@dataclass(frozen=True)
class _Found:
    """A row and where it stands."""

    row: Any
    file: str
    line: int

    def problem(self, column: str, message: str, value: object = None) -> Problem:
        shown = getattr(self.row, column, None) if value is None else value
        return Problem(f"{self.file}: {column}", message.strip(), self.line, shown)


def folder() -> Path:
    """Where the targets lie."""
    return beside("targets")


def load(place: Path | None = None) -> Targets:
    """Read and check every table of targets. Raises CatalogueError with all mistakes."""
    where = folder() if place is None else place
    found, problems = _read(where)
    if not problems:
        problems = list(_problems(found))
    if problems:
        raise CatalogueError(str(where), problems)
    return Targets(*(tuple(each.row for each in found[name]) for name in ("targets", *OTHERS)))


def _read(where: Path) -> tuple[dict[str, list[_Found]], list[Problem]]:
    """Rows by table; "targets" are those of all files that hold nothing else."""
    files = [*sorted(path for path in where.glob("*.csv") if path.name not in OTHERS), *(where / name for name in OTHERS)]
    found: dict[str, list[_Found]] = {"targets": [], **{name: [] for name in OTHERS}}
    problems: list[Problem] = []
    for path in files:
        plain: type = OTHERS.get(path.name, Target)
        table: Table = read_table(path, plain)
        problems += table.problems
        table_name = path.name if path.name in OTHERS else "targets"
        found[table_name] += [_Found(row, path.name, line) for row, line in zip(table.rows, table.lines, strict=True)]
    return found, problems


# Checks --------------------------------------------------------------------------------------------------------------


def _problems(found: dict[str, list[_Found]]) -> Iterator[Problem]:
    known = {each.row.source for each in found["sources.csv"]}
    names = Counter(each.row.target for each in found["targets"])
    for each in found["targets"]:
        for check in _CHECKS:
            yield from check(each)
        yield from _source_problems(each, known)
        if names[each.row.target] > 1:
            yield each.problem("target", "Another row has this name already: each needs its own.")
    yield from _unused(found)
    for each in found["named.csv"]:
        yield from _named_problems(each, set(names))


def _measure(each: _Found) -> Iterator[Problem]:
    if each.row.measure not in MEASURES:
        yield each.problem("measure", f"There is no such measure. {nearest(each.row.measure, MEASURES)}")
        return
    kind = MEASURES[each.row.measure]
    for column in kind.needs:
        if not getattr(each.row, column):
            yield each.problem(column, f"The measure {each.row.measure} needs this column.")
    if kind.bands and not _whole_bands(each.row.age_from, each.row.age_to):
        yield each.problem("age_from", "This measure knows five-year bands: begin at 0, 5 … and end at 4, 9 … or 90.",
                           f"{each.row.age_from} to {each.row.age_to}")


def _whole_bands(first: int, last: int) -> bool:
    return first % 5 == 0 and (last % 5 == 4 or last == OLDEST)


def _one_of(column: str, choices: Callable[[], Iterable[str]]) -> Callable[[_Found], Iterator[Problem]]:
    def check(each: _Found) -> Iterator[Problem]:
        allowed = list(choices())
        if getattr(each.row, column) not in allowed:
            yield each.problem(column, f"This must be one of: {', '.join(filter(None, allowed))}.")
    return check


def _ages(each: _Found) -> Iterator[Problem]:
    if not 0 <= each.row.age_from <= each.row.age_to <= OLDEST:
        yield each.problem("age_from", f"Ages run from 0 to {OLDEST} (and over), the first not above the last.",
                           f"{each.row.age_from} to {each.row.age_to}")
    if not 0 <= each.row.quintile <= 5:
        yield each.problem("quintile", "This must be 1 (most deprived) to 5, or empty for all.")


def _interval(each: _Found) -> Iterator[Problem]:
    row = each.row
    if (row.low is None) != (row.high is None):
        yield each.problem("low", "Give both low and high, or neither (then it is five per cent either way).")
    elif row.low is None and row.value == 0:
        yield each.problem("value", "Five per cent of nothing is nothing: give low and high.")
    elif row.low is not None and not row.low <= row.value <= row.high:
        yield each.problem("low", "The figure must lie between low and high.", f"{row.low:g} to {row.high:g}, {row.value:g}")
    if (row.low is None) == bool(row.interval) or row.interval not in ("", *INTERVALS):
        yield each.problem("interval", f"With low and high it is {' or '.join(INTERVALS)}; without, empty.")


def _when(each: _Found) -> Iterator[Problem]:
    if not WHEN.fullmatch(each.row.when):
        yield each.problem("when", 'This must be start, end, first, "year 10", or empty.')


def _people(each: _Found) -> Iterator[Problem]:
    row = each.row
    if row.among and not re.fullmatch(r"\w+=\w+", row.among):
        yield each.problem("among", 'This must be an attribute and a level, as "care=care_home".')
    if row.measure == "prevalence" and row.place and (row.sex or row.quintile or row.among):
        yield each.problem("place", "Shares are counted by place, or by sex, fifth and another level, but not by both.")
    if row.attribute == NUMBER and not all(re.fullmatch(r"\d\+?", level) for level in row.levels):
        yield each.problem("level", 'Numbers of conditions are written as "0|1" or "2+".')


def _source_problems(each: _Found, known: set[str]) -> Iterator[Problem]:
    for name in (part.strip() for part in each.row.source.split(";")):
        if name not in known:
            yield each.problem("source", f"This source is not in sources.csv. {nearest(name, known)}", name)


def _unused(found: dict[str, list[_Found]]) -> Iterator[Problem]:
    used = {name.strip() for each in found["targets"] for name in each.row.source.split(";")}
    for each in found["sources.csv"]:
        if each.row.source not in used:
            yield each.problem("source", "No target rests on this source: leave it out.")


def _named_problems(each: _Found, known: set[str]) -> Iterator[Problem]:
    for name in named_targets(each.row):
        if name not in known:
            yield each.problem("targets", f"There is no target of this name. {nearest(name, known)}", name)
    if not (each.row.targets or each.row.explained):
        yield each.problem("explained", "Name the targets by which this is checked, or say why it cannot be.")
    if each.row.area not in areas.names():
        yield each.problem("area", f"There is no such area. {nearest(each.row.area, areas.names())}")


def named_targets(row: Named) -> list[str]:
    """Names of the targets by which a named figure is checked."""
    return [part.strip() for part in row.targets.split("|") if part.strip()]


_CHECKS: tuple[Callable[[_Found], Iterator[Problem]], ...] = (
    _measure, _ages, _interval, _when, _people,
    _one_of("split", lambda: (FITTED, CHECKED)), _one_of("standing", lambda: ("measured", "derived")),
    _one_of("sex", lambda: ("", "female", "male")), _one_of("area", lambda: (ENGLAND, *areas.names())),
)
