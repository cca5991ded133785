"""Fit a baseline to published figures.

Two kinds of number are fitted. *Corrections by age* make a world without trends keep the shares it begins with
(`steady.py`), and as many die in it as were counted (`deaths.py`). *Parameters*, the rows of `calibration/parameters.csv`
(exponents, single ratios, an area's multipliers and odds), bring simulated figures near fitted targets (`fitting.py`).

What holds in England is fitted in one area and shared by all; an area's own numbers are fitted in it.
Checked targets are never looked at. No scenario fits anything: it reads what lies in `calibration/fitted`.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import asdict, dataclass, replace
from datetime import date
from fnmatch import fnmatchcase
from math import exp, log
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from icsim.areas.load import Area
from icsim.calibration import deaths, fitting, overlay, steady, targets
from icsim.calibration import parameters as named
from icsim.calibration.parameters import Parameter
from icsim.calibration.rows import ENGLAND, Target
from icsim.calibration.targets import Targets
from icsim.calibration.validation import validate, without_trends
from icsim.catalogue.csvtable import nearest, read_table
from icsim.catalogue.load import Catalogue
from icsim.catalogue.rows import STATIONARY
from icsim.errors import CatalogueError, Problem
from icsim.folders import CHECKOUT
from icsim.scenario import Resolved

NARROWEST = 0.05
"""An interval counts as at least so wide (share of the figure, either way): no model is right to a few in a thousand, and
one sharp figure would outweigh all others."""
FAR = 2.0
"""A correction above this, or below one over it, is far from what was published."""
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Settings:
    """How thoroughly to fit."""

    england: bool = False
    """fit what holds in England too, not only what is the area's own"""
    passes: int = 6
    """over the corrections by age, before and after the parameters"""
    steps: int = 2
    """of the fit of the parameters"""
    years: int = 1
    """of each run that is compared with targets"""
    steady_years: int = 8
    replications: int = 1
    only: str = ""
    """names of parameters, * standing for any letters, joined by |; the others keep what they are. Empty: all"""


@dataclass(frozen=True)
class Calibration:
    """What was fitted, how well, and what remains uncertain."""

    area: str
    catalogue: Catalogue
    own: Area
    parameters: pl.DataFrame
    """parameter, scope, prior, prior_low, prior_high, value, low, high, answers_to"""
    figures: pl.DataFrame
    """target, label, published, low, high; simulated after and before the fit; misfit_after in half widths"""
    steadiness: pl.DataFrame
    """pass, levels and bands looked at, how many drift by more than five per cent"""
    strayed: pl.DataFrame
    """event, label; lowest and highest correction by age, and at which ages: where one is below half or above double"""
    record: dict[str, Any]


def calibrate(resolved: Resolved, bare: tuple[Catalogue, Area], settings: Settings, progress: Progress | None = None,
              known: Targets | None = None, rows: tuple[Parameter, ...] | None = None) -> Calibration:
    """Fit the baseline `resolved`, beginning with the numbers it has.

    bare: its catalogue and area without what was fitted (of England's numbers, those that are not to be fitted stay in it).
    """
    known, rows = known or targets.load(), rows or named.load()
    rows = tuple(row for row in rows if settings.england or row.scope != ENGLAND)
    rows = tuple(row for row in rows if _wanted(row, settings.only))
    aims = named.aims(rows, known, resolved.area.name)
    work = _Work(resolved, bare, settings, Targets(aims, known.counted, (), known.sources), rows, progress)
    return work.all()


def _wanted(row: Parameter, only: str) -> bool:
    return not only or any(fnmatchcase(row.parameter, pattern.strip()) for pattern in only.split("|"))


class _Work:
    """One calibration as it goes on."""

    def __init__(self, resolved: Resolved, bare: tuple[Catalogue, Area], settings: Settings, known: Targets,
                 rows: tuple[Parameter, ...], progress: Progress | None):
        self.resolved, self.bare, self.settings, self.known, self.rows = resolved, bare, settings, known, rows
        self.catalogue, self.area = resolved.shipped
        self.progress, self.falling = progress, falling_events(resolved.catalogue)
        self.done, self.total = 0, self._runs()
        self.tables: list[pl.DataFrame] = []
        self.steadiness: list[tuple[int, int, int]] = []

    def _runs(self) -> int:
        fits = 1 + len(self.rows) + 2 * self.settings.steps + 1 if self.rows else 0
        return fits + (2 * self.settings.passes if self.settings.england else 0)

    def all(self) -> Calibration:
        """Steady rates, parameters, steady rates again."""
        self._keep_steady()
        found = self._fit()
        self._keep_steady()
        after = self._simulated(self.catalogue, self.area, "comparing")
        return Calibration(self.area.name, self.catalogue, self.area, self._parameters(found), self._figures(after),
                           self._steadiness(), strayed(self.catalogue), self._record(found))

    def _tick(self, doing: str) -> None:
        if self.progress:
            self.progress(min(self.done, self.total), self.total, doing)
        self.done += 1

    # Steady rates

    def _keep_steady(self) -> None:
        for _ in range(self.settings.passes if self.settings.england else 0):
            self._tick("keeping shares steady")
            run = self.resolved.run.model_copy(update={"years": self.settings.steady_years,
                                                       "replications": self.settings.replications})
            seen = steady.look(without_trends(_with(self.resolved, self.catalogue, self.area, run)))
            drift = steady.worst_drift(self.bare[0], seen, 2000 * self.settings.replications)
            self.steadiness.append((len(self.steadiness) + 1, len(drift), sum(abs(row[3]) > 0.05 for row in drift)))
            steadier = set_aside(steady.steadier(self.catalogue, seen, self.bare[0], self.falling), self.falling)
            self.catalogue = deaths.as_published(steadier, seen, self.bare[0])

    def _steadiness(self) -> pl.DataFrame:
        return pl.DataFrame(self.steadiness, schema={"pass": pl.Int64, "looked_at": pl.Int64, "drifting": pl.Int64},
                            orient="row")

    # Parameters

    def _fit(self) -> fitting.Fit | None:
        if not self.rows:
            return None
        begin = overlay.starting_values(self.rows, self.catalogue, self.area)
        prior = fitting.Prior(*(np.array([part(row) for row in self.rows]) for part in (
            lambda row: log(row.prior), lambda row: row.spread, _lowest, _highest)))
        found = fitting.fit(self._residuals, np.log([begin[row.parameter] for row in self.rows]), prior, self.settings.steps)
        self.catalogue, self.area = overlay.applied(self.catalogue, self.area, self._values(found.best, found.spread))
        return found

    def _values(self, at: np.ndarray, spread: np.ndarray | None = None) -> dict[str, overlay.Value]:
        reach = 1.96 * (np.zeros(len(at)) if spread is None else spread)
        return {row.parameter: overlay.Value(exp(x), exp(max(x - r, _lowest(row))), exp(min(x + r, _highest(row))))
                for row, x, r in zip(self.rows, at, reach, strict=True)}

    def _residuals(self, at: np.ndarray) -> np.ndarray:
        table = self._simulated(*overlay.applied(self.catalogue, self.area, self._values(at)), "fitting")
        return np.array([residual(row["simulated"], target) for row, target in _side_by_side(table, self.known.targets)])

    def _simulated(self, catalogue: Catalogue, area: Area, doing: str) -> pl.DataFrame:
        self._tick(doing)
        run = self.resolved.run.model_copy(update={"years": self.settings.years, "replications": self.settings.replications})
        table = validate(_with(self.resolved, catalogue, area, run), targets=self.known).table
        self.tables.append(table)
        return table

    # What is told

    def _parameters(self, found: fitting.Fit | None) -> pl.DataFrame:
        values = self._values(found.best, found.spread) if found else {}
        cells = [(row.parameter, row.scope, row.prior, row.low, row.high, *values[row.parameter], row.answers_to)
                 for row in self.rows]
        names = ("parameter", "scope", "prior", "prior_low", "prior_high", "value", "low", "high", "answers_to")
        words = ("parameter", "scope", "answers_to")
        return pl.DataFrame(cells, schema={name: pl.String if name in words else pl.Float64 for name in names}, orient="row")

    def _figures(self, after: pl.DataFrame) -> pl.DataFrame:
        before = dict(self.tables[0].select("target", "simulated").iter_rows())
        wanted = after.select("target", "label", "published", "low", "high", pl.col("simulated").alias("after"),
                              pl.col("misfit").alias("misfit_after"))
        return wanted.with_columns(pl.col("target").replace_strict(before, return_dtype=pl.Float64).alias("before"))

    def _record(self, found: fitting.Fit | None) -> dict[str, Any]:
        run = self.resolved.run
        return {
            "area": self.area.name, "fitted_on": date.today().isoformat(), "seed": run.seed,
            "settings": asdict(self.settings),
            "tables": {"catalogue": self.bare[0].content_hash(), "area": self.bare[1].content_hash()},
            "cost": [round(cost, 2) for cost in found.costs] if found else [],
            "targets": [target.target for target in self.known.targets],
            "drifting": [f"{bad} of {of}" for _, of, bad in self.steadiness],
        }


def _with(resolved: Resolved, catalogue: Catalogue, area: Area, run: Any) -> Resolved:
    return replace(resolved, catalogue=catalogue, area=area, run=run, shipped=(catalogue, area))


def _lowest(row: Parameter) -> float:
    return log(row.prior) - 4 * row.spread


def _highest(row: Parameter) -> float:
    highest = log(row.prior) + 4 * row.spread
    return min(highest, 0.0) if row.parameter.startswith("exponent.") else highest


def residual(simulated: float | None, target: Target) -> float:
    """log(simulated / published) in half widths of the interval as a share of the figure; 0 where it was not compared.

    Most figures are about proportional to what moves them, so that logarithms make the fit nearly straight.
    """
    if simulated is None:
        return 0.0
    low, high = target.bounds
    room = max((high - low) / (2 * target.value), NARROWEST)
    return log(max(simulated, 1e-3 * target.value) / target.value) / room


def _side_by_side(table: pl.DataFrame, aims: tuple[Target, ...]) -> list[tuple[dict[str, Any], Target]]:
    rows = {row["target"]: row for row in table.iter_rows(named=True)}
    return [(rows[target.target], target) for target in aims]


def strayed(fitted: Catalogue) -> pl.DataFrame:
    """Events whose rates a fit changed by more than `FAR` at some age, most changed first (`Calibration.strayed`)."""
    label = {row.event: row.label for row in fitted.events}
    by_event: dict[str, list[tuple[float, int]]] = {}
    for row in fitted.corrections:
        if row.event and row.age is not None and not row.world:
            by_event.setdefault(row.event, []).append((row.value, row.age))
    cells = [(event, label[event], *min(found), *max(found)) for event, found in by_event.items()]
    names = ("event", "label", "lowest", "at_lowest", "highest", "at_highest")
    types = (pl.String, pl.String, pl.Float64, pl.Int64, pl.Float64, pl.Int64)
    table = pl.DataFrame(cells, schema=dict(zip(names, types, strict=True)), orient="row")
    far = pl.max_horizontal(1 / pl.col("lowest"), pl.col("highest"))
    return table.filter(far > FAR).sort(far, descending=True)


# Rates that fall -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Falling:
    """An event whose published rates are those of a time in which its attribute's shares change. `calibration/falling.csv`.

    They hold as published; what would keep the shares is for the world without trends alone.
    """

    event: str
    note: str = ""


def set_aside(fitted: Catalogue, events: Container[str]) -> Catalogue:
    """Corrections of these events hold only in a world without trends."""
    return replace(fitted, corrections=tuple(replace(row, world=STATIONARY if row.event in events else row.world)
                                             for row in fitted.corrections))


def falling_events(catalogue: Catalogue, path: Path = CHECKOUT / "falling.csv") -> tuple[str, ...]:
    """Read and check the rows. Raises CatalogueError with all mistakes."""
    table, known = read_table(path, Falling), [row.event for row in catalogue.events]
    problems = list(table.problems)
    for row, line in zip(table.rows, table.lines, strict=True):
        if row.event not in known:
            message = f"There is no such event. {nearest(row.event, known)}".strip()
            problems.append(Problem(f"{path.name}: event", message, line, row.event))
    if problems:
        raise CatalogueError(str(path), problems)
    return tuple(row.event for row in table.rows)
