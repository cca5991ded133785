"""A catalogue and an area small enough to read, so that the messages of scenario files do not change with the data.

The area calls itself testshire, so that the shipped baseline of Testshire gives the baseline of the run settings.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from icsim.areas import rows as area_rows
from icsim.areas.load import Area
from icsim.catalogue import rows
from icsim.catalogue.load import ID, Catalogue

_SOURCE = rows.Source(source="invented", title="Invented for this test")
_ASSUMED: dict[str, Any] = {"standing": "assumed", "source": "invented", "note": "invented"}


def small_catalogue() -> Catalogue:
    """One demand (fall) through one pathway of three steps; a catalogue that keeps every rule."""
    tables: dict[str, list[Any]] = {"branches": _branches(), "quantities": _quantities(), "ratios": _ratios(),
                                    "capacity_costs": _capacity_costs(), "price_index": _price_index(),
                                    "staff_needs": _staff_needs()}
    named = {table: tuple(replace(row, id=ID[table](row)) for row in found) for table, found in tables.items()}
    return Catalogue(
        attributes=tuple(rows.Level(attribute="frailty", level=level, label=level, source="invented")
                         for level in ("fit", "severe")),
        events=(rows.Event(event="fall", label="Fall", kind="demand", pathway="falls", class_by="severity",
                           source="invented"),),
        severities=(rows.Severity(event="fall", severity="minor", label="Minor", source="invented"),),
        services=tuple(_service(name) for name in ("falls_vehicles", "emergency_departments", "hospital_beds")),
        steps=(_step("fall"), _step("falls_vehicle", "falls_vehicles"),
               _step("emergency_department", "emergency_departments")),
        outcomes=(rows.Outcome(pathway="falls", outcome="at_home", label="At home", source="invented"),),
        staff=(rows.StaffGroup(staff="paramedics", label="Paramedics", training_years=3.0, source="invented"),),
        sources=(_SOURCE,), **named)


def small_area() -> Area:
    """One place; a service with one pool, one with two limited pools and one without limit, one without any limit."""
    pools = [_pool("falls_vehicles", "falls_vehicles", 4.0, "daily 07:00-19:00"),
             _pool("north_ae", "emergency_departments", 9.0), _pool("south_ae", "emergency_departments", 7.0),
             _pool("outside_ae", "emergency_departments", None), _pool("outside_beds", "hospital_beds", None)]
    shares = [_share("falls_vehicles", "falls_vehicles", 1.0), _share("emergency_departments", "north_ae", 0.5),
              _share("emergency_departments", "south_ae", 0.3), _share("emergency_departments", "outside_ae", 0.2)]
    flow = area_rows.Flow(id="flow.arrive.midvale", place="midvale", flow="arrive", value=500.0, low=250.0, high=1000.0,
                          unit="people a year", **_ASSUMED)
    place = area_rows.Place(place="midvale", code="invented", label="Midvale", county="Testshire", population=364)
    fund = area_rows.Fund(id="budget.prevention_fund", line="prevention_fund", label="Prevention fund",
                          payer="public health", value=500_000.0, low=4e5, high=6e5, unit="GBP a year", year="2024/25",
                          **_ASSUMED)
    return Area("testshire", "Testshire (small)", date(2022, 7, 1), {"Testshire": "Testshire"}, "", (place,),
                np.full((1, 2, 2, 91), 1), (flow,), (), (), tuple(pools), (), (), tuple(shares), (_SOURCE,), budgets=(fund,))


def _service(name: str) -> rows.Service:
    return rows.Service(service=name, label=name.replace("_", " ").capitalize(), server="server", queue_limit=50,
                        source="invented")


def _step(name: str, service: str = "") -> rows.Step:
    return rows.Step(pathway="falls", step=name, label=name, service=service, refuse="closed|full" if service else "",
                     otherwise="at_home" if service else "", source="invented")


def _branches() -> list[Any]:
    ways = [("fall", "falls_vehicle", 0.6), ("fall", "emergency_department", 0.3), ("fall", "at_home", None),
            ("falls_vehicle", "emergency_department", 0.5), ("falls_vehicle", "at_home", None),
            ("emergency_department", "at_home", None)]
    return [rows.Branch(pathway="falls", step=step, to=to, value=value, low=None if value is None else value - 0.1,
                        high=None if value is None else value + 0.1, unit="share",
                        **(_ASSUMED if value is not None else _ASSUMED | {"standing": "derived"}))
            for step, to, value in ways]


def _quantities() -> list[Any]:
    return [rows.Quantity(pathway="falls", step=step, quantity="duration", distribution="exponential", a=60.0, low=30.0,
                          high=120.0, unit="minutes", **_ASSUMED) for step in ("falls_vehicle", "emergency_department")] + [
            rows.Quantity(pathway="falls", step="emergency_department", quantity="priority", distribution="constant", a=3.0,
                          low=0.0, high=6.0, unit="rank", **_ASSUMED)]


def _ratios() -> list[Any]:
    return [rows.Ratio(event="fall", attribute="frailty", level="severe", value=3.0, low=2.0, high=4.0, unit="ratio",
                       standing="measured", source="invented")]


def _capacity_costs() -> list[Any]:
    """Closing four cubicles saves £600,000 a year; a vehicle costs half a million."""
    return [rows.CapacityCost(service=name, value=value, low=value / 2, high=value * 2, unit="GBP a year", year="2024/25",
                              step=step, notice_months=3, fixed=0.25, variable=0.25, **_ASSUMED)
            for name, value, step in (("falls_vehicles", 500_000.0, 1), ("emergency_departments", 300_000.0, 4))]


def _staff_needs() -> list[Any]:
    return [rows.StaffNeed(per="service falls_vehicles", staff="paramedics", value=2.5, low=2.0, high=3.0, unit="WTE",
                           **_ASSUMED)]


def _price_index() -> list[Any]:
    return [rows.PriceIndex(from_year=2024, value=1.0, low=1.0, high=1.0, unit="ratio", year="2024/25", **_ASSUMED)]


def _pool(name: str, service: str, number: float | None, hours: str = "always") -> area_rows.Pool:
    return area_rows.Pool(id=f"pool.{name}", pool=name, service=service, label=name, open=hours, value=number,
                          low=number, high=number, unit="servers", **_ASSUMED)


def _share(service: str, pool: str, value: float) -> area_rows.Catchment:
    return area_rows.Catchment(id=f"catchment.{service}.midvale.{pool}", service=service, place="midvale", pool=pool,
                               value=value, low=0.1, high=1.0, unit="share", **_ASSUMED)
