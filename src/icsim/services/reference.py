"""The reference engine: what the services mean, written to be read.

It runs the same `ServiceModel` as the compiled engine, with the same addressed draws, and gives the same contacts,
moves and sums; docs/background/services.md tells the rules in words. It is many times slower. A new kind of service is
tried out here first: subclass `ReferenceEngine` and override the method that carries the rule (`refuses`, `duration`,
`pool_of` …); plain SimPy processes may run in `engine.env` beside the cases.

Cases are objects that SimPy events ring at; all that follows from one event (grants, freed servers, steps that take no
time) happens at once, before the next event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import simpy
from simpy.events import EventPriority

from icsim import rng
from icsim.errors import EngineError
from icsim.services.model import (
    CONSTANT,
    EXPONENTIAL,
    LAST,
    LOGNORMAL,
    NONE,
    NORMAL,
    PRE_EMPT,
    REFUSE_CLOSED,
    REFUSE_FULL,
    TRIANGULAR,
    UNIFORM,
    WAIT,
    Quantity,
    ServiceModel,
)
from icsim.services.pool import Case, Pool, PoolRules
from icsim.services.served import POOL_SUMS, Served
from icsim.tables import CONTACT, DIVERTED, GAVE_UP, JOINED, MOVE, MOVED_ON, PUT_OFF, REFUSED, SERVED, STILL_THERE

DEPARTURES, CAPACITY, ENDS, PATIENCE, ARRIVALS, TAKEN_UP = range(1, 7)
"""The phases of an instant. SimPy's own URGENT (0) and NORMAL (1) come first, so `run(until)` stops before them all."""


class Instants(simpy.Environment):
    """SimPy's clock in whole milliseconds, with the events of one instant ordered by phase and then by case key."""

    @property
    def now(self) -> int:
        """Milliseconds since the start."""
        return int(self._now)

    def at(self, ms: int, phase: int, key: int, action: Callable[[], None]) -> simpy.Event:
        """An event that calls `action` at `ms`."""
        event = simpy.Event(self)
        event._ok, event._value = True, None
        event.callbacks.append(lambda _: action())
        self.schedule(event, EventPriority(phase << 64 | key), ms - self.now)
        return event


class Onward(NamedTuple):
    """Where a case goes next: to a step, or (step −1) to its end."""

    step: int
    outcome: int = -1
    reason: int = SERVED


class ReferenceEngine:
    """Serves demands. Cases stay open between calls of `serve`."""

    def __init__(self, model: ServiceModel):
        self.env = Instants(0)
        self.pools = [Pool(self.env, p) for p in range(len(model.pool_queue_limit))]
        self.open: dict[int, Case] = {}  # by resident
        self.following: dict[int, Case] = {}  # by resident, a case that is put off until the open one has ended
        self.background: set[Case] = set()
        """Open cases that belong to no resident."""
        self.tenant: dict[int, Pool] = {}  # by resident, who keeps a server of the pool as a long hold
        self.adopted = 0
        """Models that have held so far."""
        self._contacts: list[tuple] = []
        self._moves: list[tuple] = []
        self.adopt(model)

    def adopt(self, model: ServiceModel, now_ms: int = 0) -> None:
        """From `now_ms`, where the last `serve` ended, another model of the same steps, pools and outcomes holds.

        Cases go on where they are. The model states the capacity of every pool at `now_ms`, so that every queue is served
        there under the new rules; its later changes follow.
        """
        if self.adopted and len(set(model.change_pool[model.change_ms.clip(0) == now_ms])) < len(self.pools):
            raise EngineError(f"a model that takes over at {now_ms} ms must state the capacity of every pool there")
        self.model = model
        self.adopted += 1
        columns = model.pool_queue_limit, model.pool_shift_end, model.pool_reserve, model.pool_extra, model.pool_extra_above
        for pool, rules in zip(self.pools, zip(*(column.tolist() for column in columns), strict=True), strict=True):
            pool.adopt(PoolRules(*rules))
        self._plan_capacity(now_ms)

    def settle(self, residents: np.ndarray, pools: np.ndarray) -> None:
        """Before the first call of `serve`: each of these residents keeps a server of the pool as a long hold."""
        for resident, p in zip(residents.tolist(), pools.tolist(), strict=True):
            self.tenant[resident] = self.pools[p]
            self.pools[p].keep()

    def serve(self, demands: np.ndarray, departures: np.ndarray, until_ms: int) -> Served:
        """Run all instants from the end of the previous call up to, not including, `until_ms`.

        Raises EngineError for a demand or departure outside that stretch.
        """
        self._check(demands, until_ms)
        self._check(departures, until_ms)
        for row in demands.tolist():
            case = Case(*row)
            self.env.at(case.called, ARRIVALS, case.key, partial(self._arrive, case))
        for ms, rows in _by_instant(departures.tolist()):
            self.env.at(ms, DEPARTURES, 0, partial(self._depart_together, rows))
        if until_ms > self.env.now:
            self.env.run(int(until_ms))
        return self._hand_over()

    def finish(self, until_ms: int) -> Served:
        """Write a record for every case still open at `until_ms`, where the last `serve` ended. Nobody is released."""
        for cases in (self.open, self.following):
            for case in cases.values():
                self._still_there(case, until_ms)
            cases.clear()
        for case in self.background:
            self._still_there(case, until_ms)
        self.background.clear()
        return self._hand_over()

    # Events

    def _arrive(self, case: Case) -> None:
        case.provider = rng.draw(self.model.provider_stream, case.address, 0)
        if case.resident < 0:
            self.background.add(case)
        elif case.resident in self.open:
            return self._put_off(case)
        else:
            self.open[case.resident] = case
        self._begin(case)

    def _begin(self, case: Case) -> None:
        self._follow(case, Onward(int(self.model.start[case.kind])))

    def _put_off(self, case: Case) -> None:
        """It waits until the resident's open case has ended; if one waits for that already, the two are seen to as one."""
        joins = case.resident in self.following or self.open[case.resident].step < 0
        if not joins:
            self.following[case.resident] = case
        self._moves.append((self.env.now, case.resident, -1, -1, JOINED if joins else PUT_OFF))

    def _take_up(self, case: Case) -> None:
        case.called = self.env.now
        self._begin(case)

    def _end(self, case: Case) -> None:
        self._record(case, SERVED)
        if case.pool:
            self._after_service(case, case.pool)
        self._follow(case, self.branch(case))

    def _after_service(self, case: Case, pool: Pool) -> None:
        """The server stays with the resident (who gives up one that they kept before), or with the case, or is free."""
        before = None
        if self.model.step_keep[case.step] and case.resident >= 0:
            pool.stop(case)
            pool.keep()
            before = self._end_tenancy(case.resident)
            self.tenant[case.resident] = pool
        else:
            hold = bool(self.model.step_hold[case.step])
            pool.stop(case, keeps=hold)
            case.held = pool if hold else None
        for freed in filter(None, (pool, before)):
            self._serve(freed)

    def _give_up(self, pool: Pool, case: Case) -> None:
        self._leave_queue(case, pool)
        self._follow(case, self._turn_away(case, GAVE_UP))

    def _depart_together(self, rows: Iterable[tuple[int, int, int]]) -> None:
        """Those whose case is cut short come first, in the order of its key; then the others, as they stand."""
        cut: list[tuple[int, int, int]] = []
        others: list[tuple[int, int, int]] = []
        for row in rows:
            (cut if row[2] != MOVED_ON and row[1] in self.open else others).append(row)
        for _, resident, reason in [*sorted(cut, key=lambda row: self.open[row[1]].key), *others]:
            self._depart(resident, reason)

    def _depart(self, resident: int, reason: int) -> None:
        case = None if reason == MOVED_ON else self.open.get(resident)
        following = self.following.pop(resident, None) if case else None
        freed = self._cut_short(case, reason) if case else []
        if following:
            self.open[resident] = following
            self._cut_short(following, reason)
        for pool in filter(None, (*freed, self._end_tenancy(resident))):
            self._serve(pool)

    def _cut_short(self, case: Case, reason: int) -> list[Pool]:
        """The case ends as it stands; the pools whose servers it had, which are free now."""
        case.alarm = None
        freed = []
        if case.step >= 0:
            self._record(case, reason)
        if case.pool and case.turn:
            self._leave_queue(case, case.pool)
        elif case.pool:
            case.pool.stop(case)
            freed.append(case.pool)
        if case.held:
            case.held.hand_back()
            freed.append(case.held)
            case.held = None
        self._close(case, Onward(-1, -1, reason))
        return freed

    def _end_tenancy(self, resident: int) -> Pool | None:
        """The pool of which the resident keeps a server no more, if there is one."""
        pool = self.tenant.pop(resident, None)
        if pool:
            pool.end_tenancy()
        return pool

    def _change_capacity(self, number: int, changes: Iterable[tuple[int, int, int]]) -> None:
        """`number`: of the model by which it was planned; void when another has been adopted since."""
        if number != self.adopted:
            return
        for _, p, planned in changes:
            self.pools[p].change(planned)
            self._end_shift(self.pools[p])
        for pool in self.pools:
            self._serve(pool)

    # The way of a case

    def _follow(self, case: Case, onward: Onward | None) -> None:
        """Lead the case on, through steps that take no time, until it waits, is served, or ends."""
        while onward is not None:
            if onward.step < 0:
                return self._close(case, onward)
            onward = self._enter(case, onward.step)

    def _enter(self, case: Case, step: int) -> Onward | None:
        """Begin a step; the answer says where the case goes at once, or None if it stays."""
        model = self.model
        case.step, case.asked, case.started, case.remaining = step, self.env.now, -1, -1
        case.priority = LAST if model.step_yield[step] else int(model.step_priority[step, case.cls])
        case.pool = self.pool_of(case, int(model.step_service[step]))
        if model.step_mark[step]:
            case.marked, case.marked_pool = self.env.now, case.pool.index if case.pool else -1
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
                pool.sums["refused"] += 1
                return self._turn_away(case, REFUSED)
            pool.sums["arrivals"] += 1
        if case.held is pool or pool.has_server(case):
            self._grant(case, pool)
        else:
            self._wait(case, pool)
        return None

    def _wait(self, case: Case, pool: Pool) -> None:
        pool.join(case)
        patience = self.patience(case)
        if patience is not None:
            self._expect(case, patience, PATIENCE, partial(self._give_up, pool))

    def _grant(self, case: Case, pool: Pool) -> None:
        """Begin service, or go on with that of a case which was sent away; a server held elsewhere is freed now."""
        keeps = case.held is pool
        pool.start(case, keeps)
        if case.remaining < 0:
            pool.sums["grants"] += not keeps
            case.started, case.remaining = self.env.now, self.duration(case)
        self._expect(case, case.remaining, ENDS, self._end)
        if keeps:
            case.held = None
        self._let_go(case)

    def _turn_away(self, case: Case, reason: int) -> Onward:
        """Refused, or out of patience: to the step or outcome that the pathway names for it."""
        to = int(self.model.step_otherwise[case.step])
        self._record(case, DIVERTED if to >= 0 else reason)
        return self._lead(case, to) if to >= 0 else Onward(-1, -2 - to, reason)

    def _lead(self, case: Case, to: int) -> Onward:
        """On to step `to`; going back, or round again, begins another lap of draws."""
        case.lap += to <= case.step
        return Onward(to)

    def _close(self, case: Case, end: Onward) -> None:
        self._let_go(case)
        if case.resident < 0:
            self.background.remove(case)
        else:
            del self.open[case.resident]
            self._let_follow(case.resident)
        self._record_end(case, end.reason, end.outcome, self.env.now)
        attribute, level = -1, -1
        if end.outcome >= 0:
            attribute, level = self.model.outcome_attribute[end.outcome], self.model.outcome_level[end.outcome]
        if case.resident >= 0:
            self._moves.append((self.env.now, case.resident, attribute, level, end.reason))

    def _let_follow(self, resident: int) -> None:
        """The case that was put off is next, at its time of day."""
        case = self.following.pop(resident, None)
        if case:
            self.open[resident] = case
            days = -(-(self.env.now - case.called) // int(self.model.put_off_by))
            self._expect(case, case.called + days * int(self.model.put_off_by) - self.env.now, TAKEN_UP, self._take_up)

    def _leave_queue(self, case: Case, pool: Pool) -> None:
        """Leave unserved; one who was sent away in mid-service is not counted, having been granted before."""
        pool.leave(case)
        pool.sums["left_queue"] += case.remaining < 0

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
        while pool.queue and pool.has_server(pool.queue[0][1]):
            case = pool.queue[0][1]
            pool.leave(case)
            self._grant(case, pool)

    def _resume(self, case: Case, pool: Pool) -> None:
        pool.stop(case)
        pool.start(case, keeps=False)
        self._expect(case, case.remaining, ENDS, self._end)

    def _end_shift(self, pool: Pool) -> None:
        """Bring a pool down to a smaller capacity; under FINISH those in service run on."""
        if pool.rules.shift_end == WAIT:
            while pool.at_work > pool.capacity and pool.running:
                case = self._break_off(pool)
                pool.suspended.add(case)
        elif pool.rules.shift_end == PRE_EMPT:
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
        row = first + int(np.argmax(self.model.provider_cumulative[first:end] > case.provider))
        return self.pools[self.model.provider_pool[row]]

    def refuses(self, case: Case, pool: Pool) -> bool:
        """Whether the step turns the case away: because the pool is closed, or because it is full."""
        rule = int(self.model.step_refuse[case.step])
        closed = pool.capacity == 0
        full = not pool.has_server(case) and len(pool.queue) >= pool.rules.queue_limit
        return bool((rule & REFUSE_CLOSED and closed) or (rule & REFUSE_FULL and full))

    def duration(self, case: Case) -> int:
        """Milliseconds that this step takes, shortened where its service is under pressure."""
        lasts = self.milliseconds(self.model.duration, self.model.duration_stream, case)
        crowded = self.pool_of(case, int(self.model.shorten_service[case.step]))
        if crowded and case.pool and crowded.pressure >= self.model.shorten_above[case.step]:
            return int(lasts * self.model.shorten_factor[case.step] + 0.5)
        return lasts

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
        """Where the case goes after this step: one uniform on the branches in their order."""
        model, step = self.model, case.step
        u = rng.draw(model.branch_stream[step], case.address, case.lap)
        first, end = model.branch_from[step : step + 2]
        row = first + int(np.argmax(model.branch_cumulative[first:end, case.cls] > u))
        to = self.diverted(case, int(model.branch_to[row]))
        return self._lead(case, to) if to >= 0 else Onward(-1, -1 - to)

    def diverted(self, case: Case, to: int) -> int:
        """Where a case that would go to `to` goes under pressure: the first diversion of its step that applies."""
        model = self.model
        for n in range(*model.divert_from[case.step : case.step + 2]):
            crowded = self.pool_of(case, int(model.divert_service[n]))
            applies = model.divert_to[n] == to and crowded and crowded.pressure >= model.divert_above[n]
            if applies and rng.draw(model.divert_stream[n], case.address, case.lap) < model.divert_share[n]:
                return int(model.divert_instead[n])
        return to

    # Book-keeping

    def _expect(self, case: Case, delay: int, phase: int, action: Callable[[Case], None]) -> None:
        """Ring at the case after `delay` ms, unless by then it expects another event, or none."""

        def ring() -> None:
            if case.alarm is alarm:
                action(case)

        case.due = self.env.now + delay
        case.alarm = alarm = self.env.at(case.due, phase, case.key, ring)

    def _record(self, case: Case, reason: int, ended: int | None = None) -> None:
        """One step visited, ended now unless said otherwise."""
        pool = case.pool.index if case.pool else -1
        self._write(case, case.asked, case.started, ended, case.step, pool, reason, -1)

    def _still_there(self, case: Case, until_ms: int) -> None:
        if case.step >= 0:
            self._record(case, STILL_THERE, until_ms)
        self._record_end(case, STILL_THERE, -1, until_ms)

    def _record_end(self, case: Case, reason: int, outcome: int, ended: int) -> None:
        """The record that closes a case."""
        self._write(case, case.called, case.called, ended, -1, -1, reason, outcome)

    def _write(self, case, asked, started, ended, step, pool, reason, outcome) -> None:
        ended = self.env.now if ended is None else ended
        who = case.called, case.marked, case.key, case.resident, case.cell, case.marked_pool
        self._contacts.append((asked, started, ended, *who, step, pool, reason, outcome, case.kind, case.cls))

    def _hand_over(self) -> Served:
        """What was recorded since the last hand-over, in the order that `Served` promises."""
        contacts, moves = np.array(self._contacts, CONTACT), np.array(self._moves, MOVE)
        self._contacts, self._moves = [], []
        contacts = contacts[np.lexsort((contacts["key"], contacts["ended"]))]
        moves = moves[np.lexsort((moves["resident"], moves["ms"]))]
        return Served(contacts, moves, np.array([pool.close_stretch() for pool in self.pools], POOL_SUMS))

    def _plan_capacity(self, now_ms: int) -> None:
        """Capacity changes from now on as events; what was set before the start holds at the start."""
        model = self.model
        columns = model.change_ms.clip(0), model.change_pool, model.change_capacity
        for ms, changes in _by_instant(np.stack(columns, axis=1).tolist()):
            if ms >= now_ms:
                self.env.at(ms, CAPACITY, 0, partial(self._change_capacity, self.adopted, changes))

    def _check(self, table: np.ndarray, until_ms: int) -> None:
        if len(table) and (table["ms"].min() < self.env.now or table["ms"].max() >= until_ms):
            raise EngineError(f"a demand or departure lies outside [{self.env.now}, {until_ms}) ms")


def _by_instant(rows: list) -> list[tuple[int, list]]:
    """Rows that begin with their time, in order of time: (time, rows of that time) for each time."""
    return [(ms, list(group)) for ms, group in groupby(rows, itemgetter(0))]


def _triangular(u: float, low: float, mode: float, high: float, _: float) -> float:
    width = high - low
    if u * width < mode - low:
        return low + np.sqrt(u * width * (mode - low))
    return high - np.sqrt((1.0 - u) * width * (high - mode))


INVERSE: dict[int, Callable[..., float]] = {
    CONSTANT: lambda u, a, b, c, d: a,
    EXPONENTIAL: lambda u, a, b, c, d: a * rng.exponential(u),
    LOGNORMAL: lambda u, a, b, c, d: rng.exp(c + d * rng.normal(u)),
    UNIFORM: lambda u, a, b, c, d: a + (b - a) * u,
    TRIANGULAR: _triangular,
    NORMAL: lambda u, a, b, c, d: max(c, a + b * rng.normal(u)),
}
"""Inverse distribution functions by kind, on the parameters of a `Quantity`."""
