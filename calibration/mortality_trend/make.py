"""The trend of deaths that is left when the risk factors of the model have had their part: published over modelled.

    python calibration/mortality_trend/make.py FOLDER [CATALOGUE]

FOLDER holds the published tables that README.md names; the rows on risk factors are the catalogue's. Writes
rows/modelled.csv and rows/residual.csv beside this file. CATALOGUE: the folder of a trends.csv whose lines for `death` are
then replaced by the residual ones.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
from projection import FIRST_AGE, HEADER, HERE, HIGH, LAST_AGE, SEXES, age, residents, write
from projection import read as read_csv
from risk import AGES, GROUPS, START, Tables, attributes, expected_ratios, read

from icsim.catalogue import rows as kinds
from icsim.catalogue.csvtable import read_table
from icsim.catalogue.expand import expand_ages
from icsim.catalogue.load import TABLES

RISKS = ("smoking", "body_mass", "alcohol", "activity", "isolation", "housing", "work", "money", "early_years", "carer",
         "carer_available")
"""Attributes whose drift changes deaths. Conditions are not among them: what risk factors do through conditions is in the
whole ratios used here, and would count twice."""
EXPONENTS = (0.5, 1.0)
"""Power to which the ratios of death are raised: what they do at once by the catalogue's exponents, where conditions
carry the rest later; and the whole effect."""
NOTE = ("Published factor {published:.3f} / {modelled:.3f} that the model's own risk factors make of deaths (smoking, body "
        "mass and others by the rows' own moves from mid-2022). Range: that of the published factor, with half, the whole "
        "or none of what risk factors do.")


def weights(folder: Path, deaths: np.ndarray) -> np.ndarray:
    """Expected deaths at mid-2022 by cell, float64[group, age]: residents by sex and age, quintiles as in 2017 to 2019."""
    years = np.zeros((len(SEXES), 5, AGES))
    for row in read_csv(folder / "lifetable_england_2017_19_imd_quintile_sex.csv"):
        at = SEXES.index(row["sex"]), int(row["imd2019_quintile"]) - 1, age(row["age"])
        years[at] += float(row["person_years_2017_2019"])
    people = residents(folder)[:, None] * years / years.sum(axis=1, keepdims=True)
    counted = people.reshape(len(GROUPS), AGES) * deaths
    counted[:, :FIRST_AGE] = counted[:, LAST_AGE + 1:] = 0.0
    return counted


def modelled(tables: Tables, names: list[str], deaths: np.ndarray, weight: np.ndarray, years: int,
             exponent: float) -> dict[str, np.ndarray]:
    """Attribute, or "all" → deaths at each mid-year over those of mid-2022, of the same people: float64[years + 1].

    Attributes are independent within a cell: the product of their means stands for the mean of their product.
    """
    found, product = {}, np.ones((years + 1, *weight.shape))
    for name in names:
        expected = expected_ratios(tables, name, deaths, years, exponent)
        change = expected / expected[0]
        found[name] = (change * weight).sum(axis=(1, 2)) / weight.sum()
        product *= change
    return {"all": (product * weight).sum(axis=(1, 2)) / weight.sum(), **found}


def residual_rows(published: list[kinds.Trend], at_once: np.ndarray, whole: np.ndarray) -> list[list[object]]:
    """Lines of trends.csv; `at_once` and `whole`: the modelled factor of each year from `START` on."""
    found: list[list[object]] = []
    for row in published:
        parts = np.array([at_once[row.from_year - START], whole[row.from_year - START], 1.0])
        low, high = (row.low or row.value) / parts, (row.high or HIGH) / parts
        note = NOTE.format(published=row.value, modelled=parts[0])
        numbers = f"{row.value / parts[0]:.4f}", f"{low.min():.4f}", f"{high.max():.4f}"
        found.append(["death", row.from_year, *numbers, "ratio", row.year, "derived", row.source, note])
    return found


def modelled_rows(published: list[kinds.Trend], by_exponent: dict[float, dict[str, np.ndarray]]) -> list[list[object]]:
    """One line a year: published, modelled at each exponent, residual, and each attribute alone at the first exponent."""
    found: list[list[object]] = []
    first, *_ = by_exponent.values()
    for row in published:
        at = row.from_year - START
        every = [f"{parts['all'][at]:.4f}" for parts in by_exponent.values()]
        alone = [f"{values[at]:.4f}" for name, values in first.items() if name != "all"]
        found.append([row.from_year, row.value, *every, f"{row.value / first['all'][at]:.4f}", *alone])
    return found


def replace_deaths(path: Path, lines: list[list[object]]) -> None:
    """The lines of `death` in a trends.csv stand first, in place of those it had."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *others = csv.reader(file)
    write(path, header, [*lines, *(row for row in others if row[0] != "death")])


def main(folder: Path, catalogue: Path | None = None) -> None:
    """Write the tables and print the parts after ten years."""
    tables, published = read(), read_table(HERE / "rows" / "published.csv", kinds.Trend).rows
    deaths = expand_ages(read_table(TABLES / "rates_death.csv", kinds.Rate).rows).reshape(len(GROUPS), AGES)
    names, weight = attributes(tables, RISKS), weights(folder, deaths)
    years = max(row.from_year for row in published) - START
    parts = {power: modelled(tables, names, deaths, weight, years, power) for power in EXPONENTS}
    lines = residual_rows(published, *(parts[power]["all"] for power in EXPONENTS))
    write(HERE / "rows" / "residual.csv", HEADER, lines)
    columns = ["year", "published", *(f"modelled_{power:g}" for power in EXPONENTS), "residual", *names]
    write(HERE / "rows" / "modelled.csv", columns, modelled_rows(published, parts))
    if catalogue is not None:
        replace_deaths(catalogue / "trends.csv", lines)
    for at in (3, 8, 13, years):
        print(START + at, "; ".join(f"{name} {values[at]:.4f}" for name, values in parts[EXPONENTS[0]].items()))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(*map(Path, sys.argv[1:]))
