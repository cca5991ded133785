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

CLOCKS_THAT_WAIT = 0.03
"""All clocks but death wait while a case is open, so that who lies in hospital grows frailer, or heals, a little later:
the most of all deaths that may fall on another day for that reason."""

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


def test_diverting_everybody_is_the_same_as_having_no_services():
    """Nobody is conveyed, nobody waits: the same residents die, ninety-nine in a hundred of them at the same instant.

    The others had an event due between the fall's own time and the hour at which it was handed over, or a second fall
    in one beat, which is handed over at the start of the next: never more than a beat apart.
    """
    diverted = _lived("diverted")
    assert {row["step"] for row in diverted.contacts} == {0, -1}
    assert len(diverted.contacts) > 10_000
    one, other = _deaths(diverted), _deaths(_lived("unserved"))
    assert len(one) > 1500
    assert one.keys() ^ other.keys() <= {key for found in (one, other) for key, day in found.items() if day > END - BEAT}
    apart = [abs(one[key] - other[key]) for key in one.keys() & other.keys()]
    assert max(apart) <= BEAT
    assert sum(gap > 0 for gap in apart) <= 0.01 * len(one)


def test_only_those_with_a_case_can_die_on_another_day():
    one, other = _deaths(_lived("served")), _deaths(_lived("diverted"))
    had_a_case = set(_lived("served").owned()["owner"].tolist())
    moved = {key for key in one.keys() | other.keys() if one.get(key) != other.get(key)}
    assert moved <= had_a_case
    assert len(moved) <= CLOCKS_THAT_WAIT * len(other)


def test_being_served_moves_the_number_of_deaths_by_less_than_one_in_two_hundred():
    one, other = _deaths(_lived("served")), _deaths(_lived("diverted"))
    assert abs(len(one) - len(other)) <= 0.005 * len(other)
