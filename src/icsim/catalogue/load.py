"""The catalogue: what is true of people and services anywhere in England, read from `tables/*.csv`.

`load()` reads every table, makes the ids, and checks everything at once; a catalogue that loads is sound. A second
folder (`extra`) with files of the same names adds rows: an event, a service or a factor needs no change of code. What
calibration fitted lies in a folder of its own, and is laid over the shipped tables: its rows take the place of those with
the same id.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from icsim.catalogue import rows
from icsim.catalogue.csvtable import Table, nearest, read_table
from icsim.catalogue.found import Found
from icsim.errors import CatalogueError, Problem
from icsim.folders import beside

TABLES = Path(__file__).parent / "tables"
ENGLAND = beside("fitted") / "england"
"""What was fitted and holds everywhere."""

FILES: dict[str, tuple[str, type]] = {
    "attributes": ("attributes.csv", rows.Level),
    "events": ("events*.csv", rows.Event),
    "rates": ("rates*.csv", rows.Rate),
    "ratios": ("ratios*.csv", rows.Ratio),
    "exponents": ("exponents.csv", rows.Exponent),
    "corrections": ("corrections.csv", rows.Correction),
    "trends": ("trends*.csv", rows.Trend),
    "weights": ("weights.csv", rows.Weight),
    "norms": ("norms*.csv", rows.Norm),
    "factors": ("factors*.csv", rows.Factor),
    "prevalence": ("prevalence*.csv", rows.Prevalence),
    "severities": ("severities.csv", rows.Severity),
    "severity_shares": ("severity_shares.csv", rows.SeverityShare),
    "profiles": ("profiles.csv", rows.Profile),
    "services": ("services.csv", rows.Service),
    "steps": ("steps.csv", rows.Step),
    "outcomes": ("outcomes.csv", rows.Outcome),
    "branches": ("branches.csv", rows.Branch),
    "quantities": ("quantities.csv", rows.Quantity),
    "congestion": ("congestion.csv", rows.Congestion),
    "programmes": ("programmes.csv", rows.Programme),
    "stages": ("programme_stages.csv", rows.Stage),
    "scores": ("scores.csv", rows.Score),
    "takes": ("programme_shares.csv", rows.Take),
    "programme_moves": ("programme_moves.csv", rows.ProgrammeMove),
    "effects": ("effects.csv", rows.Effect),
    "unit_costs": ("unit_costs.csv", rows.UnitCost),
    "capacity_costs": ("capacity_costs.csv", rows.CapacityCost),
    "staff": ("staff.csv", rows.StaffGroup),
    "staff_needs": ("staff_needs.csv", rows.StaffNeed),
    "price_index": ("price_index.csv", rows.PriceIndex),
    "systems": ("systems.csv", rows.System),
    "measures": ("measures.csv", rows.Measure),
    "discounting": ("discounting.csv", rows.Discount),
    "sources": ("sources*.csv", rows.Source),
}
"""Table → the files that hold it (all that fit the pattern, in order of name) and the class of its rows."""


def _when(row) -> str:
    return f"[{row.when}]" if row.when else ""


def correction_id(of: str, sex: str, age: int | None, quintile: str = "*") -> str:
    """Id of a correction, as in correction.death.male.85, or correction.death.male.all.1 for the most deprived fifth."""
    return f"correction.{of}.{sex}.{'all' if age is None else age}{'' if quintile == '*' else f'.{quintile}'}"


ID: dict[str, Callable[[Any], str]] = {
    "rates": lambda r: f"rate.{r.event}.{r.sex}.{r.quintile}.{r.age_from}",
    "ratios": lambda r: f"ratio.{r.event}.{r.attribute}.{r.level}",
    "exponents": lambda r: f"exponent.{r.event}.{r.attribute}",
    "corrections": lambda r: correction_id(r.event or r.weight, r.sex, r.age, r.quintile),
    "trends": lambda r: f"trend.{r.event}.{r.from_year}",
    "norms": lambda r: f"norm.{r.weight}.{r.sex}.{r.quintile}.{r.age_from}",
    "factors": lambda r: f"factor.{r.weight}.{r.attribute}.{r.level}",
    "prevalence": lambda r: f"prevalence.{r.attribute}.{r.level}.{r.sex}.{r.quintile}.{r.age_from}",
    "severity_shares": lambda r: f"severity_share.{r.event}.{r.severity}.{r.sex}.{r.age_from}",
    "profiles": lambda r: f"profile.{r.profile}.{r.part}.{r.index}",
    "branches": lambda r: f"branch.{r.pathway}.{r.step}.{r.to}{_when(r)}",
    "quantities": lambda r: f"quantity.{r.pathway}.{r.step}.{r.quantity}{_when(r)}",
    "congestion": lambda r: f"congestion.{r.response}",
    "scores": lambda r: f"score.{r.score}.{r.what}{_when(r)}",
    "stages": lambda r: f"stage.{r.programme}.{r.stage}",
    "takes": lambda r: f"{r.what}.{r.programme}{_when(r)}",
    "programme_moves": lambda r: f"programme_move.{r.programme}.{r.stage}.{r.attribute}.{r.level}",
    "effects": lambda r: f"effect.{r.programme}.{r.stage}.{r.acts_on.replace(' ', '.')}",
    "unit_costs": lambda r: f"unit_cost.{r.cost}",
    "capacity_costs": lambda r: f"capacity_cost.{r.service}",
    "staff_needs": lambda r: f"staff_need.{r.per.replace(' ', '.')}.{r.staff}",
    "price_index": lambda r: f"price_index.{r.from_year}",
    "discounting": lambda r: f"discount.{r.scheme}.{r.flow}.{r.from_year}",
}
"""How each number's id is made, by table."""


@dataclass(frozen=True)
class Catalogue:
    """Every table as a tuple of rows in file order, with small look-ups. Never changed: `with_value` makes a copy."""

    attributes: tuple[rows.Level, ...] = ()
    events: tuple[rows.Event, ...] = ()
    rates: tuple[rows.Rate, ...] = ()
    ratios: tuple[rows.Ratio, ...] = ()
    exponents: tuple[rows.Exponent, ...] = ()
    corrections: tuple[rows.Correction, ...] = ()
    trends: tuple[rows.Trend, ...] = ()
    weights: tuple[rows.Weight, ...] = ()
    norms: tuple[rows.Norm, ...] = ()
    factors: tuple[rows.Factor, ...] = ()
    prevalence: tuple[rows.Prevalence, ...] = ()
    severities: tuple[rows.Severity, ...] = ()
    severity_shares: tuple[rows.SeverityShare, ...] = ()
    profiles: tuple[rows.Profile, ...] = ()
    services: tuple[rows.Service, ...] = ()
    steps: tuple[rows.Step, ...] = ()
    outcomes: tuple[rows.Outcome, ...] = ()
    branches: tuple[rows.Branch, ...] = ()
    quantities: tuple[rows.Quantity, ...] = ()
    congestion: tuple[rows.Congestion, ...] = ()
    programmes: tuple[rows.Programme, ...] = ()
    stages: tuple[rows.Stage, ...] = ()
    scores: tuple[rows.Score, ...] = ()
    takes: tuple[rows.Take, ...] = ()
    programme_moves: tuple[rows.ProgrammeMove, ...] = ()
    effects: tuple[rows.Effect, ...] = ()
    unit_costs: tuple[rows.UnitCost, ...] = ()
    capacity_costs: tuple[rows.CapacityCost, ...] = ()
    staff: tuple[rows.StaffGroup, ...] = ()
    staff_needs: tuple[rows.StaffNeed, ...] = ()
    price_index: tuple[rows.PriceIndex, ...] = ()
    systems: tuple[rows.System, ...] = ()
    measures: tuple[rows.Measure, ...] = ()
    discounting: tuple[rows.Discount, ...] = ()
    sources: tuple[rows.Source, ...] = ()

    @cached_property
    def levels(self) -> dict[str, tuple[str, ...]]:
        """Levels of each attribute, both in file order; the first level is a newborn's."""
        names = dict.fromkeys(level.attribute for level in self.attributes)
        return {name: tuple(r.level for r in self.attributes if r.attribute == name) for name in names}

    @cached_property
    def _places(self) -> dict[str, tuple[str, int]]:
        """Id → table and position in it."""
        return {row.id: (table, at) for table in ID for at, row in enumerate(getattr(self, table))}

    @cached_property
    def _branches(self) -> dict[tuple[str, str], tuple[rows.Branch, ...]]:
        """Pathway and step → branches."""
        found: dict[tuple[str, str], tuple[rows.Branch, ...]] = {}
        for row in self.branches:
            found[row.pathway, row.step] = (*found.get((row.pathway, row.step), ()), row)
        return found

    def levels_of(self, attribute: str) -> tuple[str, ...]:
        """The levels of an attribute, in file order."""
        return self.levels[attribute]

    def severities_of(self, event: str) -> tuple[str, ...]:
        """The severities of a demand, mildest first."""
        return tuple(row.severity for row in self.severities if row.event == event)

    def event(self, name: str) -> rows.Event:
        """The event of this name."""
        return next(row for row in self.events if row.event == name)

    def stages_of(self, programme: str) -> tuple[rows.Stage, ...]:
        """The stages of a programme, in the order in which people go through them."""
        return tuple(row for row in self.stages if row.programme == programme)

    def steps_of(self, pathway: str) -> tuple[rows.Step, ...]:
        """The steps of a pathway, in file order; demands enter at the first."""
        return tuple(row for row in self.steps if row.pathway == pathway)

    def outcomes_of(self, pathway: str) -> tuple[rows.Outcome, ...]:
        """The outcomes of a pathway, in file order."""
        return tuple(row for row in self.outcomes if row.pathway == pathway)

    def branches_of(self, pathway: str, step: str) -> tuple[rows.Branch, ...]:
        """The branch rows of a step, in file order; the last takes the rest."""
        return self._branches.get((pathway, step), ())

    def quantities_of(self, pathway: str, step: str, quantity: str) -> tuple[rows.Quantity, ...]:
        """The rows of a step's duration, patience or priority, in file order; the last that matches holds."""
        wanted = (pathway, step, quantity)
        return tuple(row for row in self.quantities if (row.pathway, row.step, row.quantity) == wanted)

    def row(self, row_id: str) -> rows.Evidence:
        """The number with this id; KeyError suggests the nearest right one."""
        if row_id not in self._places:
            raise KeyError(f'"{row_id}" is no number of the catalogue. {nearest(row_id, self._places)}')
        table, at = self._places[row_id]
        return getattr(self, table)[at]

    def with_value(self, row_id: str, value: float) -> Catalogue:
        """A copy in which this number (of a quantity: its first parameter) is `value`; units stay as they are."""
        row = self.row(row_id)
        column = "a" if isinstance(row, rows.Quantity) else "value"
        new: dict[str, Any] = {column: value}
        table, at = self._places[row_id]
        changed = list(getattr(self, table))
        changed[at] = replace(row, **new)
        return replace(self, **{table: tuple(changed)})

    def content_hash(self) -> str:
        """Hex digest of every cell of every table: equal for equal content, wherever it was read from."""
        digest = hashlib.blake2b(digest_size=16)
        for field in fields(self):
            for row in getattr(self, field.name):
                digest.update(f"{field.name}\x1f{row!r}\x1e".encode())
        return digest.hexdigest()


def load(folder: Path | None = None, extra: Path | None = None, fitted: bool | None = None) -> Catalogue:
    """Read and check the catalogue in `folder` (the one shipped with icsim), with the rows of `extra` appended.

    fitted: lay what was fitted over the tables; if not said, over the shipped ones alone.
    Raises CatalogueError with every problem found, by file and line.
    """
    from icsim.catalogue.check import problems_of  # here, because the checks need the Catalogue of this module

    fits = ENGLAND if fitted or (fitted is None and folder is None) else None
    folder = TABLES if folder is None else Path(folder)
    found, problems = _read_tables(folder, None if extra is None else Path(extra))
    if fits is not None:
        problems += _lay_over(found, fits)
    if not problems:
        problems = problems_of(found)
    if problems:
        raise CatalogueError(str(folder if extra is None else extra), problems)
    return assembled(found)


def _lay_over(found: dict[str, list[Found]], folder: Path) -> list[Problem]:
    """Rows of the tables in `folder` take the place of those of the same id in `found`; the others are added."""
    if not folder.is_dir():
        return [Problem(str(folder), "is missing: what was fitted to published figures belongs to the tables")]
    fits, problems = _read_files(folder)
    for table, places in fits.items():
        new = {place.row.id: place for place in places} if table in ID else {}
        found[table] = [new.pop(getattr(place.row, "id", ""), place) for place in found[table]]
        found[table] += list(new.values()) if table in ID else places
    return problems


def assembled(found: dict[str, list[Found]]) -> Catalogue:
    """Rows found by table → catalogue."""
    return Catalogue(**{table: tuple(place.row for place in found[table]) for table in FILES})


def _read_tables(folder: Path, extra: Path | None) -> tuple[dict[str, list[Found]], list[Problem]]:
    problems = _folder_problems(folder, extra)
    found: dict[str, list[Found]] = {table: [] for table in FILES}
    for source in filter(None, (folder, extra)):
        own, mistakes = _read_files(source)
        problems += mistakes
        for table in FILES:
            found[table] += own[table]
    return found, problems


def _read_files(folder: Path) -> tuple[dict[str, list[Found]], list[Problem]]:
    """Rows by table of the files that `folder` has."""
    found: dict[str, list[Found]] = {table: [] for table in FILES}
    problems: list[Problem] = []
    read: Table
    for table, (pattern, row_class) in FILES.items():
        for path in sorted(folder.glob(pattern)):
            read = read_table(path, row_class)
            found[table] += [Found(_with_id(table, row), path.name, line)
                             for row, line in zip(read.rows, read.lines, strict=True)]
            problems += read.problems
    return found, problems


def _folder_problems(folder: Path, extra: Path | None) -> list[Problem]:
    missing = [Problem(str(place), "is not a folder") for place in filter(None, (folder, extra)) if not place.is_dir()]
    if missing:
        return missing
    absent = [
        Problem(pattern.replace("*", ""), "is missing") for pattern, _ in FILES.values() if not any(folder.glob(pattern))
    ]
    return absent + [
        Problem(path.name, f"no table has this name. {nearest(path.name, _file_names())}")
        for place in filter(None, (folder, extra))
        for path in sorted(place.glob("*.csv"))
        if not any(path.match(pattern) for pattern, _ in FILES.values())
    ]


def _file_names() -> list[str]:
    return [pattern.replace("*", "") for pattern, _ in FILES.values()]


def _with_id(table: str, row: Any) -> Any:
    return replace(row, id=ID[table](row)) if table in ID else row
