"""One resident followed through a replication, event by event, without a word in the loops that move everybody.

Before each beat the resident's row is copied; after it the copy lives the beat alone, one ring of a clock at a time. What
differs before and after a ring is what it did, at its exact time. The copy must end as the row did, to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from icsim._compile import own_copy, records
from icsim.calendar import Beat
from icsim.errors import EngineError
from icsim.residents import advance as loops
from icsim.residents import enter
from icsim.residents.beat import BIRTH_RECORD, BIRTHS, DEMANDS, FLOWS, scratch
from icsim.residents.beat import Beat as Tables
from icsim.residents.build import Built
from icsim.residents.model import BIRTH, ResidentModel
from icsim.residents.model import DEMAND as ASKED
from icsim.residents.residents import Handed, Residents
from icsim.state import BIRTHDAY, LIVING, NEVER, PLACE, QUINTILE, SEX, WAITING, People, room_like
from icsim.tables import DEMAND, DEPARTURE, ENROLLED, JOINED, PUT_OFF, SERVED

FIELDS = ("person", "next", "level", "clock", "fired", "weight")
COUNTED = (BIRTH, ASKED)
"""Kinds of event whose clocks are set anew only when they ring, so that the resident's own count is of rings."""
_ROOM = 64


@dataclass(frozen=True)
class Change:
    """An attribute moved from one level to another (indices)."""

    attribute: int
    before: int
    after: int


@dataclass(frozen=True)
class Ring:
    """A clock of the resident rang, and it counted. Days are those since the origin."""

    day: float
    event: int
    """number on the event axis"""
    nth: int
    """how often this clock had rung before (of moves and timers: how often it had counted)"""
    changes: tuple[Change, ...]
    demand: np.void | None
    """the row of DEMAND handed over, if any"""
    answer: int = SERVED
    """what services made of the demand: PUT_OFF, since a case was open; JOINED, since one was put off already; or SERVED"""


@dataclass(frozen=True)
class Returned:
    """An outcome came back to the resident at `ms` (since the origin), or a programme set a level then."""

    ms: int
    changes: tuple[Change, ...]
    programme: bool = False


class Followed(Residents):
    """Residents of whom one, found by key, is followed. Everybody, and the followed one too, lives as ever."""

    def __init__(self, key: int, *given: Any):
        super().__init__(*given)
        self.key = np.uint64(key)
        self.row: int | None = None
        """row of the resident; None as long as nobody has this key"""
        self.steps: list[Ring | Returned] = []
        """what happened, in the order in which it was applied"""
        self.opened = 0
        """how many of these came before the books were opened"""
        self.first: np.ndarray | None = None
        """uint8[attribute], levels when the books were opened, or on entry if that was later"""
        self.entered: float | None = None
        """day of entry since the origin; None for somebody of the start"""
        self.totals = np.zeros(len(self.columns), np.int64)
        """the resident's part of the tally since the books were opened: one entry a column, as in `columns`"""
        self._alone = _one_like(self.people)
        self._pen = _pen(self.cells, len(self.columns), self.model)
        self._find(0)

    # what happens to everybody, and again to the copy ---------------------------------------------------------------------

    def advance(self, beat: Beat, served: bool = True) -> Handed:
        """Everybody up to the end of the beat; then the followed resident again, alone."""
        known, model = self.rows, self.model
        self._copy()
        handed = super().advance(beat, served)
        if self.row is None:
            self._find(known)
            self._enter(beat)
        elif (model.trend != self.model.trend).any():
            changed = np.flatnonzero(model.trend != self.model.trend)
            loops.change_trend(self.model, self._alone, changed, model.trend, self.model.trend, np.float32(beat.start_day),
                               0, 1)
        self._relive(beat, served)
        return handed

    def apply(self, moves: np.ndarray) -> None:
        """Outcomes come back to everybody; the followed resident's is noted."""
        self._copy()
        own = own_copy(moves[moves["resident"] == self._row])
        super().apply(moves)
        own["resident"] = 0
        for n in range(len(own)):
            self._hear(own[n : n + 1])
        if len(own):
            self._count()
            self._compare()

    def _hear(self, move: np.ndarray) -> None:
        """The copy hears of one case (MOVE[1]): its outcome, or that it waits."""
        before, ms, reason = self._alone.level[0].copy(), int(move["ms"][0]), int(move["reason"][0])
        loops.apply_moves(self.model, self.streams, self._alone, move, 0, 1, np.float32(self._lived), self._pen.edges, 0,
                          self._pen.tally)
        if reason in (PUT_OFF, JOINED):
            n, asked = [(n, step) for n, step in enumerate(self.steps)
                        if isinstance(step, Ring) and step.demand is not None and step.demand["ms"] == ms][-1]
            self.steps[n] = replace(asked, answer=reason)
        else:
            self.steps.append(Returned(ms, self._changes(before), reason == ENROLLED))

    def open_books(self, day: int) -> None:
        """What was due happens, and what was counted is forgotten, for everybody and for the followed resident."""
        self._copy()
        super().open_books(day)
        self._live_on(Beat(self.area.population_date, day, day), served=True)
        self._settle(day)
        self.totals[:] = 0
        self.opened = len(self.steps)
        if self.row is not None:
            self.first = self._alone.level[0].copy()

    def adopt(self, built: Built, day: int) -> None:
        """Another model holds from `day` on, for the copy as for everybody."""
        old = self.model
        self._copy()
        super().adopt(built, day)
        loops.adopt(old, self.model, self._alone, np.float32(day), 0, 1, scratch(old).rates, scratch(old).rates)
        self._compare()

    def close(self, last: Beat) -> None:
        """What was due happens, unserved, and time is tallied up to the end."""
        self._copy()
        super().close(last)
        self._live_on(Beat(last.first, last.end_day, last.end_day), served=False)
        self._settle(last.end_day)

    # the copy -------------------------------------------------------------------------------------------------------------

    @property
    def _row(self) -> int:
        """The resident's row; one that nobody has, as long as there is none."""
        return -9 if self.row is None else self.row

    def _find(self, first: int) -> None:
        found = np.flatnonzero(self.people.person["key"][first : self.rows] == self.key)
        if len(found):
            self.row = first + int(found[0])
            self._copy()

    def _copy(self) -> None:
        if self.row is not None:
            for name in FIELDS:
                getattr(self._alone, name)[0] = getattr(self.people, name)[self.row]

    def _enter(self, beat: Beat) -> None:
        """Somebody who came in this beat enters again, alone: an arrival as drawn, a child as its row tells."""
        if self.row is None:
            return
        arrivals = self._arrivals.within(beat)
        record = own_copy(arrivals[arrivals["key"] == self.key])
        if not len(record):
            record = records(1, BIRTH_RECORD)
            birth, level = self._alone.person["birth"][0], self._alone.level[0]
            for name, value in {"key": self.key, "day": birth, "birth": birth, "sex": level[SEX], "place": level[PLACE],
                                "quintile": level[QUINTILE]}.items():
                record[name] = value
        self._alone = _one_like(self.people)
        enter.enter(self.model, self.streams, self._alone, record, 0, 0, self._pen)
        self._count()
        self.entered, self.first = float(record["day"][0]), self._alone.level[0].copy()

    def _relive(self, beat: Beat, served: bool) -> None:
        """The copy lives through the beat, and must end as the resident did."""
        self._live_on(beat, served)
        self._compare()

    def _live_on(self, beat: Beat, served: bool) -> None:
        """The copy lives up to the end of the beat, one ring at a time."""
        if self.row is None:
            return
        first, end = True, np.float32(beat.end_day)
        while self._alone.next[0] < end and self._alone.person["status"][0] in (LIVING, WAITING):
            self._ring(beat, served, first)
            first = False

    def _ring(self, beat: Beat, served: bool, first: bool) -> None:
        """The next ring alone: `resume` at the end of the beat keeps the loop from going on to the one after it."""
        alone, end = self._alone, np.float32(beat.end_day)
        clock, resume, t = alone.clock[0], alone.person["resume"][0], alone.next[0]
        column = BIRTHDAY if t == clock[BIRTHDAY] else int(clock.argmin())
        together = not first and column == BIRTHDAY and clock.min() < t  # the loop goes by clocks alone after its first
        before, event = alone.level[0].copy(), int(self.model.event_at[column, alone.level[0, self.model.decides[column]]])
        nth = self._nth(event)
        self._pen.used[:] = 0
        if not together:
            alone.person["resume"][0] = end
        loops.advance(self.model, self.streams, alone, 0, 1, np.float32(beat.start_day), end, 0, self._pen, served, False)
        alone.person["resume"][0] = resume
        if alone.next[0] < NEVER:
            alone.next[0] = max(clock.min(), resume)
        self._note(float(t), event, nth, before)

    def _nth(self, event: int) -> int:
        """How often an event has rung before: those of moves and timers are not counted with the resident, but here."""
        slot = self.model.fired_slot[event] if self.model.kind[event] in COUNTED else -1
        if slot >= 0:
            return int(self._alone.fired[0, slot])
        return sum(isinstance(step, Ring) and step.event == event for step in self.steps)

    def _note(self, day: float, event: int, nth: int, before: np.ndarray) -> None:
        """Keep the ring if it counted for something."""
        counts, flows = self._count(), 1 + self._alone.weight.shape[1]
        changes, handed = self._changes(before), self._pen.used[DEMANDS] > 0
        own = event > 0 and flows + len(FLOWS) + event - 1 < len(counts) and counts[flows + len(FLOWS) + event - 1]
        if own or changes or handed or self._pen.used[BIRTHS]:
            demand = self._pen.demands[0].copy() if handed else None
            self.steps.append(Ring(day, event, nth, changes, demand))

    def _changes(self, before: np.ndarray) -> tuple[Change, ...]:
        after = self._alone.level[0]
        return tuple(Change(int(a), int(before[a]), int(after[a])) for a in np.flatnonzero(before != after))

    def _settle(self, day: int) -> None:
        if self.row is not None:
            loops.settle(self._alone, np.float32(day), self._pen.edges, 0, self._pen.tally, 0, 1)
            self._count()
            self._compare()

    def _count(self) -> np.ndarray:
        """int64[column]: what the pen has tallied since the last count, now part of the totals."""
        counts = self._pen.tally.sum(axis=(0, 1))
        self._pen.tally[:] = 0
        self.totals += counts
        return counts

    def _compare(self) -> None:
        """The copy is the row, to the bit. Raises EngineError where it is not."""
        if self.row is None:
            return
        wrong = [name for name in FIELDS
                 if getattr(self._alone, name)[0].tobytes() != getattr(self.people, name)[self.row].tobytes()]
        if wrong:
            raise EngineError(f"resident {self.key:016x}, followed alone up to day {self._lived}, does not live as among "
                              f"everybody: {', '.join(wrong)} differ")


def _one_like(people: People) -> People:
    """Room for one resident of the same shape."""
    return room_like(people, 1)


def _pen(cells: int, columns: int, model: ResidentModel) -> Tables:
    """Tables in which one ring is written: one period, a few rows."""
    return Tables(np.array([0.0, 1e9]), np.zeros((1, cells, columns), np.int64), records(_ROOM, DEMAND),
                  records(_ROOM, DEPARTURE), records(_ROOM, BIRTH_RECORD), np.zeros(3, np.int64), np.zeros(33, np.int64),
                  scratch(model))
