"""Money and staff in one replication: what the ledger pays for and staff can be found for becomes places of programmes and
servers of services, on its day.

A service runs as many servers as are both funded and staffed, in whole shifts: one that closes at night runs one more on
some days of the week where staff for a whole server are not there, one that never closes does not.

Programmes hear of it before services do: residents begin on the first of a month, of which services have yet to come to the
last days before.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from icsim import staff
from icsim.areas import budget, schedule
from icsim.areas.budget import PROGRAMME, Line
from icsim.areas.load import Area
from icsim.calendar import Beat
from icsim.ledger import Funded, Ledger, stand
from icsim.services import build as services_build
from icsim.services import capacity
from icsim.services.names import Layout
from icsim.services.served import POOL_SUMS

if TYPE_CHECKING:
    from icsim.programmes.running import Programmes
    from icsim.services.model import ServiceModel
    from icsim.simulation import World


SHIFTS = (0, 3, 5, 1, 4, 2, 6)
"""Days of the week (0: Monday) in the order in which a server that cannot be staffed on all of its days gets them."""
WEEK = len(SHIFTS)
ALWAYS = ()
"""The days of a service that never closes: it runs whole servers only."""


class Funding:
    """The ledger of one replication, its staff, and what of both services have yet to hear."""

    def __init__(self, world: World, seed: int):
        self.ledger = Ledger(world.shifts, world.lines, world.calendar.start)
        self._world, self._seed, self._busy = world, seed, _Busy(world.layout)
        self._staff = staffing(world)
        self._funded, self._short = _NOTHING, dict[str, float]()
        self._more: dict[str, list[tuple[int, tuple[int, ...]]]] = {}
        """pool → (day, servers more than the tables say, by day of the week)"""
        self._now: dict[str, tuple[int, ...]] = {}
        """the same, as it is now; where only places change, services need not hear of it"""
        self._kept_free: Mapping[str, int] = {}
        self._unheard: set[int] = set()
        """days on which servers or places change, to which services have yet to come"""
        self._days = {name: days_of(line, world.area) for name, line in world.lines.items()}

    def observe(self, sums: np.ndarray) -> None:
        """How busy services were in a beat: POOL_SUMS[P]."""
        self._busy.add(sums)

    def begin(self, beat: Beat, programmes: Programmes) -> None:
        """Where a month begins, money moves and people begin work: places change at once, servers when services come to the
        day of this beat.
        """
        world, ledger = self._world, self.ledger
        if beat.start_day < world.calendar.start_day or not ledger.is_new(beat.first):
            return
        ledger.observe(self._busy.occupancy())
        new = ledger.open(beat.first)
        self._funded = new or self._funded
        short = self._missing(ledger.month)
        ledger.vacant(short)
        if new is None and short == self._short:
            return
        self._short = short
        self._enter(beat.start_day, ledger.month)
        programmes.offer({p: self._funded.places.get(name, 0.0) - short.get(name, 0.0)
                          for p, name in enumerate(world.programmes)})

    def _missing(self, month: date) -> dict[str, float]:
        """Servers and places that are funded and not staffed, by line, in whole shifts."""
        if self._staff is None:
            return {}
        lines, funded = self._world.lines, self._funded
        wanted = staff.asked(lines, month, funded.servers, funded.places)
        return {name: number if lines[name].kind == PROGRAMME else
                wanted[name] - self._shifts(name, wanted[name] - number)
                for name, number in self._staff.short(wanted, self.ledger.number).items()}

    def _shifts(self, name: str, staffed: float) -> float:
        """So many servers in whole shifts."""
        parts = len(self._days[name]) or 1
        return int(staffed * parts + _ROUNDING) / parts

    def _enter(self, day: int, month: date) -> None:
        """What holds for services from this day on."""
        more = {pool: (servers,) * WEEK for pool, servers in self._funded.servers.items()}
        for line in (self._world.lines[name] for name in self._short if self._world.lines[name].kind != PROGRAMME):
            more |= unstaffed(line, month, self._funded.servers, self._short[line.name], self._days[line.name])
        if more != self._now or self._kept_free != self._funded.kept_free:
            for pool in set(more) | set(self._more):
                self._more.setdefault(pool, []).append((day, more.get(pool, (0,) * WEEK)))
            self._unheard.add(day)
            self._now, self._kept_free = more, self._funded.kept_free

    def services(self, beat: Beat) -> ServiceModel | None:
        """The services' model with what money or staff have changed, where that happens as this beat begins."""
        world = self._world
        if beat.start_day not in self._unheard:
            return None
        self._unheard.remove(beat.start_day)
        table = capacity.changes(world.catalogue, world.area, world.calendar.origin, world.calendar.days, world.growth,
                                 beat.start_day, self._more)
        kept = np.array([self._kept_free.get(row.pool, 0) for row in world.layout.pools], np.int32)
        return services_build.refunded(world.now.reseeded(world.catalogue, world.layout, self._seed), table, kept)


_NOTHING = Funded({}, {}, {})
_ROUNDING = 1e-9


def staffing(world: World) -> staff.Staffing | None:
    """Whom the area can find for what a scenario adds; None where a run takes it that anybody can be found."""
    if not world.staffed:
        return None
    own = world.before.area
    own_lines = budget.lines(world.before.catalogue, own, world.growth)
    return staff.Staffing(world.catalogue, world.area, own, world.lines, own_lines, world.calendar.start, world.staff_first)


def days_of(line: Line, area: Area) -> tuple[int, ...]:
    """Days of the week on which shifts of a service begin, in the order in which a server that cannot be staffed on all of
    them gets them.
    """
    weeks = [schedule.parse(row.open) for row in area.pools if row.pool in dict(line.pools)]
    if all(week.all() for week in weeks):
        return ALWAYS
    begin = np.any([schedule.shift_days(week) for week in weeks], axis=0)
    return tuple(day for day in SHIFTS if begin[day])


def unstaffed(line: Line, month: date, more: Mapping[str, int], short: float,
              days: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    """Servers of each pool more than the tables say, by day of the week, where nobody is found for so many of the line's;
    `more`: those that money has added; `days`: of `days_of`.
    """
    pools, parts = tuple(staff.funded(line, month, more).items()), len(days) or 1
    whole, rest = divmod(round(short * parts), parts)
    gone = {missing: stand.closed(pools, 1, missing) for missing in {whole, whole + (rest > 0)}}
    late = set(days[parts - rest :]) if rest else set()
    missing = [whole + (day in late) for day in range(WEEK)]
    return {pool: tuple(more.get(pool, 0) - gone[n][pool] for n in missing) for pool, _ in pools}


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
