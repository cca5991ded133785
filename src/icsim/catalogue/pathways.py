"""The rules that keep a pathway from trapping anybody: every step reachable, every loop and queue with a way out, and
nobody who lives by a service without a place in it.

A pathway is walked class by class, because a branch that is 0 for a class does not exist for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from icsim.catalogue.found import Found
from icsim.catalogue.row_rules import assignment
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
            for rule in CLASS_RULES:
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
        known = step.service in limits  # an unknown service is told by another rule
        if known and not keeps_server and not bounded and not _all_have_patience(catalogue, event, step):
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
    told: set[str] = set()
    for step in catalogue.steps:
        if step.hold and step.service not in told:
            ring = {name for name in _after(step.service, waits) if step.service in _after(name, waits)}
            told |= ring
            if ring:
                names = " and ".join(sorted(ring))
                yield _place(tables["steps"], step).problem(
                    "hold", f"Servers of {names} may wait for one another in a ring: let one of them go.", step.service
                )


def long_holds_begin_with_a_server(tables: Tables, catalogue: Catalogue, event: Event) -> Iterator[Problem]:
    """An outcome sets the level by which a long hold is held if, and only if, every case that ends so was granted a
    server of that service, and of no other long hold after it.
    """
    held_by = {row.service: assignment(row.held_by) for row in catalogue.services if row.held_by}
    if event.kind != "demand":
        return
    service_of = {level: service for service, level in held_by.items()}
    told: set[tuple[str, str]] = set()
    for cls in classes_of(catalogue, event):
        ends = _ends(catalogue, event, cls, held_by)
        for outcome in catalogue.outcomes_of(event.pathway):
            needed = service_of.get(assignment(outcome.sets), "")
            for step, service in ends.get(outcome.outcome, ()):
                if service == needed or (outcome.outcome, service) in told:
                    continue
                told.add((outcome.outcome, service))
                message = (
                    f"{step} leads here ({cls}) without a server of {needed}, whom this level is held by: nobody may "
                    f"have it but behind a step on {needed}." if needed else
                    f"Who comes here from {step} ({cls}) keeps a server of {service}: this must set "
                    f"{'='.join(held_by[service])}.")
                yield _place(tables["outcomes"], outcome).problem("sets", message, outcome.sets or None)


CLASS_RULES: tuple[Callable[[Tables, Catalogue, Event], Iterable[Problem]], ...] = (
    branches_add_up,
    every_step_is_reachable,
    loops_have_an_exit,
    queues_have_a_bound,
    long_holds_begin_with_a_server,
)
"""Rules that hold for each class of those who enter a pathway."""


def _ends(catalogue: Catalogue, event: Event, cls: DemandClass, held_by: dict) -> dict[str, set[tuple[str, str]]]:
    """Outcome → (last step, long hold granted last or "") of the cases of this class that can end so."""
    steps = {step.step: step for step in catalogue.steps_of(event.pathway)}
    leads = {name: _leads(catalogue, step, cls) for name, step in steps.items()}
    ahead = [(next(iter(steps)), "")]
    seen, ends = set(ahead), dict[str, set[tuple[str, str]]]()
    while ahead:
        name, service = ahead.pop()
        step = steps[name]
        after = step.service if step.service in held_by else service
        for to, now in {*((to, after) for to in leads[name]), *([(step.otherwise, service)] if step.otherwise else [])}:
            if to not in steps:
                ends.setdefault(to, set()).add((name, now))
            elif (to, now) not in seen:
                seen.add((to, now))
                ahead.append((to, now))
    return ends


def _after(service: str, waits: dict[str, set[str]]) -> set[str]:
    """Services for whose servers those of `service` may wait, at first or second hand."""
    return _closure(waits.get(service, set()), waits)


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
    return {to for to, share in shares.items() if abs(share) > 1e-12}  # shares above 1 leave a rest below 0: told before


def _leads(catalogue: Catalogue, step: Step, cls: DemandClass) -> set[str]:
    """The same, and where they go under pressure."""
    served = _served(catalogue, step, cls)
    return served | {
        row.instead
        for row in catalogue.congestion
        if (row.kind, row.pathway, row.step) == ("divert", step.pathway, step.step) and row.to in served
    }


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
