"""Runs that differ in everything a scenario, an area or a catalogue can differ in; then the signatures of each kernel.

`python many_runs.py` prints them as JSON. It is a program of its own so that nothing but runs has compiled anything.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from both_ways import FIRST, another_world, small_area, tables, thinned

from icsim import areas, simulation
from icsim._compile import numba
from icsim.areas.load import Area
from icsim.areas.rows import Offer
from icsim.catalogue.load import Catalogue
from icsim.catalogue.rows import Event, Level, Rate
from icsim.residents import residents

START = date(2025, 4, 1)


def with_more_rows(catalogue: Catalogue) -> Catalogue:
    """Eight more attributes and events: more than one row of padding holds."""
    names = [f"condition_{n}" for n in range(8)]
    levels = [Level(attribute=name, level=level, label=level) for name in names for level in ("no", "yes")]
    events = [Event(event=f"{name}_begins", label=name, kind="move", attribute=name, from_levels="no", to_level="yes")
              for name in names]
    rates = [Rate(event=event.event, sex="*", quintile="*", age_from=0, age_to=90, value=0.1, unit="per person-year")
             for event in events]
    return replace(catalogue, attributes=(*catalogue.attributes, *levels), events=(*catalogue.events, *events),
                   rates=(*catalogue.rates, *rates))


def larger_area() -> Area:
    """Hertfordshire and west Essex, thinned: more places and pools."""
    area = areas.load("hertfordshire-west-essex")
    flows = tuple(replace(row, value=row.value / 1000) for row in area.flows)
    return replace(area, population=thinned(area.population, 1000), population_date=FIRST, flows=flows)


def offering(area: Area, **places: float) -> Area:
    """The area with so many places a month of each programme."""
    for programme, number in places.items():
        area = area.with_programme(Offer(programme=programme, value=number, unit="people a month", waiting_list=5))
    return area


def run_all() -> None:
    """Every run that might ask for another specialisation of a kernel."""
    small = small_area()
    worlds = [
        simulation.world(tables(), small, START, 1),
        simulation.world(tables(), small, date(2025, 6, 1), 3, heartbeat="week", report_by="month"),
        simulation.world(tables(), small, START, 1, served=False),
        simulation.world(tables(), small, START, 1, engine="reference"),
        simulation.world(with_more_rows(tables()), small, START, 1),
        simulation.world(replace(tables(), ratios=()), small, START, 1),
        simulation.world(tables(), larger_area(), START, 1),
        simulation.world(tables(), offering(small, falls_exercise=20, falls_clinic=5), START, 1),
        simulation.world(tables(), offering(small, social_prescribing=3, exercise_referral=20), START, 1, heartbeat="week"),
        another_world(),
    ]
    residents.WORTH_SWEEPING = residents._WORTH_ADMITTING = residents._WORTH_RELEASING = 2  # workers share everything
    for seed, world in enumerate(worlds):
        simulation.replicate(world, seed, log=seed == 1, workers=1 + seed % 3)


def kernels() -> Iterator[tuple[str, int]]:
    """Name and number of signatures of everything made by `_compile.kernel` in the package."""
    modules = {name: module for name, module in sorted(sys.modules.items()) if name.startswith("icsim.")}
    for name, own in [(name, own) for name, module in modules.items() for own in vars(module).values()]:
        made_here = isinstance(own, numba.core.dispatcher.Dispatcher) and own.py_func.__module__ == name
        if made_here and not own.targetoptions.get("forceinline"):
            yield f"{name}.{own.py_func.__name__}", len(own.signatures)


if __name__ == "__main__":
    run_all()
    print(json.dumps(dict(kernels())))
