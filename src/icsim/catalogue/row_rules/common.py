"""What rules on rows share: where rows stand, cells that list several names, names that stand twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from icsim.catalogue.csvtable import Table, nearest
from icsim.catalogue.found import Found
from icsim.catalogue.load import Catalogue
from icsim.errors import Problem

Tables = dict[str, list[Found]]


def by_file(places: list[Found]) -> dict[str, list[Found]]:
    """The same rows by the file in which they stand."""
    files: dict[str, list[Found]] = {}
    for place in places:
        files.setdefault(place.file, []).append(place)
    return files


def as_table(places: list[Found]) -> Table:
    """The rows of one file with their lines."""
    return Table([place.row for place in places], [place.line for place in places], [])


def split(text: str, mark: str) -> tuple[str, ...]:
    """The names that a cell lists, with `mark` between them."""
    return tuple(piece.strip() for piece in text.split(mark) if piece.strip())


def twice(places: list[Found], name: Callable, column: str) -> Iterator[Problem]:
    """A problem for every row whose name has stood before."""
    count = Counter(name(place.row) for place in places)
    seen: set[str] = set()
    for place in places:
        own = name(place.row)
        if count[own] > 1 and own in seen:
            yield place.problem(column, "This stands here a second time.", own)
        seen.add(own)


def level_problems(
    catalogue: Catalogue, place: Found, column: str, attribute: str, levels: Iterable[str]
) -> Iterator[Problem]:
    """A problem for every level that the attribute does not have."""
    known = catalogue.levels.get(attribute, ())
    for level in levels:
        if known and level not in known:
            yield place.problem(
                column, f"The attribute {attribute} has no such level. {nearest(level, known)}".strip(), level
            )


def assignment(text: str) -> tuple[str, str]:
    """"care=home_care" → ("care", "home_care")."""
    attribute, _, level = (part.strip() for part in text.partition("="))
    return attribute, level
