"""Run the baseline of an area and set what comes out beside the published figures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import polars as pl

from icsim import experiment
from icsim.calibration import drift
from icsim.calibration.census import EVERYBODY, PEOPLE, Asked, Census, asked, followed_table
from icsim.calibration.health_measures import admission_rate, admitted_share, death_share, dispersion, followed
from icsim.calibration.leavings import (
    Leavings,
    NotComparedError,
    axes_of,
    tables_of,
    with_error,
    zeros_where_absent,
)
from icsim.calibration.measures import MEASURES
from icsim.calibration.rows import NUMBER, OLDEST, Named, Target
from icsim.calibration.selection import level_mask
from icsim.calibration.targets import Targets, load, named_targets
from icsim.catalogue.load import Catalogue
from icsim.results import Results
from icsim.scenario import Resolved
from icsim.simulation import World

MET, UNCLEAR, MISSED, NOT_COMPARED, EXPLAINED = "met", "unclear", "missed", "not compared", "explained"
NARROWEST = 0.01
"""For the misfit an interval is at least so wide (share of the figure, either way): that of a census has no width."""
HEARTBEAT = "week"
"""Who is ill again within the month meets services at once, instead of in the next beat: readmissions are counted."""
FOLLOWED_FROM = 65
SCHEMA: dict[str, Any] = {
    "target": pl.String, "label": pl.String, "split": pl.String, "measure": pl.String, "area": pl.String, "unit": pl.String,
    "published": pl.Float64, "low": pl.Float64, "high": pl.Float64, "interval": pl.String, "year": pl.String,
    "simulated": pl.Float64, "mc_error": pl.Float64, "difference": pl.Float64, "misfit": pl.Float64, "verdict": pl.String,
    "why": pl.String, "standing": pl.String, "source": pl.String, "note": pl.String,
}
"""Columns of the comparison. `difference`: simulated over published − 1; `misfit`: distance from the figure in half widths
of its interval (1: at its edge); `mc_error`: one standard error of luck; `why`: why it was not compared."""


@dataclass(frozen=True)
class Validation:
    """A baseline beside published figures."""

    results: Results
    table: pl.DataFrame
    """SCHEMA, worst misfit first, what was not compared last"""
    named: pl.DataFrame
    """figure, document, verdict, words: what the founding documents say of the area"""
    followed: pl.DataFrame
    """what becomes within a year of people of 65 and over: attribute, level, share_percent, deaths_per_100,
    admissions_per_100, admitted_percent, dispersion (variance over mean of admissions a person)"""
    about: dict[str, Any]
    """area, area_label, stationary, years, replications, seed, conditions_counted, conditions_known"""
    drift: pl.DataFrame | None = None
    """of a stationary run: which shares moved, by level and age (`drift.SCHEMA`)"""
    clusters: pl.DataFrame | None = None
    """of a stationary run: shares with several conditions by age (`drift.CLUSTERS`)"""


def validate(resolved: Resolved, stationary: bool = False, progress: experiment.Progress | None = None,
             targets: Targets | None = None) -> Validation:
    """Compare a baseline with the targets of its area (those that are shipped).

    `stationary`: without any trend of rates, so that nothing but the population's own ageing changes with time.
    """
    known = load() if targets is None else targets
    rows = known.of(resolved.area.name)
    run = without_trends(resolved) if stationary else resolved
    run = replace(run, run=run.run.model_copy(update={"heartbeat": HEARTBEAT}))
    watches: dict[int, Census] = {}

    def watch(world: World, replication: int) -> Census:
        watches[replication] = Census(world, asked(world, rows, known.counted, stationary))
        return watches[replication]

    results = experiment.run(run, progress, watch)
    left = _leavings(results, watches)
    table = compared(left, rows)
    about = _about(run, stationary, known, watches[0].asked)
    stood = (drift.drift(left), drift.clusters(left)) if stationary else (None, None)
    return Validation(results, table, named(known.named, table, resolved.area.name), followed_up(left), about, *stood)


def without_trends(resolved: Resolved) -> Resolved:
    """The same scenario with rates that stay as they were measured, from the start of the population on.

    Rates published while shares change have others in their place, which would keep those (`rows.Correction`).
    """
    catalogue, area = resolved.shipped
    return replace(resolved, catalogue=_standing(resolved.catalogue), shipped=(_standing(catalogue), area))


def _standing(catalogue: Catalogue) -> Catalogue:
    return replace(catalogue, trends=(), corrections=tuple(replace(row, world="") for row in catalogue.corrections))


def _leavings(results: Results, watches: dict[int, Census]) -> Leavings:
    first = watches[0]
    axes = axes_of(results, first.world, first.asked.levels)
    parts = [tables_of(results, n, axes) | watches[n].tables for n in sorted(watches)]
    return Leavings(axes, zeros_where_absent(parts))


def _about(run: Resolved, stationary: bool, known: Targets, wanted: Asked) -> dict[str, Any]:
    return {"area": run.area.name, "area_label": run.area.label, "stationary": stationary, "years": run.run.years,
            "replications": run.run.replications, "seed": run.run.seed, "conditions_counted": len(known.counted),
            "conditions_known": len(wanted.counted)}


# Target by target ----------------------------------------------------------------------------------------------------


def compared(left: Leavings, targets: tuple[Target, ...]) -> pl.DataFrame:
    """SCHEMA, worst misfit first."""
    table = pl.DataFrame([_row(left, target) for target in targets], schema=SCHEMA, orient="row")
    return table.sort("misfit", "target", descending=[True, False], nulls_last=True)


def _row(left: Leavings, target: Target) -> dict[str, Any]:
    low, high = target.bounds
    said = {"target": target.target, "label": target.label, "split": target.split, "measure": target.measure,
            "area": target.area, "unit": target.unit, "published": target.value, "low": low, "high": high,
            "interval": target.interval or "tolerance", "year": target.year, "standing": target.standing,
            "source": target.source, "note": target.note}
    nothing = dict.fromkeys(("simulated", "mc_error", "difference", "misfit", "why"))
    try:
        value, error = with_error(lambda part: MEASURES[target.measure].value(part, target), left)
    except NotComparedError as reason:
        return said | nothing | {"verdict": NOT_COMPARED, "why": str(reason)}
    return said | nothing | {"simulated": value, "mc_error": error, "misfit": misfit(value, target),
                             "difference": value / target.value - 1 if target.value else None,
                             "verdict": verdict(value, error, target)}


def misfit(value: float, target: Target) -> float:
    """Distance from the figure in half widths of its interval on that side."""
    low, high = target.bounds
    room = high - target.value if value > target.value else target.value - low
    return abs(value - target.value) / max(room, NARROWEST * abs(target.value), 1e-12)


def verdict(value: float, error: float | None, target: Target) -> str:
    """Met: inside the interval. Unclear: outside, but by less than two Monte-Carlo errors. Missed: beyond that."""
    low, high = target.bounds
    if low <= value <= high:
        return MET
    reach = 2 * (error or 0.0)
    return UNCLEAR if low - reach <= value <= high + reach else MISSED


def named(rows: tuple[Named, ...], table: pl.DataFrame, area: str) -> pl.DataFrame:
    """What the founding documents say of the area: met, missed or explained in words."""
    verdicts = dict(table.select("target", "verdict").iter_rows())
    found = [(row.figure, row.document, _worst([verdicts[name] for name in named_targets(row) if name in verdicts]),
              named_targets(row), row.explained) for row in rows if row.area == area]
    schema: dict[str, Any] = {"figure": pl.String, "document": pl.String, "verdict": pl.String,
                              "targets": pl.List(pl.String), "explained": pl.String}
    return pl.DataFrame(found, schema=schema, orient="row")


def _worst(verdicts: list[str]) -> str:
    order = (MISSED, UNCLEAR, NOT_COMPARED, MET)
    return next((each for each in order if each in verdicts), EXPLAINED)


# Without a published figure ------------------------------------------------------------------------------------------


def followed_up(left: Leavings) -> pl.DataFrame:
    """What becomes of older people within a year, by frailty and by number of conditions."""
    rows = []
    for attribute in ("", "frailty", NUMBER):
        if not left.has(followed_table(attribute or EVERYBODY)):
            continue
        for level in left.axes.levels[attribute] if attribute else ("",):
            at = _older(attribute, level)
            rows.append({"attribute": attribute or EVERYBODY, "level": level or "all", "share_percent": _share(left, at),
                         **{name: _or_none(partial(measure, left, at)) for name, measure in _FOLLOWED.items()}})
    schema: dict[str, Any] = {"attribute": pl.String, "level": pl.String, "share_percent": pl.Float64,
                              **dict.fromkeys(_FOLLOWED, pl.Float64)}
    return pl.DataFrame(rows, schema=schema)


def _per_100(left: Leavings, target: Target) -> float:
    return 100 * admission_rate(left, target)


_FOLLOWED = {"deaths_per_100": death_share, "admissions_per_100": _per_100, "admitted_percent": admitted_share,
             "dispersion": dispersion}


def _older(attribute: str, level: str) -> Target:
    """People of 65 and over at a level."""
    return Target(target="", measure="", attribute=attribute, level=level, age_from=FOLLOWED_FROM, age_to=OLDEST, area="",
                  value=0.0, unit="", year="", standing="", split="", source="", label="")


def _share(left: Leavings, target: Target) -> float | None:
    """Of all people of these ages, how many are at the level."""
    table = followed(left, target)[..., PEOPLE]
    levels = level_mask(left, target) if target.attribute else slice(None)
    return 100 * float(table[..., levels].sum() / table.sum()) if table.sum() else None


def _or_none(work_out: Any) -> float | None:
    try:
        return float(work_out())
    except NotComparedError:
        return None
