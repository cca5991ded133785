"""Harm belongs to the illness, the fall and its severity, not to who comes or where one lies.

Where somebody lives is an effect of place with rows of its own: outcomes that set care, and the ratios of its levels. They
are taken away here: a world in which no such row is in force.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from living import Lived, Watched, live, shire, tables, world

from icsim.catalogue.load import Catalogue
from icsim.services.model import ServiceModel
from icsim.services.served import POOL_SUMS, Served
from icsim.state import DEAD
from icsim.tables import CONTACT, DIVERTED, MOVE

pytestmark = pytest.mark.worlds


class DivertedAtOnce:
    """Services that send everybody away in the instant in which they ask."""

    def __init__(self, model: ServiceModel):
        self.pools = len(model.pool_queue_limit)

    def settle(self, residents: np.ndarray, pools: np.ndarray) -> None:
        """Nobody keeps anything."""

    def adopt(self, model: ServiceModel, now_ms: int) -> None:
        """Nothing changes."""

    def serve(self, demands: np.ndarray, departures: np.ndarray, until_ms: int) -> Served:
        """A move without outcome for each resident, at once."""
        asked = demands[demands["resident"] >= 0]
        moves = np.zeros(len(asked), MOVE)
        moves["ms"], moves["resident"], moves["attribute"], moves["reason"] = asked["ms"], asked["resident"], -1, DIVERTED
        return Served(np.zeros(0, CONTACT), moves, np.zeros(self.pools, POOL_SUMS))

    def finish(self, until_ms: int) -> Served:
        """Nothing is open."""
        return self.serve(np.zeros(0, [("resident", "i4"), ("ms", "i8")]), np.zeros(0), until_ms)


def _placeless() -> Catalogue:
    """The shipped tables in which nothing depends on where somebody lives, but for what cannot happen there."""
    rows = tables()
    outcomes = tuple(replace(row, sets="") for row in rows.outcomes)
    ratios = tuple(replace(row, value=1.0) if row.attribute == "care" and row.value > 1e-5 else row for row in rows.ratios)
    return replace(rows, outcomes=outcomes, ratios=ratios)


@cache
def _lived(way: str) -> Lived:
    """Two years of 60,000 residents: "served" as usual, all "diverted" as they ask, or "unserved"."""
    engine = DivertedAtOnce if way == "diverted" else "compiled"
    return live(world(2, shire(3), _placeless(), served=way != "unserved", engine=engine), 5)


def _deaths(lived: Lived) -> dict[int, float]:
    """Key → day of death."""
    person = lived.residents.people.person[: lived.residents.rows]
    dead = person["status"] == DEAD
    return dict(zip(person["key"][dead].tolist(), person["since"][dead].tolist(), strict=True))


def test_being_served_moves_no_death():
    """Ambulances, hospital, cafés and waits against nothing at all: every death at the same instant, to the bit."""
    served, diverted = _lived("served"), _lived("diverted")
    assert len({row["step"] for row in served.contacts}) > 60
    assert len(diverted.contacts) == 0
    assert len(_deaths(served)) > 800
    assert _deaths(served) == _deaths(diverted)


def test_having_services_at_all_moves_no_death():
    """Nobody asks anybody: still the same."""
    assert _deaths(_lived("unserved")) == _deaths(_lived("served"))


def test_an_effect_of_place_does_move_deaths():
    """So the tests above would notice: with the shipped rows of care homes in force some die on another day."""
    shipped = live(world(2, shire(3)), 5, kind=Watched)
    assert _deaths(shipped) != _deaths(_lived("served"))
