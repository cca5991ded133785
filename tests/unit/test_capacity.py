"""Planned servers hour by hour: opening hours × rota × the declared path, reviews, and what is stated again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_tables import small_area

from icsim.areas.rows import Capacity, Pool
from icsim.areas.schedule import parse
from icsim.calendar import MS_PER_DAY, MS_PER_HOUR
from icsim.catalogue import Catalogue, profiles
from icsim.catalogue.rows import Congestion, Profile
from icsim.services import capacity
from icsim.services.model import REVIEW, UNLIMITED

pytestmark = pytest.mark.unit

MONDAY = date(2026, 6, 1)
NIGHTS = [0.25] * 6 + [1.0] * 18
"""A quarter of the day's servers from midnight to six."""
WEEKENDS = [2.0] * 5 + [1.0] * 2


def profile(name: str, part: str, values: list[float]) -> tuple[Profile, ...]:
    return tuple(Profile(profile=name, part=part, index=n, value=value, unit="relative") for n, value in enumerate(values))


CATALOGUE = Catalogue(
    profiles=profile("nights", "hour", NIGHTS) + profile("both", "hour", NIGHTS) + profile("both", "weekday", WEEKENDS)
    + profile("days", "hour", [0.0] * 8 + [1.0] * 12 + [0.0] * 4),
    congestion=(Congestion(response="more", kind="escalate", service="wards", above=1.0, value=0.1, unit="share"),
                Congestion(response="sooner", kind="shorten", service="wards", above=1.0, value=0.9, unit="ratio")),
)


def pool(name: str, value: float | None, open: str = "always", rota: str = "", service: str = "crews") -> Pool:
    return Pool(pool=name, service=service, label=name, open=open, rota=rota, value=value, unit="servers")


def path(year: int, value: float, service: str = "crews") -> Capacity:
    return Capacity(service=service, from_year=year, value=value, unit="ratio")


def changes(pools: list[Pool], start: date = MONDAY, days: int = 7, paths: tuple[Capacity, ...] = (), growth: bool = True,
            again: int = 0) -> np.ndarray:
    area = replace(small_area(), pools=tuple(pools), capacity=paths)
    return capacity.changes(CATALOGUE, area, start, days, growth, again)


def planned(only: Pool, days: int = 7, **more) -> np.ndarray:
    """int64[hour]: servers of one pool."""
    servers = np.full(days * 24, -1)
    for ms, _, number in changes([only], days=days, **more):
        if number != REVIEW:
            servers[ms // MS_PER_HOUR :] = number
    return servers


# --- hours of the week -----------------------------------------------------------------------------------------------


def test_a_pool_has_all_its_servers_in_its_opening_hours_and_none_outside():
    found = planned(pool("a", 4, "daily 07:00-19:00")).reshape(7, 24)
    assert (found[:, 7:19] == 4).all()
    assert found.sum() == 7 * 12 * 4


def test_opening_hours_are_those_of_the_weekday_whatever_day_the_run_begins():
    hours = "Mon-Fri 08:00-20:00; Sat,Sun 19:00-01:00"
    for shift in range(7):
        found = planned(pool("a", 3, hours), days=14, start=MONDAY + timedelta(shift))
        assert found.tolist() == (3 * np.resize(np.roll(parse(hours), -24 * shift), 14 * 24)).tolist()


def test_a_pool_without_a_limit_is_open_or_shut():
    assert set(planned(pool("a", None))) == {UNLIMITED}
    assert set(planned(pool("a", None, "daily 09:00-17:00"))) == {0, UNLIMITED}


def test_a_rota_leaves_a_share_of_the_servers_rounded():
    found = planned(pool("a", 10, rota="nights")).reshape(7, 24)
    assert (found[:, :6] == 3).all(), "2.5 is rounded up"
    assert (found[:, 6:] == 10).all()


def test_the_busiest_hour_of_the_week_has_them_all():
    share = profiles.rota(CATALOGUE, "both").reshape(7, 24)
    assert share.max() == 1.0
    assert share[0].tolist() == pytest.approx(NIGHTS)
    assert share[6].tolist() == pytest.approx([value / 2 for value in NIGHTS])
    assert profiles.rota(CATALOGUE, "").tolist() == [1.0] * 168


def test_where_the_rota_has_anybody_at_least_one_is_on_duty():
    found = planned(pool("a", 1, rota="both"))
    assert set(found) == {1}
    assert planned(pool("a", 1, rota="days")).reshape(7, 24).sum(axis=1).tolist() == [12] * 7
    assert set(planned(pool("a", 0, rota="both"))) == {0}, "a pool of nobody stays so"


@given(number=st.integers(0, 60), rota=st.sampled_from(["", "nights", "both", "days"]),
       hours=st.sampled_from(["always", "daily 19:00-01:00", "Mon-Fri 08:00-20:00; Sat,Sun 10:00-16:00"]),
       start=st.dates(date(2025, 1, 1), date(2029, 12, 31)), ratios=st.lists(st.floats(0.05, 3.0), max_size=3),
       growth=st.booleans())
def test_hours_rota_and_path_multiply(number, rota, hours, start, ratios, growth):
    """Against the same sentence written hour by hour."""
    paths = tuple(path(2026 + n, ratio) for n, ratio in enumerate(ratios))
    found = planned(pool("a", number, hours, rota), start=start, days=9, paths=paths, growth=growth)
    share, is_open = profiles.rota(CATALOGUE, rota), parse(hours)
    for hour, servers in enumerate(found):
        when = datetime(start.year, start.month, start.day) + timedelta(hours=hour)
        week = when.weekday() * 24 + when.hour
        in_force = [row.value for row in paths if growth and when.date() >= date(row.from_year, 4, 1)]
        ratio = in_force[-1] if in_force else 1.0
        expected = int(number * ratio * share[week] + 0.5)
        if number and share[week] > 0:
            expected = max(expected, 1)
        assert servers == (expected if is_open[week] else 0), when


# --- the path over the years -----------------------------------------------------------------------------------------


def test_the_path_steps_on_the_first_of_april():
    start = date(2026, 3, 1)
    found = planned(pool("a", 100), start=start, days=700, paths=(path(2027, 1.25), path(2026, 1.1)))[::24]
    edges = [(date(2026, 4, 1) - start).days, (date(2027, 4, 1) - start).days]
    assert [set(part) for part in np.split(found, edges)] == [{100}, {110}, {125}]


def test_a_run_that_begins_late_begins_with_the_latest_step():
    """No financial year of its own is needed: the last step before holds, through the first months of a year too."""
    paths = path(2026, 1.1), path(2028, 1.3)
    assert set(planned(pool("a", 10), start=date(2027, 12, 1), days=60, paths=paths)) == {11}
    assert set(planned(pool("a", 10), start=date(2040, 1, 1), days=60, paths=paths)) == {13}
    assert set(planned(pool("a", 10), start=date(2025, 1, 1), days=60, paths=paths)) == {10}


def test_without_growth_the_path_is_not_followed():
    assert set(planned(pool("a", 10), start=date(2030, 1, 1), days=400, paths=(path(2026, 2.0),), growth=False)) == {10}


def test_the_path_is_that_of_the_service_and_all_its_pools():
    pools = [pool("a", 10), pool("b", 20), pool("c", 30, service="wards"), pool("d", None)]
    table = changes(pools, start=date(2028, 1, 1), days=1, paths=(path(2026, 1.5),))
    assert [(p, number) for _, p, number in table.tolist() if number != REVIEW] == [
        (0, 15), (1, 30), (2, 30), (3, UNLIMITED)]


def test_a_number_beyond_all_measure_is_no_limit():
    assert set(planned(pool("a", 1e6), start=date(2028, 1, 1), paths=(path(2026, 1e6),))) == {UNLIMITED}


# --- the table -------------------------------------------------------------------------------------------------------


def test_only_changes_are_told_in_order_of_time_and_pool():
    table = changes([pool("a", 4, "daily 07:00-19:00"), pool("b", 2)], days=2)
    hours = [(ms // MS_PER_HOUR, p, number) for ms, p, number in table.tolist()]
    assert hours == [(0, 0, 0), (0, 1, 2), (7, 0, 4), (19, 0, 0), (31, 0, 4), (43, 0, 0)]


def test_pressure_is_taken_every_day_at_eight_where_a_row_asks_for_it():
    """Once a day, however many rows name the service; never of a pool without limit, nor of another service."""
    wards = pool("wards", 9, service="wards"), pool("elsewhere", None, service="wards"), pool("crews", 3)
    reviews = [(ms, p) for ms, p, number in changes(list(wards), days=3).tolist() if number == REVIEW]
    assert reviews == [(day * MS_PER_DAY + 8 * MS_PER_HOUR, 0) for day in range(3)]


def test_a_review_comes_after_the_change_of_its_pool_in_the_same_hour():
    table = changes([pool("a", 5, "daily 08:00-20:00", service="wards"), pool("b", 7, "daily 08:00-20:00")], days=1)
    at_eight = [(p, number) for ms, p, number in table.tolist() if ms == 8 * MS_PER_HOUR]
    assert at_eight == [(0, 5), (0, REVIEW), (1, 7)]


def test_on_one_day_every_pool_is_stated_again():
    pools = [pool("a", 4, "daily 07:00-19:00"), pool("b", 2), pool("c", None), pool("d", 0)]
    first, again = changes(pools, days=10), changes(pools, days=10, again=3)
    on_the_day = again[again[:, 0] == 3 * MS_PER_DAY]
    assert on_the_day[:, 1:].tolist() == [[0, 0], [1, 2], [2, UNLIMITED], [3, 0]]
    rest = again[again[:, 0] != 3 * MS_PER_DAY]
    assert rest.tolist() == first[first[:, 0] != 3 * MS_PER_DAY].tolist()


def test_more_on_some_days_goes_with_the_shift_past_midnight():
    """From Wednesday 2 April on one seat more on Mondays alone, 19:00 to 01:00: the last hour is on Tuesday."""
    cafe = pool("a", 1, "daily 19:00-01:00")
    start = date(2025, 4, 1)
    area = replace(small_area(), pools=(cafe,), capacity=())
    table = capacity.changes(CATALOGUE, area, start, 14, True, 0, {"a": [(1, (1, 0, 0, 0, 0, 0, 0))]})
    found = {datetime(2025, 4, 1) + timedelta(milliseconds=int(ms)): int(servers) for ms, _, servers in table}
    assert found[datetime(2025, 4, 7, 19)] == found[datetime(2025, 4, 14, 19)] == 2
    assert found[datetime(2025, 4, 8, 1)] == 0
    assert [when for when, servers in found.items() if servers == 2] == [datetime(2025, 4, 7, 19), datetime(2025, 4, 14, 19)]
