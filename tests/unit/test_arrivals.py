"""Who arrives: a dated factor acts from its date, keeps those who come anyway, and does not depend on how days are cut."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from icsim import areas
from icsim.areas.load import Area
from icsim.areas.rows import FlowTrend
from icsim.calendar import Beat, days_between
from icsim.residents.residents import _Arrivals

pytestmark = pytest.mark.unit

FIRST = date(2025, 12, 1)
DAYS = 62
"""December and January: a new year in the middle."""
NEW_YEAR = 31


@cache
def shire() -> Area:
    """Testshire twenty times over, without factors."""
    area = areas.load("testshire")
    flows = tuple(replace(row, value=row.value * 20) for row in area.flows)
    return replace(area, flows=flows, flow_trends=())


def dated(*factors: tuple[str, int, float], flow: str = "arrive") -> Area:
    """The same with factors (place, from_year, value)."""
    rows = tuple(FlowTrend(flow=flow, place=place, from_year=year, value=value, unit="ratio", standing="assumed",
                           source="invented") for place, year, value in factors)
    return replace(shire(), flow_trends=rows)


def come(area: Area, cuts: tuple[int, ...] = (0, DAYS)) -> np.ndarray:
    """Those who arrive in these beats, in order of their keys."""
    arrivals, found = _Arrivals(area, 7), []
    for start, end in pairwise(cuts):
        found.append(arrivals.within(Beat(date.fromordinal(FIRST.toordinal() + start), start, end)))
    people = np.concatenate(found)
    return people[np.argsort(people["key"])]


def test_a_factor_of_one_changes_no_bit():
    assert np.array_equal(come(dated(("*", 2020, 1.0), ("*", 2026, 1.0))), come(shire()))


def test_a_factor_acts_from_its_date():
    before, after = come(shire()), come(dated(("*", 2026, 1.5)))
    assert np.array_equal(after[after["day"] < NEW_YEAR], before[before["day"] < NEW_YEAR])
    ratio = (after["day"] >= NEW_YEAR).sum() / (before["day"] >= NEW_YEAR).sum()
    assert ratio == pytest.approx(1.5, abs=0.1)


@pytest.mark.parametrize(("less", "more"), [(0.3, 0.6), (0.8, 1.0), (1.0, 1.05), (1.05, 1.7), (1.7, 2.4)])
def test_those_who_come_come_with_a_higher_factor_too(less, more):
    fewer, many = come(dated(("*", 2020, less))), come(dated(("*", 2020, more)))
    assert np.isin(fewer["key"], many["key"]).all()
    assert np.array_equal(many[np.isin(many["key"], fewer["key"])], fewer), "the same people at the same time"
    assert len(many) / len(fewer) == pytest.approx(more / less, rel=0.12)


def test_factors_do_not_depend_on_how_days_are_cut():
    area = dated(("*", 2020, 1.3), ("*", 2026, 0.7), ("thornwick", 2026, 2.2))
    assert np.array_equal(come(area), come(area, (0, 3, 30, 31, 32, 50, DAYS)))


def test_numbers_by_place_and_year_are_those_of_the_rows():
    """Within five standard errors of a Poisson count, in every place, before and after the new year."""
    factors = {"eastmere": (0.5, 0.25), "oldbridge": (1.0, 1.0), "thornwick": (3.0, 2.5)}
    people = come(dated(*((place, year, value) for place, pair in factors.items()
                          for year, value in zip((2020, 2026), pair, strict=True))))
    totals = areas.arrivals(shire()).sum(axis=(1, 2, 3))
    for p, place in enumerate(shire().place_names):
        days = people["day"][people["place"] == p]
        counts = (days < NEW_YEAR).sum(), (days >= NEW_YEAR).sum()
        for count, factor, length in zip(counts, factors[place], (NEW_YEAR, DAYS - NEW_YEAR), strict=True):
            expected = totals[p] * factor * length / 365.25
            assert abs(count - expected) < 5 * np.sqrt(expected)


def test_ages_are_those_of_the_rows():
    """A layer beyond the first brings people of the same sexes and ages."""
    people = come(dated(("*", 2020, 4.0)))
    expected = areas.arrivals(shire()).sum(axis=(0, 2))
    expected *= len(people) / expected.sum()
    counts = np.zeros_like(expected)
    np.add.at(counts, (people["sex"], people["age"]), 1)
    bands = np.arange(0, 91, 10)
    wanted, found = (np.add.reduceat(table, bands, axis=1) for table in (expected, counts))
    assert ((found - wanted) ** 2 / wanted).sum() < 45, "chi squared, 19 degrees of freedom"


def test_the_last_factor_whose_year_has_come_holds():
    area = dated(("*", 2030, 3.0), ("*", 2026, 2.0), ("thornwick", 2028, 9.0))
    found = areas.arrival_factors(area, range(2025, 2032))
    assert found[0].tolist() == [1, 2, 2, 2, 2, 3, 3]
    assert found[2].tolist() == [1, 1, 1, 9, 9, 9, 9], "lines of its own stand for those of every place"
    leaving = dated(("*", 2026, 1.1), flow="leave")
    assert [areas.leaving_factor(leaving, year) for year in (2025, 2026, 2040)] == [1.0, 1.1, 1.1]
    assert (areas.arrival_factors(leaving, range(2025, 2028)) == 1).all()


def test_a_run_that_begins_later_meets_the_same_people():
    """The address of a day is its date, in every layer."""
    area = dated(("*", 2026, 1.4))
    late = date(2026, 1, 1)
    later = _Arrivals(area, 7).within(Beat(late, 0, DAYS - NEW_YEAR))
    whole = come(area)
    whole = whole[whole["day"] >= days_between(FIRST, late)]
    assert np.array_equal(np.sort(later["key"]), whole["key"])
