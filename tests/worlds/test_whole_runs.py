"""What may not matter in a whole run does not, to the bit: engines, workers, a scenario that changes nothing."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from living import live, same_people, shire, tables, world

import icsim
from icsim import simulation
from icsim.calendar import MS_PER_DAY
from icsim.experiment import world_of
from icsim.residents import residents as sharing
from icsim.simulation import Replication, World, replicate
from icsim.tables import MOVED_ON

pytestmark = pytest.mark.worlds


def differing(one: Replication, other: Replication) -> list[str]:
    """Names of what differs in any bit; [] if nothing does."""
    found = {"residents": (one.residents, other.residents), "population": (one.population, other.population),
             "pools": (one.activity.pools, other.activity.pools), "contacts": (one.contacts, other.contacts)}
    found |= {name: (getattr(one.activity.books, name), getattr(other.activity.books, name))
              for name in one.activity.books._fields}
    names = [name for name, (a, b) in found.items() if not np.array_equal(a, b)]  # records have padding of no meaning
    return names + ["demands"] * (one.demands != other.demands)


@cache
def base() -> World:
    """A year of Testshire after three months of warm-up."""
    return world(1, warm_up_months=3)


@cache
def run(engine: str = "compiled") -> Replication:
    """That year, by the tables as shipped."""
    return replicate(replace(base(), engine=engine), 7, log=True)


@cache
def changed() -> World:
    """From the start on fewer ambulances, longer queues, other shares: every way in which a scenario acts on services."""
    area = shire().with_pool("ambulances", 2).with_pool("testshire_beds", 20).with_pool("testshire_home_care", 100)
    rows = tables().with_value(next(row.id for row in tables().branches if row.to == "virtual_ward" and row.value), 0.3)
    limits = tuple(replace(row, queue_limit=1) if row.service == "same_day_care" else row for row in rows.services)
    return world(1, area, replace(rows, services=limits), warm_up_months=3, shipped=(tables(), shire()))


@cache
def changed_run(engine: str = "compiled") -> Replication:
    """The year with those changes."""
    return replicate(replace(changed(), engine=engine), 7, log=True)


# Engines --------------------------------------------------------------------------------------------------------------


def test_two_engines_agree_on_a_whole_run():
    """Tenants, visitors, planned care, warm-up, long holds and all."""
    assert differing(run("compiled"), run("reference")) == []
    assert len(run().contacts) > 50_000


def test_two_engines_agree_on_a_whole_run_in_which_a_scenario_takes_over():
    assert differing(changed_run("compiled"), changed_run("reference")) == []


# Scenarios ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_adopting_the_tables_that_are_in_force_changes_nothing(engine):
    again = replace(base(), now=world(1, warm_up_months=3).now, engine=engine)
    assert again.now is not again.before
    assert differing(run(), replicate(again, 7, log=True)) == []


def test_a_scenario_by_equal_tables_is_the_baseline():
    """Rows that are equal without being the same objects, and a change that is taken back."""
    there = shire().with_pool("ambulances", 4).with_pool("ambulances", 6)
    there = replace(there, population=there.population.copy())
    rows = replace(tables(), ratios=tuple(replace(row) for row in tables().ratios))
    assert {pool.pool: pool.value for pool in shire().pools}["ambulances"] == 6
    other = world(1, there, rows, warm_up_months=3, shipped=(tables(), shire()))
    assert differing(run(), replicate(other, 7, log=True)) == []


def test_a_scenario_file_without_changes_is_the_baseline(tmp_path):
    file = tmp_path / "nothing.toml"
    file.write_text('schema = 1\ntitle = "Nothing changes"\nextends = "testshire/baseline"\n')
    one, other = (replicate(world_of(icsim.resolve(name, years=1)), 7, log=True) for name in ("testshire/baseline", file))
    assert differing(one, other) == []


def test_scenarios_share_everything_before_the_start_and_differ_after_it():
    start = changed().calendar.start_day * MS_PER_DAY
    one, other = run(), changed_run()
    assert np.array_equal(one.population[0], other.population[0])
    before = [found.contacts[found.contacts["ended"] < start] for found in (one, other)]
    assert np.array_equal(*before)
    assert len(before[0]) > 10_000
    late = [found.contacts[found.contacts["asked"] >= start] for found in (one, other)]
    assert not np.array_equal(*late)
    assert not np.array_equal(one.activity.pools, other.activity.pools)


def test_what_happened_before_the_start_is_in_no_book():
    """By the run itself: person-time of its own years, deaths and contacts of its own years."""
    found, calendar = run(), base().calendar
    columns = found.resident_columns
    lived = found.residents[..., columns.index("person")].sum() / MS_PER_DAY / (calendar.days - calendar.start_day)
    assert found.population.sum(axis=1).min() <= lived <= found.population.sum(axis=1).max()
    start = calendar.start_day * MS_PER_DAY
    calls = [n for n, step in enumerate(base().layout.steps) if "calls_999" in step.counts_as.split("|")]
    since = np.isin(found.contacts["step"], calls) & (found.contacts["started"] >= start)
    booked = found.activity.books.tally[..., found.activity.names.counts.index("calls_999")].sum()
    assert booked == since.sum() < np.isin(found.contacts["step"], calls).sum()


# How the work is shared -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [2, 3])
def test_the_number_of_workers_changes_nothing(workers, monkeypatch):
    """Every sweep and every entry is shared, however few there are."""
    monkeypatch.setattr(sharing, "WORTH_SWEEPING", 10)
    monkeypatch.setattr(sharing, "_WORTH_ADMITTING", 2)
    monkeypatch.setattr(sharing, "_WORTH_RELEASING", 2)
    assert differing(changed_run(), replicate(changed(), 7, log=True, workers=workers)) == []


def test_weeks_or_months_change_nobody_who_is_not_served():
    """Beats only say when residents are looked at."""
    month, week = (live(world(2, heartbeat=beat, served=False), 3) for beat in ("month", "week"))
    assert same_people(month.people(), week.people()) == []
    assert month.residents.tally.tobytes() == week.residents.tally.tobytes()


def test_residents_do_move_on_while_they_are_watched():
    """So the tests above see long holds that end otherwise than by death."""
    reasons = []
    advance = simulation.Residents.advance

    def watched(self, beat, served=True):
        handed = advance(self, beat, served)
        reasons.extend(handed.departures["reason"].tolist())
        return handed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulation.Residents, "advance", watched)
        replicate(base(), 7)
    assert reasons.count(MOVED_ON) > 20
