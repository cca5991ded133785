"""The drafted rows on risk factors and social circumstances: they can be read, keep the rules, and hold together."""

import csv
import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from icsim.catalogue import rows as kinds
from icsim.catalogue.csvtable import Table, read_table
from icsim.catalogue.evidence import evidence_problems, source_names
from icsim.catalogue.load import TABLES
from icsim.catalogue.row_rules import BOUNDS, UNITS
from icsim.units import SHARES

HERE = Path(__file__).parents[2] / "calibration" / "circumstances"


def load(name: str):
    """A script beside the rows, under a name of its own: other folders have scripts of the same name."""
    spec = importlib.util.spec_from_file_location(f"circumstances_{name}", HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(HERE))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(HERE))
    return module


check, cohort = load("check"), load("cohort")
pytestmark = pytest.mark.unit

NUMBERS = {"prevalence": "prevalence", "rates_circumstances": "rates", "ratios": "ratios", "factors": "factors",
           "trends": "trends"}
ATTRIBUTES = ("smoking", "body_mass", "alcohol", "activity", "isolation", "housing", "work", "money", "early_years",
              "carer", "carer_available", "susceptibility")
ONSETS = {f"{name}_onset" for name in (
    "hypertension", "diabetes", "coronary", "stroke", "heart_failure", "atrial_fibrillation", "copd", "asthma", "cancer",
    "kidney", "pain", "dementia", "depression", "substance", "child_disorder")}


@pytest.fixture(scope="module")
def tables():
    return check.read(check.ROWS)


def stated(attribute: str) -> dict[tuple, float]:
    """Projected share of the misfit table."""
    with (check.ROWS / "misfit.csv").open(encoding="utf-8", newline="") as file:
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
        low, high = BOUNDS.get(NUMBERS[name], (0.0, 1.0 / SHARES.get(row.unit, 1.0)))
        assert low <= row.value <= high, row
        assert row.low is not None
        assert row.high is not None


def test_assumed_numbers_are_not_called_read(tables):
    """What was recalled only is assumed."""
    for name in NUMBERS:
        for row in tables[name]:
            if "recalled, not read" in row.note or row.source == "icsim_assumption":
                assert row.standing == "assumed", row


def test_sources_are_listed_and_used(tables):
    listed = {row.source for row in tables["sources_circumstances"]}
    known = {row.source for path in sorted(TABLES.glob("sources*.csv")) for row in read_table(path, kinds.Source).rows}
    named = {source for name in check.FILES if name != "sources_circumstances"
             for row in tables[name] for source in source_names(row.source)}
    assert listed <= named
    assert named <= listed | known
    assert not listed & known


def test_levels_and_events_exist(tables):
    levels = {(row.attribute, row.level) for row in tables["attributes"]}
    first = {row.attribute: row.level for row in reversed(tables["attributes"])}
    events = {row.event for row in tables["events"]}
    catalogue = {row.event for row in read_table(TABLES / "events.csv", kinds.Event).rows}
    for name in ("prevalence", "ratios", "factors"):
        assert {(row.attribute, row.level) for row in tables[name]} <= levels
    assert not [row for row in tables["prevalence"] if row.level == first[row.attribute]]
    assert {row.event for row in tables["ratios"]} <= events | catalogue | ONSETS
    moves = {row.event for row in tables["events"] if row.kind == "move"}
    assert {row.event for row in tables["rates_circumstances"]} == moves
    assert {row.event for row in tables["trends"]} <= events
    assert not events & catalogue


def test_ratios_say_no_lag_and_a_causal_share(tables):
    for row in tables["ratios"]:
        assert row.lag_years == 0
        assert 0 <= row.causal_share <= 1
        assert row.design


def test_no_number_stands_twice(tables):
    for name, key in (("ratios", lambda r: (r.event, r.attribute, r.level)),
                      ("factors", lambda r: (r.weight, r.attribute, r.level)),
                      ("prevalence", lambda r: (r.attribute, r.level, r.sex, r.quintile, r.age_from)),
                      ("rates_circumstances", lambda r: (r.event, r.sex, r.quintile, r.age_from))):
        keys = [key(row) for row in tables[name]]
        assert len(keys) == len(set(keys)), name


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
