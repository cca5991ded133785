# ruff: noqa: E501 (notes and tables of numbers are read as rows)
"""What each attribute is: levels, shares published by age, sex and quintile, and the moves between its levels."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, log, sqrt
from statistics import NormalDist

import numpy as np
from cohort import SMOKING_FALL, Move
from figures import Tables
from spread import Bands, spread

ADULT: Bands = [(16, 24), (25, 34), (35, 44), (45, 54), (55, 64), (65, 74), (75, 84), (85, 90)]
YOUNG: Bands = [(12, 15)]
WHOLE: Bands = [(0, 0), (1, 15), *ADULT]
"""Bands of circumstances that a household shares: its children have them too, from the first year on."""


@dataclass(frozen=True)
class Said:
    """Where a number comes from; `wide`: the range runs from value ÷ wide to value × wide."""

    standing: str
    source: str
    year: str
    wide: float
    note: str


@dataclass(frozen=True)
class Rates:
    """One event: its move, its words, and its rates by band: solved from the shares, or given."""

    move: Move
    label: str
    from_levels: str
    bands: Bands
    start: np.ndarray
    """float64[band] or float64[2, 5, band]: given rates, or where the solving begins"""
    solved: tuple[int, ...]
    """bands whose rate is solved"""
    said: Said
    note: str = ""


@dataclass(frozen=True)
class Circumstance:
    """One attribute with everything needed to solve and write it."""

    name: str
    levels: list[tuple[str, str, str, str]]
    bands: Bands
    shares: dict[str, np.ndarray]
    """level → share float64[2, 5, band]"""
    said: dict[str, list[Said]]
    """level → one entry a band"""
    rates: list[Rates] = field(default_factory=list)
    timers: dict[str, tuple[float, str]] = field(default_factory=dict)
    fitted: tuple[str, ...] = ()
    """levels whose shares the moves are solved for; empty: all but the first"""
    fall: float = 0.0
    """yearly fall of the fitted shares at every age, which the moves must bring about"""


def quintiles(by_decile: dict[str, float]) -> list[float]:
    """Means of pairs of deciles."""
    return [(by_decile[f"decile {2 * q + 1}"] + by_decile[f"decile {2 * q + 2}"]) / 2 for q in range(5)]


def steps(first: float, last: float) -> list[float]:
    """Five quintiles in even steps from the most to the least deprived."""
    return [first + (last - first) * q / 4 for q in range(5)]


def geometric(first: float, last: float) -> list[float]:
    """Five quintiles in geometric steps."""
    return [exp(log(first) + (log(last) - log(first)) * q / 4) for q in range(5)]


def with_ramp(shares: np.ndarray) -> np.ndarray:
    """A first band in which the share grows from nothing: half of the next band's."""
    return np.concatenate([shares[..., :1] / 2, shares], -1)


RAMP = Said("assumed", "icsim_assumption", "", 2.0, "Half of the next band: the years in which it begins. Younger people have the first level.")


class Life:
    """England's residents and every circumstance made from the published tables."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.people, self.mortality = tables.england()

    def all(self) -> list[Circumstance]:
        """The circumstances in the order of the tables made."""
        return [self.smoking(), self.body_mass(), self.alcohol(), self.activity(), self.isolation(), self.housing(),
                self.work(), self.money(), self.early_years(), self.carer(), self.carer_available()]

    # smoking ---------------------------------------------------------------------------------------------------

    def smoking(self) -> Circumstance:
        bands: Bands = [(11, 14), (15, 17), (18, 24), *ADULT[1:6], (75, 90)]
        seen = Said("derived", "ons_smoking_2023; ons_smoking_imd_2021; ons_smoking_imd_2012", "2023", 1.1,
                    "UK share at this age in 2023 × England / UK (10.9 / 11.9 at 18 and over). Quintiles: shares of all smokers "
                    "who live in the two most and two least deprived tenths, 2021, geometric between; sexes: 1.33 to 1, mean ratio of 2012 (1.26 most, 1.40 least deprived).")
        recalled = Said("assumed", "ons_smoking_2023", "2023", 1.2,
                        "Share at this age recalled, not read (13.6, 12.7, 12.7, and 8.2 at 65 and over, here 10 to 74 and 5.5 "
                        "later), then as at 25 to 34. All ages together come to England's published 10.9.")
        young = Said("assumed", "stapm_start_recalled", "2020", 2.0, "From the recalled shares that have ever smoked by 15 and 18, lowered as smoking at 18 to 24 has fallen.")
        by_age = np.array([0.004, 0.042, 0.098, 0.140, 0.136, 0.127, 0.127, 0.10, 0.055])
        adults = self._people_in(bands).sum((0, 1))
        by_age[2:] *= 0.109 / ((by_age[2:] * adults[2:]).sum() / adults[2:].sum())
        uneven = geometric(1.655, 0.545)
        uneven[1:4] = [value * 2.8 / sum(uneven[1:4]) for value in uneven[1:4]]
        shares = spread(self.people, bands, list(by_age), (1.0, 1.33), uneven)
        relapse = self._relapse()
        rates = [
            Rates(Move("smoking_start", "current", {"never": 1.0}), "People who start to smoke", "never",
                  [(11, 14), (15, 17), (18, 20), (21, 24), (25, 34)], np.array([0.004, 0.025, 0.025, 0.012, 0.008]), (0, 1, 2, 3, 4),
                  Said("derived", "ons_smoking_2023; stapm_start_recalled", "2023", 1.4,
                       "Solved with stopping so that a cohort follows the shares of smokers by age while all of them fall by 5.4 in 100 a year, "
                       "as between 2014 and 2024; the course of starting between 11 and 34 began from recalled shares of ever smokers by age.")),
            Rates(Move("smoking_quit", "ex_first_year", {"current": 1.0}), "People who stop smoking", "current",
                  [(11, 24), *ADULT[1:6], (75, 90)], np.array([0.10, 0.09, 0.075, 0.07, 0.07, 0.08, 0.08]), (1, 2, 3, 4, 5, 6),
                  Said("derived", "ons_smoking_2023; hawkins_2010", "2023", 1.4,
                       "Stopping for at least some weeks, with and without help. Solved so that a cohort follows the shares of smokers by age "
                       "while all of them fall by 5.4 in 100 a year, as between 2014 and 2024, and ex-smokers relapse at their rates. "
                       "So the share goes on falling with these rates; no trend is needed for it.")),
            Rates(Move("smoking_relapse", "current", {"ex_first_year": 1.0, **self._relapse_by_level()}),
                  "Ex-smokers who smoke again", "ex_first_year|ex_1_to_4|ex_5_to_9|ex_10_plus",
                  [(11, 24), *ADULT[1:6], (75, 90)], relapse, (),
                  Said("derived", "hawkins_2010", "1991-2006", 1.4,
                       "Rate in the first year after stopping, from yearly chances at 20, 30 … 80 of a model fitted to a British panel; "
                       "the panel begins about a year after stopping, so the first year is that model's extension. Quintile makes no difference in it."),
                  "Rates are those at level ex_first_year; the ratios of the other levels are relative to it."),
        ]
        said = {"current": [young, young, seen, seen, *[recalled] * 5]}
        levels = [
            ("never", "Never smoked", "never smoked regularly", ""),
            ("current", "Smokes", "smokes cigarettes", "ons_smoking_2023"),
            ("ex_first_year", "Stopped within a year", "less than one year since stopping", ""),
            ("ex_1_to_4", "Stopped one to four years ago", "from one to less than five years", ""),
            ("ex_5_to_9", "Stopped five to nine years ago", "from five to less than ten years", ""),
            ("ex_10_plus", "Stopped ten years ago or more", "ten years and longer", ""),
        ]
        timers = {"ex_first_year": (365.25, "ex_1_to_4"), "ex_1_to_4": (1461.0, "ex_5_to_9"), "ex_5_to_9": (1826.25, "ex_10_plus")}
        return Circumstance("smoking", levels, bands, {"current": shares}, said, rates, timers, ("current",), SMOKING_FALL)

    def _relapse(self) -> np.ndarray:
        """First-year relapse rate float64[2, 5, band] at the middle of the bands from 11 to 90."""
        chance, rates = self.tables.relapse(), np.zeros((2, 5, 7))
        for at, age in enumerate((20, 30, 40, 50, 60, 70, 80)):
            for sex, name in enumerate(("female", "male")):
                rates[sex, :, at] = -log(1 - chance[name, age, 0])
        return rates

    def _relapse_by_level(self) -> dict[str, float]:
        """Relapse at later levels ÷ in the first year, mean of both sexes at 30 to 70."""
        chance = self.tables.relapse()
        found = {}
        for level, years in (("ex_1_to_4", (1, 2, 3, 3)), ("ex_5_to_9", (5, 5, 9)), ("ex_10_plus", (9,))):
            ratio = [sum(log(1 - chance[sex, age, y]) for y in years) / len(years) / log(1 - chance[sex, age, 0])
                     for sex in ("female", "male") for age in (30, 40, 50, 60, 70)]
            found[level] = sum(ratio) / len(ratio)
        found["ex_10_plus"] /= 3
        return found

    def quit_share(self, current: np.ndarray, bands: Bands) -> np.ndarray:
        """Ex-smokers ÷ (smokers + ex-smokers), 0.709 in all at 18 and over, more with age and less with deprivation."""
        by_age = np.array([0.05, 0.15, 0.36, 0.55, 0.65, 0.68, 0.73, 0.80, 0.88])
        people = self._people_in(bands)
        tilt = np.log(0.475 / 0.525) - np.log(0.75 / 0.25)
        logit = np.log(by_age / (1 - by_age)) + (np.linspace(tilt / 2, -tilt / 2, 5))[None, :, None]
        low, high = -3.0, 3.0
        for _ in range(60):
            middle = (low + high) / 2
            share = 1 / (1 + np.exp(-logit - middle))
            quitters = current * share / (1 - share)
            adult = (people * quitters)[..., 2:].sum() / (people * (quitters + current))[..., 2:].sum()
            low, high = (middle, high) if adult < 0.709 else (low, middle)
        return 1 / (1 + np.exp(-logit - (low + high) / 2))

    def _people_in(self, bands: Bands) -> np.ndarray:
        return np.stack([self.people[..., first:last + 1].sum(-1) for first, last in bands], -1)

    # body mass, alcohol, activity ------------------------------------------------------------------------------

    def body_mass(self) -> Circumstance:
        bands = YOUNG + ADULT
        table = self.tables.fingertips("Overweight incl. obesity adults 18+", "2022")
        ages = ("18-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75-84", "85+")
        above = spread(self.people, ADULT, [table[age] for age in ages], (table["female"], table["male"]), quintiles(table))
        headline = self.tables.headline
        obese_at = [headline("obese (30+)", "16-24", "persons", "2019") / 100, 0.22, 0.28, 0.32, 0.36, 0.35, 0.28,
                    headline("obese (30+)", "85+", "female", "2012") / 100]
        obese = spread(self.people, ADULT, obese_at, (0.29, 0.27), steps(0.33, 0.245))
        severe = obese * SEVERE_OF_OBESE
        shares = {"overweight": with_ramp(above - obese), "obese": with_ramp(obese - severe), "severely_obese": with_ramp(severe)}
        over = Said("derived", "active_lives_weight_2022; hse_weight", "2022", 1.1,
                    "Overweight or obese by age, sex and tenth of deprivation (adjusted self-report) minus obese; sexes and quintiles differ by the same odds at every age.")
        said = {"overweight": [RAMP, *[over] * 8]}
        seen = Said("derived", "hse_weight", "2012-2022", 1.15, "Measured obesity at this age, published; quintiles: women 39 to 22 in 100, men level (2019), both sexes alike here; 35 and over split off as in the severe level.")
        assumed = Said("assumed", "hse_weight", "2022", 1.2, "Between the published ages, so that all adults come near the published 29 in 100; then as at the published ages.")
        said["obese"] = [RAMP, seen, assumed, assumed, assumed, seen, seen, assumed, seen]
        severe_said = Said("derived", "hse_weight; hse_bmi_2014_18", "2014-2022", 1.3,
                           f"Obese × {SEVERE_OF_OBESE:.3f}: share at 35 and over of those at 30 and over in a lognormal distribution with the measured mean 28.03 and deviation 5.7, all ages alike.")
        said["severely_obese"] = [RAMP, *[severe_said] * 8]
        down = np.zeros((2, 5, 9))
        down[0], down[1] = 0.030, 0.025
        down[..., 6:] = np.array([0.04, 0.06, 0.09])
        rates = [
            *[Rates(Move(event, "+1", {level: 1.0}), label, level, bands, np.array(start), tuple(range(9)),
                    Said("derived", "active_lives_weight_2022; hse_weight", "2022", 1.5, "Solved so that the classes by age stay as published, given how often weight falls."))
              for event, label, level, start in (
                  ("overweight_begins", "People who become overweight", "healthy", [0.12, 0.07, 0.05, 0.045, 0.045, 0.04, 0.035, 0.03, 0.03]),
                  ("obesity_begins", "People who become obese", "overweight", [0.12, 0.08, 0.06, 0.045, 0.04, 0.035, 0.03, 0.03, 0.03]),
                  ("severe_obesity_begins", "People who become severely obese", "obese", [0.15, 0.08, 0.05, 0.04, 0.03, 0.03, 0.02, 0.02, 0.02]))],
            Rates(Move("weight_loss", "-1", {"overweight": 1.0, "obese": 1.3, "severely_obese": 1.3}), "People whose weight falls a class",
                  "overweight|obese|severely_obese", bands, down, (6, 7, 8),
                  Said("assumed", "fildes_2015", "2004-2014", 2.0,
                       "1 in 12 obese men and 1 in 10 obese women lose 5 in 100 of their weight in a year and half regain it in two; 1 in 210 and 1 in 124 reach a healthy weight. "
                       "A lasting fall of one class: about a third of those who lose 5 in 100. From 65 solved with the gains: weight falls in old age."),
                  "Rates are those at level overweight; the ratios of the other levels are relative to it."),
        ]
        levels = [("healthy", "Healthy weight", "body mass index below 25 (underweight, 1 in 100, included)", "hse_weight"),
                  ("overweight", "Overweight", "25 to less than 30", "hse_weight"), ("obese", "Obese", "30 to less than 35", "hse_weight"),
                  ("severely_obese", "Severely obese", "35 and over", "hse_weight")]
        return Circumstance("body_mass", levels, bands, shares, said, rates)

    def alcohol(self) -> Circumstance:
        bands: Bands = [(14, 17), (18, 24), *ADULT[1:]]
        adult = bands[1:]
        above = spread(self.people, adult, [0.21, 0.20, 0.22, 0.24, 0.30, 0.30, 0.20, 0.19], (0.15, 0.32), steps(0.185, 0.28))
        high = spread(self.people, adult, [0.035, 0.033, 0.038, 0.045, 0.058, 0.050, 0.028, 0.02], (0.04, 0.05), steps(0.046, 0.044))
        shares = {"increasing": with_ramp(above - high), "high": with_ramp(high)}
        seen = Said("derived", "hse_alcohol_2022; hse_alcohol_2014", "2014-2022", 1.2,
                    "Over 14 units a week minus over 35 (women) or 50 (men); 30 in 100 at 55 to 74 and the sexes are published. Quintiles: drinking above 14 units follows income (assumed size).")
        between = Said("assumed", "hse_alcohol_2022", "2022", 1.3, "19 to 24 in 100 drink over 14 units at the ages other than 55 to 74: placed within that range; then as there.")
        top = Said("assumed", "hse_alcohol_2014", "2014", 1.5, "4 in 100 women and 5 in 100 men in all (2014; 4.5 in 2011-13); by age as the wider group, assumed; even across quintiles as in pooled surveys.")
        said = {"increasing": [RAMP, between, between, between, between, seen, seen, between, between], "high": [RAMP, *[top] * 8]}
        rates = [
            *[Rates(Move(event, "+1", {level: 1.0}), label, level, bands, np.array(start), tuple(range(9)),
                    Said("derived", "hse_alcohol_2022", "2022", 1.6, "Solved so that the shares by age stay as they are while people drink less at the assumed rate."))
              for event, label, level, start in (
                  ("risky_drinking_begins", "People who come to drink at increasing risk", "low", [0.08, 0.06, *[0.05] * 7]),
                  ("high_drinking_begins", "People who come to drink at high risk", "increasing", [0.08, 0.06, *[0.04] * 7]))],
            Rates(Move("drinking_less", "-1", {"increasing": 1.0, "high": 1.0}), "People who come to drink less", "increasing|high", bands,
                  np.array([*[0.15] * 6, 0.17, 0.2, 0.2]), (),
                  Said("assumed", "icsim_assumption", "", 2.0, "No rate was found: drinking lasts about six to seven years at a level."),
                  "Rates are those at level increasing; the ratio of the other level is relative to it."),
        ]
        levels = [("low", "Drinks little or nothing", "up to 14 units a week", "hse_alcohol_2022"),
                  ("increasing", "Drinks at increasing risk", "over 14 units, up to 35 (women) or 50 (men)", "hse_alcohol_2022"),
                  ("high", "Drinks at high risk", "over 35 (women) or 50 (men) units a week", "hse_alcohol_2014")]
        return Circumstance("alcohol", levels, bands, shares, said, rates)

    def activity(self) -> Circumstance:
        bands = YOUNG + ADULT
        table = self.tables.fingertips("Physically inactive adults 19+", "2022")
        ages = ("19-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75-84", "85+")
        inactive = spread(self.people, ADULT, [table[age] for age in ages], (table["female"], table["male"]), quintiles(table))
        active = self.tables.by_year("Percentage of physically active adults")["2022/23"]
        between = (1 - active - table["19+"]) / table["19+"]
        some = inactive * between / (1 + inactive / (1 - inactive) * 0.5)
        some *= (1 - active - table["19+"]) / ((some * self._people_in(ADULT)).sum() / self._people_in(ADULT).sum())
        shares = {"some": with_ramp(some), "inactive": with_ramp(inactive)}
        seen = Said("derived", "active_lives_inactive_2022", "2022/23", 1.05, "Under 30 minutes a week by age, sex and tenth of deprivation (18 and under: as at 19 to 24); sexes and quintiles differ by the same odds at every age.")
        part = Said("derived", "active_lives_inactive_2022; active_lives_active", "2022/23", 1.3, "30 to 149 minutes: all adults less active (67.1 in 100) less inactive (22.6), shared out over ages nearly as the inactive.")
        said = {"some": [RAMP, *[part] * 8], "inactive": [RAMP, *[seen] * 8]}
        rates = [
            *[Rates(Move(event, "+1", {level: 1.0}), label, level, bands, np.array(start), tuple(range(9)),
                    Said("derived", "active_lives_inactive_2022", "2022", 1.6, "Solved so that the shares by age stay as they are, given how often people become active."))
              for event, label, level, start in (
                  ("activity_falls", "Active people who become less active", "active", [0.10, 0.08, *[0.08] * 6, 0.15]),
                  ("inactivity_begins", "People who become inactive", "some", [0.5, 0.4, *[0.4] * 6, 0.6]))],
            Rates(Move("activity_more", "-1", {"some": 1.0, "inactive": 0.33}), "People who become more active", "some|inactive", bands,
                  np.array([*[0.6] * 5, 0.5, 0.4, 0.3, 0.2]), (),
                  Said("assumed", "icsim_assumption", "", 2.0, "No rate was found; activity is known to change often from year to year, inactivity less."),
                  "Rates are those at level some; the ratio of the other level is relative to it."),
        ]
        levels = [("active", "Active", "150 minutes a week or more", "active_lives_active"), ("some", "Somewhat active", "30 to 149 minutes a week", "active_lives_active"),
                  ("inactive", "Inactive", "under 30 minutes a week", "active_lives_inactive_2022")]
        return Circumstance("activity", levels, bands, shares, said, rates)

    # isolation, housing, work, money ---------------------------------------------------------------------------

    def isolation(self) -> Circumstance:
        bands = YOUNG + ADULT
        headline = self.tables.headline
        ages = ("16-24", "25-34", "35-49", "50-64", "50-64", "65-74", "75+", "75+")
        by_age = [headline("lonely often or always", age, "persons", "2024/25") / 100 for age in ages]
        by_age[3] = (by_age[2] + by_age[3]) / 2
        sexes = tuple(headline("lonely often or always", "16+", sex, "2023/24") / 100 for sex in ("female", "male"))
        shares = {"often": with_ramp(spread(self.people, ADULT, by_age, sexes, geometric(0.105, 0.045)))}
        seen = Said("derived", "community_life_2024", "2023-2025", 1.25, "Lonely often or always by age (2024/25) and sex (2023/24), published in whole numbers; most to least deprived assumed as 2.3 to 1.")
        rates = [
            Rates(Move("isolation_begins", "often", {"no": 1.0}), "People who come to be often lonely", "no", bands, np.full(9, 0.03), tuple(range(9)),
                  Said("derived", "community_life_2024", "2024/25", 1.6, "Solved so that the share by age stays as it is while loneliness ends at the assumed rate.")),
            Rates(Move("isolation_ends", "no", {"often": 1.0}), "People whose loneliness ends", "often", bands, np.array([*[0.45] * 6, 0.35, 0.3, 0.25]), (),
                  Said("assumed", "di_gessa_2025", "", 2.0, "Over ten years one in ten people of 50 and over stays lonely while for many it comes and goes; no yearly rate was read. About two years, longer in old age.")),
        ]
        levels = [("no", "Not often lonely", "lonely some of the time or less", "community_life_2024"), ("often", "Often lonely", "feels lonely often or always", "community_life_2024")]
        return Circumstance("isolation", levels, bands, shares, {"often": [RAMP, *[seen] * 8]}, rates)

    def housing(self) -> Circumstance:
        adult = WHOLE[1:]
        cold = spread(self.people, adult, [0.19, 0.21, 0.20, 0.18, 0.17, 0.16, 0.14, 0.14, 0.14], None, geometric(0.26, 0.105))
        lost = spread(self.people, adult, [0.022, 0.035, 0.030, 0.022, 0.018, 0.012, 0.007, 0.005, 0.005], None, geometric(0.04, 0.0085))
        note = ("15 in 100 adults could keep warm occasionally, hardly ever or never (early 2025; 17 a year before) and 5 in 100 dwellings had damp (2023; 9 of rented privately, 4 of owned): "
                "17 in 100 with either is taken; differences by age and deprivation assumed.")
        said = {"cold_or_damp": [RAMP, *[Said("assumed", "opn_warm_2025; ehs_2023", "2023-2025", 1.35, note)] * 9],
                "insecure": [RAMP, *[Said("assumed", "icsim_assumption", "", 2.5, "Temporary accommodation, no home of one's own, or about to lose it: no table found; 2 in 100 taken, more when young and in deprived places.")] * 9]}
        start = np.array([0.3, *[0.03] * 9])
        rates = [
            Rates(Move("housing_worsens", "cold_or_damp", {"sound": 1.0}), "People whose home becomes cold or damp", "sound", WHOLE, start, tuple(range(10)),
                  Said("assumed", "opn_warm_2025; ehs_2023", "2025", 2.0, "Solved so that the share by age stays as it is while homes are mended, or left, at the assumed rate. In the first year of life: the home one is born into.")),
            Rates(Move("housing_mended", "sound", {"cold_or_damp": 1.0}), "People whose home is made warm and dry", "cold_or_damp", WHOLE, np.full(10, 0.2), (),
                  Said("assumed", "icsim_assumption", "", 2.0, "A cold or damp home lasts about five years, with moves and repairs; no rate was found.")),
            Rates(Move("housing_lost", "insecure", {"sound": 1.0, "cold_or_damp": 2.0}), "People whose housing becomes insecure", "sound|cold_or_damp", WHOLE, start / 10, tuple(range(10)),
                  Said("assumed", "icsim_assumption", "", 2.5, "Solved so that the share by age stays as it is while insecure housing ends at the assumed rate."),
                  "Rates are those at level sound; the ratio of the other level is relative to it."),
            Rates(Move("housing_found", "sound", {"insecure": 1.0}), "People who find secure housing", "insecure", WHOLE, np.full(10, 0.7), (),
                  Said("assumed", "icsim_assumption", "", 2.0, "Insecure housing lasts about a year and a half; no rate was found.")),
        ]
        levels = [("sound", "Sound home", "warm, dry and secure", ""), ("cold_or_damp", "Cold or damp home", "cannot be kept warm, or has damp or mould", "ehs_2023"),
                  ("insecure", "Insecure housing", "temporary accommodation, no home of one's own, or about to lose it", "")]
        return Circumstance("housing", levels, WHOLE, {"cold_or_damp": with_ramp(cold), "insecure": with_ramp(lost)}, said, rates)

    def work(self) -> Circumstance:
        bands: Bands = [(16, 19), (20, 24), *ADULT[1:5]]
        sick = spread(self.people, bands, [0.02, 0.032, 0.042, 0.053, 0.078, 0.135], (0.066, 0.0655), geometric(0.125, 0.034))
        jobless = spread(self.people, bands, [0.07, 0.058, 0.033, 0.024, 0.022, 0.021], (0.030, 0.035), geometric(0.062, 0.018))
        other = spread(self.people, bands, [0.52, 0.21, 0.095, 0.09, 0.085, 0.185], (0.19, 0.12), geometric(0.20, 0.13))
        shares = {"unemployed": jobless, "too_ill": sick, "other": other}
        note = " All ages 16 to 64: 21.9 in 100 inactive, 30 in 100 of these long-term sick (2024); by age and deprivation recalled or assumed and scaled to that."
        said = {"unemployed": [Said("assumed", "ons_health_index_2021", "2021", 1.4, "About 4.2 in 100 of the economically active, 3.3 of all; by age and deprivation recalled or assumed.")] * 6,
                "too_ill": [Said("assumed", "ons_inactivity_2024", "2024", 1.3, "Inactive because of long-term sickness." + note)] * 6,
                "other": [Said("assumed", "ons_inactivity_2024", "2024", 1.3, "Studying, caring for home and family, or retired early." + note)] * 6}
        over: Bands = [*bands, (65, 90)]
        retired = " From 65 on the attribute says nothing: all take its first level within months."
        rates = [
            Rates(Move("work_lost", "unemployed", {"working": 1.0}), "People who become unemployed", "working", bands, np.array([0.1, 0.06, *[0.04] * 4]), tuple(range(6)),
                  Said("assumed", "ons_health_index_2021", "2021", 1.6, "Solved so that the share by age stays as it is while jobs are found at the assumed rate.")),
            Rates(Move("work_found", "working", {"unemployed": 1.0}), "Unemployed people who find work", "unemployed", over, np.array([1.2, 1.1, 1.0, 0.9, 0.8, 0.6, 6.0]), (),
                  Said("assumed", "icsim_assumption", "", 1.6, "About a year on average, longer with age; no rate was read." + retired)),
            Rates(Move("work_too_ill", "too_ill", {"working": 1.0, "unemployed": 4.0, "other": 2.0}), "People who become too ill to work", "working|unemployed|other", bands,
                  np.array([0.008, 0.006, 0.006, 0.007, 0.009, 0.015]), tuple(range(6)),
                  Said("assumed", "ons_inactivity_2024", "2024", 1.6, "Solved so that the share too ill by age stays as it is while people return at the assumed rate."),
                  "Rates are those at level working; the ratios of the other levels are relative to it."),
            Rates(Move("work_recovered", "working", {"too_ill": 1.0}), "People who work again after illness", "too_ill", over, np.array([0.12, 0.12, 0.10, 0.08, 0.06, 0.04, 6.0]), (),
                  Said("assumed", "icsim_assumption", "", 2.0, "Few return within a year; no rate was read." + retired)),
            Rates(Move("work_left", "other", {"working": 1.0}), "People who study, care or retire early", "working", bands, np.array([0.9, 0.08, 0.03, 0.025, 0.025, 0.06]), tuple(range(6)),
                  Said("assumed", "ons_inactivity_2024", "2024", 1.6, "Solved so that the share by age stays as it is while people come back at the assumed rate. At 16 to 19: those who stay in education.")),
            Rates(Move("work_joined", "working", {"other": 1.0}), "People who take up work after study or care", "other", over, np.array([0.25, 0.6, 0.3, 0.25, 0.2, 0.06, 6.0]), (1,),
                  Said("assumed", "icsim_assumption", "", 1.8, "Studies last about three years, care of young children about four; no rate was read. At 20 to 24 solved with the rest." + retired)),
        ]
        levels = [("working", "At work, or not of working age", "in work; also everyone below 16 and, from 65 on, everyone", "ons_inactivity_2024"),
                  ("unemployed", "Unemployed", "without work, looking for it", "ons_health_index_2021"), ("too_ill", "Too ill to work", "inactive because of long-term sickness", "ons_inactivity_2024"),
                  ("other", "Not in work for another reason", "studying, at home with family, or retired early, at 16 to 64", "ons_inactivity_2024")]
        return Circumstance("work", levels, bands, shares, said, rates)

    def money(self) -> Circumstance:
        adult = WHOLE[1:]
        worried = spread(self.people, adult, [0.165, 0.15, 0.165, 0.165, 0.15, 0.12, 0.07, 0.05, 0.05], None, geometric(0.21, 0.078))
        said = Said("assumed", "opn_money_2024", "2024", 1.35,
                    "13 in 100 adults say that their income does not cover basic needs, 21 in the most deprived areas (2024). By age assumed after unpaid bills (7 in 100 at 30 to 49, 1 at 70 and over); children as adults of 25 to 44.")
        rates = [
            Rates(Move("money_worsens", "worried", {"managing": 1.0}), "People whose money runs short", "managing", WHOLE, np.array([0.3, *[0.05] * 9]), tuple(range(10)),
                  Said("assumed", "opn_money_2024", "2024", 1.8, "Solved so that the share by age stays as it is while worries end at the assumed rate. In the first year of life: the home one is born into.")),
            Rates(Move("money_eases", "managing", {"worried": 1.0}), "People whose money worries end", "worried", WHOLE, np.array([*[0.4] * 7, 0.3, 0.25, 0.25]), (),
                  Said("assumed", "icsim_assumption", "", 2.0, "Low income often lasts two to three years; no rate was read.")),
        ]
        levels = [("managing", "Managing", "income covers basic needs", "opn_money_2024"), ("worried", "Money worries", "income does not cover basic needs", "opn_money_2024")]
        return Circumstance("money", levels, WHOLE, {"worried": with_ramp(worried)}, {"worried": [RAMP, *[said] * 9]}, rates)

    # early years, carers ---------------------------------------------------------------------------------------

    def early_years(self) -> Circumstance:
        bands: Bands = [(0, 0), (1, 90)]
        share = spread(self.people, [(1, 90)], [0.083], None, geometric(0.127, 0.049))
        said = Said("derived", "bellis_2014", "2013", 1.4, "8.3 in 100 adults of 18 to 69 had four or more adverse experiences in childhood, all ages alike; most to least deprived assumed as 2.6 to 1.")
        rates = [Rates(Move("early_adversity", "adverse", {"supported": 1.0}), "Children who meet adversity", "supported", [(0, 0)], -np.log(1 - share), (),
                       Said("derived", "bellis_2014", "2013", 1.4, "Decided in the first year of life, once: rate = −ln(1 − share). Stands for the whole of childhood."))]
        levels = [("supported", "Supported early years", "fewer than four adverse experiences in childhood", "bellis_2014"), ("adverse", "Adverse early years", "four or more adverse experiences in childhood", "bellis_2014")]
        return Circumstance("early_years", levels, bands, {"adverse": with_ramp(share)}, {"adverse": [RAMP, said]}, rates)

    def carer(self) -> Circumstance:
        bands: Bands = [(5, 15), *ADULT]
        england = next(row for row in self.tables.read("health/census2021_unpaid_care_by_district") if row["area_name"] == "England")
        count = {name: int(value) for name, value in england.items() if name.startswith("provides") or name.startswith("residents")}
        some_all = (count["provides_9_hours_or_less_unpaid_care_a_week"] + count["provides_10_to_19_hours_unpaid_care_a_week"]) / count["residents_aged_5_plus"]
        many_all = (count["provides_20_to_34_hours_unpaid_care_a_week"] + count["provides_35_to_49_hours_unpaid_care_a_week"]
                    + count["provides_50_or_more_hours_unpaid_care_a_week"]) / count["residents_aged_5_plus"]
        people = self._people_in(bands).sum((0, 1))
        some_at = np.array([0.010, 0.022, 0.025, 0.036, 0.078, 0.092, 0.055, 0.030, 0.015])
        many_at = np.array([0.004, 0.018, 0.030, 0.045, 0.066, 0.070, 0.062, 0.070, 0.058])
        some_at[1:] *= (some_all * people.sum() - some_at[0] * people[0]) / (some_at * people)[1:].sum()
        many_at[1:] *= (many_all * people.sum() - many_at[0] * people[0]) / (many_at * people)[1:].sum()
        shares = {"some_hours": spread(self.people, bands, list(some_at), (0.103, 0.076), steps(0.047, 0.050)),
                  "many_hours": spread(self.people, bands, list(many_at), (0.103, 0.076), geometric(0.062, 0.030))}
        child = Said("derived", "census_2021_carers", "2021", 1.2, "1.4 in 100 at 5 to 17 care for somebody; the split by hours is assumed.")
        note = "England's count in all by weekly hours is met; by age assumed after what is said of it (most carers at 55 to 64; 20 hours and more stay common into the eighties); sexes 10.3 to 7.6; "
        said = {"some_hours": [child, *[Said("assumed", "census_2021_carers", "2021", 1.3, note + "little difference by deprivation.")] * 8],
                "many_hours": [child, *[Said("assumed", "census_2021_carers", "2021", 1.3, note + "most to least deprived 4 to 1.9.")] * 8]}
        rates = [
            Rates(Move("caring_begins", "some_hours", {"no": 1.0}), "People who begin to care for somebody", "no", bands, np.array([0.003, 0.008, 0.01, 0.02, 0.04, 0.05, 0.04, 0.03, 0.02]), tuple(range(9)),
                  Said("derived", "census_2021_carers; petrillo_2022", "2021", 1.7, "Solved so that the shares by age stay as counted while caring ends at the assumed rate.")),
            Rates(Move("caring_grows", "many_hours", {"some_hours": 1.0}), "Carers whose hours grow", "some_hours", bands, np.array([0.1, 0.2, 0.25, 0.25, 0.2, 0.2, 0.3, 0.5, 0.6]), tuple(range(9)),
                  Said("derived", "census_2021_carers", "2021", 1.7, "Solved with the begin of caring so that both shares by age stay as counted.")),
            Rates(Move("caring_ends", "no", {"some_hours": 1.0, "many_hours": 0.6}), "People whose caring ends", "some_hours|many_hours", bands, np.full(9, 0.33), (),
                  Said("assumed", "petrillo_2022", "2010-2020", 1.8, "Over 4 million stop caring in a year in the UK by a survey that counts about 10 million carers, 40 in 100; the narrower Census group is taken to stay longer."),
                  "Rates are those at level some_hours; the ratio of the other level is relative to it."),
        ]
        levels = [("no", "Not a carer", "gives no unpaid care", "census_2021_carers"), ("some_hours", "Carer, up to 19 hours", "unpaid care, 1 to 19 hours a week", "census_2021_carers"),
                  ("many_hours", "Carer, 20 hours or more", "unpaid care, 20 hours a week or more", "census_2021_carers")]
        return Circumstance("carer", levels, bands, shares, said, rates)

    def carer_available(self) -> Circumstance:
        bands: Bands = [(18, 24), *ADULT[1:]]
        share = spread(self.people, bands, [0.05, 0.08, 0.10, 0.12, 0.14, 0.16, 0.22, 0.28], None, None)
        alone = np.array([[0.525, 0.545], [0.257, 0.369]])
        for sex in range(2):
            share[sex, :, 6:] = alone[sex] * 0.5
            share[sex, :, 5] = (0.20, 0.13)[sex]
        note = "Half of those who live alone are taken to have nobody who could care for them; below 75 assumed."
        said = {"no": [*[Said("assumed", "icsim_assumption", "", 2.0, note)] * 6, *[Said("assumed", "census_2001_alone", "2001", 1.6, "53 in 100 women and 26 in 100 men of 75 to 84 lived alone, 55 and 37 later (2001). " + note)] * 2]}
        rates = [
            Rates(Move("carer_lost", "no", {"yes": 1.0}), "People who lose whoever could care for them", "yes", bands, np.array([0.01, *[0.006] * 4, 0.01, 0.02, 0.03]), tuple(range(8)),
                  Said("assumed", "census_2001_alone", "2001", 1.8, "Solved so that the share by age stays as it is while somebody is found at the assumed rate.")),
            Rates(Move("carer_found", "yes", {"no": 1.0}), "People who find somebody to care for them", "no", bands, np.full(8, 0.06), (),
                  Said("assumed", "icsim_assumption", "", 2.0, "Rarely: a relative moves near, a new partner; no rate was found.")),
        ]
        levels = [("yes", "Somebody could care", "a relative, partner or friend who could give unpaid care", ""), ("no", "Nobody could care", "no such person", "census_2001_alone")]
        return Circumstance("carer_available", levels, bands, {"no": share}, said, rates)


def _lognormal(mean: float, deviation: float) -> tuple[float, float]:
    """Location and scale of the logarithm."""
    scale = sqrt(log(1 + (deviation / mean) ** 2))
    return log(mean) - scale ** 2 / 2, scale


def _above(limit: float) -> float:
    location, scale = _lognormal(28.03, 5.7)
    return 1 - NormalDist(location, scale).cdf(log(limit))


def mean_between(low: float, high: float) -> float:
    """Mean body mass index of adults between two limits, in the lognormal distribution measured in England."""
    location, scale = _lognormal(28.03, 5.7)
    shifted = NormalDist(location + scale ** 2, scale)
    part = shifted.cdf(log(high)) - shifted.cdf(log(low))
    return 28.03 * part / (_above(low) - _above(high))


SEVERE_OF_OBESE = _above(35) / _above(30)
