"""The services as they run: the compiled loop with tables that grow when they must."""

from __future__ import annotations

import numpy as np

from icsim._compile import own_copy, owned, records
from icsim.errors import EngineError
from icsim.services import loop
from icsim.services.layout import (
    CASE,
    CHANGE,
    CONTACTS,
    EVENT,
    FIXED,
    FREE,
    FREE_SLOT,
    HEAP_SIZE,
    HIGHEST_SLOT,
    MOVES,
    OVERFLOW,
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

    def __init__(self, model: ServiceModel, residents: int = 1024, reuse: bool = False):
        """`residents`: rows of the residents' table, for finding the open case of one who departs; it grows.

        `reuse`: each call writes its contacts over those of the last, so copy what is kept. A new table each time, of fresh
        memory, takes a sixth longer.
        """
        self._reuse = reuse
        self._rules = rules_of(model)
        pools = pools_of(model)
        count = np.zeros(9, np.int64)
        count[FREE_SLOT] = -1
        self._desk = Desk(
            case=records(4096, CASE),
            pool=pools,
            queue=empty_queues(len(pools)),
            heap=records(8192, EVENT),
            stack=np.zeros(len(pools) + 1, np.int32),
            dirty=np.zeros(len(pools), np.uint8),
            case_of=np.full(residents, -1, np.int32),
            tenant=np.full(residents, -1, np.int32),
            used=count,
            contacts=records(65536, CONTACT),
            moves=records(8192, MOVE),
        )

    def settle(self, residents: np.ndarray, pools: np.ndarray) -> None:
        """Before the first call of `serve`: each of these residents keeps a server of the pool as a long hold.

        residents, pools: int[n], rows of residents (each at most once) and indices of pools.
        """
        self._make_room_for(int(residents.max(initial=-1)) + 1)
        self._desk.tenant[residents] = pools
        kept = np.bincount(pools, minlength=len(self._desk.pool))
        self._desk.pool["kept"] += kept
        self._desk.pool["busy"] += kept

    def adopt(self, model: ServiceModel, now_ms: int) -> None:
        """From `now_ms`, where the last `serve` ended, another model of the same steps, pools and outcomes holds.

        Cases go on where they are. The model states the capacity of every pool at `now_ms`, so that every queue is served
        there under the new rules; its later changes follow.
        """
        if len(np.unique(model.change_pool[model.change_ms.clip(0) == now_ms])) < len(self._desk.pool):
            raise EngineError(f"a model that takes over at {now_ms} ms must state the capacity of every pool there")
        self._rules = rules_of(model)
        for name in FIXED:
            self._desk.pool[name] = pools_of(model)[name]
        self._desk.used[CHANGE] = np.searchsorted(self._rules.change_ms.clip(0), now_ms)

    def serve(self, demands: np.ndarray, departures: np.ndarray, until_ms: int) -> Served:
        """All instants before `until_ms`. demands: DEMAND[] sorted by (ms, key); departures: DEPARTURE[] sorted by ms.

        Both must lie between the previous `until_ms` and this one. Raises EngineError if a table overflows.
        """
        for table in (demands, departures):
            self._make_room_for(int(table["resident"].max(initial=-1)) + 1)
        demands, departures = owned(demands), own_copy(departures)  # departures are put in another order
        place = np.zeros(2, np.int64)
        while not loop.serve(self._rules, self._desk, demands, departures, np.int64(until_ms), place):
            self._grow()
        loop.bring_up_to(self._desk, np.int64(until_ms))
        return self._served()

    def finish(self, until_ms: int) -> Served:
        """Close the books: a record for every case that is still open."""
        loop.bring_up_to(self._desk, np.int64(until_ms))
        slots = self._open_slots()
        while not loop.finish(self._desk, np.int64(until_ms), slots):
            self._grow()
        return self._served()

    @property
    def open_cases(self) -> int:
        """Cases that carry over."""
        return len(self._open_slots())

    def _open_slots(self) -> np.ndarray:
        """int64[case]: slots of the open cases, in order of key."""
        cases = self._desk.case[: self._desk.used[HIGHEST_SLOT]]
        slots = np.flatnonzero(cases["state"] != FREE)
        return slots[np.argsort(cases["key"][slots])]

    def _take(self) -> tuple[np.ndarray, np.ndarray]:
        """What was written since the last call. Contacts are given away with their table, unless it is used again."""
        count = self._desk.used
        if count[OVERFLOW]:
            raise EngineError(f"one event wrote more than {loop.SLACK} rows: a loop of steps that take no time?")
        contacts = self._desk.contacts[: count[CONTACTS]]
        if not self._reuse:
            self._desk = self._desk._replace(contacts=records(len(self._desk.contacts), CONTACT))
        moves = own_copy(self._desk.moves[: count[MOVES]])
        count[CONTACTS] = count[MOVES] = 0
        return contacts, moves

    def _served(self) -> Served:
        """The tables and the sums; both begin again at nothing."""
        contacts, moves = self._take()
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
            waiting = count[HIGHEST_SLOT] if name == "heap" else 0
            if count[used] + waiting + 2 * loop.SLACK > len(table):
                larger = records(2 * len(table), dtype)
                larger[: len(table)] = table
                desk = desk._replace(**{name: larger})
        self._desk = desk

    def _make_room_for(self, residents: int) -> None:
        """Room for that many rows of residents."""
        have = len(self._desk.case_of)
        if residents > have:
            grown = {}
            for name in ("case_of", "tenant"):
                grown[name] = np.full(max(residents, 2 * have), -1, np.int32)
                grown[name][:have] = getattr(self._desk, name)
            self._desk = self._desk._replace(**grown)
