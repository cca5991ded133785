"""Tables in order of time, and of a key where times tie: the order in which everything is handed over."""

from __future__ import annotations

import numpy as np

from icsim._compile import bytes_of, kernel, owned

_DIGIT = 11
"""Bits of a time that one pass of sorting looks at: as many counters as lie in the nearest cache."""


def joined(tables: list[np.ndarray]) -> np.ndarray:
    """Tables of one dtype, one below the other."""
    return np.concatenate([bytes_of(table) for table in tables]).view(tables[0].dtype)


def in_order(table: np.ndarray, first: str, second: str) -> np.ndarray:
    """A copy sorted by two fields: times int64 or (0 or more) float32, and a key that is never negative."""
    times = np.ascontiguousarray(table[first])
    ticks = (times.view(np.int32) if times.dtype.kind == "f" else times).astype(np.int64)
    order = _by_time(ticks - ticks.min(initial=0))
    _settle_ties(order, ticks[order], np.ascontiguousarray(table[second]).astype(np.uint64))
    return owned(np.take(bytes_of(table), order).view(table.dtype))


def _by_time(ticks: np.ndarray) -> np.ndarray:
    """Places of `ticks` (int64, 0 or more) in their order, digit by digit from the last (Knuth 5.2.5, algorithm R).

    A tenth of the time of NumPy's stable sort on a month of demands.
    """
    order, spare, count = np.arange(len(ticks)), np.empty(len(ticks), np.int64), np.empty(1 << _DIGIT, np.int64)
    for shift in range(0, int(ticks.max(initial=0)).bit_length(), _DIGIT):
        _sort_by_digit(ticks, shift, order, spare, count)
        order, spare = spare, order
    return order


@kernel
def _sort_by_digit(ticks, shift, order, into, count):
    """The places in `order`, sorted by one digit of their ticks; those of one digit stay as they stand."""
    mask = count.shape[0] - 1
    count[:] = 0
    for n in range(ticks.shape[0]):
        count[(ticks[n] >> shift) & mask] += 1
    before = np.int64(0)
    for digit in range(count.shape[0]):
        here = count[digit]
        count[digit] = before
        before += here
    for n in range(order.shape[0]):
        digit = (ticks[order[n]] >> shift) & mask
        into[count[digit]] = order[n]
        count[digit] += 1


@kernel
def _settle_ties(order, ticks, keys):
    """Among rows of one time, the smaller key first. order: int64[n], by time; ticks: int64[n], sorted; keys: uint64[n]."""
    for n in range(1, order.shape[0]):
        m = n
        while m > 0 and ticks[m - 1] == ticks[n] and keys[order[m - 1]] > keys[order[m]]:
            order[m - 1], order[m] = order[m], order[m - 1]
            m -= 1
