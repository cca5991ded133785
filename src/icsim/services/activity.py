"""What services did, counted: contacts become counts, times and waits by period and cell.

Counts and waits belong to the period in which a step was granted; time spent is split at period edges. What happened
before the first period is not counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from icsim import buckets
from icsim._compile import equation, inlined, kernel, owned
from icsim.calendar import MS_PER_DAY, MS_PER_MINUTE
from icsim.catalogue.load import Catalogue
from icsim.services.names import Layout
from icsim.services.served import SUM_NAMES, Served
from icsim.state import BANDS, QUINTILES, SEXES
from icsim.tables import SERVED

_bucket_of = equation(buckets.bucket_of)
MOST_LIMITS = 3
COUNT, SUM_MS, OVER, EXCESS_MS = 0, 1, 2, 2 + MOST_LIMITS
WAIT_COLUMNS = ("count", "sum_ms", *(f"over_{n}" for n in range(1, MOST_LIMITS + 1)),
                *(f"excess_{n}_ms" for n in range(1, MOST_LIMITS + 1)))
"""What is kept of each wait beside its bucket: how many, their sum, how many took longer than each limit of the measure,
and by how much in all."""


class Columns(NamedTuple):
    """Where each step and outcome is counted. `…_at` are compressed lists: those of step s lie from `…_from[s]` on."""

    count_from: np.ndarray  # int32[S + 1]
    count_at: np.ndarray  # int32[…], columns of `tally`
    time_from: np.ndarray  # int32[S + 1]
    time_at: np.ndarray  # int32[…]
    wait_from: np.ndarray  # int32[S + 1]
    wait_at: np.ndarray  # int32[…]
    outcome_from: np.ndarray  # int32[O + 1]
    outcome_at: np.ndarray  # int32[…]
    response: np.ndarray  # int32[S], measure of the time from call to end; −1: none
    interval: np.ndarray  # int32[S], measure of the time from the mark to the start; −1: none
    wait: np.ndarray  # int32[S], measure of the time from asking to the start; −1: none
    limits: np.ndarray  # int64[measure, MOST_LIMITS], milliseconds; −1: none


@dataclass(frozen=True)
class Names:
    """Measures in the order of their columns."""

    counts: tuple[str, ...]
    """columns of `Activity.tally`: counts, then times in milliseconds (their names end in _ms)"""
    waits: tuple[str, ...]
    """the measure axis of `Activity.buckets`, `.waits` and `.pool_waits`"""
    limits: tuple[tuple[int, ...], ...]
    """minutes, by measure of `waits`"""


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split("|") if part.strip()]


def columns_of(catalogue: Catalogue, layout: Layout) -> tuple[Names, Columns]:
    """Measures named by steps and outcomes, and the wait before every step that asks a service."""
    steps = layout.steps
    counts = [*(_split(row.counts_as) for row in steps), *(_split(row.counts_as) for row in catalogue.outcomes)]
    times = [[f"{name}_ms" for name in _split(row.time_as)] for row in steps]
    waited = [[f"{name}_ms" for name in _split(row.wait_as)] for row in steps]
    tallied = list(dict.fromkeys(name for names in (*counts, *times, *waited) for name in names))
    before = [f"wait:{row.step}" if row.service else "" for row in steps]
    waits = list(dict.fromkeys(filter(None, [*(r.response for r in steps), *(r.interval for r in steps), *before])))
    limits = _limits(catalogue, waits)

    def listed(name: str, lists: Iterable[list[str]]) -> dict[str, np.ndarray]:
        found = [[tallied.index(each) for each in names] for names in lists]
        return {f"{name}_from": np.cumsum([0, *map(len, found)]).astype(np.int32),
                f"{name}_at": np.array([at for own in found for at in own], np.int32)}

    def measure(names: Iterable[str]) -> np.ndarray:
        return np.array([waits.index(name) if name else -1 for name in names], np.int32)

    table = np.full((max(len(waits), 1), MOST_LIMITS), -1, np.int64)
    for n, minutes in enumerate(limits):
        table[n, : len(minutes)] = np.array(minutes) * MS_PER_MINUTE
    return Names(tuple(tallied), tuple(waits), limits), Columns(
        **listed("count", counts[: len(steps)]), **listed("time", times), **listed("wait", waited),
        **listed("outcome", counts[len(steps) :]),
        response=measure(row.response for row in steps), interval=measure(row.interval for row in steps),
        wait=measure(before), limits=table,
    )


def _limits(catalogue: Catalogue, waits: list[str]) -> tuple[tuple[int, ...], ...]:
    said = {row.measure: tuple(int(text) for text in _split(row.limits)) for row in catalogue.measures}
    return tuple(said.get(name, ()) for name in waits)


class Books(NamedTuple):
    """Running totals, all int64. The place axis is that of residents; what is not of residents is in `tally` alone."""

    tally: np.ndarray  # int64[period, cell + 1, column]; the last cell: cases that belong to no resident
    buckets: np.ndarray  # int64[period, place, quintile, measure, bucket], how many waits fell into each bucket
    waits: np.ndarray  # int64[period, place, quintile, measure, WAIT_COLUMNS]
    pool_waits: np.ndarray  # int64[period, pool, measure, WAIT_COLUMNS], of everybody


class Activity:
    """The books of one replication."""

    def __init__(self, names: Names, columns: Columns, layout: Layout, places: int, edges: np.ndarray):
        """`edges`: float64, days at which reporting periods begin."""
        periods, measures, pools = len(edges) - 1, max(len(names.waits), 1), len(layout.pools)
        self.names, self._columns = names, columns
        self._edges_ms = (edges * MS_PER_DAY).astype(np.int64)
        shape = periods, places, QUINTILES, measures
        cells = places * QUINTILES * SEXES * BANDS
        self.books = Books(
            tally=np.zeros((periods, cells + 1, max(len(names.counts), 1)), np.int64),
            buckets=np.zeros((*shape, buckets.BUCKETS), np.int64),
            waits=np.zeros((*shape, len(WAIT_COLUMNS)), np.int64),
            pool_waits=np.zeros((periods, pools, measures, len(WAIT_COLUMNS)), np.int64),
        )
        self.pools = np.zeros((periods, pools, len(SUM_NAMES)), np.int64)

    @property
    def tally(self) -> np.ndarray:
        """int64[period, cell, column]: of residents."""
        return self.books.tally[:, :-1]

    @property
    def background(self) -> np.ndarray:
        """int64[period, column]: of cases that belong to no resident."""
        return self.books.tally[:, -1]

    def post(self, served: Served, day: int) -> None:
        """Add what was served in the beat that begins on `day`."""
        _post(owned(served.contacts), self._columns, self._edges_ms, self.books)
        if day * MS_PER_DAY < self._edges_ms[0]:
            return
        period = int(np.searchsorted(self._edges_ms[1:-1], day * MS_PER_DAY, side="right"))
        for n, name in enumerate(SUM_NAMES):
            self.pools[period, :, n] += served.sums[name]


@inlined
def _period_of(edges_ms, ms):
    """Index of the period that holds `ms`; the last one for what lies beyond; −1 before the first."""
    if ms < edges_ms[0]:
        return -1
    p = 0
    while p < edges_ms.shape[0] - 2 and ms >= edges_ms[p + 1]:
        p += 1
    return p


@inlined
def _add_time(edges_ms, tally, cell, columns, first, last, begin, end):
    """Time from begin to end to each of columns[first:last], split at period edges."""
    begin = max(begin, edges_ms[0])
    p = _period_of(edges_ms, begin)
    while begin < end:
        stop = end if p == edges_ms.shape[0] - 2 else min(end, edges_ms[p + 1])
        for n in range(first, last):
            tally[p, cell, columns[n]] += stop - begin
        begin = stop
        p += 1


@inlined
def _note(row, limits, ms):
    """One wait more in a row of WAIT_COLUMNS."""
    row[COUNT] += 1
    row[SUM_MS] += ms
    for n in range(MOST_LIMITS):
        if limits[n] >= 0 and ms > limits[n]:
            row[OVER + n] += 1
            row[EXCESS_MS + n] += ms - limits[n]


@inlined
def _add_wait(books, columns, p, cell, pool, measure, ms):
    limits = columns.limits[measure]
    if pool >= 0:
        _note(books.pool_waits[p, pool, measure], limits, ms)
    if cell < books.tally.shape[1] - 1:
        quintile = (cell // (SEXES * BANDS)) % QUINTILES
        place = cell // (SEXES * BANDS * QUINTILES)
        books.buckets[p, place, quintile, measure, _bucket_of(ms)] += 1
        _note(books.waits[p, place, quintile, measure], limits, ms)


@inlined
def _add_visit(row, columns, edges_ms, books, p, cell):
    """A step that was granted in period p: counts, and how long it took to come to it."""
    s = row.step
    for n in range(columns.count_from[s], columns.count_from[s + 1]):
        books.tally[p, cell, columns.count_at[n]] += 1
    if columns.response[s] >= 0 and row.reason == SERVED:
        _add_wait(books, columns, p, cell, row.pool, columns.response[s], row.ended - row.called)
    if columns.interval[s] >= 0 and row.marked >= 0:
        _add_wait(books, columns, p, cell, row.marked_pool, columns.interval[s], row.started - row.marked)
    if columns.wait[s] >= 0:
        _add_wait(books, columns, p, cell, row.pool, columns.wait[s], row.started - row.asked)


@kernel
def _post(contacts, columns, edges_ms, books):
    for n in range(contacts.shape[0]):
        row = contacts[n]
        s = row.step
        cell = row.cell if row.cell >= 0 else books.tally.shape[1] - 1
        if s < 0:
            p = _period_of(edges_ms, row.ended)
            if row.outcome >= 0 and p >= 0:
                for m in range(columns.outcome_from[row.outcome], columns.outcome_from[row.outcome + 1]):
                    books.tally[p, cell, columns.outcome_at[m]] += 1
            continue
        if columns.wait_from[s] < columns.wait_from[s + 1]:
            begun = row.started if row.started >= 0 else row.ended
            _add_time(edges_ms, books.tally, cell, columns.wait_at, columns.wait_from[s], columns.wait_from[s + 1],
                      row.asked, begun)
        if row.started >= 0:
            p = _period_of(edges_ms, row.started)
            if p >= 0:
                _add_visit(row, columns, edges_ms, books, p, cell)
            if columns.time_from[s] < columns.time_from[s + 1]:
                _add_time(edges_ms, books.tally, cell, columns.time_at, columns.time_from[s], columns.time_from[s + 1],
                          row.started, row.ended)
