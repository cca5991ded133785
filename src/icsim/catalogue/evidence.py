"""The rules every number in a table keeps: a known unit, a range that holds it, a standing and a source."""

from __future__ import annotations

from collections.abc import Iterable

from icsim.catalogue.read import Found, nearest
from icsim.catalogue.rows import Evidence
from icsim.errors import Problem
from icsim.units import FACTORS

STANDINGS = ("measured", "derived", "fitted", "assumed")


def evidence_problems(found: Iterable[Found], units: Iterable[str] = FACTORS) -> list[Problem]:
    """Problems of rows that carry a number, whose unit must be one of `units`."""
    allowed = tuple(units)
    return [place.problem(column, message, value) for place in found
            for column, message, value in _of_row(place.row, allowed)]


def _of_row(row: Evidence, units: tuple[str, ...]) -> list[tuple[str, str, object]]:
    """(column, message, value given) of each rule that this row breaks."""
    broken: list[tuple[str, str, object]] = []
    if row.unit not in units:
        broken.append(("unit", f"must be {' or '.join(units)}", row.unit))
    if row.standing not in STANDINGS:
        broken.append(("standing", f"must be one of {', '.join(STANDINGS)}", row.standing))
    if not row.source:
        broken.append(("source", "every number needs a source, a name in sources.csv", None))
    if row.standing == "assumed":
        broken += [(column, f"an assumed number needs {column}", None)
                   for column, value in (("low", row.low), ("high", row.high), ("note", row.note or None)) if value is None]
    return broken + _of_range(getattr(row, "value", None), row.low, row.high)


def _of_range(value: float | None, low: float | None, high: float | None) -> list[tuple[str, str, object]]:
    if low is not None and high is not None and low > high:
        return [("low", f"low is above high ({high:g})", low)]
    if value is None:
        return []
    if low is not None and value < low:
        return [("value", f"lies below its own low ({low:g})", value)]
    if high is not None and value > high:
        return [("value", f"lies above its own high ({high:g})", value)]
    return []


def source_problems(sources: list[Found], found: Iterable[Found]) -> list[Problem]:
    """Sources that are named but not listed, listed twice, or listed but named by nobody.

    A cell may name several sources, as in "ons_mye_2020; nhs_sitrep".
    """
    listed = [place.row.source for place in sources]
    used: set[str] = set()
    problems = [place.problem("source", "is listed twice", place.row.source) for place in sources
                if listed.count(place.row.source) > 1]
    for place in found:
        named = source_names(getattr(place.row, "source", ""))
        used.update(named)
        problems += [place.problem("source", f"is not in sources.csv; {nearest(name, listed)}", name)
                     for name in named if name not in listed]
    return problems + [place.problem("source", "no row uses this source", place.row.source) for place in sources
                       if place.row.source not in used]


def source_names(cell: str) -> list[str]:
    """The sources that a cell names."""
    return [part.strip() for part in cell.split(";") if part.strip()]
