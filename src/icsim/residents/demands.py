"""Demands: is a ring real on this day, how bad is it, what does it do at once, and what do services hear of it."""

from __future__ import annotations

import numpy as np

from icsim import rng
from icsim._compile import inlined
from icsim.catalogue.daytime import time_of_day
from icsim.residents.beat import (
    DEATH_COLUMN,
    DEMANDS,
    PARKED,
    change,
    event_column,
    flow_column,
    renew,
    tally_event,
)
from icsim.residents.door import accrue, my_cell, set_level
from icsim.residents.model import CLASS_AGE, CLASS_NONE, CLASS_SEVERITY
from icsim.state import OLDEST, PLACE, SEX, WAITING, milliseconds

_WEEK = np.float32(7.0)


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
def _hand_over(model, people, i, d, severity, key, t, start, beat):
    """Enter the demand in the table, at its time of day but before a death or leaving that is due; the resident waits."""
    at = milliseconds(time_of_day(model.hours[d], np.float64(t)))
    last = people.clock[i, DEATH_COLUMN]
    if model.leave > 0:
        last = min(last, people.clock[i, model.leave])
    at = max(min(at, milliseconds(last) - 1), milliseconds(start))
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
    people.person[i].open += np.uint8(1)


@inlined
def _is_real(model, streams, people, i, k, t):
    """Whether a ring at the peak rate counts on this day."""
    count = np.uint64(people.fired[i, model.fired_slot[k]])
    day = min(np.int64(max(t, np.float32(0.0))), model.accept.shape[1] - 1)
    return rng.draw(streams.accept[k], people.person[i].key, count) < model.accept[model.demand[k], day]


@inlined
def _in_a_later_beat(t, start, end):
    """The same hour of the same weekday, as many whole weeks later as a beat is long: what is put off is spread over the
    next beat as it was over this one, instead of crowding into its first days.
    """
    return t + _WEEK * np.ceil((end - start) / _WEEK)


@inlined
def _possible(model, people, i, k):
    """Whether demand k makes sense from where the resident is: nobody in a care home asks for one."""
    a = model.attribute[k]
    return a < 0 or model.target[k, people.level[i, a]] >= 0


@inlined
def demand(model, streams, people, i, k, t, start, end, hint, beat, served):
    """A demand clock rings: is it real on this day, how bad, what does it do at once, and hand it over.

    Long care is not asked for while a case is open, whose outcome could be the same: its clock rings again later.
    """
    if not _is_real(model, streams, people, i, k, t):
        renew(model, streams, people, i, k, t)
        return
    if not _possible(model, people, i, k):
        tally_event(people, i, t, hint, beat, flow_column(people, PARKED))
        renew(model, streams, people, i, k, t)
        return
    if served and model.attribute[k] >= 0 and people.person[i].status == WAITING:
        people.clock[i, model.column[k]] = _in_a_later_beat(t, start, end)
        return
    d = model.demand[k]
    person_key = people.person[i].key
    count = people.fired[i, model.fired_slot[k]]
    severity = _severity(model, people, i, d, rng.draw(streams.severity[k], person_key, count))
    tally_event(people, i, t, hint, beat, event_column(people, k))
    for n in range(model.severity_attribute.shape[2]):
        a = model.severity_attribute[d, severity, n]
        if a >= 0:
            if model.has_weight[a]:
                accrue(people, i, t, beat.edges, hint, beat.tally)
            set_level(model, streams, people, i, a, model.severity_level[d, severity, n], t)
    renew(model, streams, people, i, k, t)
    if not served:
        if model.attribute[k] >= 0:
            a = model.attribute[k]
            change(model, streams, people, i, a, model.target[k, people.level[i, a]], t, hint, beat)
    else:
        key = rng.address(streams.case[k], person_key, np.uint64(count))
        _hand_over(model, people, i, d, severity, key, t, start, beat)
