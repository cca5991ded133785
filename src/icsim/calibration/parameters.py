"""What may be fitted, as rows of `calibration/parameters.csv`: a number, what is believed of it, what it answers to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import log
from pathlib import Path

from icsim.calibration.rows import ENGLAND, FITTED, Target
from icsim.calibration.targets import Targets
from icsim.catalogue.csvtable import nearest, read_table
from icsim.errors import CatalogueError, Problem
from icsim.folders import CHECKOUT

FILE = CHECKOUT / "parameters.csv"
KINDS = {"exponent": 3, "ratio": 4, "correction": 4, "multiplier": 2, "odds": 3}
"""First part of a name → how many parts it has, joined by dots, as in the ids of the tables."""
OF_AREA = ("multiplier", "odds")
UNITS = ("exponent", "ratio", "odds ratio")
SCOPES = (ENGLAND, "area")


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One number that a fit may move; the prior is log-normal."""

    parameter: str
    """id of the number, as exponent.death.frailty, correction.fall.male.all or odds.diabetes.diabetes"""
    scope: str
    """england: the same in every area · area"""
    prior: float
    low: float
    high: float
    """between which it lies with 95 in 100 before the fit"""
    unit: str
    source: str
    """where the prior comes from; icsim_assumption: nowhere but our judgement"""
    answers_to: str
    """names of fitted targets joined by |; * stands for any letters"""
    note: str = ""

    @property
    def spread(self) -> float:
        """Standard deviation of the logarithm before the fit."""
        return (log(self.high) - log(self.low)) / (2 * 1.96)

    @property
    def patterns(self) -> list[str]:
        """Names of targets, * standing for any letters."""
        return [part.strip() for part in self.answers_to.split("|") if part.strip()]


def load(path: Path | None = None) -> tuple[Parameter, ...]:
    """Read and check the rows, of the shipped file unless told otherwise. Raises CatalogueError with all mistakes."""
    path = path or FILE
    table = read_table(path, Parameter)
    problems = list(table.problems)
    for row, line in zip(table.rows, table.lines, strict=True):
        problems += [Problem(f"{path.name}: {column}", message, line, getattr(row, column))
                     for column, message in _mistakes(row)]
    if problems:
        raise CatalogueError(str(path), problems)
    return tuple(table.rows)


def _mistakes(row: Parameter) -> Iterator[tuple[str, str]]:
    kind, parts = row.parameter.partition(".")[0], row.parameter.count(".") + 1
    if kind not in KINDS:
        yield "parameter", f"Its name must begin with one of: {', '.join(KINDS)}. {nearest(kind, KINDS)}".strip()
    elif parts != KINDS[kind]:
        yield "parameter", f"The name of a {kind} has {KINDS[kind]} parts, joined by dots."
    if row.unit not in UNITS:
        yield "unit", f"This must be one of: {', '.join(UNITS)}."
    if row.scope not in SCOPES:
        yield "scope", f"This must be one of: {', '.join(SCOPES)}."
    elif kind in KINDS and (row.scope == "area") != (kind in OF_AREA):
        yield "scope", f"Of an area are: {', '.join(OF_AREA)}; all others are England's."
    if not 0 < row.low <= row.prior <= row.high or row.low == row.high:
        yield "prior", "It must lie between low and high, which are above 0 and not the same."


def aims(parameters: tuple[Parameter, ...], known: Targets, area: str) -> tuple[Target, ...]:
    """The fitted targets of the area that these parameters answer to, in file order.

    Raises CatalogueError where a parameter answers to a checked figure, or a name stands for none at all.
    """
    problems, wanted = [], set()
    everywhere = {row.target: row for row in known.targets}
    for parameter in parameters:
        for pattern in parameter.patterns:
            found = [name for name in everywhere if fnmatchcase(name, pattern)]
            checked = [name for name in found if everywhere[name].split != FITTED]
            if not found or checked:
                problems.append(_no_aim(parameter, pattern, checked, list(everywhere)))
            wanted |= set(found)
    if problems:
        raise CatalogueError(FILE.name, problems)
    return tuple(row for row in known.of(area) if row.target in wanted)


def _no_aim(parameter: Parameter, pattern: str, checked: list[str], names: list[str]) -> Problem:
    message = (f"{checked[0]} is a checked figure: nothing is fitted to it." if checked
               else f"No target has this name. {nearest(pattern, names)}".strip())
    return Problem(f"{FILE.name}: {parameter.parameter}", message, value=pattern)
