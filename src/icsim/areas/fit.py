"""Do catalogue and area fit together? What one names, the other must have."""

from __future__ import annotations

from collections.abc import Iterator

from icsim.areas.load import Area
from icsim.catalogue.csvtable import nearest
from icsim.catalogue.load import Catalogue
from icsim.errors import Problem


def fit_problems(catalogue: Catalogue, area: Area) -> list[Problem]:
    """Everything in the area's tables that the catalogue does not know, and the other way round."""
    rules = (_services, _rotas, _streams, _multipliers, _odds, _providers, _programmes)
    return [problem for rule in rules for problem in rule(catalogue, area)]


def _services(catalogue: Catalogue, area: Area) -> Iterator[Problem]:
    known = {row.service for row in catalogue.services}
    for pool in area.pools:
        if pool.service not in known:
            message = f"services.csv has no such service. {nearest(pool.service, known)}".strip()
            yield Problem(f"pools.csv: {pool.pool}", message, value=pool.service)


def _rotas(catalogue: Catalogue, area: Area) -> Iterator[Problem]:
    known = {row.profile for row in catalogue.profiles}
    for pool in area.pools:
        if pool.rota and pool.rota not in known:
            message = f"profiles.csv has no such profile. {nearest(pool.rota, known)}".strip()
            yield Problem(f"pools.csv: {pool.pool}", message, value=pool.rota)


def _streams(catalogue: Catalogue, area: Area) -> Iterator[Problem]:
    known = {row.event for row in catalogue.events if row.kind == "stream"}
    for stream in area.streams:
        if stream.event not in known:
            message = f"events.csv has no such stream. {nearest(stream.event, known)}".strip()
            yield Problem(f"streams.csv: {stream.stream}", message, value=stream.event)


def _programmes(catalogue: Catalogue, area: Area) -> Iterator[Problem]:
    known = {row.programme for row in catalogue.programmes}
    for row in area.programmes:
        if row.programme not in known:
            message = f"programmes.csv has no such programme. {nearest(row.programme, known)}".strip()
            yield Problem(f"programmes.csv: {row.programme}", message, value=row.programme)


def _multipliers(catalogue: Catalogue, area: Area) -> Iterator[Problem]:
    known = {row.event for row in catalogue.events}
    for row in area.multipliers:
        if row.event not in known:
            message = f"events.csv has no such event. {nearest(row.event, known)}".strip()
            yield Problem(f"multipliers.csv: {row.event}", message, value=row.event)


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
