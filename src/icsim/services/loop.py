"""The event loop of the services, compiled. What each rule means is said in docs/background/services.md and, readably,
in `reference.py`, which gives the same trace.

An instant is worked off in the order: departures, capacity, ends, patience, arrivals; ties by case key. Whatever frees
a server puts its pool on a stack; `_drain` grants freed servers to queues until nothing more can start. The order in
which pools are drained does not matter: a grant can only free servers, never take one that another queue could have had.
"""

from __future__ import annotations

import numpy as np

from icsim import rng
from icsim._compile import inlined, kernel
from icsim.services.layout import (
    CHANGE,
    CONTACTS,
    FREE,
    FREE_SLOT,
    HEAP_SIZE,
    HIGHEST_SLOT,
    MOVES,
    OVERFLOW,
    PAUSED,
    QUEUED,
    RUNNING,
    STACK_SIZE,
    SUSPENDED,
    TWO_CASES,
)
from icsim.services.model import (
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
)
from icsim.tables import DIVERTED, GAVE_UP, REFUSED, SERVED, STILL_THERE

_DEPARTURES, _CAPACITY, _ENDS, _PATIENCE, _ARRIVALS = range(5)
_FAR = np.int64(2**62)
_NOWHERE = -1_000_000
"""No step to enter: the case waits, is served, or is gone."""
SLACK = 1024
"""Rows that must be free in every table before an event is worked off."""


# Equations ------------------------------------------------------------------------------------------------------------


@inlined
def sample_ms(timing, u):
    """Milliseconds at uniform u, by inverse distribution function, rounded half up and never below 0."""
    kind = timing.kind
    value = timing.a
    if kind == EXPONENTIAL:
        value = timing.a * rng.exponential(u)
    elif kind == LOGNORMAL:
        value = rng.exp(timing.c + timing.d * rng.normal(u))
    elif kind == UNIFORM:
        value = timing.a + (timing.b - timing.a) * u
    elif kind == TRIANGULAR:
        value = _triangular(timing.a, timing.b, timing.c, u)
    elif kind == NORMAL:
        value = max(timing.c, timing.a + timing.b * rng.normal(u))
    return np.int64(max(value, 0.0) + 0.5)


@inlined
def _triangular(low, mode, high, u):
    """Inverse of the triangular distribution function."""
    width = high - low
    if width <= 0.0:
        return low
    if u * width < mode - low:
        return low + np.sqrt(u * width * (mode - low))
    return high - np.sqrt((1.0 - u) * width * (high - mode))


# The calendar: a binary heap of (order, key) ---------------------------------------------------------------------------


@inlined
def _earlier(a, b):
    return a.order < b.order or (a.order == b.order and a.key < b.key)


@inlined
def _schedule(desk, slot, ms, phase):
    """Enter an event for the case in `slot`; any earlier event of that case is void from now on."""
    case = desk.case[slot]
    case.token += 1
    heap = desk.heap
    order = ms * 8 + phase
    key = case.key
    n = desk.used[HEAP_SIZE]
    desk.used[HEAP_SIZE] = n + 1
    while n > 0:
        parent = (n - 1) >> 1
        above = heap[parent]
        if above.order < order or (above.order == order and above.key <= key):
            break
        heap[n] = above
        n = parent
    heap[n].order = order
    heap[n].key = key
    heap[n].slot = slot
    heap[n].token = case.token


@inlined
def _drop_first(desk):
    """Remove the earliest event."""
    heap = desk.heap
    size = desk.used[HEAP_SIZE] - 1
    desk.used[HEAP_SIZE] = size
    last = heap[size]
    n = 0
    child = 1
    while child < size:
        if child + 1 < size and _earlier(heap[child + 1], heap[child]):
            child += 1
        if not _earlier(heap[child], last):
            break
        heap[n] = heap[child]
        n = child
        child = 2 * n + 1
    heap[n] = last


# Tables --------------------------------------------------------------------------------------------------------------


@inlined
def _write(desk, case, step, pool, asked, started, ended, reason, outcome):
    n = desk.used[CONTACTS]
    if n >= desk.contacts.shape[0]:
        desk.used[OVERFLOW] = 1
        return
    row = desk.contacts[n]
    row.asked = asked
    row.started = started
    row.ended = ended
    row.called = case.called
    row.key = case.key
    row.resident = case.resident
    row.cell = case.cell
    row.step = step
    row.pool = pool
    row.reason = reason
    row.outcome = outcome
    row.kind = case.kind
    row.cls = case.cls
    desk.used[CONTACTS] = n + 1


@inlined
def _write_step(desk, case, t, reason):
    """The record of the step that ends now."""
    _write(desk, case, case.step, case.pool, case.asked, case.started, t, reason, -1)


# Pools ---------------------------------------------------------------------------------------------------------------


@inlined
def _touch(pool, t):
    """Bring the integrals up to t; called before anything in them changes."""
    past = t - pool.since
    if past > 0:
        pool.busy_ms += pool.busy * past
        pool.waiting_ms += pool.waiting * past
        if pool.capacity < UNLIMITED:
            pool.open_ms += pool.capacity * past
        pool.since = t


@inlined
def _wake(desk, p):
    """Pool p may be able to start somebody."""
    if desk.dirty[p] == 0:
        desk.dirty[p] = 1
        desk.stack[desk.used[STACK_SIZE]] = p
        desk.used[STACK_SIZE] += 1


@inlined
def _free_held(desk, case, t):
    """Give back the server that the case kept."""
    h = case.held
    if h >= 0:
        pool = desk.pool[h]
        _touch(pool, t)
        pool.busy -= 1
        pool.held -= 1
        case.held = -1
        _wake(desk, h)


@inlined
def _join(desk, slot, p, first):
    """Wait at pool p: at the tail of the priority class by (asked, key), or at its head (`first`)."""
    case = desk.case[slot]
    ends = desk.queue[p, case.priority]
    after = ends[0] if first else -1
    before = -1 if first else ends[1]
    while before >= 0 and not first:
        other = desk.case[before]
        if other.remaining >= 0 or other.asked < case.asked or (other.asked == case.asked and other.key < case.key):
            break
        after = before
        before = other.before
    case.before = before
    case.after = after
    if before >= 0:
        desk.case[before].after = slot
    else:
        ends[0] = slot
    if after >= 0:
        desk.case[after].before = slot
    else:
        ends[1] = slot
    case.state = QUEUED
    desk.pool[p].waiting += 1


@inlined
def _leave_queue(desk, slot, p):
    case = desk.case[slot]
    ends = desk.queue[p, case.priority]
    if case.before >= 0:
        desk.case[case.before].after = case.after
    else:
        ends[0] = case.after
    if case.after >= 0:
        desk.case[case.after].before = case.before
    else:
        ends[1] = case.before
    desk.pool[p].waiting -= 1


@inlined
def _first_in_queue(desk, p):
    """Slot of the case to be served first at pool p; the caller knows that somebody waits."""
    priority = 0
    while desk.queue[p, priority, 0] < 0:
        priority += 1
    return desk.queue[p, priority, 0]


@inlined
def _more_deserving(a, b):
    """Whether case a is kept rather than b when a shift ends: priority, then earlier start, then key."""
    if a.priority != b.priority:
        return a.priority < b.priority
    if a.started != b.started:
        return a.started < b.started
    return a.key < b.key


@inlined
def _extreme(desk, p, state, most):
    """Slot of the most (or least) deserving case of pool p in this state. Rare: looks at every slot."""
    found = -1
    for slot in range(desk.used[HIGHEST_SLOT]):
        case = desk.case[slot]
        if (
            case.state == state
            and case.pool == p
            and (found < 0 or _more_deserving(case, desk.case[found]) == most)
        ):
            found = slot
    return found


@inlined
def _begin(rules, desk, slot, t):
    """Service of the case begins (or goes on with what remained)."""
    case = desk.case[slot]
    case.state = RUNNING
    left = case.remaining
    if left < 0:
        case.started = t
        u = rng.draw(rules.step[case.step].duration_stream, case.key, case.lap)
        left = sample_ms(rules.duration[case.step, case.cls], u)
    case.remaining = -1
    case.ends = t + left
    _schedule(desk, slot, t + left, _ENDS)


@inlined
def _grant(rules, desk, slot, p, t):
    """A server of pool p for the case; the server that it kept elsewhere is freed."""
    case = desk.case[slot]
    pool = desk.pool[p]
    pool.busy += 1
    pool.running += 1
    if case.remaining < 0:
        pool.grants += 1
    _free_held(desk, case, t)
    _begin(rules, desk, slot, t)


@inlined
def _drain(rules, desk, t):
    """Freed servers go to those who wait, until nothing more can start."""
    while desk.used[STACK_SIZE] > 0:
        desk.used[STACK_SIZE] -= 1
        p = desk.stack[desk.used[STACK_SIZE]]
        desk.dirty[p] = 0
        pool = desk.pool[p]
        _touch(pool, t)
        while pool.suspended > 0 and pool.running + pool.held < pool.capacity:
            _resume(desk, _extreme(desk, p, SUSPENDED, True), p, t)
        while pool.waiting > 0 and pool.busy < pool.capacity:
            slot = _first_in_queue(desk, p)
            _leave_queue(desk, slot, p)
            _grant(rules, desk, slot, p, t)


@inlined
def _resume(desk, slot, p, t):
    """A suspended case goes on, with the server it had."""
    case = desk.case[slot]
    pool = desk.pool[p]
    pool.suspended -= 1
    pool.running += 1
    case.state = RUNNING
    case.ends = t + case.remaining
    case.remaining = -1
    _schedule(desk, slot, case.ends, _ENDS)


@inlined
def _suspend(desk, p, t):
    """Shift end `wait`: the least deserving case stops with its server until there is capacity again."""
    slot = _extreme(desk, p, RUNNING, False)
    case = desk.case[slot]
    case.state = SUSPENDED
    case.remaining = case.ends - t
    case.token += 1
    desk.pool[p].running -= 1
    desk.pool[p].suspended += 1


@inlined
def _send_away(desk, p, t):
    """Shift end `pre-empt`: the least deserving case goes back to the head of its class."""
    slot = _extreme(desk, p, RUNNING, False)
    case = desk.case[slot]
    case.remaining = case.ends - t
    case.token += 1
    desk.pool[p].running -= 1
    desk.pool[p].busy -= 1
    _join(desk, slot, p, True)


@inlined
def _change_capacity(desk, p, capacity, t):
    pool = desk.pool[p]
    _touch(pool, t)
    pool.capacity = capacity
    if pool.shift_end == WAIT:
        while pool.running > 0 and pool.running + pool.held > capacity:
            _suspend(desk, p, t)
    elif pool.shift_end == PRE_EMPT:
        while pool.running > 0 and pool.busy > capacity:
            _send_away(desk, p, t)
    _wake(desk, p)


# Cases ---------------------------------------------------------------------------------------------------------------


@inlined
def _open_case(rules, desk, demand):
    """A slot for a new case."""
    slot = desk.used[FREE_SLOT]
    if slot >= 0:
        desk.used[FREE_SLOT] = desk.case[slot].after
    else:
        slot = desk.used[HIGHEST_SLOT]
        desk.used[HIGHEST_SLOT] += 1
    case = desk.case[slot]
    case.key = demand.key
    case.called = demand.ms
    case.resident = demand.resident
    case.cell = demand.cell
    case.kind = demand.kind
    case.cls = demand.cls
    case.place = demand.place
    case.lap = 0
    case.step = -1
    case.pool = -1
    case.held = -1
    case.remaining = -1
    case.state = PAUSED
    case.reason = SERVED
    case.provider = rng.draw(rules.provider_stream[0], demand.key, 0)
    if desk.case_of[demand.resident] >= 0:
        desk.used[OVERFLOW] = TWO_CASES
    desk.case_of[demand.resident] = slot
    return slot


@inlined
def _close(rules, desk, slot, t, outcome):
    """The case ends, with an outcome or (−1) without: its record, its move, its slot."""
    case = desk.case[slot]
    reason = case.reason
    _free_held(desk, case, t)
    _write(desk, case, -1, -1, case.called, case.called, t, reason, outcome)
    n = desk.used[MOVES]
    if n >= desk.moves.shape[0]:
        desk.used[OVERFLOW] = 1
        return
    move = desk.moves[n]
    move.ms = t
    move.resident = case.resident
    move.attribute = rules.outcome[outcome, 0] if outcome >= 0 else -1
    move.level = rules.outcome[outcome, 1] if outcome >= 0 else -1
    move.reason = reason
    desk.used[MOVES] = n + 1
    desk.case_of[case.resident] = -1
    case.state = FREE
    case.token += 1
    case.after = desk.used[FREE_SLOT]
    desk.used[FREE_SLOT] = slot


@inlined
def _pool_for(rules, case, service):
    """The provider of this service for this case: the same uniform decides for every service."""
    n = rules.provider_from[service, case.place]
    last = rules.provider_from[service, case.place + 1] - 1
    while n < last and case.provider >= rules.provider_cumulative[n]:
        n += 1
    return rules.provider_pool[n]


@inlined
def _branch(rules, case):
    """The step (or −2 − outcome) after this one: one uniform on a fixed order of outcomes."""
    step = rules.step[case.step]
    u = rng.draw(step.branch_stream, case.key, case.lap)
    n = step.branch_from
    while n < step.branch_end - 1 and u >= rules.branch_cumulative[n, case.cls]:
        n += 1
    to = rules.branch_to[n]
    if to < 0:
        return to - 1
    if to <= case.step:
        case.lap += 1
    return to


@inlined
def _turn_away(rules, desk, case, t, reason):
    """Refused, or out of patience: the step, outcome or end where the case goes instead."""
    to = rules.step[case.step].otherwise
    _write_step(desk, case, t, DIVERTED if to >= 0 else reason)
    if to < 0:
        case.reason = reason
    elif to <= case.step:
        case.lap += 1
    return to


@inlined
def _enter(rules, desk, slot, s, t):
    """The case comes to step s. Returns where it goes at once, or _NOWHERE."""
    case = desk.case[slot]
    step = rules.step[s]
    case.step = s
    case.asked = t
    case.started = -1
    case.remaining = -1
    case.pool = -1
    case.priority = rules.priority[s, case.cls]
    if step.service < 0:
        _free_held(desk, case, t)
        case.started = t
        case.state = PAUSED
        took = sample_ms(rules.duration[s, case.cls], rng.draw(step.duration_stream, case.key, case.lap))
        if took == 0:
            _write_step(desk, case, t, SERVED)
            return _branch(rules, case)
        _schedule(desk, slot, t + took, _ENDS)
        return _NOWHERE
    p = _pool_for(rules, case, step.service)
    pool = desk.pool[p]
    case.pool = p
    _touch(pool, t)
    if case.held == p:
        case.held = -1
        pool.held -= 1
        pool.running += 1
        _begin(rules, desk, slot, t)
    elif pool.capacity == 0 and step.refuse & REFUSE_CLOSED:
        return _turn_away(rules, desk, case, t, REFUSED)
    elif pool.busy < pool.capacity:
        pool.arrivals += 1
        _grant(rules, desk, slot, p, t)
    elif step.refuse & REFUSE_FULL and pool.waiting >= pool.limit:
        return _turn_away(rules, desk, case, t, REFUSED)
    else:
        pool.arrivals += 1
        _wait(rules, desk, slot, s, p, t)
    return _NOWHERE


@inlined
def _wait(rules, desk, slot, s, p, t):
    case = desk.case[slot]
    _join(desk, slot, p, False)
    patience = rules.patience[s, case.cls]
    case.token += 1
    if patience.kind != NONE:
        u = rng.draw(rules.step[s].patience_stream, case.key, case.lap)
        _schedule(desk, slot, t + sample_ms(patience, u), _PATIENCE)


@inlined
def _finish_step(rules, desk, slot, t):
    """A duration ends: the record, the server, and (after the freed server has gone to the next) the branch."""
    case = desk.case[slot]
    _write_step(desk, case, t, SERVED)
    p = case.pool
    if p >= 0:
        pool = desk.pool[p]
        _touch(pool, t)
        pool.running -= 1
        if rules.step[case.step].hold:
            pool.held += 1
            case.held = p
        else:
            pool.busy -= 1
            _wake(desk, p)
    case.state = PAUSED
    case.pool = -1
    _drain(rules, desk, t)
    return _branch(rules, case)


@inlined
def _give_up(rules, desk, slot, t):
    case = desk.case[slot]
    pool = desk.pool[case.pool]
    _touch(pool, t)
    _leave_queue(desk, slot, case.pool)
    pool.left_queue += 1
    case.token += 1
    case.state = PAUSED
    return _turn_away(rules, desk, case, t, GAVE_UP)


@inlined
def _cut_short(desk, slot, t, reason):
    """Death or leaving: whatever the case has is given back."""
    case = desk.case[slot]
    case.reason = reason
    p = case.pool
    _write_step(desk, case, t, reason)
    if p >= 0:
        pool = desk.pool[p]
        _touch(pool, t)
        if case.state == QUEUED:
            _leave_queue(desk, slot, p)
            if case.remaining < 0:
                pool.left_queue += 1
        else:
            pool.busy -= 1
            if case.state == RUNNING:
                pool.running -= 1
            else:
                pool.suspended -= 1
            _wake(desk, p)


@inlined
def _follow(rules, desk, slot, to, t):
    """From step to step as long as no time passes; closes the case when it ends."""
    while to != _NOWHERE:
        if to >= 0:
            to = _enter(rules, desk, slot, to, t)
        else:
            _close(rules, desk, slot, t, -2 - to)
            to = _NOWHERE
        _drain(rules, desk, t)


# The loop ------------------------------------------------------------------------------------------------------------


@inlined
def _skip_void(desk):
    """Remove events whose case has moved on since they were entered."""
    while desk.used[HEAP_SIZE] > 0 and desk.heap[0].token != desk.case[desk.heap[0].slot].token:
        _drop_first(desk)


@inlined
def _full(desk):
    """Whether a table might not hold what one more event writes."""
    count = desk.used
    return (
        count[CONTACTS] + SLACK > desk.contacts.shape[0]
        or count[MOVES] + SLACK > desk.moves.shape[0]
        or count[HIGHEST_SLOT] + 2 > desk.case.shape[0]
        or count[HEAP_SIZE] + SLACK > desk.heap.shape[0]
    )


@inlined
def _order_of(ms, phase):
    return ms * 8 + phase


@inlined
def _next_departure(desk, departures, n):
    """Of the departures at this instant, the one whose case has the smallest key comes first: swap it to place n."""
    ms = departures[n].ms
    best = -1
    for m in range(n, departures.shape[0]):
        if departures[m].ms != ms:
            break
        slot = desk.case_of[departures[m].resident]
        if slot >= 0 and (best < 0 or desk.case[slot].key < desk.case[desk.case_of[departures[best].resident]].key):
            best = m
    if best > n:
        resident, reason = departures[n].resident, departures[n].reason
        departures[n] = departures[best]
        departures[best].resident = resident
        departures[best].reason = reason


@kernel
def serve(rules, desk, demands, departures, until, place):
    """Work off every instant before `until` (ms). place: int64[2], next demand and next departure; both sorted.

    Returns True when done, False when a table must grow first: grow it and call again.
    """
    while True:
        if _full(desk):
            return False
        _skip_void(desk)
        order = desk.heap[0].order if desk.used[HEAP_SIZE] > 0 else _FAR
        phase = _ENDS
        if place[0] < demands.shape[0] and _order_of(demands[place[0]].ms, _ARRIVALS) < order:
            order = _order_of(demands[place[0]].ms, _ARRIVALS)
            phase = _ARRIVALS
        if desk.used[CHANGE] < rules.change_ms.shape[0]:
            change = _order_of(rules.change_ms[desk.used[CHANGE]], _CAPACITY)
            if change < order:
                order = change
                phase = _CAPACITY
        if place[1] < departures.shape[0] and _order_of(departures[place[1]].ms, _DEPARTURES) < order:
            order = _order_of(departures[place[1]].ms, _DEPARTURES)
            phase = _DEPARTURES
        t = order >> 3
        if t >= until:
            return True
        slot = -1
        to = _NOWHERE
        if phase == _ENDS:
            slot = desk.heap[0].slot
            _drop_first(desk)
            if order & 7 == _ENDS:
                to = _finish_step(rules, desk, slot, t)
            else:
                to = _give_up(rules, desk, slot, t)
        elif phase == _ARRIVALS:
            slot = _open_case(rules, desk, demands[place[0]])
            place[0] += 1
            to = rules.start[desk.case[slot].kind]
        elif phase == _CAPACITY:
            while desk.used[CHANGE] < rules.change_ms.shape[0] and rules.change_ms[desk.used[CHANGE]] == order >> 3:
                change = desk.used[CHANGE]
                _change_capacity(desk, rules.change[change, 0], rules.change[change, 1], max(t, 0))
                desk.used[CHANGE] = change + 1
            _drain(rules, desk, max(t, 0))
        else:
            _next_departure(desk, departures, place[1])
            slot = desk.case_of[departures[place[1]].resident]
            if slot >= 0:
                _cut_short(desk, slot, t, departures[place[1]].reason)
                _close(rules, desk, slot, t, -1)
                _drain(rules, desk, t)
            place[1] += 1
        _follow(rules, desk, slot, to, t)


@kernel
def bring_up_to(desk, until):
    """Integrals of every pool up to `until`."""
    for p in range(desk.pool.shape[0]):
        _touch(desk.pool[p], until)


@kernel
def finish(desk, until):
    """Records of every case that is still open at the end of the run; returns False if the table must grow first."""
    for slot in range(desk.used[HIGHEST_SLOT]):
        if desk.used[CONTACTS] + SLACK > desk.contacts.shape[0]:
            return False
        case = desk.case[slot]
        if case.state != FREE:
            _write_step(desk, case, until, STILL_THERE)
            _write(desk, case, -1, -1, case.called, case.called, until, STILL_THERE, -1)
            case.state = FREE
    return True


@kernel
def sort_contacts(table, spare):
    """Contacts by (ended, key), with one row to spare.

    They are written in order of time, so only those of one instant can be out of order; rows of one case keep theirs.
    """
    for n in range(1, table.shape[0]):
        m = n
        while m > 0 and table[m - 1].ended == table[m].ended and table[m - 1].key > table[m].key:
            spare[0] = table[m]
            table[m] = table[m - 1]
            table[m - 1] = spare[0]
            m -= 1


@kernel
def sort_moves(table, spare):
    """Moves by (ms, resident); as above."""
    for n in range(1, table.shape[0]):
        m = n
        while m > 0 and table[m - 1].ms == table[m].ms and table[m - 1].resident > table[m].resident:
            spare[0] = table[m]
            table[m] = table[m - 1]
            table[m - 1] = spare[0]
            m -= 1
