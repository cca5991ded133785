"""The rules that keep a pathway from trapping anybody: every step reachable, every loop and queue with a way out.

A pathway is walked class by class, because a branch that is 0 for a class does not exist for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from icsim.catalogue.found import Found
from icsim.catalogue.rows import Event, Step
from icsim.catalogue.when import DemandClass, branch_shares, classes_of, row_for_class
from icsim.errors import Problem
from icsim.units import FACTORS

if TYPE_CHECKING:
    from icsim.catalogue.load import Catalogue

Tables = dict[str, list[Found]]
ENTERING = ("demand", "stream")
"""Kinds of event that enter a pathway."""


def pathway_problems(tables: Tables, catalogue: Catalogue) -> list[Problem]:
    """Everything that is wrong with the graphs of the pathways."""
    problems = list(_pathways_without_demand(tables, catalogue))
    problems += _last_branches(tables, catalogue)
    if problems:
        return problems
    for event in catalogue.events:
        if event.kind in ENTERING:
            for rule in (
                branches_add_up,
                every_step_is_reachable,
                loops_have_an_exit,
                queues_have_a_bound,
            ):
                problems += rule(tables, catalogue, event)
    return problems + list(no_cycle_of_holds(tables, catalogue))


def _pathways_without_demand(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    entered = {event.pathway for event in catalogue.events if event.kind in ENTERING}
    told: set[str] = set()
    for place in tables["steps"]:
        if place.row.pathway not in entered | told:
            told.add(place.row.pathway)
            yield place.problem("pathway", "No demand enters this pathway.", place.row.pathway)


def _last_branches(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Every step leads on; its last row, and only that, has no value and no condition."""
    for place in tables["steps"]:
        own = [b for b in tables["branches"] if (b.row.pathway, b.row.step) == (place.row.pathway, place.row.step)]
        if not own:
            yield place.problem("step", "branches.csv has no row for this step.", place.row.step)
        for branch in own[:-1]:
            if branch.row.value is None:
                yield branch.problem("value", "Only the last branch of a step takes the rest; this one needs a value.")
        if own and (own[-1].row.value is not None or own[-1].row.when):
            yield own[-1].problem(
                "value", "The last branch of a step takes the rest: no value, no condition.", own[-1].row.value
            )


def branches_add_up(tables: Tables, catalogue: Catalogue, event: Event) -> Iterator[Problem]:
    """For each class the stated shares of a step come to at most 1."""
    for step in catalogue.steps_of(event.pathway):
        rows = catalogue.branches_of(event.pathway, step.step)
        for cls in classes_of(catalogue, event):
            rest = branch_shares(rows, cls, FACTORS)[rows[-1].to]
            if rest < -1e-9:
                place = _place(tables["branches"], rows[0])
                yield place.problem("value", f"Branches of {step.step} add up to {1 - rest:.4g} for {cls}; at most 1.")
                break


def every_step_is_reachable(tables: Tables, catalogue: Catalogue, event: Event) -> Iterator[Problem]:
    """Some class can come to each step, served or turned away."""
    reached: set[str] = set()
    for cls in classes_of(catalogue, event):
        leads = {
            step.step: _leads(catalogue, step, cls) | ({step.otherwise} if step.otherwise else set())
            for step in catalogue.steps_of(event.pathway)
        }
        reached |= _closure({catalogue.steps_of(event.pathway)[0].step}, leads)
    for step in catalogue.steps_of(event.pathway):
        if step.step not in reached:
            yield _place(tables["steps"], step).problem("step", "No case can come to this step.", step.step)


def loops_have_an_exit(tables: Tables, catalogue: Catalogue, event: Event) -> Iterator[Problem]:
    """From every step each class can come to an outcome by being served."""
    outcomes = {row.outcome for row in catalogue.outcomes_of(event.pathway)}
    told: set[str] = set()
    for cls in classes_of(catalogue, event):
        leads = {step.step: _served(catalogue, step, cls) for step in catalogue.steps_of(event.pathway)}
        for step in catalogue.steps_of(event.pathway):
            if step.step not in told and not _closure({step.step}, leads) & outcomes:
                told.add(step.step)
                place = _place(tables["steps"], step)
                yield place.problem(
                    "step", f"From here no outcome can be reached ({cls}): a loop without exit.", step.step
                )


def queues_have_a_bound(tables: Tables, catalogue: Catalogue, event: Event) -> Iterator[Problem]:
    """Where a case may wait it has a patience, or is refused when the queue is full."""
    limits = {row.service: row.queue_limit for row in catalogue.services}
    held = _held_on_entry(catalogue, event)
    for step in catalogue.steps_of(event.pathway):
        keeps_server = held[step.step] == {step.service}
        bounded = "full" in step.refuse.split("|") and limits.get(step.service) is not None
        if step.service and not keeps_server and not bounded and not _all_have_patience(catalogue, event, step):
            yield _place(tables["steps"], step).problem(
                "step",
                "This queue is unbounded: give the step a patience for every class, or let it refuse when full "
                "and its service a queue_limit.",
                step.step,
            )


def no_cycle_of_holds(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Servers kept while waiting for other servers never form a ring, in one pathway or between several: all of them
    could stand still for ever.
    """
    waits: dict[str, set[str]] = {}
    for event in catalogue.events:
        held = _held_on_entry(catalogue, event) if event.kind in ENTERING else {}
        for step in catalogue.steps_of(event.pathway):
            for service in held.get(step.step, set()) - {"", step.service}:
                waits.setdefault(service, set()).update({step.service} - {""})
    for step in catalogue.steps:
        if step.hold and step.service in _closure(waits.get(step.service, set()), waits):
            yield _place(tables["steps"], step).problem(
                "hold", f"Servers of {step.service} may wait for one another in a ring.", step.service
            )
            return


def _held_on_entry(catalogue: Catalogue, event: Event) -> dict[str, set[str]]:
    """Services of which a case may keep a server when it comes to each step; "": none."""
    steps = catalogue.steps_of(event.pathway)
    leads = {
        step.step: set().union(*(_leads(catalogue, step, cls) for cls in classes_of(catalogue, event)))
        for step in steps
    }
    held: dict[str, set[str]] = {step.step: set() for step in steps}
    held[steps[0].step] = {""}
    while True:
        before = {name: set(services) for name, services in held.items()}
        for step in steps:
            after = {step.service} if step.hold and step.service else {""}
            for name in leads[step.step] & held.keys() if held[step.step] else ():
                held[name] |= after
            if step.otherwise in held:
                held[step.otherwise] |= held[step.step]
        if held == before:
            return held


def _served(catalogue: Catalogue, step: Step, cls: DemandClass) -> set[str]:
    """Where cases of this class go from a step after service."""
    shares = branch_shares(catalogue.branches_of(step.pathway, step.step), cls, FACTORS)
    return {to for to, share in shares.items() if share > 1e-12}


def _leads(catalogue: Catalogue, step: Step, cls: DemandClass) -> set[str]:
    """The same, and where they go under pressure."""
    own = (row for row in catalogue.congestion if (row.pathway, row.step) == (step.pathway, step.step))
    diverted = {row.to: row.instead for row in own if row.kind == "divert"}
    served = _served(catalogue, step, cls)
    return served | {diverted[to] for to in served & diverted.keys()}


def _all_have_patience(catalogue: Catalogue, event: Event, step: Step) -> bool:
    rows = catalogue.quantities_of(event.pathway, step.step, "patience")
    return all(row_for_class(rows, cls) is not None for cls in classes_of(catalogue, event))


def _closure(start: Iterable[str], leads: dict[str, set[str]]) -> set[str]:
    """Everything that can be reached from `start`, itself included."""
    reached, ahead = set(start), list(start)
    while ahead:
        for name in leads.get(ahead.pop(), set()) - reached:
            reached.add(name)
            ahead.append(name)
    return reached


def _place(places: list[Found], row: object) -> Found:
    return next(place for place in places if place.row is row)
