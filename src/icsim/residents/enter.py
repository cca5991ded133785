"""How somebody enters: as one of the starting population, a child or an arrival. All three are the same act."""

from __future__ import annotations

import numpy as np

from icsim import rng
from icsim._compile import inlined, kernel
from icsim.residents.beat import ARRIVED, BORN, flow_column, tally_event
from icsim.residents.door import (
    draw_clock,
    event_of,
    find_next,
    rates_per_day,
    set_birthday,
    set_level,
    set_weights,
)
from icsim.residents.model import HAND_OVER, NO_EVENT, TIMER, ResidentModel
from icsim.state import LIVING, OLDEST, PLACE, QUINTILE, SEX


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
def set_clocks(model, streams, people, i, t, rates):
    """Draw every clock of resident i afresh from time t; running timers keep their time. rates: float64[event], scratch."""
    rates_per_day(model, people, i, rates)
    for c in range(1, people.clock.shape[1]):
        k = event_of(model, people, i, c)
        kind = model.kind[k]
        if kind != TIMER and kind != HAND_OVER and kind != NO_EVENT:
            draw_clock(model, streams, people, i, k, t, rates[k])


@inlined
def _start_timers(model, streams, people, i, t):
    """A level found at entry has lasted for a while: what is left of its timer is uniform."""
    for c in range(1, people.clock.shape[1]):
        k = event_of(model, people, i, c)
        if model.kind[k] == TIMER:
            left = rng.draw(streams.timer[model.attribute[k]], people.person[i].key, 0) * model.timer_days[k]
            people.clock[i, c] = np.float32(t + left)


@inlined
def enter_one(model, streams, people, i, newcomer, with_holds, rates):
    """Fill row i with a newcomer (a row of BIRTH_RECORD); whoever comes later comes without a long hold.

    rates: float64[event], scratch.
    """
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
    for a in range(PLACE + 1, people.level.shape[1]):
        people.level[i, a] = _start_level(model, streams, people, i, a, rates) if with_holds or not model.holds[a] else 0
    set_birthday(people, i)
    set_clocks(model, streams, people, i, np.float64(newcomer.day), rates)
    _start_timers(model, streams, people, i, np.float64(newcomer.day))
    set_weights(model, people, i)
    find_next(people, i)


def scratch(model: ResidentModel) -> np.ndarray:
    """float64[event]: room for rates, or for odds of levels."""
    return np.zeros(max(len(model.kind), model.start_odds.shape[-1]))


@kernel
def enter(model, streams, people, newcomers, row, hint, beat):
    """Newcomers (sorted by day and key) take rows from `row` on; children and arrivals are tallied apart."""
    for n in range(newcomers.shape[0]):
        enter_one(model, streams, people, row + n, newcomers[n], False, beat.rates)
        flow = BORN if newcomers[n].birth == newcomers[n].day else ARRIVED
        tally_event(people, row + n, newcomers[n].day, hint, beat, flow_column(people, flow))


@kernel
def start(model, streams, people, newcomers, rates):
    """Fill rows 0 … with the starting population, without tallying an entry; rates: float64[event], scratch."""
    for n in range(newcomers.shape[0]):
        enter_one(model, streams, people, n, newcomers[n], True, rates)


@kernel
def draw_holds(model, streams, people, t, rows, odds):
    """Who keeps a server for long at day t is drawn from the prevalences: nobody was served before.

    odds: float64[≥ level], scratch.
    """
    for i in range(rows):
        if people.person[i].status == LIVING:
            for a in range(model.holds.shape[0]):
                if model.holds[a]:
                    set_level(model, streams, people, i, a, _start_level(model, streams, people, i, a, odds), t)
            find_next(people, i)


@kernel
def restart(model, streams, people, first, last, rates):
    """New luck for the same residents: every clock is drawn again at day 0; levels and running timers stay.

    rates: float64[event], scratch.
    """
    for i in range(first, last):
        if people.person[i].status == LIVING:
            set_clocks(model, streams, people, i, 0.0, rates)
            find_next(people, i)
