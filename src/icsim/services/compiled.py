"""The services as they run: the compiled loop with tables that grow when they must."""

from __future__ import annotations

import numpy as np

from icsim._compile import own_copy, records
from icsim.errors import EngineError
from icsim.services import loop
from icsim.services.layout import (
    CASE,
    CONTACTS,
    EVENT,
    FREE_SLOT,
    HEAP_SIZE,
    HIGHEST_SLOT,
    MOVES,
    OVERFLOW,
    TWO_CASES,
    Desk,
    empty_queues,
    pools_of,
    rules_of,
)
from icsim.services.model import ServiceModel
from icsim.services.served import POOL_SUMS, SUM_NAMES, Served
from icsim.tables import CONTACT, MOVE

_GROWING = (
    ("case", HIGHEST_SLOT, CASE),
    ("heap", HEAP_SIZE, EVENT),
    ("contacts", CONTACTS, CONTACT),
    ("moves", MOVES, MOVE),
)


class CompiledEngine:
    """Serves demands beat by beat; cases that are still open carry over to the next call."""

    def __init__(self, model: ServiceModel, residents: int = 1024):
        """`residents`: rows of the residents' table, for finding the open case of one who departs; it grows."""
        self._rules = rules_of(model)
        pools = pools_of(model)
        count = np.zeros(8, np.int64)
        count[FREE_SLOT] = -1
        self._desk = Desk(
            case=records(4096, CASE),
            pool=pools,
            queue=empty_queues(len(pools)),
            heap=records(8192, EVENT),
            stack=np.zeros(len(pools) + 1, np.int32),
            dirty=np.zeros(len(pools), np.uint8),
            case_of=np.full(residents, -1, np.int32),
            used=count,
            contacts=records(16384, CONTACT),
            moves=records(8192, MOVE),
        )

    def serve(self, demands: np.ndarray, departures: np.ndarray, until_ms: int) -> Served:
        """All instants before `until_ms`. demands: DEMAND[] sorted by (ms, key); departures: DEPARTURE[] sorted by ms.

        Both must lie between the previous `until_ms` and this one. Raises EngineError if a table overflows.
        """
        self._make_room_for(demands)
        self._make_room_for(departures)
        demands, departures = own_copy(demands), own_copy(departures)
        place = np.zeros(2, np.int64)
        while not loop.serve(self._rules, self._desk, demands, departures, np.int64(until_ms), place):
            self._grow()
        loop.bring_up_to(self._desk, np.int64(until_ms))
        return self._served()

    def finish(self, until_ms: int) -> Served:
        """Close the books: a record for every case that is still open."""
        loop.bring_up_to(self._desk, np.int64(until_ms))
        while not loop.finish(self._desk, np.int64(until_ms)):
            self._grow()
        return self._served()

    @property
    def open_cases(self) -> int:
        """Cases that carry over."""
        return int((self._desk.case["state"][: self._desk.used[HIGHEST_SLOT]] != 0).sum())

    def _take(self) -> tuple[np.ndarray, np.ndarray]:
        """What was written since the last call; the tables are empty again."""
        count = self._desk.used
        if count[OVERFLOW] == TWO_CASES:
            raise EngineError("a resident has two open cases")
        if count[OVERFLOW]:
            raise EngineError(f"one event wrote more than {loop.SLACK} rows: a loop of steps that take no time?")
        contacts = own_copy(self._desk.contacts[: count[CONTACTS]])
        moves = own_copy(self._desk.moves[: count[MOVES]])
        count[CONTACTS] = count[MOVES] = 0
        return contacts, moves

    def _served(self) -> Served:
        """The tables in order, and the sums; both begin again at nothing."""
        contacts, moves = self._take()
        loop.sort_contacts(contacts, records(1, CONTACT))
        loop.sort_moves(moves, records(1, MOVE))
        sums = np.zeros(len(self._desk.pool), POOL_SUMS)
        for name in SUM_NAMES:
            sums[name] = self._desk.pool[name]
            self._desk.pool[name] = 0
        return Served(contacts.view(np.ndarray), moves.view(np.ndarray), sums)

    def _grow(self) -> None:
        """Double whatever is nearly full; it stays so, for the beats to come."""
        desk, count = self._desk, self._desk.used
        for name, used, dtype in _GROWING:
            table = getattr(desk, name)
            if count[used] + 2 * loop.SLACK > len(table):
                larger = records(2 * len(table), dtype)
                larger[: len(table)] = table
                desk = desk._replace(**{name: larger})
        self._desk = desk

    def _make_room_for(self, table: np.ndarray) -> None:
        highest = int(table["resident"].max(initial=-1)) + 1
        have = len(self._desk.case_of)
        if highest > have:
            larger = np.full(max(highest, 2 * have), -1, np.int32)
            larger[:have] = self._desk.case_of
            self._desk = self._desk._replace(case_of=larger)
