"""Residents through one beat: clocks ring in order of time, and each ring is answered by its kind.

Times are exact; nothing is stepped. A resident who hands over a demand is WAITING until its outcome comes back. They live
on meanwhile: they have birthdays, their timers run, they may grow frail or die, at the times they would have anyway, so
that being served changes nobody's fate by itself. Only another demand, and leaving the area, are put off to the first
beat after the outcome.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from icsim import rng
from icsim._compile import inlined, kernel
from icsim.residents.door import (
    accrue,
    can_happen,
    column_of,
    earliest,
    find_next,
    my_cell,
    period_at,
    rescaled,
    set_birthday,
    set_clock,
    set_level,
    set_weights,
    store_next,
)
from icsim.residents.model import (
    BIRTH,
    CLASS_AGE,
    CLASS_NONE,
    CLASS_SEVERITY,
    DEATH,
    DEMAND,
    LEAVE,
    MOVE,
    TIMER,
)
from icsim.state import BIRTHDAY, DEAD, GONE, LIVING, NEVER, OLDEST, PLACE, QUINTILE, SEX, WAITING, milliseconds
from icsim.tables import DIED, LEFT

PERSON_TIME = 0
BORN, ARRIVED, MOVED_IN, MOVED_OUT, LATE, PARKED = range(6)
FLOWS = ("born", "arrived", "moved_in", "moved_out", "late", "parked")
"""Tally columns after the weights; one column an event follows."""

BIRTH_RECORD = np.dtype(
    [("day", "f4"), ("key", "u8"), ("place", "u1"), ("quintile", "u1"), ("sex", "u1"), ("age", "u1"), ("birth", "f4")],
    align=True,
)
"""Somebody who enters: a child (age 0, birth = day) or an arrival."""

DEMANDS, DEPARTURES, BIRTHS = range(3)

_DEATH = 1
"""Clock column of death."""


class Beat(NamedTuple):
    """Where one sweep writes: its share of the residents, its tally and its tables."""

    edges: np.ndarray  # float64[period + 1], day at which each reporting period begins
    tally: np.ndarray  # int64[period, cell, column]
    demands: np.ndarray  # DEMAND[…]
    departures: np.ndarray  # DEPARTURE[…]
    births: np.ndarray  # BIRTH_RECORD[…]
    used: np.ndarray  # int64[3]: rows used in the three tables above
    due: np.ndarray  # int64[…]: scratch


@inlined
def tally_event(people, i, t, hint, beat, column):
    """Add one to `column` in the resident's cell and the period that holds day t."""
    beat.tally[period_at(beat.edges, t, hint), my_cell(people, i), column] += 1


@inlined
def flow_column(people, flow):
    """Tally column of one of FLOWS."""
    return 1 + people.weight.shape[1] + flow


@inlined
def event_column(people, k):
    """Tally column of event column k (1 is the first event)."""
    return 1 + people.weight.shape[1] + len(FLOWS) + k - 1


@inlined
def _rescale(clock, ageing, t):
    """Rescale one resident's clocks (float32[column]) at time t by `ageing`; a ratio of 1 leaves a clock alone."""
    one = np.float32(1.0)
    for k in range(clock.shape[0]):
        clock[k] = t + (clock[k] - t) * ageing[k] if ageing[k] != one else clock[k]


@inlined
def _birthday(model, people, i, t, hint, beat):
    """A year older: base rates change, so each clock is rescaled by base[age − 1] / base[age]."""
    accrue(people, i, t, beat.edges, hint, beat.tally)
    person = people.person[i]
    age = person.age
    if age < 255:
        person.age = age + 1
    if age >= OLDEST:
        set_birthday(people, i)
        return
    level = people.level[i]
    _rescale(people.clock[i], model.ageing[level[SEX], level[QUINTILE], age + 1], t)
    set_birthday(people, i)
    set_weights(model, people, i)
    if (age + 1) % 5 == 0:
        person.age = age
        tally_event(people, i, t, hint, beat, flow_column(people, MOVED_OUT))
        person.age = age + 1
        tally_event(people, i, t, hint, beat, flow_column(people, MOVED_IN))


@inlined
def _end(people, i, status):
    """Nothing happens to this resident any more."""
    people.person[i].status = status
    people.next[i] = NEVER


@inlined
def _renew(model, streams, people, i, k, t):
    """The clock has rung: count it and draw the next time; an event that cannot come twice has had its turn."""
    slot = model.fired_slot[k]
    if slot >= 0:
        people.fired[i, slot] += 1
        set_clock(model, streams, people, i, k, t)
    else:
        people.clock[i, k] = NEVER


@inlined
def _birth(model, streams, people, i, k, t, beat):
    """A child of resident i; its key comes from the mother's key and birth number."""
    n = beat.used[BIRTHS]
    child = beat.births[n]
    child.key = rng.address(streams.child, people.person[i].key, np.uint64(people.fired[i, model.fired_slot[k]]))
    child.day = t
    child.birth = t
    child.place = people.level[i, PLACE]
    child.quintile = people.level[i, QUINTILE]
    child.sex = 0 if rng.draw(streams.sex, child.key, 0) < 0.4878 else 1
    child.age = 0
    beat.used[BIRTHS] = n + 1


@inlined
def _severity(model, people, i, d, u):
    """Severity of demand kind d at uniform u: a worse one for a larger u."""
    sex = people.level[i, SEX]
    age = min(people.person[i].age, OLDEST)
    v = 0
    while v < model.severity_cumulative.shape[3] - 1 and u >= model.severity_cumulative[d, sex, age, v]:
        v += 1
    return v


@inlined
def _class(model, people, i, d, severity):
    """Class of the demand: its parts in mixed radix, the last varying fastest."""
    cls = 0
    for n in range(model.class_part.shape[1]):
        part = model.class_part[d, n]
        if part != CLASS_NONE:
            value = np.int64(severity)
            if part == CLASS_AGE:
                value = np.int64(model.class_age[d, min(people.person[i].age, OLDEST)])
            elif part != CLASS_SEVERITY:
                value = np.int64(people.level[i, part])
            cls = cls * model.class_size[d, n] + value
    return cls


@inlined
def time_of_day(hours, t):
    """Day t mapped through the inverse of the hour profile: same day, same order, busier hours hold more of it."""
    day = np.floor(t)
    share = t - day
    h = 0
    while h < 23 and share >= hours[h + 1]:
        h += 1
    inside = (share - hours[h]) / max(hours[h + 1] - hours[h], 1e-12)
    return day + (h + min(inside, 0.999999)) / 24.0


@inlined
def _hand_over(model, people, i, d, severity, key, t, start, beat):
    """Enter the demand in the table, at its time of day but before a death that is due; the resident now waits."""
    at = milliseconds(time_of_day(model.hours[d], np.float64(t)))
    at = max(min(at, milliseconds(people.clock[i, _DEATH]) - 1), milliseconds(start))
    n = beat.used[DEMANDS]
    row = beat.demands[n]
    row.ms = at
    row.key = key
    row.resident = i
    row.cell = my_cell(people, i)
    row.kind = d
    row.severity = severity
    row.cls = _class(model, people, i, d, severity)
    row.place = people.level[i, PLACE]
    beat.used[DEMANDS] = n + 1
    people.person[i].asked = np.int32(at // 1000 + 1)
    people.person[i].status = WAITING


@inlined
def _depart(people, i, t, beat):
    """Tell the services that resident i, who has an open case, dies at t (after the case has begun, if it is of today)."""
    at = max(milliseconds(t), np.int64(people.person[i].asked) * 1000)
    n = beat.used[DEPARTURES]
    row = beat.departures[n]
    row.ms = at
    row.resident = i
    row.reason = DIED
    beat.used[DEPARTURES] = n + 1
    people.next[i] = NEVER


@inlined
def _is_real(model, streams, people, i, k, t, start):
    """Whether a ring at the peak rate counts on this day. One put off to the beat's very start was found real before."""
    if t == start:
        return True
    count = np.uint64(people.fired[i, model.fired_slot[k]])
    day = min(np.int64(max(t, np.float32(0.0))), model.accept.shape[1] - 1)
    return rng.draw(streams.accept[k], people.person[i].key, count) < model.accept[model.demand[k], day]


@inlined
def _put_off(people, i, k, t, start, end, hint, beat):
    """A demand while the last one is still open is handed over at the start of a later beat, and counted as late."""
    if t != start:
        tally_event(people, i, t, hint, beat, flow_column(people, LATE))
    people.clock[i, k] = end


@inlined
def _demand(model, streams, people, i, k, t, start, end, hint, beat, served):
    """A demand clock rings: is it real on this day, how bad, what does it do at once, and hand it over."""
    if not _is_real(model, streams, people, i, k, t, start):
        _renew(model, streams, people, i, k, t)
        return
    if people.person[i].status == WAITING:
        _put_off(people, i, k, t, start, end, hint, beat)
        return
    d = model.demand[k]
    person_key = people.person[i].key
    count = np.uint64(people.fired[i, model.fired_slot[k]])
    severity = _severity(model, people, i, d, rng.draw(streams.severity[k], person_key, count))
    tally_event(people, i, t, hint, beat, event_column(people, k))
    key = rng.address(streams.case[k], person_key, count)
    accrue(people, i, t, beat.edges, hint, beat.tally)
    for n in range(model.severity_attribute.shape[2]):
        a = model.severity_attribute[d, severity, n]
        if a >= 0:
            set_level(model, people, i, a, model.severity_level[d, severity, n], t)
    _renew(model, streams, people, i, k, t)
    if served:
        _hand_over(model, people, i, d, severity, key, t, start, beat)


@inlined
def _move(model, streams, people, i, k, t, hint, beat):
    """An attribute moves to another level, unless it cannot from here or at this age (parked, and counted)."""
    a = model.attribute[k]
    new = model.target[k, people.level[i, a]]
    timer = model.kind[k] == TIMER
    if new < 0:
        tally_event(people, i, t, hint, beat, flow_column(people, PARKED))
    elif not timer and not can_happen(model, people, i, k):
        tally_event(people, i, t, hint, beat, flow_column(people, PARKED))
        set_clock(model, streams, people, i, k, t)
        return
    else:
        tally_event(people, i, t, hint, beat, event_column(people, k))
        _change(model, people, i, a, new, t, hint, beat)
    if not timer:
        _renew(model, streams, people, i, k, t)


@inlined
def _change(model, people, i, a, new, t, hint, beat):
    """Time lived so far is tallied, the level set; a move to another place is a flow between cells."""
    accrue(people, i, t, beat.edges, hint, beat.tally)
    if a == PLACE:
        tally_event(people, i, t, hint, beat, flow_column(people, MOVED_OUT))
    set_level(model, people, i, a, new, t)
    if a == PLACE:
        tally_event(people, i, t, hint, beat, flow_column(people, MOVED_IN))


@inlined
def ring(model, streams, people, i, k, t, start, end, hint, beat, served):
    """Answer the ring of event clock k at time t. Returns True if nothing more happens to the resident in this beat."""
    kind = model.kind[k]
    if kind in (MOVE, TIMER):
        _move(model, streams, people, i, k, t, hint, beat)
        return False
    if not can_happen(model, people, i, k):
        tally_event(people, i, t, hint, beat, flow_column(people, PARKED))
        _again(model, streams, people, i, k, t)
        return False
    if kind == DEMAND:
        _demand(model, streams, people, i, k, t, start, end, hint, beat, served)
        return False
    if people.person[i].status == WAITING and kind != BIRTH:
        return _wait_or_depart(people, i, k, kind, t, end, beat)
    tally_event(people, i, t, hint, beat, event_column(people, k))
    if kind == BIRTH:
        _birth(model, streams, people, i, k, t, beat)
        _renew(model, streams, people, i, k, t)
        return False
    accrue(people, i, t, beat.edges, hint, beat.tally)
    _end(people, i, DEAD if kind == DEATH else GONE)
    return True


@inlined
def _again(model, streams, people, i, k, t):
    """A clock that rang where its event cannot happen is set anew, and counted where it has a count."""
    slot = model.fired_slot[k]
    if slot >= 0:
        people.fired[i, slot] += 1
    set_clock(model, streams, people, i, k, t)


@inlined
def _wait_or_depart(people, i, k, kind, t, end, beat):
    """With a case open, leaving waits; death is told to the services, which say first whether the case ended before."""
    if kind == LEAVE:
        people.clock[i, k] = end
        return False
    _depart(people, i, t, beat)
    return True


@inlined
def _live(model, streams, people, i, start, end, hint, beat, served):
    """Resident i up to the end of the beat, or until they stop; False if a table is full and must grow first."""
    bits = people.clock_bits[i]
    t = people.next[i]
    k = BIRTHDAY if t == people.clock[i, BIRTHDAY] else column_of(bits, earliest(bits))
    while True:
        if beat.used[BIRTHS] >= beat.births.shape[0]:
            return False
        if k == BIRTHDAY:
            _birthday(model, people, i, t, hint, beat)
        elif ring(model, streams, people, i, k, t, start, end, hint, beat, served):
            return True
        least = earliest(bits)
        store_next(people, i, least)
        t = people.next[i]
        if t >= end:
            return True
        k = column_of(bits, least)


@inlined
def _collect_due(people, first, last, end, due):
    """The next residents in rows [first, last) to whom something happens before `end`; returns how many, and the row
    to go on from.

    All that is known of them is touched at once, so that the processor fetches it from memory side by side instead of
    one after the other: at a monthly heartbeat those misses are most of the time (PERFORMANCE).
    """
    found = 0
    i = first
    while i < last and found < due.shape[0] - 1:
        if people.next[i] < end:
            due[found] = i
            found += 1
        i += 1
    touched = np.int64(0)
    for n in range(found):
        row = due[n]
        touched ^= np.int64(people.clock_bits[row, 0]) ^ np.int64(people.person[row].age) ^ np.int64(people.level[row, 0])
    due[due.shape[0] - 1] = touched
    return found, i


@kernel
def advance(model, streams, people, first, last, start, end, hint, beat, served):
    """Every resident in rows [first, last) from `start` to `end` (float32 days); returns the next row to look at.

    It stops early when a table is full: grow the table and call again from the row returned. `served` False: demands
    are counted and have their consequences, but nobody answers them.
    """
    while first < last:
        found, following = _collect_due(people, first, last, end, beat.due)
        for n in range(found):
            i = beat.due[n]
            if beat.demands.shape[0] == beat.used[DEMANDS] or beat.departures.shape[0] == beat.used[DEPARTURES]:
                return i
            status = people.person[i].status
            if status in (LIVING, WAITING) and not _live(model, streams, people, i, start, end, hint, beat, served):
                return i
        first = following
    return last


@kernel
def apply_moves(model, people, moves, lived, edges, hint, tally):
    """Outcomes come back: each resident is released and takes the level, if any, at the outcome's own time.

    They have lived up to day `lived` already (or up to the death that the services were told of): what the outcome
    brings forward to before then happens then.
    """
    for n in range(moves.shape[0]):
        move = moves[n]
        i = move.resident
        person = people.person[i]
        person.status = LIVING
        departed = people.next[i] >= NEVER
        person.resume = max(person.resume, people.clock[i, _DEATH] if departed else lived)
        if move.attribute >= 0 and move.reason != DIED and move.reason != LEFT:
            t = np.float32(np.float64(move.ms) / 86_400_000.0)
            accrue(people, i, t, edges, hint, tally)
            set_level(model, people, i, move.attribute, move.level, t)
        find_next(people, i)


@kernel
def change_trend(model, people, old, new, t, first, last):
    """From day t every clock of column k runs at new[k] instead of old[k] times its table (float32[K])."""
    for k in range(1, new.shape[0]):
        if old[k] != new[k]:
            ratio = old[k] / new[k]
            for i in range(first, last):
                before = people.clock[i, k]
                if before < NEVER and people.next[i] < NEVER:
                    after = rescaled(before, t, ratio)
                    people.clock[i, k] = after
                    if after < people.next[i] or before == people.next[i]:
                        find_next(people, i)


@kernel
def settle(people, t, edges, hint, tally, first, last):
    """Tally the time lived by everybody still here up to day t."""
    for i in range(first, last):
        status = people.person[i].status
        if status in (LIVING, WAITING):
            accrue(people, i, t, edges, hint, tally)


@kernel
def census(people, counts, first, last):
    """Add the residents of each cell to counts: int64[cell]."""
    for i in range(first, last):
        status = people.person[i].status
        if status in (LIVING, WAITING):
            counts[my_cell(people, i)] += 1
