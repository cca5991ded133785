"""Which years are marked as overloaded, against small frames worked out by hand."""

import polars as pl
import pytest
import synthetic

from icsim import outcomes
from icsim.outcomes.overload import WHOLE, keeping_up, overloaded

pytestmark = pytest.mark.unit

YEARS = ("2025/26", "2026/27")
YEAR_MS = 365 * 86_400_000
DAY_MS = 86_400_000


def pool(year, name="home", service="home_care", servers=10, busy=0.9, waiting_ms=0, arrivals=100, grants=100, left=0):
    return {"scenario": "x", "replication": 0, "year": year, "pool": name, "service": service,
            "busy_ms": int(busy * servers * YEAR_MS), "open_ms": servers * YEAR_MS, "waiting_ms": waiting_ms,
            "arrivals": arrivals, "grants": grants, "left_queue": left}


def planned(year, name="home", count=50, sum_ms=10**12, measure="wait:planned_bed", over=0):
    return {"scenario": "x", "replication": 0, "year": year, "pool": name, "measure": measure,
            **dict.fromkeys(synthetic.WAIT_COLUMNS, 0), "count": count, "sum_ms": sum_ms, "over_2": over}


def made(*pools, waits=(), refuses=False, name="x"):
    """Results that hold these pools alone."""
    blank = synthetic.results(name, replications=1)
    pool_waits = pl.DataFrame(list(waits)) if waits else blank.pool_waits.clear()
    services = {"home_care": {"label": "Home care", "server": "package", "refuses": refuses, "long_hold": True}}
    origin = {**blank.provenance, "services": services, "limits": {"wait:bed": [240, 720]}}
    return synthetic.replace(blank, pools=pl.DataFrame(list(pools)), pool_waits=pool_waits, provenance=origin)


def marked(results):
    return set(overloaded(results).select("pool", "year").rows())


def test_a_service_whose_queue_grows_while_all_servers_are_in_use_is_overloaded():
    """20 of 120 were not served, at 9.9 of 10 servers in use: each would have used 0.99 years / 10."""
    found = made(pool(YEARS[0]), pool(YEARS[1], busy=0.99, arrivals=120, grants=100, left=5))
    assert marked(found) == {(WHOLE, YEARS[1]), ("home", YEARS[1])}
    assert keeping_up(found) == YEARS[:1]
    row = overloaded(found).row(0, named=True)
    assert row["not_served"] == pytest.approx(20 / 120)
    assert row["servers"] == pytest.approx(10)
    assert row["excess"] == pytest.approx(20 * 0.099)


def test_leaving_alone_or_full_servers_alone_are_no_overload():
    assert not marked(made(pool(YEARS[0]), pool(YEARS[1], busy=0.8, arrivals=120)))
    assert not marked(made(pool(YEARS[0]), pool(YEARS[1], busy=0.99, arrivals=105)))


def test_waits_that_more_than_double_and_matter_are_overload():
    """A server is used for 0.09 years a case, 33 days: waits of 4 days against 1 count, those of 3 against 1 do not."""
    def with_waits(days):
        return made(pool(YEARS[0], waiting_ms=100 * DAY_MS), pool(YEARS[1], waiting_ms=100 * days * DAY_MS))
    assert marked(with_waits(4)) == {(WHOLE, YEARS[1]), ("home", YEARS[1])}
    assert overloaded(with_waits(4))["times_first_year"][0] == pytest.approx(4)
    assert overloaded(with_waits(4))["excess"][0] == pytest.approx(400 / 365)
    assert not marked(with_waits(3))


def test_the_waiting_list_of_planned_care_counts_for_nothing():
    listed = [planned(year, count=50) for year in YEARS]
    pools = pool(YEARS[0]), pool(YEARS[1], busy=0.99, arrivals=500, left=300, waiting_ms=10**14)
    assert not marked(made(*pools, waits=listed))
    late = [planned(YEARS[1], measure="wait:bed", sum_ms=0, over=6)]
    assert marked(made(*pools, waits=[*listed, *late])) == {(WHOLE, YEARS[1]), ("home", YEARS[1])}  # 6 of 50 over 12 hours


def test_services_that_refuse_by_design_and_closed_pools_are_left_alone():
    crowded = pool(YEARS[0]), pool(YEARS[1], busy=0.99, arrivals=200)
    assert not marked(made(*crowded, refuses=True))
    assert not marked(made(pool(YEARS[0], servers=0), pool(YEARS[1], servers=0, arrivals=200)))


def test_one_crowded_pool_among_many_is_told_but_the_service_keeps_up():
    large = [pool(year, name="large", servers=1000, arrivals=10_000, grants=10_000) for year in YEARS]
    found = made(*large, pool(YEARS[0]), pool(YEARS[1], busy=0.99, arrivals=120))
    assert marked(found) == {("home", YEARS[1])}
    assert keeping_up(found) == YEARS


def test_a_year_that_one_scenario_marks_is_left_out_of_all():
    sound = made(pool(YEARS[0]), pool(YEARS[1]))
    crowded = made(pool(YEARS[0]), pool(YEARS[1], busy=0.99, arrivals=120), name="y")
    pair = synthetic.Comparison(sound, [crowded])
    assert keeping_up(pair) == YEARS[:1]
    table = outcomes.summary(pair, synthetic.SPEAK)
    falls = outcomes.look(table, kind="level", scenario="x", measure="falls", margin="total")
    by_year = dict(zip(falls["year"], falls["mean"], strict=True))
    assert by_year["headline years"] == by_year[YEARS[0]]
    assert by_year["all years"] == by_year[YEARS[0]] + by_year[YEARS[1]]


def test_without_a_year_that_keeps_up_there_are_no_headline_years():
    always = made(*(pool(year, busy=0.99, arrivals=120) for year in YEARS))
    assert keeping_up(always) == ()
    assert "headline years" not in outcomes.summary(always, synthetic.SPEAK)["year"].to_list()
