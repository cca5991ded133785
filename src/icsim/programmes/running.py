"""Programmes as they run: each month some begin, some go on to the next stage, and some are through.

Everything happens on the first beat of a month. Whoever is being looked after by a service is not asked and stays where they
are until that has ended. What changes is handed to the residents as moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from icsim.calendar import DAYS_PER_YEAR, MS_PER_DAY
from icsim.catalogue.programmes import COUNTED
from icsim.programmes import choose
from icsim.programmes.model import BY_SCORE, ProgrammeModel, words
from icsim.programmes.score import chance
from icsim.state import DEAD, EMPTY, GONE, LIVING, People
from icsim.tables import ENROLLED, MOVE

BEGUN, ENDED, LEFT_EARLY = range(3)
"""Positions in `COUNTED`."""
MEMBER = np.dtype([("row", "i4"), ("stage", "i4"), ("until", "f8"), ("leaves", "?")])
"""Somebody who takes part: which resident, at which stage, until which day (since the origin), and whether they leave the
programme then, whatever comes after."""
_ROOM = 4096
"""Candidates for which there is room at first."""
_FIRST_STEP = 0.02
"""Turns that are looked at when nothing is known of how many candidates there are."""
_LAST_TURN = 2.0
_FURTHER = 3.0
"""One looks as many times further, next month, as turns have advanced in this; and again, where that was not enough. And one
marks who might come up to as many times the turn that is looked at, so that it need seldom be done again."""


@dataclass(frozen=True)
class Places:
    """What an area, or a scenario, offers of one programme."""

    a_month: float
    waiting: int = 0
    """most who may wait for a place"""
    first: date = date.min
    last: date = date.max
    """the first day on which people begin, and the last; of a measure, of the measure itself"""
    programme: str = ""


@dataclass
class _Taking:
    """Those who take part in one programme, and those who wait for a place, in the order in which they came."""

    members: np.ndarray = field(default_factory=lambda: np.zeros(0, MEMBER))
    waiting: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int32))
    offered: float = 0.0
    """places offered so far; as many whole ones were given as its whole part"""


class Programmes:
    """All programmes of one replication."""

    def __init__(self, model: ProgrammeModel, places: tuple[Places, ...], edges: np.ndarray, cells: int):
        """edges: float64[period + 1], days at which each reporting period begins; cells: of the residents' tally."""
        self.model, self.places, self._edges = model, places, edges
        self.tally = np.zeros((len(edges) - 1, cells, len(places) * len(COUNTED)), np.int64)
        """int64[period, cell, programme × COUNTED]"""
        self._taking = [_Taking() for _ in places]
        self._more: dict[int, float] = {}
        """programme → places a month that money has added"""
        self._near, self._inside, self._before = (np.zeros(0, np.uint64) for _ in range(3))
        """uint64[resident], a bit for each programme: who might come, as far as one has looked; has or waits for a place;
        had one"""
        self._cutoff, self._step = np.full(len(places), _FIRST_STEP), np.full(len(places), _FIRST_STEP)
        """float64[P], up to which turn one looks, and by how much further if that is not enough; no result depends on it"""
        self._reached = np.zeros(len(places))
        self._horizon, self._seen = np.zeros(len(places)), np.zeros(len(places), np.int64)
        """up to which turn, and which row, one has looked who might come"""
        self._scored = False
        self._month: tuple[int, int] | None = None
        self._helped: list[np.ndarray] = []
        """MOVE[…] of this month: to other levels, with a programme's help"""

    def adopt(self, model: ProgrammeModel, places: tuple[Places, ...]) -> None:
        """Other places, uptake or durations hold from now on; whoever takes part goes on."""
        self.model, self.places, self._scored = model, places, False
        self._near[:], self._seen[:] = 0, 0

    def _score(self, people: People, rows: int) -> None:
        """How much chance there is in scores follows from the people whom they are first used for."""
        self._scored, score = True, self.model.score.copy()
        for p in np.flatnonzero(self.model.priority == BY_SCORE).tolist():
            found = np.zeros(rows)
            choose.points(self.model, people, rows, p, found)
            score[p] = chance(found[~np.isnan(found)], float(self.model.auc[p]), f"of {self.places[p].programme}")
        self.model = self.model._replace(score=score)

    def offer(self, more: Mapping[int, float]) -> None:
        """From now on so many places a month more (fewer, below 0) than before are offered, by programme."""
        self._more = dict(more)

    def enrol(self, people: People, rows: int, first: date, day: int) -> np.ndarray:
        """Moves (MOVE) on `day` (since the origin; its date is `first`), if a month has begun since the last call.

        people: read only; rows: how many of them there are.
        """
        if not self.places or self._month == (first.year, first.month):
            return np.zeros(0, MOVE)
        self._month = (first.year, first.month)
        self._helped = []
        if not self._scored:
            self._score(people, rows)
        self._make_room(len(people.next))
        changed = {p: self._go_on(people, p, day, self._open(p, first)) for p in range(len(self.places))}
        self._begin(people, rows, first, day, changed)
        return np.concatenate([self._moves(people, day, changed), *self._helped])

    def settle(self, people: People, rows: int, first: date, day: int) -> np.ndarray:
        """Moves (MOVE) on `day`, the origin (its date is `first`), of those who take part by then in what has run for long.

        As many have begun as places were offered in the time that the stages last, evenly spread over it; some are through
        or have left. What a stage moves people to is not done again: published shares hold those who were moved.
        """
        self._make_room(len(people.next))
        self._score(people, rows)
        enrolling, measures = self._kinds(first)
        lasts, room = self.model.days.sum(axis=1), np.zeros(len(self.places), np.int64)
        for p in enrolling:
            room[p] = int(self.places[p].a_month * lasts[p] * 12 / DAYS_PER_YEAR)
        changed = {p: [self._join(people, rows, p, day, anew=False)] for p in measures}
        chosen = self._chosen(people, rows, room)
        for p in enrolling:
            begun = day - lasts[p] * (1.0 - (np.arange(len(chosen[p])) + 0.5) / max(room[p], 1))
            members = self._by_now(people, p, chosen[p], begun, day)
            self._taking[p].members = members
            self._before[chosen[p]] |= np.uint64(1 << p)
            self._inside[members["row"]] |= np.uint64(1 << p)
            changed[p] = [members["row"]]
        return self._moves(people, day, changed)

    def _by_now(self, people: People, p: int, rows: np.ndarray, begun: np.ndarray, day: int) -> np.ndarray:
        """MEMBER[n] on `day` of these residents, who began on the days `begun`: those who still take part."""
        found, since = [np.zeros(0, MEMBER)], begun
        for s in range(int(self.model.stages[p])):
            members = self._timed(people, p, s, rows)
            members["until"] += since
            on = members["until"] <= day
            found.append(members[~on])
            rows, since = rows[on & ~members["leaves"]], members["until"][on & ~members["leaves"]]
        return np.concatenate(found)

    # One programme -------------------------------------------------------------------------------------------------------

    def _leave(self, people: People, p: int, members: np.ndarray, open_: bool) -> list[np.ndarray]:
        """Whoever a measure is no longer for leaves it; all of them, once it has ended."""
        may = np.zeros(len(members), np.uint8)
        if open_:
            choose.still_may(self.model, people, np.ascontiguousarray(members["row"]), p, may)
        out = members["row"][may == 0]
        self._forget(p, out)
        self._taking[p].members = members[may > 0]
        return [out]

    def _go_on(self, people: People, p: int, day: int, open_: bool) -> list[np.ndarray]:
        """Those whose stage is over go on to the next, or are through; the dead and those who left are forgotten. Returns
        whose level may have changed.
        """
        members, status = self._taking[p].members, people.person["status"]
        here = ~np.isin(status[members["row"]], (DEAD, GONE, EMPTY))
        self._forget(p, members["row"][~here])
        members = members[here]
        if self.model.kind[p]:
            return self._leave(people, p, members, open_)
        over = (members["until"] <= day) & (status[members["row"]] == LIVING)
        out = over & (members["leaves"] | (members["stage"] + 1 >= self.model.stages[p]))
        early, on = out & members["leaves"], over & ~out
        self._count(people, p, LEFT_EARLY, members["row"][early], day)
        self._count(people, p, ENDED, members["row"][out & ~early], day)
        for s in np.unique(members["stage"][on]):
            which = on & (members["stage"] == s)
            members[which] = self._at_stage(people, p, int(s) + 1, members["row"][which], day)
        self._forget(p, members["row"][out])
        self._taking[p].members = members[~out]
        return [members["row"][over]]

    def _at_stage(self, people: People, p: int, s: int, rows: np.ndarray, day: int) -> np.ndarray:
        """MEMBER[n]: these residents as they begin stage s."""
        members = self._timed(people, p, s, rows, day)
        self._help(people, p, s, rows, day)
        return members

    def _timed(self, people: People, p: int, s: int, rows: np.ndarray, day: int = 0) -> np.ndarray:
        """MEMBER[n]: the same, without what it does to them."""
        until, leaves = np.zeros(len(rows)), np.zeros(len(rows), bool)
        choose.begin_stage(self.model, people, np.ascontiguousarray(rows), p, s, float(day), until, leaves)
        members = np.zeros(len(rows), MEMBER)
        members["row"], members["stage"], members["until"], members["leaves"] = rows, s, until, leaves
        return members

    def _help(self, people: People, p: int, s: int, rows: np.ndarray, day: int) -> None:
        """Some of those who begin the stage are moved to other levels. Who fails may succeed in another year."""
        assert self._month is not None
        for m in np.flatnonzero((self.model.move_of[:, :2] == (p, s)).all(axis=1)).tolist():
            to = np.zeros(len(rows), np.int16)
            choose.moved(self.model, people, np.ascontiguousarray(rows), m, self._month[0], to)
            who = np.flatnonzero(to >= 0)
            self._helped.append(_moves(people, rows[who], int(self.model.move_of[m, 2]), to[who], day))

    def _begin(self, people: People, rows: int, first: date, day: int, changed: dict[int, list[np.ndarray]]) -> None:
        """Free places go to those who have waited longest, and the list is filled up with those whose turn it is."""
        enrolling, measures = self._kinds(first)
        self._tidy(people)
        for p in measures:
            changed[p].append(self._join(people, rows, p, day))
        free, room = (np.zeros(len(self.places), np.int64) for _ in range(2))
        for p in enrolling:
            free[p] = self._free(p)
            room[p] = max(free[p] + self.places[p].waiting - len(self._taking[p].waiting), 0)
        chosen = self._chosen(people, rows, room)
        for p in enrolling:
            taking = self._taking[p]
            taking.waiting = np.concatenate([taking.waiting, chosen[p]])
            self._inside[chosen[p]] |= np.uint64(1 << p)
            ready = np.flatnonzero(people.person["status"][taking.waiting] == LIVING)[: free[p]]
            new = taking.waiting[ready]
            taking.waiting = np.delete(taking.waiting, ready)
            taking.members = np.concatenate([taking.members, self._at_stage(people, p, 0, new, day)])
            self._before[new] |= np.uint64(1 << p)
            self._count(people, p, BEGUN, new, day)
            changed[p].append(new)

    def _join(self, people: People, rows: int, p: int, day: int, anew: bool = True) -> np.ndarray:
        """Whom a measure is for and reaches take part from now on; `anew`: not before, so that it moves them."""
        found = np.zeros(rows, np.int32)
        new = found[: choose.everybody(self.model, people, rows, p, self._inside, found)].copy()
        members = self._at_stage(people, p, 0, new, day) if anew else self._timed(people, p, 0, new)
        members["until"], members["leaves"] = np.inf, False
        self._taking[p].members = np.concatenate([self._taking[p].members, members])
        self._inside[new] |= np.uint64(1 << p)
        if anew:
            self._count(people, p, BEGUN, new, day)
        return new

    def _open(self, p: int, first: date) -> bool:
        return self.places[p].first <= first <= self.places[p].last

    def _kinds(self, first: date) -> tuple[list[int], list[int]]:
        """Those that people can enrol in as this month begins, and the measures in force."""
        open_ = [p for p in range(len(self.places)) if self._open(p, first)]
        return [p for p in open_ if not self.model.kind[p]], [p for p in open_ if self.model.kind[p]]

    def _free(self, p: int) -> int:
        """Whole places of this month: fractions add up from month to month."""
        taking = self._taking[p]
        a_month = max(self.places[p].a_month + self._more.get(p, 0.0), 0.0)
        before, taking.offered = int(taking.offered), taking.offered + a_month
        return int(taking.offered) - before

    def _tidy(self, people: People) -> None:
        """Whoever waits and may not take part any more leaves the list."""
        for p, taking in enumerate(self._taking):
            may = np.zeros(len(taking.waiting), np.uint8)
            choose.still_may(self.model, people, taking.waiting, p, may)
            self._forget(p, taking.waiting[may == 0])
            taking.waiting = taking.waiting[may > 0]

    def _chosen(self, people: People, rows: int, room: np.ndarray) -> list[np.ndarray]:
        """int32[n] by programme: the first `room` of those who may take part and want to, in the order of their turns."""
        chosen = [np.zeros(0, np.int32) for _ in room]
        open_ = room > 0
        space = max(int(room.max(initial=0)) * 4, _ROOM)
        while open_.any():
            found, turn = np.zeros((len(room), space), np.int32), np.zeros((len(room), space))
            count = np.zeros(len(room), np.int64)
            self._look_ahead(people, rows)
            again = (self.model.again > 0) & (self._cutoff >= 1.0)
            choose.candidates(self.model, people, rows, self._near, self._inside, self._before, words(open_), words(again),
                              self._cutoff, found, turn, count)
            for p in np.flatnonzero(open_ & (count <= space)).tolist():
                own, turns = found[p, : count[p]], turn[p, : count[p]]
                if count[p] < room[p] and self._cutoff[p] < _LAST_TURN:
                    self._look_further(p)
                    continue
                order = np.lexsort((people.person["key"][own], turns))[: room[p]]
                chosen[p], open_[p] = own[order], False
                if len(order) == room[p]:
                    self._look_on_from(p, float(turns[order[-1]]))
            space = max(space, int(count[open_].max(initial=0)))
        return chosen

    def _look_ahead(self, people: People, rows: int) -> None:
        """Whoever might come up to the cutoffs is marked; newcomers as well."""
        short = self._cutoff > self._horizon
        self._horizon[short], self._seen[short] = self._cutoff[short] * _FURTHER, 0
        choose.look_ahead(self.model, people, rows, self._horizon, self._seen, self._near)

    def _look_further(self, p: int) -> None:
        self._step[p] *= _FURTHER
        self._cutoff[p] = min(self._cutoff[p] + self._step[p], _LAST_TURN)

    def _look_on_from(self, p: int, turn: float) -> None:
        """`turn`: of the last one chosen."""
        self._step[p] = _FURTHER * max(turn - self._reached[p], 1e-6)
        self._reached[p] = max(turn, self._reached[p])
        self._cutoff[p] = min(self._reached[p] + self._step[p], _LAST_TURN)

    # Books ---------------------------------------------------------------------------------------------------------------

    def _make_room(self, rows: int) -> None:
        more = rows - len(self._inside)
        if more > 0:
            self._near, self._inside, self._before = (np.concatenate([word, np.zeros(more, np.uint64)])
                                                      for word in (self._near, self._inside, self._before))

    def _forget(self, p: int, rows: np.ndarray) -> None:
        self._inside[rows] &= np.uint64(~(1 << p) & (2**64 - 1))

    def _count(self, people: People, p: int, what: int, rows: np.ndarray, day: int) -> None:
        period = int(np.searchsorted(self._edges, day, side="right")) - 1
        if 0 <= period < len(self.tally):
            choose.tally_each(people, np.ascontiguousarray(rows), self.tally, period, p * len(COUNTED) + what)

    def _moves(self, people: People, day: int, changed: dict[int, list[np.ndarray]]) -> np.ndarray:
        """What the levels of these residents are from now on, where it is another one than before."""
        parts, touched = [np.zeros(0, MOVE)], []
        for p, rows in changed.items():
            who = np.unique(np.concatenate([*rows, np.zeros(0, np.int32)]))
            parts.append(_moves(people, who, int(self.model.attribute[p]), self._levels(p, who), day))
            touched.append(who)
        who = np.unique(np.concatenate([*touched, np.zeros(0, np.int32)]))
        own = [self._levels(p, who) for p in range(len(self.places))]
        for g, attribute in enumerate(self.model.group_attribute):
            strongest = np.max([self.model.strength[p, levels, g] for p, levels in enumerate(own)], axis=0)
            parts.append(_moves(people, who, int(attribute), strongest, day))
        return np.concatenate(parts)

    def _levels(self, p: int, who: np.ndarray) -> np.ndarray:
        """uint8[n]: the level of each of these residents in programme p."""
        members, levels = self._taking[p].members, np.zeros(len(self._inside), np.uint8)
        levels[members["row"]] = members["stage"] + 1
        return levels[who]


def _moves(people: People, who: np.ndarray, attribute: int, levels: np.ndarray, day: int) -> np.ndarray:
    """MOVE rows of those whose level of the attribute is not yet this one."""
    other = people.level[who, attribute] != levels
    moves = np.zeros(int(other.sum()), MOVE)
    moves["ms"], moves["resident"], moves["attribute"] = day * MS_PER_DAY, who[other], attribute
    moves["level"], moves["reason"] = levels[other], ENROLLED
    return moves
