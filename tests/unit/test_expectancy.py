"""What people alive at a date still have before them, against numbers worked out by hand."""

from dataclasses import replace
from datetime import date
from math import exp

import numpy as np
import pytest

from icsim import areas, catalogue
from icsim.catalogue.discounting import factors
from icsim.catalogue.programmes import with_programmes
from icsim.residents import anchor, starting
from icsim.residents.expectancy import (
    ONE_STATE,
    YEARS_AHEAD,
    NaturalHistory,
    States,
    added_by_moves,
    census,
    expected,
    lasting,
    moved_names,
    moved_states,
    natural_history,
    remaining,
)
from icsim.residents.layout import CELL, layout_of
from icsim.state import LIVING, allocate

pytestmark = pytest.mark.unit

NEW_YEAR = date(2025, 1, 1)
UNCHANGED = {2025: {"death": 1.0, "sinks": 1.0}}
PLAIN = {"none": np.ones(YEARS_AHEAD)}
HEALTH = States(("health",), (("well", "ill"),))


def alike(*death, moves=None, weights=None, states=ONE_STATE):
    """The same in every cell: deaths a year by state; weights by state."""
    def spread(values):
        return np.broadcast_to(np.array(values, float), (*CELL, len(values)))
    moved = {event: (spread(rate), np.array(to)) for event, (rate, to) in (moves or {}).items()}
    return NaturalHistory(states, spread(death), moved, {name: spread(values) for name, values in (weights or {}).items()})


def years(history, trends=UNCHANGED, on=NEW_YEAR, discounts=PLAIN):
    """float64[sex, quintile, age, state, 1 + weight], not discounted."""
    return expected(history, trends, on, discounts)["none"]


def test_a_constant_hazard_gives_its_inverse_and_sullivan_its_share():
    """Deaths 0.1 a year: 10 years, of which 0.6 in good health: 6."""
    found = years(alike(0.1, weights={"good": [0.6]}))
    assert found == pytest.approx(np.broadcast_to([10.0, 6.0], found.shape), abs=1e-6)


def test_discounted_at_the_end_of_each_year():
    """Year k counts for v^k: v·(1 − e^−μ)/μ / (1 − v·e^−μ), with v = 1/1.035 and μ = 0.1."""
    v, survive = 1 / 1.035, exp(-0.1)
    found = years(alike(0.1), discounts={"none": factors([(1, 0.035)], YEARS_AHEAD)})
    assert found[0, 0, 50, 0, 0] == pytest.approx(v * (1 - survive) / 0.1 / (1 - v * survive), abs=1e-9)


def test_nobody_dies_before_ninety():
    """Aged 88, which is 88½ on average: 1½ years, then 1 / 0.25 = 4."""
    history = alike(0.25)
    death = np.where((np.arange(91) < 90)[:, None], 0.0, history.death)
    found = years(NaturalHistory(ONE_STATE, death, {}, {}))
    assert found[0, 0, [90, 89, 88, 0], 0, 0] == pytest.approx([4.0, 4.5, 5.5, 93.5], abs=1e-6)


def test_two_states_by_hand():
    """Well fall ill at 0.2 a year and die at 0.05, ill die at 0.25. Ill: 1 / 0.25 = 4 years; well: (1 + 0.2 · 4) / 0.25 =
    7.2, of which 1 / 0.25 = 4 well; with utility 1 and 0.5: ill 2, well 4 + 3.2 / 2 = 5.6."""
    history = alike(0.05, 0.25, moves={"sinks": ([0.2, 0.0], [1, -1])}, weights={"utility": [1.0, 0.5]}, states=HEALTH)
    assert years(history)[1, 4, 40] == pytest.approx(np.array([[7.2, 5.6], [4.0, 2.0]]), abs=1e-9)


def test_later_years_have_their_own_trend():
    """0.1 a year in 2025 and 0.05 from 2026: (1 − e^−0.1) / 0.1 + e^−0.1 · 20; from 2026 on, 20."""
    trends = {2025: {"death": 1.0}, 2026: {"death": 0.5}}
    assert years(alike(0.1), trends)[0, 0, 0, 0, 0] == pytest.approx((1 - exp(-0.1)) / 0.1 + exp(-0.1) * 20, abs=1e-3)
    assert years(alike(0.1), trends, date(2026, 1, 1))[0, 0, 0, 0, 0] == pytest.approx(20.0, abs=1e-3)


def test_states_are_every_combination_the_last_fastest():
    both = States(("frailty", "smoking"), (("fit", "frail"), ("never", "now", "gave_up")))
    assert both.names[1] == "frailty=fit; smoking=now"
    assert both.of([np.array([0, 1]), np.array([1, 2])], (2,)).tolist() == [1, 5]
    assert both.values({"smoking": np.array([1.0, 2.0, 3.0])}).tolist() == [1, 2, 3, 1, 2, 3]
    assert ONE_STATE.names == ["all"]


@pytest.fixture(scope="module")
def tables():
    return catalogue.load(), areas.load("testshire")


def test_what_lasts_is_come_to_by_moves_and_no_timer_ends_it(tables):
    names = lasting(tables[0], layout_of(*tables)).attributes
    assert "frailty" in names
    assert not {"care", "injury", "crisis", "illness"} & set(names)


def test_rates_by_state_average_to_the_published_ones(tables):
    """Weighted with the people of the reference population at each state: within three in a hundred at every age.

    Points at rare levels are few at some ages.
    """
    history, layout = natural_history(*tables), layout_of(*tables)
    ref = starting.reference_population(tables[0], layout, anchor.ratios(tables[0], layout, tables[1]))
    columns = [ref.levels[a] for a in history.states.attributes]
    at = history.states.of(columns, columns[0].shape).reshape(*CELL, -1)
    shares = np.stack([(at == n).mean(axis=-1) for n in range(len(history.states.names))], axis=-1)
    published = anchor.rates(tables[0], tables[1], layout)[layout.number("death")]
    assert (history.death * shares).sum(axis=-1) == pytest.approx(published, rel=0.03)


def test_the_frail_have_less_and_the_average_is_that_of_a_plain_life_table(tables):
    states, found = remaining(*tables, NEW_YEAR, 0)
    alone = lasting(tables[0], layout_of(*tables)).attributes == ("frailty",)
    plain = found["none"]
    by_frailty = plain[:, :, 75, :, 0].reshape(2, 5, *states.shape)
    fit_to_severe = np.moveaxis(by_frailty, 2 + states.attributes.index("frailty"), -1)
    well = fit_to_severe.reshape(2, 5, -1, fit_to_severe.shape[-1])[:, :, 0]  # with nothing else; points are few elsewhere
    assert (np.diff(well, axis=-1) < 0).all()
    assert (plain[..., 1:3] <= plain[..., :1]).all()  # healthy and quality-adjusted years; contacts come after them
    for scheme in ("green_book", "nice"):
        assert (found[scheme] < plain).all()
    if alone:  # prevalences and the rates at which people grow frailer do not quite agree in extreme old age
        layout = layout_of(*tables)
        rate = anchor.rates(*tables, layout)[layout.number("death")][..., None]
        ref = starting.reference_population(tables[0], layout, anchor.ratios(tables[0], layout, tables[1]))
        trends = {year: {"death": float(f[layout.number("death")])} for year, f in anchor.trends(
            tables[0], layout, NEW_YEAR, 365 * 25, tables[1]).items()}
        table = years(NaturalHistory(ONE_STATE, rate, {}, {}), trends)[..., 0, 0]
        average = (plain[..., 0] * ref.shares["frailty"]).sum(axis=-1)
        assert average == pytest.approx(table, rel=0.10)
        assert average[..., :50] == pytest.approx(table[..., :50], rel=0.02)


# Those whom a programme moved -----------------------------------------------------------------------------------------

HELP = ("stop_smoking",)


def _causal(rows, share: float):
    return replace(rows, ratios=tuple(replace(row, causal_share=share) if row.attribute == "smoking" else row
                                      for row in rows.ratios),
                   factors=tuple(replace(row, causal_share=share) if row.attribute == "smoking" else row
                                 for row in rows.factors))


def test_whoever_was_helped_to_stop_has_more_life_before_them(tables):
    catalogue, area = tables
    layout = layout_of(with_programmes(catalogue, HELP), area)
    names = moved_names(moved_states(layout))
    assert "smoking=ex_first_year~current" in names
    added = added_by_moves(catalogue, area, HELP, NEW_YEAR, 0)["none"]
    years = added[0, 2, 40, :, 0]
    by_name = dict(zip(names, years.tolist(), strict=True))
    assert 0.3 < by_name["smoking=ex_first_year~current"] < by_name["smoking=ex_10_plus~current"] < 12


def test_the_more_is_causal_the_more_a_move_adds(tables):
    """Where none is, they are still some years ahead of themselves: whoever would have stopped alone, later."""
    catalogue, area = tables
    none, half, all_ = (added_by_moves(_causal(catalogue, share), area, HELP, NEW_YEAR, 0)["none"][0, 2, 40, 1, 0]
                        for share in (0.0, 0.5, 1.0))
    assert 0 < none < half < all_


def test_those_moved_are_counted_where_they_came_from_and_once_more(tables):
    catalogue, area = tables
    known = with_programmes(catalogue, HELP)
    layout = layout_of(known, area)
    states = States(("smoking",), (catalogue.levels["smoking"],))
    people = allocate(3, len(layout.attributes), layout.columns, 1, len(layout.weights))
    people.person["status"] = LIVING
    smoking = layout.attribute("smoking")
    people.level[:, smoking] = [layout.level("smoking", each) for each in ("never", "current", "ex_1_to_4~current")]
    counts = census(people, 3, layout, states, len(area.places)).sum(axis=(0, 1, 2, 3))
    at = [*states.names, *moved_names(moved_states(layout))]
    found = {name: int(count) for name, count in zip(at, counts, strict=True) if count}
    assert found == {"smoking=never": 1, "smoking=current": 2, "smoking=ex_1_to_4~current": 1}
