"""What the residents' loops read: rates, ratios, moves and weights as arrays. `build.py` fills it from rows.

Axes: A attributes, L levels, K events (number 0: the birthday; the last: the late hand-over), C clock columns (padding
included), W weights, D kinds of demand, V severities; sex, quintile and age as in state.py. Rates are per day.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

DEATH, LEAVE, BIRTH, MOVE, TIMER, DEMAND, NO_EVENT = range(7)
"""Kinds of event. HAND_OVER: a demand that came while a case was open is handed over; its clock has no rate. NO_EVENT: the
birthday, and a clock whose events cannot happen now."""
WITHOUT_RATE = (TIMER, NO_EVENT)
KINDS = ("death", "leave", "birth", "move", "timer", "demand")

RARE = 1e-9 / 365.25
"""Rate a day that stands for zero: a clock needs a rate. One that rings at this rate is counted as parked."""

MULTIPLY, ODDS = 0, 1
"""How a weight combines: value = base × Π factor, or odds = base × Π factor and value = odds / (1 + odds)."""

CLASS_NONE, CLASS_SEVERITY, CLASS_AGE = -1, -2, -3
"""What a part of a class is made of; 0 and above: an attribute."""


class ResidentModel(NamedTuple):
    """Everything that decides when things happen to residents."""

    base: np.ndarray  # float32[sex, quintile, age, K], rate a day with all ratios at 1; RARE: cannot happen
    ageing: np.ndarray  # float32[sex, quintile, age, K], base[age − 1] / base[age]; 1 where ratios leave the clock alone
    ageing_first: np.ndarray  # float32[sex, quintile, age, C], the same by clock, of its event at the first level
    trend: np.ndarray  # float32[K], factor in force now (changed on 1 January)
    ratio: np.ndarray  # float32[A, L, K], rate ratio while attribute is at level
    ratio_from: np.ndarray  # int32[A + 1]: events that attribute a touches are ratio_event[ratio_from[a] : …]
    ratio_event: np.ndarray  # int32[…]
    ratio_column: np.ndarray  # int32[…], clock columns of these events
    ratio_value: np.ndarray  # float32[…, L], and the ratio by level of the attribute
    event_from: np.ndarray  # int32[K + 1]: attributes that touch event k are event_attribute[event_from[k] : …]
    event_attribute: np.ndarray  # int32[…]
    has_ratio: np.ndarray  # uint8[A, L], 1: some ratio differs from 1 at this level
    kind: np.ndarray  # int8[K]
    leave: np.int64  # clock column of leaving the area; 0: nobody leaves
    column: np.ndarray  # int32[K], clock column
    decides: np.ndarray  # int32[C], attribute whose level decides which event the clock is of
    event_at: np.ndarray  # int32[C, L], that event; 0: none can happen
    own_columns: np.ndarray  # int32[A, 2], columns of the attribute's own moves and timers: from, and up to
    attribute: np.ndarray  # int32[K], attribute that a move or timer changes, or a demand that nobody answers; −1: none
    target: np.ndarray  # int8[K, L], level it moves to; −1: parked, cannot happen from this level
    fired_slot: np.ndarray  # int32[K], place in `fired`, which several may share; −1: its clock is set once
    timer_days: np.ndarray  # float32[K], how long a timer runs
    holds: np.ndarray  # uint8[A], 1: above its first level the resident keeps a server of some service for long
    has_weight: np.ndarray  # uint8[A], 1: some factor of the attribute differs from 1
    has_factor: np.ndarray  # uint8[A, L], 1: some factor at this level does
    weight_rule: np.ndarray  # int8[W]
    weight_base: np.ndarray  # float32[sex, quintile, age, W]
    weight_factor: np.ndarray  # float32[A, L, W]
    demand: np.ndarray  # int32[K], kind of demand; −1 elsewhere
    severity_cumulative: np.ndarray  # float32[D, sex, age, V]
    severity_attribute: np.ndarray  # int16[D, V, 2], attributes set at once; −1: none
    severity_level: np.ndarray  # int16[D, V, 2]
    class_part: np.ndarray  # int16[D, part], attribute or CLASS_…, the one that varies fastest last
    class_size: np.ndarray  # int16[D, part], how many levels it has
    class_age: np.ndarray  # uint8[D, age], age group
    accept: np.ndarray  # float32[D, day], share of rings at the peak rate that are real on this day of the run
    hours: np.ndarray  # float64[D, 25], cumulative share of the day's demand by the start of each hour
    start_odds: np.ndarray  # float32[A, sex, quintile, age, L], odds of each level at entry against the first
    start_levels: np.ndarray  # int32[A], how many levels each attribute has
    start_from: np.ndarray  # int32[A + 1]: attributes before a that they depend on are start_attribute[start_from[a] : …]
    start_attribute: np.ndarray  # int32[…]
    comes_in_life: np.ndarray  # uint8[A], 1: nobody is born beyond its first level
    start_factor: np.ndarray  # float32[A, A, L, L], those odds are × this, by level of such an attribute and own level


class Streams(NamedTuple):
    """Addresses of the residents' decisions for one seed, by event unless said otherwise."""

    clock: np.ndarray  # uint64[K]
    accept: np.ndarray  # uint64[K]
    severity: np.ndarray  # uint64[K]
    case: np.ndarray  # uint64[K], without the seed: the name of a case
    start: np.ndarray  # uint64[A], level at entry
    timer: np.ndarray  # uint64[A], time left of a timer that runs at entry
    child: np.uint64  # a child's key, from the mother's key and birth number
    sex: np.uint64  # a child's sex
