"""The rows on risk factors and social circumstances: they can be read, keep the rules, and hold together."""

import csv

import numpy as np
import pytest
from scripts import script

from icsim.catalogue.csvtable import Table
from icsim.catalogue.evidence import evidence_problems
from icsim.catalogue.expand import expand_ages
from icsim.catalogue.row_rules import UNITS, bounds_of

check, cohort = script("circumstances", "check_circumstances"), script("circumstances", "cohort")
pytestmark = pytest.mark.unit

NUMBERS = {"prevalence": "prevalence", "rates": "rates", "ratios": "ratios", "factors": "factors",
           "trends": "trends"}
ATTRIBUTES = ("susceptibility", "early_years", "carer", "carer_available", "housing", "work", "money", "isolation",
              "smoking", "body_mass", "alcohol", "activity")


@pytest.fixture(scope="module")
def tables():
    return check.read()


def stated(attribute: str) -> dict[tuple, float]:
    """Projected share of the misfit table."""
    with (check.OWN / "misfit.csv").open(encoding="utf-8", newline="") as file:
        return {(row["level"], row["sex"], row["quintile"], int(row["age_from"])): float(row["projected"])
                for row in csv.DictReader(file) if row["attribute"] == attribute}


def test_every_attribute_has_levels_and_shares(tables):
    assert tuple(dict.fromkeys(row.attribute for row in tables["attributes"])) == ATTRIBUTES
    assert {row.attribute for row in tables["prevalence"]} == set(ATTRIBUTES)


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_have_unit_range_standing_and_source(tables, name):
    rows = tables[name]
    assert evidence_problems(name, Table(rows, list(range(len(rows))), []), UNITS[NUMBERS[name]]) == []
    for row in rows:
        low, high = bounds_of(NUMBERS[name], row.unit)
        assert low <= row.value <= high, row
        assert row.low is not None
        assert row.high is not None


def test_assumed_numbers_are_not_called_read(tables):
    """What was recalled only is assumed."""
    for name in NUMBERS:
        for row in tables[name]:
            if "recalled, not read" in row.note or row.source == "icsim_assumption":
                assert row.standing == "assumed", row


def test_every_move_has_rates(tables):
    assert {row.event for row in tables["rates"]} == {row.event for row in tables["events"] if row.kind == "move"}


def test_from_65_on_work_says_nothing(tables):
    """All take the first level within months, and nobody leaves it."""
    rates = {event: expand_ages([row for row in tables["rates"] if row.event == event])[:, :, 65:]
             for event in ("work_lost", "work_left", "work_too_ill", "work_found", "work_joined", "work_recovered")}
    assert all(rates[event].max() == 0 for event in ("work_lost", "work_left", "work_too_ill"))
    assert all(rates[event].min() >= 4 for event in ("work_found", "work_joined", "work_recovered"))


def test_ratios_say_no_lag_and_a_causal_share(tables):
    for row in tables["ratios"]:
        assert row.lag_years == 0
        assert 0 <= row.causal_share <= 1
        assert row.design


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_shares_leave_room_for_the_first_level(tables, name):
    assert check.starting_shares(tables, name).max() < 1


def test_ex_smokers_lose_their_excess_by_steps(tables):
    """The lag: each later level lies between the one before and never having smoked."""
    values = {(row.event, row.level): row.value for row in tables["ratios"] if row.attribute == "smoking"}
    steps = ("current", "ex_first_year", "ex_1_to_4", "ex_5_to_9", "ex_10_plus")
    for event in {event for event, level in values if level == "current"}:
        course = [values[event, level] for level in steps]
        assert course == sorted(course, reverse=True), event
        assert course[-1] >= 1


@pytest.mark.parametrize("name", [name for name in ATTRIBUTES if name not in check.NOT_BY_MOVES])
def test_a_cohort_by_the_moves_has_the_stated_shares(tables, name):
    """What the rows say is what the misfit table says; rounded rates leave a fifth of a percentage point at most."""
    projected = stated(name)
    for one in check.misfits(tables, name):
        assert one.projected == pytest.approx(projected[one.level, one.sex, one.quintile, one.ages[0]], abs=0.002), one


@pytest.mark.parametrize("name", [name for name in ATTRIBUTES if name not in check.NOT_BY_MOVES])
def test_the_misfit_is_small(tables, name):
    """Half a percentage point on average, one and a quarter at most."""
    points = np.array([100 * (one.projected - one.published) for one in check.misfits(tables, name)])
    assert np.abs(points).mean() < 0.5
    assert np.abs(points).max() < 1.25


def test_a_cohort_without_deaths_reaches_the_share_of_two_rates():
    """Begins 0.1 and ends 0.3 a year: 0.1 / 0.4 in the end."""
    moves = (cohort.Move("a", "yes", {"no": 1.0}), cohort.Move("b", "no", {"yes": 1.0}))
    chain = cohort.Chain(cohort.Attribute(("no", "yes"), moves))
    rates = {"a": np.full((1, 91), 0.1), "b": np.full((1, 91), 0.3)}
    shares = chain.shares(np.array([[1.0, 0.0]]), rates, np.zeros((1, 91)))
    assert shares[0, 60, 1] == pytest.approx(0.25, abs=0.003)
    assert shares.sum(-1) == pytest.approx(np.ones((1, 91)))


def test_a_timer_leads_on_after_its_time():
    chain = cohort.Chain(cohort.Attribute(("never", "first", "later"), (cohort.Move("a", "first", {"never": 1.0}),),
                                          {"first": (365.25, "later")}))
    shares = chain.shares(np.eye(chain.cells)[[0]], {"a": np.full((1, 91), 50.0) * (np.arange(91) == 10)}, np.zeros((1, 91)))
    assert shares[0, 9, 0] == pytest.approx(1)
    assert shares[0, 10, 1] > 0.8
    assert shares[0, 12, 2] == pytest.approx(1, abs=0.01)
