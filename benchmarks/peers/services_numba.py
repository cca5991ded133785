"""The falls pathway as one hand-written Numba loop: these steps, these queues, nothing general. Same contacts written.

Cases are rows of a record array, the calendar is a binary heap, queues are linked lists by priority. Luck is Numba's own
generator. It is what the general engine is held against: how much does generality cost?
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

(FALL, CALL, VEHICLE, VEHICLE_SCENE, AMBULANCE, AMBULANCE_SCENE, TO_HOSPITAL, OWN_WAY, AT_HOME, DEPARTMENT,
 BED) = range(11)
SERVED, GAVE_UP, DIVERTED = range(3)
DAY = 86_400_000
VEHICLES, CREWS = 0, 1
PRIORITIES = 8

CASE = np.dtype([
    ("key", "u8"), ("called", "i8"), ("asked", "i8"), ("started", "i8"), ("resident", "i4"), ("cell", "i4"),
    ("token", "i4"), ("before", "i4"), ("after", "i4"), ("kind", "i2"), ("cls", "i2"), ("step", "i2"), ("held", "i2"),
    ("department", "i2"), ("waits", "i2")], align=True)
EVENT = np.dtype([("ms", "i8"), ("slot", "i4"), ("token", "i4")], align=True)
POOL = np.dtype([("capacity", "i4"), ("busy", "i4"), ("waiting", "i4")], align=True)
EVENTS, CONTACTS, FREE, SLOTS = range(4)


class Desk(NamedTuple):
    """Everything that changes."""

    case: np.ndarray
    pool: np.ndarray
    queue: np.ndarray
    heap: np.ndarray
    count: np.ndarray
    contacts: np.ndarray


_part = numba.njit(nogil=True, error_model="numpy", forceinline=True, _nrt=False, cache=True)
_loop = numba.njit(nogil=True, error_model="numpy", cache=True)


@_part
def _push(heap, count, ms, slot, token):
    n = count[EVENTS]
    count[EVENTS] = n + 1
    while n > 0:
        parent = (n - 1) >> 1
        if heap[parent].ms <= ms:
            break
        heap[n] = heap[parent]
        n = parent
    heap[n].ms, heap[n].slot, heap[n].token = ms, slot, token


@_part
def _pop(heap, count):
    size = count[EVENTS] - 1
    count[EVENTS] = size
    last = heap[size]
    n, child = 0, 1
    while child < size:
        if child + 1 < size and heap[child + 1].ms < heap[child].ms:
            child += 1
        if heap[child].ms >= last.ms:
            break
        heap[n] = heap[child]
        n, child = child, 2 * child + 1
    heap[n] = last


@_part
def _write(contacts, count, case, step, pool, asked, started, t, reason, outcome):
    row = contacts[count[CONTACTS]]
    count[CONTACTS] += 1
    row.asked, row.started, row.ended, row.called = asked, started, t, case.called
    row.key, row.resident, row.cell = case.key, case.resident, case.cell
    row.step, row.pool, row.reason, row.outcome = step, pool, reason, outcome
    row.kind, row.cls = case.kind, case.cls


@_part
def _pool_of(case, step):
    if step in (VEHICLE, VEHICLE_SCENE):
        return VEHICLES
    if step in (AMBULANCE, AMBULANCE_SCENE, TO_HOSPITAL):
        return CREWS
    if step == DEPARTMENT:
        return np.int64(case.department)
    return np.int64(case.department) + 1 if step == BED else -1


@_part
def _lasts(numbers, step, cls):
    p = numbers.duration[step, cls]
    if step == VEHICLE_SCENE:
        return np.int64(max(p[2], p[0] + p[1] * np.random.normal()))
    if step == AT_HOME:
        return np.int64(np.random.triangular(p[0], p[1], p[2]))
    return np.int64(np.exp(p[2] + p[3] * np.random.normal()))


@_part
def _start(numbers, desk, slot, step, t):
    case = desk.case[slot]
    case.step, case.started, case.waits = step, t, 0
    case.token += 1
    _push(desk.heap, desk.count, t + _lasts(numbers, step, case.cls), slot, case.token)


@_part
def _join(numbers, desk, slot, step, t):
    case = desk.case[slot]
    case.step, case.waits = step, 1
    case.token += 1
    p = _pool_of(case, step)
    ends = desk.queue[p, numbers.priority[step, case.cls]]
    case.before, case.after = ends[1], -1
    if ends[1] >= 0:
        desk.case[ends[1]].after = slot
    else:
        ends[0] = slot
    ends[1] = slot
    desk.pool[p].waiting += 1
    mean = numbers.patience[step, case.cls]
    patience = mean if numbers.patience_fixed[step, case.cls] else np.random.exponential(mean)
    _push(desk.heap, desk.count, t + np.int64(patience), slot, case.token)


@_part
def _leave(numbers, desk, slot, p):
    case = desk.case[slot]
    ends = desk.queue[p, numbers.priority[case.step, case.cls]]
    if case.before >= 0:
        desk.case[case.before].after = case.after
    else:
        ends[0] = case.after
    if case.after >= 0:
        desk.case[case.after].before = case.before
    else:
        ends[1] = case.before
    desk.pool[p].waiting -= 1


@_part
def _next(desk, p):
    """Slot of whom pool p serves next, or −1."""
    if desk.pool[p].waiting == 0 or desk.pool[p].busy >= desk.pool[p].capacity:
        return -1
    priority = 0
    while desk.queue[p, priority, 0] < 0:
        priority += 1
    return desk.queue[p, priority, 0]


@_part
def _free(numbers, desk, p, t):
    """A server of pool p is free; who waits takes it, and frees what they held: beds, cubicles, crews, vehicles."""
    while p >= 0:
        desk.pool[p].busy -= 1
        slot = _next(desk, p)
        if slot < 0:
            return
        case = desk.case[slot]
        _leave(numbers, desk, slot, p)
        desk.pool[p].busy += 1
        p = np.int64(case.held)
        case.held = -1
        _start(numbers, desk, slot, case.step, t)


@_part
def _ask(numbers, desk, slot, step, t):
    """Ask for a server; while one waits, what is held stays held."""
    case = desk.case[slot]
    case.asked = t
    p = _pool_of(case, step)
    if desk.pool[p].busy < desk.pool[p].capacity:
        desk.pool[p].busy += 1
        held = np.int64(case.held)
        case.held = -1
        _start(numbers, desk, slot, step, t)
        _free(numbers, desk, held, t)
    else:
        _join(numbers, desk, slot, step, t)


@_part
def _alone(numbers, desk, slot, step, t):
    case = desk.case[slot]
    held = np.int64(case.held)
    case.held = -1
    case.asked = t
    _start(numbers, desk, slot, step, t)
    _free(numbers, desk, held, t)


@_part
def _close(numbers, desk, slot, t, reason, outcome):
    case = desk.case[slot]
    _write(desk.contacts, desk.count, case, -1, -1, case.called, case.called, t, reason, outcome)
    held = np.int64(case.held)
    case.token += 1
    case.after = desk.count[FREE]
    desk.count[FREE] = slot
    _free(numbers, desk, held, t)


@_part
def _branch(numbers, step, cls):
    u = np.random.random()
    way = 0
    while way < 3 and u >= numbers.share[step, cls, way]:
        way += 1
    return way


@_part
def _arrive(numbers, desk, demand):
    slot = desk.count[FREE]
    if slot >= 0:
        desk.count[FREE] = desk.case[slot].after
    else:
        slot = desk.count[SLOTS]
        desk.count[SLOTS] += 1
    case = desk.case[slot]
    case.key, case.called, case.resident, case.cell = demand.key, demand.ms, demand.resident, demand.cell
    case.kind, case.cls, case.held = demand.kind, demand.cls, -1
    u = np.random.random()
    n = 0
    while u >= numbers.catchment[demand.place, n]:
        n += 1
    case.department = numbers.department[demand.place, n]
    t = demand.ms
    _write(desk.contacts, desk.count, case, FALL, -1, t, t, t, SERVED, -1)
    way = _branch(numbers, FALL, case.cls)
    if way == 2:
        _close(numbers, desk, slot, t, SERVED, numbers.outcome[FALL, way])
    else:
        _alone(numbers, desk, slot, CALL if way == 0 else OWN_WAY, t)


@_part
def _vehicle(numbers, desk, slot, t):
    case = desk.case[slot]
    pool = desk.pool[VEHICLES]
    hour = t % DAY
    if numbers.opens_ms <= hour < numbers.closes_ms and pool.busy < pool.capacity:
        pool.busy += 1
        case.asked = t
        _start(numbers, desk, slot, VEHICLE, t)
    else:
        _write(desk.contacts, desk.count, case, VEHICLE, VEHICLES, t, -1, t, DIVERTED, -1)
        _ask(numbers, desk, slot, AMBULANCE, t)


@_part
def _gave_up(numbers, desk, slot, t):
    case = desk.case[slot]
    p = _pool_of(case, case.step)
    _leave(numbers, desk, slot, p)
    on_the_road = case.step == AMBULANCE or case.step == TO_HOSPITAL
    _write(desk.contacts, desk.count, case, case.step, p, case.asked, -1, t, DIVERTED if on_the_road else GAVE_UP, -1)
    if on_the_road:
        _alone(numbers, desk, slot, OWN_WAY, t)
    else:
        outcome = numbers.left_unseen if case.step == DEPARTMENT else numbers.home_from_ae
        _close(numbers, desk, slot, t, GAVE_UP, outcome)


@_part
def _ended(numbers, desk, slot, t):
    case = desk.case[slot]
    step = np.int64(case.step)
    p = _pool_of(case, step)
    _write(desk.contacts, desk.count, case, step, p, case.asked, case.started, t, SERVED, -1)
    case.held = p
    if step in (VEHICLE, AMBULANCE):
        case.asked = t
        case.held = -1
        _start(numbers, desk, slot, step + 1, t)
    elif step in (TO_HOSPITAL, OWN_WAY, AT_HOME):
        _ask(numbers, desk, slot, DEPARTMENT, t)
    else:
        way = _branch(numbers, step, case.cls)
        if numbers.outcome[step, way] >= 0:
            _close(numbers, desk, slot, t, SERVED, numbers.outcome[step, way])
        elif step == CALL:
            if way == 1:
                _vehicle(numbers, desk, slot, t)
            else:
                _ask(numbers, desk, slot, AMBULANCE, t)
        elif step == DEPARTMENT:
            _ask(numbers, desk, slot, BED, t)
        elif way == 1:
            _alone(numbers, desk, slot, AT_HOME, t)
        elif step == AMBULANCE_SCENE:
            case.asked = t
            case.held = -1
            _start(numbers, desk, slot, TO_HOSPITAL, t)
        else:
            _ask(numbers, desk, slot, TO_HOSPITAL, t)


@_loop
def serve(numbers, desk, demands, until):
    """Every event before `until`; contacts lie in desk.contacts[: desk.count[CONTACTS]]."""
    n = 0
    while True:
        count = desk.count
        while count[EVENTS] > 0 and desk.heap[0].token != desk.case[desk.heap[0].slot].token:
            _pop(desk.heap, count)
        due = desk.heap[0].ms if count[EVENTS] > 0 else until
        if n < demands.shape[0] and demands[n].ms < due:
            if demands[n].ms >= until:
                return
            _arrive(numbers, desk, demands[n])
            n += 1
            continue
        if due >= until:
            return
        slot = np.int64(desk.heap[0].slot)
        _pop(desk.heap, count)
        if desk.case[slot].waits:
            _gave_up(numbers, desk, slot, due)
        else:
            _ended(numbers, desk, slot, due)


@_loop
def seed(value):
    """Numba's own generator."""
    np.random.seed(value)


def desk_for(numbers, demands: np.ndarray, contact: np.dtype) -> Desk:
    """Tables large enough from the start, and touched, so that the run meets no page fault."""
    pool = np.zeros(len(numbers.capacity), POOL)
    pool["capacity"] = numbers.capacity
    count = np.zeros(4, np.int64)
    count[FREE] = -1
    contacts = np.zeros(5 * len(demands) + 1000, contact)
    contacts["step"] = -1
    return Desk(np.zeros(65_536, CASE), pool, np.full((len(pool), PRIORITIES, 2), -1, np.int32),
                np.zeros(131_072, EVENT), count, contacts)


def run(numbers, desk: Desk, demands: np.ndarray, until_ms: int) -> np.ndarray:
    """Contacts of everything that ended before `until_ms`."""
    serve(numbers, desk, demands, until_ms)
    return desk.contacts[: desk.count[CONTACTS]]
