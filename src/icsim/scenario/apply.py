"""The tables with a scenario's changes in force, and whether they still keep the rules of all tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from icsim.areas.checks import COVERAGE
from icsim.areas.load import Area
from icsim.areas.rows import Offer
from icsim.catalogue.check import problems_of
from icsim.catalogue.found import Found
from icsim.catalogue.load import FILES, Catalogue
from icsim.catalogue.rows import Programme
from icsim.errors import Problem
from icsim.scenario.ground import Ground
from icsim.scenario.plan import Changed, Plan, ProgrammePlan
from icsim.scenario.wording import shown


def apply(plan: Plan, ground: Ground) -> tuple[Catalogue, Area, list[Problem]]:
    """Catalogue and area as the scenario has them, and the changes that the tables refuse."""
    assert ground.area is not None
    catalogue, area, problems = ground.catalogue, ground.area, []
    for change in plan.changes:
        try:
            if change.number.of == "catalogue":
                catalogue = catalogue.with_value(change.row, change.value)
            else:
                area = area.with_value(change.row, change.value)
        except ValueError as error:
            reason = str(error).rpartition(": ")[2].rstrip(".")
            problems.append(change.problem(f"does not fit the area: {reason}.", shown(change.given)))
    problems += _broken_rules(catalogue, plan)
    for pool, said in plan.pools.items():
        area = area.with_pool(pool, number=said.number, open=said.open)
    for name, wanted in plan.programmes.items():
        area = area.with_programme(_offer(ground.programmes[name], wanted, area))
    return _with_priorities(_with_services(catalogue, plan), plan), area, problems


def _offer(about: Programme, said: ProgrammePlan, area: Area) -> Offer:
    """What is offered of a programme: as in the area, but for what the scenario says."""
    measure = about.kind == "measure"
    none = Offer(programme=about.programme, value=0.0, unit=COVERAGE if measure else "people a month", standing="derived",
                 source="scenario")
    row = next((row for row in area.programmes if row.programme == about.programme), none)
    new = {"value": said.coverage if measure else said.places, "where": None if said.where is None else "|".join(said.where),
           "waiting_list": said.waiting_list, "first": said.first and said.first.isoformat(),
           "last": said.last and said.last.isoformat()}
    changed: dict[str, Any] = {column: value for column, value in new.items() if value is not None}
    return replace(row, **changed)


def _with_priorities(catalogue: Catalogue, plan: Plan) -> Catalogue:
    """The catalogue with other priorities and scores of programmes."""
    said = {name: {word: getattr(wanted, word) for word in ("priority", "score") if getattr(wanted, word)}
            for name, wanted in plan.programmes.items()}
    return replace(catalogue, programmes=tuple(replace(row, **said.get(row.programme, {}))
                                               for row in catalogue.programmes)) if any(said.values()) else catalogue


def _broken_rules(catalogue: Catalogue, plan: Plan) -> list[Problem]:
    """Rules of the catalogue that the changes together break: shares above 1, a loop without a way out …

    The range that a row's evidence supports binds no scenario, so changed rows are checked without theirs.
    """
    last = {change.row: change for change in plan.changes if change.number.of == "catalogue"}
    if not last:
        return []
    tables = {table: [_found(row, last) for row in getattr(catalogue, table)] for table in FILES}
    change = list(last.values())[-1]
    return [change.problem(f"does not fit the other numbers. {found.where.partition(':')[0]}: {found.message}",
                           shown(change.given))
            for found in problems_of(tables)]


def _found(row: Any, last: dict[str, Changed]) -> Found:
    name = getattr(row, "id", "")
    if name in last:
        row = replace(row, low=None, high=None, standing="derived")
    return Found(row, name or type(row).__name__.lower(), 0)


def _with_services(catalogue: Catalogue, plan: Plan) -> Catalogue:
    """The catalogue with other queue limits and shift ends."""
    services = []
    for row in catalogue.services:
        said = plan.services.get(row.service)
        if said is not None and said.queue_limit is not None:
            row = replace(row, queue_limit=said.queue_limit)
        if said is not None and said.shift_end is not None:
            row = replace(row, shift_end=said.shift_end)
        services.append(row)
    return replace(catalogue, services=tuple(services))
