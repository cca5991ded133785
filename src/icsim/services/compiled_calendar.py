"""The calendar of the compiled services: a binary heap of events by (order, key), and how long a thing takes."""

from __future__ import annotations

import numpy as np

from icsim import rng
from icsim._compile import inlined
from icsim.services.layout import HEAP_SIZE
from icsim.services.model import EXPONENTIAL, LOGNORMAL, NORMAL, TRIANGULAR, UNIFORM

DEPARTURES, CAPACITY, ENDS, PATIENCE_OVER, ARRIVALS, TAKEN_UP = range(6)
"""Phases of an instant, in their order."""


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


@inlined
def earlier(a, b):
    """Whether event a comes before event b; no branch, since which of two is the earlier nobody can foresee."""
    return (a.order < b.order) | ((a.order == b.order) & (a.key < b.key))


@inlined
def _put(event, other):
    """event ← other, field by field: a record assigned whole is copied byte by byte."""
    event.order = other.order
    event.key = other.key
    event.slot = other.slot
    event.token = other.token


@inlined
def schedule(desk, slot, ms, phase):
    """Enter an event for the case in `slot`; any earlier event of that case is void from now on."""
    case = desk.case[slot]
    case.token += 1
    heap = desk.heap
    order = ms * 8 + phase
    key = case.key
    n = desk.used[HEAP_SIZE]
    desk.used[HEAP_SIZE] = n + 1
    while n > 0:
        parent = (n - 1) >> 2
        above = heap[parent]
        if above.order < order or (above.order == order and above.key <= key):
            break
        _put(heap[n], above)
        n = parent
    heap[n].order = order
    heap[n].key = key
    heap[n].slot = slot
    heap[n].token = case.token


@inlined
def _earlier_of(heap, a, b):
    """Which of two entries comes first."""
    return b if earlier(heap[b], heap[a]) else a


@inlined
def _first_child(heap, n, size):
    """Of the children of entry n, of which there is at least one, the earliest."""
    child = 4 * n + 1
    if child + 3 < size:
        return _earlier_of(heap, _earlier_of(heap, child, child + 1), _earlier_of(heap, child + 2, child + 3))
    best = child
    for other in range(child + 1, size):
        best = _earlier_of(heap, best, other)
    return best


@inlined
def drop_first(desk):
    """Remove the earliest event."""
    heap = desk.heap
    size = desk.used[HEAP_SIZE] - 1
    desk.used[HEAP_SIZE] = size
    last = heap[size]
    n = 0
    while 4 * n + 1 < size:
        child = _first_child(heap, n, size)
        if not earlier(heap[child], last):
            break
        _put(heap[n], heap[child])
        n = child
    _put(heap[n], last)
