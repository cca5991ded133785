"""Money in one replication: what the ledger decides becomes places of programmes and servers of services, on its day.

Programmes hear of it before services do: residents begin on the first of a month, of which services have yet to come to the
last days before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from icsim.calendar import Beat
from icsim.ledger import Funded, Ledger
from icsim.services import build as services_build
from icsim.services import capacity
from icsim.services.names import Layout
from icsim.services.served import POOL_SUMS

if TYPE_CHECKING:
    from icsim.programmes.running import Programmes
    from icsim.services.model import ServiceModel
    from icsim.simulation import World


class Funding:
    """The ledger of one replication, and what of it services have yet to hear."""

    def __init__(self, world: World, seed: int):
        self.ledger = Ledger(world.shifts, world.lines, world.calendar.start)
        self._world, self._seed, self._busy = world, seed, _Busy(world.layout)
        self._more: dict[str, list[tuple[int, int]]] = {}
        """pool → (day, servers more than the tables say)"""
        self._funded: dict[int, Funded] = {}
        """day → what money has changed from then on, to which services have yet to come"""

    def observe(self, sums: np.ndarray) -> None:
        """How busy services were in a beat: POOL_SUMS[P]."""
        self._busy.add(sums)

    def begin(self, beat: Beat, programmes: Programmes) -> None:
        """Where a month begins, money moves: places change at once, servers when services come to the day of this beat."""
        world, ledger = self._world, self.ledger
        if beat.start_day < world.calendar.start_day or not ledger.is_new(beat.first):
            return
        ledger.observe(self._busy.occupancy())
        funded = ledger.open(beat.first)
        if funded is None:
            return
        for pool in set(funded.servers) | set(self._more):
            self._more.setdefault(pool, []).append((beat.start_day, funded.servers.get(pool, 0)))
        programmes.offer({p: funded.places.get(name, 0.0) for p, name in enumerate(world.programmes)})
        self._funded[beat.start_day] = funded

    def services(self, beat: Beat) -> ServiceModel | None:
        """The services' model with what money has changed, where that happens as this beat begins."""
        world, funded = self._world, self._funded.pop(beat.start_day, None)
        if funded is None:
            return None
        table = capacity.changes(world.catalogue, world.area, world.calendar.origin, world.calendar.days, world.growth,
                                 beat.start_day, self._more)
        kept = np.array([funded.kept_free.get(row.pool, 0) for row in world.layout.pools], np.int32)
        return services_build.refunded(world.now.reseeded(world.catalogue, world.layout, self._seed), table, kept)


class _Busy:
    """How busy services have been since somebody last asked."""

    def __init__(self, layout: Layout):
        self._service = np.array([row.service for row in layout.pools])
        self._sums = np.zeros(len(self._service), POOL_SUMS)

    def add(self, sums: np.ndarray) -> None:
        """POOL_SUMS[P] of one beat more."""
        for name in ("busy_ms", "open_ms"):
            self._sums[name] += sums[name]

    def occupancy(self) -> dict[str, float]:
        """Share of servers in use by service, over the pools that have a limit; and begin anew."""
        limited, sums = self._sums["open_ms"] > 0, self._sums
        self._sums = np.zeros(len(sums), POOL_SUMS)
        here = {str(name): limited & (self._service == name) for name in np.unique(self._service[limited])}
        return {name: float(sums["busy_ms"][own].sum() / sums["open_ms"][own].sum()) for name, own in here.items()}
