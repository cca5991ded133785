"""In which pool the next servers open or close.

Both go one by one to the pool that is furthest from the shape of the start, so that whoever opens or closes more does at
least as much in every pool: more money never means fewer servers anywhere (a divisor method; Balinski and Young 1982).
"""

from __future__ import annotations

from collections.abc import Sequence


def opened(pools: Sequence[tuple[str, int]], number: int) -> dict[str, int]:
    """Servers that open in each pool, where so many open in all; `pools`: their servers at the start, one of them some."""
    added = dict.fromkeys((pool for pool, _ in pools), 0)
    for _ in range(number):
        pool = max(pools, key=lambda pool: pool[1] / (added[pool[0]] + 1))[0]
        added[pool] += 1
    return added


def closed(pools: Sequence[tuple[str, int]], step: int, steps: int) -> dict[str, int]:
    """Servers that close in each pool, where so many steps close in all; each in one pool that has as many left."""
    gone = dict.fromkeys((pool for pool, _ in pools), 0)
    for _ in range(steps):
        able = [(pool, servers) for pool, servers in pools if servers - gone[pool] >= step]
        pool = max(able, key=lambda pool: (pool[1] - gone[pool[0]]) / pool[1])[0]
        gone[pool] += step
    return gone
