"""What a run has added up, as whole numbers by replication and year, and what groups contribute to their difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import factorial

import numpy as np
import polars as pl

from icsim.attribution.groups import Group
from icsim.attribution.shapley import Set, alone, over_orders
from icsim.outcomes.costs import PENCE, SPEND, spend
from icsim.outcomes.definitions import MS_PER_DAY, TIME_COLUMNS
from icsim.outcomes.spans import TOGETHER
from icsim.outcomes.values import tallied, totals
from icsim.results import Attribution, Results

KEYS = ["replication", "year", "tally"]
SPEND_PENCE = f"{SPEND}_pence"
TIDY = ("scenario", "replication", "year", "measure", "group", "own", "shapley", "interaction")


def tallies(results: Results) -> pl.DataFrame:
    """KEYS and value (int64): every count and time of residents as the engine adds it up, and pence of activity."""
    columns = tallied(results.cells)
    sums = results.cells.group_by("replication", "year").agg(pl.col(columns).sum())
    counted = sums.unpivot(columns, index=["replication", "year"], variable_name="tally", value_name="value")
    return pl.concat([counted.cast({"value": pl.Int64}), _pence(results)]).sort(KEYS)


def _pence(results: Results) -> pl.DataFrame:
    """The cost of activity, which is made of whole pence of each item in each year."""
    spent = spend(totals(results.cells), results.pools, results.provenance.get("costs", ()))
    own = spent.filter((pl.col("margin") == "total") & ~pl.col("year").is_in(list(TOGETHER)))
    pence = (pl.col("value") * PENCE).round().cast(pl.Int64)
    return own.select("replication", "year", tally=pl.lit(SPEND_PENCE), value=pence)


def shared_out(scenario: str, groups: Sequence[Group], worth: Mapping[Set, pl.DataFrame]) -> Attribution:
    """What each group contributes. worth: `tallies` of the scenario with each set of groups; what one lacks is 0 there."""
    names = [group.name for group in groups]
    keys = pl.concat([frame.select(KEYS) for frame in worth.values()]).unique().sort(KEYS)
    values = {chosen: _values(keys, frame) for chosen, frame in worth.items()}
    own, summed = alone(values, names), over_orders(values, names)
    frames = [keys.with_columns(scenario=pl.lit(scenario), group=pl.lit(name), own=_whole(own[name]),
                                over_orders=_whole(summed[name])) for name in names]
    table = pl.concat(frames).select("scenario", *KEYS, "group", "own", "over_orders")
    members, labels = {group.name: group.parts for group in groups}, {group.name: group.label for group in groups}
    return Attribution(scenario, members, labels, factorial(len(names)), table)


def _values(keys: pl.DataFrame, frame: pl.DataFrame) -> np.ndarray:
    """object[key]: Python's whole numbers, which n! cannot make too large."""
    found = keys.join(frame, on=KEYS, how="left", maintain_order="left")["value"].fill_null(0)
    return np.array(found.to_list(), dtype=object)


def _whole(values: np.ndarray) -> pl.Series:
    return pl.Series(values.tolist(), dtype=pl.Int64)


def tidy(found: Attribution) -> pl.DataFrame:
    """TIDY: what each group does alone (own), its Shapley value and the difference of the two, its part of the interaction.

    In the units of results: counts, days, years, pounds. Shapley values add up to the difference between the scenarios,
    interactions to what it is more than all own effects together.
    """
    units = {name: _unit(name) for name in found.tallies["tally"].unique().to_list()}
    column = found.tallies["tally"]
    measure = column.replace_strict({name: measure for name, (measure, _) in units.items()}, return_dtype=pl.String)
    per = column.replace_strict({name: per for name, (_, per) in units.items()}, return_dtype=pl.Float64)
    own = pl.col("own") / per
    shapley = pl.col("over_orders") / found.orders / per
    interaction = (pl.col("over_orders") - found.orders * pl.col("own")) / found.orders / per
    return found.tallies.with_columns(measure=measure, own=own, shapley=shapley, interaction=interaction).select(*TIDY)


def _unit(tally: str) -> tuple[str, float]:
    """The measure that reports a tally, and how much of the tally makes one."""
    if tally == SPEND_PENCE:
        return SPEND, float(PENCE)
    return TIME_COLUMNS.get(tally, (tally.removesuffix("_ms"), MS_PER_DAY)) if tally.endswith("_ms") else (tally, 1.0)
