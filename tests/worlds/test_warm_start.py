"""A run begins in the middle of things: services are as full at the start as later, whatever the length of the warm-up."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from living import shire, world

from icsim.areas.load import Area
from icsim.calendar import MS_PER_DAY
from icsim.services.served import SUM_NAMES
from icsim.simulation import replicate

pytestmark = pytest.mark.worlds

BEDS, HOME_CARE, CARE_HOMES = WATCHED = ("hospital_beds", "home_care", "care_homes")
SEEDS = range(6)
YEAR = 12


@cache
def larger(times: int = 3) -> Area:
    """Testshire with everything `times` over: people, servers, visitors and planned care."""
    area = shire(times)
    pools = tuple(replace(row, value=None if row.value is None else row.value * times) for row in area.pools)
    streams = tuple(replace(row, value=row.value * times, backlog=row.backlog * times) for row in area.streams)
    return replace(area, pools=pools, streams=streams)


@cache
def occupied(warm_up: int) -> dict[str, np.ndarray]:
    """By service, float64[seed, month]: servers busy on average, in two years after a warm-up of so many months."""
    shared = world(2, larger(), warm_up_months=warm_up, report_by="month")
    ms = np.diff(shared.calendar.edges) * MS_PER_DAY
    pools = np.array([replicate(shared, seed).activity.pools[..., SUM_NAMES.index("busy_ms")] for seed in SEEDS])
    return {name: pools[..., shared.layout.pools_of(name)].sum(axis=2) / ms for name in WATCHED}


@pytest.mark.slow
@pytest.mark.parametrize(("service", "of_the_year"), [(BEDS, 0.12), (HOME_CARE, 0.04), (CARE_HOMES, 0.04)])
def test_services_are_as_full_at_the_start_as_in_the_first_year(service, of_the_year):
    """April against the mean of the year (fewer are ill in spring), the months that follow and April of the next year."""
    found = occupied(3)[service]
    assert found[:, 0].mean() == pytest.approx(found[:, :YEAR].mean(), rel=of_the_year)
    for later in (found[:, 1:3].mean(axis=1), found[:, YEAR]):
        difference = found[:, 0] - later
        luck = difference.std(ddof=1) / len(difference) ** 0.5
        assert abs(difference.mean()) < 0.04 * later.mean() + 3 * luck


@pytest.mark.slow
def test_without_a_warm_up_hospitals_would_start_half_empty():
    """So the test above would notice; long holds are drawn at the origin, and full from the first day."""
    found = {name: by_month.mean(axis=0) for name, by_month in occupied(0).items()}
    assert found[BEDS][0] < 0.75 * found[BEDS][:YEAR].mean()
    for service in (HOME_CARE, CARE_HOMES):
        assert found[service][0] == pytest.approx(found[service][:YEAR].mean(), rel=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("service", WATCHED)
@pytest.mark.parametrize(("one", "other"), [(1, 3), (3, 6)])
def test_a_longer_warm_up_changes_the_first_year_only_within_chance(service, one, other, record_property):
    """Chance of the seeds, and of who keeps a server at the origin: drawn once for all seeds, anew for each origin."""
    a, b = (occupied(months)[service][:, :YEAR].mean(axis=1) for months in (one, other))
    drawn_once = 0.0 if service == BEDS else a.mean()
    error = (a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b) + drawn_once) ** 0.5
    record_property(f"{service}, warm-up {other} against {one} months", round(float(b.mean() / a.mean()), 4))
    assert abs(a.mean() - b.mean()) < 4 * error


@pytest.mark.parametrize("growth", [True, False])
def test_capacity_grows_by_its_declared_path_or_stays_as_it_is(growth):
    shared = world(3, growth=growth, warm_up_months=2)
    ms = np.diff(shared.calendar.edges) * MS_PER_DAY
    opened = replicate(shared, 1).activity.pools[..., SUM_NAMES.index("open_ms")] / ms[:, None]
    by_name = {pool.pool: opened[:, p] for p, pool in enumerate(shared.layout.pools)}
    for name in ("testshire_care_homes", "testshire_home_care"):
        places = by_name[name]
        assert places[0] == next(pool.value for pool in shire().pools if pool.pool == name)
        assert (np.diff(places) > 0).any() == growth
        assert (np.diff(places) >= 0).all()
