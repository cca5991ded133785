"""The published tables that the conditions rest on, read from one folder."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import numpy as np

SEXES = ("female", "male")
QUINTILES = ("1", "2", "3", "4", "5")
AGES = 91
DECADES = ("0-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60-69", "70-79", "80+")
DECADE_OF_AGE = np.minimum(np.arange(AGES) // 10, len(DECADES) - 1)


@cache
def read(folder: Path, name: str) -> list[dict[str, str]]:
    """The records of one table, which may lie in a folder below."""
    paths = sorted(folder.rglob(name))
    if not paths:
        raise FileNotFoundError(f"{folder} holds no {name}")
    with paths[0].open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _age(text: str) -> int:
    return min(int(text.rstrip("+")), AGES - 1)


def life_table(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """England 2017-19: person-years and deaths, float64[sex, quintile, age]."""
    years, deaths = np.zeros((2, 5, AGES)), np.zeros((2, 5, AGES))
    for row in read(folder, "lifetable_england_2017_19_imd_quintile_sex.csv"):
        at = SEXES.index(row["sex"]), int(row["imd2019_quintile"]) - 1, _age(row["age"])
        years[at] += float(row["person_years_2017_2019"])
        deaths[at] += float(row["deaths_2017_2019"])
    return years, deaths


def kuan(folder: Path, labels: tuple[str, ...]) -> np.ndarray:
    """Share ever recorded with any of these phenotypes, summed: float64[sex, decade of age]."""
    found = {row["label"]: row for row in read(folder, "1b_kuan_308_conditions_per_10000.csv")}
    return np.array(
        [[sum(float(found[label][f"{sex}_{decade}"]) for label in labels) / 1e4 for decade in DECADES] for sex in SEXES]
    )


def qof(folder: Path, code: str) -> np.ndarray:
    """Recorded share of a practice's list by national fifth, 2019/20: float64[quintile]."""
    register, listed = np.zeros(5), np.zeros(5)
    for row in read(folder, "qof_2019_20_prevalence_by_imd_decile_modelled.csv"):
        if row["qof_code"] == code and row["imd2019_decile"].isdigit():
            fifth = (int(row["imd2019_decile"]) - 1) // 2
            register[fifth] += float(row["modelled_register"])
            listed[fifth] += float(row["modelled_list"])
    return register / listed


def headline(folder: Path, topic: str, measure: str, ages: str, sex: str, year: str, group: str = "all") -> float:
    """One figure of the list of single figures, as a share."""
    found = {
        float(row["value"]) / 100
        for row in read(folder, "headline_prevalence_and_risk_figures.csv")
        if [list(row.values())[n] for n in (0, 1, 3, 4, 5)] == [topic, measure, ages, sex, group]
        and list(row.values())[8].startswith(year)
    }
    if len(found) != 1:
        raise ValueError(f"{len(found)} figures for {topic}, {measure}, {ages}, {sex}, {year}, {group}")
    return found.pop()


def by_age(folder: Path, item: str, measure: str, ages: str, sex: str, group: str = "all") -> float:
    """One figure of the table of conditions by age, as a share; figures from memory are refused."""
    found = {
        float(row["value"]) / 100
        for row in read(folder, "1_conditions_by_age.csv")
        if (row["item"], row["measure"], row["age_band"], row["sex"], row["deprivation"])
        == (item, measure, ages, sex, group)
        and row["where_seen"] != "MEMORY"
    }
    if len(found) != 1:
        raise ValueError(f"{len(found)} figures for {item}, {measure}, {ages}, {sex}, {group}")
    return found.pop()


def fingertips(folder: Path, indicator: str, year: str) -> float:
    """England's value of one indicator, as a share."""
    return next(
        float(row["value"]) / 100
        for row in read(folder, "fingertips_england_by_deprivation_age.csv")
        if (row["fingertips_indicator_id"], row["year"], row["category"]) == (indicator, year, "")
    )


def relative_risk(folder: Path, exposure: str, outcome: str, age: int, sex: str = "male") -> tuple[float, float]:
    """Relative risk and its upper bound, as stored, of one pair at one age."""
    return next(
        (float(row["rr"]), float(row["rr_ci_upper_as_stored"]))
        for row in read(folder, "relative_risks_impactncd.csv")
        if (row["exposure"], row["outcome"]) == (exposure, outcome)
        and row["sex"] in (sex, "both")
        and int(row["age_from"]) <= age <= int(row["age_to"])
    )


def decrement(folder: Path, item: str) -> float:
    """Loss of utility with one condition, above 0."""
    return -next(
        float(row["value"])
        for row in read(folder, "2_utility_decrements.csv")
        if row["item"] == item and row["measure"] == "EQ-5D-3L utility decrement"
    )


def utility_norm(folder: Path) -> np.ndarray:
    """Mean utility of the population: float64[sex, age]; level below the first and beyond the last age."""
    norm = np.full((2, AGES), np.nan)
    for row in read(folder, "eq5d_population_norms_by_age_sex.csv"):
        norm[SEXES.index(row["sex"]), _age(row["age"])] = float(row["eq5d3l_ara_brazier_2010"])
    for values in norm:
        known = np.flatnonzero(~np.isnan(values))
        values[:] = np.interp(np.arange(AGES), known, values[known])
    return norm


def deaths_by_cause(folder: Path, causes: tuple[str, ...]) -> np.ndarray:
    """Share of England's deaths 2014-16 from these causes: float64[sex, decade of age]; 80+ holds the last."""
    own, every = np.zeros((2, len(DECADES))), np.zeros((2, len(DECADES)))
    for row in read(folder, "mortality_by_cause_england_2014_16_imd_quintile.csv"):
        first = 0 if row["age_band"] == "<1" else int(row["age_band"][:2])
        at = SEXES.index(row["sex"]), DECADE_OF_AGE[first]
        every[at] += float(row["deaths_2014_2016"])
        if row["cause_of_death"] in causes:
            own[at] += float(row["deaths_2014_2016"])
    return own / every
