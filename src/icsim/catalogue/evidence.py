"""The rules every number in a table keeps: a known unit, a range that holds it, a standing and a source."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from icsim.catalogue.csvtable import Table, nearest
from icsim.catalogue.rows import Evidence, Source
from icsim.errors import Problem
from icsim.units import FACTORS

STANDINGS = ("measured", "derived", "fitted", "assumed")


def evidence_problems(name: str, table: Table, units: Iterable[str] = FACTORS) -> list[Problem]:
    """Problems of the Evidence rows of file `name`, whose unit must be one of `units`."""
    allowed = tuple(units)
    return [Problem(f"{name}: {column}", message, line, value)
            for row, line in zip(table.rows, table.lines, strict=True)
            for column, message, value in _of_row(row, allowed)]


def _of_row(row: Evidence, units: tuple[str, ...]) -> list[tuple[str, str, object]]:
    """(column, message, value given) of each rule that this row breaks."""
    found: list[tuple[str, str, object]] = []
    if row.unit not in units:
        found.append(("unit", f"The unit must be one of: {', '.join(units)}.", row.unit))
    if row.standing not in STANDINGS:
        found.append(("standing", f"This must be one of: {', '.join(STANDINGS)}.", row.standing))
    if not row.source:
        found.append(("source", "Every number needs a source, a name in sources.csv.", None))
    if row.standing == "assumed":
        found += [(column, f"An assumed number needs {column}.", None) for column in _needed_if_assumed(row)]
    return found + _of_range(getattr(row, "value", None), row.low, row.high)


def _needed_if_assumed(row: Evidence) -> list[str]:
    """Columns left empty; a row without a number (a pool without limit, a branch with the rest) needs no range."""
    has_number = getattr(row, "value", 0.0) is not None
    return [column for column in ("low", "high") if has_number and getattr(row, column) is None] + (
        [] if row.note else ["note"])


def _of_range(value: float | None, low: float | None, high: float | None) -> list[tuple[str, str, object]]:
    if low is not None and high is not None and low > high:
        return [("low", f"low is above high ({high:g}).", low)]
    if value is None:
        return []
    if low is not None and value < low:
        return [("value", f"The value lies below its own low ({low:g}).", value)]
    if high is not None and value > high:
        return [("value", f"The value lies above its own high ({high:g}).", value)]
    return []


def source_problems(sources: Table[Source], tables: dict[str, Table]) -> list[Problem]:
    """Sources that are named but not listed, listed twice, or listed but named by no row of `tables` (by file name).

    A cell may name several sources, as in "ons_mye_2020; nhs_sitrep".
    """
    listed = [row.source for row in sources.rows]
    used: set[str] = set()
    problems = _each("This source is listed twice.", sources, lambda row: listed.count(row.source) > 1)
    for name, table in tables.items():
        for row, line in zip(table.rows, table.lines, strict=True):
            named = source_names(getattr(row, "source", ""))
            used.update(named)
            problems += [_unlisted(name, line, source, listed) for source in named if source not in listed]
    return problems + _each("No row uses this source.", sources, lambda row: row.source not in used)


def _unlisted(name: str, line: int, source: str, listed: list[str]) -> Problem:
    message = f"sources.csv has no such source. {nearest(source, listed)}".strip()
    return Problem(f"{name}: source", message, line, source)


def source_names(cell: str) -> list[str]:
    """The sources that a cell names."""
    return [part.strip() for part in cell.split(";") if part.strip()]


def _each(message: str, sources: Table[Source], broken: Callable[[Source], bool]) -> list[Problem]:
    return [Problem("sources.csv: source", message, line, row.source)
            for row, line in zip(sources.rows, sources.lines, strict=True) if broken(row)]
