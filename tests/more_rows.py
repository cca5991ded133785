"""Temporary catalogues and areas: the shipped tables with rows added."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

from icsim.areas.load import SHIPPED, Area
from icsim.areas.load import load as load_area
from icsim.catalogue.load import TABLES, Catalogue
from icsim.catalogue.load import load as load_catalogue

Rows = list[dict[str, object]]

ASSUMED = {"standing": "assumed", "source": "invented", "note": "invented for this test"}
SOURCE = {"source": "invented", "title": "Invented for this test"}


def assumed(unit: str, value: float, column: str = "value", **cells: object) -> dict[str, object]:
    """A row with a number that rests on nothing."""
    return {column: value, "low": value, "high": value, "unit": unit, **ASSUMED, **cells}


def extra_catalogue(folder: Path, tables: dict[str, Rows]) -> Catalogue:
    """The shipped catalogue with a second folder that holds these rows, by table."""
    folder.mkdir()
    for table, rows in ({"sources": [SOURCE]} | tables).items():
        pattern = "rates_death.csv" if table.startswith("rates") else f"{table}.csv"
        _write(folder / f"{table}.csv", _header(TABLES / pattern), rows)
    return load_catalogue(extra=folder)


def copied_catalogue(folder: Path, tables: dict[str, Rows]) -> Catalogue:
    """A copy of the shipped tables with rows put in: branches before the last of their step, all others at the end."""
    shutil.copytree(TABLES, folder)
    for table, rows in ({"sources": [SOURCE]} | tables).items():
        _put_in(folder / f"{table}.csv", rows, by_step=table == "branches")
    return load_catalogue(folder, fitted=True)


def copied_area(folder: Path, name: str, tables: dict[str, Rows]) -> Area:
    """A copy of a shipped area with rows at the end of its tables."""
    shutil.copytree(SHIPPED / name, folder)
    for table, rows in tables.items():
        _put_in(folder / f"{table}.csv", rows, by_step=False)
    return load_area(folder)


def _header(path: Path) -> list[str]:
    with path.open(newline="", encoding="utf-8") as file:
        return next(csv.reader(file))


def _put_in(path: Path, rows: Rows, by_step: bool) -> None:
    with path.open(newline="", encoding="utf-8") as file:
        table: Rows = list(csv.DictReader(file))
    for row in rows:
        own = [n for n, old in enumerate(table) if by_step and _step(old) == _step(row)]
        table.insert(own[-1] if own else len(table), row)
    _write(path, _header(path), table)


def _step(row: dict[str, object]) -> tuple[object, object]:
    return row["pathway"], row["step"]


def _write(path: Path, header: list[str], rows: Rows) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, header, restval="")
        writer.writeheader()
        writer.writerows(rows)
