"""Steady rates: what one pass changes, where somebody counted by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from icsim import catalogue
from icsim.areas.rows import Odds
from icsim.calibration import steady
from icsim.residents import anchor
from icsim.residents.layout import layout_with

pytestmark = pytest.mark.unit

PEOPLE = 10_000


@pytest.fixture(scope="module")
def tables():
    return catalogue.load(fitted=False)


def seen(tables, shares: dict[str, np.ndarray], moved: dict[str, float], longer: float = 1.0, odds=()) -> steady.Seen:
    """A world with so many moves in each band."""
    everywhere = {row.event: np.zeros(len(steady.MIDDLES)) for row in tables.events}
    everywhere |= {name: np.full(len(steady.MIDDLES), number) for name, number in moved.items()}
    return steady.Seen(layout_with(tables, ()), shares, everywhere, longer, odds)


def as_published(tables, name: str) -> np.ndarray:
    """float64[sex, quintile, age, level]: 10,000 people in each cell, at the levels that the tables say."""
    return PEOPLE * anchor.anchored(tables).reference.shares[name]


def fewer_in_the_sixties(tables, name: str, level: int, by: float) -> np.ndarray:
    people = as_published(tables, name)
    gone = by * people[:, :, 60:70, level]
    people[:, :, 60:70, level] -= gone
    people[:, :, 60:70, 0] += gone
    return people


def correction(rows: catalogue.Catalogue, event: str, age: int) -> float:
    return next((row.value for row in rows.corrections if (row.event, row.age) == (event, age)), 1.0)


def test_where_nothing_drifts_nothing_changes(tables):
    world = seen(tables, {"pain": as_published(tables, "pain")}, {"pain_onset": 20_000, "pain_remission": 20_000})
    after = steady.steadier(tables, world, tables)
    assert {row.value for row in after.corrections} == {1.0}


def test_where_a_condition_becomes_rarer_more_get_it_and_fewer_lose_it(tables):
    people = fewer_in_the_sixties(tables, "pain", 1, 0.02)
    missing = (as_published(tables, "pain") - people)[..., 1].sum()
    world = seen(tables, {"pain": people}, {"pain_onset": 20_000, "pain_remission": 10_000})
    after = steady.steadier(tables, world, tables)
    more, less = np.log(correction(after, "pain_onset", 65)), -np.log(correction(after, "pain_remission", 65))
    assert more > 0.1
    assert less > 0.05
    assert more == pytest.approx(2 * less, rel=0.02)  # by as little as possible: in proportion to what each moves
    assert 20_000 * more + 10_000 * less == pytest.approx(missing, rel=0.1)
    assert correction(after, "pain_onset", 45) == pytest.approx(1.0, abs=1e-6)


def test_years_that_nobody_counted_weigh_too(tables):
    """Shares had longer to drift than moves were counted: each correction had as much longer to act."""
    people = fewer_in_the_sixties(tables, "pain", 1, 0.01)
    found = [correction(steady.steadier(tables, seen(tables, {"pain": people}, {"pain_onset": 20_000}, longer), tables),
                        "pain_onset", 65) - 1 for longer in (1.0, 2.0)]
    assert found[0] == pytest.approx(2 * found[1], rel=0.1)


def test_corrections_add_up_from_pass_to_pass_and_have_limits(tables):
    world = seen(tables, {"pain": fewer_in_the_sixties(tables, "pain", 1, 0.5)}, {"pain_onset": 5_000})
    once = steady.steadier(tables, world, tables)
    assert correction(once, "pain_onset", 65) == pytest.approx(np.exp(steady.FARTHEST), rel=1e-3)
    often = once
    for _ in range(12):
        often = steady.steadier(often, world, tables)
    assert correction(often, "pain_onset", 65) == steady.LIMITS[1]


def test_what_holds_in_a_world_without_trends_alone_may_go_farther(tables):
    """It is held by no belief in what was published, or hardly, and has limits of its own."""
    world = seen(tables, {"pain": fewer_in_the_sixties(tables, "pain", 1, 0.5)}, {"pain_onset": 5_000})
    often = tables
    for _ in range(8):
        often = steady.steadier(often, world, tables, falling=("pain_onset",))
    assert steady.LIMITS[1] < correction(often, "pain_onset", 65) < steady.LOOSE_LIMITS[1]
    little = seen(tables, {"pain": fewer_in_the_sixties(tables, "pain", 1, 0.001)}, {"pain_onset": 2_000})
    believed, free = (correction(steady.steadier(tables, little, tables, falling=falling), "pain_onset", 65)
                      for falling in ((), ("pain_onset",)))
    assert free > 1.02 * believed > 1.02


def test_levels_between_which_timers_lead_are_one(tables):
    """As many stopped smoking as should have, but not as long ago: nothing that anybody does now would change that."""
    people = as_published(tables, "smoking")
    moved = 0.5 * people[..., 2]
    people[..., 2] -= moved
    people[..., 5] += moved
    world = seen(tables, {"smoking": people}, {"smoking_relapse": 50_000, "smoking_quit": 50_000})
    assert {row.value for row in steady.steadier(tables, world, tables).corrections} == {1.0}


def test_one_event_from_several_levels_learns_which(tables):
    """Too few become severely frail at all ages: the step there grows against the first step, which makes it up."""
    people = as_published(tables, "frailty")
    gone = 0.3 * people[..., 3]
    people[..., 3] -= gone
    people[..., 2] += gone
    world = seen(tables, {"frailty": people}, {"frailty_worsens": 50_000, "frailty_improves": 5_000})
    after = steady.steadier(tables, world, tables)
    name = "ratio.frailty_worsens.frailty.moderate"
    assert after.row(name).value > 1.1 * tables.row(name).value
    assert after.row(name).standing == "fitted"
    assert after.row("ratio.frailty_worsens.frailty.severe") == tables.row("ratio.frailty_worsens.frailty.severe")


def test_an_area_where_a_condition_is_commoner_keeps_it_commoner(tables):
    shares = anchor.anchored(tables).reference.shares["pain"]
    odds = shares * [1.0, 1.5]
    people = PEOPLE * odds / odds.sum(axis=-1, keepdims=True)
    here = (Odds(attribute="pain", level="chronic", value=1.5),)
    told = seen(tables, {"pain": people}, {"pain_onset": 20_000, "pain_remission": 20_000}, odds=here)
    assert {row.value for row in steady.steadier(tables, told, tables).corrections} == {1.0}
    untold = replace(told, odds=())
    assert correction(steady.steadier(tables, untold, tables), "pain_onset", 65) < 0.9


def test_the_worst_drift_comes_first(tables):
    people = {"pain": fewer_in_the_sixties(tables, "pain", 1, 0.2), "asthma": as_published(tables, "asthma")}
    worst = steady.worst_drift(tables, seen(tables, people, {}))
    assert worst[0][:3] == ("pain", "chronic", 60)
    assert worst[0][3] == pytest.approx(-0.2, abs=1e-9)
    assert all(abs(drift) < 1e-9 for _, _, _, drift in worst[1:])


def test_a_ratio_that_somebody_measured_stays(tables):
    """How much more often ex-smokers relapse in which year is read from a panel; how fast people grow frail is assumed."""
    people = as_published(tables, "smoking")
    gone = 0.3 * people[..., 3]
    people[..., 3] -= gone
    people[..., 1] += gone
    world = seen(tables, {"smoking": people}, {"smoking_relapse": 50_000, "smoking_quit": 50_000})
    after = steady.steadier(tables, world, tables)
    assert after.ratios == tables.ratios
    assert after.corrections != tables.corrections


def test_the_whole_correction_is_drawn_towards_none(tables):
    """Two moves that do the same have run apart; where shares stay they come back, at the same shares."""
    far = tuple(steady._correction(event, age, {}, 0.5) for event in ("pain_onset", "pain_remission")
                for age in steady.MIDDLES)
    astray = replace(tables, corrections=far)
    world = seen(tables, {"pain": as_published(tables, "pain")}, {"pain_onset": 20_000, "pain_remission": 20_000})
    after = steady.steadier(astray, world, tables)
    for event in ("pain_onset", "pain_remission"):
        assert correction(after, event, 65) == pytest.approx(1.0, abs=0.02)
    assert correction(after, "pain_onset", 65) == pytest.approx(correction(after, "pain_remission", 65), rel=0.01)


def test_what_only_happens_in_the_first_years_stays_as_published(tables):
    world = seen(tables, {"autism": 2 * as_published(tables, "autism")}, {})
    world.moved["autism_from_birth"][0] = 20_000
    assert steady.steadier(tables, world, tables).corrections == tables.corrections


def test_a_band_in_which_hardly_anybody_moves_follows_its_neighbours(tables):
    """What little drift there is to see at 55 says nothing; 65 is corrected, and 55 partly with it."""
    world = seen(tables, {"pain": fewer_in_the_sixties(tables, "pain", 1, 0.02)}, {"pain_onset": 20_000})
    world.moved["pain_onset"][steady.MIDDLES.index(55)] = 40
    after = steady.steadier(tables, world, tables)
    assert 1.02 < correction(after, "pain_onset", 55) < correction(after, "pain_onset", 65)


def test_a_level_that_the_tables_leave_empty_pulls_at_nothing(tables):
    """Services bring people into reablement, where no table has anybody: rates of need are not there to send them on."""
    people = as_published(tables, "care")
    people[:, :, 70:90, 2] += 50
    moved = {"home_care_need": 20_000, "home_care_ends": 20_000}
    after = steady.steadier(tables, seen(tables, {"care": people}, moved), tables)
    assert max(abs(np.log(row.value)) for row in after.corrections) < 0.01
