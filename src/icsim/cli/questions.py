"""The questions of `icsim new`: each with a default, each answer checked before the next question."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from icsim import api, areas
from icsim.cli.drafting import SUFFIX, file_of, number_typed, servers_typed
from icsim.errors import DraftError, Problem
from icsim.scenario.commented import REASON, limited
from icsim.scenario.draft import Answers, draft, name_faults, value_faults
from icsim.scenario.explain import servers
from icsim.scenario.wording import folded, near, shorten

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

Faults = Callable[[str], list[Problem]]


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
    _say("A few questions; Enter takes what stands in [brackets]. Nothing is written before\nthe last one. Ctrl-C stops.")
    place = area or _choose("Which area?", _areas(), areas.names().index(api.DEFAULT_AREA))
    baseline = api.read(f"{place}/baseline")
    if _changes(answers):
        _refuse(_faults(lambda: draft(replace(answers, name=answers.name or FIRST_NAME), baseline)))
    answers = replace(answers, name=answers.name or _ask_for_name(folder), title=answers.title or _ask_for_title())
    if not _changes(answers):
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


def _changes(answers: Answers) -> bool:
    return bool(answers.services or answers.programmes)


def _ask_for_name(folder: Path) -> str:
    name = _ask("Name of the file", _free_name(folder), lambda text: _name_faults(text.removesuffix(SUFFIX), folder))
    return name.removesuffix(SUFFIX)


def _ask_for_title() -> str:
    return _ask("Title, one line for tables and charts", "", lambda text: value_faults(title=text) if text else [],
                shown="made of the changes")


def _ask_for_reason() -> str:
    return _ask("Why? It is printed beside the results", REASON, lambda text: value_faults(reason=text))


# --- what should be different -----------------------------------------------------------------------------------------


def _ask_for_changes(answers: Answers, baseline: Scenario) -> Answers:
    """Changes one after another, until somebody is done."""
    kinds = {"servers": ("more or fewer servers of a service", _servers),
             "hours": ("other opening hours of a service", _hours),
             "places": ("places of a programme", _places)}
    rows = [(kind, words) for kind, (words, _) in kinds.items()]
    kind = _choose("What should be different?", rows)
    while kind != "done":
        answers = _with(answers, kinds[kind][1](answers, baseline))
        kind = _choose("What else?", [*rows, ("done", "nothing else")], default=len(rows))
    return answers


def _servers(answers: Answers, baseline: Scenario) -> Change:
    """Servers of a service: a number, or a factor where it has several pools and all are meant."""
    name = _choose_service(baseline)
    row, pools = baseline.ground.services[name], limited(baseline)[name]
    if len(pools) > 1:
        one = _choose(f"{row.label}: which?", _choices(pools, row.server))
        if one == ALL:
            return _change(answers, baseline, "services", name, "How many times as many?", _factor(pools),
                           lambda text: {"multiply": number_typed(text.rstrip("x× "))})
        name, pools = one, [pool for pool in pools if pool.pool == one]
    now = int(pools[0].value or 0)
    return _change(answers, baseline, "services", name, f"How many {row.server}s? The baseline has {now:,}",
                   max(now + 1, round(now * MORE)), servers_typed)


def _hours(answers: Answers, baseline: Scenario) -> Change:
    name = _choose_service(baseline)
    hours = dict.fromkeys(pool.open for pool in limited(baseline)[name])
    return _change(answers, baseline, "services", name, f"Open when? The baseline has {', or '.join(hours)}",
                   OTHER_HOURS if set(hours) == {HOURS} else HOURS, lambda text: {"open": text})


def _places(answers: Answers, baseline: Scenario) -> Change:
    rows = [(row.programme, row.label) for row in baseline.catalogue.programmes]
    name = _choose("Which programme?", rows)
    now = next((offer.value for offer in baseline.area.programmes if offer.programme == name), 0.0)
    return _change(answers, baseline, "programmes", name, "How many people can begin in a month? The baseline has "
                   f"{now:,.10g}", PLACES, lambda text: {"places": number_typed(text)})


def _change(answers: Answers, baseline: Scenario, table: str, name: str, question: str, default: object,
            read: Callable[[str], dict[str, Any]]) -> Change:
    """Ask until the answer makes a sound scenario that differs from the baseline."""
    alone = replace(answers, services={}, programmes={})

    def faults(text: str) -> list[Problem]:
        return _faults(lambda: draft(_with(alone, Change(table, name, read(text))), baseline))

    return Change(table, name, read(_ask(question, str(default), faults)))


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
    return _choose("Which service?", [(name, labels[name]) for name in limited(baseline)])


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
    return list(name_faults(name)) or _faults(lambda: file_of(name, folder))


def _faults(make: Callable[[], object]) -> list[Problem]:
    try:
        make()
    except DraftError as error:
        return error.problems
    return []


# --- asking -----------------------------------------------------------------------------------------------------------


def _choose(question: str, rows: Sequence[tuple[str, str]], default: int = 0) -> str:
    """One of the names, chosen by its number in the list or by itself."""
    names = [name for name, _ in rows]
    numbers = {str(count): name for count, name in enumerate(names, 1)}
    width = max(map(len, names))
    _say(f"\n{question}")
    for count, (name, words) in enumerate(rows, 1):
        begin = f"  {count:2}  {name:{width}}  "
        _say(begin + folded(words, " " * len(begin))[len(begin):])

    def faults(text: str) -> list[Problem]:
        message = f"is neither in the list nor a number from 1 to {len(rows)}.{near(text, names)}"
        return [] if text in numbers or text in names else [Problem(shorten(text), message)]

    answer = _ask("Number or name", str(default + 1), faults)
    return numbers.get(answer, answer)


def _ask(question: str, default: str, faults: Faults, shown: str = "") -> str:
    """The answer, or the default for an empty one; asked again while something is wrong with it."""
    while True:
        try:
            answer = typer.prompt(f"{question} [{shown or default}]", default="", show_default=False, err=True).strip()
        except typer.Abort:  # Ctrl-C, or the end of what is typed
            raise KeyboardInterrupt from None
        answer = answer or default
        wrong = faults(answer)
        if not wrong:
            return answer
        _say("\n".join(map(str, wrong)))


def _say(text: str) -> None:
    typer.echo(text, err=True)
