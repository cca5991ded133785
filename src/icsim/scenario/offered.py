"""Which programmes run at all: those of which an area or a scenario offers places, and those that receive money."""

from __future__ import annotations

from icsim.areas import budget
from icsim.areas.load import Area
from icsim.scenario.shifts import Shift


def in_force(*areas: Area, paid: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Programmes of which one of these offers places, or which are `paid` for by a shift, in order of name: what they draw
    depends on their names alone.
    """
    return tuple(sorted({row.programme for area in areas for row in area.programmes if row.value > 0} | set(paid)))


def paid_by(shifts: tuple[Shift, ...], lines: dict[str, budget.Line]) -> tuple[str, ...]:
    """Programmes that receive money."""
    return tuple(name for shift in shifts for name, _ in shift.receivers
                 if name in lines and lines[name].kind == budget.PROGRAMME)
