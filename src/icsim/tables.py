"""The seam between residents and services: four record tables, each sorted by time and then key.

Times are int64 milliseconds of local clock time since the start of the run.
"""

from __future__ import annotations

import numpy as np

NEVER = np.int64(2**62)
NOBODY = np.int32(-1)

DEMAND = np.dtype(
    [
        ("ms", "i8"),  # when help is needed
        ("key", "u8"),  # the case: hash(resident key, kind, count); draws inside the case use it
        ("resident", "i4"),  # row of the resident; NOBODY for a background case
        ("cell", "i4"),  # place × quintile × sex × age band at the demand (state.cell_of); −1 for a background case
        ("kind", "i2"),  # kind of demand: which pathway
        ("cls", "i2"),  # class of the demand: which durations, branches, priorities apply
        ("severity", "i2"),
        ("place", "i2"),
    ],
    align=True,
)
"""A need that enters a pathway."""

DEPARTURE = np.dtype([("ms", "i8"), ("resident", "i4"), ("reason", "i4")], align=True)
"""Somebody who dies or leaves (DIED, LEFT: an open case is cut short, a long hold ends), or whose circumstances no longer
call for the server that they hold for long (MOVED_ON: only the long hold ends)."""

CONTACT = np.dtype(
    [
        ("asked", "i8"),
        ("started", "i8"),  # −1: never started
        ("ended", "i8"),
        ("called", "i8"),  # when the case began
        ("marked", "i8"),  # when the case last asked for a step that starts the A&E clock; −1: never
        ("key", "u8"),
        ("resident", "i4"),
        ("cell", "i4"),
        ("marked_pool", "i2"),  # the pool it asked then
        ("step", "i2"),  # −1: the record that closes the case
        ("pool", "i2"),  # −1: no service
        ("reason", "i2"),
        ("outcome", "i2"),  # of the closing record; −1 elsewhere and where a case was cut short
        ("kind", "i2"),
        ("cls", "i2"),
    ],
    align=True,
)
"""One step visited, or (step −1) one case closed."""

MOVE = np.dtype(
    [("ms", "i8"), ("resident", "i4"), ("attribute", "i2"), ("level", "i2"), ("reason", "i4")], align=True
)
"""What services say of a resident's case. It ended at `ms`, and attribute ≥ 0 then takes `level` (unless they died or left);
or (reason JOINED) the demand is seen to together with one that was put off; or (PUT_OFF) it waits, since another case of the
resident is open."""

SERVED, GAVE_UP, DIVERTED, REFUSED, DIED, LEFT, STILL_THERE, MOVED_ON = range(8)
JOINED, PUT_OFF, ENROLLED = 8, 9, 10
"""Of moves alone: no case ended. ENROLLED: a programme sets the level of one who begins, goes on, or is through."""
REASONS = ("served", "gave up", "diverted", "refused", "died", "left", "still there", "moved on")
