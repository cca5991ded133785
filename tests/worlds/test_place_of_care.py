"""Harm belongs to the fall and its severity, not to who comes or where one lies.

A care home after hospital is an effect of place with a row of its own (outcome care_home sets care=care_home, and its
ratios follow). It is taken away here: a world in which no such row is in force.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from living import Lived, live, shire, tables, world

from icsim.state import DEAD

pytestmark = pytest.mark.worlds

BEAT, END = 31, 1461
"""Days of the longest beat, and of the run."""


@cache
def _lived(way: str) -> Lived:
    """Four years of 60,000 residents: "served" as usual, all "diverted" at the first step, or "unserved"."""
    rows = replace(tables(), outcomes=tuple(replace(row, sets="") for row in tables().outcomes))
    if way == "diverted":
        first = [row.id for row in rows.branches if row.step == "fall" and row.to != "managed_without_999"]
        for branch in first:
            rows = rows.with_value(branch, 0.0)
    return live(world(4, shire(3), rows, served=way != "unserved"), 5)


def _deaths(lived: Lived) -> dict[int, float]:
    """Key → day of death."""
    person = lived.residents.people.person[: lived.residents.rows]
    dead = person["status"] == DEAD
    return dict(zip(person["key"][dead].tolist(), person["since"][dead].tolist(), strict=True))


def test_being_served_moves_no_death():
    """Ambulances, hospital and waits against nobody beyond the first step: every death at the same instant, to the bit."""
    served, diverted = _lived("served"), _lived("diverted")
    assert {row["step"] for row in diverted.contacts} == {0, -1}
    assert len({row["step"] for row in served.contacts}) > 8
    assert len(_deaths(served)) > 1500
    assert _deaths(served) == _deaths(diverted)


def test_having_services_at_all_moves_only_what_a_second_fall_brings():
    """Somebody who falls again while the last fall is still looked after is seen to at the start of the next beat.

    So one death in a hundred at most is moved, never by more than a beat: falls come twice a year at the oldest ages.
    """
    one, other = _deaths(_lived("diverted")), _deaths(_lived("unserved"))
    assert one.keys() ^ other.keys() <= {key for found in (one, other) for key, day in found.items() if day > END - BEAT}
    apart = [abs(one[key] - other[key]) for key in one.keys() & other.keys()]
    assert max(apart) <= BEAT
    assert sum(gap > 0 for gap in apart) <= 0.01 * len(one)
