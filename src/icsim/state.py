"""What is remembered of every resident, and in which type: the only place where dtypes are decided.

| array | dtype | bytes a resident |
|---|---|---|
| person | record below | 32 |
| next | float32 | 4 |
| level | uint8[attribute] | one an attribute |
| clock | float32[column], padded to 8 | 256 for 57 to 64 columns |
| fired | uint8[clock that may be set again] | one a clock |
| weight | float32[weight] | four a weight |

Times are float32 days since the start of the run: exact to 21 seconds after ten years.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from icsim._compile import equation, records
from icsim.calendar import MS_PER_DAY

EMPTY, LIVING, WAITING, DEAD, GONE = range(5)
"""Status. WAITING: has an open case, as far as is known; lives on meanwhile. GONE: left."""

SEX, QUINTILE, PLACE = 0, 1, 2
"""Attributes that every model has, in this order; place is the district."""

OLDEST = 90
"""Age 90 stands for 90 and over: published tables end there."""
SEXES, QUINTILES, AGES, BANDS = 2, 5, OLDEST + 1, 19
AGE_BANDS = tuple(f"{a:02d}-{a + 4:02d}" for a in range(0, OLDEST, 5)) + ("90+",)

NEVER = np.float32(1e30)
BIRTHDAY = 0
"""Column of the clock that holds the next birthday; events follow from column 1."""

CACHE_LINE = 64
BLOCK = 8
"""Clock columns come in eights: one instruction looks at eight."""

PERSON = np.dtype(
    [
        ("key", "u8"),  # address of all luck; never depends on the row
        ("birth", "f4"),  # day of birth
        ("since", "f4"),  # day up to which person-time has been tallied
        ("resume", "f4"),  # nothing happens before this day: life up to it was lived before the last outcome came back
        ("asked", "i4"),  # first whole second after the last demand was handed over
        ("age", "u1"),  # completed years, at most 255
        ("status", "u1"),
        ("open", "u1"),  # demands handed over that have not come to an end
        ("spare", "u1"),  # always 0, as the next: they fill the record up to 32 bytes
        ("spares", "u4"),
    ],
    align=True,
)


class People(NamedTuple):
    """Residents as a structure of arrays; rows are in order of birthday, newcomers follow."""

    person: np.ndarray  # PERSON[resident]
    next: np.ndarray  # float32[resident], earliest clock; NEVER for the dead, the gone and empty rows
    level: np.ndarray  # uint8[resident, attribute]
    clock: np.ndarray  # float32[resident, column], day at which the event it is of would happen; NEVER: not at all
    clock_bits: np.ndarray  # int32 view of clock: times are ≥ 0, so their bits sort as they do, and integers vectorise
    fired: np.ndarray  # uint8[resident, slot], how often each clock that may be set again was, of late: 255 is followed by 0
    weight: np.ndarray  # float32[resident, weight], value now of each weight


def allocate(rows: int, attributes: int, columns: int, repeatable: int, weights: int) -> People:
    """Empty people: `rows` residents, `columns` clocks (birthday included) padded to whole blocks.

    Nothing but `next` is written, so that a row takes no memory before somebody enters.
    """
    width = -(-columns // BLOCK) * BLOCK
    clock = on_cache_lines((rows, width), np.dtype(np.float32))
    person = on_cache_lines((rows,), PERSON)
    following = on_cache_lines((rows,), np.dtype(np.float32))
    following[:] = NEVER
    return People(
        person=person.view(np.recarray) if isinstance(records(0, PERSON), np.recarray) else person,
        next=following,
        level=on_cache_lines((rows, attributes), np.dtype(np.uint8)),
        clock=clock,
        clock_bits=clock.view(np.int32),
        fired=on_cache_lines((rows, repeatable), np.dtype(np.uint8)),
        weight=on_cache_lines((rows, weights), np.dtype(np.float32)),
    )


def on_cache_lines(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Zeroed array that begins on a cache line, so that a resident's clocks lie on as few of them as can be."""
    size = int(np.prod(shape)) * dtype.itemsize
    block = np.zeros(size + CACHE_LINE, np.uint8)
    first = -block.ctypes.data % CACHE_LINE
    return block[first : first + size].view(dtype).reshape(shape)


def copy_of(people: People, rows: int | None = None) -> People:
    """The same residents in arrays of their own, with room for `rows` rows (at least as many as now)."""
    have = len(people.next)
    twin = room_like(people, max(rows or have, have))
    copy_rows(people, twin, 0, have)
    return twin


def room_like(people: People, rows: int) -> People:
    """Room for so many residents of the same shape."""
    columns, attributes = people.clock.shape[1], people.level.shape[1]
    return allocate(rows, attributes, columns, people.fired.shape[1], people.weight.shape[1])


OTHER_FIELDS = ("person", "next", "level", "fired", "weight")
"""All that is remembered but the clocks."""


def copy_rows(people: People, to: People, first: int, last: int, fields: tuple[str, ...] = (*OTHER_FIELDS, "clock")) -> None:
    """Rows first … last − 1 become those of `people`."""
    for name in fields:
        getattr(to, name)[first:last] = getattr(people, name)[first:last]


def bytes_per_row(people: People) -> float:
    """Bytes of memory for one row."""
    arrays = (people.person, people.next, people.level, people.clock, people.fired, people.weight)
    return sum(array.nbytes for array in arrays) / max(len(people.next), 1)


@equation
def band_of(age):
    """Five-year age band (0 … 18) of an age in years."""
    return min(age, OLDEST) // 5


@equation
def cell_of(place, quintile, sex, age):
    """Index of the reporting cell: place × quintile × sex × five-year age band, the last varying fastest."""
    return ((place * QUINTILES + quintile) * SEXES + sex) * BANDS + band_of(age)


@equation
def milliseconds(day):
    """Day (float) → whole milliseconds since the start, rounded half up; monotone, so differences add up exactly."""
    return np.int64(np.floor(np.float64(day) * MS_PER_DAY + 0.5))
