"""Days, months, hours of the week and financial years."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from icsim.calendar import (
    HOURS_PER_WEEK,
    MS_PER_DAY,
    add_months,
    add_years,
    calendar,
    days_between,
    financial_year,
    hour_of_week,
)

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("day", "label"), [
    (date(2025, 4, 1), "2025/26"), (date(2025, 3, 31), "2024/25"), (date(2026, 1, 1), "2025/26"),
    (date(2099, 12, 31), "2099/00"), (date(2100, 1, 1), "2099/00"), (date(2008, 5, 5), "2008/09")])
def test_a_financial_year_runs_from_april_to_march(day, label):
    assert financial_year(day) == label


def test_months_are_added_across_years():
    assert add_months(date(2025, 11, 30), 1) == date(2025, 12, 1)
    assert add_months(date(2025, 12, 15), 1) == date(2026, 1, 1)
    assert add_months(date(2025, 1, 1), 26) == date(2027, 3, 1)
    assert add_months(date(2025, 3, 9), 0) == date(2025, 3, 1)


def test_a_year_after_the_leap_day_is_the_first_of_march():
    assert add_years(date(2024, 2, 29), 1) == date(2025, 3, 1)
    assert add_years(date(2024, 2, 29), 4) == date(2028, 2, 29)
    assert add_years(date(2025, 4, 1), 10) == date(2035, 4, 1)


def test_days_count_leap_days():
    assert days_between(date(2024, 1, 1), date(2025, 1, 1)) == 366
    assert days_between(date(2025, 1, 1), date(2026, 1, 1)) == 365
    assert days_between(date(2025, 4, 1), date(2035, 4, 1)) == 3652


@pytest.mark.parametrize("heartbeat", ["month", "week"])
@pytest.mark.parametrize("start", [date(2025, 4, 1), date(2027, 9, 1), date(2028, 2, 1), date(2026, 5, 13)])
@pytest.mark.parametrize("years", [1, 2, 10])
def test_beats_cover_the_run_without_gap_or_overlap(heartbeat, start, years):
    found = calendar(start, years, heartbeat)
    assert found.beats[0].start_day == 0
    assert found.beats[-1].end_day == days_between(start, found.end) == days_between(start, add_years(start, years))
    for one, following in zip(found.beats, found.beats[1:], strict=False):
        assert one.end_day == following.start_day
    for beat in found.beats:
        assert beat.first == start + timedelta(beat.start_day)
        assert 0 < beat.end_day - beat.start_day <= (31 if heartbeat == "month" else 7)
        assert beat.end_ms == beat.end_day * MS_PER_DAY


@pytest.mark.parametrize("heartbeat", ["month", "week"])
@pytest.mark.parametrize("start", [date(2025, 4, 1), date(2026, 1, 1), date(2028, 5, 1)])
@pytest.mark.parametrize("months", [1, 3, 6])
def test_a_warm_up_lies_before_the_start_and_is_not_reported(heartbeat, start, months):
    found, cold = calendar(start, 2, heartbeat, warm_up_months=months), calendar(start, 2, heartbeat)
    assert found.origin == add_months(start, -months)
    assert (found.start, found.end, found.periods) == (start, cold.end, cold.periods)
    assert found.start_day == days_between(found.origin, start)
    assert found.days == days_between(found.origin, found.end)
    assert found.edges.tolist() == [edge + found.start_day for edge in cold.edges]
    assert [found.beats[0].start_day, found.beats[-1].end_day] == [0, found.days]
    assert any(beat.first == start and beat.start_day == found.start_day for beat in found.beats)
    for one, following in zip(found.beats, found.beats[1:], strict=False):
        assert one.end_day == following.start_day
    for beat in found.beats:
        assert beat.first == found.origin + timedelta(beat.start_day)
        assert 0 < beat.end_day - beat.start_day <= (31 if heartbeat == "month" else 7)


@pytest.mark.parametrize("start", [date(2025, 4, 1), date(2026, 5, 13)])
def test_without_a_warm_up_the_run_begins_at_its_start(start):
    found = calendar(start, 1)
    assert (found.origin, found.start_day, found.days) == (start, 0, 365)


def test_beats_of_a_month_begin_on_the_first():
    found = calendar(date(2026, 5, 13), 1)
    assert [beat.first.day for beat in found.beats[1:]] == [1] * 12
    assert found.beats[-1].end_day == 365


@pytest.mark.parametrize("report_by", ["financial year", "month"])
@pytest.mark.parametrize("start", [date(2025, 4, 1), date(2025, 9, 1), date(2025, 3, 1)])
def test_periods_cover_the_run(report_by, start):
    found = calendar(start, 3, report_by=report_by)
    assert found.edges[0] == 0
    assert found.edges[-1] == days_between(start, add_years(start, 3))
    assert (np.diff(found.edges) > 0).all()
    assert len(found.periods) == len(found.edges) - 1 == len(set(found.periods))
    assert set(found.edges) <= {0.0, *(float(beat.end_day) for beat in found.beats)}


def test_periods_are_named_after_the_days_they_hold():
    found = calendar(date(2025, 9, 1), 2)
    assert found.periods == ("2025/26", "2026/27", "2027/28")
    assert found.edges.tolist() == [0, 212, 577, 730]
    assert calendar(date(2025, 4, 1), 2).periods == ("2025/26", "2026/27")
    assert calendar(date(2025, 12, 1), 1, report_by="month").periods[:2] == ("2025-12", "2026-01")


def test_the_hour_of_the_week_starts_on_monday():
    assert date(2025, 4, 1).weekday() == 1
    hours = np.arange(400)
    found = hour_of_week(date(2025, 4, 1), hours)
    assert found[:3].tolist() == [24, 25, 26]
    assert found[6 * 24] == 0  # Monday, 7 April
    assert np.array_equal(found[HOURS_PER_WEEK:], found[:-HOURS_PER_WEEK])
    assert sorted(found[:HOURS_PER_WEEK]) == list(range(HOURS_PER_WEEK))
