"""Residents by district, sex, national deprivation quintile and single year of age, from published margins.

    python calibration/population/fit.py FOLDER AREA OUT

FOLDER holds the published tables that README.md names; AREA is one of `AREAS`; OUT is a folder that receives
population.csv and places.csv.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

SEXES = ("female", "male")
QUINTILES = 5
AGES = 91
BANDS = 19
BAND_OF_AGE = np.minimum(np.arange(AGES) // 5, BANDS - 1)
"""Five-year bands 0–4 … 85–89, then 90 and over."""
AREAS = {
    "hertfordshire-west-essex": {
        "Broxbourne": "Hertfordshire", "Dacorum": "Hertfordshire", "East Hertfordshire": "Hertfordshire",
        "Epping Forest": "Essex", "Harlow": "Essex", "Hertsmere": "Hertfordshire", "North Hertfordshire": "Hertfordshire",
        "St Albans": "Hertfordshire", "Stevenage": "Hertfordshire", "Three Rivers": "Hertfordshire", "Uttlesford": "Essex",
        "Watford": "Hertfordshire", "Welwyn Hatfield": "Hertfordshire",
    },
    "wiltshire": {"Wiltshire": "Wiltshire"},
}
"""Area → its districts in the published tables and the county of each, in the order of the tables made here."""
PARTS = {
    "wiltshire": {
        "Kennet": (31841, 31884),
        "North Wiltshire": (31885, 31969),
        "Salisbury": (31970, 32042),
        "West Wiltshire": (32043, 32121),
    },
}
"""Area that is one district in the published tables → the places it is divided into, and of each the first and last number
of its neighbourhoods' codes of 2001 (E01031841 and so on), which were given out district by district."""
PART_BANDS = ((0, 15), (16, 64), (65, AGES - 1))
"""Ages by which the residents of single neighbourhoods are known."""


def read(path: Path) -> list[dict[str, str]]:
    """The records of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def place(name: str) -> str:
    """The name of a district in the tables, as in welwyn_hatfield."""
    return name.lower().replace(" ", "_")


def age(text: str) -> int:
    """A single year of age; 90 stands for 90 and over."""
    return min(int(text.rstrip("+")), AGES - 1)


def residents_by_age(folder: Path, names: list[str]) -> np.ndarray:
    """Mid-2022 residents of the districts named, float64[district, sex, age]."""
    counts = np.zeros((len(names), len(SEXES), AGES))
    for row in read(folder / "pop_mid2022_area_sya_sex.csv"):
        if row["area_name"] in names:
            at = names.index(row["area_name"]), SEXES.index(row["sex"]), age(row["age"])
            counts[at] += int(row["population_mid2022"])
    return counts


def residents_by_quintile(folder: Path, names: list[str]) -> np.ndarray:
    """Mid-2020 residents of the neighbourhoods in each national quintile, float64[district, quintile, band]."""
    counts = np.zeros((len(names), QUINTILES, BANDS))
    for row in read(folder / "pop_mid2020_district_imd2019decile_ageband.csv"):
        if row["area_name"] in names:
            band = BAND_OF_AGE[int(row["age_band"][:2])]
            quintile = int(row["imd2019_quintile"]) - 1
            counts[names.index(row["area_name"]), quintile, band] += int(row["population_mid2020_persons"])
    return counts


def england_by_quintile(folder: Path) -> np.ndarray:
    """England's person-years 2017–19, the seed of the fitting: float64[sex, quintile, age]."""
    counts = np.zeros((len(SEXES), QUINTILES, AGES))
    for row in read(folder / "lifetable_england_2017_19_imd_quintile_sex.csv"):
        at = SEXES.index(row["sex"]), int(row["imd2019_quintile"]) - 1, age(row["age"])
        counts[at] += float(row["person_years_2017_2019"])
    return counts


def in_bands(counts: np.ndarray) -> np.ndarray:
    """Sum the last axis (age) into five-year bands."""
    return np.add.reduceat(counts, np.arange(0, AGES, 5), axis=-1)


def fit(by_age: np.ndarray, by_quintile: np.ndarray, seed: np.ndarray, tolerance: float = 1e-12) -> np.ndarray:
    """Iterative proportional fitting (Deming & Stephan 1940) → float64[district, sex, quintile, age].

    by_age [district, sex, age] is met exactly; by_quintile [district, quintile, band], rescaled to the totals by
    district and band of `by_age`, to a relative `tolerance`. Raises ValueError where that is not reached.
    """
    totals = in_bands(by_age).sum(axis=1)[:, None, :]
    target = by_quintile * totals / by_quintile.sum(axis=1, keepdims=True)
    cells = np.where(target[:, None][..., BAND_OF_AGE] > 0, seed[None], 0.0)
    for _ in range(1000):
        cells *= _ratio(target, in_bands(cells).sum(axis=1))[:, None][..., BAND_OF_AGE]
        cells *= _ratio(by_age, cells.sum(axis=2))[:, :, None, :]
        if np.all(np.abs(in_bands(cells).sum(axis=1) - target) <= tolerance * totals):
            return cells
    raise ValueError("iterative proportional fitting did not settle within 1,000 rounds")


def _ratio(wanted: np.ndarray, found: np.ndarray) -> np.ndarray:
    return np.divide(wanted, found, out=np.zeros_like(wanted), where=found > 0)


def whole(cells: np.ndarray) -> np.ndarray:
    """Whole people with the same totals by district, sex and age: int64[district, sex, quintile, age].

    Largest remainder over the quintiles; what rounding leaves over at one age is carried to the next, so that a small
    quintile is not rounded away at every age of a thin band. Ties go to the more deprived quintile. (The third axis may
    be any other by which people are shared out.)
    """
    result = np.zeros(cells.shape, np.int64)
    for district, sex in np.ndindex(cells.shape[:2]):
        carried = np.zeros(cells.shape[2])
        for a in range(AGES):
            wanted = cells[district, sex, :, a]
            target = np.where(wanted > 0, np.maximum(wanted + carried, 0.0), 0.0)
            people = largest_remainder(target, round(wanted.sum()))
            result[district, sex, :, a] = people
            carried += wanted - people
    return result


def largest_remainder(wanted: np.ndarray, total: int) -> np.ndarray:
    """Whole numbers in proportion to `wanted` [n] that add up to `total`: int64[n]. Ties go to the earlier entry."""
    if total == 0:
        return np.zeros(len(wanted), np.int64)
    scaled = wanted * (total / wanted.sum())
    people = np.floor(scaled).astype(np.int64)
    order = np.argsort(-np.round(scaled - people, 9), kind="stable")
    people[order[: total - people.sum()]] += 1
    return people


def shares_of_parts(folder: Path, area: str) -> np.ndarray:
    """Share of the residents of each quintile and band of `PART_BANDS` who live in each part: float64[part, quintile, band].

    Neighbourhoods of 2011 whose code says nothing (those that were split or joined) go with the rest of their middle
    layer area, whose number is in their name and which never crosses a part.
    """
    parts, rows = list(PARTS[area].values()), []
    for row in read(folder / "lsoa11_imd2019_population_hwe_wiltshire.csv"):
        if row["district"] in AREAS[area]:
            number = int(row["lsoa11_code"][3:])
            part = next((p for p, (first, last) in enumerate(parts) if first <= number <= last), None)
            rows.append((row["lsoa11_name"][:-1], part, row))
    of_middle_layer: dict[str, int] = {}
    for middle, part, _ in rows:
        if part is not None and of_middle_layer.setdefault(middle, part) != part:
            raise ValueError(f"{middle} lies in two parts")
    counts = np.zeros((len(parts), QUINTILES, len(PART_BANDS)))
    for middle, _, row in rows:
        young, old = int(row["pop_0_15"]), int(row["pop_65plus"])
        people = young, int(row["population_mid2020"]) - young - old, old
        counts[of_middle_layer[middle], int(row["imd2019_quintile"]) - 1] += people
    return counts / counts.sum(axis=0)


def divided(people: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Whole residents of one district [1, sex, quintile, age], shared out to its parts: int64[part, sex, quintile, age]."""
    by_age = np.concatenate([np.repeat(shares[..., [band]], last - first + 1, axis=-1)
                             for band, (first, last) in enumerate(PART_BANDS)], axis=-1)
    cells = people[0][:, :, None] * by_age.transpose(1, 0, 2)[None]
    return whole(cells).transpose(2, 0, 1, 3)


def places(area: str) -> dict[str, str]:
    """Names of the places of an area → county."""
    districts = AREAS[area]
    return dict.fromkeys(PARTS[area], next(iter(districts.values()))) if area in PARTS else districts


def write_population(people: np.ndarray, names: list[str], path: Path) -> None:
    """population.csv: one line a place, sex and quintile that has residents, one column a year of age."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["place", "sex", "quintile", *(f"a{a}" for a in range(AGES))])
        for p, s, q in np.ndindex(people.shape[:3]):
            table.writerow([names[p], SEXES[s], q + 1, *people[p, s, q]])


def write_places(people: np.ndarray, area: str, codes: dict[str, str], path: Path) -> None:
    """places.csv: the places with their totals. Parts of a district have its code."""
    whole_district = next(iter(AREAS[area]))
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["place", "code", "label", "county", "population", "source"])
        for (name, county), residents in zip(places(area).items(), people.sum(axis=(1, 2, 3)), strict=True):
            code = codes[whole_district if area in PARTS else name]
            label = f"{name} (former district)" if area in PARTS else name
            table.writerow([place(name), code, label, county, residents,
                            "ons_mid_2022; ons_mid_2020_lsoa; mhclg_imd_2019; ons_deaths_imd_2017_19"])


def main(folder: Path, area: str, out: Path) -> None:
    """Read the margins in `folder`, fit, round, write both tables to `out` and print the totals."""
    names = list(AREAS[area])
    by_age, by_quintile = residents_by_age(folder, names), residents_by_quintile(folder, names)
    people = whole(fit(by_age, by_quintile, england_by_quintile(folder)))
    assert np.array_equal(people.sum(axis=2), by_age)
    if area in PARTS:
        people = divided(people, shares_of_parts(folder, area))
        assert np.array_equal(people.sum(axis=(0, 2)), by_age[0])
    codes = {row["area_name"]: row["area_code"] for row in read(folder / "pop_mid2022_area_sya_sex.csv")}
    write_population(people, [place(name) for name in places(area)], out / "population.csv")
    write_places(people, area, codes, out / "places.csv")
    shares = people.sum(axis=(0, 1, 3)) / people.sum()
    print(f"{people.sum():,} residents; share by quintile {np.round(100 * shares, 2)} %")


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[2] not in AREAS:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
