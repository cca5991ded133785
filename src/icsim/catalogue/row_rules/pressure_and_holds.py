"""Rules on congestion and long holds: rows that act under pressure, levels that keep a server."""

from __future__ import annotations

from collections.abc import Iterator

from icsim.catalogue.csvtable import nearest
from icsim.catalogue.load import Catalogue
from icsim.catalogue.row_rules.common import Tables, assignment, split
from icsim.catalogue.row_rules.numbers import UNITS
from icsim.catalogue.rows import Event
from icsim.errors import Problem
from icsim.units import SHARES

CONGESTION_KINDS = {"escalate": (), "divert": ("pathway", "step", "to", "instead"), "shorten": ("pathway", "step")}
"""Kind of congestion row → the cells it needs beside its service."""
CONGESTION_UNITS = {"escalate": tuple(SHARES), "divert": tuple(SHARES), "shorten": ("ratio",)}


def congestion_is_whole(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Each kind of congestion row has the cells it needs; steps, branches and services fit together."""
    for place in tables["congestion"]:
        row = place.row
        needed = CONGESTION_KINDS.get(row.kind, ())
        for column in ("pathway", "step", "to", "instead"):
            given = getattr(row, column)
            if bool(given) != (column in needed):
                message = f"A row of kind {row.kind} {'needs' if column in needed else 'has no'} {column}."
                yield place.problem(column, message, given or None)
        units = CONGESTION_UNITS.get(row.kind, (row.unit,))
        if row.unit in UNITS["congestion"] and row.unit not in units:
            yield place.problem("unit", f"The unit of a row of kind {row.kind} must be {' or '.join(units)}.", row.unit)
        if row.above <= 0:
            yield place.problem("above", "A pressure must be above 0.", row.above)
        steps = {step.step: step for step in catalogue.steps_of(row.pathway)}
        ends = {outcome.outcome for outcome in catalogue.outcomes_of(row.pathway)}
        for column, known in (("step", set(steps)), ("to", set(steps) | ends), ("instead", set(steps) | ends)):
            given = getattr(row, column)
            if given and known and given not in known:
                yield place.problem(column, f"The pathway {row.pathway} has no such step. {nearest(given, known)}", given)
        if row.kind == "shorten" and row.step in steps and not steps[row.step].service:
            yield place.problem("step", "Only a step with a service can be shortened.", row.step)
        if row.kind == "divert" and row.step in steps:
            branches = {branch.to for branch in catalogue.branches_of(row.pathway, row.step)}
            if row.to not in branches:
                yield place.problem("to", f"No branch of {row.step} leads there. {nearest(row.to, branches)}", row.to)


def long_holds_are_sound(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """`held_by` names a level, not an attribute's first, of one service only; its steps neither hold nor yield, and
    neither severities nor moves nor timers give the level (which outcomes give it: `pathways.py`).
    """
    holds: dict[tuple[str, str], str] = {}
    for place in tables["services"]:
        if not place.row.held_by:
            continue
        attribute, level = assignment(place.row.held_by)
        known = catalogue.levels.get(attribute, ())[1:]
        if level not in known:
            message = "This must be attribute=level, not the attribute's first level."
            yield place.problem("held_by", f"{message} {nearest(level, known)}".strip(), place.row.held_by)
        elif (attribute, level) in holds:
            message = f"{holds[attribute, level]} is held by the same level: who has it would keep two servers."
            yield place.problem("held_by", message, place.row.held_by)
        else:
            holds[attribute, level] = place.row.service
    services = set(holds.values())
    for place in tables["steps"]:
        for column in ("hold", "yields"):
            if place.row.service in services and getattr(place.row, column):
                message = f"{place.row.service} is a long hold (held_by), and a step on it has no {column}."
                yield place.problem(column, message, place.row.step)
    yield from _levels_without_a_server(tables, catalogue, holds)


def _levels_without_a_server(
    tables: Tables, catalogue: Catalogue, holds: dict[tuple[str, str], str]
) -> Iterator[Problem]:
    for place in tables["severities"]:
        for clause in split(place.row.sets, ";"):
            if service := holds.get(assignment(clause)):
                yield place.problem("sets", f"{clause} is a long hold of {service}: only an outcome can set it.", clause)
    for place in tables["events"]:
        if place.row.kind in ("move", "timer"):
            for level in _targets(place.row, catalogue.levels.get(place.row.attribute, ())):
                if service := holds.get((place.row.attribute, level)):
                    message = f"{level} is a long hold of {service}: it begins with a step of a pathway, not with this."
                    yield place.problem("to_level", message, place.row.to_level)


def _targets(event: Event, levels: tuple[str, ...]) -> set[str]:
    """Levels to which a move or timer can lead."""
    if event.to_level not in ("+1", "-1"):
        return {event.to_level}
    begin = [levels.index(name) for name in split(event.from_levels, "|") if name in levels] or range(len(levels))
    return {levels[n + int(event.to_level)] for n in begin if 0 <= n + int(event.to_level) < len(levels)}
