"""What services did, counted: contacts become counts, times and waits by period and cell.

Counts and waits belong to the period in which a step was granted; time spent is split at period edges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from icsim import buckets
from icsim._compile import equation, inlined, kernel, own_copy
from icsim.calendar import MS_PER_DAY
from icsim.catalogue.load import Catalogue
from icsim.services.build import Layout
from icsim.services.served import SUM_NAMES, Served
from icsim.state import BANDS, QUINTILES, SEXES

_bucket_of = equation(buckets.bucket_of)


class Columns(NamedTuple):
    """Where each step and outcome is counted; −1: nowhere."""

    step_count: np.ndarray  # int32[S]
    step_time: np.ndarray  # int32[S]
    step_response: np.ndarray  # int32[S]
    step_wait: np.ndarray  # int32[S]
    outcome_count: np.ndarray  # int32[O]


@dataclass(frozen=True)
class Names:
    """Measures in the order of their columns."""

    counts: tuple[str, ...]
    """columns of `Activity.tally`: counts, then times in milliseconds (their names end in _ms)"""
    waits: tuple[str, ...]
    """first axis but one of `Activity.waits`"""


def columns_of(catalogue: Catalogue, layout: Layout) -> tuple[Names, Columns]:
    """Measures named by steps and outcomes, and the waits of every step that asks a service."""
    steps = layout.steps
    counted = [*(row.counts_as for row in steps), *(row.counts_as for row in catalogue.outcomes)]
    counts = list(dict.fromkeys([*filter(None, counted), *(f"{s.time_as}_ms" for s in steps if s.time_as)]))
    responses = [s.response for s in steps if s.response]
    waits = list(dict.fromkeys([*responses, *(f"wait:{s.step}" for s in steps if s.service)]))

    def index(names: list[str], wanted: list[str]) -> np.ndarray:
        return np.array([names.index(name) if name in names else -1 for name in wanted], np.int32)

    return Names(tuple(counts), tuple(waits)), Columns(
        step_count=index(counts, [s.counts_as for s in steps]),
        step_time=index(counts, [f"{s.time_as}_ms" for s in steps]),
        step_response=index(waits, [s.response for s in steps]),
        step_wait=index(waits, [f"wait:{s.step}" for s in steps]),
        outcome_count=index(counts, [row.counts_as for row in catalogue.outcomes]),
    )


class Activity:
    """Running totals of one replication, all int64."""

    def __init__(self, names: Names, columns: Columns, places: int, pools: int, edges: np.ndarray):
        """`edges`: float64, days at which reporting periods begin."""
        periods = len(edges) - 1
        self.names, self._columns = names, columns
        self._edges_ms = (edges * MS_PER_DAY).astype(np.int64)
        self.tally = np.zeros((periods, places * QUINTILES * SEXES * BANDS, max(len(names.counts), 1)), np.int64)
        self.waits = np.zeros((periods, QUINTILES, max(len(names.waits), 1), buckets.BUCKETS), np.int64)
        self.wait_ms = np.zeros_like(self.waits)
        self.pools = np.zeros((periods, pools, len(SUM_NAMES)), np.int64)

    def post(self, served: Served, day: int) -> None:
        """Add what was served in the beat that begins on `day`."""
        _post(own_copy(served.contacts), self._columns, self._edges_ms, self.tally, self.waits, self.wait_ms)
        period = int(np.searchsorted(self._edges_ms[1:-1], day * MS_PER_DAY, side="right"))
        for n, name in enumerate(SUM_NAMES):
            self.pools[period, :, n] += served.sums[name]


@inlined
def _period_of(edges_ms, ms):
    """Index of the period that holds `ms`; the last one for what lies beyond."""
    p = 0
    while p < edges_ms.shape[0] - 2 and ms >= edges_ms[p + 1]:
        p += 1
    return p


@inlined
def _add_time(edges_ms, tally, cell, column, begin, end):
    """Time from begin to end, split at period edges."""
    p = _period_of(edges_ms, begin)
    while begin < end:
        stop = end if p == edges_ms.shape[0] - 2 else min(end, edges_ms[p + 1])
        tally[p, cell, column] += stop - begin
        begin = stop
        p += 1


@inlined
def _add_wait(waits, wait_ms, p, cell, measure, ms):
    quintile = (cell // (SEXES * BANDS)) % QUINTILES
    bucket = _bucket_of(ms)
    waits[p, quintile, measure, bucket] += 1
    wait_ms[p, quintile, measure, bucket] += ms


@kernel
def _post(contacts, columns, edges_ms, tally, waits, wait_ms):
    for n in range(contacts.shape[0]):
        row = contacts[n]
        cell = row.cell
        if row.step < 0:
            if row.outcome >= 0 and columns.outcome_count[row.outcome] >= 0:
                tally[_period_of(edges_ms, row.ended), cell, columns.outcome_count[row.outcome]] += 1
        elif row.started >= 0:
            p = _period_of(edges_ms, row.started)
            s = row.step
            if columns.step_count[s] >= 0:
                tally[p, cell, columns.step_count[s]] += 1
            if columns.step_time[s] >= 0:
                _add_time(edges_ms, tally, cell, columns.step_time[s], row.started, row.ended)
            if columns.step_response[s] >= 0:
                _add_wait(waits, wait_ms, p, cell, columns.step_response[s], row.started - row.called)
            if columns.step_wait[s] >= 0:
                _add_wait(waits, wait_ms, p, cell, columns.step_wait[s], row.started - row.asked)
