"""The 20-condition world for icsim: rows of a catalogue and an area of one place, made in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from benchmarks.twenty import CONDITIONS, MORTALITY, OLDEST_AT_START, ONSET, RATIO, YEARS, YOUNGEST, Outcome, outcome
from icsim.areas.load import Area
from icsim.areas.rows import Flow, FlowAge, Place
from icsim.calendar import Beat, add_months, days_between
from icsim.catalogue.load import Catalogue
from icsim.catalogue.rows import Event, Level, Rate, Ratio
from icsim.residents.build import build
from icsim.residents.population import people_of
from icsim.residents.residents import Residents
from icsim.state import LIVING, allocate

START = date(2025, 1, 1)
DAYS = days_between(START, date(START.year + YEARS, 1, 1))


def catalogue() -> Catalogue:
    """Twenty attributes of two levels, twenty moves, and death with a ratio on each."""
    names = [f"condition_{n}" for n in range(CONDITIONS)]
    levels = [Level(attribute="sex", level=name, label=name) for name in ("female", "male")]
    levels += [Level(attribute="quintile", level=str(n), label=str(n)) for n in range(1, 6)]
    levels += [Level(attribute=name, level=level, label=name) for name in names for level in ("absent", "present")]
    events = [Event(event="death", label="Death", kind="death")]
    events += [Event(event=f"{name}_begins", label=name, kind="move", attribute=name, from_levels="absent",
                     to_level="present") for name in names]
    rates = [_rate("death", age, age, value) for age, value in enumerate(MORTALITY)]
    rates += [_rate(f"{name}_begins", age, age, value) for name, by_age in zip(names, ONSET, strict=True)
              for age, value in enumerate(by_age)]
    ratios = [Ratio(event="death", attribute=name, level="present", value=float(value), unit="ratio")
              for name, value in zip(names, RATIO, strict=True)]
    return Catalogue(attributes=tuple(levels), events=tuple(events), rates=tuple(rates), ratios=tuple(ratios))


def _rate(event: str, youngest: int, oldest: int, value: float) -> Rate:
    return Rate(event=event, sex="*", quintile="*", age_from=youngest, age_to=oldest, value=float(value),
                unit="per person-year")


def area(residents: int) -> Area:
    """One place, ages even; nobody arrives, and no event of the catalogue leads away."""
    ages = np.arange(91)
    wanted = (ages >= YOUNGEST) & (ages <= OLDEST_AT_START)
    population = np.zeros((1, 2, 5, 91), np.int64)
    population[..., wanted] = residents // (10 * wanted.sum())
    flows = (Flow(place="here", flow="arrive", value=0.0), Flow(place="here", flow="leave", value=1.0))
    ages_of = tuple(FlowAge(flow=flow, sex="*", age_from=0, age_to=90, value=1.0) for flow in ("arrive", "leave"))
    place = Place(place="here", code="", label="Here", county="here", population=int(population.sum()))
    return Area("bench", "Bench", START, {"here": "Here"}, "", (place,), population, flows, ages_of, (), (), (), (), (), ())


def world(residents: int, seed: int) -> Residents:
    """Residents at the start, with every clock drawn.

    Rates are those of people without conditions, so there is no product of ratios to be anchored by (`shipped`).
    """
    here = area(residents)
    tables = catalogue()
    built = build(tables, here, START, DAYS, anchoring=(replace(tables, ratios=()), here))
    newcomers = people_of(here)
    layout = built.layout
    people = allocate(len(newcomers), len(layout.attributes), layout.columns, built.repeatable, len(layout.weights))
    result = Residents(built, here, seed, people, 0, DAYS)
    result.populate(newcomers)
    return result


def beats(steps_a_year: int) -> list[Beat]:
    """The ten years in beats of a year or a month."""
    cuts, months = [START], 12 // steps_a_year
    while cuts[-1] < START + timedelta(DAYS):
        cuts.append(add_months(cuts[-1], months))
    return [Beat(a, days_between(START, a), days_between(START, b)) for a, b in pairwise(cuts)]


def run(residents: Residents, steps_a_year: int) -> None:
    """Ten years, and the books closed."""
    calendar = beats(steps_a_year)
    for beat in calendar:
        residents.advance(beat, served=False)
    residents.close(calendar[-1])


def result(residents: Residents) -> Outcome:
    """Who died and what the living have."""
    alive = residents.people.person["status"][: residents.rows] == LIVING
    first = residents.built.layout.attribute("condition_0")
    return outcome(residents.people.level[: residents.rows, first : first + CONDITIONS] > 0, alive)
