"""Classes of a demand, and the conditions (`when`) that narrow a row to some of them.

A condition such as "severity=fracture|hip_fracture; care=own_home; age=65+" holds for a class if each of its clauses
does. The classes of a demand are all combinations of the parts that its event names in `class_by`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, product
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from icsim.catalogue.rows import Branch, Event

if TYPE_CHECKING:
    from icsim.catalogue.load import Catalogue

OLDEST = 90
"""The last age of every table; it stands for 90 and over."""


class AgeRange(NamedTuple):
    """Whole years, both ends included; `last` 90 has no upper end."""

    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.first}+" if self.last == OLDEST else f"{self.first}-{self.last}"

    def covers(self, other: AgeRange) -> bool:
        """Whether every age of `other` lies in this range."""
        return self.first <= other.first and other.last <= self.last

    def overlaps(self, other: AgeRange) -> bool:
        """Whether the two ranges share an age."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class When:
    """A parsed condition: allowed levels by part, and an age range. Empty: holds always."""

    levels: Mapping[str, tuple[str, ...]]
    age: AgeRange | None = None


@dataclass(frozen=True)
class DemandClass:
    """One combination of parts: `index` in mixed-radix order, level by part, and the age range if age is a part."""

    index: int
    levels: Mapping[str, str]
    age: AgeRange | None = None

    def __str__(self) -> str:
        parts = [f"{part}={level}" for part, level in self.levels.items()]
        return "; ".join(parts if self.age is None else [*parts, f"age={self.age}"])


@cache
def parse_when(text: str) -> When:
    """Read a condition; ValueError says what is wrong with it."""
    levels: dict[str, tuple[str, ...]] = {}
    age = None
    for clause in filter(None, (part.strip() for part in text.split(";"))):
        part, equals, allowed = (piece.strip() for piece in clause.partition("="))
        if not equals or not part or not allowed:
            raise ValueError(f'"{clause}" is not of the form part=level, part=level|level or age=65+')
        if part in levels or (part == "age" and age is not None):
            raise ValueError(f'"{part}" is named twice')
        if part == "age":
            age = parse_ages(allowed)
        else:
            levels[part] = tuple(level.strip() for level in allowed.split("|"))
    return When(levels, age)


def parse_ages(text: str) -> AgeRange:
    """Read "65+", "65-79" or "65"."""
    first, dash, last = text.partition("-")
    open_end = not dash and first.endswith("+")
    pieces = [first.removesuffix("+"), str(OLDEST) if open_end else (last if dash else first)]
    if not all(piece.strip().isdigit() for piece in pieces):
        raise ValueError(f'"{text}" is not an age such as 65+, 65-79 or 65')
    ages = AgeRange(int(pieces[0]), int(pieces[1]))
    if not 0 <= ages.first <= ages.last <= OLDEST:
        raise ValueError(f'"{text}" must run upwards between 0 and {OLDEST}')
    return ages


def parts_of(class_by: str) -> tuple[str, ...]:
    """Names of the parts of a `class_by` cell, as ("severity", "care", "age")."""
    pieces = [piece.strip() for piece in class_by.split(";")]
    return tuple("age" if piece.split()[0] == "age" else piece for piece in pieces if piece)


def age_groups(class_by: str) -> tuple[AgeRange, ...]:
    """The age groups of a `class_by` cell: "age 65 80" gives 0–64, 65–79, 80+; () where age is no part."""
    for piece in class_by.split(";"):
        words = piece.split()
        if words and words[0] == "age":
            cuts = [0, *(int(word) for word in words[1:]), OLDEST + 1]
            return tuple(AgeRange(a, b - 1) for a, b in pairwise(cuts))
    return ()


def classes_of(catalogue: Catalogue, event: Event | str) -> tuple[DemandClass, ...]:
    """All classes of a demand, in mixed-radix order of `class_by`: the last part varies fastest."""
    row = catalogue.event(event) if isinstance(event, str) else event
    parts = parts_of(row.class_by)
    choices = [_choices(catalogue, row, part) for part in parts]
    return tuple(_demand_class(index, parts, chosen) for index, chosen in enumerate(product(*choices)))


def _choices(catalogue: Catalogue, event: Event, part: str) -> tuple:
    if part == "age":
        return age_groups(event.class_by)
    if part == "severity":
        return catalogue.severities_of(event.event)
    return catalogue.levels_of(part)


def _demand_class(index: int, parts: Sequence[str], chosen: Sequence) -> DemandClass:
    by_part = dict(zip(parts, chosen, strict=True))
    age = by_part.pop("age", None)
    return DemandClass(index, by_part, age)


def matches(when: When | str, cls: DemandClass) -> bool:
    """Whether the condition holds for every demand of this class."""
    condition = parse_when(when) if isinstance(when, str) else when
    if any(cls.levels.get(part) not in allowed for part, allowed in condition.levels.items()):
        return False
    return condition.age is None or (cls.age is not None and condition.age.covers(cls.age))


Row = TypeVar("Row")


def row_for_class(rows: Iterable[Row], cls: DemandClass) -> Row | None:
    """The last of `rows` (each with a `when`) that holds for this class; None if none does."""
    found = None
    for row in rows:
        if matches(row.when, cls):  # type: ignore[attr-defined]
            found = row
    return found


def branch_shares(rows: Sequence[Branch], cls: DemandClass, unit: Mapping[str, float]) -> dict[str, float]:
    """Shares of one step's cases by where they go, in the order in which the destinations first appear.

    Among rows to the same destination the last that matches holds; a destination that none matches gets 0. The last
    row of the step takes the rest (its own value is not read). `unit` turns "%" and "share" into shares.
    """
    shares: dict[str, float] = {}
    for row in rows[:-1]:
        shares.setdefault(row.to, 0.0)
        if row.value is not None and matches(row.when, cls):
            shares[row.to] = row.value * unit[row.unit]
    last = rows[-1].to
    others = sum(share for to, share in shares.items() if to != last)
    return {**shares, last: 1.0 - others}
