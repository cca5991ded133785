"""What the loops of programmes read. Axes: P programmes, S stages (of the programme with most), C conditions, L clauses,
A attributes in the clauses of who may take part, G mechanisms that several programmes share, M moves.

A condition is an age range and clauses; it holds if the age lies in the range and every clause allows the resident's level.
A word has a bit for each programme.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

RANDOM, DEPRIVED_FIRST, BY_SCORE, BY_PLACE = range(4)
PRIORITIES = ("random", "most deprived first", "by score", "by place")
"""Words of the tables, in this order."""


class ProgrammeModel(NamedTuple):
    """Programmes, ready to run."""

    attribute: np.ndarray  # int32[P], the attribute whose levels are its stages
    stages: np.ndarray  # int32[P], how many stages it has
    days: np.ndarray  # float64[P, S], how long each lasts
    drop_out: np.ndarray  # float64[P, S], share of those who begin the stage that leave in it
    eligible: np.ndarray  # int32[P], condition
    uptake_from: np.ndarray  # int32[P + 1], rows of the two arrays below
    uptake_when: np.ndarray  # int32[U], condition
    uptake: np.ndarray  # float64[U]
    most_uptake: np.ndarray  # float64[P], no resident's is higher
    priority: np.ndarray  # uint8[P], RANDOM … BY_PLACE
    rank: np.ndarray  # float64[P, places], priority by place: 0 for the place that comes first, below 1 for the last
    score_from: np.ndarray  # int32[P + 1], rows of the two arrays below
    score_when: np.ndarray  # int32[…], condition
    score_points: np.ndarray  # float64[…], log odds
    auc: np.ndarray  # float64[P], of the score
    score: np.ndarray  # float64[P, 3]: mean of points and chance together, their standard deviation, that of chance alone
    again: np.ndarray  # uint8[P]
    open_at_age: np.ndarray  # uint64[age], word of those that take people of the age
    open_by: np.ndarray  # uint16[A], attribute; those first at whose first level fewest programmes take people
    open_at_level: np.ndarray  # uint64[A, levels], word of those that take people at the level, be the rest as it may
    first_age: np.ndarray  # uint8[C]
    last_age: np.ndarray  # uint8[C]; the oldest age stands for all above it too
    clause_from: np.ndarray  # int32[C + 1]
    clause_attribute: np.ndarray  # int32[L]
    clause_levels: np.ndarray  # uint64[L], bit n set: level n is allowed
    group_attribute: np.ndarray  # int32[G]
    strength: np.ndarray  # uint8[P, S + 1, G], level of the group that a level of the programme gives
    move_of: np.ndarray  # int32[M, 3]: the programme whose stage moves people, the stage, and the attribute
    move_to: np.ndarray  # int16[M, levels]: where each level leads; −1: nowhere
    move_share: np.ndarray  # float64[M], of those who begin the stage at such a level
    move_stream: np.ndarray  # uint64[M]
    kind: np.ndarray  # uint8[P], 1: a measure
    order_stream: np.ndarray  # uint64[P]
    score_stream: np.ndarray  # uint64[P]
    uptake_stream: np.ndarray  # uint64[P]
    drop_out_stream: np.ndarray  # uint64[P]


def words(holds: np.ndarray) -> np.ndarray:
    """bool[…, P] → uint64[…], a word each."""
    return (holds.astype(np.uint64) << np.arange(holds.shape[-1], dtype=np.uint64)).sum(axis=-1, dtype=np.uint64)
