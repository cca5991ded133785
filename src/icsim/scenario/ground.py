"""What a scenario is checked against: the catalogue and the area as they are without it, and the shipped baseline."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from icsim import areas, catalogue
from icsim.areas import budget
from icsim.areas.load import Area
from icsim.areas.rows import Offer, Pool
from icsim.catalogue.load import ID, Catalogue
from icsim.catalogue.rows import Evidence, Programme, Service
from icsim.scenario import lines
from icsim.scenario.chain import SHIPPED
from icsim.scenario.parse import SourceFile
from icsim.scenario.wording import listed

AREA_TABLES = ("flows", "flow_ages", "flow_trends", "multipliers", "odds", "pools", "capacity", "streams", "catchments",
               "budgets", "staff")


@dataclass(frozen=True)
class Number:
    """One number of the catalogue or the area: its row, and its value there."""

    value: float
    row: Evidence
    of: str
    """catalogue · area"""


@dataclass(frozen=True)
class Ground:
    """The unmodified tables. `area` is None where the scenario names none that exists."""

    catalogue: Catalogue
    area: Area | None
    shipped: dict[str, Any]
    """The shipped baseline of the area as parsed; empty where there is none or it is itself being read."""

    @cached_property
    def services(self) -> dict[str, Service]:
        """Services by name."""
        return {row.service: row for row in self.catalogue.services}

    @cached_property
    def pools(self) -> dict[str, Pool]:
        """Pools of the area by name."""
        return {} if self.area is None else {row.pool: row for row in self.area.pools}

    @cached_property
    def programmes(self) -> dict[str, Programme]:
        """Programmes of the catalogue by name."""
        return {row.programme: row for row in self.catalogue.programmes}

    @cached_property
    def offers(self) -> dict[str, Offer]:
        """What the area offers of each programme, by its name."""
        return {} if self.area is None else {row.programme: row for row in self.area.programmes}

    @cached_property
    def budget_lines(self) -> dict[str, budget.Line]:
        """Budget lines of the area by name."""
        return {} if self.area is None else budget.lines(self.catalogue, self.area)

    @cached_property
    def pool_rows(self) -> dict[str, str]:
        """Id of each pool's row → name of the pool."""
        return {row.id: row.pool for row in self.pools.values()}

    @cached_property
    def rows(self) -> dict[str, Number]:
        """Every number that can be changed, by id."""
        return numbers(self.catalogue, self.area)

    @cached_property
    def tables(self) -> str:
        """What ids in `rows` begin with, in words."""
        return listed(sorted(f"{table}." for table in self._by_table), "or")

    @cached_property
    def _by_table(self) -> dict[str, list[str]]:
        tables: dict[str, list[str]] = {}
        for name in self.rows:
            tables.setdefault(name.partition(".")[0], []).append(name)
        return tables

    def rows_of(self, name: str) -> list[str]:
        """The ids that begin like `name`, up to the first dot."""
        return self._by_table.get(name.partition(".")[0], [])

    def limited_pools(self, service: str) -> list[str]:
        """Pools of a service that have a number of servers."""
        return [name for name, row in self.pools.items() if row.service == service and row.value is not None]

    def baseline(self, key: lines.Path) -> Any:
        """The value that a key has in the shipped baseline, else in the tables; None where neither gives one."""
        found: Any = self.shipped
        for part in key:
            found = found.get(part) if isinstance(found, dict) else None
        return self._in_tables(key) if found is None or isinstance(found, dict | list) else found

    def _in_tables(self, key: lines.Path) -> Any:
        match key:
            case ("pools", name, "number" | "open" as what) if name in self.pools:
                return getattr(self.pools[str(name)], "value" if what == "number" else "open")
            case ("services", name, "queue_limit" | "shift_end" as what) if name in self.services:
                return getattr(self.services[str(name)], str(what))
            case ("programmes", name, "places") if name in self.programmes:
                return self.offers[str(name)].value if name in self.offers else 0.0
            case ("services", name, what) if len(found := self.limited_pools(str(name))) == 1:
                return self._in_tables(("pools", found[0], what))
        return None


def numbers(catalogue: Catalogue, area: Area | None) -> dict[str, Number]:
    """Every row that holds a number, by id; rows that take what is left over, and pools without a limit, hold none."""
    found = ((of, row, value_of(row)) for of, row in _rows(catalogue, area))
    return {row.id: Number(value, row, of) for of, row, value in found if value is not None}


def _rows(catalogue: Catalogue, area: Area | None) -> Iterator[tuple[str, Evidence]]:
    for table in ID:
        yield from (("catalogue", row) for row in getattr(catalogue, table))
    for table in AREA_TABLES if area is not None else ():
        yield from (("area", row) for row in getattr(area, table))


def value_of(row: Any) -> float | None:
    """The number a row holds; of a quantity, its first parameter."""
    return row.a if hasattr(row, "a") else row.value


def ground(chain: list[SourceFile], own_catalogue: Catalogue | None, own_area: Area | None) -> Ground:
    """What the files of `chain` (the scenario first) are checked against."""
    name = next((file.data["area"] for file in chain if isinstance(file.data.get("area"), str)), "")
    area = own_area if own_area is not None and own_area.name == name else _area(name)
    path = SHIPPED / name / "baseline.toml"
    itself = area is None or chain[0].path == path
    return Ground(own_catalogue or _catalogue(), area, {} if itself else _parsed(path))


def area_names(own_area: Area | None) -> list[str]:
    """The areas that a scenario may name."""
    return sorted({*areas.names(), *([own_area.name] if own_area else [])})


def _area(name: str) -> Area | None:
    return _shipped_area(name) if name in areas.names() else None


@cache
def _shipped_area(name: str) -> Area:
    return areas.load(name)


@cache
def _catalogue() -> Catalogue:
    return catalogue.load()


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return {}
