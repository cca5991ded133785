"""Cost of activity: quantities × unit costs, by hand."""

from __future__ import annotations

import polars as pl
import pytest

from icsim import catalogue
from icsim.catalogue import costs as prices
from icsim.outcomes.costs import ITEM, PAYER, SPEND, spend

pytestmark = pytest.mark.unit

COSTS = [
    {"cost": "drive", "per": "measure drives", "payer": "ambulance", "unit": "GBP", "pence": 30_050},
    {"cost": "bed", "per": "measure bed_days", "payer": "acute", "unit": "GBP a day", "pence": 40_000},
    {"cost": "walk", "per": "programme walks", "payer": "public health", "unit": "GBP", "pence": 2_500},
    {"cost": "home", "per": "busy homes", "payer": "council adult care", "unit": "GBP a week", "pence": 84_000},
    {"cost": "van", "per": "open vans", "payer": "ambulance", "unit": "GBP an hour", "pence": 12_100},
]
HOUR = 3_600_000


def totals(rows: list[tuple[str, str, float]], replication: int = 0) -> pl.DataFrame:
    return pl.DataFrame([(replication, *row) for row in rows], orient="row",
                        schema={"replication": pl.Int64, "measure": pl.String, "year": pl.String, "value": pl.Float64})


def pools(busy_hours: float, open_hours: float, year: str = "2025/26") -> pl.DataFrame:
    cells = [(0, year, "a", "homes", int(busy_hours * HOUR), 0), (0, year, "b", "vans", 0, int(open_hours * HOUR))]
    return pl.DataFrame(cells, orient="row", schema={"replication": pl.Int64, "year": pl.String, "pool": pl.String,
                                                     "service": pl.String, "busy_ms": pl.Int64, "open_ms": pl.Int64})


def found(margin: str, group: str, year: str = "2025/26", rows=None, costs=COSTS, headline=()) -> float:
    counted = rows or [("drives", "2025/26", 10.0), ("bed_days", "2025/26", 2.5), ("walks_begun", "2025/26", 4.0),
                       ("drives", "all years", 99.0)]
    table = spend(totals(counted), pools(336, 100), costs, headline)
    assert set(table["measure"]) == {SPEND}
    return table.filter((pl.col("margin") == margin) & (pl.col("group") == group) & (pl.col("year") == year))["value"].item()


def test_quantities_times_unit_costs():
    assert found(ITEM, "drive") == 3005.0  # 10 × 300.50; years added up elsewhere are not counted twice
    assert found(ITEM, "bed") == 1000.0
    assert found(ITEM, "walk") == 100.0
    assert found(ITEM, "home") == 1680.0  # 336 hours are two weeks
    assert found(ITEM, "van") == 12_100.0


def test_payers_add_up_to_all_and_years_to_all_years():
    assert found(PAYER, "ambulance") == 3005.0 + 12_100.0
    payers = sum(found(PAYER, name) for name in {cost["payer"] for cost in COSTS})
    assert payers == found("total", "all") == found("total", "all", "all years")


def test_whoever_pays_nothing_is_there_with_nothing():
    """Else a payer of one scenario alone could not be compared."""
    rows = [("drives", "2025/26", 10.0)]
    assert found(PAYER, "public health", rows=rows) == 0.0


def test_each_item_is_rounded_to_whole_pence_so_that_sums_tie_out():
    third = [{**COSTS[0], "cost": f"c{n}", "per": f"measure m{n}", "pence": 1} for n in range(3)]
    rows = [(f"m{n}", "2025/26", 1.4) for n in range(3)]
    assert found("total", "all", rows=rows, costs=third) == pytest.approx(0.03)


def test_prices_are_those_of_one_year():
    tables = catalogue.load(fitted=False)
    row = next(row for row in tables.unit_costs if row.cost == "reablement")  # 2009/10
    index = {each.from_year: each.value for each in tables.price_index}
    assert prices.pence(tables, row) == round(100 * 2088 / index[2009])
    now = next(row for row in tables.unit_costs if row.cost == "conveyance")
    assert prices.price_year(tables) == "2024/25"
    assert prices.pence(tables, now) == 48_939


def test_every_programme_has_a_cost_and_its_payer():
    tables = catalogue.load(fitted=False)
    cost = {row.per.removeprefix("programme "): row for row in tables.unit_costs if row.per.startswith("programme ")}
    assert set(cost) == {row.programme for row in tables.programmes if row.kind == "programme"}
    assert {name: cost[name].payer for name in cost} == {
        row.programme: row.payer for row in tables.programmes if row.programme in cost}
