"""Which pool serves whom: catchments as cumulative shares, and the pool of each resident who holds one for long."""

from __future__ import annotations

from typing import Any

import numpy as np

from icsim import rng
from icsim._compile import kernel
from icsim.areas.load import Area
from icsim.services.model import ServiceModel
from icsim.services.names import Layout
from icsim.units import FACTORS


def providers(area: Area, layout: Layout) -> dict[str, Any]:
    """Pools that take the cases of each (service, place), with cumulative shares.

    Rows for `*` hold where a place has none of its own.
    """
    names = [pool.pool for pool in layout.pools]
    offsets = np.zeros((len(layout.services), len(layout.places) + 1), np.int32)
    pools: list[int] = []
    cumulative: list[float] = []
    for s, service in enumerate(layout.services):
        offsets[s, 0] = len(pools)
        everywhere = [row for row in area.catchments if (row.service, row.place) == (service, "*")]
        for p, place in enumerate(layout.places):
            rows = [row for row in area.catchments if (row.service, row.place) == (service, place)] or everywhere
            shares = np.cumsum([row.value * FACTORS[row.unit] for row in rows])
            pools += [names.index(row.pool) for row in rows]
            cumulative += [*shares[:-1], 1.0] if len(rows) else []
            offsets[s, p + 1] = len(pools)
    return {
        "provider_from": offsets,
        "provider_pool": np.array(pools, np.int32),
        "provider_cumulative": np.array(cumulative, np.float64),
    }


def pools_of(model: ServiceModel, service: int, places: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """int32[n]: the pool of a service at which each resident (place int32[n], key uint64[n]) is."""
    pools = np.zeros(len(keys), np.int32)
    _choose(model.provider_stream, model.provider_from[service], model.provider_pool, model.provider_cumulative, places,
            keys, pools)
    return pools


@kernel
def _choose(stream, first, pool, cumulative, places, keys, pools):
    for i in range(keys.shape[0]):
        n = first[places[i]]
        last = first[places[i] + 1] - 1
        u = rng.draw(stream, keys[i], 0)
        while n < last and u >= cumulative[n]:
            n += 1
        pools[i] = pool[n]
