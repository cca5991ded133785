"""The ledger as it runs: each month it decides what closes, what has come free, who gets it, and what that buys.

In each shift so much is *planned* to move, by its ramp. A service that gives closes servers in whole steps, as soon as what
is planned comes to one step more (or once they are no longer needed, if the shift says so); after the notice they are gone
and what they cost comes *free*. What is planned and not free is *stranded*. Receivers get what is free, and for a time
what a fund pays besides (*double running*). Programmes and funds give at once.

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
    """What has become of one shift so far."""

    decided: list[int] = field(default_factory=list)
    """steps that were decided to close, up to and with each month"""
    quiet: int = 0
    """months in a row in which the service was less busy than the shift asks for"""

    def steps(self, notice: int) -> int:
        """Steps that are closed, their notice being over."""
        return self.decided[-1 - notice] if len(self.decided) > notice else 0


class Ledger:
    """All budget lines of one replication, from the start of its run on."""

    def __init__(self, shifts: Sequence[Shift], lines: Mapping[str, Line], start: date):
        """lines: every line of the area, by name; start: the first day of the run, the first of a month."""
        self.lines, self.shifts, self._start = dict(lines), tuple(shifts), start
        self._number = {name: n for n, name in enumerate(lines)}
        self._giving = [_Giving() for _ in shifts]
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
        """How many steps are decided to close by now."""
        giving, line = self._giving[n], self.lines[shift.giver]
        before = giving.decided[-1] if giving.decided else 0
        if line.kind != SERVICE:
            return
        wanted = min(shift.planned(month) // line.step_pence, line.most_steps)
        if shift.close_when is None or wanted <= before:
            giving.decided.append(max(wanted, before))
            return
        known = self._busy.get(line.name, 1.0)
        giving.quiet = giving.quiet + 1 if known < shift.close_when.occupancy else 0
        closes = giving.quiet >= shift.close_when.months
        giving.decided.append(before + closes)
        if closes:  # one step at a time: what closing it does to the others is seen first
            giving.quiet = 0

    def free(self, n: int, month: date) -> int:
        """Pence a year of a shift that have come free."""
        shift = self.shifts[n]
        line, planned = self.lines[shift.giver], shift.planned(month)
        if line.kind != SERVICE:
            return planned
        return min(self._giving[n].steps(line.notice_months) * line.step_pence, planned)

    def paid(self, n: int, month: date) -> int:
        """Pence a year that the receivers of a shift get."""
        shift = self.shifts[n]
        ends = add_months(shift.start, shift.double_running_months)
        return shift.planned(month) if month < ends else self.free(n, month)

    # What it comes to --------------------------------------------------------------------------------------------------

    def _state(self) -> Funded:
        servers, places, kept = dict[str, int](), dict[str, float](), dict[str, int]()
        for name in {shift.giver for shift in self.shifts}:
            line = self.lines[name]
            if line.kind == SERVICE:
                gone, marked = self._steps(line)
                closed = stand.closed(line.pools, line.step, gone)
                _add(servers, closed, -1)
                _add(kept, stand.closed(line.pools, line.step, marked))
                _add(kept, closed, -1)
            elif line.kind == PROGRAMME:
                given = sum(self.free(n, self.month) for n, shift in enumerate(self.shifts) if shift.giver == name)
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
        for giving, shift in zip(self._giving, self.shifts, strict=True):
            if shift.giver == line.name:
                closed = giving.steps(line.notice_months)
                gone += closed
                marked += closed if shift.backfill else max(shift.planned(self.month) // line.step_pence, closed)
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
            giver, fund = number[shift.giver], number.get(shift.double_running_from, -1)
            free = self.free(n, month)
            moved, stranded = monthly(free, at), monthly(shift.planned(month) - free, at)
            ahead = monthly(self.paid(n, month) - free, at)
            for kind, pence, payer in ((MOVED, moved, giver), (DOUBLE_RUNNING, ahead, fund)):
                for to, part in split(pence, shift.receivers):
                    self.book.enter(at, kind, part, payer, number[self._line(to).name], n)
            self.book.enter(at, PLANNED, moved + stranded, giver, shift=n)
            self.book.enter(at, STRANDED, stranded, giver, shift=n)
        for name, pence in self._received(month).items():
            if (line := self._line(name)).kind == SERVICE:
                self.book.enter(at, UNSPENT, monthly(pence % line.unit_pence, at), receiver=number[line.name])

    def _line(self, name: str) -> Line:
        line = line_of(name, self.lines)
        assert line is not None
        return line


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
