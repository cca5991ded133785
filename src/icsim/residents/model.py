"""What the residents' loops read: rates, ratios, moves and weights as arrays. `build.py` fills it from rows.

Axes: A attributes, L levels, K clock columns (column 0: birthday, padding included), W weights, D kinds of demand,
V severities; sex, quintile and age as in state.py. Rates are per day.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

DEATH, LEAVE, BIRTH, MOVE, TIMER, DEMAND, HAND_OVER, NO_EVENT = range(8)
"""Kinds of event, by column. HAND_OVER: a demand that came while a case was open is handed over; its clock has no rate.
NO_EVENT: the birthday and padding."""
WITHOUT_RATE = (TIMER, HAND_OVER, NO_EVENT)
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
    trend: np.ndarray  # float32[K], factor in force now (changed on 1 January)
    ratio: np.ndarray  # float32[A, L, K], rate ratio while attribute is at level
    ratio_from: np.ndarray  # int32[A + 1]: columns that attribute a touches are ratio_column[ratio_from[a] : …]
    ratio_column: np.ndarray  # int32[…]
    event_from: np.ndarray  # int32[K + 1]: attributes that touch column k are event_attribute[event_from[k] : …]
    event_attribute: np.ndarray  # int32[…]
    kind: np.ndarray  # int8[K]
    leave: np.int64  # column of leaving the area; 0: nobody leaves
    hand_over: np.int64  # column of the late hand-over
    attribute: np.ndarray  # int32[K], attribute that a move or timer changes, or a demand that nobody answers; −1: none
    target: np.ndarray  # int8[K, L], level it moves to; −1: parked, cannot happen from this level
    fired_slot: np.ndarray  # int32[K], place in `fired`; −1: happens once
    timer_column: np.ndarray  # int32[A, L], timer started when attribute takes level; −1: none
    timer_days: np.ndarray  # float32[A, L]
    has_timer: np.ndarray  # uint8[A]
    holds: np.ndarray  # uint8[A], 1: above its first level the resident keeps a server of some service for long
    has_weight: np.ndarray  # uint8[A], 1: some factor of the attribute differs from 1
    weight_attribute: np.ndarray  # int32[…], these attributes
    weight_rule: np.ndarray  # int8[W]
    weight_base: np.ndarray  # float32[sex, quintile, age, W]
    weight_factor: np.ndarray  # float32[A, L, W]
    demand: np.ndarray  # int32[K], kind of demand; −1 elsewhere
    severity_cumulative: np.ndarray  # float32[D, sex, age, V]
    severity_attribute: np.ndarray  # int16[D, V, 2], attributes set at once; −1: none
    severity_level: np.ndarray  # int16[D, V, 2]
    class_part: np.ndarray  # int16[D, 4]
    class_size: np.ndarray  # int16[D, 4]
    class_age: np.ndarray  # uint8[D, age], age group
    accept: np.ndarray  # float32[D, day], share of rings at the peak rate that are real on this day of the run
    hours: np.ndarray  # float64[D, 25], cumulative share of the day's demand by the start of each hour
    start_odds: np.ndarray  # float32[A, sex, quintile, age], odds at entry of not being at the first level
    start_factor: np.ndarray  # float32[A, A, L], those odds are × this, by level of an attribute that comes before
    start_cumulative: np.ndarray  # float32[A, sex, quintile, age, L], among the other levels: share up to this one


class Streams(NamedTuple):
    """Addresses of the residents' decisions for one seed, by column unless said otherwise."""

    clock: np.ndarray  # uint64[K]
    accept: np.ndarray  # uint64[K]
    severity: np.ndarray  # uint64[K]
    case: np.ndarray  # uint64[K], without the seed: the name of a case
    start: np.ndarray  # uint64[A], level at entry
    timer: np.ndarray  # uint64[A], time left of a timer that runs at entry
    child: np.uint64  # a child's key, from the mother's key and birth number
    sex: np.uint64  # a child's sex
