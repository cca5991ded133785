"""Pools of servers in the compiled services: who waits, who is served, and what a shift end does."""

from __future__ import annotations

import numpy as np

from icsim import rng
from icsim._compile import inlined
from icsim.services.compiled_calendar import ENDS, sample_ms, schedule
from icsim.services.layout import (
    CONTACTS,
    HIGHEST_SLOT,
    OVERFLOW,
    QUEUED,
    RUNNING,
    STACK_SIZE,
    SUSPENDED,
)
from icsim.services.model import LAST, PRE_EMPT, UNLIMITED, WAIT


@inlined
def _new_contact(desk, ended, key):
    """Where a contact goes that lies in order of (ended, key): they come in order of time, so only those of one instant
    make way; rows of one case keep their order.
    """
    n = desk.used[CONTACTS]
    table = desk.contacts
    while n > 0 and table[n - 1].ended == ended and table[n - 1].key > key:
        table[n] = table[n - 1]
        n -= 1
    desk.used[CONTACTS] += 1
    return n


@inlined
def write(desk, case, step, pool, asked, started, ended, reason, outcome):
    if desk.used[CONTACTS] >= desk.contacts.shape[0]:
        desk.used[OVERFLOW] = 1
        return
    row = desk.contacts[_new_contact(desk, ended, case.key)]
    row.asked = asked
    row.started = started
    row.ended = ended
    row.called = case.called
    row.marked = case.marked
    row.marked_pool = case.marked_pool
    row.key = case.key
    row.resident = case.resident
    row.cell = case.cell
    row.step = step
    row.pool = pool
    row.reason = reason
    row.outcome = outcome
    row.kind = case.kind
    row.cls = case.cls


@inlined
def write_step(desk, case, t, reason):
    """The record of the step that ends now."""
    write(desk, case, case.step, case.pool, case.asked, case.started, t, reason, -1)


@inlined
def touch(pool, t):
    """Bring the integrals up to t; called before anything in them changes."""
    past = t - pool.since
    if past > 0:
        pool.busy_ms += pool.busy * past
        pool.waiting_ms += pool.waiting * past
        if pool.capacity < UNLIMITED:
            pool.open_ms += pool.capacity * past
        pool.since = t


@inlined
def wake(desk, p):
    """Pool p may be able to start somebody."""
    if desk.dirty[p] == 0:
        desk.dirty[p] = 1
        desk.stack[desk.used[STACK_SIZE]] = p
        desk.used[STACK_SIZE] += 1


@inlined
def free_held(desk, case, t):
    """Give back the server that the case kept."""
    h = case.held
    if h >= 0:
        pool = desk.pool[h]
        touch(pool, t)
        pool.busy -= 1
        pool.held -= 1
        case.held = -1
        wake(desk, h)


@inlined
def end_tenancy(desk, p, t):
    """A resident no longer keeps a server of pool p."""
    pool = desk.pool[p]
    touch(pool, t)
    pool.busy -= 1
    pool.kept -= 1
    wake(desk, p)


@inlined
def has_server(pool, yields):
    """Whether a server is free for a case; one that yields leaves the reserve alone."""
    return pool.busy < pool.capacity - (pool.reserve if yields else 0)


@inlined
def pool_for(rules, case, service):
    """The provider of this service for this case: the same uniform decides for every service."""
    n = rules.provider_from[service, case.place]
    last = rules.provider_from[service, case.place + 1] - 1
    while n < last and case.provider >= rules.provider_cumulative[n]:
        n += 1
    return rules.provider_pool[n]


@inlined
def join(desk, slot, p, first):
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
    if case.priority == LAST:
        desk.pool[p].listed += 1


@inlined
def leave_queue(desk, slot, p):
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
    if case.priority == LAST:
        desk.pool[p].listed -= 1


@inlined
def first_in_queue(desk, p):
    """Slot of the case to be served first at pool p; the caller knows that somebody waits."""
    priority = 0
    while desk.queue[p, priority, 0] < 0:
        priority += 1
    return desk.queue[p, priority, 0]


@inlined
def more_deserving(a, b):
    """Whether case a is kept rather than b when a shift ends: priority, then earlier start, then key."""
    if a.priority != b.priority:
        return a.priority < b.priority
    if a.started != b.started:
        return a.started < b.started
    return a.key < b.key


@inlined
def extreme(desk, p, state, most):
    """Slot of the most (or least) deserving case of pool p in this state. Rare: looks at every slot."""
    found = -1
    for slot in range(desk.used[HIGHEST_SLOT]):
        case = desk.case[slot]
        if (
            case.state == state
            and case.pool == p
            and (found < 0 or more_deserving(case, desk.case[found]) == most)
        ):
            found = slot
    return found


@inlined
def begin(rules, desk, slot, t):
    """Service of the case begins (or goes on with what remained)."""
    case = desk.case[slot]
    case.state = RUNNING
    left = case.remaining
    if left < 0:
        case.started = t
        step = rules.step[case.step]
        left = sample_ms(rules.duration[case.step, case.cls], rng.draw(step.duration_stream, case.key, case.lap))
        if step.shorten_service >= 0:
            crowded = desk.pool[pool_for(rules, case, step.shorten_service)]
            if crowded.pressure >= step.shorten_above:
                left = np.int64(left * step.shorten_factor + 0.5)
    case.remaining = -1
    case.ends = t + left
    schedule(desk, slot, t + left, ENDS)


@inlined
def grant(rules, desk, slot, p, t):
    """A server of pool p for the case; the server that it kept elsewhere is freed."""
    case = desk.case[slot]
    pool = desk.pool[p]
    pool.busy += 1
    pool.running += 1
    if case.remaining < 0:
        pool.grants += 1
    begin(rules, desk, slot, t)
    free_held(desk, case, t)


@inlined
def drain(rules, desk, t):
    """Freed servers go to those who wait, until nothing more can start."""
    while desk.used[STACK_SIZE] > 0:
        desk.used[STACK_SIZE] -= 1
        p = desk.stack[desk.used[STACK_SIZE]]
        desk.dirty[p] = 0
        pool = desk.pool[p]
        touch(pool, t)
        while pool.suspended > 0 and pool.busy - pool.suspended < pool.capacity:
            resume(desk, extreme(desk, p, SUSPENDED, True), p, t)
        while pool.waiting > 0 and pool.busy < pool.capacity:
            slot = first_in_queue(desk, p)
            if not has_server(pool, desk.case[slot].priority == LAST):
                break
            leave_queue(desk, slot, p)
            grant(rules, desk, slot, p, t)


@inlined
def resume(desk, slot, p, t):
    """A suspended case goes on, with the server it had."""
    case = desk.case[slot]
    pool = desk.pool[p]
    pool.suspended -= 1
    pool.running += 1
    case.state = RUNNING
    case.ends = t + case.remaining
    case.remaining = -1
    schedule(desk, slot, case.ends, ENDS)


@inlined
def suspend(desk, p, t):
    """Shift end `wait`: the least deserving case stops with its server until there is capacity again."""
    slot = extreme(desk, p, RUNNING, False)
    case = desk.case[slot]
    case.state = SUSPENDED
    case.remaining = case.ends - t
    case.token += 1
    desk.pool[p].running -= 1
    desk.pool[p].suspended += 1


@inlined
def send_away(desk, p, t):
    """Shift end `pre-empt`: the least deserving case goes back to the head of its class."""
    slot = extreme(desk, p, RUNNING, False)
    case = desk.case[slot]
    case.remaining = case.ends - t
    case.token += 1
    desk.pool[p].running -= 1
    desk.pool[p].busy -= 1
    join(desk, slot, p, True)


@inlined
def change_capacity(desk, p, planned, t):
    """Another number of planned servers; or (REVIEW) the pressure is taken, and opens or closes escalation servers."""
    pool = desk.pool[p]
    touch(pool, t)
    if planned >= 0:
        pool.planned = planned
    else:
        pool.pressure = (pool.busy + pool.waiting - pool.listed) / max(pool.planned, 1)
        pool.opened = pool.extra if pool.pressure >= pool.above else 0
    pool.capacity = pool.planned + pool.opened if pool.planned > 0 else 0
    if pool.shift_end == WAIT:
        while pool.running > 0 and pool.busy - pool.suspended > pool.capacity:
            suspend(desk, p, t)
    elif pool.shift_end == PRE_EMPT:
        while pool.running > 0 and pool.busy > pool.capacity:
            send_away(desk, p, t)
    wake(desk, p)
