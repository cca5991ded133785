"""The one door: how a change of circumstances moves a resident's clocks and weights.

Next-reaction method (Gibson & Bruck 2000; Anderson 2007): a clock holds the absolute time T at which its event would
happen. When the event's rate changes from λ₀ to λ₁ at time t, what is left of the wait shrinks or stretches by λ₀/λ₁:
T ← t + (T − t)·λ₀/λ₁. Where the ratio is 1 nothing is touched, so a change without effect changes no bit.
"""

from __future__ import annotations

import numpy as np

from icsim import rng
from icsim._compile import inlined
from icsim.residents.model import ODDS, RARE, TIMER
from icsim.state import BIRTHDAY, CACHE_LINE, NEVER, OLDEST, PLACE, QUINTILE, SEX, cell_of, milliseconds

_ONE = np.float32(1.0)
LAST = np.int32(2**31 - 1)


@inlined
def touch(people, i):
    """Read a word of every cache line that is about resident i, so that the processor fetches those of several residents
    side by side; the words, mixed, are returned so that the compiler leaves none out.
    """
    bits = people.clock_bits[i]
    words = np.int64(people.person[i].age) ^ people.level[i, 0] ^ people.fired[i, 0] ^ np.int64(people.weight[i, 0])
    words ^= bits[bits.shape[0] - 1] ^ people.level[i, people.level.shape[1] - 1]
    words ^= people.fired[i, people.fired.shape[1] - 1]
    for k in range(0, bits.shape[0], CACHE_LINE // 4):
        words ^= bits[k]
    return words


@inlined
def rescaled(ring, t, ratio):
    """New time of a clock set for `ring`, whose rate changes by old/new = `ratio` at time t (all float32 days)."""
    return min(t + (ring - t) * ratio, NEVER)


@inlined
def rate_per_day(model, people, i, k):
    """λ = base[sex, quintile, age] · trend · Π ratio[attribute, level] for resident i and event k."""
    level = people.level[i]
    age = min(people.person[i].age, OLDEST)
    rate = np.float64(model.base[level[SEX], level[QUINTILE], age, k]) * model.trend[k]
    for n in range(model.event_from[k], model.event_from[k + 1]):
        a = model.event_attribute[n]
        rate *= model.ratio[a, level[a], k]
    return rate


@inlined
def rates_per_day(model, people, i, rates):
    """The same for all events at once, in float64[event]: whole rows of ratios, most of which nobody needs to look at."""
    level = people.level[i]
    base = model.base[level[SEX], level[QUINTILE], min(people.person[i].age, OLDEST)]
    for k in range(rates.shape[0]):
        rates[k] = np.float64(base[k]) * model.trend[k]
    for a in range(model.has_ratio.shape[0]):
        if model.has_ratio[a, level[a]]:
            ratio = model.ratio[a, level[a]]
            for k in range(rates.shape[0]):
                rates[k] *= ratio[k]


@inlined
def set_clock(model, streams, people, i, k, t):
    """Draw the next time of event k after time t: t + E/λ with E ~ Exp(1) at the address (event, resident, count)."""
    draw_clock(model, streams, people, i, k, t, rate_per_day(model, people, i, k))


@inlined
def draw_clock(model, streams, people, i, k, t, rate):
    """The same, where the rate a day is known."""
    slot = model.fired_slot[k]
    count = 0 if slot < 0 else people.fired[i, slot]
    wait = rng.exponential(rng.draw(streams.clock[k], people.person[i].key, count)) / rate
    people.clock[i, model.column[k]] = np.float32(min(t + wait, np.float64(NEVER)))


@inlined
def draw_again(model, streams, people, i, k, t):
    """The clock of event k starts anew at time t, as for the first time or once more."""
    slot = model.fired_slot[k]
    if slot >= 0:
        people.fired[i, slot] += 1
    set_clock(model, streams, people, i, k, t)


@inlined
def event_of(model, people, i, c):
    """Event whose clock column c is now; 0: none of its events can happen at the resident's levels."""
    return model.event_at[c, people.level[i, model.decides[c]]]


@inlined
def can_happen(model, people, i, k):
    """Whether event k has a published rate above zero at the resident's sex, quintile and age."""
    level = people.level[i]
    age = min(people.person[i].age, OLDEST)
    return model.base[level[SEX], level[QUINTILE], age, k] > np.float32(1.5 * RARE)


@inlined
def set_level(model, streams, people, i, a, new, t):
    """Move resident i's attribute a to level `new` at time t (float32 day): clocks, timers and weights follow."""
    old = people.level[i, a]
    if old == new:
        return
    people.level[i, a] = new
    for n in range(model.ratio_from[a], model.ratio_from[a + 1]):
        c = model.ratio_column[n]
        if event_of(model, people, i, c) == model.ratio_event[n]:
            ratio = model.ratio_value[n, old] / model.ratio_value[n, new]
            if ratio != _ONE:
                people.clock[i, c] = rescaled(people.clock[i, c], t, ratio)
    for c in range(model.own_columns[a, 0], model.own_columns[a, 1]):
        _change_clock(model, streams, people, i, c, model.event_at[c, old], model.event_at[c, new], t)
    if model.has_weight[a]:
        set_weights(model, people, i)


@inlined
def _change_clock(model, streams, people, i, c, old, new, t):
    """Column c was the clock of event `old`, and is that of `new` from time t; a timer starts whenever a level is taken."""
    if new == 0:
        people.clock[i, c] = NEVER
    elif model.kind[new] == TIMER:
        people.clock[i, c] = t + model.timer_days[new]
    elif new != old:
        draw_again(model, streams, people, i, new, t)


@inlined
def set_weights(model, people, i):
    """Value of each weight in the resident's present circumstances."""
    level = people.level[i]
    age = min(people.person[i].age, OLDEST)
    weight = people.weight[i]
    for w in range(weight.shape[0]):
        weight[w] = model.weight_base[level[SEX], level[QUINTILE], age, w]
    for a in range(level.shape[0]):
        if model.has_factor[a, level[a]]:
            for w in range(weight.shape[0]):
                weight[w] *= model.weight_factor[a, level[a], w]
    for w in range(weight.shape[0]):
        if model.weight_rule[w] == ODDS:
            weight[w] /= _ONE + weight[w]


@inlined
def earliest(bits):
    """Bits of the earliest of one resident's clocks (int32[column]).

    Times are ≥ 0, so their bits, read as integers, sort as they do: an integer minimum vectorises, a float one does not.
    """
    least = LAST
    for k in range(bits.shape[0]):
        least = min(least, bits[k])
    return least


@inlined
def store_next(people, i, least):
    """Store when something next happens to resident i: at its earliest clock, but not before `resume`."""
    people.next[i] = max(np.int32(least).view(np.float32), people.person[i].resume)


@inlined
def column_of(bits, least):
    """First column whose clock has these bits: ties go to the first. Without a branch a clock, so that it vectorises."""
    found = LAST
    for k in range(bits.shape[0]):
        found = min(found, np.int32(k) if bits[k] == least else LAST)
    return found


@inlined
def find_next(people, i):
    """Find and store when something next happens to resident i."""
    store_next(people, i, earliest(people.clock_bits[i]))


@inlined
def period_at(edges, t, hint):
    """Index of the reporting period that holds day t; times before the first or after the last belong to those."""
    p = hint
    while p > 0 and t < edges[p]:
        p -= 1
    while p < edges.shape[0] - 2 and t >= edges[p + 1]:
        p += 1
    return p


@inlined
def my_cell(people, i):
    """Reporting cell of resident i now."""
    level = people.level[i]
    return cell_of(np.int64(level[PLACE]), np.int64(level[QUINTILE]), np.int64(level[SEX]),
                   np.int64(people.person[i].age))


@inlined
def _weighted(ms, weight):
    """Milliseconds × weight (0 or more), rounded half up."""
    return np.int64(np.float64(ms) * weight + 0.5)


@inlined
def accrue(people, i, t, edges, hint, tally):
    """Tally the time lived since last tallied, plain and weighted, in whole milliseconds; split at period edges.

    Weighted time is a difference of rounded products, so an event that leaves the weight alone changes no bit of it.
    tally: int64[period, cell, column]; column 0 is person-time, then one column a weight.
    """
    cell = my_cell(people, i)
    since = people.person[i].since
    if t <= since:
        return
    p = period_at(edges, since, hint)
    begin = milliseconds(since)
    end = milliseconds(t)
    while begin < end:
        stop = end if p >= edges.shape[0] - 2 else min(end, milliseconds(edges[p + 1]))
        tally[p, cell, 0] += stop - begin
        _count(people.weight[i], begin, stop, 1, tally[p, cell])
        begin = stop
        p += 1
    people.person[i].since = t


@inlined
def _count(weight, begin, stop, sign, row):
    """Add (sign 1) or take away (−1) the weighted time from `begin` to `stop` (ms)."""
    for w in range(weight.shape[0]):
        row[1 + w] += sign * (_weighted(stop, weight[w]) - _weighted(begin, weight[w]))


@inlined
def count_again(people, i, t, sign, edges, hint, tally):
    """Add (sign 1) or take away (−1), at the present weights, the weighted time from t to when it was last tallied.

    An outcome that comes back after the resident has lived on counts from its own time, however far time was tallied. It is
    counted in the present cell, also where a birthday lies between.
    """
    p = period_at(edges, t, hint)
    begin = milliseconds(t)
    end = milliseconds(people.person[i].since)
    while begin < end:
        stop = end if p >= edges.shape[0] - 2 else min(end, milliseconds(edges[p + 1]))
        _count(people.weight[i], begin, stop, sign, tally[p, my_cell(people, i)])
        begin = stop
        p += 1


@inlined
def set_birthday(people, i):
    """The next birthday, 365.25 days apart, counted from the day of birth so that rounding never adds up."""
    person = people.person[i]
    people.clock[i, BIRTHDAY] = np.float32(person.birth + 365.25 * (np.float64(person.age) + 1.0))
