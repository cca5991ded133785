"""Money that moves in Testshire: servers close and open on the days that the ledger says, and what they cost ties out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import polars as pl
import pytest

from icsim import api, experiment
from icsim.areas.budget import lines
from icsim.outcomes.budgets import BUDGET, GIVEN, RECEIVED
from icsim.outcomes.costs import LINE, PAYER, SPEND
from icsim.results import Results
from icsim.scenario.resolve import Resolved
from icsim.scenario.shifts import Condition, Ramp, Shift

pytestmark = pytest.mark.statistical

YEARS = 2
START = date(2025, 10, 1)


def resolved(*shifts: Shift, **more) -> Resolved:
    base = api.resolve("testshire/baseline", years=YEARS, replications=1, **more)
    return replace(base, plan=replace(base.plan, shifted=tuple(_Said(shift) for shift in shifts)))


class _Said:
    """A shift as if it stood in a file."""

    def __init__(self, shift: Shift):
        self.shift = shift


def shift(receivers=(("falls_vehicles", 1.0),), giver: str = "care_homes", steps: float = 1.0, **more) -> Shift:
    line = known()[giver]
    pence = round(line.step_pence * steps) if line.step_pence else round(line.pence * steps)
    return Shift(((giver, 1.0),), receivers, pence, START, more.pop("ramp", Ramp("linear", 1)), **more)


@cache
def known():
    base = api.resolve("testshire/baseline")
    return lines(base.catalogue, base.area)


def open_servers(found: Results, service: str) -> list[float]:
    """Mean servers on duty, by year."""
    table = found.pools.filter(pl.col("service") == service).group_by("year").agg(pl.col("open_ms").sum()).sort("year")
    return (table["open_ms"] / (365 * 24 * 3_600_000)).to_list()


def test_servers_close_after_their_notice_and_open_as_money_comes():
    one = shift((("falls_vehicles", 0.6), ("ambulances", 0.4)), steps=2.0)
    before, found = experiment.run(resolved()), experiment.run(resolved(one))
    line, vehicle = known()["care_homes"], known()["falls_vehicles"]
    closed = 2 * line.step
    months_gone = 6 - line.notice_months  # of the first year, from October on
    was, now = open_servers(before, "care_homes"), open_servers(found, "care_homes")
    lost = [was[year] - now[year] for year in range(YEARS)]
    assert lost[0] == pytest.approx(closed * months_gone / 12, rel=0.02)
    assert lost[1] == pytest.approx(closed, rel=0.01)
    more = int(0.6 * 2 * line.step_pence) // vehicle.unit_pence
    gained = open_servers(found, "falls_vehicles")[1] - open_servers(before, "falls_vehicles")[1]
    assert more > 0
    assert gained == pytest.approx(more / 2, rel=0.01)  # on duty twelve hours a day


def test_a_week_of_a_heartbeat_closes_as_many():
    one = shift(steps=2.0)
    month, week = (experiment.run(resolved(one, heartbeat=beat)) for beat in ("month", "week"))
    assert open_servers(week, "care_homes")[1] == pytest.approx(open_servers(month, "care_homes")[1], rel=0.005)


def test_both_engines_do_the_same_with_money_that_moves():
    one = shift(steps=1.0)
    quick, slow = (experiment.run(resolved(one, engine=engine)) for engine in ("compiled", "reference"))
    for name in ("cells", "pools", "ledger"):
        assert getattr(quick, name).equals(getattr(slow, name))


def test_nothing_closes_while_it_is_needed():
    held = shift(steps=2.0, close_when=Condition(0.01, 3))
    found = experiment.run(resolved(held))
    assert open_servers(found, "care_homes") == open_servers(experiment.run(resolved()), "care_homes")
    assert found.ledger.filter(pl.col("kind") == "moved").is_empty()


def test_a_shift_of_nothing_yet_changes_no_bit_but_the_book():
    """Stranded for good: less than one step."""
    before, found = experiment.run(resolved()), experiment.run(resolved(shift(steps=0.5)))
    assert found.cells.equals(before.cells)
    assert found.pools.equals(before.pools)


def test_budget_and_cost_of_activity_tie_out():
    """Activity × unit cost + programme cost + capacity cost, by payer and year, against the ledger, to the penny: of lines
    that are paid by their hours on duty or by their places, what is spent is what is held."""
    both = (("stop_smoking", 0.5), ("falls_exercise", 0.5))
    gives = Shift((("prevention_fund", 1.0),), both, 24_000_00, START, Ramp("linear", 1))
    base, found = resolved(), resolved(gives)
    table = api.summary(experiment.compare(base, [replace(found, name="other")]))
    level = table.filter((pl.col("kind") == "level") & (pl.col("scenario") == "other") & (pl.col("year") == "2026/27"))

    def of(measure: str, margin: str, group: str) -> float:
        return level.filter((pl.col("measure") == measure) & (pl.col("margin") == margin) & (pl.col("group") == group)
                            )["mean"].item()
    for name in ("stop_smoking", "falls_exercise"):
        unit = known()[name].unit_pence / 100
        assert of(BUDGET, LINE, name) == 12_000
        assert 0 <= of(BUDGET, LINE, name) - of(SPEND, LINE, name) + unit <= 2 * unit  # whole places: at most one is left
    vehicles = known()["falls_vehicles"]
    assert of(SPEND, LINE, "falls_vehicles") == pytest.approx(vehicles.pence / 100, rel=1e-3)
    payers = level.filter((pl.col("measure") == SPEND) & (pl.col("margin") == PAYER))["mean"].sum()
    assert payers == pytest.approx(of(SPEND, "total", "all"), abs=0.005)
    budgets = level.filter((pl.col("measure") == BUDGET) & (pl.col("margin") == LINE))["mean"].sum()
    assert budgets == pytest.approx(of(BUDGET, "total", "all"), abs=0.005)
    assert of(RECEIVED, "total", "all") == of(GIVEN, "total", "all") == 24_000


def test_places_begin_when_the_money_comes():
    gives = Shift((("prevention_fund", 1.0),), (("stop_smoking", 1.0),), 120_000_00, START, Ramp("linear", 1))
    found = experiment.run(resolved(gives))
    begun = found.cells.group_by("year").agg(pl.col("stop_smoking_begun").sum()).sort("year")["stop_smoking_begun"].to_list()
    places = 120_000_00 / 12 / known()["stop_smoking"].unit_pence
    assert begun[0] == int(6 * places)
    assert sum(begun) == int(18 * places)


def test_the_ledger_ties_out_in_a_run():
    found = experiment.run(resolved(shift((("falls_vehicles", 0.5), ("prevention_fund", 0.5)), steps=2.0)))
    moves = found.ledger.filter(pl.col("kind").is_in(["moved", "double_running"]))
    by = moves.group_by("month").agg(pl.col("pence").sum())
    free = known()["care_homes"].step_pence * 2
    assert np.all(np.abs(by["pence"].to_numpy() - free / 12) <= 1)
    assert moves["giver"].unique().to_list() == ["care_homes"]
