"""The ledger as it runs: each month it decides what closes, what has come free, who gets it, and what that buys.

In each shift so much is *planned* to move, by its ramp. A service that gives closes servers in whole steps, as soon as what
is planned comes to one step more (or once they are no longer needed, if the shift says so); after the notice they are gone
and what they cost comes *free*. What is planned and not free is *stranded*. Receivers get what is free, and for a time
what a fund pays besides (*double running*). Programmes and funds give at once. Lines that give together, from a pooled
budget, each close what their own share covers; once the shift has grown, what their shares leave over closes steps of
whichever line has one that it covers.

A decision of a month rests on what services did up to a month before: figures of last month are not yet in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from icsim.areas.budget import MONTHS, PROGRAMME, SERVICE, Line, line_of
from icsim.calendar import add_months
from icsim.ledger import stand
from icsim.ledger.book import DOUBLE_RUNNING, MOVED, OPENING, PLANNED, STRANDED, UNSPENT, VACANT, Book, monthly
from icsim.scenario.shifts import Shift, months_between


class Funded(NamedTuple):
    """What money has changed by now, compared with the area's tables."""

    servers: Mapping[str, int]
    """pool → servers more (or fewer)"""
    places: Mapping[str, float]
    """programme → places a month more (or fewer)"""
    kept_free: Mapping[str, int]
    """pool → servers that are to close, and are not given to planned care meanwhile"""


@dataclass
class _Giving:
    """What has become so far of what one service gives by one shift."""

    decided: list[int] = field(default_factory=list)
    """steps that were decided to close, up to and with each month"""
    quiet: int = 0
    """months in a row in which the service was less busy than the shift asks for"""

    @property
    def so_far(self) -> int:
        """Steps decided by now."""
        return self.decided[-1] if self.decided else 0

    def steps(self, notice: int) -> int:
        """Steps that are closed, their notice being over."""
        return self.decided[-1 - notice] if len(self.decided) > notice else 0


class Ledger:
    """All budget lines of one replication, from the start of its run on."""

    def __init__(self, shifts: Sequence[Shift], lines: Mapping[str, Line], start: date):
        """lines: every line of the area, by name; start: the first day of the run, the first of a month."""
        self.lines, self.shifts, self._start = dict(lines), tuple(shifts), start
        self._number = {name: n for n, name in enumerate(lines)}
        self._giving = {(n, name): _Giving() for n, shift in enumerate(shifts) for name, _ in shift.givers
                        if lines[name].kind == SERVICE}
        self._busy: dict[str, float] = {}
        self._month = -1
        self.book = Book()

    @property
    def number(self) -> int:
        """The number of the month that was opened last: 0, the first of the run."""
        return self._month

    @property
    def month(self) -> date:
        """The first day of the month that was opened last."""
        return add_months(self._start, self._month)

    def is_new(self, day: date) -> bool:
        """Whether a month has begun since the last that was opened."""
        return months_between(self._start, day) > self._month

    def observe(self, occupancy: Mapping[str, float]) -> None:
        """Share of servers in use by service, in a month that is over."""
        self._busy = dict(occupancy)

    def open(self, day: date) -> Funded | None:
        """Begin the month of `day`: enter it in the book and say what money has changed by now; None if nothing is new."""
        before, self._month = self._state() if self._month >= 0 else None, self._month + 1
        month = self.month
        assert months_between(self._start, day) == self._month
        for n, shift in enumerate(self.shifts):
            self._decide(n, shift, month)
        self._enter(month)
        now = self._state()
        return None if now == before or (before is None and not self.shifts) else now

    def vacant(self, short: Mapping[str, float]) -> None:
        """Enter what lines hold, in this month, for servers or places that nobody is found to staff."""
        for name, number in short.items():
            line = self.lines[name]
            a_year = round(number * line.unit_pence * (MONTHS if line.kind == PROGRAMME else 1))
            self.book.enter(self._month, VACANT, monthly(a_year, self._month), receiver=self._number[name])

    # Decisions ---------------------------------------------------------------------------------------------------------

    def _decide(self, n: int, shift: Shift, month: date) -> None:
        """Which steps are decided to close by now."""
        closing = {name: giving for (m, name), giving in self._giving.items() if m == n}
        decided = {name: giving.so_far for name, giving in closing.items()}
        shares = {name: pence for name, pence in split(shift.planned(month), shift.givers) if name in closing}
        left = sum(shares.values()) - sum(self.lines[name].step_pence * steps for name, steps in decided.items())
        behind = {name: left if month >= shift.grown else shares[name] - self.lines[name].step_pence * decided[name]
                  for name in closing}
        most = {name: self._most(n, name, behind[name]) for name in closing}
        while able := [name for name in closing if decided[name] < most[name]
                       and self.lines[name].step_pence <= min(left, behind[name])]:
            lacks = {name: shares[name] - decided[name] * self.lines[name].step_pence for name in able}
            name = max(able, key=lambda name: (lacks[name] >= self.lines[name].step_pence, lacks[name]))
            decided[name] += 1
            left -= self.lines[name].step_pence
            behind[name] -= self.lines[name].step_pence
        for name, giving in closing.items():
            if shift.close_when and decided[name] > giving.so_far:
                giving.quiet = 0  # one step at a time: what closing it does to the others is seen first
            giving.decided.append(decided[name])

    def _most(self, n: int, name: str, covered: int) -> int:
        """Steps of a service that may have been decided for one shift after this month; covered: pence a year that could
        close some of them.
        """
        giving, condition = self._giving[n, name], self.shifts[n].close_when
        line = self.lines[name]
        others = sum(max(other.so_far, int(self.shifts[m].pence * self.shifts[m].share_of(name)) // line.step_pence)
                     for (m, other_line), other in self._giving.items() if other_line == name and m != n)
        most = max(line.most_steps - others, giving.so_far)
        if condition is None or most <= giving.so_far or line.step_pence > covered:
            return most
        giving.quiet = giving.quiet + 1 if self._busy.get(name, 1.0) < condition.occupancy else 0
        return giving.so_far + (giving.quiet >= condition.months)

    def _freed(self, n: int, month: date) -> dict[str, int]:
        """Pence a year of a shift that have come free, by line that gives."""
        shift = self.shifts[n]
        return {name: self._giving[n, name].steps(line.notice_months) * line.step_pence
                if (line := self.lines[name]).kind == SERVICE else pence
                for name, pence in split(shift.planned(month), shift.givers)}

    def free(self, n: int, month: date) -> int:
        """The same, all lines together."""
        return sum(self._freed(n, month).values())

    def paid(self, n: int, month: date) -> int:
        """Pence a year that the receivers of a shift get."""
        shift = self.shifts[n]
        ends = add_months(shift.start, shift.double_running_months)
        return shift.planned(month) if month < ends else self.free(n, month)

    # What it comes to --------------------------------------------------------------------------------------------------

    def _state(self) -> Funded:
        servers, places, kept = dict[str, int](), dict[str, float](), dict[str, int]()
        taken = [n for n, shift in enumerate(self.shifts) if shift.taken]
        for name in {name for n in taken for name, _ in self.shifts[n].givers}:
            line = self.lines[name]
            if line.kind == SERVICE:
                gone, marked = self._steps(line)
                closed = stand.closed(line.pools, line.step, gone)
                _add(servers, closed, -1)
                _add(kept, stand.closed(line.pools, line.step, marked))
                _add(kept, closed, -1)
            elif line.kind == PROGRAMME:
                given = sum(self._freed(n, self.month).get(name, 0) for n in taken)
                _add(places, {name: given / (MONTHS * line.unit_pence)}, -1)
        for name, pence in self._received(self.month).items():
            line = self._line(name)
            if line.kind == PROGRAMME:
                _add(places, {line.name: pence / (MONTHS * line.unit_pence)})
            elif line.kind == SERVICE:
                _add(servers, stand.opened(line.where(name), pence // line.unit_pence))
        return Funded(servers, places, kept)

    def _steps(self, line: Line) -> tuple[int, int]:
        """Steps of a service that are closed, by all shifts together; and with those that are to close and are not given to
        planned care meanwhile.
        """
        gone = marked = 0
        for (n, name), giving in self._giving.items():
            if name == line.name and self.shifts[n].taken:
                shift, closed = self.shifts[n], giving.steps(line.notice_months)
                planned = int(shift.planned(self.month) * shift.share_of(name)) // line.step_pence
                gone += closed
                marked += closed if shift.backfill else max(planned, giving.so_far, closed)
        return gone, min(marked, line.most_steps)

    def _received(self, month: date) -> dict[str, int]:
        """Pence a year by receiver (a line or a pool), rounded down, so that more money is never less for anybody."""
        found: dict[str, int] = {}
        for n, shift in enumerate(self.shifts):
            paid = self.paid(n, month)
            for name, share in shift.receivers:
                found[name] = found.get(name, 0) + int(paid * share)
        return found

    # The book ----------------------------------------------------------------------------------------------------------

    def _enter(self, month: date) -> None:
        at, number = self._month, self._number
        for name, line in self.lines.items():
            self.book.enter(at, OPENING, monthly(line.pence_in(month), at), receiver=number[name])
        for n, shift in enumerate(self.shifts):
            freed, planned = self._freed(n, month), shift.planned(month)
            for name, pence in freed.items():
                self._move(n, MOVED, monthly(pence, at), number[name])
            ahead = monthly(self.paid(n, month) - self.free(n, month), at)
            self._move(n, DOUBLE_RUNNING, ahead, number.get(shift.double_running_from, -1))
            for name, pence in stranded(planned, freed, shift.givers).items():
                moved = monthly(freed[name], at)
                self.book.enter(at, PLANNED, moved + monthly(pence, at), number[name], shift=n)
                self.book.enter(at, STRANDED, monthly(pence, at), number[name], shift=n)
        for name, pence in self._received(month).items():
            if (line := self._line(name)).kind == SERVICE:
                self.book.enter(at, UNSPENT, monthly(pence % line.unit_pence, at), receiver=number[line.name])

    def _move(self, n: int, kind: int, pence: int, payer: int) -> None:
        """Enter what one line, or a fund, pays to the receivers of a shift in this month."""
        for to, part in split(pence, self.shifts[n].receivers):
            self.book.enter(self._month, kind, part, payer, self._number[self._line(to).name], n)

    def _line(self, name: str) -> Line:
        line = line_of(name, self.lines)
        assert line is not None
        return line


def stranded(planned: int, freed: Mapping[str, int], givers: Sequence[tuple[str, float]]) -> dict[str, int]:
    """What is planned and not free, by line that gives: of those that have freed less than their share."""
    short = {name: max(part - freed[name], 0) for name, part in split(planned, givers)}
    whole, rest = sum(short.values()), planned - sum(freed.values())
    shares = [(name, less / whole if whole else 0.0) for name, less in short.items()]
    return dict(split(rest, shares))


def split(pence: int, shares: Sequence[tuple[str, float]]) -> list[tuple[str, int]]:
    """An amount in whole pence by share; the parts add up to it to the penny."""
    parts, so_far, given = [], 0.0, 0
    for name, share in shares[:-1]:
        so_far += share
        part = int(pence * so_far) - given
        parts.append((name, part))
        given += part
    return [*parts, *((name, pence - given) for name, _ in shares[-1:])]


def _add(to: dict[str, int] | dict[str, float], more: Mapping[str, float], times: int = 1) -> None:
    for name, number in more.items():
        if number:
            to[name] = to.get(name, 0) + times * number  # type: ignore[assignment]
