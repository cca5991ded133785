"""Births and moves of a population that is lived through follow the rows, dated factors included, within Poisson error."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pytest
from living import shire, tables

from icsim import areas
from icsim.areas.load import Area
from icsim.areas.rows import FlowTrend
from icsim.calendar import Beat, add_months, days_between
from icsim.catalogue.load import Catalogue
from icsim.catalogue.rows import Trend
from icsim.residents import anchor, population
from icsim.residents.build import build
from icsim.residents.layout import layout_of
from icsim.residents.residents import Residents
from icsim.state import BANDS, QUINTILE, QUINTILES, SEXES, allocate

pytestmark = pytest.mark.statistical

FIRST, NEW_YEAR, LAST = date(2022, 7, 1), date(2023, 1, 1), date(2023, 7, 1)
"""The date of the population table, and the year after it; what is dated comes into force in its middle."""
TIMES = 10
FACTOR = 1.5


@cache
def dated(event: str, value: float) -> Catalogue:
    """The shipped tables, in which one event has this factor from the new year and none before."""
    rows = tuple(row for row in tables().trends if row.event != event)
    one = Trend(event=event, from_year=NEW_YEAR.year, value=value, unit="ratio", standing="assumed", source="ons_npp_2020")
    return replace(tables(), trends=(*rows, one))


@cache
def plain() -> Area:
    """Testshire, everybody ten times over, without dated factors."""
    return replace(shire(TIMES), flow_trends=())


def with_factor(flow: str, value: float) -> Area:
    """The same with a factor from the new year on."""
    row = FlowTrend(flow=flow, place="*", from_year=NEW_YEAR.year, value=value, unit="ratio", standing="assumed",
                    source="invented")
    return replace(plain(), flow_trends=(row,))


@cache
def lived(rows: Catalogue, area: Area) -> Residents:
    """A year of residents, half a year a period, nobody served."""
    edges = np.array([days_between(FIRST, day) for day in (FIRST, NEW_YEAR, LAST)], float)
    built, newcomers = build(rows, area, FIRST, int(edges[-1])), population.people_of(area)
    layout = built.layout
    people = allocate(len(newcomers), len(layout.attributes), layout.columns, built.repeatable, len(layout.weights))
    residents = Residents(built, area, 23, people, 0, int(edges[-1]), edges)
    residents.populate(newcomers)
    day = FIRST
    while day < LAST:
        after = add_months(day, 1)
        residents.advance(Beat(day, days_between(FIRST, day), days_between(FIRST, after)), served=False)
        day = after
    return residents


def counted(residents: Residents, flow: str) -> np.ndarray:
    """How often something happened: int64[period, place]."""
    column = residents.tally[:, :, residents.columns.index(flow)]
    return column.reshape(2, -1, QUINTILES * SEXES * BANDS).sum(axis=2)


def near(count: np.ndarray, expected: np.ndarray, errors: float = 5.0) -> bool:
    """Within so many standard errors of Poisson counts."""
    return bool((abs(count - expected) < errors * np.sqrt(np.maximum(expected, 1.0))).all())


def test_births_follow_the_dated_factor():
    """Before its date no birth differs; after it there are half as many again."""
    usual, more = (lived(dated("birth", value), plain()) for value in (1.0, FACTOR))
    before, after = counted(usual, "born").sum(axis=1), counted(more, "born").sum(axis=1)
    assert after[0] == before[0] > 500
    assert near(after[1], FACTOR * before[1])


def test_births_are_those_of_the_rows_and_the_women():
    """Births of the year at fertility by age of mother × the area's multiplier, among the women of mid-year."""
    residents = lived(dated("birth", 1.0), plain())
    layout = layout_of(tables(), plain())
    rates = anchor.rates(tables(), plain(), layout)[layout.column("birth")]
    women = plain().population.sum(axis=0)[0]
    older = np.concatenate([women[:, :1], women[:, :-1]], axis=1)
    expected = (rates[0] * (women + older) / 2).sum()
    assert abs(counted(residents, "born").sum() - expected) < 5 * np.sqrt(expected) + 0.02 * expected


def test_arrivals_follow_the_rows_by_place_before_and_after_the_date():
    residents = lived(dated("birth", 1.0), with_factor("arrive", FACTOR))
    totals = areas.arrivals(plain()).sum(axis=(1, 2, 3))
    days = np.diff([days_between(FIRST, day) for day in (FIRST, NEW_YEAR, LAST)])
    assert near(counted(residents, "arrived"), days[:, None] / 365.25 * totals * np.array([[1.0], [FACTOR]]))


def test_leavers_follow_the_rows_by_place():
    """As many as flows.csv says leave in a year; ages change over it, so 3 in 100 are allowed beside Poisson's error."""
    residents = lived(dated("birth", 1.0), plain())
    totals = np.array([row.value for row in plain().flows if row.flow == "leave"])
    left = counted(residents, "leave").sum(axis=0)
    assert (abs(left - totals) < 5 * np.sqrt(totals) + 0.03 * totals).all()


def test_leaving_has_the_factor_of_the_area():
    layout = layout_of(tables(), plain())
    found = anchor.trends(tables(), layout, FIRST, 365, with_factor("leave", 2.0))
    column = layout.number("leave")
    assert [float(found[year][column]) for year in (2022, 2023)] == [1.0, 2.0]
    assert float(anchor.trends(tables(), layout, FIRST, 365, plain())[2023][column]) == 1.0


def test_leavers_follow_the_dated_factor():
    usual, more = (lived(dated("birth", 1.0), area) for area in (plain(), with_factor("leave", FACTOR)))
    before, after = counted(usual, "leave").sum(axis=1), counted(more, "leave").sum(axis=1)
    assert near(after[1], FACTOR * before[1])


def test_nobody_is_born_with_what_begins_in_life():
    """Children of the year have met adversity at its rate since birth; learning disability would be doubled likewise."""
    residents = lived(dated("birth", 1.0), plain())
    layout = layout_of(tables(), plain())
    rows = np.flatnonzero(residents.people.person["birth"][: residents.rows] > 0)
    lived_for = (days_between(FIRST, LAST) - residents.people.person["birth"][rows]) / 365.25
    quintile = residents.people.level[rows, QUINTILE]
    rate = anchor.rates(tables(), plain(), layout)[layout.number("early_adversity"), 0, quintile, 0]
    expected = (1 - np.exp(-rate * lived_for)).sum()
    met = (residents.people.level[rows, layout.attribute("early_years")] == layout.level("early_years", "adverse")).sum()
    assert abs(met - expected) < 4 * np.sqrt(expected)
    assert expected > 30
