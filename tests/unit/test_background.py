"""Cases that belong to no resident: each day an address of its own, by season, weekday and hour; and what already waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from scipy import stats
from small_tables import small_area, small_catalogue

from icsim.areas.rows import Stream
from icsim.calendar import MS_PER_DAY, MS_PER_HOUR, Beat, calendar
from icsim.catalogue.rows import Event, Profile
from icsim.services.background import Background
from icsim.services.names import Layout, layout_of
from icsim.tables import NOBODY

pytestmark = pytest.mark.unit

ALPHA = 0.001
START = date(2025, 4, 1)
DAYS = 730
HOURS = [1, 1, 0, 0, 0, 1, 2, 4, 6, 9, 9, 8, 8, 7, 7, 6, 6, 6, 5, 5, 4, 3, 2, 1]
WEEKDAYS = [6, 5, 5, 5, 5, 3, 2]
MONTHS = [1.2, 1.1, 1.0, 1.0, 0.9, 0.9, 0.8, 0.8, 1.0, 1.0, 1.1, 1.2]


def profile() -> tuple[Profile, ...]:
    parts = (("hour", 0, HOURS), ("weekday", 0, WEEKDAYS), ("month", 1, MONTHS))
    return tuple(Profile(profile="busy", part=part, index=first + n, value=value, unit="relative")
                 for part, first, values in parts for n, value in enumerate(values))


CATALOGUE = small_catalogue()
CATALOGUE = replace(CATALOGUE, profiles=profile(), events=(
    *CATALOGUE.events, Event(event="visitors", label="", kind="stream", pathway="falls", profile="busy"),
    Event(event="planned", label="", kind="stream", pathway="falls")))


def stream(name: str, event: str = "visitors", value: float = 40.0, backlog: int = 0) -> Stream:
    return Stream(stream=name, event=event, label=name, value=value, backlog=backlog, unit="cases a day")


def background(*streams: Stream, start: date = START, days: int = DAYS, seed: int = 1) -> tuple[Background, Layout]:
    layout = layout_of(CATALOGUE, replace(small_area(), streams=streams), ("frailty",), ("fall",))
    return Background(CATALOGUE, layout, start, days, seed), layout


def all_cases(*streams: Stream, **more) -> np.ndarray:
    """DEMAND[], in order of time and key."""
    days = more.get("days", DAYS)
    found = background(*streams, **more)[0].within(Beat(more.get("start", START), 0, days))
    return np.array(np.sort(found, order=("ms", "key")))


VISITORS = stream("visitors_north")


@pytest.fixture(scope="module")
def visitors() -> np.ndarray:
    return all_cases(VISITORS)


def test_cases_belong_to_nobody_and_come_from_the_place_of_their_stream():
    _, layout = background(VISITORS, stream("waiting_list", "planned"))
    found = all_cases(VISITORS, stream("waiting_list", "planned"))
    assert set(found["resident"]) == {NOBODY}
    assert set(found["cell"]) == {-1}
    assert set(found["cls"]) == set(found["severity"]) == {0}
    pairs = set(zip(found["kind"].tolist(), found["place"].tolist(), strict=True))
    assert pairs == {(layout.demand("visitors"), layout.places.index("visitors_north")),
                     (layout.demand("planned"), layout.places.index("waiting_list"))}
    assert min(place for _, place in pairs) >= 1, "after the places of residents"


def test_as_many_come_as_the_area_says(visitors):
    """40 a day on a mean day; the run has as many of each month and weekday as two years have."""
    assert abs(len(visitors) - 40 * DAYS) < 4 * (40 * DAYS) ** 0.5 + 0.005 * 40 * DAYS
    assert len(np.unique(visitors["key"])) == len(visitors)


def test_times_lie_in_the_run_and_keys_say_nothing_of_them(visitors):
    assert visitors["ms"].min() >= 0
    assert visitors["ms"].max() < DAYS * MS_PER_DAY
    assert abs(np.corrcoef(visitors["ms"], visitors["key"].astype(float))[0, 1]) < 4 / len(visitors) ** 0.5


def test_hours_are_those_of_the_profile(visitors):
    seen = np.bincount(visitors["ms"] % MS_PER_DAY // MS_PER_HOUR, minlength=24)
    expected = len(visitors) * np.array(HOURS) / sum(HOURS)
    assert (seen[expected == 0] == 0).all()
    assert stats.chisquare(seen[expected > 0], expected[expected > 0]).pvalue > ALPHA


def test_minutes_inside_an_hour_are_even(visitors):
    minutes = np.bincount(visitors["ms"] % MS_PER_HOUR // 60_000, minlength=60)
    assert stats.chisquare(minutes).pvalue > ALPHA


def by_day(cases: np.ndarray) -> np.ndarray:
    return np.bincount(cases["ms"] // MS_PER_DAY, minlength=DAYS)


@pytest.mark.parametrize(("values", "index"), [
    (WEEKDAYS, lambda day: day.weekday()), (MONTHS, lambda day: day.month - 1)], ids=["weekdays", "months"])
def test_weekdays_and_months_are_those_of_the_profile(visitors, values, index):
    dates = [START + timedelta(n) for n in range(DAYS)]
    mean = np.array([40 * WEEKDAYS[day.weekday()] / np.mean(WEEKDAYS) * MONTHS[day.month - 1] / np.mean(MONTHS)
                     for day in dates])
    group = np.array([index(day) for day in dates])
    seen, expected = (np.bincount(group, weights=each, minlength=len(values)) for each in (by_day(visitors), mean))
    assert stats.chi2.sf(((seen - expected) ** 2 / expected).sum(), len(values)) > ALPHA


def test_days_are_as_different_as_chance_makes_them():
    """Of an even stream: variance equal to the mean, and no day like the one before."""
    counts = by_day(all_cases(stream("waiting_list", "planned")))
    assert stats.chi2.sf(((counts - 40) ** 2 / 40).sum(), DAYS) == pytest.approx(0.5, abs=0.4995)
    assert abs(np.corrcoef(counts[1:], counts[:-1])[0, 1]) < 4 / DAYS**0.5


# --- a day is an address of its own ----------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [1, 7, 30, 100])
def test_beats_cut_differently_give_the_same_cases(visitors, length):
    cut, _ = background(VISITORS)
    parts = [cut.within(Beat(START + timedelta(day), day, min(day + length, DAYS))) for day in range(0, DAYS, length)]
    for n, part in enumerate(parts):
        assert ((part["ms"] // MS_PER_DAY) // length == n).all()
    assert np.array_equal(np.sort(np.concatenate(parts), order=("ms", "key")), visitors)


def test_months_and_weeks_of_the_calendar_give_the_same_cases(visitors):
    for heartbeat in ("month", "week"):
        cut, _ = background(VISITORS)
        parts = [cut.within(beat) for beat in calendar(START, 2, heartbeat).beats]
        assert np.array_equal(np.sort(np.concatenate(parts), order=("ms", "key")), visitors)


def test_a_run_that_begins_earlier_has_the_same_days(visitors):
    """A warm-up of 31 days: the same cases, 31 days later by its clock, to the rounding of a millisecond."""
    longer = all_cases(VISITORS, start=START - timedelta(31), days=DAYS + 31)
    longer = longer[longer["ms"] >= 31 * MS_PER_DAY]
    assert np.array_equal(np.sort(longer["key"]), np.sort(visitors["key"]))
    own, other = (table["ms"][np.argsort(table["key"])] for table in (visitors, longer))
    assert np.abs(other - 31 * MS_PER_DAY - own).max() <= 1


def test_another_stream_changes_nothing(visitors):
    both = all_cases(stream("waiting_list", "planned", 3.0, backlog=5), VISITORS)
    place = background(stream("waiting_list", "planned"), VISITORS)[1].places.index("visitors_north")
    own = both[both["place"] == place]
    assert np.array_equal(own[["ms", "key"]], visitors[["ms", "key"]])


def test_streams_and_seeds_have_luck_of_their_own():
    own = all_cases(stream("waiting_list", "planned"))
    for other in (all_cases(stream("another_list", "planned")), all_cases(stream("waiting_list", "planned"), seed=2)):
        assert not np.intersect1d(other["key"], own["key"]).size
        assert abs(np.corrcoef(by_day(other), by_day(own))[0, 1]) < 4 / DAYS**0.5


def test_more_cases_a_day_come_sooner_and_leave_those_that_there_were(visitors):
    """The nth case of a day is the same case; with more of them it comes earlier in the day."""
    more = all_cases(stream("visitors_north", value=44.0))
    assert np.isin(visitors["key"], more["key"]).all()
    sooner = dict(zip(more["key"].tolist(), more["ms"].tolist(), strict=True))
    assert all(sooner[key] <= ms for key, ms in visitors[["key", "ms"]].tolist())


def test_a_stream_of_nothing_is_empty():
    assert len(all_cases(stream("visitors_north", value=0.0))) == 0
    assert len(all_cases()) == 0


# --- what already waits ----------------------------------------------------------------------------------------------


def test_a_backlog_comes_in_the_first_instant_of_the_run_and_changes_no_other_case():
    without = all_cases(stream("waiting_list", "planned"))
    cut, _ = background(stream("waiting_list", "planned", backlog=250))
    first, second = cut.within(Beat(START, 0, 30)), cut.within(Beat(START + timedelta(30), 30, DAYS))
    waiting = first[first["ms"] == 0]
    assert len(waiting) == len(np.unique(waiting["key"])) == 250
    rest = np.sort(np.concatenate([first[first["ms"] > 0], second]), order=("ms", "key"))
    assert np.array_equal(rest, without)


def test_a_longer_backlog_holds_the_shorter_one():
    short, long = (all_cases(stream("waiting_list", "planned", backlog=n)) for n in (3, 4))
    assert set(short["key"]) < set(long["key"])
    assert len(long) == len(short) + 1
