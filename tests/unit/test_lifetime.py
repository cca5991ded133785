"""Within the horizon and lifetime, local fifths and indices of inequality, against frames worked out by hand."""

import numpy as np
import polars as pl
import pytest
import synthetic

from icsim.outcomes.fifths import local_fifths, shares
from icsim.outcomes.gaps import equal_equivalent, gap, relative_index, slope_index
from icsim.outcomes.lifetime import lifetime
from icsim.outcomes.summary import look, summary
from icsim.outcomes.values import values

pytestmark = pytest.mark.unit

YEAR_MS = int(365.25 * 86_400_000)
HALVED = {"halved": {"label": "Halved each year", "schedule": [[1, 1.0]]}}
SAME_SIZE = pl.DataFrame({"replication": [0] * 5, "date": ["2025-04-01"] * 5, "place": ["harlow"] * 5,
                          "quintile": [1, 2, 3, 4, 5], "sex": ["female"] * 5, "residents": [100] * 5})


def lived(year, quintile, years):
    return {"replication": 0, "year": year, "place": "harlow", "quintile": quintile, "sex": "female", "age_band": "70-74",
            "person_time_ms": years * YEAR_MS, "healthy_time_ms": years * YEAR_MS // 2,
            "quality_adjusted_time_ms": years * YEAR_MS // 4}


def alive(quintile, state, residents, age=71):
    return {"replication": 0, "place": "harlow", "quintile": quintile, "sex": "female", "age": age, "state": state,
            "residents": residents}


EXPECTANCY = pl.DataFrame(
    [{"scenario": "x", "quintile": q, "sex": "female", "age": 71, "state": state, "person_years": years,
      "healthy_years": years / 2, "qalys": years / 4, "person_years_halved": years / 8, "healthy_years_halved": years / 16,
      "qalys_halved": years / 32} for q in (1, 2, 3, 4, 5) for state, years in (("fit", 16.0), ("frail", 8.0))])
CELLS = pl.DataFrame([lived("2025/26", 1, 40), lived("2026/27", 1, 20), lived("2025/26", 5, 8)])
ENDS = pl.DataFrame([alive(1, "fit", 2), alive(1, "frail", 3), alive(5, "fit", 1)])


def told(cells=CELLS, ends=ENDS, population=SAME_SIZE):
    return lifetime(cells, ends, EXPECTANCY, local_fifths(population), HALVED)


def value_of(table, measure, margin="total", group="all"):
    found = look(table, measure=measure, year="all years", margin=margin, group=group)
    assert found.height == 1, measure
    return found["value"][0]


def test_lifetime_is_the_horizon_and_what_those_alive_still_expect():
    """Lived 68. Alive: 3 fit with 16 years each and 3 frail with 8: 72. Lifetime 140; half of it healthy."""
    table = told()
    assert value_of(table, "person_years_remaining") == 72
    assert value_of(table, "person_years_lifetime") == 140
    assert value_of(table, "healthy_years_lifetime") == 70
    assert value_of(table, "person_years_lifetime", "quintile", "5") == 24
    assert value_of(table, "qalys_remaining", "sex", "female") == 18


def test_discounted_each_year_counts_for_what_its_end_does():
    """48 / 2 + 20 / 4 = 29 within the horizon; 72 / 8 = 9 after it."""
    table = told()
    assert value_of(table, "person_years_halved") == 29
    assert value_of(table, "person_years_remaining_halved") == 9
    assert value_of(table, "person_years_lifetime_halved") == 38


def test_everybody_dead_leaves_the_horizon_alone():
    table = told(ends=ENDS.clear())
    assert value_of(table, "person_years_remaining") == 0
    assert value_of(table, "person_years_lifetime") == 68


def test_a_death_averted_adds_the_life_that_is_left_and_a_frailer_one_adds_less():
    more = pl.concat([ENDS, pl.DataFrame([alive(5, "fit", 1)])])
    frailer = pl.concat([ENDS, pl.DataFrame([alive(5, "frail", 1)])])
    before = value_of(told(), "person_years_lifetime")
    assert value_of(told(ends=more), "person_years_lifetime") - before == 16
    assert value_of(told(ends=frailer), "person_years_lifetime") - before == 8


def test_margins_add_up_to_the_total():
    table = values(synthetic.results())
    for margin in ("quintile", "local fifth", "place", "sex"):
        parts = look(table, measure="qalys_lifetime_nice", margin=margin, replication=0)
        assert parts["value"].sum() == pytest.approx(
            look(table, measure="qalys_lifetime_nice", margin="total", replication=0)["value"][0])


def test_a_paired_difference_over_a_lifetime_uses_the_baselines_expectancy():
    """Five in a hundred of the frail are fit: the alternative's own expectancy, made worthless here, plays no part."""
    pair = synthetic.comparison(fewer=0.05)
    worthless = synthetic.replace(pair.alternatives[0], expectancy=pair.base.expectancy.with_columns(person_years=0.0))
    keys = {"kind": "difference", "measure": "person_years_lifetime", "margin": "total", "year": "all years"}
    row, same = (look(summary(synthetic.Comparison(pair.base, [other]), synthetic.SPEAK), **keys).row(0, named=True)
                 for other in (pair.alternatives[0], worthless))
    on = ["replication", "place", "quintile", "sex", "age"]
    frail = [each.ends.filter(pl.col("state") == "frailty=severe") for each in (pair.base, pair.alternatives[0])]
    cured = frail[0].join(frail[1], on=on)
    gained = (cured["residents"] - cured["residents_right"]) * (93 - cured["age"]) * 0.5
    assert row["mean"] == same["mean"] == pytest.approx(gained.sum() / 3, rel=1e-9)
    assert row["mean"] > 0


def test_a_summary_names_the_rates():
    table = summary(synthetic.results(), synthetic.SPEAK)
    assert set(look(table, measure="qalys_lifetime_green_book")["discounting"]) == {
        "Green Book 2022: 1.5 % a year, from year 31 1.29 %"}
    assert set(look(table, measure="qalys_lifetime")["discounting"]) == {"none"}
    row = synthetic.SPEAK["qalys_lifetime_nice"]
    assert row.label == "Quality-adjusted life years, lifetime, discounted (NICE)"
    assert (row.unit, row.better) == ("QALYs", "higher")


# --- local fifths -----------------------------------------------------------------------------------------------------


def test_a_local_fifth_takes_its_quintiles_in_order():
    """2, 18, 30, 25 and 25 in a hundred: fifth 1 is all of quintiles 1 and 2; fifth 2 two thirds of quintile 3; fifth 3 its
    last third and 10 of the 25 of quintile 4; fifth 4 the other 15, and 5 of quintile 5; fifth 5 the other 20."""
    found = shares(np.array([2.0, 18.0, 30.0, 25.0, 25.0]))
    assert found == pytest.approx(np.array([
        [1, 1, 0, 0, 0], [0, 0, 2 / 3, 0, 0], [0, 0, 1 / 3, 0.4, 0], [0, 0, 0, 0.6, 0.2], [0, 0, 0, 0, 0.8]]))
    assert found @ [2, 18, 30, 25, 25] == pytest.approx([20] * 5)


def test_quintiles_of_equal_size_are_the_local_fifths_and_an_empty_one_harms_nothing():
    assert shares(np.full(5, 7.0)) == pytest.approx(np.eye(5))
    found = shares(np.array([0.0, 25.0, 25.0, 25.0, 25.0]))
    assert np.isfinite(found).all()
    assert found.sum(axis=0).tolist() == pytest.approx([0, 1, 1, 1, 1])


def test_local_fifths_are_of_those_who_are_there_at_the_start():
    later = SAME_SIZE.with_columns(date=pl.lit("2026-04-01"), residents=pl.Series([900, 1, 1, 1, 1]))
    found = local_fifths(pl.concat([SAME_SIZE, later]))
    assert found["share"].to_list() == pytest.approx([1] * 5)


def test_gaps_between_local_fifths_are_reported():
    table = values(synthetic.results())
    fifths = look(table, measure="life_expectancy", margin="local fifth", year="all years", replication=0)
    found = look(table, measure="life_expectancy_local_gap", year="all years", replication=0)["value"][0]
    assert found == pytest.approx(fifths["value"][4] - fifths["value"][0])


# --- inequality -------------------------------------------------------------------------------------------------------

QALE = np.array([62.0, 66.5, 69.5, 71.5, 73.5])
"""Quality-adjusted life expectancy by fifth (Love-Koh and others 2015)."""
EQUAL = np.ones(5)


def test_inequality_in_quality_adjusted_life_expectancy_by_fifth():
    """Slope index 14.0; equally distributed equivalent 67.1956; relative index 14 / 68.6."""
    assert slope_index(QALE, EQUAL) == pytest.approx(14.0)
    assert equal_equivalent(QALE, EQUAL) == pytest.approx(67.1956, abs=5e-5)
    assert relative_index(QALE, EQUAL) == pytest.approx(14.0 / 68.6)
    assert gap(QALE) == 11.5


def test_an_equal_equivalent_without_aversion_is_the_mean():
    assert equal_equivalent(QALE, EQUAL, epsilon=0.0) == pytest.approx(68.6)
    assert equal_equivalent(np.full(5, 70.0), EQUAL) == pytest.approx(70.0)


@pytest.mark.parametrize("benefit", [0.01, 1 / 3, 7.1])
def test_the_same_benefit_to_everybody_has_a_slope_of_exactly_nothing(benefit):
    """Also where groups have grown at different speeds, so that their person-years are far from equal."""
    lived = np.array([100.0, 200.0, 300.0, 400.0, 500.0]) * np.array([1.5, 1.2, 1.0, 1.05, 0.9])
    assert slope_index(np.full(5, benefit), lived) == 0.0


def test_the_same_benefit_per_year_lived_leaves_the_slope_of_healthy_years_where_it_was():
    """Groups grow at different speeds and each gains 0.02 healthy years a year lived."""
    base = synthetic.results(replications=1)
    growth = pl.Series([0.0, 1.4, 1.2, 1.0, 1.1, 0.9]).gather(base.cells["quintile"])
    later = pl.when(pl.col("year") == "2026/27").then(growth).otherwise(1.0)
    grown = base.cells.with_columns((pl.col(name) * later).cast(pl.Int64) for name in ("person_time_ms", "healthy_time_ms"))
    gained = grown.with_columns(healthy_time_ms=pl.col("healthy_time_ms") + pl.col("person_time_ms") // 50)
    before, after = (values(synthetic.replace(base, cells=cells)) for cells in (grown, gained))
    for measure in ("healthy_years_per_person_year_slope_index", "healthy_years_per_person_year_gap"):
        (then,), (now,) = (look(table, measure=measure, year="all years")["value"].to_list() for table in (before, after))
        assert now - then == pytest.approx(0.0, abs=1e-12)
