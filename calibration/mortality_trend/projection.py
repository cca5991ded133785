"""How deaths fall in the national projection, compared with the death rates of the catalogue (England 2017 to 2019).

    python calibration/mortality_trend/projection.py FOLDER

FOLDER holds the published tables that README.md names. Writes rows/published.csv beside this file: lines as of trends.csv.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
SEXES = ("female", "male")
AGES = 91
FIRST_AGE, LAST_AGE = 20, 88
"""Ages whose deaths are compared: below, few die; above, the two tables have no ages in common."""
YEARS = range(2023, 2046)
HEADER = ["event", "from_year", "value", "low", "high", "unit", "year", "standing", "source", "note"]
LOW, HIGH = 0.06, 1.03
"""Range: so much below the factor, and no improvement since 2017 to 2019, with a bad year on top (assumed)."""
NOTE = ("Deaths expected from the projected chances of dying (principal projection, ages 20 to 88, England mid-2022) / "
        "deaths expected from 2017-2019. The projection of January 2022 may be too hopeful: the range goes up to no "
        "improvement since.")


def read(path: Path) -> list[dict[str, str]]:
    """The records of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def age(text: str) -> int:
    """A single year of age; 90 stands for 90 and over."""
    return min(int(text.split()[0].rstrip("+")), AGES - 1)


def residents(folder: Path) -> np.ndarray:
    """England's residents at mid-2022: float64[sex, age]."""
    counts = np.zeros((len(SEXES), AGES))
    for row in read(folder / "pop_mid2022_area_sya_sex.csv"):
        if row["area_name"] == "ENGLAND":
            counts[SEXES.index(row["sex"]), age(row["age"])] += int(row["population_mid2022"])
    return counts


def rates_2017_19(folder: Path) -> np.ndarray:
    """Deaths per person-year at each age last birthday: float64[sex, age]."""
    rates = np.zeros((len(SEXES), AGES))
    for row in read(folder / "lifetable_england_2017_19_sex.csv"):
        rates[SEXES.index(row["sex"]), age(row["age"])] = float(row["mx"])
    return rates


def projected_rates(folder: Path, year: int) -> np.ndarray:
    """Deaths per person-year over the year from mid-`year` of those at an age last birthday then: float64[sex, age].

    The table gives q(x + ½), the chance that somebody of age x, on average half a year past the birthday, dies within
    a year.
    """
    rates, column = np.zeros((len(SEXES), AGES)), f"q_half_per100k_{year}_{(year + 1) % 100:02d}"
    for row in read(folder / "npp2020_england_mortality_assumptions.csv"):
        years = row["age_last_birthday"]
        if years.isdigit() and int(years) <= LAST_AGE:
            rates[SEXES.index(row["sex"]), int(years)] = -np.log1p(-float(row[column]) / 100_000)
    return rates


def factor(folder: Path, year: int) -> float:
    """Deaths of a year over those at the rates of 2017 to 2019, of the same people of `FIRST_AGE` to `LAST_AGE`.

    Who is x and a half dies over the year at the mean of the rates of x and x + 1.
    """
    base = rates_2017_19(folder)
    over_a_year = (base[:, FIRST_AGE:LAST_AGE + 1] + base[:, FIRST_AGE + 1:LAST_AGE + 2]) / 2
    people, projected = (table[:, FIRST_AGE:LAST_AGE + 1] for table in (residents(folder), projected_rates(folder, year)))
    return float((people * projected).sum() / (people * over_a_year).sum())


def rows(folder: Path) -> list[list[object]]:
    """Lines of trends.csv."""
    found: list[list[object]] = []
    for year in YEARS:
        value = round(factor(folder, year), 3)
        found.append(["death", year, value, round(value - LOW, 3), HIGH, "ratio", f"{year}/{(year + 1) % 100:02d}",
                      "derived", "ons_npp_2020; ons_deaths_imd", NOTE])
    return found


def write(path: Path, header: list[str], lines: list[list[object]]) -> None:
    """A CSV table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(header)
        table.writerows(lines)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    write(HERE / "rows" / "published.csv", HEADER, rows(Path(sys.argv[1])))
