"""Staff that cannot be found: services run as many servers as are funded and staffed, and what is vacant stays unspent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import pytest

from icsim import api, experiment
from icsim.areas.rows import Staffing
from icsim.outcomes.budgets import BUDGET, VACANT, budgets
from icsim.outcomes.costs import LINE
from icsim.results import Results
from icsim.scenario.resolve import Resolved

pytestmark = pytest.mark.statistical

YEARS = 2
WHAT = {"spare": "WTE", "join": "WTE a year", "leave": "%"}


def resolved(text: str = "", years: int = YEARS, said=(), **run) -> Resolved:
    """Testshire's baseline with a few lines more, and of some groups of staff so many who are spare and who join."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "scenario.toml"
        file.write_text(f'schema = 1\ntitle = "x"\nextends = "testshire/baseline"\n{text}')
        base = api.resolve(file, years=years, replications=1, **run)
    rows = tuple(Staffing(id=f"staffing.{group}.{what}", staff=group, what=what, value=value, unit=WHAT[what],
                          standing="assumed", source="invented") for group, what, value in said)
    return replace(base, area=replace(base.area, staff=rows))


def on_duty(found: Results, service: str) -> list[float]:
    """Mean servers on duty, by year."""
    table = found.pools.filter(pl.col("service") == service).group_by("year").agg(pl.col("open_ms").sum()).sort("year")
    return (table["open_ms"] / (365 * 24 * 3_600_000)).to_list()


VEHICLES = "[services.falls_vehicles]\nnumber = 5\n"
"""Testshire has one; each needs 2.81 paramedics and as many occupational therapists, half of the day."""


def test_a_service_runs_those_that_are_staffed_and_more_as_people_come():
    """Two vehicles more have paramedics at once, and one more in each half of a year; therapists are not known of."""
    said = [("paramedics", "spare", 2 * 2.81), ("paramedics", "join", 2 * 2.81)]
    found = experiment.run(resolved(VEHICLES, said=said))
    first, second = on_duty(found, "falls_vehicles")
    days = np.array([np.floor(7 * min(m / 6, 2.0) + 1e-9) / 7 for m in range(24)])  # whole shifts of a vehicle of a day
    assert first == pytest.approx((3 + days[:12].mean()) / 2, rel=0.01)
    assert second == pytest.approx((3 + days[12:].mean()) / 2, rel=0.01)


def test_what_is_vacant_stays_unspent_and_the_budget_is_the_same():
    said = [("paramedics", "spare", 2 * 2.81), ("paramedics", "join", 0.0)]
    short, enough = (experiment.run(resolved(VEHICLES, said=said, staff=staff)) for staff in (True, False))
    each = next(line for line in short.provenance["lines"] if line["line"] == "falls_vehicles")["unit_pence"] / 100

    def of(found: Results, measure: str) -> float:
        table = budgets(found.ledger, found.provenance["lines"])
        keys = (pl.col("measure") == measure, pl.col("margin") == LINE, pl.col("group") == "falls_vehicles",
                pl.col("year") == "2026/27")
        return table.filter(*keys)["value"].item()

    assert of(short, VACANT) == pytest.approx(2 * each)
    assert of(enough, VACANT) == 0.0
    assert of(short, BUDGET) == of(enough, BUDGET) == pytest.approx(5 * each)
    assert on_duty(enough, "falls_vehicles")[1] == pytest.approx(2.5, rel=0.001)


def test_a_service_that_never_closes_runs_whole_servers():
    """Each crew needs 4.95 paramedics; three quarters of them for one more are none."""
    said = [("paramedics", "spare", 0.75 * 4.95)]
    text = "[services.ambulances]\nnumber = 8\n"
    plain, found = experiment.run(resolved(years=1)), experiment.run(resolved(text, 1, said))
    assert on_duty(found, "ambulances") == on_duty(plain, "ambulances")


def test_a_programme_offers_fewer_places():
    """Link workers for a hundred more are there, and 200 more are asked for; each place needs 0.049."""
    said = [("link_workers", "spare", 100 * 0.049)]
    text = "[programmes.social_prescribing]\nplaces = {}\n"
    few, enough, known = (experiment.run(resolved(text.format(n), 1, said)) for n in (200, 100, 90))
    begun = [found.cells["social_prescribing_begun"].sum() for found in (few, enough, known)]
    assert begun[0] == begun[1] > begun[2] > 0


def test_a_baseline_is_never_short_of_staff():
    said = [(group, "spare", 0.0) for group in ("nurses", "paramedics", "care_workers", "doctors")]
    short, free = experiment.run(resolved(said=said)), experiment.run(resolved(staff=False))
    assert short.cells.equals(free.cells.with_columns(scenario=pl.lit(short.name)))
    assert short.ledger.filter(pl.col("kind") == "vacant").is_empty()


def test_both_engines_and_both_heartbeats_have_as_many():
    said = [("paramedics", "spare", 2.5 * 2.81)]
    compiled, reference, week = (experiment.run(resolved(VEHICLES, 1, said, **how)) for how in (
        {}, {"engine": "reference"}, {"heartbeat": "week"}))
    assert on_duty(compiled, "falls_vehicles") == on_duty(reference, "falls_vehicles")
    assert on_duty(week, "falls_vehicles") == pytest.approx(on_duty(compiled, "falls_vehicles"), rel=0.02)
