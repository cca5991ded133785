"""How fast this machine is: two fixed pieces of work without NumPy's or Numba's help in the first, printed beside."""

from __future__ import annotations

import statistics

import numpy as np

from benchmarks.row import Row, core_seconds

_TURNS = 2_000_000
_BYTES = 256 * 2**20


def run() -> list[Row]:
    """Plain Python arithmetic, and copying memory: medians of five."""
    turns = statistics.median(core_seconds(_arithmetic)[0] for _ in range(5))
    source, target = np.ones(_BYTES, np.uint8), np.ones(_BYTES, np.uint8)
    copied = statistics.median(core_seconds(lambda: np.copyto(target, source))[0] for _ in range(5))
    return [
        Row("yardstick", "plain Python, x ← (5x + 1) mod 2³²", _TURNS / turns / 1e6, "million turns a core-second"),
        Row("yardstick", "memory copied", _BYTES / copied / 1e9, "GB a core-second"),
    ]


def _arithmetic() -> int:
    x = 1
    for _ in range(_TURNS):
        x = (5 * x + 1) & 0xFFFFFFFF
    return x
