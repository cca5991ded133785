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

    counts: integers[64].
    """
    found = float(quantiles(counts[None, :], q)[0])
    return None if np.isnan(found) else found


def quantiles(counts: np.ndarray, q: float) -> np.ndarray:
    """The same for many groups at once: float64[group], milliseconds; NaN where there are no cases.

    counts: integers[group, 64]. Within a bucket the cases are spread evenly on the logarithmic scale (bucket 1: on the
    plain scale from 0), so the answer is lower · (upper / lower)^share.
    """
    groups, cumulative = np.arange(len(counts)), np.cumsum(counts, axis=1)
    total = cumulative[:, -1]
    rank = q * total
    bucket = np.minimum((cumulative < rank[:, None]).sum(axis=1), BUCKETS - 1)
    before = np.where(bucket > 0, cumulative[groups, bucket - 1], 0)
    share = (rank - before) / np.maximum(cumulative[groups, bucket] - before, 1)
    return np.where(total > 0, _within(bucket, share), np.nan)


def _within(bucket: np.ndarray, share: np.ndarray) -> np.ndarray:
    """The waits that a share of each bucket's cases does not exceed, in milliseconds."""
    lower = np.maximum(EDGES_MS[bucket], 1).astype(np.float64)
    upper = np.where(bucket + 1 < BUCKETS, EDGES_MS[np.minimum(bucket + 1, BUCKETS - 1)], lower * 2**0.5)
    spread = lower * (upper / lower) ** share
    return np.where(bucket == 0, 0.0, np.where(bucket == 1, share * float(EDGES_MS[2]), spread))
