"""What a sweep over the residents writes: tallies by period and cell, and the tables it hands to others."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from icsim._compile import inlined
from icsim.residents.door import accrue, draw_again, my_cell, period_at, set_level
from icsim.residents.model import ResidentModel
from icsim.state import NEVER, PLACE, milliseconds

PERSON_TIME = 0
BORN, ARRIVED, MOVED_IN, MOVED_OUT, LATE, JOINED, PARKED = range(7)
FLOWS = ("born", "arrived", "moved_in", "moved_out", "late", "joined", "parked")
"""Tally columns after the weights; one column an event follows. LATE: demands that were put off, since a case was open;
JOINED: those that came while one was put off already, and are seen to with it."""

BIRTH_RECORD = np.dtype(
    [("day", "f4"), ("key", "u8"), ("place", "u1"), ("quintile", "u1"), ("sex", "u1"), ("age", "u1"), ("birth", "f4")],
    align=True,
)
"""Somebody who enters: a child (age 0, birth = day) or an arrival."""

DEMANDS, DEPARTURES, BIRTHS = range(3)

DEATH_COLUMN = 1
"""Clock column of death."""


class Scratch(NamedTuple):
    """Room to work out the clocks of one resident at a time; nothing in it is remembered."""

    rates: np.ndarray  # float64[event], rate a day of each
    stream: np.ndarray  # uint64[clock], address of the event that the clock is of
    turn: np.ndarray  # uint64[clock], how often the clock was set before
    rate: np.ndarray  # float64[clock], its rate a day; below 0: the clock has none
    clock: np.ndarray  # float32[clock], when it would have rung
    odds: np.ndarray  # float64[level], odds of each level at entry


def scratch(model: ResidentModel) -> Scratch:
    """Room for a model of this size."""
    clocks = len(model.decides)
    return Scratch(np.zeros(len(model.kind)), np.zeros(clocks, np.uint64), np.zeros(clocks, np.uint64), np.zeros(clocks),
                   np.zeros(clocks, np.float32), np.zeros(model.start_odds.shape[-1]))


class Beat(NamedTuple):
    """Where one sweep writes: its share of the residents, its tally and its tables."""

    edges: np.ndarray  # float64[period + 1], day at which each reporting period begins
    tally: np.ndarray  # int64[period, cell, column]
    demands: np.ndarray  # DEMAND[…]
    departures: np.ndarray  # DEPARTURE[…]
    births: np.ndarray  # BIRTH_RECORD[…]
    used: np.ndarray  # int64[3]: rows used in the three tables above
    due: np.ndarray  # int64[…]: scratch
    scratch: Scratch


@inlined
def tally_event(people, i, t, hint, beat, column):
    """Add one to `column` in the resident's cell and the period that holds day t."""
    beat.tally[period_at(beat.edges, t, hint), my_cell(people, i), column] += 1


@inlined
def flow_column(people, flow):
    """Tally column of one of FLOWS."""
    return 1 + people.weight.shape[1] + flow


@inlined
def event_column(people, k):
    """Tally column of event k (1 is the first event)."""
    return 1 + people.weight.shape[1] + len(FLOWS) + k - 1


@inlined
def renew(model, streams, people, i, k, t):
    """The clock has rung: count it and draw the next time; an event that cannot come twice has had its turn."""
    if model.fired_slot[k] >= 0:
        draw_again(model, streams, people, i, k, t)
    else:
        people.clock[i, model.column[k]] = NEVER


@inlined
def change(model, streams, people, i, a, new, t, hint, beat):
    """Time lived so far is tallied if it counts for something else from now on, the level set; a move to another place is a
    flow between cells."""
    if model.has_weight[a] or a == PLACE:
        accrue(people, i, t, beat.edges, hint, beat.tally)
    if a == PLACE:
        tally_event(people, i, t, hint, beat, flow_column(people, MOVED_OUT))
    set_level(model, streams, people, i, a, new, t)
    if a == PLACE:
        tally_event(people, i, t, hint, beat, flow_column(people, MOVED_IN))


@inlined
def tell(people, i, t, reason, beat):
    """Tell the services of a departure at t (after the resident's case has begun, if it is of today)."""
    n = beat.used[DEPARTURES]
    row = beat.departures[n]
    row.ms = max(milliseconds(t), np.int64(people.person[i].asked) * 1000)
    row.resident = i
    row.reason = reason
    beat.used[DEPARTURES] = n + 1
