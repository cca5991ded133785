"""The parts of what a scenario changes: each programme, service, number, money taken; and the scenario with only some.

What two scenarios have in common is no part. A service has its pools with it, and what shifts of money pay it, as a
programme has; the money that a shift takes is a part of its own. Rows that share something out between them, such as the
branches of a step, are one part, because one without the others may not add up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

from icsim.areas import budget, schedule
from icsim.areas.rows import Catchment, Offer
from icsim.attribution import shifts
from icsim.catalogue.rows import Branch, Prevalence, SeverityShare
from icsim.errors import ScenarioError
from icsim.scenario import Resolved, money
from icsim.scenario.apply import apply
from icsim.scenario.differences import NO_RESULT, Version, differences
from icsim.scenario.ground import Ground
from icsim.scenario.models import Run
from icsim.scenario.plan import Changed, Plan
from icsim.scenario.wording import in_a_sentence

PROGRAMME, SERVICE, SHIFT, NUMBER, SETTINGS = "programme", "service", "shift", "number", "settings"
RUN = "run"
"""Name of the part that holds run settings, such as growth."""
SHARED_OUT: dict[type, Any] = {
    Branch: lambda row: f"branch.{row.pathway}.{row.step}",
    Catchment: lambda row: f"catchment.{row.service}.{row.place}",
    SeverityShare: lambda row: f"severity_share.{row.event}",
    Prevalence: lambda row: f"prevalence.{row.attribute}",
}
"""Kinds of row that add up to something with others, and the name of the part that they make together."""


@dataclass(frozen=True)
class Part:
    """Something that a scenario changes."""

    name: str
    """programme, service, "shift.GIVER" (GIVER+GIVER if pooled), id of a row or what its rows have in common, or "run" """
    kind: str
    """programme · service · shift (money that is taken) · number · settings"""
    label: str
    pence: int = 0
    """money that it moves in a year, as far as its cost is known"""
    rows: tuple[str, ...] = ()
    """of numbers: their ids; of settings: run.NAME"""
    givers: tuple[str, ...] = ()
    """of money taken: the lines that give"""


def parts(base: Resolved, other: Resolved) -> tuple[Part, ...]:
    """What `other` changes of `base`: money taken, then services, programmes, numbers and settings."""
    paid = _paid(base, other)
    return (*_taken(base, other), *_services(base, other, paid), *_programmes(base, other, paid), *_numbers(base, other),
            *_settings(base, other))


def with_parts(base: Resolved, other: Resolved, chosen: Collection[str]) -> Resolved:
    """`base` with those parts of `other` whose names are `chosen`, by the same tables.

    Raises ScenarioError where these cannot stand without the others: shares that no longer add up, money that is not there.
    """
    shifted = tuple(shifts.mixed(base, other, chosen, lines_of(other)))
    plan = Plan(_mixed_changes(base, other, chosen), *_mixed_said(base, other, chosen), shifted)
    run = other.run if RUN in chosen else base.run
    catalogue, area, problems = apply(plan, Ground(*other.shipped, {}))
    area = replace(area, budgets=(*area.budgets, *shifts.funds(plan.shifts, catalogue)))
    problems += money.balance_problems(plan.shifted, budget.lines(catalogue, area, own=other.shipped[1]), run)
    if problems:
        told = [replace(each, message=f"{each.message}\nSo it is without the other parts of {other.name}: put those that "
                                      "need each other into one --group.") for each in problems]
        raise ScenarioError(f"{other.name} with {', '.join(sorted(chosen)) or 'nothing'} alone", told)
    found = differences(Version(base.run, base.catalogue, base.area), Version(run, catalogue, area), plan)
    return replace(other, run=run, catalogue=catalogue, area=area, plan=plan, differences=found, warnings=())


# What differs ----------------------------------------------------------------------------------------------------------


def lines_of(resolved: Resolved) -> dict[str, budget.Line]:
    """The budget lines of a scenario."""
    return budget.lines(resolved.catalogue, resolved.area, resolved.run.growth, resolved.shipped[1])


def _pence(base: Resolved, other: Resolved, name: str) -> int:
    """How much more or less a line holds in a year."""
    before, after = (lines_of(each).get(name) for each in (base, other))
    return abs((after.pence if after else 0) - (before.pence if before else 0))


def _paid(base: Resolved, other: Resolved) -> dict[str, int]:
    """Pence a year that shifts which only one of the two has pay, by service or programme."""
    lines, found = lines_of(other), dict[str, int]()
    for each in shifts.alone(base, other):
        shares = dict(each.shift.receivers)
        for name, line in each.bought(lines).items():
            pence = round(each.shift.pence * shares[name])
            found[line] = found.get(line, 0) + (pence if each.added else -pence)
    return {line: abs(pence) for line, pence in found.items()}


def _taken(base: Resolved, other: Resolved) -> Iterator[Part]:
    """Of shifts of the same givers, old and new ones, one part."""
    lines, found = lines_of(other), dict[str, list[shifts.Alone]]()
    for each in shifts.alone(base, other):
        if each.takes(lines):
            found.setdefault(each.name, []).append(each)
    for name, own in found.items():
        givers = tuple(giver for giver, _ in own[0].shift.givers)
        label = " and ".join(in_a_sentence(lines[giver].label) for giver in givers)
        before = "" if any(each.added for each in own) else "no longer "
        pence = abs(sum(each.shift.pence if each.added else -each.shift.pence for each in own))
        yield Part(name, SHIFT, f"Money {before}taken from {label}", pence, givers=givers)


def _services(base: Resolved, other: Resolved, paid: dict[str, int]) -> Iterator[Part]:
    before = {row.service: (row.queue_limit, row.shift_end) for row in base.catalogue.services}
    pools = {row.pool: row for row in base.area.pools}
    for row in other.catalogue.services:
        same = before[row.service] == (row.queue_limit, row.shift_end) and all(
            _same_pool(pools[pool.pool], pool) for pool in other.area.pools if pool.service == row.service)
        if not same or row.service in paid:
            yield Part(row.service, SERVICE, row.label, _pence(base, other, row.service) + paid.get(row.service, 0))


def _same_pool(one: Any, other: Any) -> bool:
    return one.value == other.value and (one.open == other.open
                                         or bool((schedule.parse(one.open) == schedule.parse(other.open)).all()))


def _programmes(base: Resolved, other: Resolved, paid: dict[str, int]) -> Iterator[Part]:
    for row in other.catalogue.programmes:
        name = row.programme
        if _offered(base, name) != _offered(other, name) or name in paid:
            yield Part(name, PROGRAMME, row.label, _pence(base, other, name) + paid.get(name, 0))


def _offered(resolved: Resolved, name: str) -> tuple[Any, ...]:
    """Places, waiting list, dates and where; who comes first."""
    nothing = Offer(programme=name, value=0.0)
    offer = next((row for row in resolved.area.programmes if row.programme == name), nothing)
    about = next(row for row in resolved.catalogue.programmes if row.programme == name)
    return offer.value, offer.waiting_list, offer.first, offer.last, offer.where, about.priority, about.score


def _numbers(base: Resolved, other: Resolved) -> Iterator[Part]:
    found: dict[str, list[str]] = {}
    for row in dict.fromkeys(change.row for change in (*base.plan.changes, *other.plan.changes)):
        if _values(base, row) != _values(other, row):
            found.setdefault(_family(base, other, row), []).append(row)
    for name, rows in found.items():
        yield Part(name, NUMBER, name, rows=tuple(rows))


def _values(resolved: Resolved, row: str) -> list[float]:
    return [change.value for change in resolved.plan.changes if change.row == row]


def _family(base: Resolved, other: Resolved, row: str) -> str:
    change = next(change for change in (*other.plan.changes, *base.plan.changes) if change.row == row)
    named = SHARED_OUT.get(type(change.number.row))
    return str(named(change.number.row)) if named else row


def _settings(base: Resolved, other: Resolved) -> Iterator[Part]:
    changed = [name for name in Run.model_fields
               if name not in NO_RESULT and getattr(base.run, name) != getattr(other.run, name)]
    if changed:
        yield Part(RUN, SETTINGS, f"Settings: {', '.join(changed)}", rows=tuple(f"{RUN}.{name}" for name in changed))


# Some of it ------------------------------------------------------------------------------------------------------------


def _mixed_changes(base: Resolved, other: Resolved, chosen: Collection[str]) -> tuple[Changed, ...]:
    ours = {row for part in _numbers(base, other) if part.name in chosen for row in part.rows}
    return (*(change for change in base.plan.changes if change.row not in ours),
            *(change for change in other.plan.changes if change.row in ours))


def _mixed_said(base: Resolved, other: Resolved, chosen: Collection[str]) -> tuple[dict, dict, dict]:
    """What is said of pools, services and programmes."""
    service = {row.pool: row.service for row in other.area.pools}
    return (_mixed(base.plan.pools, other.plan.pools, lambda pool: service[pool] in chosen),
            _mixed(base.plan.services, other.plan.services, lambda name: name in chosen),
            _mixed(base.plan.programmes, other.plan.programmes, lambda name: name in chosen))


def _mixed(before: dict[str, Any], after: dict[str, Any], is_chosen: Any) -> dict[str, Any]:
    found = {name: (after if is_chosen(name) else before).get(name) for name in dict.fromkeys([*before, *after])}
    return {name: said for name, said in found.items() if said is not None}
