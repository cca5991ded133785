"""Budget lines: what an area spends on each service, on each programme, and on what the model has no capacity of.

A line of a service holds what its servers cost in a year, a line of a programme what its places cost; both follow from what
the area has. Money moves between lines in pence (`icsim.ledger`); shifts name lines by the service, the pool of servers, the
programme or the fund that they pay for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from math import fsum

from icsim.areas import schedule
from icsim.areas.load import Area
from icsim.areas.rows import Pool
from icsim.catalogue import costs
from icsim.catalogue.load import Catalogue
from icsim.catalogue.profiles import rota
from icsim.catalogue.rows import CapacityCost, Service

SERVICE, PROGRAMME, FUND = "service", "programme", "fund"
MONTHS = 12
YEAR_BEGINS = 4
"""Month in which a financial year begins."""


@dataclass(frozen=True)
class Line:
    """One budget line, in prices of the year of results."""

    name: str
    """of the service, programme or fund"""
    label: str
    payer: str
    provider: str
    kind: str
    """service · programme · fund"""
    pence: int
    """a year, at the start"""
    unit_pence: int = 0
    """of one server for a year, or of one place; 0: not known, or a fund"""
    unit: str = ""
    """what that is: "bed", "place" """
    pools: tuple[tuple[str, int], ...] = ()
    """service: the pools whose number is limited, and their servers at the start"""
    step: int = 1
    """service: servers that close together"""
    notice_months: int = 0
    fixed: float = 0.0
    variable: float = 0.0
    path: tuple[tuple[int, float], ...] = ()
    """service: (year, ratio): from 1 April of it, the declared path of the area has so many times the servers"""
    first: date = date.min
    last: date = date.max
    """programme: the first and the last day on which people begin"""
    hours: float = 1.0
    """service: hours of a week that its servers are on duty, over those of the area's own opening hours"""
    number: float = 0.0
    """programme: places a month at the start"""

    def pence_in(self, month: date) -> int:
        """What the line holds in this month (its first day), as pence a year, with the servers that the path declares."""
        return round(self.pence * self.ratio_in(month)) if self.first <= month <= self.last else 0

    def ratio_in(self, month: date) -> float:
        """Servers that the path declares in this month, over those at the start."""
        year = month.year - (month.month < YEAR_BEGINS)
        return next((ratio for start, ratio in reversed(self.path) if start <= year), 1.0)

    def number_in(self, month: date) -> float:
        """Places a month of a programme in this month."""
        return self.number if self.first <= month <= self.last else 0.0

    def where(self, name: str) -> tuple[tuple[str, int], ...]:
        """Pools in which servers paid for by `name` (the line, or one of its pools) stand, with weights; empty: none."""
        if name != self.name:
            return ((name, 1),)
        return ((self.pools[0][0], 1),) if len(self.pools) == 1 else tuple(pool for pool in self.pools if pool[1])

    @property
    def step_pence(self) -> int:
        """What closing one step saves in a year: neither what stays nor what follows use."""
        return round(self.unit_pence * self.step * (1.0 - self.fixed - self.variable))

    @property
    def most_steps(self) -> int:
        """Steps that can close: each in one pool."""
        return sum(servers // self.step for _, servers in self.pools)

    @property
    def most_pence(self) -> int:
        """Most that can leave the line, a year."""
        return self.most_steps * self.step_pence if self.kind == SERVICE else self.pence


def lines(catalogue: Catalogue, area: Area, growth: bool = True, own: Area | None = None) -> dict[str, Line]:
    """Every budget line of an area by its name: services, then programmes, then funds.

    growth: whether services follow the declared path of the area; own: the area without a scenario's changes, to whose
    opening hours the cost of a server belongs.
    """
    area = area if growth else replace(area, capacity=())
    found = [*_of_services(catalogue, area, own or area), *_of_programmes(catalogue, area), *_funds(catalogue, area)]
    return {line.name: line for line in found}


def line_of(name: str, known: dict[str, Line]) -> Line | None:
    """The line that a name stands for; a pool stands for the line of its service."""
    return known.get(name) or next((line for line in known.values() if name in dict(line.pools)), None)


def names(known: dict[str, Line]) -> list[str]:
    """What a shift may name: lines, and pools of servers."""
    return [*known, *(pool for line in known.values() for pool, _ in line.pools if pool not in known)]


def _of_services(catalogue: Catalogue, area: Area, own: Area) -> list[Line]:
    cost = {row.service: row for row in catalogue.capacity_costs}
    return [_of_service(catalogue, area, own, row, cost.get(row.service)) for row in catalogue.services
            if any(pool.service == row.service and pool.value is not None for pool in area.pools)]


def _of_service(catalogue: Catalogue, area: Area, own: Area, service: Service, cost: CapacityCost | None) -> Line:
    limited = [row for row in area.pools if row.service == service.service and row.value is not None]
    pools = tuple((row.pool, int(row.value or 0)) for row in limited)
    path = tuple(sorted((row.from_year, row.value) for row in area.capacity if row.service == service.service))
    line = Line(service.service, service.label, service.payer, "", SERVICE, 0, unit=service.server, pools=pools, path=path,
                hours=_hours(catalogue, limited, own))
    if cost is None:
        return line
    each = round(costs.pence(catalogue, cost) * line.hours)
    return replace(line, pence=each * sum(servers for _, servers in pools), unit_pence=each, step=cost.step,
                   notice_months=cost.notice_months, fixed=cost.fixed, variable=cost.variable)


def _hours(catalogue: Catalogue, pools: list[Pool], own: Area) -> float:
    """Hours of a week on duty of these pools' servers, over what they would be by the opening hours of `own`."""
    before = {row.pool: row for row in own.pools}
    if all(before[row.pool].open == row.open for row in pools):
        return 1.0
    weight = [max(row.value or 0.0, 1.0) for row in pools]
    now = fsum(w * _on_duty(catalogue, row) for w, row in zip(weight, pools, strict=True))
    then = fsum(w * _on_duty(catalogue, before[row.pool]) for w, row in zip(weight, pools, strict=True))
    return now / then if then else 1.0


def _on_duty(catalogue: Catalogue, pool: Pool) -> float:
    """Hours of a week that one of a pool's servers is on duty, by its opening hours and rota."""
    return float((schedule.parse(pool.open) * rota(catalogue, pool.rota)).sum())


def _of_programmes(catalogue: Catalogue, area: Area) -> list[Line]:
    cost = {row.per: row for row in catalogue.unit_costs}
    offers = {row.programme: row for row in area.programmes}
    found = []
    for row in catalogue.programmes:
        each = cost.get(f"programme {row.programme}")
        unit = costs.pence(catalogue, each) if each and row.kind == PROGRAMME else 0
        offer = offers.get(row.programme)
        found.append(Line(row.programme, row.label, each.payer if each else "", "", PROGRAMME,
                          round(unit * offer.value * MONTHS) if offer else 0, unit, "place",
                          number=offer.value if offer and row.kind == PROGRAMME else 0.0,
                          first=date.fromisoformat(offer.first) if offer and offer.first else date.min,
                          last=date.fromisoformat(offer.last) if offer and offer.last else date.max))
    return found


def _funds(catalogue: Catalogue, area: Area) -> list[Line]:
    return [Line(row.line, row.label, row.payer, row.provider, FUND, costs.pence(catalogue, row)) for row in area.budgets]
