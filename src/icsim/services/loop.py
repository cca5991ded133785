"""The event loop of the services, compiled. What each rule means is said in docs/background/services.md and, readably,
in `reference.py`, which gives the same trace.

An instant is worked off in the order: departures, capacity, ends, patience, arrivals, cases put off; ties by case key.
Whatever frees a server puts its pool on a stack; `drain` grants freed servers to queues until nothing more can start. The
order in which pools are drained does not matter: a grant can only free servers, never take one that another queue could
have had.
"""

from __future__ import annotations

import numpy as np

from icsim import rng
from icsim._compile import inlined, kernel
from icsim.services.compiled_calendar import (
    ARRIVALS,
    CAPACITY,
    DEPARTURES,
    ENDS,
    PATIENCE_OVER,
    TAKEN_UP,
    drop_first,
    sample_ms,
    schedule,
)
from icsim.services.compiled_pools import (
    begin,
    change_capacity,
    drain,
    end_tenancy,
    free_held,
    grant,
    has_server,
    join,
    leave_queue,
    pool_for,
    touch,
    wake,
    write,
    write_step,
)
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
    TOUCHED,
    WAITS_ITS_TURN,
)
from icsim.services.model import LAST, NONE, REFUSE_CLOSED, REFUSE_FULL
from icsim.tables import DIVERTED, GAVE_UP, JOINED, MOVED_ON, PUT_OFF, REFUSED, SERVED, STILL_THERE

_FAR = np.int64(2**62)
_NOWHERE = -1_000_000
"""No step to enter: the case waits, is served, or is gone."""
SLACK = 1024
"""Rows that must be free in every table before an event is worked off."""
AHEAD = 32
"""Demands that are looked at together before they come."""


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
    case.marked = -1
    case.marked_pool = -1
    case.following = -1
    case.state = PAUSED
    case.reason = SERVED
    case.provider = rng.draw(rules.provider_stream[0], demand.key, 0)
    return slot


@inlined
def _arrive(rules, desk, demand, t):
    """A demand comes: a new case, unless its resident has one. Then it is put off until that has ended; if another waits for
    that already, the two are seen to as one. Returns the slot of a case that begins, or −1.
    """
    first = desk.case_of[demand.resident] if demand.resident >= 0 else -1
    if first >= 0 and (desk.case[first].following >= 0 or desk.case[first].state == WAITS_ITS_TURN):
        _tell(desk, t, demand.resident, JOINED)
        return -1
    slot = _open_case(rules, desk, demand)
    if first >= 0:
        desk.case[first].following = slot
        desk.case[slot].state = WAITS_ITS_TURN
        _tell(desk, t, demand.resident, PUT_OFF)
        return -1
    if demand.resident >= 0:
        desk.case_of[demand.resident] = slot
    return slot


@inlined
def _let_follow(rules, desk, case, t):
    """The case has ended: one of the same resident that was put off is next, at its time of day."""
    slot = case.following
    desk.case_of[case.resident] = slot
    if slot >= 0:
        by = rules.put_off_by[0]
        called = desk.case[slot].called
        schedule(desk, slot, called + (t - called + by - 1) // by * by, TAKEN_UP)


@inlined
def _take_up(rules, desk, slot, t):
    """A case that was put off begins. Returns its first step."""
    case = desk.case[slot]
    case.called = t
    case.state = PAUSED
    return rules.start[case.kind]


@inlined
def _look_ahead(desk, demands, n):
    """Touch what is known of the next residents to come, so that the processor fetches it side by side: one after the
    other these misses were a fifth of the loop's time.
    """
    touched = np.int64(0)
    for m in range(n, min(n + AHEAD, demands.shape[0])):
        touched ^= desk.case_of[max(demands[m].resident, 0)]
    desk.used[TOUCHED] = touched


@inlined
def _close(rules, desk, slot, t, outcome):
    """The case ends, with an outcome or (−1) without: its record, its move, its slot."""
    case = desk.case[slot]
    reason = case.reason
    free_held(desk, case, t)
    write(desk, case, -1, -1, case.called, case.called, t, reason, outcome)
    if case.resident >= 0:
        _release(rules, desk, case, t, outcome)
    case.state = FREE
    case.token += 1
    case.after = desk.used[FREE_SLOT]
    desk.used[FREE_SLOT] = slot


@inlined
def _release(rules, desk, case, t, outcome):
    """The resident's move: what the outcome sets, and when."""
    _let_follow(rules, desk, case, t)
    attribute = rules.outcome[outcome, 0] if outcome >= 0 else -1
    level = rules.outcome[outcome, 1] if outcome >= 0 else -1
    _tell(desk, t, case.resident, case.reason, attribute, level)


@inlined
def _tell(desk, t, resident, reason, attribute=-1, level=-1):
    """A row of MOVE."""
    if desk.used[MOVES] >= desk.moves.shape[0]:
        desk.used[OVERFLOW] = 1
        return
    move = desk.moves[_new_move(desk, t, resident)]
    move.ms = t
    move.resident = resident
    move.attribute = attribute
    move.level = level
    move.reason = reason


@inlined
def _new_move(desk, t, resident):
    """Where a move goes that lies in order of (ms, resident); as contacts do."""
    n = desk.used[MOVES]
    table = desk.moves
    while n > 0 and table[n - 1].ms == t and table[n - 1].resident > resident:
        table[n] = table[n - 1]
        n -= 1
    desk.used[MOVES] += 1
    return n


@inlined
def _diverted(rules, desk, case, step, to):
    """Where a case that would go to `to` (as in branch_to) goes under pressure: the first diversion that applies."""
    for n in range(step.divert_from, step.divert_end):
        row = rules.divert[n]
        crowded = desk.pool[pool_for(rules, case, row.service)]
        if row.to == to and crowded.pressure >= row.above and rng.draw(row.stream, case.key, case.lap) < row.share:
            return row.instead
    return to


@inlined
def _branch(rules, desk, case):
    """The step (or −2 − outcome) after this one: one uniform on a fixed order of outcomes, then diversions."""
    step = rules.step[case.step]
    u = rng.draw(step.branch_stream, case.key, case.lap)
    n = step.branch_from
    while n < step.branch_end - 1 and u >= rules.branch_cumulative[case.cls, n]:
        n += 1
    to = _diverted(rules, desk, case, step, rules.branch_to[n])
    if to < 0:
        return to - 1
    if to <= case.step:
        case.lap += 1
    return to


@inlined
def _turn_away(rules, desk, case, t, reason):
    """Refused, or out of patience: the step, outcome or end where the case goes instead."""
    to = rules.step[case.step].otherwise
    write_step(desk, case, t, DIVERTED if to >= 0 else reason)
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
    case.priority = LAST if step.yields else rules.priority[s, case.cls]
    if step.mark:
        case.marked = t
        case.marked_pool = -1
    if step.service < 0:
        free_held(desk, case, t)
        case.started = t
        case.state = PAUSED
        took = sample_ms(rules.duration[s, case.cls], rng.draw(step.duration_stream, case.key, case.lap))
        if took == 0:
            write_step(desk, case, t, SERVED)
            return _branch(rules, desk, case)
        schedule(desk, slot, t + took, ENDS)
        return _NOWHERE
    p = pool_for(rules, case, step.service)
    pool = desk.pool[p]
    case.pool = p
    if step.mark:
        case.marked_pool = p
    touch(pool, t)
    if case.held == p:
        case.held = -1
        pool.held -= 1
        pool.running += 1
        begin(rules, desk, slot, t)
    elif pool.capacity == 0 and step.refuse & REFUSE_CLOSED:
        pool.refused += 1
        return _turn_away(rules, desk, case, t, REFUSED)
    elif has_server(pool, case.priority == LAST):
        pool.arrivals += 1
        grant(rules, desk, slot, p, t)
    elif step.refuse & REFUSE_FULL and pool.waiting >= pool.limit:
        pool.refused += 1
        return _turn_away(rules, desk, case, t, REFUSED)
    else:
        pool.arrivals += 1
        _wait(rules, desk, slot, s, p, t)
    return _NOWHERE


@inlined
def _wait(rules, desk, slot, s, p, t):
    case = desk.case[slot]
    join(desk, slot, p, False)
    patience = rules.patience[s, case.cls]
    case.token += 1
    if patience.kind != NONE:
        u = rng.draw(rules.step[s].patience_stream, case.key, case.lap)
        schedule(desk, slot, t + sample_ms(patience, u), PATIENCE_OVER)


@inlined
def _finish_step(rules, desk, slot, t):
    """A duration ends: the record, the server, and (after the freed server has gone to the next) the branch."""
    case = desk.case[slot]
    write_step(desk, case, t, SERVED)
    p = case.pool
    if p >= 0:
        pool = desk.pool[p]
        touch(pool, t)
        pool.running -= 1
        step = rules.step[case.step]
        if step.keep and case.resident >= 0:
            _keep(desk, case.resident, p, t)
        elif step.hold:
            pool.held += 1
            case.held = p
        else:
            pool.busy -= 1
            wake(desk, p)
    case.state = PAUSED
    case.pool = -1
    drain(rules, desk, t)
    return _branch(rules, desk, case)


@inlined
def _keep(desk, resident, p, t):
    """The server stays with the resident as a long hold; one that they kept before is free."""
    before = desk.tenant[resident]
    desk.pool[p].kept += 1
    desk.tenant[resident] = p
    if before >= 0:
        end_tenancy(desk, before, t)


@inlined
def _give_up(rules, desk, slot, t):
    case = desk.case[slot]
    pool = desk.pool[case.pool]
    touch(pool, t)
    leave_queue(desk, slot, case.pool)
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
    if case.state != WAITS_ITS_TURN:
        write_step(desk, case, t, reason)
    if p >= 0:
        pool = desk.pool[p]
        touch(pool, t)
        if case.state == QUEUED:
            leave_queue(desk, slot, p)
            if case.remaining < 0:
                pool.left_queue += 1
        else:
            pool.busy -= 1
            if case.state == RUNNING:
                pool.running -= 1
            else:
                pool.suspended -= 1
            wake(desk, p)


@inlined
def _follow(rules, desk, slot, to, t):
    """From step to step as long as no time passes; closes the case when it ends."""
    while to != _NOWHERE:
        if to >= 0:
            to = _enter(rules, desk, slot, to, t)
        else:
            _close(rules, desk, slot, t, -2 - to)
            to = _NOWHERE
        drain(rules, desk, t)


# The loop ------------------------------------------------------------------------------------------------------------


@inlined
def _skip_void(desk):
    """Remove events whose case has moved on since they were entered."""
    while desk.used[HEAP_SIZE] > 0 and desk.heap[0].token != desk.case[desk.heap[0].slot].token:
        drop_first(desk)


@inlined
def _full(desk):
    """Whether a table might not hold what one more event writes; one event may start every case that waits."""
    count = desk.used
    return (
        count[CONTACTS] + SLACK > desk.contacts.shape[0]
        or count[MOVES] + SLACK > desk.moves.shape[0]
        or count[HIGHEST_SLOT] + 2 > desk.case.shape[0]
        or count[HEAP_SIZE] + count[HIGHEST_SLOT] + SLACK > desk.heap.shape[0]
    )


@inlined
def _order_of(ms, phase):
    return ms * 8 + phase


@inlined
def _case_cut(desk, departure):
    """Slot of the case that this departure cuts short; −1: none."""
    return -1 if departure.reason == MOVED_ON else desk.case_of[departure.resident]


@inlined
def _next_departure(desk, departures, n):
    """Of the departures at this instant, those that cut a case short come first, by its key: move the next to place n."""
    ms = departures[n].ms
    best = -1
    for m in range(n, departures.shape[0]):
        if departures[m].ms != ms:
            break
        slot = _case_cut(desk, departures[m])
        if slot >= 0 and (best < 0 or desk.case[slot].key < desk.case[_case_cut(desk, departures[best])].key):
            best = m
    if best > n:
        resident, reason = departures[best].resident, departures[best].reason
        for m in range(best, n, -1):
            departures[m] = departures[m - 1]
        departures[n].resident = resident
        departures[n].reason = reason


@inlined
def _depart(rules, desk, departure, t):
    """Somebody dies, leaves, or needs a long hold no more."""
    slot = _case_cut(desk, departure)
    while slot >= 0:
        following = desk.case[slot].following
        desk.case[slot].following = -1
        _cut_short(desk, slot, t, departure.reason)
        _close(rules, desk, slot, t, -1)
        slot = following
    p = desk.tenant[departure.resident]
    if p >= 0:
        desk.tenant[departure.resident] = -1
        end_tenancy(desk, p, t)
    drain(rules, desk, t)


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
        phase = ENDS
        if place[0] < demands.shape[0] and _order_of(demands[place[0]].ms, ARRIVALS) < order:
            order = _order_of(demands[place[0]].ms, ARRIVALS)
            phase = ARRIVALS
        if desk.used[CHANGE] < rules.change_ms.shape[0]:
            change = _order_of(rules.change_ms[desk.used[CHANGE]], CAPACITY)
            if change < order:
                order = change
                phase = CAPACITY
        if place[1] < departures.shape[0] and _order_of(departures[place[1]].ms, DEPARTURES) < order:
            order = _order_of(departures[place[1]].ms, DEPARTURES)
            phase = DEPARTURES
        t = order >> 3
        if t >= until:
            return True
        slot = -1
        to = _NOWHERE
        if phase == ENDS:
            slot = desk.heap[0].slot
            drop_first(desk)
            if order & 7 == ENDS:
                to = _finish_step(rules, desk, slot, t)
            elif order & 7 == PATIENCE_OVER:
                to = _give_up(rules, desk, slot, t)
            else:
                to = _take_up(rules, desk, slot, t)
        elif phase == ARRIVALS:
            if place[0] % AHEAD == 0:
                _look_ahead(desk, demands, place[0])
            slot = _arrive(rules, desk, demands[place[0]], t)
            place[0] += 1
            if slot >= 0:
                to = rules.start[desk.case[slot].kind]
        elif phase == CAPACITY:
            while desk.used[CHANGE] < rules.change_ms.shape[0] and rules.change_ms[desk.used[CHANGE]] == order >> 3:
                change = desk.used[CHANGE]
                change_capacity(desk, rules.change[change, 0], rules.change[change, 1], max(t, 0))
                desk.used[CHANGE] = change + 1
            drain(rules, desk, max(t, 0))
        else:
            _next_departure(desk, departures, place[1])
            _depart(rules, desk, departures[place[1]], t)
            place[1] += 1
        _follow(rules, desk, slot, to, t)


@kernel
def bring_up_to(desk, until):
    """Integrals of every pool up to `until`."""
    for p in range(desk.pool.shape[0]):
        touch(desk.pool[p], until)


@kernel
def finish(desk, until, slots):
    """Records of the cases in these slots (int64[n], in order of key), which are still open at the end of the run; returns
    False if the table must grow first.
    """
    for slot in slots:
        if desk.used[CONTACTS] + SLACK > desk.contacts.shape[0]:
            return False
        case = desk.case[slot]
        if case.state != FREE:
            if case.state != WAITS_ITS_TURN:
                write_step(desk, case, until, STILL_THERE)
            write(desk, case, -1, -1, case.called, case.called, until, STILL_THERE, -1)
            case.state = FREE
    return True
