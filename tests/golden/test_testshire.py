"""What moved? The shipped baseline of Testshire, year by year, as whole numbers. `pytest --regenerate` writes it anew.

A difference is no mistake in itself: it is read, explained in the change log, and accepted or not.
"""

import io
from pathlib import Path

import polars as pl
import pytest

import icsim

pytestmark = pytest.mark.golden

TABLE = Path(__file__).with_name("testshire_baseline.csv")
KEYS = ["replication", "year", "measure"]


def _totals(results: icsim.Results) -> pl.DataFrame:
    """replication, year, measure, value: sums of every column of cells, pools, streams, waits and population."""
    cells = _long(results.cells, ["place", "quintile", "sex", "age_band"])
    waits = _long(results.wait_sums, ["place", "quintile"], by="measure")
    pools = _long(results.pools, ["service"], by="pool")
    streams = results.background.select("replication", "year", measure="streams." + pl.col("measure"), value="value")
    people = _long(results.population.rename({"date": "year"}), ["place", "quintile", "sex", "age_band"])
    return pl.concat([cells, waits, pools, streams, people]).sort(KEYS)


def _long(table: pl.DataFrame, without: list[str], by: str | None = None) -> pl.DataFrame:
    """Every column of numbers, summed by replication and year; a `by` column goes before the name of the measure."""
    index = ["replication", "year", *([by] if by else [])]
    numbers = [name for name in table.columns if name not in (*index, *without, "scenario")]
    long = table.group_by(index).agg(pl.col(numbers).sum()).unpivot(numbers, index=index, variable_name="of")
    name = pl.concat_str([pl.col(by), pl.col("of")], separator=".") if by else pl.col("of")
    return long.select("replication", "year", name.alias("measure"), pl.col("value").cast(pl.Int64))


@pytest.fixture(scope="module")
def totals():
    return _totals(icsim.run("testshire/baseline"))


def test_the_totals_are_those_last_reviewed(totals, request):
    if request.config.getoption("--regenerate"):
        TABLE.write_text(totals.write_csv())
    reviewed = pl.read_csv(io.StringIO(TABLE.read_text()), schema=totals.schema)
    moved = totals.join(reviewed, on=KEYS, how="full", coalesce=True, suffix="_reviewed")
    moved = moved.filter(pl.col("value").ne_missing(pl.col("value_reviewed")))
    assert moved.is_empty(), f"{moved.height} of {totals.height} numbers moved:\n{moved.write_csv()}"


def test_the_table_says_something_of_every_kind(totals):
    measures = set(totals["measure"])
    assert {"deaths", "falls", "healthy_time_ms", "residents", "ambulance_response_c2.count", "ambulances.busy_ms",
            "wait:ambulance_c2.sum_ms", "testshire_beds.grants"} <= measures
    assert totals["replication"].n_unique() == 2
    assert totals.filter(pl.col("measure") == "residents").height == 2 * 3
