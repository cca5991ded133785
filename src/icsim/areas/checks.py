"""The promises between an area's tables: what names what, what adds up to what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from math import isclose, isfinite
from typing import Any

import numpy as np

from icsim.areas import schedule
from icsim.areas.rows import (
    Capacity,
    Catchment,
    Flow,
    FlowAge,
    FlowTrend,
    Fund,
    Multiplier,
    Odds,
    Offer,
    Pool,
    Staffing,
    Stream,
)
from icsim.calendar import YEARS
from icsim.catalogue.csvtable import Table, nearest
from icsim.catalogue.evidence import evidence_problems, source_problems
from icsim.catalogue.found import Found
from icsim.errors import Problem

AGES = 91
SEXES = ("female", "male")
QUINTILES = ("1", "2", "3", "4", "5")
FLOWS = ("arrive", "leave")
EVERY = "*"
MOST_TIMES = 100
"""No flow grows by more: arrivals are drawn in as many layers as the factor has."""
UNITS = {"flows": "people a year", "flow_ages": "relative", "flow_trends": "ratio", "multipliers": "ratio",
         "odds": "odds ratio", "pools": "servers", "capacity": "ratio", "streams": "cases a day", "catchments": "share",
         "programmes": "people a month", "budgets": "GBP a year", "staff": "WTE"}
"""Tables of numbers and the unit that each is in."""
COVERAGE = "share"
"""Unit of what an area offers of a measure: the share of those it is for whom it reaches."""
STAFFING = {"leave": "%", "spare": "WTE", "join": "WTE a year", "train": "people a year"}
"""What is said of staff, and its unit."""
ALSO = {"programmes": (COVERAGE,), "staff": ("%", "WTE a year", "people a year")}
"""Further units of a table."""
_SHARE_TOLERANCE = 1e-9

Tables = dict[str, list[Found]]


def problems_of(counties: dict[str, str], read: dict[str, Table]) -> list[Problem]:
    """Every promise between the tables of an area (by name, without .csv) that is broken."""
    tables = {name: [Found(row, f"{name}.csv", line) for row, line in zip(table.rows, table.lines, strict=True)]
              for name, table in read.items()}
    problems = _places(counties, tables) + _population(tables) + _flows(tables) + _flow_ages(tables)
    problems += _flow_trends(tables) + _pools(tables) + _capacity(tables) + _streams(tables)
    problems += _catchments(tables) + _shares(tables) + _offers(tables)
    problems += _staff(tables)
    for table, unit in UNITS.items():
        units = (unit, *ALSO.get(table, ()))
        problems += evidence_problems(f"{table}.csv", read[table], units) + _values(tables[table])
        problems += _twice(tables[table], lambda row: row.id)
    return problems + source_problems(read["sources"], {f"{table}.csv": read[table] for table in (*UNITS, "places")})


def value_fault(row: Any, value: float | None) -> str:
    """Why this kind of row cannot have this value; empty where it can. A pool without a number has no limit."""
    if value is None:
        return "" if isinstance(row, Pool) else "A number is needed."
    if not isfinite(value):
        return "This must be a finite number."
    match row:
        case Pool():
            whole = value >= 0 and float(value).is_integer()
            return "" if whole else "The number of servers must be whole and at least 0."
        case Offer(unit="share"):
            return "" if 0 <= value <= 1 else "A share lies between 0 and 1."
        case Catchment():
            return "" if 0 <= value <= 1 else "A share lies between 0 and 1."
        case Multiplier() | Odds() | Capacity():
            return "" if 1e-6 <= value <= 1e6 else "A ratio lies between 0.000001 and 1,000,000."
        case FlowTrend():
            return "" if 1e-6 <= value <= MOST_TIMES else f"This factor lies between 0.000001 and {MOST_TIMES}."
        case Flow() | FlowAge() | Stream() | Offer() | Fund() | Staffing():
            return "" if value >= 0 else "This cannot be below 0."
    return ""


def _values(found: list[Found]) -> list[Problem]:
    return [place.problem("value", fault, place.row.value) for place in found
            if (fault := value_fault(place.row, place.row.value))]


def _twice(found: list[Found], name: Any) -> list[Problem]:
    counts = Counter(name(place.row) for place in found)
    return [Problem(place.file, f"{name(place.row)} stands here {counts[name(place.row)]} times.", place.line)
            for place in found if counts[name(place.row)] > 1]


def _unknown(place: Found, column: str, known: Iterable[str]) -> list[Problem]:
    """A problem where the cell of `column` is none of `known`."""
    names, given = tuple(known), getattr(place.row, column)
    message = f"There is no such {column}. {nearest(given, names)}".strip()
    return [] if given in names else [place.problem(column, message, given)]


def _place_names(tables: Tables) -> list[str]:
    return [place.row.place for place in tables["places"]]


def _places(counties: dict[str, str], tables: Tables) -> list[Problem]:
    problems = _twice(tables["places"], lambda row: row.place)
    for place in tables["places"]:
        problems += _unknown(place, "county", counties)
    return problems


def _population(tables: Tables) -> list[Problem]:
    known, totals = _place_names(tables), Counter[str]()
    problems = _twice(tables["population"], lambda row: f"{row.place}, {row.sex}, {row.quintile}")
    for place in tables["population"]:
        problems += _unknown(place, "place", known)
        problems += _unknown(place, "sex", SEXES) + _unknown(place, "quintile", QUINTILES)
        totals[place.row.place] += sum(place.row.by_age)
    return problems + [place.problem("population", f"population.csv adds up to {totals[place.row.place]}.",
                                     place.row.population)
                       for place in tables["places"] if totals[place.row.place] != place.row.population]


def _flows(tables: Tables) -> list[Problem]:
    places, there, problems = _place_names(tables), set(), []
    for place in tables["flows"]:
        problems += _unknown(place, "place", places) + _unknown(place, "flow", FLOWS)
        there.add((place.row.place, place.row.flow))
    return problems + [Problem("flows.csv", f"{name} has no line for {flow}.")
                       for name in places for flow in FLOWS if (name, flow) not in there]


def _flow_ages(tables: Tables) -> list[Problem]:
    problems, covered = [], np.zeros((len(FLOWS), len(SEXES), AGES), np.int64)
    for place in tables["flow_ages"]:
        row = place.row
        wrong = _unknown(place, "flow", FLOWS) + _unknown(place, "sex", (*SEXES, EVERY))
        if not 0 <= row.age_from <= row.age_to < AGES:
            message = f"Ages run from 0 to {AGES - 1}, the first not above the last."
            wrong.append(place.problem("age_from", message, row.age_from))
        problems += wrong
        if not wrong:
            sexes = slice(None) if row.sex == EVERY else SEXES.index(row.sex)
            covered[FLOWS.index(row.flow), sexes, row.age_from : row.age_to + 1] += 1
    return problems + [
        Problem("flow_ages.csv", f"{flow}, {sex}: each age must be covered once; {_first_gap(covered[f, s])}.")
        for f, flow in enumerate(FLOWS) for s, sex in enumerate(SEXES) if np.any(covered[f, s] != 1)
    ]


def _flow_trends(tables: Tables) -> list[Problem]:
    """Leaving is one clock for all places: a factor of one place could not act."""
    places, problems = [*_place_names(tables), EVERY], []
    for place in tables["flow_trends"]:
        problems += _unknown(place, "flow", FLOWS) + _unknown(place, "place", places)
        if place.row.flow == "leave" and place.row.place != EVERY:
            problems.append(place.problem("place", "Factors of leaving are for every place: *.", place.row.place))
    return problems + _short_years(tables["flow_trends"])


def _short_years(found: list[Found]) -> list[Problem]:
    """A year of two digits would be one of the first century, and its line in force always."""
    return [place.problem("from_year", f"A year is written in full, {YEARS[0]} to {YEARS[-1]}.", place.row.from_year)
            for place in found if place.row.from_year not in YEARS]


def _first_gap(covered: np.ndarray) -> str:
    age = int(np.flatnonzero(covered != 1)[0])
    return f"age {age} is covered {covered[age]} times"


def _pools(tables: Tables) -> list[Problem]:
    named, problems = {place.row.pool for place in tables["catchments"]}, []
    for place in tables["pools"]:
        try:
            schedule.parse(place.row.open)
        except ValueError as error:
            problems.append(place.problem("open", str(error)))
        if place.row.pool not in named:
            problems.append(place.problem("pool", "No line of catchments.csv sends anybody here.", place.row.pool))
        if place.row.reserve < 0:
            problems.append(place.problem("reserve", "This cannot be below 0.", place.row.reserve))
    return problems


def _capacity(tables: Tables) -> list[Problem]:
    services = {place.row.service for place in tables["pools"]}
    unknown = [problem for place in tables["capacity"] for problem in _unknown(place, "service", services)]
    return unknown + _short_years(tables["capacity"])


def _streams(tables: Tables) -> list[Problem]:
    """A stream's name stands for its place, so it is no place's; its backlog is a number of cases."""
    places, problems = _place_names(tables), []
    for place in tables["streams"]:
        if place.row.stream in (*places, EVERY):
            message = "This stands for every place." if place.row.stream == EVERY else "A place has the same name."
            problems.append(place.problem("stream", message, place.row.stream))
        if place.row.backlog < 0:
            problems.append(place.problem("backlog", "This cannot be below 0.", place.row.backlog))
    return problems


def _catchments(tables: Tables) -> list[Problem]:
    service, problems = {p.row.pool: p.row.service for p in tables["pools"]}, []
    places = [*_place_names(tables), *(place.row.stream for place in tables["streams"])]
    for place in tables["catchments"]:
        row = place.row
        problems += _unknown(place, "place", [*places, EVERY]) + _unknown(place, "pool", service)
        if service.get(row.pool, row.service) != row.service:
            problems.append(place.problem("service", f"{row.pool} is a pool of {service[row.pool]}.", row.service))
    return problems


def _offers(tables: Tables) -> list[Problem]:
    """Dates that can be read, and a list of waiting people that is not shorter than empty."""
    problems = []
    for place in tables["programmes"]:
        for column in ("first", "last"):
            given = getattr(place.row, column)
            if given and not _is_date(given):
                problems.append(place.problem(column, "A date is written as 2026-04-01.", given))
        known = _place_names(tables)
        for where in filter(None, place.row.where.split("|")):
            if where not in known:
                problems.append(place.problem("where", f"There is no such place. {nearest(where, known)}".strip(), where))
        if place.row.waiting_list < 0:
            problems.append(place.problem("waiting_list", "This cannot be below 0.", place.row.waiting_list))
    return problems


def _staff(tables: Tables) -> list[Problem]:
    """What is said of staff is known, and in its unit."""
    problems = []
    for place in tables["staff"]:
        if place.row.what not in STAFFING:
            problems.append(place.problem("what", f"This must be one of: {', '.join(STAFFING)}.", place.row.what))
        elif place.row.unit != STAFFING[place.row.what]:
            problems.append(place.problem("unit", f"The unit here is {STAFFING[place.row.what]}.", place.row.unit))
    return problems


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _shares(tables: Tables) -> list[Problem]:
    """Shares add up to 1 for each service and place; lines for * hold where a place has none of its own.

    What serves one place serves all; what serves streams alone need not.
    """
    totals, last = Counter[tuple[str, str]](), {}
    for place in tables["catchments"]:
        totals[place.row.service, place.row.place] += place.row.value
        last[place.row.service, place.row.place] = place
    problems = [last[key].problem("value", f"The shares of {key[0]} in {key[1]} add up to {total:.6g}, not 1.")
                for key, total in totals.items() if not isclose(total, 1.0, abs_tol=_SHARE_TOLERANCE)]
    streams = {place.row.stream for place in tables["streams"]}
    services = sorted({service for service, place in totals if place not in streams})
    return problems + [Problem("catchments.csv", f"{name} has no provider of {service}.") for service in services
                       for name in _place_names(tables) if not {(service, name), (service, EVERY)} & totals.keys()]
