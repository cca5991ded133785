"""How the compiled engine lays out pathways, cases and pools: record arrays, because an event loop that takes them
counts no references and touches one cache line a case (PERFORMANCE: 4–6 million events a second instead of 1).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from icsim._compile import records
from icsim.services.model import PRIORITIES, ServiceModel

STEP = np.dtype(
    [
        ("duration_stream", "u8"),
        ("patience_stream", "u8"),
        ("branch_stream", "u8"),
        ("service", "i4"),
        ("otherwise", "i4"),
        ("branch_from", "i4"),
        ("branch_end", "i4"),
        ("divert_from", "i4"),
        ("divert_end", "i4"),
        ("shorten_service", "i4"),
        ("hold", "u1"),
        ("keep", "u1"),
        ("yields", "u1"),
        ("mark", "u1"),
        ("refuse", "u1"),
        ("shorten_above", "f8"),
        ("shorten_factor", "f8"),
    ],
    align=True,
)

DIVERSION = np.dtype(
    [("stream", "u8"), ("above", "f8"), ("share", "f8"), ("to", "i4"), ("instead", "i4"), ("service", "i4")], align=True
)

TIMING = np.dtype([("kind", "i1"), ("a", "f8"), ("b", "f8"), ("c", "f8"), ("d", "f8")], align=True)

CASE = np.dtype(
    [
        ("key", "u8"),
        ("called", "i8"),
        ("asked", "i8"),
        ("started", "i8"),
        ("remaining", "i8"),  # −1 unless sent away or suspended during service
        ("ends", "i8"),
        ("marked", "i8"),
        ("provider", "f8"),
        ("resident", "i4"),
        ("cell", "i4"),
        ("lap", "i4"),
        ("token", "u4"),  # an event whose token differs is void; never reset, so a reused slot is safe
        ("before", "i4"),  # neighbours in the queue; `after` links free slots as well
        ("after", "i4"),
        ("following", "i4"),  # slot of a case of the same resident that is put off until this one has ended; −1: none
        ("kind", "i2"),
        ("cls", "i2"),
        ("place", "i2"),
        ("step", "i2"),
        ("pool", "i2"),
        ("held", "i2"),
        ("marked_pool", "i2"),
        ("state", "i1"),
        ("priority", "i1"),
        ("reason", "i1"),  # why it ends, once that is known
    ],
    align=True,
)
FREE, QUEUED, RUNNING, SUSPENDED, PAUSED, WAITS_ITS_TURN = range(6)
"""State of a case slot. PAUSED: in a step that needs no service. WAITS_ITS_TURN: put off, and not yet taken up."""

POOL = np.dtype(
    [
        ("capacity", "i4"),  # planned + opened
        ("busy", "i4"),  # running + held + kept + suspended
        ("running", "i4"),
        ("held", "i4"),  # kept by cases until their next step is granted
        ("kept", "i4"),  # kept by residents as long holds
        ("suspended", "i4"),
        ("waiting", "i4"),
        ("listed", "i4"),  # of those who wait, cases that yield
        ("limit", "i4"),
        ("reserve", "i4"),
        ("planned", "i4"),
        ("opened", "i4"),  # escalation servers in use now
        ("extra", "i4"),  # escalation servers there are
        ("shift_end", "i4"),
        ("above", "f8"),
        ("pressure", "f8"),  # at the last review
        ("since", "i8"),  # the three integrals below are exact up to this instant
        ("busy_ms", "i8"),
        ("open_ms", "i8"),
        ("waiting_ms", "i8"),
        ("arrivals", "i8"),
        ("grants", "i8"),
        ("left_queue", "i8"),
        ("refused", "i8"),
    ],
    align=True,
)

EVENT = np.dtype([("order", "i8"), ("key", "u8"), ("slot", "i4"), ("token", "u4")], align=True)
"""An entry of the calendar; order = milliseconds × 8 + phase, so one comparison gives time and phase."""

FREE_SLOT, HIGHEST_SLOT, HEAP_SIZE, STACK_SIZE, CHANGE, CONTACTS, MOVES, OVERFLOW, TOUCHED = range(9)
"""What `count` holds: head of the list of free slots, slots ever used, sizes, next capacity change, rows written.
TOUCHED: keeps the compiler from leaving out what is only read to be near."""


class Rules(NamedTuple):
    """Pathways as the loop reads them; never written."""

    start: np.ndarray  # int32[kind]
    step: np.ndarray  # STEP[S]
    duration: np.ndarray  # TIMING[S, C]
    patience: np.ndarray  # TIMING[S, C]
    priority: np.ndarray  # int8[S, C]
    branch_to: np.ndarray  # int32[B]
    branch_cumulative: np.ndarray  # float64[C, B]: the branches of a step lie together
    divert: np.ndarray  # DIVERSION[D]
    outcome: np.ndarray  # int16[O, 2], attribute and level
    provider_from: np.ndarray  # int32[service, place + 1]
    provider_pool: np.ndarray  # int32[R]
    provider_cumulative: np.ndarray  # float64[R]
    change_ms: np.ndarray  # int64[X]
    change: np.ndarray  # int32[X, 2], pool, and planned servers or REVIEW
    provider_stream: np.ndarray  # uint64[1]
    put_off_by: np.ndarray  # int64[1]


class Desk(NamedTuple):
    """Everything the loop changes."""

    case: np.ndarray  # CASE[slot]
    pool: np.ndarray  # POOL[P]
    queue: np.ndarray  # int32[P, PRIORITIES, 2], first and last slot of each class
    heap: np.ndarray  # EVENT[…]
    stack: np.ndarray  # int32[P], pools with a freed server
    dirty: np.ndarray  # uint8[P], 1: on the stack
    case_of: np.ndarray  # int32[resident], slot of the open case; −1: none
    tenant: np.ndarray  # int32[resident], pool whose server the resident keeps as a long hold; −1: none
    used: np.ndarray  # int64[9]
    contacts: np.ndarray  # CONTACT[…]
    moves: np.ndarray  # MOVE[…]


def _fill(dtype: np.dtype, shape, **columns: np.ndarray) -> np.ndarray:
    table = records(shape, dtype)
    for name, values in columns.items():
        table[name] = values
    return table


def _timing(quantity) -> np.ndarray:
    p = quantity.parameters
    return _fill(TIMING, quantity.kind.shape, kind=quantity.kind, a=p[..., 0], b=p[..., 1], c=p[..., 2], d=p[..., 3])


def rules_of(model: ServiceModel) -> Rules:
    """The same pathways as records."""
    step = _fill(
        STEP,
        len(model.step_service),
        duration_stream=model.duration_stream,
        patience_stream=model.patience_stream,
        branch_stream=model.branch_stream,
        service=model.step_service,
        otherwise=model.step_otherwise,
        branch_from=model.branch_from[:-1],
        branch_end=model.branch_from[1:],
        divert_from=model.divert_from[:-1],
        divert_end=model.divert_from[1:],
        shorten_service=model.shorten_service,
        shorten_above=model.shorten_above,
        shorten_factor=model.shorten_factor,
        hold=model.step_hold,
        keep=model.step_keep,
        yields=model.step_yield,
        mark=model.step_mark,
        refuse=model.step_refuse,
    )
    divert = _fill(DIVERSION, len(model.divert_to), stream=model.divert_stream, above=model.divert_above,
                   share=model.divert_share, to=model.divert_to, instead=model.divert_instead,
                   service=model.divert_service)
    return Rules(
        start=np.ascontiguousarray(model.start, np.int32),
        step=step,
        duration=_timing(model.duration),
        patience=_timing(model.patience),
        priority=np.ascontiguousarray(model.step_priority, np.int8),
        branch_to=np.ascontiguousarray(model.branch_to, np.int32),
        branch_cumulative=np.ascontiguousarray(model.branch_cumulative.T, np.float64),
        divert=divert,
        outcome=np.stack([model.outcome_attribute, model.outcome_level], axis=1).astype(np.int16),
        provider_from=np.ascontiguousarray(model.provider_from, np.int32),
        provider_pool=np.ascontiguousarray(model.provider_pool, np.int32),
        provider_cumulative=np.ascontiguousarray(model.provider_cumulative, np.float64),
        change_ms=np.ascontiguousarray(model.change_ms, np.int64),
        change=np.stack([model.change_pool, model.change_capacity], axis=1).astype(np.int32),
        provider_stream=np.array([model.provider_stream], np.uint64),
        put_off_by=np.array([model.put_off_by], np.int64),
    )


FIXED = ("limit", "shift_end", "reserve", "extra", "above")
"""Fields of POOL that the model decides; the rest is what has happened."""


def pools_of(model: ServiceModel) -> np.ndarray:
    """Pools at the start: closed and empty until the first capacity change."""
    return _fill(POOL, len(model.pool_queue_limit), limit=model.pool_queue_limit, shift_end=model.pool_shift_end,
                 reserve=model.pool_reserve, extra=model.pool_extra, above=model.pool_extra_above)


def empty_queues(pools: int) -> np.ndarray:
    """int32[P, PRIORITIES, 2] with nobody waiting."""
    return np.full((pools, PRIORITIES, 2), -1, np.int32)
