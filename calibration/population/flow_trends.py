"""How arrivals change from year to year: dated factors by place, from moves by district and the national projections.

    python calibration/population/flow_trends.py FOLDER AREA OUT

FOLDER holds the published tables that README.md names; AREA is one of `fit.AREAS`; OUT is its folder and receives
flow_trends.csv.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from fit import AGES, AREAS, PARTS, SEXES, age, place, read
from flows import EVIDENCE, YEARS, by_sex_and_age, rogers_castro

FIRST, SETTLED, LAST = 2022, 2025, 2045
"""Years of the factors; from `SETTLED` on the projection's net migration holds again."""
BASE_YEAR = "2020"
"""The one year of `flows.YEARS` in which England's own migration stands in the tables."""
SPREAD = 150_000
"""Range of England's net migration around the projection, people a year: assumed."""
SOURCES = "ons_components_2002_18; ons_mid_2020_components; ons_npp_2020; ons_mid_2023"
COMMON = ("Arrivals from elsewhere in England grow with England's residents, weighted by how often they move at their age; "
          "those from abroad change by the district's share of England's immigrants × the change of England's net migration "
          "since the year to mid-2020")


class Net(NamedTuple):
    """England's net migration in the year from some mid-year, people, with its range."""

    value: float
    low: float
    high: float


def arrivals_by_kind(folder: Path, names: list[str]) -> np.ndarray:
    """People a year, mean of `flows.YEARS`: float64[from elsewhere in the country or from abroad, district]."""
    found = np.zeros((2, len(names), len(YEARS)))
    for row in read(folder / "components_of_change_2002_2018_district.csv"):
        if row["area_name"] in names and row["year"] in YEARS:
            at = (names.index(row["area_name"]), YEARS.index(row["year"]))
            found[0][at], found[1][at] = int(row["internal_in"]), int(row["international_in"])
    for name, row in components_mid_2020(folder).items():
        if name in names:
            at = (names.index(name), YEARS.index(BASE_YEAR))
            found[0][at], found[1][at] = int(row["internal_migration_in"]), int(row["international_migration_in"])
    return found.mean(axis=2)


def components_mid_2020(folder: Path) -> dict[str, dict[str, str]]:
    """Area → its components of change in the year to mid-2020."""
    return {row["area_name"]: row for row in read(folder / "components_of_change_mid2019_mid2020.csv")}


def shares_of_immigrants(folder: Path, names: list[str]) -> np.ndarray:
    """Share of England's immigrants who came to each district in the year to mid-2020: float64[district]."""
    rows = components_mid_2020(folder)
    column = "international_migration_in"
    return np.array([int(rows[name][column]) for name in names]) / int(rows["ENGLAND"][column])


def projected(folder: Path, year: int) -> np.ndarray:
    """England's projected residents at mid-`year`: float64[sex, age]."""
    counts = np.zeros((len(SEXES), AGES))
    for row in read(folder / "npp2020_england_population_projection_sya_sex.csv"):
        first = int(row["age"].split()[0])
        counts[SEXES.index(row["sex"]), min(first, AGES - 1)] += int(row[f"pop_{year}"])
    return counts


def published(folder: Path, year: int) -> np.ndarray:
    """England's estimated residents at mid-2022 or mid-2023: float64[sex, age]."""
    if year == 2022:
        return by_sex_and_age(folder, "pop_mid2022_area_sya_sex.csv", "ENGLAND", "population_mid2022")
    counts = np.zeros((len(SEXES), AGES))
    for row in read(folder / "pop_england_mid2023_sya_sex.csv"):
        counts[SEXES.index(row["sex"]), age(row["age"])] += int(row["population_mid2023"])
    return counts


def movers(people: np.ndarray) -> float:
    """Moves a year of these residents [sex, age] by the model schedule."""
    return float((people * rogers_castro(np.arange(AGES))).sum())


def growth_of_movers(folder: Path, year: int) -> float:
    """England's movers compared with mid-2022: as estimated up to mid-2023, then as projected."""
    if year <= 2022:
        return 1.0
    until_2023 = movers(published(folder, 2023)) / movers(published(folder, 2022))
    return until_2023 * movers(projected(folder, year)) / movers(projected(folder, 2023))


def projected_net(folder: Path, year: int) -> float:
    """England's projected net migration in the year from mid-`year`, abroad and the rest of the kingdom."""
    column = f"migrants_{year}_{(year + 1) % 100:02d}"
    return sum(int(row[column]) for row in read(folder / "npp2020_england_total_migration_by_age.csv"))


def estimated_net(folder: Path) -> float:
    """England's net migration from mid-2022 to mid-2023: growth of the estimates less the projected natural change."""
    growth = published(folder, 2023).sum() - published(folder, 2022).sum()
    natural = projected(folder, 2023).sum() - projected(folder, 2022).sum() - projected_net(folder, 2022)
    return float(growth - natural)


def net(folder: Path, year: int) -> Net:
    """England's net migration in the year from mid-`year`: estimated, falling evenly to the projection, projected."""
    high = estimated_net(folder)
    if year <= FIRST:
        return Net(high, high - SPREAD, high + SPREAD)
    later = projected_net(folder, max(year, SETTLED))
    if year >= SETTLED:
        return Net(later, later - SPREAD, later + SPREAD)
    part = (year - FIRST) / (SETTLED - FIRST)
    return Net(high + part * (later - high), later, high + SPREAD)


def base_net(folder: Path) -> float:
    """England's net migration in the year to mid-2020, abroad and the rest of the kingdom."""
    england = components_mid_2020(folder)["ENGLAND"]
    return float(int(england["internal_migration_net"]) + int(england["international_migration_net"]))


def factors(folder: Path, names: list[str], year: int) -> np.ndarray:
    """Arrivals of a year over those of flows.csv: float64[value, low or high; district]."""
    internal, abroad = arrivals_by_kind(folder, names)
    change = np.array(net(folder, year)) - base_net(folder)
    more = change[:, None] * shares_of_immigrants(folder, names)
    return (internal * growth_of_movers(folder, year) + abroad + more) / (internal + abroad)


def note(year: int) -> tuple[str, str]:
    """Standing and note of a year's factors."""
    if year < FIRST + 1:
        return "derived", COMMON + " (estimates of mid-2022 and mid-2023 less the projected natural change)."
    if year < SETTLED:
        return "assumed", COMMON + " (taken to fall evenly from the year to mid-2023 to the projection for 2025/26)."
    return "derived", COMMON + " (projected). Range: net migration 150,000 lower or higher."


def rows(folder: Path, area: str) -> list[list[object]]:
    """Lines of flow_trends.csv: one place of its own for each district, or one for all where the parts are not published."""
    names, found = list(AREAS[area]), []
    for year in range(FIRST, LAST + 1):
        standing, words = note(year)
        for name, (value, low, high) in zip(names, factors(folder, names, year).T, strict=True):
            label = "*" if area in PARTS else place(name)
            found.append([label, ["arrive", label, year, *(f"{x:.4f}" for x in (value, low, high)), "ratio",
                                  f"{year}/{(year + 1) % 100:02d}", standing, SOURCES, words]])
    return [row for _, row in sorted(found, key=lambda pair: pair[0])]


def main(folder: Path, area: str, out: Path) -> None:
    """Write the table and print the area's arrivals by year."""
    with (out / "flow_trends.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["flow", "place", "from_year", "value", *EVIDENCE])
        table.writerows(rows(folder, area))
    names = list(AREAS[area])
    flows = arrivals_by_kind(folder, names).sum(axis=0)
    for year in (2022, 2023, 2024, 2025, 2026, 2030, 2035, 2045):
        ratio = factors(folder, names, year)
        totals = ", ".join(f"{total:,.0f}" for total in ratio @ flows)
        print(f"{year}: England's net {net(folder, year).value:,.0f}, movers × {growth_of_movers(folder, year):.4f};",
              f"arrivals here (value, low, high) {totals}; factors {ratio[0].min():.3f} to {ratio[0].max():.3f}")


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[2] not in AREAS:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
