"""Rules on costs and on the list of systems: what they name is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from icsim.catalogue.costs import HOURS, PAYERS, PER, first_year
from icsim.catalogue.csvtable import nearest
from icsim.catalogue.found import Found
from icsim.catalogue.load import Catalogue
from icsim.catalogue.row_rules.common import Tables
from icsim.errors import Problem

KINDS = "PRMEO"
MEANS = {"programme": PER["programme"], "service": PER["open"]}


def costs_are_sound(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """What a cost is per is there; its payer is known; its year has an index; one year's index is 1."""
    years = {row.from_year for row in catalogue.price_index}
    for place in tables["unit_costs"]:
        row = place.row
        yield from _named(catalogue, place, "per", row.per, PER)
        if row.payer not in PAYERS:
            yield place.problem("payer", f"This must be one of: {', '.join(PAYERS)}.", row.payer)
        timed = row.per.partition(" ")[0] in ("busy", "open") or _is_time(catalogue, row.per)
        if timed != (row.unit in HOURS):
            yield place.problem("unit", f"Here this must be one of: {', '.join(HOURS if timed else ['GBP'])}.", row.unit)
        if not _known_year(row.year, years):
            yield place.problem("year", "price_index.csv must have the year of these prices, as 2024/25.", row.year)
    yield from _capacity(tables, catalogue, years)
    for place in tables["price_index"][:1]:
        if [row.value for row in catalogue.price_index].count(1) != 1:
            yield place.problem("value", "One year, that of all prices in results, must have 1, and no other.", None)


def _capacity(tables: Tables, catalogue: Catalogue, years: set[int]) -> Iterator[Problem]:
    """What a server costs is of a service, in whole steps, and its parts are shares."""
    services = [row.service for row in catalogue.services]
    for place in tables["capacity_costs"]:
        row = place.row
        if row.service not in services:
            yield place.problem("service", f"services.csv has no such service. {nearest(row.service, services)}".strip(),
                                row.service)
        if row.step < 1 or row.notice_months < 0:
            yield place.problem("step" if row.step < 1 else "notice_months", "This cannot be below 1 server, or 0 months.",
                                row.step if row.step < 1 else row.notice_months)
        if min(row.fixed, row.variable) < 0 or row.fixed + row.variable >= 1:
            yield place.problem("fixed", "Shares that stay and that follow use add up to less than 1: the rest is saved.",
                                row.fixed + row.variable)
        if not _known_year(row.year, years):
            yield place.problem("year", "price_index.csv must have the year of these prices, as 2024/25.", row.year)


def _known_year(text: str, years: set[int]) -> bool:
    try:
        return first_year(text) in years
    except ValueError:
        return False


def staff_is_sound(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """What needs staff is there, and so are they."""
    groups = [row.staff for row in catalogue.staff]
    for place in tables["staff_needs"]:
        yield from _named(catalogue, place, "per", place.row.per, MEANS)
        if place.row.staff not in groups:
            message = f"staff.csv has no such staff. {nearest(place.row.staff, groups)}".strip()
            yield place.problem("staff", message, place.row.staff)


def systems_are_sound(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Kinds are known, and what a system is in the model is there; where it is nothing, `missing` says what is not there."""
    for place in tables["systems"]:
        row = place.row
        if not row.kind or set(row.kind.split("/")) - set(KINDS):
            yield place.problem("kind", f"This must be made of {', '.join(KINDS)}, joined by /.", row.kind)
        for means in filter(None, row.means.split("|")):
            yield from _named(catalogue, place, "means", means.strip(), MEANS)
        if not row.means and not row.missing and "O" not in row.kind:
            yield place.problem("missing", "A system that is nothing in the model needs words on what is missing.", None)


def _named(catalogue: Catalogue, place: Found, column: str, text: str,
           kinds: Mapping[str, tuple[str, str]]) -> Iterator[Problem]:
    """A kind and a name that the catalogue has, as in "programme falls_exercise"."""
    kind, _, name = text.partition(" ")
    if kind not in kinds:
        yield place.problem(column, f"This must begin with one of: {', '.join(kinds)}.", text)
        return
    table, key = kinds[kind]
    names = [getattr(row, key) for row in getattr(catalogue, table)]
    if name not in names:
        yield place.problem(column, f"{table}.csv has no such {key}. {nearest(name, names)}".strip(), name)


def _is_time(catalogue: Catalogue, per: str) -> bool:
    return any(row.kind == "time" and per == f"measure {row.measure}" for row in catalogue.measures)
