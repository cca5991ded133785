"""What a service engine hands back for a stretch of time; both engines fill the same tables."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

POOL_SUMS = np.dtype(
    [
        ("busy_ms", "i8"),  # servers busy × time; a server that is held or suspended with its case is busy
        ("open_ms", "i8"),  # capacity × time; 0 for a pool without a limit
        ("waiting_ms", "i8"),  # cases in the queue × time, those sent away by a shift end included
        ("arrivals", "i8"),  # cases granted at once or queued; not the refused, nor those that kept a server
        ("grants", "i8"),  # of these, cases that were granted (a case sent away and granted again counts once)
        ("left_queue", "i8"),  # of these, cases that gave up or departed before they were granted
        ("refused", "i8"),  # cases turned away at once, because it was closed or full; they are no arrivals
    ]
)
"""Exact totals of one pool over one stretch: arrivals = grants + left_queue + growth of those who wait unserved."""

SUM_NAMES: tuple[str, ...] = POOL_SUMS.names or ()


class Served(NamedTuple):
    """One stretch of time, from the end of the previous call."""

    contacts: np.ndarray  # CONTACT, sorted by (ended, key), and within a case in the order in which they happened
    moves: np.ndarray  # MOVE, sorted by (ms, resident)
    sums: np.ndarray  # POOL_SUMS[P], of this stretch alone
