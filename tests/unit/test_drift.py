"""Does a stationary world stand still? Counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from icsim.calibration import drift
from icsim.calibration.census import share_table
from icsim.calibration.leavings import Axes, Leavings
from icsim.calibration.rows import NUMBER

pytestmark = pytest.mark.unit

LEVELS = {"pain": ("none", "chronic"), NUMBER: ("0", "1", "2", "3", "4", "5", "6+")}


def leavings(start: float, end: float, people: int = 10_000, conditions=(0.5, 0.1)) -> Leavings:
    """Two dates; `start` and `end` of 10,000 people in each sex, fifth and year of age are in chronic pain."""
    pain = np.zeros((2, 2, 5, 91, 2), np.int64)
    for date, share in enumerate((start, end)):
        pain[date, ..., 1] = round(people * share)
        pain[date, ..., 0] = people - pain[date, ..., 1]
    number = np.zeros((2, 2, 5, 91, 7), np.int64)
    number[..., 0] = people
    number[:, ..., 2] = np.array([round(people * share) for share in conditions])[:, None, None, None]
    axes = Axes(("2025",), (), (), LEVELS, (), {}, np.ones(1))
    return Leavings(axes, [{share_table("pain"): pain, share_table(NUMBER): number}])


def test_as_many_as_before_stand_still():
    found = drift.drift(leavings(0.2, 0.2))
    assert found.height == len(drift.EDGES)
    assert found["steady"].all()
    assert (found["drift"] == 0).all()


def test_a_tenth_fewer_have_drifted():
    found = drift.drift(leavings(0.2, 0.18))
    assert not found["steady"].any()
    assert found["drift"].to_numpy() == pytest.approx(-0.1)
    assert found["expected"][0] == 0.2 * found["there"][0] / 0.18


def test_people_who_grow_old_are_no_drift():
    """Shares are those of the same age: twice as many of 80 and over double those expected."""
    left = leavings(0.2, 0.2)
    left.parts[0][share_table("pain")][1, :, :, 80:] *= 2
    assert drift.drift(left)["steady"].all()


def test_few_people_are_not_judged_and_luck_is_allowed_for():
    assert drift.drift(leavings(0.2, 0.1, people=90)).height == 0  # 9 × 100 cells of 18 people
    few = drift.drift(leavings(0.2, 0.2, people=150)).filter(drift.pl.col("age_from") < 90)
    assert few["limit"].to_numpy() == pytest.approx(3 * np.sqrt(2 / 3000))


def test_shares_with_several_conditions_may_move_by_two_points():
    found = drift.clusters(leavings(0.2, 0.2, conditions=(0.2, 0.2)))
    assert found.filter(drift.pl.col("conditions") == "2+")["steady"].all()
    moved = drift.clusters(leavings(0.2, 0.2, conditions=(0.2, 0.25)))
    two = moved.filter(drift.pl.col("conditions") == "2+")
    assert two["start_percent"].to_numpy() == pytest.approx(100 * 0.2 / 1.2)
    assert two["end_percent"].to_numpy() == pytest.approx(100 * 0.25 / 1.25)
    assert not two["steady"].any()
    assert moved.filter(drift.pl.col("conditions") == "4+")["steady"].all()
