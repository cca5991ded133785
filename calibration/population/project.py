"""Years of births, deaths and moves without any other model: do the area's rates keep its ages sensible?

Births, deaths and arrivals follow the dated factors of the catalogue and the area. Printed beside it: what England's
projected growth at each age would make of the residents.

    python calibration/population/project.py FOLDER AREA [YEARS]
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from fit import AGES, read
from flow_trends import projected
from flows import death_rates

from icsim import areas, catalogue
from icsim.catalogue.rows import Trend

BANDS = {"0–15": 0, "16–64": 16, "65–74": 65, "75–84": 75, "85 and over": 85}
BOYS = 0.512
"""Share of boys among newborn (England, 105 boys to 100 girls)."""


def fertility(folder: Path, column: str = "asfr_per_1000_2025_26") -> np.ndarray:
    """England's births a year per woman: float64[age]."""
    rates = np.zeros(AGES)
    for row in read(folder / "npp2020_england_age_specific_fertility.csv"):
        rates[int(row["age_of_mother"])] = float(row[column]) / 1000
    return rates


def next_year(people: np.ndarray, births: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Everybody a year older, and the newborn: float64[place, sex, quintile, age]."""
    stayed, older = people + change, np.zeros_like(people)
    older[..., 1:] = stayed[..., :-1]
    older[..., -1] += stayed[..., -1]
    older[:, 0, :, 0], older[:, 1, :, 0] = births * (1 - BOYS), births * BOYS
    return older


def in_force(trends: tuple[Trend, ...], event: str, year: int) -> float:
    """The last factor of an event whose year has come; 1 before the first."""
    come = [row for row in trends if row.event == event and row.from_year <= year]
    return max(come, key=lambda row: row.from_year).value if come else 1.0


def over_the_year(by_year: Callable[[int], Any], year: int) -> Any:
    """Mean over the twelve months from mid-year of factors that change on 1 January."""
    return (by_year(year) + by_year(year + 1)) / 2


def by_band(people: np.ndarray) -> str:
    """Residents [..., age] in words."""
    bands = np.add.reduceat(people.reshape(-1, AGES).sum(axis=0), list(BANDS.values()))
    return "; ".join(f"{band} {count:,.0f}" for band, count in zip(BANDS, bands, strict=True))


def main(folder: Path, name: str, years: int = 10) -> None:
    """Print residents by age band, births, deaths and moves of each year."""
    area, trends = areas.load(name), catalogue.load().trends
    first = area.population_date.year
    ratio = {row.event: row.value for row in area.multipliers}
    birth, death = fertility(folder) * ratio["birth"], death_rates(folder)[None] * ratio["death"]
    arrive, leave = areas.arrivals(area), areas.leaving_rates(area)[:, :, None, :]

    def arriving(year: int) -> np.ndarray:
        return arrive * areas.arrival_factors(area, range(year, year + 1))[..., None, None]

    people = area.population.astype(float)
    for year in range(first, first + years + 1):
        births = (people[:, 0] * birth).sum(axis=-1) * over_the_year(lambda y: in_force(trends, "birth", y), year)
        deaths = people * death * over_the_year(lambda y: in_force(trends, "death", y), year)
        leavers = people * leave * over_the_year(lambda y: areas.leaving_factor(area, y), year)
        arrivals = over_the_year(arriving, year)
        print(f"mid-{year}: {people.sum():,.0f} residents; {by_band(people)}",
              f"| {births.sum():,.0f} births, {deaths.sum():,.0f} deaths, {arrivals.sum():,.0f} arrive,",
              f"{leavers.sum():,.0f} leave; {people[..., 19].sum():,.0f} aged 19")
        like_england = area.population.sum(axis=(0, 2)) * projected(folder, year) / projected(folder, first)
        print(f"    as England is projected to grow at each age: {like_england.sum():,.0f}; {by_band(like_england)}")
        people = next_year(people, births, arrivals - deaths - leavers)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:]))
