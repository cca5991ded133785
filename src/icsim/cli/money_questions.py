"""The questions of `icsim new` about money that moves from one budget line to others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from icsim.areas.budget import FUND, SERVICE, line_of
from icsim.cli.asking import ask, choose, faults_in, say
from icsim.cli.typed import pounds_typed, receivers_typed
from icsim.errors import Problem
from icsim.scenario.draft import RAMP, Answers, draft, lines_after
from icsim.scenario.money import holds, pounds
from icsim.scenario.wording import folded, shorten

if TYPE_CHECKING:
    from icsim.areas.budget import Line
    from icsim.scenario import Scenario

Lines = dict[str, "Line"]

GIVER = "hospital_beds"
"""The line that is offered first, where it can give: what people ask about."""
PART = 0.1
"""Share of a line without steps that is offered."""


def money(answers: Answers, baseline: Scenario) -> Answers:
    """The answers with one more shift: who gives, how much, who receives, how it grows."""
    lines = lines_after(answers, baseline)
    givers = _givers(answers, lines)
    if not givers:
        say("Nobody is left who could give any money.")
        return answers
    names = [line.name for line in givers]
    rows = [(line.name, f"{line.label}: {pounds(line.most_pence)}") for line in givers]
    giver = lines[choose("Whose money? Beside each: what can leave it, a year", rows,
                         names.index(GIVER) if GIVER in names else 0)]
    takers = _takers(giver, answers, lines)
    shift: dict[str, Any] = {"from": giver.name, "to": {_offered(takers): 1.0}}
    shift["amount_gbp_per_year"] = _ask_amount(shift, giver, answers, baseline)
    shift["to"] = _ask_receivers(shift, takers, answers, baseline)
    shift["ramp"] = ask("How does it grow?", RAMP, lambda text: _faults({**shift, "ramp": text}, answers, baseline))
    return _with(answers, shift)


def _ask_amount(shift: dict[str, Any], giver: Line, answers: Answers, baseline: Scenario) -> Any:
    say(folded(f"{giver.label}: {holds(giver)}."))
    return pounds_typed(ask("How many pounds a year?", f"{_amount(giver):,}", lambda text: _faults(
        {**shift, "amount_gbp_per_year": pounds_typed(text)}, answers, baseline)))


def _ask_receivers(shift: dict[str, Any], takers: list[Line], answers: Answers, baseline: Scenario) -> dict[str, float]:
    def faults(text: str) -> list[Problem]:
        try:
            return _faults({**shift, "to": receivers_typed(text)}, answers, baseline)
        except ValueError as error:
            return [Problem(shorten(text), str(error))]

    say("\n".join(["\nWho can receive it:", *(folded(", ".join(names), "  ") for names in _by_kind(takers))]))
    return receivers_typed(ask("Who receives it? Names, with a share such as 60% where they are not equal",
                               _offered(takers), faults))


# --- what there is to choose from -------------------------------------------------------------------------------------


def _givers(answers: Answers, lines: Lines) -> list[Line]:
    """Lines that can give, and take no part in a shift before: none gives twice at a time, or gives and receives."""
    named = [name for shift in answers.shifts for name in (shift["from"], *shift["to"])]
    busy = {line.name for name in named if (line := line_of(name, lines))}
    return [line for line in lines.values() if line.name not in busy and line.most_pence > 0 and _amount(line)]


def _takers(giver: Line, answers: Answers, lines: Lines) -> list[Line]:
    """Lines that can receive: something there has a price, or it is a fund."""
    givers = {giver.name, *(shift["from"] for shift in answers.shifts)}
    return [line for line in lines.values() if line.name not in givers and (line.kind == FUND or line.unit_pence)]


def _offered(takers: list[Line]) -> str:
    """Prevention, where there is any."""
    return next((line for line in takers if line.kind not in (FUND, SERVICE)), takers[0]).name


def _by_kind(takers: list[Line]) -> list[list[str]]:
    return [[line.name for line in takers if line.kind == kind] for kind in dict.fromkeys(line.kind for line in takers)]


def _amount(line: Line) -> int:
    """Pounds that are offered: what one step saves, or a part where there are no steps, and no more than there is."""
    wanted = line.step_pence if line.kind == SERVICE else round(line.pence * PART)
    return min(_readable(-(-wanted // 100)), line.most_pence // 100)


def _readable(number: int) -> int:
    """Rounded up to two digits that are not nought."""
    unit = 10 ** max(len(str(number)) - 2, 0)
    return -(-number // unit) * unit


# --- trying it out ----------------------------------------------------------------------------------------------------


def _with(answers: Answers, shift: dict[str, Any]) -> Answers:
    return replace(answers, shifts=(*answers.shifts, shift))


def _faults(shift: dict[str, Any], answers: Answers, baseline: Scenario) -> list[Problem]:
    """What is wrong with a shift beside everything said before it."""
    return faults_in(lambda: draft(_with(answers, shift), baseline))
