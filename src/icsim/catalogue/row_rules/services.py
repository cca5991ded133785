"""Rules on steps and measures: pathways whose names resolve, refusals, durations, patiences, priorities."""

from __future__ import annotations

from collections.abc import Iterator

from icsim.catalogue.csvtable import nearest
from icsim.catalogue.found import Found
from icsim.catalogue.load import Catalogue
from icsim.catalogue.row_rules.common import Tables, split
from icsim.errors import Problem

LAST_PRIORITY = 7
"""Kept for planned care, which goes last."""
REFUSALS = ("closed", "full")
MOST_LIMITS = 3


def measures_fit(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """A step counts into a count, times into a time, and so on."""
    kinds = {row.measure: row.kind for row in catalogue.measures}
    wanted = {"counts_as": "count", "time_as": "time", "wait_as": "time", "response": "response", "interval": "response"}
    for place in tables["steps"] + tables["outcomes"]:
        for column, kind in wanted.items():
            for given in split(getattr(place.row, column, ""), "|"):
                if kinds.get(given, kind) != kind:
                    yield place.problem(column, f'This measure is of kind "{kinds[given]}"; a {kind} is needed.', given)


def limits_can_be_read(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Limits are whole minutes that rise, at most three, and only of waits."""
    for place in tables["measures"]:
        given = place.row.limits
        minutes = [text for text in given.split("|") if given]
        if not all(text.strip().isdigit() for text in minutes) or len(minutes) > MOST_LIMITS:
            yield place.problem("limits", f"These are whole minutes, at most {MOST_LIMITS}, such as 30|60.", given)
        elif [int(text) for text in minutes] != sorted({int(text) for text in minutes}):
            yield place.problem("limits", "Limits must rise.", given)
        if given and place.row.kind != "response":
            yield place.problem("limits", "Only a measure of kind response has limits.", given)


def steps_resolve(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Steps and outcomes named by branches, quantities and `otherwise` belong to the same pathway."""
    steps = {p: {s.step for s in catalogue.steps_of(p)} for p in {s.pathway for s in catalogue.steps}}
    ends = {p: {o.outcome for o in catalogue.outcomes_of(p)} for p in steps}
    for table, column, outcomes in (
        ("branches", "step", False),
        ("branches", "to", True),
        ("quantities", "step", False),
        ("steps", "otherwise", True),
        ("steps", "luck", False),
    ):
        for place in tables[table]:
            given, pathway = getattr(place.row, column), place.row.pathway
            known = steps.get(pathway, set()) | (ends.get(pathway, set()) if outcomes else set())
            if given and known and given not in known:
                kind = "step or outcome" if outcomes else "step"
                yield place.problem(
                    column, f"The pathway {pathway} has no such {kind}. {nearest(given, known)}".strip(), given
                )


def steps_and_outcomes_differ(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """A branch must know whether it leads to a step or to an outcome."""
    steps = {(row.pathway, row.step) for row in catalogue.steps}
    for place in tables["outcomes"]:
        if (place.row.pathway, place.row.outcome) in steps:
            yield place.problem("outcome", "A step of this pathway has the same name.", place.row.outcome)


def refusals_are_known(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """`refuse` names closed, full or both; only a step on a service refuses, holds, yields or lets people wait."""
    for place in tables["steps"]:
        for word in split(place.row.refuse, "|"):
            if word not in REFUSALS:
                yield place.problem("refuse", "This must be closed, full or closed|full.", word)
        for column, words in _ONLY_WITH_SERVICE.items():
            if getattr(place.row, column) and not place.row.service:
                yield place.problem(column, f"A step without a service {words}.", place.row.step)


_ONLY_WITH_SERVICE = {
    "refuse": "refuses nobody",
    "hold": "has no server to hold",
    "yields": "yields to nobody",
    "wait_as": "has nobody waiting for it",
}


def quantities_are_sound(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Units, ranges and parameters of durations, patiences and priorities."""
    last = {(step.pathway, step.step) for step in catalogue.steps if step.yields}
    for place in tables["quantities"]:
        row = place.row
        if row.quantity == "priority" and (row.pathway, row.step) in last:
            yield place.problem("quantity", "This step yields: planned care goes last and has no priority.", row.step)
        yield from _quantity_unit(place)
        if min(row.a, row.b, row.c) < 0:
            yield place.problem("a", "Parameters must be 0 or more.", min(row.a, row.b, row.c))
        if row.low is not None and row.high is not None and not row.low <= row.a <= row.high:
            yield place.problem("a", f"This must lie between its low ({row.low:g}) and high ({row.high:g}).", row.a)
        if row.distribution == "uniform" and row.a > row.b:
            yield place.problem("b", "A uniform distribution runs upwards from a to b.", row.b)
        if row.distribution == "triangular" and not row.a <= row.b <= row.c:
            yield place.problem("b", "A triangular distribution needs a ≤ b ≤ c.", row.b)
        if row.distribution == "lognormal" and row.a <= 0:
            yield place.problem("a", "The mean of a lognormal distribution must be above 0.", row.a)


def _quantity_unit(place: Found) -> Iterator[Problem]:
    row = place.row
    if row.quantity != "priority":
        if row.unit == "rank":
            yield place.problem("unit", f"A {row.quantity} needs a unit of time.", row.unit)
        return
    if row.unit != "rank" or row.distribution != "constant":
        yield place.problem("unit", "A priority is constant and its unit is rank.", row.unit)
    if row.a not in range(LAST_PRIORITY):
        message = f"A priority is a whole number from 0 (first) to {LAST_PRIORITY - 1}; planned care goes last (yields)."
        yield place.problem("a", message, row.a)


def queue_limits_are_sound(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """A queue limit is 0 or more."""
    for place in tables["services"]:
        if place.row.queue_limit is not None and place.row.queue_limit < 0:
            yield place.problem("queue_limit", "This must be 0 or more.", place.row.queue_limit)
