"""The reference engine: what the services mean, written to be read.

It runs the same `ServiceModel` as the compiled engine, with the same addressed draws, and gives the same contacts,
moves and sums; docs/background/services.md tells the rules in words. It is about fifty times slower. A new kind of service is tried
out here first: subclass `ReferenceEngine` and override the method that carries the rule (`refuses`, `milliseconds`,
`pool_of` …); plain SimPy processes may run in `engine.env` beside the cases.

Cases are objects that SimPy events ring at; all that follows from one event (grants, freed servers, steps that take no
time) happens at once, before the next event.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import simpy

from icsim import rng
from icsim.errors import EngineError
from icsim.services.model import (
    CONSTANT,
    EXPONENTIAL,
    LOGNORMAL,
    NONE,
    NORMAL,
    PRE_EMPT,
    REFUSE_CLOSED,
    REFUSE_FULL,
    TRIANGULAR,
    UNIFORM,
    UNLIMITED,
    WAIT,
    Quantity,
    ServiceModel,
)
from icsim.services.served import POOL_SUMS, Served
from icsim.tables import CONTACT, DIVERTED, GAVE_UP, MOVE, REFUSED, SERVED, STILL_THERE

DEPARTURES, CAPACITY, ENDS, PATIENCE, ARRIVALS = range(1, 6)
"""The phases of an instant. SimPy's own URGENT (0) and NORMAL (1) come first, so `run(until)` stops before them all."""


class Instants(simpy.Environment):
    """SimPy's clock in whole milliseconds, with the events of one instant ordered by phase and then by case key."""

    def at(self, ms: int, phase: int, key: int, action: Callable[[simpy.Event], None]) -> simpy.Event:
        """An event that calls `action` at `ms`."""
        event = simpy.Event(self)
        event._ok, event._value = True, None
        event.callbacks.append(action)
        self.schedule(event, priority=phase << 64 | key, delay=ms - self.now)
        return event


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
    priority: int = 0
    asked: int = 0
    started: int = -1
    remaining: int | None = None
    """Milliseconds of service left; None: not yet begun."""
    turn: tuple[int, int, int, int] | None = None
    """Its place in the queue, while it waits."""
    alarm: simpy.Event | None = None
    """The one event that this case expects; any other that rings for it is void."""
    due: int = 0
    """When the alarm rings."""

    def __post_init__(self) -> None:
        self.address = np.uint64(self.key)

    def rank(self) -> tuple[int, int, int]:
        """Its rank among those being served when a shift ends; the largest stops first."""
        return self.priority, self.started, self.key


class Pool:
    """Servers of one kind at one provider, those whom they serve, and the queue. It keeps account of all it is told."""

    def __init__(self, env: Instants, index: int, queue_limit: int, shift_end: int):
        self.env, self.index, self.queue_limit, self.shift_end = env, index, queue_limit, shift_end
        self.capacity = 0
        self.running: set[Case] = set()
        self.suspended: set[Case] = set()
        self.held = 0
        """Servers kept by cases that ask for, or wait for, something else."""
        self.queue: list[tuple[tuple[int, int, int, int], Case]] = []
        self.sent_away = 0
        self.since = 0
        self.sums = dict.fromkeys(POOL_SUMS.names, 0)

    @property
    def at_work(self) -> int:
        """Servers in use that are not suspended."""
        return len(self.running) + self.held

    @property
    def busy(self) -> int:
        """Servers in use; may exceed the capacity after a shift end."""
        return self.at_work + len(self.suspended)

    def tally(self) -> None:
        """Account for the time since the last change; called before every change."""
        past = self.env.now - self.since
        self.sums["busy_ms"] += self.busy * past
        self.sums["open_ms"] += self.capacity * past if self.capacity < UNLIMITED else 0
        self.sums["waiting_ms"] += len(self.queue) * past
        self.since = self.env.now

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

    def change(self, capacity: int) -> None:
        """Another number of servers from now on."""
        self.tally()
        self.capacity = capacity

    def close_stretch(self) -> tuple[int, ...]:
        """The sums since the last stretch was closed."""
        self.tally()
        sums = tuple(self.sums.values())
        self.sums = dict.fromkeys(self.sums, 0)
        return sums


class Onward(NamedTuple):
    """Where a case goes next: to a step, or (step −1) to its end."""

    step: int
    outcome: int = -1
    reason: int = SERVED


class ReferenceEngine:
    """Serves demands. Cases stay open between calls of `serve`."""

    def __init__(self, model: ServiceModel):
        self.model = model
        self.env = Instants(0)
        limits, ends = model.pool_queue_limit.tolist(), model.pool_shift_end.tolist()
        self.pools = [Pool(self.env, p, *rules) for p, rules in enumerate(zip(limits, ends, strict=True))]
        self.open: dict[int, Case] = {}  # by resident
        self._contacts: list[tuple] = []
        self._moves: list[tuple] = []
        self._plan_capacity()

    def serve(self, demands: np.ndarray, departures: np.ndarray, until_ms: int) -> Served:
        """Run all instants from the end of the previous call up to, not including, `until_ms`.

        Raises EngineError for a demand or departure outside that stretch, or a second open case of one resident.
        """
        self._check(demands, until_ms)
        self._check(departures, until_ms)
        for row in demands.tolist():
            case = Case(*row)
            self.env.at(case.called, ARRIVALS, case.key, lambda _, case=case: self._arrive(case))
        for ms, rows in groupby(departures.tolist(), itemgetter(0)):
            self.env.at(ms, DEPARTURES, 0, lambda _, rows=list(rows): self._depart_together(rows))
        if until_ms > self.env.now:
            self.env.run(int(until_ms))
        return self._hand_over()

    def finish(self, until_ms: int) -> Served:
        """Write a record for every case still open at `until_ms`, where the last `serve` ended. Nobody is released."""
        for case in self.open.values():
            self._record(case, STILL_THERE, until_ms)
            self._record_end(case, STILL_THERE, -1, until_ms)
        self.open.clear()
        return self._hand_over()

    # Events

    def _arrive(self, case: Case) -> None:
        if case.resident in self.open:
            raise EngineError(f"at {self.env.now} ms resident {case.resident} has two open cases; second key {case.key}")
        self.open[case.resident] = case
        self._follow(case, Onward(int(self.model.start[case.kind])))

    def _end(self, case: Case) -> None:
        hold = bool(self.model.step_hold[case.step])
        self._record(case, SERVED)
        if case.pool:
            case.pool.stop(case, keeps=hold)
            case.held = case.pool if hold else None
            self._serve(case.pool)
        self._follow(case, self.branch(case))

    def _give_up(self, case: Case) -> None:
        self._leave_queue(case)
        self._follow(case, self._turn_away(case, GAVE_UP))

    def _depart_together(self, rows: Iterable[tuple[int, int, int]]) -> None:
        leaving = [(self.open[resident], reason) for _, resident, reason in rows if resident in self.open]
        for case, reason in sorted(leaving, key=lambda pair: pair[0].key):
            self._depart(case, reason)

    def _depart(self, case: Case, reason: int) -> None:
        case.alarm = None
        self._record(case, reason)
        if case.turn:
            self._leave_queue(case)
        elif case.pool:
            case.pool.stop(case)
            self._serve(case.pool)
        self._close(case, Onward(-1, -1, reason))

    def _change_capacity(self, changes: dict[int, int]) -> None:
        for p, capacity in sorted(changes.items()):
            self.pools[p].change(capacity)
            self._end_shift(self.pools[p])
        for pool in self.pools:
            self._serve(pool)

    # The way of a case

    def _follow(self, case: Case, onward: Onward | None) -> None:
        """Lead the case on, through steps that take no time, until it waits, is served, or ends."""
        while onward is not None:
            onward = self._enter(case, onward.step) if onward.step >= 0 else self._close(case, onward)

    def _enter(self, case: Case, step: int) -> Onward | None:
        """Begin a step; the answer says where the case goes at once, or None if it stays."""
        case.step, case.asked, case.started, case.remaining = step, self.env.now, -1, None
        case.priority = int(self.model.step_priority[step, case.cls])
        case.pool = self.pool_of(case, int(self.model.step_service[step]))
        return self._ask(case, case.pool) if case.pool else self._pass(case)

    def _pass(self, case: Case) -> Onward | None:
        """A step without a service: only time, if any, goes by."""
        self._let_go(case)
        case.started = self.env.now
        lasts = self.duration(case)
        if lasts:
            self._expect(case, lasts, ENDS, self._end)
            return None
        self._record(case, SERVED)
        return self.branch(case)

    def _ask(self, case: Case, pool: Pool) -> Onward | None:
        """Ask for a server: keep the one held, be refused, be served at once, or wait."""
        if case.held is not pool:
            if self.refuses(case, pool):
                return self._turn_away(case, REFUSED)
            pool.sums["arrivals"] += 1
        if case.held is pool or pool.busy < pool.capacity:
            self._grant(case, pool)
        else:
            self._wait(case, pool)
        return None

    def _wait(self, case: Case, pool: Pool) -> None:
        pool.join(case)
        patience = self.patience(case)
        if patience is not None:
            self._expect(case, patience, PATIENCE, self._give_up)

    def _grant(self, case: Case, pool: Pool) -> None:
        """Begin service, or go on with that of a case which was sent away; a server held elsewhere is freed now."""
        keeps = case.held is pool
        pool.start(case, keeps)
        if case.remaining is None:
            pool.sums["grants"] += not keeps
            case.started, case.remaining = self.env.now, self.duration(case)
        self._expect(case, case.remaining, ENDS, self._end)
        if keeps:
            case.held = None
        self._let_go(case)

    def _turn_away(self, case: Case, reason: int) -> Onward:
        """Refused, or out of patience: to the step or outcome that the pathway names for it."""
        otherwise = int(self.model.step_otherwise[case.step])
        self._record(case, DIVERTED if otherwise >= 0 else reason)
        return Onward(otherwise) if otherwise >= 0 else Onward(-1, -2 - otherwise, reason)

    def _close(self, case: Case, end: Onward) -> None:
        self._let_go(case)
        del self.open[case.resident]
        self._record_end(case, end.reason, end.outcome, self.env.now)
        attribute, level = -1, -1
        if end.outcome >= 0:
            attribute, level = self.model.outcome_attribute[end.outcome], self.model.outcome_level[end.outcome]
        self._moves.append((self.env.now, case.resident, attribute, level, end.reason))

    def _leave_queue(self, case: Case) -> None:
        """Leave unserved; one who was sent away in mid-service is not counted, having been granted before."""
        case.pool.leave(case)
        case.pool.sums["left_queue"] += case.remaining is None

    def _let_go(self, case: Case) -> None:
        """Free the server that the case holds, if any, and let its queue move up."""
        if case.held:
            pool, case.held = case.held, None
            pool.hand_back()
            self._serve(pool)

    # What pools do

    def _serve(self, pool: Pool) -> None:
        """Give free servers to those suspended, then to the queue, until there is none left or nobody waits."""
        while pool.suspended and pool.at_work < pool.capacity:
            self._resume(min(pool.suspended, key=Case.rank), pool)
        while pool.queue and pool.busy < pool.capacity:
            case = pool.queue[0][1]
            pool.leave(case)
            self._grant(case, pool)

    def _resume(self, case: Case, pool: Pool) -> None:
        pool.stop(case)
        pool.start(case, keeps=False)
        self._expect(case, case.remaining, ENDS, self._end)

    def _end_shift(self, pool: Pool) -> None:
        """Bring a pool down to a smaller capacity; under FINISH those in service run on."""
        if pool.shift_end == WAIT:
            while pool.at_work > pool.capacity and pool.running:
                case = self._break_off(pool)
                pool.suspended.add(case)
        elif pool.shift_end == PRE_EMPT:
            while pool.busy > pool.capacity and pool.running:
                pool.join(self._break_off(pool), first=True)

    def _break_off(self, pool: Pool) -> Case:
        """Stop the one in service with the lowest priority, then the latest start; it keeps its remaining time."""
        case = max(pool.running, key=Case.rank)
        case.remaining, case.alarm = case.due - self.env.now, None
        pool.stop(case)
        return case

    # Rules that a subclass may change

    def pool_of(self, case: Case, service: int) -> Pool | None:
        """The provider of this case: one uniform for all its services, on the shares of its place."""
        if service < 0:
            return None
        first, end = self.model.provider_from[service, case.place : case.place + 2]
        u = rng.draw(self.model.provider_stream, case.address, 0)
        row = first + int(np.argmax(self.model.provider_cumulative[first:end] > u))
        return self.pools[self.model.provider_pool[row]]

    def refuses(self, case: Case, pool: Pool) -> bool:
        """Whether the step turns the case away: because the pool is closed, or because it is full."""
        rule = int(self.model.step_refuse[case.step])
        closed = pool.capacity == 0
        full = pool.busy >= pool.capacity and len(pool.queue) >= pool.queue_limit
        return bool((rule & REFUSE_CLOSED and closed) or (rule & REFUSE_FULL and full))

    def duration(self, case: Case) -> int:
        """Milliseconds that this step takes."""
        return self.milliseconds(self.model.duration, self.model.duration_stream, case)

    def patience(self, case: Case) -> int | None:
        """Milliseconds until the case gives up; None: it waits for ever."""
        if self.model.patience.kind[case.step, case.cls] == NONE:
            return None
        return self.milliseconds(self.model.patience, self.model.patience_stream, case)

    def milliseconds(self, quantity: Quantity, streams: np.ndarray, case: Case) -> int:
        """A draw of a duration or a patience, rounded to the nearest millisecond, never negative."""
        u = rng.draw(streams[case.step], case.address, case.lap)
        value = INVERSE[quantity.kind[case.step, case.cls]](u, *quantity.parameters[case.step, case.cls])
        return max(0, int(value + 0.5))

    def branch(self, case: Case) -> Onward:
        """Where the case goes after this step; going back, or round again, begins another lap of draws."""
        model, step = self.model, case.step
        u = rng.draw(model.branch_stream[step], case.address, case.lap)
        first, end = model.branch_from[step : step + 2]
        to = int(model.branch_to[first + int(np.argmax(model.branch_cumulative[first:end, case.cls] > u))])
        case.lap += 0 <= to <= step
        return Onward(to) if to >= 0 else Onward(-1, -1 - to)

    # Book-keeping

    def _expect(self, case: Case, delay: int, phase: int, action: Callable[[Case], None]) -> None:
        """Ring at the case after `delay` ms, unless by then it expects another event, or none."""

        def ring(event: simpy.Event) -> None:
            if case.alarm is event:
                action(case)

        case.due = self.env.now + delay
        case.alarm = self.env.at(case.due, phase, case.key, ring)

    def _record(self, case: Case, reason: int, ended: int | None = None) -> None:
        """One step visited, ended now unless said otherwise."""
        pool = case.pool.index if case.pool else -1
        self._write(case, case.asked, case.started, ended, case.step, pool, reason, -1)

    def _record_end(self, case: Case, reason: int, outcome: int, ended: int) -> None:
        """The record that closes a case."""
        self._write(case, case.called, case.called, ended, -1, -1, reason, outcome)

    def _write(self, case, asked, started, ended, step, pool, reason, outcome) -> None:
        ended = self.env.now if ended is None else ended
        who = case.called, case.key, case.resident, case.cell
        self._contacts.append((asked, started, ended, *who, step, pool, reason, outcome, case.kind, case.cls))

    def _hand_over(self) -> Served:
        """What was recorded since the last hand-over, in the order that `Served` promises."""
        contacts, moves = np.array(self._contacts, CONTACT), np.array(self._moves, MOVE)
        self._contacts, self._moves = [], []
        contacts = contacts[np.lexsort((contacts["key"], contacts["ended"]))]
        moves = moves[np.lexsort((moves["resident"], moves["ms"]))]
        return Served(contacts, moves, np.array([pool.close_stretch() for pool in self.pools], POOL_SUMS))

    def _plan_capacity(self) -> None:
        """Capacity changes as events; what was set before the start holds at the start."""
        model = self.model
        rows = zip(model.change_ms.clip(0).tolist(), model.change_pool.tolist(), model.change_capacity.tolist(), strict=True)
        for ms, changes in groupby(rows, itemgetter(0)):
            new = {pool: capacity for _, pool, capacity in changes}
            self.env.at(ms, CAPACITY, 0, lambda _, new=new: self._change_capacity(new))

    def _check(self, table: np.ndarray, until_ms: int) -> None:
        if len(table) and (table["ms"].min() < self.env.now or table["ms"].max() >= until_ms):
            raise EngineError(f"a demand or departure lies outside [{self.env.now}, {until_ms}) ms")


def _triangular(u: float, low: float, mode: float, high: float, _: float) -> float:
    below = (mode - low) / (high - low)
    if u < below:
        return low + np.sqrt(u * (high - low) * (mode - low))
    return high - np.sqrt((1.0 - u) * (high - low) * (high - mode))


INVERSE: dict[int, Callable[..., float]] = {
    CONSTANT: lambda u, a, b, c, d: a,
    EXPONENTIAL: lambda u, a, b, c, d: a * rng.exponential(u),
    LOGNORMAL: lambda u, a, b, c, d: rng.exp(c + d * rng.normal(u)),
    UNIFORM: lambda u, a, b, c, d: a + (b - a) * u,
    TRIANGULAR: _triangular,
    NORMAL: lambda u, a, b, c, d: max(c, a + b * rng.normal(u)),
}
"""Inverse distribution functions by kind, on the parameters of a `Quantity`."""
