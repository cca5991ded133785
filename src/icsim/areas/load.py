"""An area as a value: read from a folder of tables, checked as a whole, changed only by making another."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from icsim.areas import schedule
from icsim.areas.checks import AGES, QUINTILES, SEXES, problems_of, value_fault
from icsim.areas.rows import (
    Capacity,
    Catchment,
    Flow,
    FlowAge,
    FlowTrend,
    Fund,
    Multiplier,
    Odds,
    Offer,
    Place,
    Pool,
    Residents,
    Staffing,
    Stream,
)
from icsim.calendar import YEARS
from icsim.catalogue.csvtable import Table, nearest, read_records, read_table
from icsim.catalogue.rows import Evidence, Source
from icsim.errors import CatalogueError, Problem
from icsim.folders import beside

SHIPPED = Path(__file__).parent
ROWS = {"places": Place, "flows": Flow, "flow_ages": FlowAge, "flow_trends": FlowTrend, "multipliers": Multiplier,
        "odds": Odds, "pools": Pool, "capacity": Capacity, "streams": Stream, "catchments": Catchment, "sources": Source}
"""Table → the class of its rows; population.csv, which is wide, is read beside them."""
OPTIONAL = {"programmes": Offer, "budgets": Fund, "staff": Staffing}
"""Tables that an area may lack."""
ID: dict[str, Callable[[Any], str]] = {
    "flows": lambda r: f"flow.{r.flow}.{r.place}",
    "flow_ages": lambda r: f"flow_age.{r.flow}.{r.sex}.{r.age_from}",
    "flow_trends": lambda r: f"flow_trend.{r.flow}.{r.place}.{r.from_year}",
    "multipliers": lambda r: f"multiplier.{r.event}",
    "odds": lambda r: f"odds.{r.attribute}.{r.level}",
    "pools": lambda r: f"pool.{r.pool}",
    "capacity": lambda r: f"capacity.{r.service}.{r.from_year}",
    "streams": lambda r: f"stream.{r.stream}",
    "catchments": lambda r: f"catchment.{r.service}.{r.place}.{r.pool}",
    "programmes": lambda r: f"programme.{r.programme}",
    "budgets": lambda r: f"budget.{r.line}",
    "staff": lambda r: f"staffing.{r.staff}.{r.what}",
}
"""How each number's id is made, by table."""


@dataclass(frozen=True, eq=False)
class Area:
    """One area, complete and checked. Rows are those of `areas/rows.py`, with their ids."""

    name: str
    label: str
    population_date: date
    counties: dict[str, str]
    """county named in `places` → its label"""
    notes: str
    places: tuple[Place, ...]
    population: np.ndarray
    """int64[place, sex, quintile, 91]: residents on `population_date` by age; sexes female, male; 90 is 90 and over"""
    flows: tuple[Flow, ...]
    flow_ages: tuple[FlowAge, ...]
    multipliers: tuple[Multiplier, ...]
    pools: tuple[Pool, ...]
    capacity: tuple[Capacity, ...]
    streams: tuple[Stream, ...]
    catchments: tuple[Catchment, ...]
    sources: tuple[Source, ...]
    flow_trends: tuple[FlowTrend, ...] = ()
    odds: tuple[Odds, ...] = ()
    """empty: all is as common as in England"""
    programmes: tuple[Offer, ...] = ()
    """empty: none runs"""
    budgets: tuple[Fund, ...] = ()
    staff: tuple[Staffing, ...] = ()

    @property
    def place_names(self) -> tuple[str, ...]:
        """Names of the places in the order of the first axis of `population`."""
        return tuple(place.place for place in self.places)

    def values(self) -> dict[str, Any]:
        """Every row that carries a number, by its id, as in flow.arrive.watford or pool.falls_vehicles."""
        return {row.id: row for table in ID for row in getattr(self, table)}

    def multiplier(self, event: str) -> float:
        """How often an event happens here compared with England, other things equal: 1 where the area says nothing."""
        return next((row.value for row in self.multipliers if row.event == event), 1.0)

    def content_hash(self) -> str:
        """SHA-256 (hex) of all that the area says; equal for equal content on every machine."""
        digest = hashlib.sha256(np.ascontiguousarray(self.population, "<i8").tobytes())
        for part in (self.name, self.label, self.population_date.isoformat(), sorted(self.counties.items()), self.notes,
                     self.places, *(getattr(self, table) for table in ID), self.sources):
            digest.update(repr(part).encode())
        return digest.hexdigest()

    def with_pool(self, pool: str, number: int | None = None, open: str | None = None) -> Area:
        """A copy in which `pool` has `number` servers or other opening hours; what is None stays as it is.

        Raises KeyError for an unknown pool, ValueError for a number that is not whole or below 0, and for hours that
        cannot be read.
        """
        changed = self if number is None else self.with_value(f"pool.{pool}", number)
        if open is None:
            return changed
        schedule.parse(open)
        return changed._with_row(replace(changed._row(f"pool.{pool}"), open=open))

    def with_programme(self, offer: Offer) -> Area:
        """A copy in which so many places of a programme are offered, instead of what was offered before.

        Raises ValueError for a number that cannot be.
        """
        fault = value_fault(offer, offer.value)
        if fault:
            raise ValueError(f"{offer.programme} = {offer.value}: {fault}")
        offer = _with_id("programmes", offer)
        others = tuple(row for row in self.programmes if row.id != offer.id)
        return replace(self, programmes=tuple(sorted((*others, offer), key=lambda row: row.programme)))

    def with_value(self, id: str, value: float) -> Area:
        """A copy in which the row named `id` has another value.

        The other shares of a catchment are scaled so that they still add up to 1. Raises KeyError for an unknown id,
        ValueError for a value that the row cannot have.
        """
        row = self._row(id)
        fault = value_fault(row, value)
        if fault:
            raise ValueError(f"{id} = {value}: {fault}")
        changed = self._with_row(replace(row, value=float(value)))
        return changed._rescaled(row, float(value)) if isinstance(row, Catchment) else changed

    def _row(self, id: str) -> Any:
        rows = self.values()
        if id not in rows:
            raise KeyError(f'"{id}" is no number of {self.name}. {nearest(id, rows)}'.strip())
        return rows[id]

    def _with_row(self, row: Evidence) -> Area:
        table = next(name for name in ID if any(old.id == row.id for old in getattr(self, name)))
        rows: Any = tuple(row if old.id == row.id else old for old in getattr(self, table))
        return replace(self, **{table: rows})

    def _rescaled(self, row: Catchment, value: float) -> Area:
        """Scale the shares of the pools beside `row` so that with `value` they add up to 1."""
        others = [r for r in self.catchments if (r.service, r.place) == (row.service, row.place) and r.id != row.id]
        left = sum(other.value for other in others)
        if left <= 0 and value != 1:
            raise ValueError(f"{row.id} = {value}: no other pool takes the rest, so the share must be 1")
        changed = self
        for other in others:
            changed = changed._with_row(replace(other, value=other.value * (1 - value) / left if left else 0.0))
        return changed


def names() -> list[str]:
    """Names of the areas that come with icsim."""
    return sorted(path.parent.name for path in SHIPPED.glob("*/area.toml"))


def load(name_or_folder: str | Path, fitted: bool = True) -> Area:
    """Read an area by its shipped name or from a folder with the same tables.

    fitted: over the tables of a shipped area lay what was fitted for it, if anything was. Raises CatalogueError with every
    problem of every table, each with its file and line.
    """
    folder = _folder(name_or_folder)
    about, problems = _about(folder / "area.toml")
    tables, mistakes = _read_tables(folder)
    fits = beside("fitted") / folder.name
    if fitted and folder.parent == SHIPPED and fits.is_dir():
        _lay_over(tables, fits)
        mistakes = [problem for table in tables.values() for problem in table.problems]
    problems += mistakes
    if not problems:
        problems = problems_of(about.counties, tables)
    if problems:
        raise CatalogueError(str(name_or_folder), problems)
    rows: dict[str, Any] = {name: tuple(table.rows) for name, table in tables.items()}
    rows["programmes"] = tuple(sorted(rows["programmes"], key=lambda row: row.programme))
    rows["population"] = _array(rows["places"], rows["population"])
    return Area(**about._asdict(), **rows)


def _folder(name_or_folder: str | Path) -> Path:
    if str(name_or_folder) in names():
        return SHIPPED / str(name_or_folder)
    folder = Path(name_or_folder)
    if not folder.is_dir():
        message = f"There is no such area or folder. {nearest(str(name_or_folder), names())}".strip()
        raise CatalogueError(str(name_or_folder), [Problem(str(name_or_folder), message)])
    return folder


class _About(NamedTuple):
    name: str
    label: str
    population_date: date
    counties: dict[str, str]
    notes: str


_NOTHING = _About("", "", date(1, 1, 1), {}, "")


def _about(path: Path) -> tuple[_About, list[Problem]]:
    """What area.toml says, and its problems (then with empty values)."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return _NOTHING, [Problem(path.name, "This file is missing.")]
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return _NOTHING, [Problem(path.name, f"This file cannot be read: {error}")]
    types = {"name": str, "label": str, "population_date": date, "counties": dict, "notes": str}
    problems = [Problem(f"area.toml: {key}", f"There is no such key. {nearest(key, types)}")
                for key in raw if key not in types]
    problems += [Problem(f"area.toml: {key}", f"This must be given, as {_KINDS[kind]}.", value=raw.get(key))
                 for key, kind in types.items() if type(raw.get(key)) is not kind]
    if not problems and raw["population_date"].year not in YEARS:
        problems.append(Problem("area.toml: population_date", f"A year is written in full, {YEARS[0]} to {YEARS[-1]}.",
                                value=raw["population_date"]))
    return (_NOTHING if problems else _About(**raw)), problems


_KINDS = {str: "text", date: "a date such as 2022-07-01", dict: "a table of names and labels"}


def _read_tables(folder: Path) -> tuple[dict[str, Table], list[Problem]]:
    tables: dict[str, Table] = {"population": _read_residents(folder / "population.csv")}
    for name, row_class in ROWS.items():
        tables[name] = read_table(folder / f"{name}.csv", row_class)
    for name, row_class in OPTIONAL.items():
        path = folder / f"{name}.csv"
        tables[name] = read_table(path, row_class) if path.exists() else Table([], [], [])
    problems = [problem for table in tables.values() for problem in table.problems]
    return {name: _named(name, table) for name, table in tables.items()}, problems


def _lay_over(tables: dict[str, Table], folder: Path) -> None:
    """Rows of the tables in `folder` take the place of those of the same id; the others are added."""
    for name, row_class in ROWS.items():
        if (folder / f"{name}.csv").exists():
            old, fits = tables[name], _named(name, read_table(folder / f"{name}.csv", row_class))
            rows = _by_identity(old) | _by_identity(fits)
            tables[name] = Table([row for row, _ in rows.values()], [line for _, line in rows.values()],
                                 [*old.problems, *fits.problems])


def _by_identity(table: Table) -> dict[Any, tuple[Any, int]]:
    """Rows with their lines, by id; a row without one stands for itself."""
    return {getattr(row, "id", "") or row: (row, line) for row, line in zip(table.rows, table.lines, strict=True)}


def _named(name: str, table: Table) -> Table:
    return table._replace(rows=[_with_id(name, row) for row in table.rows])


def _with_id(table: str, row: Any) -> Any:
    return replace(row, id=ID[table](row)) if table in ID else row


_HEADER = ["place", "sex", "quintile", *(f"a{age}" for age in range(AGES))]


def _read_residents(path: Path) -> Table[Residents]:
    """population.csv, which is wide: place, sex, quintile, a0 … a90."""
    records, problems = read_records(path)
    if problems or records[0][1] != _HEADER:
        return Table([], [], problems or [Problem(path.name, "The columns must be place, sex, quintile, a0 … a90.", 1)])
    good = [(line, cells) for line, cells in records[1:] if _whole_numbers(cells)]
    problems = [Problem(path.name, f"A line needs place, sex, quintile and {AGES} whole numbers.", line)
                for line, cells in records[1:] if not _whole_numbers(cells)]
    rows = [Residents(place=c[0], sex=c[1], quintile=c[2], by_age=tuple(map(int, c[3:]))) for _, c in good]
    return Table(rows, [line for line, _ in good], problems)


def _whole_numbers(cells: list[str]) -> bool:
    return len(cells) == len(_HEADER) and all(cell.isascii() and cell.isdigit() for cell in cells[3:])


def _array(places: tuple[Place, ...], residents: tuple[Residents, ...]) -> np.ndarray:
    order = {place.place: index for index, place in enumerate(places)}
    people = np.zeros((len(order), len(SEXES), len(QUINTILES), AGES), np.int64)
    for row in residents:
        people[order[row.place], SEXES.index(row.sex), QUINTILES.index(row.quintile)] = row.by_age
    people.flags.writeable = False
    return people
