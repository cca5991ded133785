"""Residents through one beat: clocks ring in order of time, and each ring is answered by its kind.

Times are exact; nothing is stepped. A resident who hands over a demand is WAITING until its outcome comes back. They live
on meanwhile: they have birthdays, their timers run, they may fall again (services then see to one case after the other),
grow frail, die or leave, at the times they would have anyway, so that being served changes nobody's fate by itself. Only
long care is neither asked for nor given up meanwhile.
"""

from __future__ import annotations

import numpy as np

from icsim import rng
from icsim._compile import inlined, kernel
from icsim.residents.beat import (
    BIRTHS,
    DEATH_COLUMN,
    DEMANDS,
    DEPARTURES,
    LATE,
    MOVED_IN,
    MOVED_OUT,
    PARKED,
    change,
    event_column,
    flow_column,
    renew,
    tally_event,
    tell,
)
from icsim.residents.beat import JOINED as JOINS
from icsim.residents.demands import demand
from icsim.residents.door import (
    accrue,
    can_happen,
    column_of,
    count_again,
    draw_again,
    earliest,
    event_of,
    find_next,
    my_cell,
    period_at,
    rates_per_day,
    rescaled,
    set_birthday,
    set_level,
    set_weights,
    store_next,
    touch,
)
from icsim.residents.model import (
    BIRTH,
    DEATH,
    DEMAND,
    MOVE,
    NO_EVENT,
    TIMER,
)
from icsim.state import BIRTHDAY, DEAD, GONE, LIVING, NEVER, OLDEST, PLACE, QUINTILE, SEX, WAITING
from icsim.tables import DIED, ENROLLED, JOINED, LEFT, MOVED_ON, PUT_OFF


@inlined
def _grow_older(model, people, i, t, before):
    """Rescale resident i's clocks at time t, a birthday, by base[age − 1] / base[age]; a ratio of 1 leaves a clock alone.

    Most clocks are of what can happen at the first level of their attribute: all are rescaled as if, in one go, and those of
    attributes at another level put right from what they were (before: float32[clock], scratch).
    """
    level, clock = people.level[i], people.clock[i]
    sex, quintile, age = level[SEX], level[QUINTILE], people.person[i].age
    first, ageing = model.ageing_first[sex, quintile, age], model.ageing[sex, quintile, age]
    for c in range(clock.shape[0]):
        before[c] = clock[c]
        clock[c] = _aged(clock[c], t, first[c])
    for a in range(level.shape[0]):
        if level[a] > 0:
            for c in range(model.own_columns[a, 0], model.own_columns[a, 1]):
                clock[c] = _aged(before[c], t, ageing[model.event_at[c, level[a]]])


@inlined
def _aged(ring, t, ratio):
    return t + (ring - t) * ratio if ratio != np.float32(1.0) else ring


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
    _grow_older(model, people, i, t, beat.scratch.clock)
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
def _holds(model, people, i):
    """Whether resident i keeps a server of some service for long."""
    held = 0
    for a in range(model.holds.shape[0]):
        held += model.holds[a] * people.level[i, a]
    return held > 0


@inlined
def _move(model, streams, people, i, k, t, end, hint, beat, served):
    """An attribute moves to another level, unless it cannot at this age (parked, and counted).

    Nobody gives up a server kept for long while a case is open: services could just be giving them another.
    """
    a = model.attribute[k]
    if model.holds[a] and people.person[i].status == WAITING:
        people.clock[i, model.column[k]] = end
        return
    if model.kind[k] != TIMER and not can_happen(model, people, i, k):
        tally_event(people, i, t, hint, beat, flow_column(people, PARKED))
        draw_again(model, streams, people, i, k, t)
        return
    tally_event(people, i, t, hint, beat, event_column(people, k))
    if model.holds[a] and served:
        tell(people, i, t, MOVED_ON, beat)
    change(model, streams, people, i, a, model.target[k, people.level[i, a]], t, hint, beat)
    if model.kind[k] != TIMER and event_of(model, people, i, model.column[k]) == k:
        renew(model, streams, people, i, k, t)


@inlined
def ring(model, streams, people, i, k, t, start, end, hint, beat, served):
    """Answer the ring of event clock k at time t. Returns True if nothing more happens to the resident in this beat."""
    kind = model.kind[k]
    if kind in (MOVE, TIMER):
        _move(model, streams, people, i, k, t, end, hint, beat, served)
        return False
    if not can_happen(model, people, i, k):
        tally_event(people, i, t, hint, beat, flow_column(people, PARKED))
        draw_again(model, streams, people, i, k, t)
        return False
    if kind == DEMAND:
        demand(model, streams, people, i, k, t, start, end, hint, beat, served)
        return False
    if kind == BIRTH:
        tally_event(people, i, t, hint, beat, event_column(people, k))
        _birth(model, streams, people, i, k, t, beat)
        renew(model, streams, people, i, k, t)
        return False
    _depart(model, people, i, k, t, start, hint, beat, served)
    return True


@inlined
def _depart(model, people, i, k, t, start, hint, beat, served):
    """Resident i dies or leaves at t. With a case open the services say first whether it ended before; what they were told
    of in the last beat, and so lies before `start`, they are not told again.
    """
    reason = DIED if model.kind[k] == DEATH else LEFT
    if people.person[i].status == WAITING:
        tell(people, i, t, reason, beat)
        people.next[i] = NEVER
        return
    if served and t >= start and _holds(model, people, i):
        tell(people, i, t, reason, beat)
    tally_event(people, i, t, hint, beat, event_column(people, k))
    accrue(people, i, t, beat.edges, hint, beat.tally)
    _end(people, i, DEAD if reason == DIED else GONE)


@inlined
def _live(model, streams, people, i, start, end, hint, beat, served):
    """Resident i up to the end of the beat, or until they stop; False if a table is full and must grow first."""
    bits = people.clock_bits[i]
    t = people.next[i]
    c = BIRTHDAY if t == people.clock[i, BIRTHDAY] else column_of(bits, earliest(bits))
    while True:
        if _full(beat):
            return False
        if c == BIRTHDAY:
            _birthday(model, people, i, t, hint, beat)
        elif ring(model, streams, people, i, event_of(model, people, i, c), t, start, end, hint, beat, served):
            return True
        least = earliest(bits)
        store_next(people, i, least)
        t = people.next[i]
        if t >= end:
            return True
        c = column_of(bits, least)


@inlined
def _collect_due(people, first, last, end, due):
    """The next residents in rows [first, last) to whom something happens before `end`; returns how many, and the row
    to go on from.

    All that is known of them is touched at once, so that the processor fetches it from memory side by side instead of
    one after the other: at a monthly heartbeat those misses are most of the time (PERFORMANCE).
    """
    found = np.int64(0)
    i = first
    while i < last and found < due.shape[0] - 1:
        due[found] = i
        found += np.int64(people.next[i] < end)
        i += 1
    touched = np.int64(0)
    for n in range(found):
        touched ^= touch(people, due[n])
    due[due.shape[0] - 1] = touched
    return found, i


@inlined
def _full(beat):
    """Whether a table might not hold what one more event hands over."""
    return (beat.used[DEMANDS] >= beat.demands.shape[0] or beat.used[DEPARTURES] >= beat.departures.shape[0]
            or beat.used[BIRTHS] >= beat.births.shape[0])


@kernel
def advance(model, streams, people, first, last, start, end, hint, beat, served, ahead):
    """Every resident in rows [first, last) from `start` to `end` (float32 days); returns the next row to look at.

    It stops early when a table is full: grow the table and call again from the row returned. `served` False: demands
    are counted and have their consequences, but nobody answers them. `ahead` True: whoever is WAITING is left for later.
    """
    while first < last:
        found, following = _collect_due(people, first, last, end, beat.due)
        for n in range(found):
            i = beat.due[n]
            status = people.person[i].status
            lives = status == LIVING or (status == WAITING and not ahead)
            if lives and not _live(model, streams, people, i, start, end, hint, beat, served):
                return i
        first = following
    return last


@kernel
def apply_moves(model, streams, people, moves, first, last, lived, edges, hint, tally):
    """What services say of cases comes back to residents. moves: MOVE[…] in order of resident and time; done are those of
    everybody whose first row lies in [first, last).

    Each takes the level, if any, of an outcome at its own time, and is released when no case is left. They have lived up to
    day `lived` already (or up to the death or leaving that the services were told of, which stands): what the outcome
    brings forward to before then happens then.
    """
    n = first
    while n < moves.shape[0] and n > 0 and moves[n].resident == moves[n - 1].resident:
        n += 1
    while n < moves.shape[0] and (n < last or moves[n].resident == moves[n - 1].resident):
        _apply(model, streams, people, moves[n], lived, edges, hint, tally)
        n += 1


@inlined
def _apply(model, streams, people, move, lived, edges, hint, tally):
    """One row of what services say."""
    i = move.resident
    person = people.person[i]
    t = np.float32(np.float64(move.ms) / 86_400_000.0)
    told = _told(model, people, i)
    at = people.clock[i, told]
    person.resume = max(person.resume, at if told > 0 else lived)
    if move.reason == PUT_OFF or move.reason == JOINED:
        flow = LATE if move.reason == PUT_OFF else JOINS
        tally[period_at(edges, t, hint), my_cell(people, i), flow_column(people, flow)] += 1
    if move.attribute >= 0 and move.reason != DIED and move.reason != LEFT:
        accrue(people, i, t, edges, hint, tally)
        count_again(people, i, t, -1, edges, hint, tally)
        set_level(model, streams, people, i, move.attribute, move.level, t)
        count_again(people, i, t, 1, edges, hint, tally)
    if told > 0:
        people.clock[i, told] = at
    person.open -= np.uint8(move.reason != PUT_OFF and move.reason != ENROLLED)
    if person.open == 0:
        person.status = LIVING
    if person.open == 0 or told == 0:
        find_next(people, i)


@inlined
def _told(model, people, i):
    """Column of the death or leaving that the services were told of; 0: none."""
    if people.next[i] < NEVER:
        return np.int64(0)
    leave = model.leave
    return leave if leave > 0 and people.clock[i, leave] < people.clock[i, DEATH_COLUMN] else np.int64(DEATH_COLUMN)


@kernel
def adopt(old, new, people, t, first, last, before, after):
    """From day t the model `new` holds instead of `old`: clocks run at its rates, weights take its values.

    before, after: float64[event], scratch.
    """
    for i in range(first, last):
        if people.next[i] < NEVER:
            rates_per_day(old, people, i, before)
            rates_per_day(new, people, i, after)
            for c in range(1, people.clock.shape[1]):
                k = event_of(new, people, i, c)
                kind = new.kind[k]
                if kind != TIMER and kind != NO_EVENT and people.clock[i, c] < NEVER:
                    ratio = np.float32(before[k] / after[k])
                    if ratio != np.float32(1.0):
                        people.clock[i, c] = rescaled(people.clock[i, c], t, ratio)
            set_weights(new, people, i)
            find_next(people, i)


@kernel
def change_trend(model, people, changed, old, new, t, first, last):
    """From day t the clock of each event k of `changed` (int64[…]) runs at new[k] instead of old[k] times its table
    (float32[K]).
    """
    for i in range(first, last):
        if people.next[i] < NEVER:
            for n in range(changed.shape[0]):
                k = changed[n]
                c = model.column[k]
                if people.clock[i, c] < NEVER and event_of(model, people, i, c) == k:
                    people.clock[i, c] = rescaled(people.clock[i, c], t, old[k] / new[k])
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
