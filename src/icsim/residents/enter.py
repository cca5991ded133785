"""How somebody enters: as one of the starting population, a child or an arrival. All three are the same act."""

from __future__ import annotations

import numpy as np

from icsim import rng
from icsim._compile import inlined, kernel
from icsim.residents.beat import ARRIVED, BORN, flow_column, tally_event
from icsim.residents.door import (
    event_of,
    find_next,
    rates_per_day,
    set_birthday,
    set_level,
    set_weights,
)
from icsim.residents.model import NO_EVENT, TIMER
from icsim.state import LIVING, NEVER, OLDEST, PLACE, QUINTILE, SEX


@inlined
def _start_level(model, streams, people, i, a, odds):
    """Level of attribute a at entry, given the levels before it: odds = odds at this age × Π factor.

    odds: float64[≥ level], scratch.
    """
    level = people.level[i]
    age = min(people.person[i].age, OLDEST)
    levels = model.start_levels[a]
    whole = 1.0
    for own in range(1, levels):
        odds[own] = model.start_odds[a, level[SEX], level[QUINTILE], age, own]
        whole += odds[own]
    if whole == 1.0:
        return 0
    for n in range(model.start_from[a], model.start_from[a + 1]):
        b = model.start_attribute[n]
        for own in range(1, levels):
            odds[own] *= model.start_factor[a, b, level[b], own]
    whole = 1.0
    for own in range(1, levels):
        whole += odds[own]
    mark = rng.draw(streams.start[a], people.person[i].key, 0) * whole
    new = 0
    reached = 1.0
    while new < levels - 1 and mark >= reached:
        new += 1
        reached += odds[new]
    return new


@inlined
def set_clocks(model, streams, people, i, t, scratch):
    """Draw every clock of resident i afresh from time t; running timers keep their time.

    All waits are drawn in one loop without a branch, also those that nobody needs, so that the processor works on eight
    side by side. A rate below 0 marks a clock that keeps its time.
    """
    rates_per_day(model, people, i, scratch.rates)
    clock = people.clock[i]
    for c in range(clock.shape[0]):
        k = event_of(model, people, i, c)
        kind, slot = model.kind[k], model.fired_slot[k]
        scratch.stream[c] = streams.clock[k]
        scratch.turn[c] = 0 if slot < 0 else people.fired[i, slot]
        scratch.rate[c] = -1.0 if kind in (TIMER, NO_EVENT) else scratch.rates[k]
    key = people.person[i].key
    for c in range(clock.shape[0]):
        wait = rng.exponential(rng.draw(scratch.stream[c], key, scratch.turn[c])) / scratch.rate[c]
        ring = np.float32(min(t + wait, np.float64(NEVER)))
        clock[c] = ring if scratch.rate[c] > 0.0 else clock[c]


@inlined
def _start_timers(model, streams, people, i, t):
    """A level found at entry has lasted for a while: what is left of its timer is uniform."""
    for c in range(1, people.clock.shape[1]):
        k = event_of(model, people, i, c)
        if model.kind[k] == TIMER:
            left = rng.draw(streams.timer[model.attribute[k]], people.person[i].key, 0) * model.timer_days[k]
            people.clock[i, c] = np.float32(t + left)


@inlined
def is_born(newcomer):
    """Whether somebody comes in by being born, not by moving here."""
    return newcomer.birth == newcomer.day


@inlined
def enter_one(model, streams, people, i, newcomer, with_holds, scratch):
    """Fill row i with a newcomer (a row of BIRTH_RECORD); whoever comes later comes without a long hold."""
    person = people.person[i]
    person.key = newcomer.key
    person.birth = newcomer.birth
    person.since = newcomer.day
    person.resume = newcomer.day
    person.asked = 0
    person.age = newcomer.age
    person.status = LIVING
    people.level[i, SEX] = newcomer.sex
    people.level[i, QUINTILE] = newcomer.quintile
    people.level[i, PLACE] = newcomer.place
    born = is_born(newcomer)
    for a in range(PLACE + 1, people.level.shape[1]):
        here = (with_holds or not model.holds[a]) and not (born and model.comes_in_life[a])
        people.level[i, a] = _start_level(model, streams, people, i, a, scratch.odds) if here else 0
    people.clock[i, :] = NEVER
    set_birthday(people, i)
    set_clocks(model, streams, people, i, np.float64(newcomer.day), scratch)
    _start_timers(model, streams, people, i, np.float64(newcomer.day))
    set_weights(model, people, i)
    find_next(people, i)


@kernel
def enter(model, streams, people, newcomers, row, hint, beat):
    """Newcomers (sorted by day and key) take rows from `row` on; children and arrivals are tallied apart."""
    for n in range(newcomers.shape[0]):
        enter_one(model, streams, people, row + n, newcomers[n], False, beat.scratch)
        flow = BORN if is_born(newcomers[n]) else ARRIVED
        tally_event(people, row + n, newcomers[n].day, hint, beat, flow_column(people, flow))


@kernel
def start(model, streams, people, newcomers, first, last, scratch):
    """Fill rows first … last − 1 with those of the starting population, without tallying an entry."""
    for n in range(first, last):
        enter_one(model, streams, people, n, newcomers[n], True, scratch)


@kernel
def draw_holds(model, streams, people, t, first, last, scratch):
    """Who keeps a server for long at day t is drawn from the prevalences: nobody was served before."""
    for i in range(first, last):
        if people.person[i].status == LIVING:
            for a in range(model.holds.shape[0]):
                if model.holds[a]:
                    set_level(model, streams, people, i, a, _start_level(model, streams, people, i, a, scratch.odds), t)
            find_next(people, i)


@kernel
def restart(model, streams, people, first, last, scratch):
    """New luck for the same residents: every clock is drawn again at day 0; levels and running timers stay."""
    for i in range(first, last):
        if people.person[i].status == LIVING:
            set_clocks(model, streams, people, i, 0.0, scratch)
            find_next(people, i)
