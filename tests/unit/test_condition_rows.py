"""The rows on long-term conditions: whole, with evidence, and with rates that keep the shares at the start."""

import importlib
import sys
from pathlib import Path

import pytest

from icsim.catalogue import rows as kinds
from icsim.catalogue.csvtable import Table, read_table
from icsim.catalogue.evidence import evidence_problems
from icsim.catalogue.expand import expand_ages
from icsim.catalogue.load import TABLES
from icsim.catalogue.row_rules import UNITS, bounds_of

pytestmark = pytest.mark.unit

FOLDER = Path(__file__).parents[2] / "calibration" / "conditions"
NUMBERS = {
    "prevalence_conditions.csv": ("prevalence", kinds.Prevalence),
    "ratios_conditions.csv": ("ratios", kinds.Ratio),
    "factors_conditions.csv": ("factors", kinds.Factor),
    "norms_contacts.csv": ("norms", kinds.Norm),
}
CONDITIONS = (
    "learning_disability", "autism", "child_disorder", "diabetes", "hypertension", "kidney_disease", "copd", "asthma",
    "coronary_disease", "atrial_fibrillation", "stroke", "heart_failure", "cancer", "pain", "depression",
    "severe_mental_illness", "substance", "epilepsy", "dementia",
)
NUMBERS |= {f"rates_{name}.csv": ("rates", kinds.Rate) for name in CONDITIONS}


def table(name: str, kind: type) -> Table:
    found = read_table(TABLES / name, kind)
    assert found.problems == []
    assert found.rows
    return found


def levels() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in table("attributes.csv", kinds.Level).rows:
        if row.attribute in CONDITIONS:
            found.setdefault(row.attribute, []).append(row.level)
    return found


@pytest.fixture(scope="module")
def check():
    """calibration/conditions/check_conditions.py, whose neighbours it imports by name."""
    sys.path.insert(0, str(FOLDER))
    try:
        yield importlib.import_module("check_conditions")
    finally:
        sys.path.remove(str(FOLDER))
        for name in ("check_conditions", "dynamics", "published"):
            sys.modules.pop(name, None)


@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_has_a_unit_a_range_that_holds_it_a_standing_and_a_source(name):
    kind, row_class = NUMBERS[name]
    found = table(name, row_class)
    assert evidence_problems(name, found, UNITS[kind]) == []
    for row in found.rows:
        low, high = bounds_of(kind, row.unit)
        assert low <= row.value <= high
        assert row.low is not None
        assert row.high is not None
        assert row.note


def test_all_conditions_have_levels_events_and_shares():
    known = levels()
    assert tuple(known) == CONDITIONS
    assert all(names[0] == "none" for names in known.values())
    assert {row.attribute for row in table("events_conditions.csv", kinds.Event).rows} == set(known)
    shared = {(row.attribute, row.level) for row in table("prevalence_conditions.csv", kinds.Prevalence).rows}
    assert shared == {(attribute, level) for attribute, names in known.items() for level in names[1:]}


def test_every_move_has_rates_and_no_other_event_has_any():
    moves = {row.event for row in table("events_conditions.csv", kinds.Event).rows if row.kind == "move"}
    assert {row.event for name in CONDITIONS for row in table(f"rates_{name}.csv", kinds.Rate).rows} == moves


def test_childhood_disorders_end_within_months_of_eighteen():
    rates = expand_ages([row for row in table("rates_child_disorder.csv", kinds.Rate).rows
                         if row.event == "child_disorder_remission"])
    assert (rates[:, :, 18:] >= 2).all()
    assert (rates[:, :, 5:18] < 1).all()


def test_shares_of_all_levels_leave_room_for_the_first(check):
    rows = check.Rows(TABLES)
    for attribute in rows.levels:
        assert rows.shares(attribute).min() >= 0


def test_rates_keep_the_shares_within_the_stated_misfit(check):
    stated = {(row["attribute"], row["level"], row["sex"]): row for row in check.records(check.OWN / "misfit.csv")}
    found = list(check.Rows(TABLES).misfits())
    assert len(found) == len(stated)
    for attribute, level, sex, most, rms, *_ in found:
        row = stated[attribute, level, sex]
        assert most <= float(row["max_points"]) + 0.002
        assert rms <= float(row["rms_points"]) + 0.002
        assert most < 2.0
