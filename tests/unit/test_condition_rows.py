"""The drafted rows on long-term conditions: the catalogue's own rules, and rates that keep the shares at the start."""

import importlib
import sys
from collections import Counter
from pathlib import Path

import pytest

from icsim.catalogue import rows as kinds
from icsim.catalogue.csvtable import Table, read_table
from icsim.catalogue.evidence import evidence_problems, source_names
from icsim.catalogue.load import ID, TABLES
from icsim.catalogue.row_rules import BOUNDS, UNITS
from icsim.units import SHARES

pytestmark = pytest.mark.unit

FOLDER = Path(__file__).parents[2] / "calibration" / "conditions"
DRAFT = FOLDER / "rows"
NUMBERS = {
    "prevalence.csv": ("prevalence", kinds.Prevalence),
    "ratios.csv": ("ratios", kinds.Ratio),
    "factors.csv": ("factors", kinds.Factor),
    "contacts.csv": ("factors", kinds.Factor),
} | {path.name: ("rates", kinds.Rate) for path in sorted(DRAFT.glob("rates_*.csv"))}
CONDITIONS = 19


def table(name: str, kind: type) -> Table:
    found = read_table(DRAFT / name, kind)
    assert found.problems == []
    assert found.rows
    return found


def levels() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in table("attributes.csv", kinds.Level).rows:
        found.setdefault(row.attribute, []).append(row.level)
    return found


def known_sources() -> list[str]:
    paths = [*sorted(TABLES.glob("sources*.csv")), DRAFT / "sources.csv"]
    return [row.source for path in paths for row in read_table(path, kinds.Source).rows]


@pytest.fixture(scope="module")
def check():
    """calibration/conditions/check.py, whose neighbours it imports by name."""
    sys.path.insert(0, str(FOLDER))
    try:
        yield importlib.import_module("check")
    finally:
        sys.path.remove(str(FOLDER))
        for name in ("check", "dynamics", "published"):
            sys.modules.pop(name, None)


@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_has_a_unit_a_range_that_holds_it_a_standing_and_a_source(name):
    kind, row_class = NUMBERS[name]
    found = table(name, row_class)
    assert evidence_problems(name, found, UNITS[kind]) == []
    for row in found.rows:
        low, high = BOUNDS.get(kind, (0.0, 1 / SHARES.get(row.unit, 1.0)))
        assert low <= row.value <= high
        assert row.low is not None
        assert row.high is not None
        assert row.note


@pytest.mark.parametrize("name", NUMBERS)
def test_no_row_stands_twice(name):
    kind, row_class = NUMBERS[name]
    assert [name for name, n in Counter(ID[kind](row) for row in table(name, row_class).rows).items() if n > 1] == []


def test_all_conditions_have_levels_events_and_shares():
    known = levels()
    assert len(known) == CONDITIONS
    assert all(names[0] == "none" for names in known.values())
    assert {row.attribute for row in table("events.csv", kinds.Event).rows} == set(known)
    shared = {(row.attribute, row.level) for row in table("prevalence.csv", kinds.Prevalence).rows}
    assert shared == {(attribute, level) for attribute, names in known.items() for level in names[1:]}


def test_events_and_levels_that_rows_name_exist():
    known = levels()
    own = {row.event: row for row in table("events.csv", kinds.Event).rows}
    every = set(own) | {row.event for row in read_table(TABLES / "events.csv", kinds.Event).rows}
    for event in own.values():
        assert {event.to_level, *event.from_levels.split("|")} <= set(known[event.attribute])
        assert (event.kind == "timer") == (event.after_days is not None)
    rated = {
        row.event for name, (kind, row_class) in NUMBERS.items() if kind == "rates" for row in table(name, row_class).rows
    }
    assert rated == {event.event for event in own.values() if event.kind == "move"}
    for row in table("ratios.csv", kinds.Ratio).rows:
        assert row.event in every
        assert row.level in known[row.attribute]
        assert row.lag_years == 0
        assert 0 <= row.causal_share <= 1
    for name in ("factors.csv", "contacts.csv"):
        assert all(row.level in known[row.attribute] for row in table(name, kinds.Factor).rows)


def test_every_source_that_rows_name_is_listed_once_and_used():
    listed = known_sources()
    assert [source for source, n in Counter(listed).items() if n > 1] == []
    cells = [row.source for name, (_, row_class) in NUMBERS.items() for row in table(name, row_class).rows]
    cells += [
        row.source
        for name, kind in (("attributes.csv", kinds.Level), ("events.csv", kinds.Event))
        for row in table(name, kind).rows
    ]
    named = {source for cell in cells for source in source_names(cell)}
    assert named <= set(listed)


def test_shares_of_all_levels_leave_room_for_the_first(check):
    rows = check.Rows(DRAFT)
    for attribute in rows.levels:
        assert rows.shares(attribute).min() >= 0


def test_rates_keep_the_shares_within_the_stated_misfit(check):
    stated = {(row["attribute"], row["level"], row["sex"]): row for row in check.records(DRAFT / "misfit.csv")}
    found = list(check.Rows(DRAFT).misfits())
    assert len(found) == len(stated)
    for attribute, level, sex, most, rms, *_ in found:
        row = stated[attribute, level, sex]
        assert most <= float(row["max_points"]) + 0.002
        assert rms <= float(row["rms_points"]) + 0.002
        assert most < 2.0
