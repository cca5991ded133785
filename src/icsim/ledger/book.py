"""What is written down: every transfer of every month, in pence, from one line to another.

A transfer leaves one line and enters another, so that lines tie out in every month by construction.
"""

from __future__ import annotations

import numpy as np

from icsim.areas.budget import MONTHS

OPENING, MOVED, DOUBLE_RUNNING, PLANNED, STRANDED, UNSPENT, VACANT = range(7)
"""opening: what a line holds without shifts. moved: from a line in which it has come free. double running: paid by a fund
because it has not. Beside them, as parts of what lines hold: planned to leave; stranded, which is planned and not free yet;
unspent, which is received and not enough for one more server; vacant, for servers or places that nobody is found to staff.
"""
KINDS = ("opening", "moved", "double_running", "planned", "stranded", "unspent", "vacant")
ENTRY = np.dtype([("month", "i4"), ("kind", "i1"), ("giver", "i2"), ("receiver", "i2"), ("shift", "i2"), ("pence", "i8")])
"""month: 0 is the first of the run. giver, receiver: numbers of lines, −1: none. shift: its number, −1: none."""


class Book:
    """The entries of one run."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, int, int, int, int, int]] = []

    def enter(self, month: int, kind: int, pence: int, giver: int = -1, receiver: int = -1, shift: int = -1) -> None:
        """Write down an entry; nothing is written of 0 pence."""
        if pence:
            self._rows.append((month, kind, giver, receiver, shift, pence))

    def entries(self) -> np.ndarray:
        """ENTRY[…] in the order in which they were written."""
        return np.array(self._rows, ENTRY)


def monthly(pence_a_year: int, month: int) -> int:
    """The month's part of a yearly amount in whole pence; twelve of them add up to it. month: 0 is the first of the run."""
    return pence_a_year * (month % MONTHS + 1) // MONTHS - pence_a_year * (month % MONTHS) // MONTHS
