"""Who moves in and out, at which ages, and how births and deaths here compare with England.

    python calibration/population/flows.py FOLDER AREA OUT

FOLDER holds the published tables that README.md names; AREA is one of `fit.AREAS`; OUT is its folder, with places.csv in
it, and receives flows.csv, flow_ages.csv and multipliers.csv.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
from fit import (
    AGES,
    AREAS,
    PARTS,
    QUINTILES,
    SEXES,
    age,
    england_by_quintile,
    fit,
    largest_remainder,
    place,
    read,
    residents_by_age,
    residents_by_quintile,
)

FLOWS = ("arrive", "leave")
YEARS = ("2016", "2017", "2018", "2020")
"""Years to mid-year whose moves are averaged; the year to mid-2019 is in neither published table."""
EVIDENCE = ["low", "high", "unit", "year", "standing", "source", "note"]
FIRST_AGES = np.array([0, 1, 5, 10, 15, 17, 18, 19, 20, 21, 22, 23, 25, *range(30, 95, 5)])
"""First ages of the bands in flow_ages.csv: single years around leaving home, five-year bands elsewhere."""
BAND = np.searchsorted(FIRST_AGES, np.arange(AGES), side="right") - 1
LAST_AGE_OF_PROFILE = 75
"""From here on the age profile says more about survival than about moving."""


def moves(folder: Path, names: list[str]) -> np.ndarray:
    """People a year, internal and international together: float64[flow, district, year of YEARS]."""
    result = np.zeros((2, len(names), len(YEARS)))
    for row in read(folder / "components_of_change_2002_2018_district.csv"):
        if row["area_name"] in names and row["year"] in YEARS:
            at = (names.index(row["area_name"]), YEARS.index(row["year"]))
            result[0][at] = int(row["internal_in"]) + int(row["international_in"])
            result[1][at] = int(row["internal_out"]) + int(row["international_out"])
    for row in read(folder / "components_of_change_mid2019_mid2020.csv"):
        if row["area_name"] in names:
            at = (names.index(row["area_name"]), YEARS.index("2020"))
            result[0][at] = int(row["internal_migration_in"]) + int(row["international_migration_in"])
            result[1][at] = int(row["internal_migration_out"]) + int(row["international_migration_out"])
    return result


def by_sex_and_age(folder: Path, file: str, area: str, column: str) -> np.ndarray:
    """Residents of one area: float64[sex, age]."""
    counts = np.zeros((len(SEXES), AGES))
    for row in read(folder / file):
        if row["area_name"] == area:
            counts[SEXES.index(row["sex"]), age(row["age"])] += int(row[column])
    return counts


def residents_mid_2020(folder: Path, area: str) -> np.ndarray:
    """Residents before the estimates were rebased to the 2021 Census, as were the births and deaths of that time."""
    return by_sex_and_age(folder, "pop_mid2020_area_sya_sex.csv", area, "population_mid2020")


def rogers_castro(ages: np.ndarray) -> np.ndarray:
    """Standard model migration schedule, moves per person a year (Rogers & Castro 1981, IIASA RR-81-30)."""
    childhood = 0.02 * np.exp(-0.1 * ages)
    labour_force = 0.06 * np.exp(-0.1 * (ages - 20) - np.exp(-0.4 * (ages - 20)))
    return childhood + labour_force + 0.003


def net_rate(here: np.ndarray, england: np.ndarray, net_into_england: np.ndarray) -> np.ndarray:
    """Net arrivals per resident a year that keep the area's age profile, relative to England's, as it is.

    With r(a) the area's share of residents at age a over England's share, a profile that stays needs the net rate of
    England plus d ln r / da. All float64[sex, age].
    """
    ratio = np.log((here / here.sum()) / (england / england.sum()))
    smooth = np.apply_along_axis(_smoothed, 1, ratio)
    change = np.gradient(smooth, axis=1)
    change[:, 17:23] = np.diff(smooth[:, 17:24], axis=1)
    change[:, LAST_AGE_OF_PROFILE:] = 0.0
    return net_into_england / england + change


def _smoothed(values: np.ndarray) -> np.ndarray:
    """Mean over five ages, except from 17 to 24, where leaving home makes real steps."""
    padded = np.pad(values, 2, mode="edge")
    mean = np.convolve(padded, np.full(5, 0.2), mode="valid")
    mean[17:25] = values[17:25]
    return mean


def age_rates(here: np.ndarray, net: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """Rates of arriving and leaving per resident, float64[flow, sex, age], which add up to `totals` people a year.

    Both share the schedule of Rogers and Castro; the net rate is added to arriving where positive, else to leaving.
    """
    common = np.broadcast_to(rogers_castro(np.arange(AGES)), here.shape)
    own = np.stack([np.maximum(net, 0.0), np.maximum(-net, 0.0)])
    scale = (totals - (own * here).sum(axis=(1, 2))) / (common * here).sum()
    return scale[:, None, None] * common + own


def in_bands(rates: np.ndarray, here: np.ndarray) -> np.ndarray:
    """Mean rate of each band, weighted by residents: float64[flow, sex, band]."""
    people = np.add.reduceat(here, FIRST_AGES, axis=-1)
    return np.add.reduceat(rates * here, FIRST_AGES, axis=-1) / people


def expected_deaths(people: np.ndarray, rates: np.ndarray) -> float:
    """Deaths a year among `people` [..., sex, quintile, age] at `rates` [sex, quintile, age]."""
    return float((people * rates).sum())


def death_rates(folder: Path) -> np.ndarray:
    """England 2017–19, per person-year: float64[sex, quintile, age]."""
    rates = np.zeros((len(SEXES), QUINTILES, AGES))
    for row in read(folder / "lifetable_england_2017_19_imd_quintile_sex.csv"):
        rates[SEXES.index(row["sex"]), int(row["imd2019_quintile"]) - 1, age(row["age"])] = float(row["mx"])
    return rates


def death_ratios(folder: Path, names: list[str]) -> dict[str, float]:
    """Deaths here over those expected at England's rates for the same age, sex and quintile, by year to mid-year."""
    seed, rates = england_by_quintile(folder), death_rates(folder)
    by_age = np.stack([residents_mid_2020(folder, name) for name in names])
    expected = expected_deaths(fit(by_age, residents_by_quintile(folder, names), seed), rates)
    ratios = {}
    table = read(folder / "components_of_change_2002_2018_district.csv")
    rows = [row for row in table if row["area_name"] in names]
    for year in ("2017", "2018"):
        deaths = sum(int(row["deaths"]) for row in rows if row["year"] == year)
        people = sum(int(row["population"]) for row in rows if row["year"] == year)
        ratios[year] = deaths / (expected * people / by_age.sum())
    return ratios


def birth_ratio(folder: Path, names: list[str]) -> float:
    """Births here over those expected at England's fertility by age of mother, both in the year to mid-2020."""
    rows = read(folder / "components_of_change_mid2019_mid2020.csv")
    births = {row["area_name"]: int(row["births"]) for row in rows}
    fertility = {int(row["age_of_mother"]): float(row["asfr_per_1000_2020_21"]) / 1000
                 for row in read(folder / "npp2020_england_age_specific_fertility.csv")}

    def expected(area: str) -> float:
        women = residents_mid_2020(folder, area)[0]
        return sum(rate * women[years] for years, rate in fertility.items())

    here = sum(births[name] for name in names) / sum(expected(name) for name in names)
    return here / (births["ENGLAND"] / expected("ENGLAND"))


def write(path: Path, columns: list[str], rows: list[list[object]]) -> None:
    """A CSV table of evidence."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow([*columns, *EVIDENCE])
        table.writerows(rows)


def by_residents(people: np.ndarray, out: Path) -> tuple[np.ndarray, list[str]]:
    """Moves of one district shared out to its places by their residents: float64[flow, place, year], and their names.

    The mean of the years stays whole people with the district's total.
    """
    rows = read(out / "places.csv")
    residents = np.array([int(row["population"]) for row in rows], float)
    shared = people * (residents / residents.sum())[None, :, None]
    for flow, total in enumerate(people.mean(axis=2).sum(axis=1)):
        wanted = largest_remainder(residents, round(total))
        shared[flow] *= (wanted / shared[flow].mean(axis=1))[:, None]
    return shared, [row["place"] for row in rows]


def flow_rows(people: np.ndarray, names: list[str], note: str) -> list[list[object]]:
    """Mean of the years, with the lowest and highest year as range."""
    return [[name, flow, round(series.mean()), int(series.min()), int(series.max()), "people a year",
             "mid-2015 to mid-2018; mid-2019 to mid-2020", "derived", "ons_components_2002_18; ons_mid_2020_components",
             "mean of four years, internal and international moves; range: lowest and highest year" + note]
            for name, both in zip(names, people.transpose(1, 0, 2), strict=True)
            for flow, series in zip(FLOWS, both, strict=True)]


def flow_age_rows(rates: np.ndarray) -> list[list[object]]:
    """Relative to the mean over all ages, so that 1 is as often as an average resident."""
    last = [*(FIRST_AGES[1:] - 1), AGES - 1]
    return [[flow, sex, first, to, round(value, 3), round(value / 2, 3), round(2 * value, 3), "relative", "", "assumed",
             "rogers_castro_1981; ons_npp_2020; ons_mid_2022; ons_internal_migration_2013",
             "model schedule, with net moves such that the area keeps its age profile relative to England"]
            for flow, by_sex in zip(FLOWS, rates, strict=True) for sex, bands in zip(SEXES, by_sex, strict=True)
            for first, to, value in zip(FIRST_AGES, last, bands, strict=True)]


def multiplier_rows(folder: Path, names: list[str]) -> list[list[object]]:
    """Births and deaths here compared with England at the same age, sex and (deaths) quintile."""
    births, deaths = birth_ratio(folder, names), death_ratios(folder, names)
    death = round(np.mean(list(deaths.values())), 2)
    return [["birth", round(births, 2), round(births - 0.05, 2), round(births + 0.05, 2), "ratio",
             "mid-2019 to mid-2020", "derived", "ons_mid_2020_components; ons_npp_2020",
             "births here over those at England's fertility by age of mother, over the same ratio for England"],
            ["death", death, round(death - 0.04, 2), round(death + 0.04, 2), "ratio", "mid-2016 to mid-2018", "derived",
             "ons_components_2002_18; ons_deaths_imd_2017_19",
             "deaths here over those expected at England's rates by age, sex and quintile; "
             + ", ".join(f"{ratio:.3f} in the year to mid-{year}" for year, ratio in deaths.items())]]


def main(folder: Path, area: str, out: Path) -> None:
    """Write the three tables and print what they add up to."""
    names = list(AREAS[area])
    people, here = moves(folder, names), residents_by_age(folder, names).sum(axis=0)
    england = by_sex_and_age(folder, "pop_mid2022_area_sya_sex.csv", "ENGLAND", "population_mid2022")
    net_into_england = np.zeros((len(SEXES), AGES))
    for row in read(folder / "npp2020_england_total_migration_by_age.csv"):
        net_into_england[SEXES.index(row["sex"]), age(row["age"])] += int(row["migrants_2022_23"])
    totals = people.mean(axis=2).sum(axis=1)
    rates = age_rates(here, net_rate(here, england, net_into_england), totals)
    relative = in_bands(rates, here) / (totals / here.sum())[:, None, None]
    of_places, note = (people, [place(name) for name in names]), ""
    if area in PARTS:
        of_places, note = by_residents(people, out), "; published for the whole county, shared out by residents"
    write(out / "flows.csv", ["place", "flow", "value"], flow_rows(*of_places, note))
    write(out / "flow_ages.csv", ["flow", "sex", "age_from", "age_to", "value"], flow_age_rows(relative))
    write(out / "multipliers.csv", ["event", "value"], multiplier_rows(folder, names))
    print(f"arrive {totals[0]:,.0f}, leave {totals[1]:,.0f}, net {totals[0] - totals[1]:,.0f} a year")


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[2] not in AREAS:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
