"""Reading the published tables: what stands in FOLDER, by name."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np

SEXES = ("female", "male")


class Tables:
    """The folder of published tables."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, name: str) -> list[dict[str, str]]:
        """The records of one table, as health/relative_risks_impactncd."""
        with (self.folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def england(self) -> tuple[np.ndarray, np.ndarray]:
        """Person-years and deaths per person-year, float64[2 sexes, 5 quintiles, 91 ages], 2017–2019."""
        years, deaths = np.zeros((2, 5, 91)), np.zeros((2, 5, 91))
        for row in self.read("demography/lifetable_england_2017_19_imd_quintile_sex"):
            at = SEXES.index(row["sex"]), int(row["imd2019_quintile"]) - 1, min(int(row["age"].rstrip("+")), 90)
            years[at] += float(row["person_years_2017_2019"])
            deaths[at] += float(row["deaths_2017_2019"])
        return years, deaths / years

    def fingertips(self, indicator: str, year: str) -> dict[str, float]:
        """Share by age, by sex and by decile ("1" most deprived) of an England indicator."""
        found = {}
        for row in self.read("health/fingertips_england_by_deprivation_age"):
            if row["indicator"] == indicator and row["year"] == year:
                key = row["age"].replace(" yrs", "")
                if row["category_type"].startswith("LSOA"):
                    key = f"decile {DECILES.index(row['category']) + 1}"
                elif row["category_type"]:
                    continue
                elif row["sex"] != "Persons":
                    key = row["sex"].lower()
                found[key] = float(row["value"]) / 100
        return found

    def by_year(self, indicator: str) -> dict[str, float]:
        """England's share by period of a local indicator."""
        return {row["period"]: float(row["value"]) / 100
                for row in self.read("health/fingertips_local_indicators_hwe_wiltshire_england")
                if row["area_name"] == "England" and row["indicator"].startswith(indicator)}

    def headline(self, measure: str, age: str, group: str, year: str, deprivation: str = "all") -> float:
        """One figure, per cent, of the table of headline figures."""
        for row in self.read("health/headline_prevalence_and_risk_figures"):
            if (row["measure"], row["age_band"], row["sex_or_group"], row["year"], row["deprivation"]) == (
                measure, age, group, year, deprivation
            ):
                return float(row["value"])
        raise LookupError(measure, age, group, year, deprivation)

    def relapse(self) -> dict[tuple[str, int, int], float]:
        """Yearly chance of relapse by sex, age and full years since quitting."""
        found = {}
        for row in self.read("gaps/8_lifestyle_by_age"):
            if row["item"].startswith("Smoking relapse probability"):
                years = int(row["measure"].split(",")[1].split()[0])
                found[row["sex"], int(row["age_band"]), years] = float(row["value"])
        return found

    def decay(self) -> dict[str, list[float]]:
        """Remaining share of the excess risk by years since quitting (0 … 40), by group of causes."""
        found: dict[str, list[float]] = {}
        for row in self.read("health/smoking_excess_risk_decay_after_quitting"):
            found.setdefault(row["cause_group"], []).append(max(float(row["excess_risk_remaining_share"]), 0.0))
        return found

    def smoking_risk(self, condition: str, weights: dict[tuple[str, str], float]) -> float:
        """Mean relative risk of current smokers, weighted by (age, sex) as in the table."""
        rows = {(row["age"], row["sex"]): float(row["relative_risk_current_vs_never"])
                for row in self.read("health/relative_risks_smoking_stapm") if row["condition"] == condition}
        return sum(rows[key] * weight for key, weight in weights.items()) / sum(weights.values())

    def risk(self, exposure: str, outcome: str, level: str, residents: np.ndarray, ages: tuple[int, int],
             sexes: tuple[str, ...] = SEXES) -> tuple[float, float]:
        """Mean relative risk and mean upper bound over the residents of these ages and sexes (log mean)."""
        total = np.zeros(3)
        for row in self.read("health/relative_risks_impactncd"):
            if (row["exposure"], row["outcome"], row["exposure_level"]) == (exposure, outcome, level):
                for sex in sexes if row["sex"] == "both" else [row["sex"]]:
                    if sex in sexes:
                        first, last = max(int(row["age_from"]), ages[0]), min(int(row["age_to"]), ages[1], 90)
                        people = residents[SEXES.index(sex), :, first:last + 1].sum() if last >= first else 0.0
                        total += people * np.array([1, math.log(float(row["rr"])),
                                                    math.log(float(row["rr_ci_upper_as_stored"]))])
        return math.exp(total[1] / total[0]), math.exp(total[2] / total[0])

    def lags(self) -> list[dict[str, str]]:
        """Years that the model in which the ratios were read lets pass before a changed exposure tells."""
        return self.read("health/relative_risks_impactncd_sources")


DECILES = ("Most deprived decile", "Second most deprived decile", "Third more deprived decile",
           "Fourth more deprived decile", "Fifth more deprived decile", "Fifth less deprived decile",
           "Fourth less deprived decile", "Third less deprived decile", "Second least deprived decile",
           "Least deprived decile")
