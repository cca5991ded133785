"""What things cost, all in the prices of one year."""

from __future__ import annotations

from typing import Protocol

from icsim.catalogue.load import Catalogue
from icsim.catalogue.rows import UnitCost

PAYERS = ("ambulance", "acute", "community", "mental health", "primary care", "council adult care", "public health",
          "voluntary sector")
PER = {"measure": ("measures", "measure"), "weight": ("weights", "weight"), "programme": ("programmes", "programme"),
       "busy": ("services", "service"), "open": ("services", "service")}
"""First word of `per` → the table and column in which the second is found."""
HOURS = {"GBP a day": 24.0, "GBP a week": 168.0, "GBP an hour": 1.0}
"""Unit → hours in what it is per."""


def first_year(text: str) -> int:
    """The calendar year in which a year of prices begins: 2024 for 2024/25 as for 2024. Raises ValueError."""
    return int(text.strip()[:4])


def price_year(catalogue: Catalogue) -> str:
    """The financial year of all prices in results: that whose index is 1."""
    return next(row.year for row in catalogue.price_index if row.value == 1)


class Priced(Protocol):
    """A row whose value is in pounds of its year."""

    @property
    def value(self) -> float: ...
    @property
    def year(self) -> str: ...


def line(row: UnitCost) -> str:
    """The budget line that pays for it; empty: none is known."""
    return row.line or (row.per.partition(" ")[2] if row.per.startswith(("programme ", "busy ", "open ")) else "")


def pence(catalogue: Catalogue, row: Priced) -> int:
    """What one costs, or how much it is, in pence of the price year; rounded once, here."""
    index = {each.from_year: each.value for each in catalogue.price_index}
    return round(100 * row.value / index[first_year(row.year)])
