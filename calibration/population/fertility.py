"""How births change from year to year: dated factors of `birth`, from the fertility assumed in the national projections.

    python calibration/population/fertility.py FOLDER OUT

FOLDER holds the published tables that README.md names; OUT is the folder with the catalogue's trends.csv, whose lines for
`birth` are replaced.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
from fit import AGES, read

BASE = 2025
"""The catalogue's rates are those of 2025/26."""
YEARS = range(2022, 2046)
BANDS = (15, 20, 25, 30, 35, 40)
LOW, HIGH = 0.9, 1.05
"""Range, relative to the factor. England and Wales had 1.41 children per woman in 2024 (recalled), a tenth below the
projection's 1.56; the high end is assumed."""
NOTE = ("Births expected from the projected fertility of the year among England's projected women / births expected from "
        "that of 2025/26. One factor for all ages of mothers: the projection has births move from younger to older mothers "
        "as well. "
        "Range: a tenth lower, since fewer were born in 2023 and 2024 than projected (recalled), to a twentieth higher.")


def fertility(folder: Path, year: int) -> np.ndarray:
    """England's projected births a year per woman in the year from mid-`year`: float64[age]."""
    rates, column = np.zeros(AGES), f"asfr_per_1000_{year}_{(year + 1) % 100:02d}"
    for row in read(folder / "npp2020_england_age_specific_fertility.csv"):
        rates[int(row["age_of_mother"])] = float(row[column]) / 1000
    return rates


def women(folder: Path, year: int) -> np.ndarray:
    """England's projected women at mid-`year`: float64[age]; nobody bears children at the last ages, which are left out."""
    counts = np.zeros(AGES)
    for row in read(folder / "npp2020_england_population_projection_sya_sex.csv"):
        if row["sex"] == "female" and row["age"].isdigit() and int(row["age"]) < AGES:
            counts[int(row["age"])] = int(row[f"pop_{year}"])
    return counts


def factor(folder: Path, year: int) -> float:
    """Births of a year compared with the fertility of the base year, among the women of the year itself."""
    here = women(folder, year)
    return float((here * fertility(folder, year)).sum() / (here * fertility(folder, BASE)).sum())


def misplaced(folder: Path, year: int) -> tuple[float, np.ndarray]:
    """Share of births that one factor puts at a wrong age of mother, and projected over factored births by band."""
    here = women(folder, year)
    projected, factored = here * fertility(folder, year), here * fertility(folder, BASE) * factor(folder, year)
    by_band = (np.add.reduceat(table, BANDS) for table in (projected, factored))
    return float(abs(projected - factored).sum() / 2 / projected.sum()), np.divide(*by_band)


def rows(folder: Path) -> list[list[object]]:
    """Lines of trends.csv."""
    found: list[list[object]] = []
    for year in YEARS:
        value = factor(folder, year)
        found.append(["birth", year, f"{value:.4f}", f"{value * LOW:.4f}", f"{value * HIGH:.4f}", "ratio",
                      f"{year}/{(year + 1) % 100:02d}", "derived", "ons_npp_2020", NOTE])
    return found


def replace_lines(path: Path, event: str, lines: list[list[object]]) -> None:
    """The lines of one event of a trends.csv stand after all others, in place of those it had."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *others = csv.reader(file)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([row for row in others if row[0] != event])
        writer.writerows(lines)


def main(folder: Path, out: Path) -> None:
    """Write the lines and print what one factor a year leaves out."""
    replace_lines(out / "trends.csv", "birth", rows(folder))
    for year in (2022, 2030, 2035, 2045):
        share, bands = misplaced(folder, year)
        by_age = "; ".join(f"{first} and over {ratio:.2f}" for first, ratio in zip(BANDS, bands, strict=True))
        print(f"{year}: factor {factor(folder, year):.4f};",
              f"{100 * share:.1f} in 100 births at a wrong age of mother ({by_age})")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
