"""The event log of one replication: what happened to each case, event by event, in a form that other tools read.

One row is one event. The columns that the NHS community's animation library (vidigi) asks for have its names; those that
process mining asks for (the XES standard, pm4py) are made from them by `mining`.

| event_type | event | when |
|---|---|---|
| arrival_departure | arrival, depart | the case begins and ends |
| queue | <step>_wait | a server is asked for and none is free, or the case is refused |
| queue | <step> | a step that needs no server begins |
| resource_use | <step>_begins | a server is granted |
| resource_use_end | <step>_ends | that server is free again: for an ambulance at the door, when A&E has a cubicle |

Servers are alike in the model; `resource_id` gives each use the lowest number that is free at the time. Servers of services
that residents keep for long (home care, care homes) are logged for the instant at which they are granted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from icsim.calendar import MS_PER_DAY, MS_PER_MINUTE, Calendar
from icsim.services.names import Layout
from icsim.state import BANDS, QUINTILES, SEXES
from icsim.tables import REASONS, SERVED, STILL_THERE

if TYPE_CHECKING:
    import polars as pl

COLUMNS = ("entity_id", "pathway", "event_type", "event", "time", "resource_id", "pool", "service", "reason", "outcome",
           "resident", "quintile", "place", "timestamp")
"""time: minutes since the start of the run, negative before it; resource_id: number of the server within its pool, from 1;
reason: how the visit (of a departure: the case) ended; resident: key of 16 hexadecimal digits, null for those who are no
residents or joined them after the start; timestamp: local clock time, ISO 8601."""

_ARRIVAL, _WAIT, _STEP, _USE, _FREE, _DEPART = range(6)
"""Kinds of event, in the order in which those of one visit and instant are listed."""
_TYPES = ("arrival_departure", "queue", "queue", "resource_use", "resource_use_end", "arrival_departure")
_ENDINGS = ("arrival", "_wait", "", "_begins", "_ends", "depart")
MINING = {"entity_id": "case:concept:name", "pathway": "case:pathway", "event": "concept:name",
          "timestamp": "time:timestamp", "resource": "org:resource", "transition": "lifecycle:transition"}
_TRANSITIONS = {"queue": "schedule", "resource_use": "start", "resource_use_end": "complete",
                "arrival_departure": "complete"}


def event_log(contacts: np.ndarray, layout: Layout, calendar: Calendar, days: int, keys: np.ndarray) -> pl.DataFrame:
    """COLUMNS of the cases that were open in the first `days` days after the start, in order of time.

    contacts: CONTACT, in the order in which the engine wrote them; keys: uint64, of the residents at the origin, by row.
    What goes on beyond the last day ends there, with the reason "still there".
    """
    first, last = calendar.start_day * MS_PER_DAY, (calendar.start_day + days) * MS_PER_DAY
    holds = np.array([step.hold for step in layout.steps])
    visits = _Visits.of(_within(contacts, first, last), holds)
    return _in_words(_Events.of(visits), visits, layout, calendar, keys)


def mining(events: pl.DataFrame) -> pl.DataFrame:
    """The same log with the names of the XES standard: activities are steps, with the transitions schedule (a wait begins),
    start and complete; steps that need no server are complete at once."""
    import polars as pl

    server = pl.concat_str("pool", pl.col("resource_id").cast(pl.String), separator=" ")
    transition = pl.col("event_type").replace_strict(_TRANSITIONS)
    return events.with_columns(
        event=pl.col("event").str.replace("_(begins|ends|wait)$", ""),
        resource=pl.when(pl.col("resource_id").is_not_null()).then(server).otherwise("pool"),
        transition=pl.when(pl.col("pool").is_null()).then(pl.lit("complete")).otherwise(transition),
    ).select(*MINING, "reason", "quintile", "place").rename(MINING)


# Visits --------------------------------------------------------------------------------------------------------------


def _within(contacts: np.ndarray, first: int, last: int) -> np.ndarray:
    """Records of the cases that end after `first`, without what begins after `last`, and cut short there."""
    order = np.argsort(contacts["key"], kind="stable")
    table = np.array(contacts[order])
    closing = table[table["step"] < 0]
    open_after = closing["key"][closing["ended"] >= first]
    table = table[np.isin(table["key"], open_after) & (table["called"] < last)]
    table = table[(table["asked"] < last) | (table["step"] < 0)]
    over = table["ended"] > last
    table["reason"][over], table["outcome"][over] = STILL_THERE, -1
    table["started"][table["started"] > last] = -1
    table["ended"][over] = last
    return table


@dataclass(frozen=True)
class _Visits:
    """Contacts sorted by case and, within a case, as they happened."""

    table: np.ndarray  # CONTACT[visit]
    used: np.ndarray  # bool[visit], whether a server was granted
    free: np.ndarray  # int64[visit], ms at which that server was free again, or went on with the next visit
    server: np.ndarray  # int64[visit], its number within the pool, from 1; 0: none

    @classmethod
    def of(cls, table: np.ndarray, holds: np.ndarray) -> _Visits:
        """`holds`: bool[step], whether its server is kept until the next one is granted."""
        used = (table["step"] >= 0) & (table["pool"] >= 0) & (table["started"] >= 0)
        kept = used & holds[table["step"]] & (table["reason"] == SERVED)
        after = _next_begun(table)
        free = np.where(kept, np.where(after >= 0, table["started"][after], _case_end(table)), table["ended"])
        goes_on = kept & (after >= 0) & used[after] & (table["pool"][after] == table["pool"])
        return cls(table, used, free, _numbered(table, used, free, np.where(goes_on, after, -1)))


def _next_begun(table: np.ndarray) -> np.ndarray:
    """int64[visit]: the next visit of the case that began, with a server or without one; −1: there is none."""
    count = len(table)
    begun = np.where((table["step"] >= 0) & (table["started"] >= 0), np.arange(count), count)
    after = np.append(np.minimum.accumulate(begun[::-1])[::-1][1:], count)
    keys = np.append(table["key"], 0)
    return np.where((after < count) & (keys[after] == table["key"]), after, -1)


def _case_end(table: np.ndarray) -> np.ndarray:
    """int64[visit]: when its case is closed."""
    closing = np.flatnonzero(table["step"] < 0)
    return table["ended"][closing[np.searchsorted(closing, np.arange(len(table)))]]


def _numbered(table: np.ndarray, used: np.ndarray, free: np.ndarray, goes_on: np.ndarray) -> np.ndarray:
    """int64[visit]: the lowest number of a server of the pool that is free at the time.

    goes_on: int64[visit], the visit that takes the server over from this one; −1: none.
    """
    givers = np.flatnonzero(goes_on >= 0)
    until = free.copy()
    for giver in givers[::-1]:
        until[giver] = until[goes_on[giver]]
    fresh = used.copy()
    fresh[goes_on[givers]] = False
    server = np.zeros(len(table), np.int64)
    for pool in np.unique(table["pool"][fresh]):
        visits = np.flatnonzero(fresh & (table["pool"] == pool))
        visits = visits[np.argsort(table["started"][visits], kind="stable")]
        server[visits] = _lowest_free(table["started"][visits].tolist(), until[visits].tolist())
    for giver in givers:
        server[goes_on[giver]] = server[giver]
    return server


def _lowest_free(starts: list[int], ends: list[int]) -> list[int]:
    """Numbers from 1 for uses in order of their start: each the lowest that no use going on has."""
    busy: list[tuple[int, int]] = []
    free: list[int] = []
    numbers = []
    for start, end in zip(starts, ends, strict=True):
        while busy and busy[0][0] <= start:
            heappush(free, heappop(busy)[1])
        number = heappop(free) if free else len(busy) + 1
        heappush(busy, (end, number))
        numbers.append(number)
    return numbers


# Events --------------------------------------------------------------------------------------------------------------


class _Events(NamedTuple):
    """One entry an event, in order of time, case, and what comes first in the case."""

    visit: np.ndarray  # int64[event]
    kind: np.ndarray  # int64[event]
    ms: np.ndarray  # int64[event]

    @classmethod
    def of(cls, visits: _Visits) -> _Events:
        table, closing = visits.table, visits.table["step"] < 0
        asks, begun = ~closing & (table["pool"] >= 0), ~closing & (table["started"] >= 0)
        plain = begun & ~visits.used & (table["ended"] > table["started"])
        waits = asks & (~begun | (table["started"] > table["asked"]))
        parts = [(closing, _ARRIVAL, table["called"]), (waits, _WAIT, table["asked"]), (plain, _STEP, table["started"]),
                 (visits.used, _USE, table["started"]), (visits.used, _FREE, visits.free),
                 (closing, _DEPART, table["ended"])]
        at = [np.flatnonzero(which) for which, _, _ in parts]
        kind = np.repeat([kind for _, kind, _ in parts], [len(found) for found in at])
        ms = np.concatenate([times[found] for found, (_, _, times) in zip(at, parts, strict=True)])
        visit = np.concatenate(at)
        order = np.lexsort((kind, np.where(kind == _ARRIVAL, -1, visit), table["key"][visit], ms))
        return cls(visit[order], kind[order], ms[order])


def _in_words(events: _Events, visits: _Visits, layout: Layout, calendar: Calendar, keys: np.ndarray) -> pl.DataFrame:
    import polars as pl

    rows, kind = visits.table[events.visit], events.kind
    server = np.where((kind == _USE) | (kind == _FREE), visits.server[events.visit], 0)
    place, quintile = np.divmod(rows["cell"] // (SEXES * BANDS), QUINTILES)
    since = (events.ms - calendar.start_day * MS_PER_DAY) / MS_PER_MINUTE
    origin = np.datetime64(datetime.combine(calendar.origin, datetime.min.time()), "ms")
    step = _named([row.step for row in layout.steps], rows["step"])
    event = pl.Series(_ENDINGS).gather(kind)
    return pl.DataFrame({
        "entity_id": _numbers_of_cases(visits.table)[events.visit],
        "pathway": _named([row.pathway for row in layout.demands], rows["kind"]),
        "event_type": pl.Series(_TYPES).gather(kind), "event": step.fill_null("") + event, "time": since,
        "resource_id": pl.Series(server).replace(0, None),
        "pool": _named([row.pool for row in layout.pools], rows["pool"]),
        "service": _named([row.service for row in layout.pools], rows["pool"]),
        "reason": _named(REASONS, rows["reason"]),
        "outcome": _named([name for _, name in layout.outcomes], rows["outcome"]),
        "resident": _in_hexadecimal(rows["resident"], keys),
        "quintile": pl.Series(quintile.astype(np.int64) + 1).set(pl.Series(rows["cell"] < 0), None),
        "place": _named(layout.places, np.where(rows["cell"] < 0, -1, place)),
        "timestamp": pl.Series(origin + events.ms.astype("timedelta64[ms]")).dt.to_string("%Y-%m-%dT%H:%M:%S%.3f"),
    }).select(COLUMNS)


def _named(names: Sequence[str], at: np.ndarray) -> pl.Series:
    """The name at each index; null where it is negative."""
    import polars as pl

    known = at >= 0
    found = pl.Series([*names, ""]).gather(np.where(known, at, len(names)).astype(np.int64))
    return found.set(pl.Series(~known), None)


def _numbers_of_cases(table: np.ndarray) -> np.ndarray:
    """int64[visit]: cases counted from 1 in the order in which they began."""
    closing = table[table["step"] < 0]
    number = np.empty(len(closing), np.int64)
    number[np.lexsort((closing["key"], closing["called"]))] = np.arange(1, len(closing) + 1)
    return number[np.searchsorted(closing["key"], table["key"])]


def _in_hexadecimal(rows: np.ndarray, keys: np.ndarray) -> pl.Series:
    """Keys of residents by row; null where nobody's is known."""
    unique, back = np.unique(rows, return_inverse=True)
    words = [f"{keys[row]:016x}" if 0 <= row < len(keys) else "" for row in unique.tolist()]
    return _named(words, np.where((unique >= 0) & (unique < len(keys)), np.arange(len(unique)), -1)[back])
