"""Deaths brought to the published rates: what one pass changes, where somebody counted by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from icsim import catalogue
from icsim.calibration import deaths, steady
from icsim.catalogue import expand
from icsim.residents.layout import CELL, layout_with

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def tables():
    return catalogue.load(fitted=False)


def world(tables, died: float | np.ndarray, deaths_here: float = 1.0, lived: float = 1e6) -> steady.Seen:
    """Everybody lived so many years at each age; of those who should die, `died` times as many did."""
    seen = steady.Seen(layout_with(tables, ()), {}, {}, 1.0, lived=np.full(CELL, lived), deaths_here=deaths_here)
    return replace(seen, died=deaths.expected(tables, replace(seen, deaths_here=1.0)) * died)


def value(rows: catalogue.Catalogue, id: str) -> float:
    return next((row.value for row in rows.corrections if row.id == id), 1.0)


def test_where_as_many_die_as_were_counted_nothing_changes(tables):
    after = deaths.as_published(tables, world(tables, 1.0), tables)
    assert {row.value for row in after.corrections} == {1.0}


def test_expected_deaths_are_years_times_published_rates(tables):
    rate = expand.expand_ages([row for row in tables.rates if row.event == "death"])
    expected = deaths.expected(tables, world(tables, 1.0))
    assert expected[1, 0, 8] == pytest.approx(1e6 * rate[1, 0, 80:90].sum())
    assert expected[0, 4, 9] == pytest.approx(1e6 * rate[0, 4, 90])


def test_where_too_many_die_at_an_age_fewer_will(tables):
    died = np.ones((2, 5, 10))
    died[1, :, 8] = 1.25
    after = deaths.as_published(tables, world(tables, died), tables)
    assert value(after, "correction.death.male.85") == pytest.approx(1 / 1.25, rel=0.01)
    assert value(after, "correction.death.male.75") == pytest.approx(1.0, rel=0.01)
    assert value(after, "correction.death.female.85") == 1.0


def test_where_one_fifth_loses_too_many_it_alone_is_corrected(tables):
    died = np.ones((2, 5, 10))
    died[0, 0] = 1.1
    after = deaths.as_published(tables, world(tables, died), tables)
    fifths = [value(after, f"correction.death.female.all.{n}") for n in range(1, 6)]
    assert fifths[0] / fifths[4] == pytest.approx(1 / 1.1, rel=0.01)
    rates = expand.corrections(row for row in after.corrections if row.event == "death")
    assert rates.shape == CELL
    assert rates[0, 0, 40] / rates[0, 4, 40] == pytest.approx(1 / 1.1, rel=0.01)
    assert rates[1].tolist() == np.ones(CELL[1:]).tolist()


def test_what_the_area_itself_says_of_deaths_is_no_mistake(tables):
    after = deaths.as_published(tables, world(tables, 1.02, deaths_here=1.02), tables)
    assert {row.value for row in after.corrections} == {1.0}


def test_few_deaths_say_little(tables):
    """A few deaths more than expected say nothing; millions do."""
    few, many = (deaths.as_published(tables, world(tables, 2.0, lived=lived), tables) for lived in (100.0, 1e8))
    assert value(few, "correction.death.female.5") == pytest.approx(1.0, abs=0.05)
    assert value(many, "correction.death.female.5") == pytest.approx(0.5, rel=0.05)


def test_passes_add_up(tables):
    once = deaths.as_published(tables, world(tables, 1.25), tables)
    assert value(once, "correction.death.male.85") == pytest.approx(0.8, rel=0.01)
    again = deaths.as_published(once, world(tables, 1.0), tables)  # now as many die as should
    assert value(again, "correction.death.male.85") == pytest.approx(0.8, rel=0.01)
