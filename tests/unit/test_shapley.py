"""Shapley values by hand, and that they add up to the last digit."""

from itertools import permutations
from math import factorial

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icsim.attribution import Group, shared_out, tidy
from icsim.attribution.shapley import alone, over_orders, subsets
from icsim.attribution.tallies import SPEND_PENCE

pytestmark = pytest.mark.unit

THREE = {"": 10, "a": 12, "b": 15, "c": 10, "ab": 20, "ac": 12, "bc": 16, "abc": 23}
"""a adds 2, 2, 5, 7, 2, 7 in the six orders; b 8, 11, 5, 5, 11, 6; c 3, 0, 3, 1, 0, 0."""
GLOVES = {"": 0, "l": 0, "r": 0, "s": 0, "lr": 1, "ls": 1, "rs": 0, "lrs": 1}
"""One left glove and two right ones: a pair is worth 1."""


def of(game: dict[str, int]) -> dict:
    return {frozenset(names): worth for names, worth in game.items()}


def test_three_by_hand():
    assert over_orders(of(THREE), "abc") == {"a": 25, "b": 46, "c": 7}
    assert alone(of(THREE), "abc") == {"a": 2, "b": 5, "c": 0}


def test_what_is_done_together_only_is_shared_out():
    assert over_orders(of(GLOVES), "lrs") == {"l": 4, "r": 1, "s": 1}
    assert alone(of(GLOVES), "lrs") == {"l": 0, "r": 0, "s": 0}


def test_the_sets_of_three_are_eight_each_once():
    assert len(set(subsets("abc"))) == len(list(subsets("abc"))) == 8
    assert next(iter(subsets("abc"))) == frozenset()
    assert list(subsets("abc"))[-1] == frozenset("abc")


@given(st.integers(1, 4).flatmap(lambda n: st.lists(st.integers(-10**17, 10**17), min_size=2**n, max_size=2**n)))
def test_any_game_is_the_mean_over_orders_and_adds_up_exactly(values):
    names = "abcd"[: len(values).bit_length() - 1]
    worth = dict(zip(subsets(names), values, strict=True))
    added = dict.fromkeys(names, 0)
    for order in permutations(names):
        for n, name in enumerate(order):
            added[name] += worth[frozenset(order[: n + 1])] - worth[frozenset(order[:n])]
    assert over_orders(worth, names) == added
    assert sum(added.values()) == factorial(len(names)) * (worth[frozenset(names)] - worth[frozenset()])


def frames(game: dict[str, int], tally: str = "falls") -> dict:
    """The game as tallies of one year of two replications; in the second everything counts ten times."""
    return {frozenset(names): pl.DataFrame({"replication": [0, 1], "year": ["2025/26"] * 2, "tally": [tally] * 2,
                                            "value": [worth, 10 * worth]}) for names, worth in game.items()}


def groups(names: str) -> list[Group]:
    return [Group(name, name.upper(), (name,)) for name in names]


def test_tallies_are_shared_out_by_replication_and_add_up_exactly():
    found = shared_out("x", groups("abc"), frames(THREE))
    assert found.orders == 6
    assert found.labels == {"a": "A", "b": "B", "c": "C"}
    own = found.tallies.sort("replication", "group")
    assert own["over_orders"].to_list() == [25, 46, 7, 250, 460, 70]
    assert own["own"].to_list() == [2, 5, 0, 20, 50, 0]
    assert found.tallies.schema["over_orders"] == found.tallies.schema["own"] == pl.Int64
    sums = own.group_by("replication").agg(pl.col("over_orders").sum()).sort("replication")
    assert sums["over_orders"].to_list() == [6 * 13, 6 * 130]


def test_people_read_means_in_units_and_the_interaction():
    table = tidy(shared_out("x", groups("abc"), frames(THREE))).filter(pl.col("replication") == 0).sort("group")
    assert table.columns == ["scenario", "replication", "year", "measure", "group", "own", "shapley", "interaction"]
    assert table["shapley"].to_list() == pytest.approx([25 / 6, 46 / 6, 7 / 6])
    assert table["interaction"].to_list() == pytest.approx([13 / 6, 16 / 6, 7 / 6])
    assert table["interaction"].sum() == pytest.approx(13 - 7)


@pytest.mark.parametrize(("tally", "measure", "unit"), [
    ("bed_days_ms", "bed_days", 86_400_000), ("healthy_time_ms", "healthy_years", 365.25 * 86_400_000),
    (SPEND_PENCE, "spend", 100), ("deaths", "deaths", 1)])
def test_each_tally_is_told_as_results_report_it(tally, measure, unit):
    table = tidy(shared_out("x", groups("abc"), frames(THREE, tally)))
    assert set(table["measure"]) == {measure}
    assert table.filter((pl.col("group") == "b") & (pl.col("replication") == 0))["own"][0] == pytest.approx(5 / unit)


def test_what_a_scenario_never_counts_is_nothing_there():
    """People who begin a programme are counted only where it runs."""
    game = frames({"": 0, "a": 7})
    game[frozenset()] = game[frozenset()].clear()
    assert shared_out("x", groups("a"), game).tallies["over_orders"].to_list() == [7, 70]


def test_numbers_too_large_for_the_machine_are_no_silent_mistake():
    values = {frozenset(): np.array([0], dtype=object), frozenset("a"): np.array([2**63 - 1], dtype=object)}
    values |= {frozenset("b"): values[frozenset()], frozenset("ab"): np.array([2**63 - 1], dtype=object)}
    assert over_orders(values, "ab")["a"][0] == 2 * (2**63 - 1)
