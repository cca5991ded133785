"""Budgets by payer and line, and the staff that they ask for, by hand."""

from __future__ import annotations

import polars as pl
import pytest

from icsim import areas, catalogue
from icsim.areas.budget import lines
from icsim.outcomes.budgets import BESIDE, BUDGET, GIVEN, RECEIVED, budgets
from icsim.outcomes.costs import LINE, PAYER
from icsim.outcomes.staff import GROUP, STAFF, months_of, staff

pytestmark = pytest.mark.unit

LINES = [{"line": "beds", "payer": "acute", "kind": "service", "unit_pence": 12_000_000},
         {"line": "vans", "payer": "ambulance", "kind": "service", "unit_pence": 6_000_000},
         {"line": "walks", "payer": "public health", "kind": "programme", "unit_pence": 1_000},
         {"line": "fund", "payer": "public health", "kind": "fund", "unit_pence": 0}]


def ledger(months: int = 12, year: str = "2025/26") -> pl.DataFrame:
    """Ten beds, two vans, 100 walks a month and a fund; a bed's money moves to walks, and the fund pays for one van more."""
    rows = []
    for n in range(months):
        month = f"{n:02d}"
        rows += [(month, "opening", None, "beds", None, 10_000_000), (month, "opening", None, "vans", None, 1_000_000),
                 (month, "opening", None, "walks", None, 100_000), (month, "opening", None, "fund", None, 2_000_000),
                 (month, "moved", "beds", "walks", 1, 1_000_000), (month, "double_running", "fund", "vans", 1, 500_000),
                 (month, "planned", "beds", None, 1, 1_500_000), (month, "stranded", "beds", None, 1, 500_000),
                 (month, "unspent", None, "vans", None, 7)]
    schema = {"month": pl.String, "kind": pl.String, "giver": pl.String, "receiver": pl.String, "shift": pl.Int64,
              "pence": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        year=pl.lit(year), replication=pl.lit(0, pl.Int64), scenario=pl.lit("x"))


def value(table: pl.DataFrame, measure: str, margin: str, group: str, year: str = "2025/26") -> float:
    keys = {"measure": measure, "margin": margin, "group": group, "year": year}
    return table.filter(*(pl.col(name) == wanted for name, wanted in keys.items()))["value"].item()


def test_budgets_are_opening_and_received_less_given():
    found = budgets(ledger(), LINES)
    assert value(found, BUDGET, LINE, "beds") == 12 * 90_000
    assert value(found, BUDGET, LINE, "vans") == 12 * 15_000
    assert value(found, BUDGET, LINE, "walks") == 12 * 11_000
    assert value(found, BUDGET, LINE, "fund") == 12 * 15_000
    assert value(found, BUDGET, PAYER, "public health") == 12 * 26_000
    assert value(found, BUDGET, "total", "all") == 12 * 131_000  # moving changes nothing in all
    assert value(found, RECEIVED, LINE, "walks") == value(found, GIVEN, LINE, "beds") == 12 * 10_000
    assert value(found, BESIDE["stranded"], PAYER, "acute") == 12 * 5_000
    assert value(found, BESIDE["double_running"], LINE, "fund") == 12 * 5_000
    assert value(found, BESIDE["unspent"], LINE, "vans") == pytest.approx(0.84)


def test_years_add_up_and_what_a_line_does_not_do_is_nothing():
    both = pl.concat([ledger(), ledger(12, "2026/27")])
    found = budgets(both, LINES, ["2026/27"])
    assert value(found, BUDGET, LINE, "beds", "all years") == 2 * 12 * 90_000
    assert value(found, BUDGET, LINE, "beds", "headline years") == 12 * 90_000
    assert value(found, GIVEN, LINE, "walks") == 0.0


def test_staff_follow_servers_and_places():
    """Nine beds × 2, three vans × 5 and 1,100 walks a month × 0.01; of half a year as much as of a whole one."""
    needs = [{"line": "beds", "staff": "nurses", "value": 2.0}, {"line": "vans", "staff": "paramedics", "value": 5.0},
             {"line": "walks", "staff": "nurses", "value": 0.01}, {"line": "fund", "staff": "nurses", "value": 1.0}]
    for months in (12, 6):
        book = ledger(months)
        found = staff(budgets(book, LINES), months_of(book), LINES, needs)
        assert value(found, STAFF, GROUP, "nurses") == pytest.approx(9 * 2 + 1100 * 0.01)
        assert value(found, STAFF, GROUP, "paramedics") == pytest.approx(3 * 5, abs=1e-3)  # seven pence buy no van
        assert value(found, STAFF, "total", "all") == pytest.approx(18 + 11 + 15, abs=1e-3)


def test_a_service_that_gives_loses_all_posts_of_what_it_closed():
    """Of a bed's £120,000 half leaves with it, so that £10,000 a month are two beds fewer of ten; six pounds buy no van."""
    lines = [{**LINES[0], "step": 4, "step_pence": 24_000_000}, *LINES[1:]]
    needs = [{"line": "beds", "staff": "nurses", "value": 2.0}, {"line": "vans", "staff": "paramedics", "value": 5.0}]
    found = staff(budgets(ledger(), lines), months_of(ledger()), lines, needs)
    assert value(found, STAFF, GROUP, "nurses") == pytest.approx(8 * 2)
    assert value(found, STAFF, GROUP, "paramedics") == pytest.approx(3 * 5, abs=1e-4)


def test_without_a_ledger_there_is_nothing():
    assert budgets(ledger(0), LINES).is_empty()
    assert staff(budgets(ledger(0), LINES), months_of(ledger(0)), LINES, []).is_empty()


def test_servers_that_are_on_duty_for_longer_cost_more_and_need_more_staff():
    """Fifteen hours a day instead of twelve: a quarter more for each."""
    known, own = catalogue.load(), areas.load("testshire")
    longer = own.with_pool("falls_vehicles", 3, "daily 07:00-22:00")
    before, after = lines(known, own)["falls_vehicles"], lines(known, longer, own=own)["falls_vehicles"]
    assert before.hours == 1.0
    assert after.hours == pytest.approx(15 / 12)
    assert after.unit_pence == pytest.approx(before.unit_pence * 15 / 12, abs=1)
    assert after.pence == 3 * after.unit_pence
    assert lines(known, longer, own=own)["ambulances"] == lines(known, own)["ambulances"]
