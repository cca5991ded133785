"""Tables in order of time, and of a key where times tie: the order in which everything is handed over."""

from __future__ import annotations

import numpy as np

from icsim._compile import bytes_of, kernel, own_copy


def joined(tables: list[np.ndarray]) -> np.ndarray:
    """Tables of one dtype, one below the other."""
    return np.concatenate([bytes_of(table) for table in tables]).view(tables[0].dtype)


def in_order(table: np.ndarray, first: str, second: str) -> np.ndarray:
    """A copy sorted by two fields: times int64 or float32, and a key that is never negative.

    Times rarely tie: sorting them alone and putting the few ties right takes a quarter of the time of sorting by both.
    """
    times = np.ascontiguousarray(table[first]).astype(np.float64 if table[first].dtype.kind == "f" else np.int64)
    order = np.argsort(times, kind="stable")
    _settle_ties(order, times[order].view(np.int64), np.ascontiguousarray(table[second]).astype(np.uint64))
    return own_copy(np.take(bytes_of(table), order).view(table.dtype))


@kernel
def _settle_ties(order, times, keys):
    """Among rows of one time, the smaller key first. order: int64[n]; times: int64[n], sorted; keys: uint64[n]."""
    for n in range(1, order.shape[0]):
        m = n
        while m > 0 and times[m - 1] == times[n] and keys[order[m - 1]] > keys[order[m]]:
            order[m - 1], order[m] = order[m], order[m - 1]
            m -= 1
