"""The questions of `icsim new`: each with a default, each answer checked before the next question."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from icsim import api, areas
from icsim.cli.asking import ask, choose, faults_in, say
from icsim.cli.drafting import SUFFIX, file_of
from icsim.cli.money_questions import money
from icsim.cli.typed import number_typed, servers_typed
from icsim.errors import DraftError, Problem
from icsim.scenario.commented import REASON, limited
from icsim.scenario.draft import Answers, draft, name_faults, value_faults
from icsim.scenario.explain import servers

if TYPE_CHECKING:
    from icsim.areas.rows import Pool
    from icsim.scenario import Scenario

FIRST_NAME = "my_scenario"
ALL = "all"
HOURS, OTHER_HOURS = "always", "daily 08:00-20:00"
"""Opening hours that are offered: the second where something is always open."""
MORE = 1.1
"""How many times as many servers are offered: a size that people ask about."""
PLACES = 100
"""Places a month that are offered."""


class Change(NamedTuple):
    """One thing that is to be different: table, name in it, and its fields as in a scenario file."""

    table: str
    name: str
    fields: dict[str, Any]


def at_a_terminal() -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin is not None and sys.stdin.isatty()


def ask_for_the_rest(answers: Answers, area: str | None, folder: Path) -> tuple[str, Answers]:
    """Ask for what was not typed. Returns the area, and answers that make a sound scenario.

    Raises DraftError, before any question, where something that was typed is wrong.
    """
    _refuse(_typed_faults(answers, folder))
    say("A few questions; Enter takes what stands in [brackets]. Nothing is written before\nthe last one. Ctrl-C stops.")
    place = area or choose("Which area?", _areas(), areas.names().index(api.DEFAULT_AREA))
    baseline = api.read(f"{place}/baseline")
    if answers.changes:
        _refuse(faults_in(lambda: draft(replace(answers, name=answers.name or FIRST_NAME), baseline)))
    answers = replace(answers, name=answers.name or _ask_for_name(folder), title=answers.title or _ask_for_title())
    if not answers.changes:
        answers = _ask_for_changes(answers, baseline)
    return place, replace(answers, reason=answers.reason or _ask_for_reason())


def _typed_faults(answers: Answers, folder: Path) -> list[Problem]:
    """What is wrong with what was typed: told now, not after every question that follows."""
    run = {} if answers.years is None else {"years": answers.years}
    said = {"title": answers.title, "reason": answers.reason, "run": run}
    return [*value_faults(**{key: value for key, value in said.items() if value}),
            *(_name_faults(answers.name, folder) if answers.name else [])]


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise DraftError("icsim new", problems)


def _ask_for_name(folder: Path) -> str:
    name = ask("Name of the file", _free_name(folder), lambda text: _name_faults(text.removesuffix(SUFFIX), folder))
    return name.removesuffix(SUFFIX)


def _ask_for_title() -> str:
    return ask("Title, one line for tables and charts", "", lambda text: value_faults(title=text) if text else [],
               shown="made of the changes")


def _ask_for_reason() -> str:
    return ask("Why? It is printed beside the results", REASON, lambda text: value_faults(reason=text))


# --- what should be different -----------------------------------------------------------------------------------------


def _ask_for_changes(answers: Answers, baseline: Scenario) -> Answers:
    """Changes one after another, until somebody is done."""
    kinds = {"servers": ("more or fewer servers of a service", _servers),
             "hours": ("other opening hours of a service", _hours),
             "places": ("places of a programme", _places),
             "money": ("money from one budget to others", money)}
    rows = [(kind, words) for kind, (words, _) in kinds.items()]
    kind = choose("What should be different?", rows)
    while kind != "done":
        answers = kinds[kind][1](answers, baseline)
        kind = choose("What else?", [*rows, ("done", "nothing else")], default=len(rows))
    return answers


def _servers(answers: Answers, baseline: Scenario) -> Answers:
    """Servers of a service: a number, or a factor where it has several pools and all are meant."""
    name = _choose_service(baseline)
    row, pools = baseline.ground.services[name], limited(baseline)[name]
    if len(pools) > 1:
        one = choose(f"{row.label}: which?", _choices(pools, row.server))
        if one == ALL:
            return _change(answers, baseline, "services", name, "How many times as many?", _factor(pools),
                           lambda text: {"multiply": number_typed(text.rstrip("x× "))})
        name, pools = one, [pool for pool in pools if pool.pool == one]
    now = int(pools[0].value or 0)
    return _change(answers, baseline, "services", name, f"How many {row.server}s? The baseline has {now:,}",
                   max(now + 1, round(now * MORE)), servers_typed)


def _hours(answers: Answers, baseline: Scenario) -> Answers:
    name = _choose_service(baseline)
    hours = dict.fromkeys(pool.open for pool in limited(baseline)[name])
    return _change(answers, baseline, "services", name, f"Open when? The baseline has {', or '.join(hours)}",
                   OTHER_HOURS if set(hours) == {HOURS} else HOURS, lambda text: {"open": text})


def _places(answers: Answers, baseline: Scenario) -> Answers:
    rows = [(row.programme, row.label) for row in baseline.catalogue.programmes]
    name = choose("Which programme?", rows)
    now = next((offer.value for offer in baseline.area.programmes if offer.programme == name), 0.0)
    return _change(answers, baseline, "programmes", name, "How many people can begin in a month? The baseline has "
                   f"{now:,.10g}", PLACES, lambda text: {"places": number_typed(text)})


def _change(answers: Answers, baseline: Scenario, table: str, name: str, question: str, default: object,
            read: Callable[[str], dict[str, Any]]) -> Answers:
    """Ask until the answer makes a sound scenario that differs from the baseline; then also one with all before it."""
    alone = replace(answers, services={}, programmes={}, shifts=())

    def changed(before: Answers, text: str) -> Answers:
        return _with(before, Change(table, name, read(text)))

    def faults(text: str) -> list[Problem]:
        found = faults_in(lambda: draft(changed(alone, text), baseline))
        if found or not answers.shifts:
            return found
        return faults_in(lambda: draft(changed(answers, text), baseline))  # money that moves must still be there

    return changed(answers, ask(question, str(default), faults))


def _with(answers: Answers, change: Change) -> Answers:
    """The answers with one more change; of a number and a factor for the same thing, the later counts."""
    before = dict(getattr(answers, change.table))
    fields = before.get(change.name, {})
    if {"number", "multiply"} & change.fields.keys():
        fields = {key: value for key, value in fields.items() if key not in ("number", "multiply")}
    table: dict[str, Any] = {change.table: {**before, change.name: {**fields, **change.fields}}}
    return replace(answers, **table)


# --- what there is to choose from -------------------------------------------------------------------------------------


def _areas() -> list[tuple[str, str]]:
    return [(name, areas.load(name).label) for name in areas.names()]


def _choose_service(baseline: Scenario) -> str:
    labels = {row.service: row.label for row in baseline.catalogue.services}
    return choose("Which service?", [(name, labels[name]) for name in limited(baseline)])


def _choices(pools: Sequence[Pool], server: str) -> list[tuple[str, str]]:
    """Pools to choose from, and first all of them, if there is anything to multiply.

    A pool that can only be 0 is no place: it takes the people whom no place reaches.
    """
    each = [(pool.pool, f"{pool.label} ({servers(int(pool.value or 0), server)})") for pool in pools if pool.high != 0]
    return [(ALL, "all of them, by a factor"), *each] if any(pool.value for pool in pools) else each


def _factor(pools: Sequence[Pool]) -> float:
    """A factor that changes something: a tenth more of a few servers is none."""
    return MORE if any(int((pool.value or 0) * MORE + 0.5) != pool.value for pool in pools) else 2.0


def _free_name(folder: Path) -> str:
    names = (FIRST_NAME if number == 1 else f"{FIRST_NAME}_{number}" for number in range(1, 10_000))
    return next(name for name in names if not (folder / f"{name}{SUFFIX}").exists())


def _name_faults(name: str, folder: Path) -> list[Problem]:
    return list(name_faults(name)) or faults_in(lambda: file_of(name, folder))
