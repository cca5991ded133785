"""Checks of [[shift]]: do the lines exist, do the shares add up, does each line hold what is taken from it?

The first need the files alone; `balance_problems` needs the tables with all changes in force, since what a line holds
follows from what there is of its service or programme.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from math import fsum
from typing import Any

from icsim.areas import budget
from icsim.areas.budget import FUND, SERVICE, Line, line_of
from icsim.calendar import add_months, add_years
from icsim.errors import Problem
from icsim.scenario.ground import Ground
from icsim.scenario.lines import Path
from icsim.scenario.models import Run
from icsim.scenario.parse import SourceFile
from icsim.scenario.shifts import Shift, condition_of, months_of, ramp_of, shift_of
from icsim.scenario.wording import grouped, nearest, shown

SHARES_ADD_UP = 1e-9
TEXTS: dict[str, Callable[[str], Any]] = {"ramp": ramp_of, "close_when": condition_of, "double_running": months_of}


@dataclass(frozen=True)
class Shifted:
    """One entry of [[shift]] and where it stands."""

    shift: Shift
    file: SourceFile
    index: int

    @property
    def source(self) -> str:
        """The word by which the file says where the money comes from."""
        return "pooled" if len(self.shift.givers) > 1 else "from"

    def problem(self, word: str, message: str, value: object = None) -> Problem:
        """A problem with one of its fields."""
        return self.file.problem(("shift", self.index, word), message, value)


def shifted(chain: Sequence[SourceFile]) -> tuple[Shifted, ...]:
    """The shifts of a chain of sound files, those of the far end first."""
    return tuple(Shifted(shift_of(said), file, index)
                 for file in reversed(chain) for index, said in enumerate(file.data.get("shift", [])))


# What the file alone shows ---------------------------------------------------------------------------------------------


def check_shifts(file: SourceFile, ground: Ground) -> Iterator[Problem]:
    """Lines exist, shares add up to 1, dates are firsts of a month, and texts can be read."""
    for index, said in enumerate(file.data.get("shift", [])):
        key: Path = ("shift", index)
        if ground.area is not None:
            yield from _check_names(file, key, said, ground)
        for word in ("to", "pooled"):
            yield from _check_shares(file, key, said, word)
        yield from _check_texts(file, key, said)
        start = said.get("start")
        if isinstance(start, date) and start.day != 1:
            first = start.replace(day=1)
            yield file.problem((*key, "start"), f"must be the first of a month, such as {first}.", shown(start))
        if ("double_running" in said) != ("double_running_from" in said):
            missing = "double_running_from" if "double_running" in said else "double_running"
            yield file.problem(key, f"says one of double_running and double_running_from; {missing} is missing.")


def check_sources(file: SourceFile) -> Iterator[Problem]:
    """Each shift says one of `from` and `pooled`. Takes the file as parsed: a wrong value is a value."""
    shifts = file.data.get("shift")
    for index, said in enumerate(shifts if isinstance(shifts, list) else []):
        words = {"from", "pooled"} & set(said) if isinstance(said, dict) else {"none"}
        if len(words) != 1:
            remedy = "Take one of them out." if words else "Say one of them."
            yield file.problem(("shift", index), "says where the money comes from once: from one line, or pooled from "
                                                 f"several. {remedy}")


def _check_names(file: SourceFile, key: Path, said: dict[str, Any], ground: Ground) -> Iterator[Problem]:
    named = [(("from",), said.get("from")), (("double_running_from",), said.get("double_running_from")),
             *(((word, name), name) for word in ("pooled", "to") for name in said.get(word, {}))]
    known = budget.names(ground.budget_lines)
    for where, name in named:
        if name is not None and name not in known:
            yield file.problem((*key, *where), f"is not a budget line: a service, a programme, a fund or a pool of servers."
                                               f"{nearest(name, known)}", shown(name) if len(where) == 1 else None)
    for name in said.get("to", {}):
        if name in (said.get("from"), *said.get("pooled", {})):
            yield file.problem((*key, "to"), f"names {name}, from which the money comes. Take it out.")


def _check_shares(file: SourceFile, key: Path, said: dict[str, Any], word: str) -> Iterator[Problem]:
    shares = said.get(word)
    if shares is None:
        return
    for name, share in shares.items():
        if not 0 < share <= 1:
            yield file.problem((*key, word, name), "must be above 0 and at most 1 (share of the money).", shown(share))
    total = fsum(shares.values())
    if abs(total - 1) > SHARES_ADD_UP and all(0 < share <= 1 for share in shares.values()):
        amount = said.get("amount_gbp_per_year")
        rest = f"{pounds(abs(1 - total) * amount * 100)} a year would " if amount else "some of the money would "
        fate = _FATES[word][total > 1]
        yield file.problem((*key, word), f"does not balance: its shares add up to {grouped(round(total, 9))}, so "
                                         f"{rest}{fate} They must add up to 1.")


_FATES = {"to": ("have no receiver.", "be given twice."), "pooled": ("come from nowhere.", "be taken twice.")}
"""What would become of money where shares add up to too little, and to too much."""


def _check_texts(file: SourceFile, key: Path, said: dict[str, Any]) -> Iterator[Problem]:
    for word, read in TEXTS.items():
        if word in said:
            try:
                read(said[word])
            except ValueError as error:
                yield file.problem((*key, word), str(error), shown(said[word]))


# What the lines hold ---------------------------------------------------------------------------------------------------


def balance_problems(found: Sequence[Shifted], lines: dict[str, Line], run: Run) -> Iterator[Problem]:
    """Shifts that take more than a line holds, that overlap, or that a line can neither give nor take."""
    for each in found:
        yield from _dates(each, run)
        yield from _giver(each, lines)
        yield from _receivers(each, lines)
    taken = [each for each in found if each.shift.taken]
    yield from _overlaps(taken, lines)
    yield from _too_much(taken, lines)
    yield from _funds(found, lines)


def _dates(each: Shifted, run: Run) -> Iterator[Problem]:
    end = add_years(run.start, run.years)
    if not run.start <= each.shift.start < end:
        yield each.problem("start", f"must lie in the run, {run.start} to {end}.", shown(each.shift.start))


def _giver(each: Shifted, lines: dict[str, Line]) -> Iterator[Problem]:
    services = 0
    for name, _ in each.shift.givers:
        line = lines.get(name)
        if line is None:
            whole = line_of(name, lines)
            yield each.problem(each.source, f"is one pool of {whole.name if whole else 'a service'}; money leaves a service "
                                            "as a whole.", shown(name))
            continue
        services += line.kind == SERVICE
        if line.most_pence <= 0:
            yield each.problem(each.source, f"holds nothing that can leave: {holds(line)}.", shown(name))
    if not services and (each.shift.close_when or not each.shift.backfill) and all(
            name in lines for name, _ in each.shift.givers):
        word = "close_when" if each.shift.close_when else "backfill"
        line = lines[each.shift.givers[0][0]]
        yield each.problem(word, f"needs a service that closes servers; {line.name} is a {line.kind}.")


def _receivers(each: Shifted, lines: dict[str, Line]) -> Iterator[Problem]:
    for name, _ in each.shift.receivers:
        line = line_of(name, lines)
        if line is not None and line.kind != FUND and not line.unit_pence:
            yield each.problem("to", f"{name} can receive nothing, because no cost of one {line.unit} is known. "
                                     "See `icsim catalogue` for those that have one.")
        elif line is not None and line.kind == SERVICE and not line.where(name):
            pools = ", ".join(pool for pool, _ in line.pools)
            yield each.problem("to", f"{name} has no servers yet. Name the pool that is to have some: {pools}.")


def _overlaps(found: Sequence[Shifted], lines: dict[str, Line]) -> Iterator[Problem]:
    """A line takes part in one growing shift at a time, and none both gives and receives."""
    for at, each in enumerate(found):
        for name, _ in each.shift.givers:
            for other in found[:at]:
                if other.shift.share_of(name):
                    yield from _overlap(each, other, name)
            yield from _both(each, name, found, lines)


def _overlap(each: Shifted, other: Shifted, name: str) -> Iterator[Problem]:
    first, second = sorted((each.shift, other.shift), key=lambda shift: shift.start)
    if second.start <= first.grown:
        yield each.problem(each.source, f"overlaps another shift from {name}: that of {pounds(first.pence)} a year grows "
                                        f"from {first.start} to the end of {_month(first.grown)}, and this of "
                                        f"{pounds(second.pence)} begins on {second.start}. Make one shift of both, or begin "
                                        f"after {_month(first.grown)}.", shown(name))


def _both(each: Shifted, name: str, found: Sequence[Shifted], lines: dict[str, Line]) -> Iterator[Problem]:
    gets = [round(one.shift.pence * share) for one in found for to, share in one.shift.receivers
            if (line := line_of(to, lines)) and line.name == name]
    if gets:
        gives = round(each.shift.pence * each.shift.share_of(name))
        yield each.problem(each.source, f"gives {pounds(gives)} a year and receives {pounds(sum(gets))} by another shift. "
                                        "Move the difference in one shift.", shown(name))


def _too_much(found: Sequence[Shifted], lines: dict[str, Line]) -> Iterator[Problem]:
    taken: dict[str, int] = {}
    for each in found:
        for name, share in each.shift.givers:
            line = lines.get(name)
            if line is None or line.most_pence <= 0:
                continue
            before = taken.get(name, 0)
            taken[name] = before + round(each.shift.pence * share)
            if taken[name] > line.most_pence:
                earlier = f" Earlier shifts take {pounds(before)} of it." if before else ""
                yield each.problem("amount_gbp_per_year", f"takes more than {name} can give: {holds(line)}.{earlier}",
                                   shown(round(each.shift.pence / 100)))


def _funds(found: Sequence[Shifted], lines: dict[str, Line]) -> Iterator[Problem]:
    """What pays for double running is a fund, and holds enough even where nothing comes free meanwhile."""
    asked: dict[str, int] = {}
    for each in (each for each in found if each.shift.double_running_from):
        name = each.shift.double_running_from
        line = lines.get(name)
        if line is None or line.kind != FUND:
            yield each.problem("double_running_from", "must be a fund: money that pays for nothing else. Name one of these: "
                                                      f"{_named_funds(lines)}.", shown(name))
            continue
        last = add_months(each.shift.start, each.shift.double_running_months - 1)
        gives = sum(round(one.shift.pence * one.shift.share_of(name)) for one in found)
        asked[name] = asked.get(name, gives) + each.shift.planned(last)
        if asked[name] > line.pence:
            yield each.problem("double_running_from", f"may be asked for {pounds(asked[name])} a year by {_month(last)}, if "
                                                      f"nothing has come free by then; it holds {pounds(line.pence)}. "
                                                      "Shorten double_running, or move less.", shown(name))


def _named_funds(lines: dict[str, Line]) -> str:
    return ", ".join(line.name for line in lines.values() if line.kind == FUND) or "none is there"


def holds(line: Line) -> str:
    """What a line holds, and how much of it can leave."""
    if line.kind != SERVICE:
        return f"it holds {pounds(line.pence)} a year"
    if not line.unit_pence:
        return f"no cost of one {line.unit} is known"
    return (f"it holds {pounds(line.pence)} a year, of which {pounds(line.most_pence)} can leave, in steps of {line.step} "
            f"{line.unit}{'' if line.step == 1 else 's'} ({pounds(line.step_pence)} each)")


def warnings(found: Sequence[Shifted], lines: dict[str, Line], run: Run) -> Iterator[Problem]:
    """Shifts that are possible but free no money, or buy nothing, as they stand."""
    for each in found:
        smallest = min((lines[name] for name, _ in each.shift.givers), key=lambda line: line.step_pence)
        if smallest.kind == SERVICE and each.shift.pence < smallest.step_pence:
            yield each.problem("amount_gbp_per_year", f"is less than closing one step of {smallest.name} saves "
                                                      f"({pounds(smallest.step_pence)} a year), so nothing comes free.",
                               shown(round(each.shift.pence / 100)))
        for name, share in each.shift.receivers:
            to = line_of(name, lines)
            if to and to.kind == SERVICE and each.shift.pence * share < to.unit_pence:
                yield each.problem("to", f"{name} gets {pounds(round(each.shift.pence * share))} a year, less than one "
                                         f"{to.unit} costs ({pounds(to.unit_pence)}).")
        if each.shift.grown >= add_years(run.start, run.years):
            yield each.problem("ramp", f"goes on until {_month(each.shift.grown)}, after the run ends.")


def pounds(pence: float) -> str:
    """Money in words: £12.3 million, £450,000, £37."""
    amount = pence / 100
    return f"£{amount / 1e6:,.2f} million" if abs(amount) >= 1e6 else f"£{amount:,.0f}"


def _month(day: date) -> str:
    return f"{day:%B %Y}"
