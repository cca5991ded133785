"""Ten years of births, deaths and moves without any other model: do the area's rates keep its ages sensible?

    python calibration/population/project.py FOLDER AREA
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from fit import AGES, read
from flows import death_rates

from icsim import areas

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


def main(folder: Path, name: str, years: int = 10) -> None:
    """Print residents by age band, births, deaths and moves of each year."""
    area = areas.load(name)
    ratio = {row.event: row.value for row in area.multipliers}
    birth, death = fertility(folder) * ratio["birth"], death_rates(folder)[None] * ratio["death"]
    arrive, leave = areas.arrivals(area), areas.leaving_rates(area)[:, :, None, :]
    people = area.population.astype(float)
    for year in range(years + 1):
        bands = np.add.reduceat(people.sum(axis=(0, 1, 2)), list(BANDS.values()))
        births, deaths, leavers = (people[:, 0] * birth).sum(axis=-1), people * death, people * leave
        print(f"year {year:2d}: {people.sum():,.0f} residents;",
              "; ".join(f"{band} {count:,.0f}" for band, count in zip(BANDS, bands, strict=True)),
              f"| {births.sum():,.0f} births, {deaths.sum():,.0f} deaths, {arrive.sum():,.0f} arrive,",
              f"{leavers.sum():,.0f} leave; {people[..., 19].sum():,.0f} aged 19")
        people = next_year(people, births, arrive - deaths - leavers)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2])
