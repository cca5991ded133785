"""Residents of Testshire, an invented area for tests and tutorials: a real age structure, thinned.

    python calibration/population/testshire.py POPULATION OUT

POPULATION is the population.csv of a real area; OUT is a folder that receives population.csv and places.csv.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
from fit import AGES, QUINTILES, SEXES, largest_remainder, read, write_population

PLACES = {
    "eastmere": (8000, (0.35, 0.35, 0.15, 0.10, 0.05)),
    "oldbridge": (7000, (0.10, 0.20, 0.30, 0.25, 0.15)),
    "thornwick": (5000, (0.00, 0.05, 0.15, 0.35, 0.45)),
}
"""Invented place → residents and their shares by quintile: a poor town, a mixed one, a well-off village."""


def structure(path: Path) -> np.ndarray:
    """Residents of a real area: float64[quintile, sex and age]."""
    counts = np.zeros((QUINTILES, len(SEXES), AGES))
    for row in read(path):
        counts[int(row["quintile"]) - 1, SEXES.index(row["sex"])] += [int(row[f"a{a}"]) for a in range(AGES)]
    return counts.reshape(QUINTILES, -1)


def thinned(real: np.ndarray) -> np.ndarray:
    """Each place takes, by quintile, the real structure by sex and age: int64[place, sex, quintile, age]."""
    people = np.zeros((len(PLACES), len(SEXES), QUINTILES, AGES), np.int64)
    for p, (residents, shares) in enumerate(PLACES.values()):
        by_quintile = largest_remainder(np.array(shares), residents)
        for q in range(QUINTILES):
            people[p, :, q] = largest_remainder(real[q], by_quintile[q]).reshape(len(SEXES), AGES)
    return people


def main(population: Path, out: Path) -> None:
    """Thin, write both tables and print the totals."""
    people = thinned(structure(population))
    write_population(people, list(PLACES), out / "population.csv")
    with (out / "places.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["place", "code", "label", "county", "population", "source"])
        for name, residents in zip(PLACES, people.sum(axis=(1, 2, 3)), strict=True):
            table.writerow([name, f"invented-{name}", name.title(), "Testshire", residents, "invented"])
    print(f"{people.sum():,} residents")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
