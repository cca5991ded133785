"""What a fit leaves: rows that are laid over the tables, written as tables of the same columns, with a record of the fit.

    calibration/fitted/england/   corrections.csv, ratios.csv, exponents.csv, sources.csv
    calibration/fitted/<area>/    multipliers.csv, odds.csv, sources.csv
    each with fit.json            how the rows came about

The catalogue and the areas read them (`catalogue/load.py`, `areas/load.py`); nothing else does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import polars as pl

from icsim.areas.load import Area
from icsim.areas.rows import Multiplier, Odds
from icsim.calibration.parameters import Parameter
from icsim.calibration.rows import ENGLAND
from icsim.calibration.steady import FITTED, fitted_from
from icsim.catalogue.csvtable import write_table
from icsim.catalogue.load import Catalogue
from icsim.catalogue.rows import Correction, Exponent, Source
from icsim.errors import Problem, ResultsError
from icsim.folders import CHECKOUT

SOURCE = Source(source=FITTED, title="Fitted by icsim calibrate to published figures", author="icsim", year="2026",
                place="calibration/fitted", licence="MIT")
EVERY = "all"
NOTE = "Fitted to published figures; low and high hold it with 95 in 100."
AREA_FILES = {"multipliers": Multiplier, "odds": Odds}
CATALOGUE_FILES = ("corrections", "ratios", "exponents")


class Fitted(Protocol):
    """What a fit leaves (`calibrate.Calibration`)."""

    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def own(self) -> Area: ...
    @property
    def parameters(self) -> pl.DataFrame: ...
    @property
    def figures(self) -> pl.DataFrame: ...
    @property
    def record(self) -> dict[str, Any]: ...


class Value(NamedTuple):
    """A fitted number and between which values it lies with 95 in 100."""

    value: float
    low: float | None = None
    high: float | None = None


def value_of(catalogue: Catalogue, area: Area, name: str) -> float | None:
    """The number of this id in the tables; None where there is no such row."""
    row: Any = {**{row.id: row for row in (*catalogue.corrections, *catalogue.ratios, *catalogue.exponents)},
                **area.values()}.get(name)
    return None if row is None else row.value


def applied(catalogue: Catalogue, area: Area, values: Mapping[str, Value]) -> tuple[Catalogue, Area]:
    """The tables with these numbers, by id, instead of their own; rows that do not exist are added."""
    for name, value in values.items():
        kind = name.partition(".")[0]
        if kind in ("multiplier", "odds"):
            table = "multipliers" if kind == "multiplier" else "odds"
            changed: dict[str, Any] = {table: _with(getattr(area, table), _row(name, value))}
            area = replace(area, **changed)
        else:
            table = f"{kind}s"
            catalogue = replace(catalogue, **{table: _with(getattr(catalogue, table), _row(name, value, catalogue))})
    return catalogue, area


def _with(rows: Iterable[Any], new: Any) -> tuple[Any, ...]:
    """`rows` with `new` in place of the row of its id, or after the last."""
    kept = {row.id: row for row in rows}
    return tuple((kept | {new.id: new}).values())


def _row(name: str, value: Value, catalogue: Catalogue | None = None) -> Any:
    """The row of this id with this value: the one there is, or a new one."""
    kind, *parts = name.split(".")
    said: dict[str, Any] = {"id": name, "standing": "fitted", "source": FITTED, "note": NOTE,
                            **{key: _rounded(number) for key, number in value._asdict().items()}}
    if kind == "multiplier":
        return Multiplier(event=parts[0], unit="ratio", **said)
    if kind == "odds":
        return Odds(attribute=parts[0], level=parts[1], unit="odds ratio", **said)
    assert catalogue is not None
    if kind == "exponent":
        return Exponent(event=parts[0], attribute=parts[1], unit="exponent", **said)
    if kind == "correction":
        weights = {row.weight: row.rule for row in catalogue.weights}
        of: dict[str, Any] = {"weight" if parts[0] in weights else "event": parts[0]}
        unit = "odds ratio" if weights.get(parts[0]) == "odds" else "ratio"
        return Correction(sex=parts[1], age=None if parts[2] == EVERY else int(parts[2]), unit=unit, **of, **said)
    row = catalogue.row(name)
    return replace(row, **{key: said[key] for key in said if key != "id"} | {"source": fitted_from(row.source)})


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


def write(folder: Path, tables: Mapping[str, Iterable[Any]], record: dict[str, Any]) -> list[Path]:
    """Write rows by table, the source and the record. Tables of an earlier fit are replaced, or removed where they have no
    rows now; no other file is touched.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in (*CATALOGUE_FILES, *AREA_FILES, "sources"):
        (folder / f"{name}.csv").unlink(missing_ok=True)
    written = [write_table(folder / f"{name}.csv", tuple(rows)) for name, rows in tables.items() if rows]
    if written:
        written.append(write_table(folder / "sources.csv", (SOURCE,)))
    path = folder / "fit.json"
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return [*written, path]


def folder(out: Path | str | None) -> Path:
    """Where overlays are written. Raises ResultsError where icsim does not run from a checkout and no place was given."""
    place = CHECKOUT / "fitted" if out is None else Path(out)
    if not place.is_dir():
        message = "is no folder. Fit in a checkout of icsim, or say where to write with --out."
        raise ResultsError("calibrate", [Problem(str(place), message)])
    return place


def save(place: Path, found: Fitted, bare: tuple[Catalogue, Area]) -> list[Path]:
    """Write England's rows, if they were fitted, and the area's own."""
    record = found.record | {"parameters": found.parameters.to_dicts(), "figures": found.figures.drop("label").to_dicts()}
    own, england = place / found.own.name, place / ENGLAND
    written = write(own, changed(bare[1], found.own, AREA_FILES), record | _earlier(own))
    if found.record["settings"]["england"]:
        written += write(england, changed(bare[0], found.catalogue, CATALOGUE_FILES), record | _earlier(england))
    return written


def _earlier(folder: Path) -> dict[str, Any]:
    """The records of the fits that lie there: a fit begins at their numbers, and those that it does not fit again stay."""
    path = folder / "fit.json"
    old = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    records = [*old.pop("earlier", []), {key: value for key, value in old.items() if key != "figures"}]
    return {"earlier": [record for record in records if record]}


def changed(shipped: Any, fitted: Any, tables: Iterable[str]) -> dict[str, tuple[Any, ...]]:
    """Rows by table that `fitted` (a catalogue or an area) has and `shipped` has not."""
    return {name: tuple(row for row in getattr(fitted, name) if row not in set(getattr(shipped, name))) for name in tables}


def starting_values(parameters: Iterable[Parameter], catalogue: Catalogue, area: Area) -> dict[str, float]:
    """Where a fit begins: at the tables' own numbers, else at the prior."""
    found = {row.parameter: value_of(catalogue, area, row.parameter) for row in parameters}
    return {row.parameter: row.prior if (value := found[row.parameter]) is None else value for row in parameters}

