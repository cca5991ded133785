"""Do catalogue and area fit together? What one names, the other must have."""

from __future__ import annotations

from collections.abc import Iterator

from icsim.areas.checks import COVERAGE
from icsim.areas.load import Area
from icsim.catalogue.csvtable import nearest
from icsim.catalogue.load import Catalogue
from icsim.catalogue.programmes import MOST
from icsim.errors import Problem


def fit_problems(catalogue: Catalogue, area: Area) -> list[Problem]:
    """Everything in the area's tables that the catalogue does not know, and the other way round."""
    rules = (_names, _odds, _providers, _programmes)
    return [problem for rule in rules for problem in rule(catalogue, area)]


def _names(catalogue: Catalogue, area: Area) -> Iterator[Problem]:
    """Every service, profile, stream, event and programme that the area names is one of the catalogue."""
    streams = {row.event for row in catalogue.events if row.kind == "stream"}
    named: tuple[tuple[str, str, str, str, set[str]], ...] = (
        ("pools", "pool", "service", "services.csv has no such service.", {row.service for row in catalogue.services}),
        ("pools", "pool", "rota", "profiles.csv has no such profile.", {"", *(row.profile for row in catalogue.profiles)}),
        ("streams", "stream", "event", "events.csv has no such stream.", streams),
        ("multipliers", "event", "event", "events.csv has no such event.", {row.event for row in catalogue.events}),
        ("staff", "staff", "staff", "staff.csv of the catalogue has no such staff.", {row.staff for row in catalogue.staff}),
        ("programmes", "programme", "programme", "programmes.csv has no such programme.",
         {row.programme for row in catalogue.programmes}))
    for table, name, column, message, known in named:
        for row in getattr(area, table):
            given = getattr(row, column)
            if given not in known:
                yield Problem(f"{table}.csv: {getattr(row, name)}", f"{message} {nearest(given, known - {''})}".strip(),
                              value=given)


def _programmes(catalogue: Catalogue, area: Area) -> Iterator[Problem]:
    """Not more than can run at once; people a month of a programme, and a share of a measure."""
    kinds = {row.programme: row.kind for row in catalogue.programmes}
    for row in area.programmes:
        unit = COVERAGE if kinds.get(row.programme) == "measure" else "people a month"
        if row.programme in kinds and row.unit != unit:
            yield Problem(f"programmes.csv: {row.programme}", f"The unit of this {kinds[row.programme]} is {unit}.",
                          value=row.unit)
    offered = [row.programme for row in area.programmes if row.value > 0]
    if len(offered) > MOST:
        yield Problem("programmes.csv", f"At most {MOST} programmes can run at once.", value=len(offered))


def _odds(catalogue: Catalogue, area: Area) -> Iterator[Problem]:
    for row in area.odds:
        levels = catalogue.levels.get(row.attribute, ())
        if row.level not in levels[1:]:
            message = f"attributes.csv has no such level after the first. {nearest(row.level, levels[1:])}".strip()
            yield Problem(f"odds.csv: {row.attribute}", message, value=row.level)


def _providers(catalogue: Catalogue, area: Area) -> Iterator[Problem]:
    """Wherever a case may come from, there is a provider of every service that its pathway asks."""
    provided = {(row.service, row.place) for row in area.catchments}
    asked = {row.event: {step.service for step in catalogue.steps_of(row.pathway)} - {""} for row in catalogue.events}
    streams = {row.event for row in catalogue.events if row.kind == "stream"}
    needs = [(place, service) for row in catalogue.events if row.kind == "demand"
             for place in area.place_names for service in asked[row.event]]
    needs += [(row.stream, service) for row in area.streams if row.event in streams for service in asked[row.event]]
    for place, service in sorted(set(needs)):
        if not provided & {(service, place), (service, "*")}:
            yield Problem("catchments.csv", f"{place} has no provider of {service}.")
