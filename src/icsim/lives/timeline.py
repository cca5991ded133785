"""One life in words: what a followed resident went through in one scenario, as entries that a person can read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np

from icsim.calendar import DAYS_PER_YEAR, MS_PER_DAY, MS_PER_MINUTE
from icsim.lives.followed import Change, Followed, Returned, Ring
from icsim.residents.layout import Layout
from icsim.residents.model import BIRTH, DEATH, LEAVE
from icsim.simulation import World
from icsim.state import DEAD, GONE, LIVING, WAITING
from icsim.tables import JOINED, PUT_OFF, REASONS, STILL_THERE

PERSON, HEALTHY, UTILITY = "person", "good_health", "utility"
"""Columns of the tally: time lived, and its two weights."""
WORDS = {DEATH: "Dies", LEAVE: "Leaves the area", BIRTH: "Gives birth"}
"""What happens, by kind of event; all other kinds have the label of their event."""
ANSWERS = {PUT_OFF: ", put off: another need comes first", JOINED: ", seen to with what was put off"}
ENDS = {LIVING: "living here", WAITING: "living here", DEAD: "died", GONE: "left the area"}
NEED, SERVICE, OUTCOME, EVENT = "need", "service", "outcome", "event"


@dataclass(frozen=True)
class Move:
    """A change of circumstances, in words: attribute, and the labels of its levels before and after."""

    attribute: str
    before: str
    after: str


@dataclass(frozen=True)
class Entry:
    """One thing that happened to the resident."""

    day: float
    """days since the start; negative before it"""
    time: str
    """local clock time to the minute, as in 2026-01-03T14:05; of a service, when it was asked for"""
    age: int
    kind: str
    """event · need (help is asked for) · service (a step of a pathway) · outcome (a case ends)"""
    name: str
    """as in the tables: an event, or pathway.step, or pathway.outcome"""
    nth: int
    """how often this had come before: of an event, how often its clock had rung; of a step, within its case"""
    case: str | None
    """16 hexadecimal digits; the same need has the same case in every scenario"""
    what: str
    """in words"""
    changes: tuple[Move, ...] = ()
    service: str | None = None
    """label of the service, where a step has one"""
    pool: str | None = None
    wait_minutes: float | None = None
    """from asking to the start, or to giving up"""
    lasted_minutes: float | None = None
    """from the start to the end; null where it never started"""
    why: str | None = None
    """how a step or case ended, where it is not simply served"""

    @property
    def identity(self) -> tuple[str, str, int, str | None]:
        """What makes it the same thing in another scenario."""
        return self.kind, self.name, self.nth, self.case

    @property
    def ends(self) -> float:
        """Day since the start on which it was over."""
        return self.day + ((self.wait_minutes or 0.0) + (self.lasted_minutes or 0.0)) * MS_PER_MINUTE / MS_PER_DAY


@dataclass(frozen=True)
class Stretch:
    """An attribute stayed at one level between two days since the start."""

    attribute: str
    level: int
    """index of the level, 0 the first"""
    label: str
    start: float
    end: float


@dataclass(frozen=True)
class Life:
    """One resident in one scenario. Times in days since the start, sums within the horizon."""

    key: str
    scenario: str
    title: str
    start: str
    """date of the start, ISO"""
    days: int
    """length of the horizon"""
    age: int
    """completed years at the start (or on entry)"""
    sex: str
    quintile: int
    """1: most deprived fifth of England"""
    place: str
    end: str
    """living here · died · left the area"""
    end_day: float
    """day of death or leaving, or the end of the horizon"""
    entered: float | None
    """day of birth or arrival; null for somebody of the start"""
    entries: tuple[Entry, ...]
    """in order of time, those before the start included"""
    stretches: tuple[Stretch, ...]
    """levels from the start on, by attribute in the order of the tables"""
    years: float
    healthy_years: float | None
    qalys: float | None

    @property
    def since_start(self) -> tuple[Entry, ...]:
        """Entries from the start on."""
        return tuple(entry for entry in self.entries if entry.day >= 0)

    def days_in(self) -> dict[str, float]:
        """Days with each service from the start on, by its label; long holds (a care home) are stretches instead."""
        found: dict[str, float] = {}
        for entry in self.since_start:
            if entry.service and entry.lasted_minutes:
                found[entry.service] = found.get(entry.service, 0.0) + entry.lasted_minutes * MS_PER_MINUTE / MS_PER_DAY
        return found

    def final(self) -> dict[str, str]:
        """Label of each attribute at the end."""
        return {each.attribute: each.label for each in self.stretches}


def life(scenario: str, title: str, world: World, found: Followed, contacts: np.ndarray) -> Life | None:
    """The life of a followed resident; contacts: CONTACT, the resident's own, as written. None: never joined."""
    return None if found.row is None else _Telling(scenario, title, world, found, contacts).life()


@dataclass(frozen=True)
class _Telling:
    scenario: str
    title: str
    world: World
    found: Followed
    contacts: np.ndarray

    def life(self) -> Life:
        found, calendar = self.found, self.world.calendar
        person, level = found.people.person[found.row], self._levels
        since = max(calendar.start_day, found.entered or 0.0)
        status = int(person["status"])
        place, sex, quintile = (self._layout.levels[name][level[self._layout.attribute(name)]]
                                for name in ("place", "sex", "quintile"))
        end = float(person["since"]) if status in (DEAD, GONE) else float(calendar.days)
        return Life(
            f"{int(found.key):016x}", self.scenario, self.title, calendar.start.isoformat(),
            calendar.days - calendar.start_day, self._age(since), sex, int(quintile), place, ENDS[status],
            self._since_start(end), None if found.entered is None else self._since_start(found.entered),
            tuple(self._entries()), tuple(self._stretches(since, end)), self._years(PERSON) or 0.0, self._years(HEALTHY),
            self._years(UTILITY))

    @property
    def _layout(self) -> Layout:
        return self.found.built.layout

    @property
    def _levels(self) -> np.ndarray:
        """Levels at the start; of somebody who was gone by then, the last."""
        assert self.found.row is not None
        return self.found.people.level[self.found.row] if self.found.first is None else self.found.first

    @cached_property
    def _labels(self) -> dict[tuple[str, str], str]:
        return {(row.attribute, row.level): row.label for row in self.world.catalogue.attributes}

    @cached_property
    def _severities(self) -> dict[str, list[str]]:
        rows = self.world.catalogue.severities
        return {name: [row.label for row in rows if row.event == name] for name in self._layout.demands}

    def _years(self, column: str) -> float | None:
        if column not in self.found.columns:
            return None
        return float(self.found.totals[self.found.columns.index(column)]) / (DAYS_PER_YEAR * MS_PER_DAY)

    def _since_start(self, day: float) -> float:
        return float(day) - self.world.calendar.start_day

    def _age(self, day: float) -> int:
        return max(int((day - float(self.found.people.person["birth"][self.found.row])) / DAYS_PER_YEAR), 0)

    def label(self, attribute: int, level: int) -> str:
        """A level as people read it; places have no label but their name."""
        name = self._layout.attributes[attribute]
        text = self._layout.levels[name][level]
        return self._labels.get((name, text), text)

    # entries --------------------------------------------------------------------------------------------------------------

    def _entries(self) -> Iterator[Entry]:
        """In order of time; at one instant a need comes first, and the outcome of a case last."""
        rings = [(self._ms(step), 0, self._ring(step)) for step in self.found.steps if isinstance(step, Ring)]
        stages = [step for step in self.found.steps if isinstance(step, Returned) and step.programme]
        rings += [(step.ms, 0, self._stage(step)) for step in stages]
        visits = [(int(row["asked"]), 1, entry) for row, entry in self._visits()]
        ends = [(int(row["ended"]), 2, self._outcome(row)) for row in self.contacts[self.contacts["step"] < 0]]
        yield from (entry for _, _, entry in sorted([*rings, *visits, *ends], key=lambda each: each[:2]))

    def _entry(self, ms: int, kind: str, name: str, nth: int, case: int | None, what: str, **more: Any) -> Entry:
        calendar = self.world.calendar
        when = datetime.combine(calendar.origin, datetime.min.time()) + timedelta(milliseconds=ms)
        day = ms / MS_PER_DAY
        return Entry(day - calendar.start_day, when.isoformat(timespec="minutes"), self._age(day), kind, name, nth,
                     None if case is None else f"{case:016x}", what, **more)

    def _ms(self, ring: Ring) -> int:
        """When it is told: a demand at its time of day, everything else when its clock rang."""
        return int(ring.day * MS_PER_DAY) if ring.demand is None else int(ring.demand["ms"])

    def _ring(self, ring: Ring) -> Entry:
        case = None if ring.demand is None else int(ring.demand["key"])
        kind = EVENT if ring.demand is None else NEED
        row, changes = self._layout.events[ring.event - 1], self._moves(ring.changes)
        severity = -1 if ring.demand is None else int(ring.demand["severity"])
        what = WORDS.get(int(self.found.model.kind[ring.event]), "") or self._demand(row.event, severity)
        what += ANSWERS.get(ring.answer, "")
        return self._entry(self._ms(ring), kind, row.event, ring.nth, case, what, changes=changes)

    def _stage(self, step: Returned) -> Entry:
        """A programme begins, goes on, or is through."""
        name = self._layout.attributes[step.changes[0].attribute]
        return self._entry(step.ms, EVENT, name, 0, None, self.label(step.changes[0].attribute, step.changes[0].after),
                           changes=self._moves(step.changes))

    def _demand(self, event: str, severity: int) -> str:
        """Label of an event, with its severity where it has one."""
        label = next(row.label for row in self._layout.events if row.event == event)
        known = self._severities.get(event, [])
        return f"{label} ({_lower(known[severity])})" if 0 <= severity < len(known) else label

    def _moves(self, changes: tuple[Change, ...]) -> tuple[Move, ...]:
        return tuple(Move(self._layout.attributes[each.attribute], self.label(each.attribute, each.before),
                          self.label(each.attribute, each.after)) for each in changes)

    def _visits(self) -> Iterator[tuple[np.void, Entry]]:
        """Steps of pathways, each with how often its case had come to it before."""
        services = {row.service: row.label for row in self.world.catalogue.services}
        seen: dict[tuple[int, int], int] = {}
        for row in self.contacts[self.contacts["step"] >= 0]:
            step, case = self.world.layout.steps[int(row["step"])], int(row["key"])
            nth = seen[case, int(row["step"])] = seen.get((case, int(row["step"])), -1) + 1
            begun = int(row["started"]) >= 0
            pool = self.world.layout.pools[int(row["pool"])] if row["pool"] >= 0 else None
            yield row, self._entry(
                int(row["asked"]), SERVICE, f"{step.pathway}.{step.step}", nth, case, step.label,
                service=services[pool.service] if pool else None, pool=pool.pool if pool else None,
                wait_minutes=(int(row["started"] if begun else row["ended"]) - int(row["asked"])) / MS_PER_MINUTE,
                lasted_minutes=(int(row["ended"]) - int(row["started"])) / MS_PER_MINUTE if begun else None,
                why=REASONS[int(row["reason"])] if row["reason"] else None)

    def _outcome(self, row: np.void) -> Entry:
        """The end of a case, with what the outcome changed."""
        reason, outcome = int(row["reason"]), int(row["outcome"])
        pathway = self.world.layout.demands[int(row["kind"])].pathway
        labels = {(each.pathway, each.outcome): each.label for each in self.world.catalogue.outcomes}
        known = self.world.layout.outcomes[outcome] if outcome >= 0 else None
        still = reason == STILL_THERE
        what = labels[known] if known else "Still in care when the run ends" if still else f"Care ends: {REASONS[reason]}"
        back = next((step for step in self.found.steps if isinstance(step, Returned) and not step.programme
                     and step.ms == int(row["ended"])), None)
        return self._entry(int(row["ended"]), OUTCOME, ".".join(known) if known else f"{pathway}.", 0, int(row["key"]), what,
                           changes=self._moves(back.changes) if back else (), why=REASONS[reason] if reason else None)

    # levels ---------------------------------------------------------------------------------------------------------------

    def _stretches(self, since: float, end: float) -> Iterator[Stretch]:
        """From the start (or entry) to the end: each change holds from its time on, whatever was applied before it."""
        later = self.found.steps[self.found.opened if self.found.entered is None else 0 :]
        for a, name in enumerate(self._layout.attributes):
            told = [(since, int(self._levels[a]))]
            for step in later:
                t = step.day if isinstance(step, Ring) else step.ms / MS_PER_DAY
                for change in (each for each in step.changes if each.attribute == a):
                    told = [*(each for each in told if each[0] < t), (t, change.after)]
            edges = [t for t, _ in told[1:]] + [max(end, since)]
            for (t, level), until in zip(told, edges, strict=True):
                yield Stretch(name, level, self.label(a, level), self._since_start(max(t, since)), self._since_start(until))


def _lower(text: str) -> str:
    """A label within a sentence: its first letter small, unless it is an abbreviation."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
