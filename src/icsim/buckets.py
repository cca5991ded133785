"""Fixed logarithmic buckets for waits, so that waits of any number of runs, places and years add up exactly.

Bucket 0: no wait at all. Bucket 1: less than 42 seconds. From there each bucket is √2 times as wide as the one before:
bucket b covers [EDGES_MS[b], EDGES_MS[b + 1]) with EDGES_MS[b] = 30 s · 2^((b − 1) / 2); the last has no upper end.
A quantile read from the counts is at most one bucket (a factor √2) away from the exact one, and usually far nearer.
"""

from __future__ import annotations

from math import isqrt

import numpy as np

BUCKETS = 64
LAST_DOUBLING = 31
_FIRST_MS = 30_000
_SECOND_SCALED = isqrt(_FIRST_MS * _FIRST_MS << 65)
"""30 s · √2 in milliseconds · 2^32: shifted right it gives every second edge, rounded down."""


def _edge(bucket: int) -> int:
    """Lower edge in milliseconds, in whole numbers only: ⌊√(first² · 2^(b − 1))⌋."""
    return 0 if bucket == 0 else isqrt(_FIRST_MS * _FIRST_MS << (bucket - 1))


EDGES_MS = np.array([_edge(bucket) for bucket in range(BUCKETS)], np.int64)
"""int64[64], milliseconds. Bucket 1 also takes the waits between 0 and EDGES_MS[1]."""


def bucket_of(ms: int) -> int:
    """The bucket (0–63) of a wait in milliseconds.

    Whole numbers only, and no table: kernels compile it with `_compile.equation`, and a kernel cannot keep an array.
    """
    if ms <= 0:
        return 0
    doublings = 0
    while doublings < LAST_DOUBLING and ms >= _FIRST_MS << (doublings + 1):
        doublings += 1
    upper_half = doublings < LAST_DOUBLING and ms >= _SECOND_SCALED >> (32 - doublings)
    return 2 * doublings + (2 if upper_half else 1)


def quantile(counts: np.ndarray, q: float) -> float | None:
    """The wait in milliseconds that a share `q` of the cases does not exceed; None where there are no cases.

    counts: integers[64]. Within a bucket the cases are spread evenly on the logarithmic scale (bucket 1: on the plain
    scale from 0), so the answer is lower · (upper / lower)^share.
    """
    cumulative = np.cumsum(counts)
    total = int(cumulative[-1])
    if total == 0:
        return None
    rank = q * total
    bucket = min(int(np.searchsorted(cumulative, rank)), BUCKETS - 1)
    if bucket == 0:
        return 0.0
    before = int(cumulative[bucket - 1])
    return _within(bucket, (rank - before) / (int(cumulative[bucket]) - before))


def _within(bucket: int, share: float) -> float:
    """The wait that a share of the bucket's cases does not exceed, in milliseconds."""
    if bucket == 1:
        return share * float(EDGES_MS[2])
    lower = float(EDGES_MS[bucket])
    upper = float(EDGES_MS[bucket + 1]) if bucket + 1 < BUCKETS else lower * 2**0.5
    return lower * (upper / lower) ** share
