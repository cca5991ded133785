"""What moved? The shipped baseline of Testshire, year by year, as whole numbers. `pytest --regenerate` writes it anew.

A difference is no mistake in itself: it is read, explained in the change log, and accepted or not.
"""

import io
from pathlib import Path

import polars as pl
import pytest

import icsim
from icsim.state import AGE_BANDS

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
def results():
    return icsim.run("testshire/baseline")


@pytest.fixture(scope="module")
def totals(results):
    return _totals(results)


def test_the_totals_are_those_last_reviewed(totals, request):
    if request.config.getoption("--regenerate"):
        TABLE.write_text(totals.write_csv())
    reviewed = pl.read_csv(io.StringIO(TABLE.read_text()), schema=totals.schema)
    moved = totals.join(reviewed, on=KEYS, how="full", coalesce=True, suffix="_reviewed")
    moved = moved.filter(pl.col("value").ne_missing(pl.col("value_reviewed")))
    assert moved.is_empty(), f"{moved.height} of {totals.height} numbers moved:\n{moved.write_csv()}"


def test_those_alive_at_the_end_are_those_of_the_last_count(results):
    """Place by place, and by sex, quintile and age band; and each has a row that says what is still expected."""
    keys = ["replication", "place", "quintile", "sex", "age_band"]
    band = pl.min_horizontal(pl.col("age"), 90) // 5
    names = dict(enumerate(AGE_BANDS))
    ends = results.ends.with_columns(age_band=band.replace_strict(names)).group_by(keys).agg(pl.col("residents").sum())
    last = results.population.filter(pl.col("date") == pl.col("date").max()).select(*keys, "residents")
    assert ends.select(last.columns).sort(keys).equals(last.sort(keys))
    told = results.ends.join(results.expectancy, on=["quintile", "sex", "age", "state"], how="left")
    assert told["person_years"].null_count() == 0
    assert (told["healthy_years"] <= told["person_years"]).all()


def test_the_table_says_something_of_every_kind(totals):
    measures = set(totals["measure"])
    assert {"deaths", "falls", "healthy_time_ms", "residents", "ambulance_response_c2.count", "ambulances.busy_ms",
            "wait:ambulance_c2.sum_ms", "testshire_beds.grants"} <= measures
    assert totals["replication"].n_unique() == 2
    assert totals.filter(pl.col("measure") == "residents").height == 2 * 3
