"""Cases and pools as the reference engine keeps them: objects, sets and a sorted queue, written to be read."""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from icsim.services.model import LAST, REVIEW, UNLIMITED
from icsim.services.served import POOL_SUMS


class Clock(Protocol):
    """What tells the time."""

    @property
    def now(self) -> int:
        """Milliseconds since the start."""


@dataclass(eq=False)
class Case:
    """One demand on its way through its pathway; the first eight fields are those of a DEMAND."""

    called: int
    key: int
    resident: int
    cell: int
    kind: int
    cls: int
    severity: int
    place: int
    step: int = -1
    lap: int = 0
    """How many times the case has been sent back to the same or an earlier step."""
    pool: Pool | None = None
    held: Pool | None = None
    """Whose server it keeps from an earlier step."""
    provider: float = 0.0
    """The uniform that decides on its providers."""
    marked: int = -1
    """When it last asked for a step that starts the A&E clock; −1: never."""
    marked_pool: int = -1
    """Index of the pool that it asked then."""
    priority: int = 0
    asked: int = 0
    started: int = -1
    remaining: int = -1
    """Milliseconds of service left when it last began or stopped; −1: service has not begun."""
    turn: tuple[int, int, int, int] | None = None
    """Its place in the queue, while it waits."""
    alarm: Any = None
    """The one event that this case expects; any other that rings for it is void."""
    due: int = 0
    """When the alarm rings."""

    def __post_init__(self) -> None:
        self.address = np.uint64(self.key)

    def rank(self) -> tuple[int, int, int]:
        """Its rank among those being served when a shift ends; the largest stops first."""
        return self.priority, self.started, self.key


class PoolRules(NamedTuple):
    """What the model says of one pool."""

    queue_limit: int
    shift_end: int
    reserve: int
    extra: int
    above: float


class Pool:
    """Servers of one kind at one provider, those whom they serve, and the queue. It keeps account of all it is told."""

    def __init__(self, clock: Clock, index: int):
        self.clock, self.index = clock, index
        self.planned = 0
        self.opened = 0
        """Escalation servers in use now."""
        self.pressure = 0.0
        """(Servers busy + urgent cases waiting) / planned servers at the last review."""
        self.running: set[Case] = set()
        self.suspended: set[Case] = set()
        self.held = 0
        """Servers kept by cases that ask for, or wait for, something else."""
        self.kept = 0
        """Servers kept by residents as long holds."""
        self.queue: list[tuple[tuple[int, int, int, int], Case]] = []
        self.sent_away = 0
        self.since = 0
        self.sums = dict.fromkeys(POOL_SUMS.fields or (), 0)

    def adopt(self, rules: PoolRules) -> None:
        """The rules that hold from now on."""
        self.rules = rules

    @property
    def capacity(self) -> int:
        """Servers that may be in use: none at all while none are planned."""
        return self.planned + self.opened if self.planned else 0

    @property
    def at_work(self) -> int:
        """Servers in use that are not suspended."""
        return len(self.running) + self.held + self.kept

    @property
    def busy(self) -> int:
        """Servers in use; may exceed the capacity after a shift end."""
        return self.at_work + len(self.suspended)

    def has_server(self, case: Case) -> bool:
        """Whether a server is free for the case; one that yields leaves the reserve alone."""
        return self.busy < self.capacity - (self.rules.reserve if case.priority == LAST else 0)

    def tally(self) -> None:
        """Account for the time since the last change; called before every change."""
        past = self.clock.now - self.since
        self.sums["busy_ms"] += self.busy * past
        self.sums["open_ms"] += self.capacity * past if self.capacity < UNLIMITED else 0
        self.sums["waiting_ms"] += len(self.queue) * past
        self.since = self.clock.now

    def join(self, case: Case, first: bool = False) -> None:
        """To the queue: by priority, then time asked, then key; `first`: to the head of its class."""
        self.tally()
        self.sent_away += first
        case.turn = (case.priority, -self.sent_away if first else 0, case.asked, case.key)
        insort(self.queue, (case.turn, case))

    def leave(self, case: Case) -> None:
        """Out of the queue."""
        self.tally()
        del self.queue[bisect_left(self.queue, (case.turn,))]
        case.turn = None

    def start(self, case: Case, keeps: bool) -> None:
        """A server begins to serve the case, or goes on with one that it `keeps`."""
        self.tally()
        self.held -= keeps
        self.running.add(case)

    def stop(self, case: Case, keeps: bool = False) -> None:
        """The server is free again, unless the case `keeps` it."""
        self.tally()
        self.running.discard(case)
        self.suspended.discard(case)
        self.held += keeps

    def hand_back(self) -> None:
        """A held server is free again."""
        self.tally()
        self.held -= 1

    def keep(self) -> None:
        """A server stays with a resident as a long hold."""
        self.tally()
        self.kept += 1

    def end_tenancy(self) -> None:
        """A server that a resident kept is free again."""
        self.tally()
        self.kept -= 1

    def change(self, planned: int) -> None:
        """Another number of planned servers from now on; or (REVIEW) the pressure is taken, and opens or closes
        escalation servers.
        """
        self.tally()
        if planned != REVIEW:
            self.planned = planned
            return
        urgent = sum(case.priority != LAST for _, case in self.queue)
        self.pressure = (self.busy + urgent) / max(self.planned, 1)
        self.opened = self.rules.extra if self.pressure >= self.rules.above else 0

    def close_stretch(self) -> tuple[int, ...]:
        """The sums since the last stretch was closed."""
        self.tally()
        sums = tuple(self.sums.values())
        self.sums = dict.fromkeys(self.sums, 0)
        return sums
