"""What both service engines read: pathways and pools as arrays. `build.py` fills it from rows.

Axes: S steps (all pathways together), C classes, B branches, D diversions, P pools, O outcomes, X capacity changes.
A pool's *pressure* is (servers busy + urgent cases waiting) / planned servers, taken at each review and in force until the
next; congestion rows act from a stated pressure on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

CONSTANT, EXPONENTIAL, LOGNORMAL, UNIFORM, TRIANGULAR, NORMAL, NONE = range(7)
DISTRIBUTIONS = ("constant", "exponential", "lognormal", "uniform", "triangular", "normal")
"""Names in the tables. NONE, as a patience, means: waits for ever."""

FINISH, WAIT, PRE_EMPT = range(3)
SHIFT_END = ("finish", "wait", "pre-empt")
REFUSE_CLOSED, REFUSE_FULL = 1, 2

UNLIMITED = 2**30
"""Capacity of a pool that has none, such as a provider outside the area."""
PRIORITIES = 8
"""Priority classes 0 (first) to 7."""
LAST = PRIORITIES - 1
"""The class of cases that yield: they take a server only while more than the pool's reserve are free."""
REVIEW = -1
"""As a capacity: the pool's pressure is taken now, and decides whether its escalation servers are open."""
NO_SERVICE = -1


class Quantity(NamedTuple):
    """A duration or a patience: kind and parameters by step and class.

    constant (a) · exponential (mean a) · lognormal (mean a, standard deviation b, already turned into log-scale mu in c
    and sigma in d) · uniform (a to b) · triangular (low a, mode b, high c) · normal (mean a, standard deviation b,
    never below c). Milliseconds, except mu and sigma, which are those of the logarithm of milliseconds.
    """

    kind: np.ndarray  # int8[S, C]
    parameters: np.ndarray  # float64[S, C, 4]


class ServiceModel(NamedTuple):
    """Pathways and pools, ready to run."""

    start: np.ndarray  # int32[kind of demand], first step of its pathway
    step_service: np.ndarray  # int32[S], service asked for; −1: a step without a service
    step_hold: np.ndarray  # uint8[S], 1: keeps its server until the next step is granted
    step_keep: np.ndarray  # uint8[S], 1: the server stays with the resident when the case goes on (a long hold)
    step_yield: np.ndarray  # uint8[S], 1: its cases are of class LAST
    step_mark: np.ndarray  # uint8[S], 1: asking for it starts the A&E clock
    step_refuse: np.ndarray  # uint8[S], bits REFUSE_CLOSED, REFUSE_FULL
    step_otherwise: np.ndarray  # int32[S], where the refused and those who gave up go; −1: the case ends
    step_priority: np.ndarray  # int8[S, C], 0 is served first
    duration: Quantity
    patience: Quantity
    duration_stream: np.ndarray  # uint64[S]
    patience_stream: np.ndarray  # uint64[S]
    branch_stream: np.ndarray  # uint64[S]
    branch_from: np.ndarray  # int32[S + 1], branches of step s are branch_from[s] … branch_from[s + 1] − 1
    branch_to: np.ndarray  # int32[B], a step; or −1 − outcome: the case ends so
    branch_cumulative: np.ndarray  # float64[B, C], cumulative probability within the step; the last is 1
    divert_from: np.ndarray  # int32[S + 1], diversions of step s, as for branches
    divert_to: np.ndarray  # int32[D], the branch that is diverted, coded as branch_to
    divert_instead: np.ndarray  # int32[D], where the case goes, coded as branch_to
    divert_service: np.ndarray  # int32[D], whose pressure counts
    divert_above: np.ndarray  # float64[D], pressure from which
    divert_share: np.ndarray  # float64[D], share of those cases that are diverted
    divert_stream: np.ndarray  # uint64[D]
    shorten_service: np.ndarray  # int32[S], whose pressure shortens the step; NO_SERVICE: nothing does
    shorten_above: np.ndarray  # float64[S]
    shorten_factor: np.ndarray  # float64[S], the duration is × this
    outcome_attribute: np.ndarray  # int16[O], attribute set; −1: none
    outcome_level: np.ndarray  # int16[O]
    put_off_by: np.int64  # ms; a case is put off by whole ones: by days, so that it keeps its time of day
    provider_stream: np.uint64
    provider_from: np.ndarray  # int32[services, places + 1]: providers of (service, place) in the two arrays below
    provider_pool: np.ndarray  # int32[R]
    provider_cumulative: np.ndarray  # float64[R], cumulative share within (service, place); the last is 1
    pool_queue_limit: np.ndarray  # int32[P], most cases that may wait; UNLIMITED: no bound
    pool_shift_end: np.ndarray  # int8[P]
    pool_reserve: np.ndarray  # int32[P], servers that cases which yield leave free
    pool_extra: np.ndarray  # int32[P], escalation servers; 0: none
    pool_extra_above: np.ndarray  # float64[P], pressure from which a review opens them
    change_ms: np.ndarray  # int64[X], sorted; the capacity in force at 0 is here with change_ms ≤ 0
    change_pool: np.ndarray  # int32[X]
    change_capacity: np.ndarray  # int32[X], planned servers from now on; or REVIEW
