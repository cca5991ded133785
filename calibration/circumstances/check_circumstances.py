# ruff: noqa: E501 (long conditions read better on one line)
"""Reads the rows, lets a cohort pass through all ages by the moves they give, and prints how far its shares are off.

    python calibration/circumstances/check_circumstances.py [TABLES]

TABLES (the catalogue's own if not given) holds the tables of the catalogue. The circumstances are the attributes of
`prevalence_circumstances.csv`. None of the published tables is needed.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
from cohort import AGES, GROUPS, SMOKING_FALL, Attribute, Chain, Move, in_bands, left_by_cohort, survivors

from icsim.catalogue import rows as kinds
from icsim.catalogue.csvtable import read_table
from icsim.catalogue.expand import expand_ages
from icsim.catalogue.load import TABLES

OWN = Path(__file__).parent / "rows"
"""What is of the fit only, and not of the catalogue."""
FILES = {"events": kinds.Event, "prevalence": kinds.Prevalence, "ratios": kinds.Ratio, "factors": kinds.Factor,
         "trends": kinds.Trend, "sources": kinds.Source}
"""Tables of which the circumstances have a file of their own."""
NOT_BY_MOVES = ("susceptibility",)
"""Attributes that have no moves."""
NOT_FITTED = ("ex_first_year", "ex_1_to_4", "ex_5_to_9", "ex_10_plus")
"""Ex-smokers: today's older ones stopped in a past with many more smokers, which no cohort by today's moves has."""


class Misfit(NamedTuple):
    """One share: published (or assumed) and projected."""

    attribute: str
    level: str
    sex: str
    quintile: str
    ages: tuple[int, int]
    published: float
    projected: float


def rows_of(path: Path, kind: type) -> list:
    """The rows of one file; mistakes stop the reading."""
    table = read_table(path, kind)
    if table.problems:
        raise ValueError("\n".join(str(problem) for problem in table.problems[:10]))
    return table.rows


def read(folder: Path = TABLES) -> dict[str, list]:
    """Every table, with the rows of the circumstances only; `death` holds the rates of death."""
    found = {name: rows_of(folder / f"{name}_circumstances.csv", kind) for name, kind in FILES.items()}
    own = {row.attribute for row in found["prevalence"]}
    found["attributes"] = [row for row in rows_of(folder / "attributes.csv", kinds.Level) if row.attribute in own]
    moved = dict.fromkeys(row.attribute for row in found["events"])
    found["rates"] = [row for name in moved for row in rows_of(folder / f"rates_{name}.csv", kinds.Rate)]
    found["death"] = rows_of(folder / "rates_death.csv", kinds.Rate)
    return found


def chain_of(tables: dict[str, list], name: str) -> tuple[Chain, dict[str, np.ndarray]]:
    """An attribute as a chain, and its rates by event, float64[group, 91]."""
    levels = tuple(row.level for row in tables["attributes"] if row.attribute == name)
    own = {(row.event, row.level): row.value for row in tables["ratios"] if row.attribute == name}
    moves, timers, rates = [], {}, {}
    for event in tables["events"]:
        if event.attribute != name:
            continue
        if event.kind == "timer":
            timers[event.from_levels] = (event.after_days, event.to_level)
            continue
        moves.append(Move(event.event, event.to_level, {level: own.get((event.event, level), 1.0) for level in event.from_levels.split("|")}))
        rates[event.event] = expand_ages([row for row in tables["rates"] if row.event == event.event]).reshape(10, AGES)
    death = {level: own.get(("death", level), 1.0) for level in levels}
    return Chain(Attribute(levels, tuple(moves), timers, death)), rates


def misfits(tables: dict[str, list], name: str) -> list[Misfit]:
    """Published and projected shares of one attribute; ages within a band count as people survive to them."""
    chain, rates = chain_of(tables, name)
    mortality = expand_ages(tables["death"]).reshape(10, AGES)
    start = np.zeros((10, chain.cells))
    start[:, 0] = 1.0
    shares = chain.shares(start, rates, mortality)
    levels, found = chain.attribute.levels, []
    rows = [row for row in tables["prevalence"] if row.attribute == name and row.level not in NOT_FITTED]
    bands = sorted({(row.age_from, row.age_to) for row in rows})
    left = left_by_cohort(bands, SMOKING_FALL if name == "smoking" else 0.0)
    projected = in_bands(shares, survivors(mortality), bands) / left[:, None]
    for row in rows:
        at = GROUPS.index((row.sex, row.quintile)), bands.index((row.age_from, row.age_to)), levels.index(row.level)
        found.append(Misfit(name, row.level, row.sex, row.quintile, (row.age_from, row.age_to), row.value, float(projected[at])))
    return found


def starting_shares(tables: dict[str, list], name: str) -> np.ndarray:
    """Sum of the shares of all levels but the first, float64[2 sexes, 5 quintiles, 91 ages]."""
    levels = {row.level for row in tables["prevalence"] if row.attribute == name}
    return sum(expand_ages([row for row in tables["prevalence"] if (row.attribute, row.level) == (name, level)])
               for level in sorted(levels))


def check_bands() -> None:
    """Print the misfits, the largest first, and the numbers by standing."""
    tables = read(Path(sys.argv[1]) if len(sys.argv) > 1 else TABLES)
    for name in dict.fromkeys(row.attribute for row in tables["attributes"]):
        most = starting_shares(tables, name).max()
        if name in NOT_BY_MOVES:
            print(f"{name}: no moves; shares of the levels but the first up to {most:.3f}")
            continue
        found = misfits(tables, name)
        points = np.array([100 * (one.projected - one.published) for one in found])
        worst = found[int(np.abs(points).argmax())]
        print(f"{name}: mean {np.abs(points).mean():.2f}, largest {points[np.abs(points).argmax()]:+.2f} percentage points "
              f"({worst.level}, {worst.sex}, quintile {worst.quintile}, {worst.ages[0]} to {worst.ages[1]}: "
              f"{100 * worst.published:.1f} in 100); shares of the levels but the first up to {most:.3f}")
    for name in ("prevalence", "rates", "ratios", "factors", "trends"):
        standing = Counter(row.standing for row in tables[name])
        print(f"{name}: " + ", ".join(f"{word} {count}" for word, count in sorted(standing.items())))


if __name__ == "__main__":
    check_bands()
