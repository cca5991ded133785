# ruff: noqa: E501 (notes and tables of numbers are read as rows)
"""What circumstances do: ratios on events, factors on quality of life and good health, trends, susceptibility."""

from __future__ import annotations

from math import exp, log, sqrt
from statistics import NormalDist

import numpy as np
from attributes import Circumstance, Life, mean_between
from cohort import AGES, Attribute, Chain, by_age

ONSETS = ("hypertension_onset", "diabetes_onset", "coronary_disease_onset", "stroke_onset", "heart_failure_onset",
          "atrial_fibrillation_onset", "copd_onset", "asthma_onset", "cancer_onset", "kidney_disease_onset", "pain_onset",
          "dementia_onset", "depression_onset", "substance_onset", "child_disorder_onset")
DEMANDS = ("fall", "crisis", "acute_illness", "minor_illness", "frailty_worsens", "care_home_entry", "home_care_need")
OWN = {"smoking_relapse": "Relapse this long after stopping against the first year; mean of both sexes at 30 to 70. Ten years and later: a third of the ninth year.",
       "weight_loss": "Against the fall from overweight; obese people lose weight more often, and seldom keep it off."}
MEDIATED = " The whole effect, that through conditions included: counted with an exponent below 1, as conditions raise deaths themselves."
COHORT, SOLID = "cohort", "cohort, causal on other grounds"


def row(event, attribute, level, value, low, high, said, design, causal, note) -> list[str]:
    """One ratio; `said`: (standing, source, year)."""
    standing, source, year = said
    four = [f"{x:.4g}" for x in (value, min(low, value), max(high, value))]
    return [event, attribute, level, four[0], "lognormal", f"{causal:g}", "0", design, four[1], four[2], "ratio", year, standing, source, note]


def assumed(attribute: str, level: str, items: dict[str, tuple[float, float, float]], note: str, causal: float = 0.5,
            source: str = "icsim_assumption") -> list[list[str]]:
    """Ratios whose size is assumed: event → value, low, high."""
    return [row(event, attribute, level, *three, ("assumed", source, ""), "cohort, size assumed", causal, note)
            for event, three in items.items()]


def ratio_rows(life: Life) -> tuple[list[list[str]], list[list[str]]]:
    """Every ratio, and the years that pass before a changed exposure tells."""
    rows = [*smoking(life), *body_mass(life), *alcohol(life), *activity(life), *social(), *early_years(), *carers()]
    return rows, lags(life)


# smoking -------------------------------------------------------------------------------------------------------

STAGES = {"ex_first_year": (0.0, 1.0), "ex_1_to_4": (1.0, 5.0), "ex_5_to_9": (5.0, 10.0), "ex_10_plus": (10.0, 35.0)}
BOTH = {("35+", "male"): 1.0, ("35+", "female"): 1.0}


def remaining(decay: list[float], stage: str) -> float:
    """Mean share of the excess left between two numbers of years since stopping (straight lines between whole years)."""
    first, last = STAGES[stage]
    years = np.linspace(first, last, 501)
    return float(np.interp(years, np.arange(len(decay)), decay).mean())


def smoking(life: Life) -> list[list[str]]:
    """Smokers from the published table; ex-smokers: the excess × what is left of it."""
    tables, decay = life.tables, life.tables.decay()
    heart = {("35-64", "male"): 0.22, ("35-64", "female"): 0.08, ("65+", "male"): 0.38, ("65+", "female"): 0.32}
    cancers = {"Lung": 0.13, "Colorectal": 0.115, "Bladder": 0.03, "Kidney": 0.035, "Pancreas": 0.03, "Stomach": 0.018,
               "Oesophageal_AC": 0.02, "Oral_cavity": 0.022, "Larynx": 0.006, "Liver": 0.018}
    cancer = 1.0 + sum((tables.smoking_risk(site, BOTH) - 1.0) * share for site, share in cancers.items())
    stroke = tables.smoking_risk("Ischaemic_Stroke", BOTH)
    mixed = [0.20 * c + 0.33 * r + 0.47 * k for c, r, k in zip(decay["CVD"], decay["COPD"], decay["Cancers"], strict=True)]
    old, known = ("derived", "stapm_risks", "2018"), SOLID
    given = [
        ("death", 2.4, 1.9, 2.97, "mixed", ("assumed", "pirie_2013", "2013"), known, 0.9,
         "Women of 50 to 69 who smoke died 2.76 times as often as those who never did (2.97 where they went on). Set lower, because deaths here fall at all ages and the ratio is about 2 in old age (recalled); heart 3.2 to 3.9 below 65, 2.0 from 65 in the same review." + MEDIATED),
        ("coronary_disease_onset", tables.smoking_risk("Ischaemic_heart_disease", heart), 1.9, 3.4, "CVD", old, known, 0.9,
         "Ages 35 to 64 and 65 and over, sexes apart, averaged with assumed weights of new cases 0.22 men, 0.08 women below 65, 0.38 and 0.32 from 65."),
        ("stroke_onset", stroke, 1.4, 2.0, "CVD", old, known, 0.9, "Men 1.57, women 1.83, averaged; 35 and over."),
        ("atrial_fibrillation_onset", *_at_20_a_day(life, "af", (55, 89)), "CVD", ("derived", "impactncd_risks", "2019"), COHORT, 0.5, "At 20 cigarettes a day, residents of 55 to 89 as weights."),
        ("heart_failure_onset", 1.4, 1.2, 1.7, "CVD", ("assumed", "icsim_assumption", ""), "cohort, size assumed", 0.5, "Beyond what coronary disease carries; size assumed below that on coronary disease."),
        ("copd_onset", tables.smoking_risk("Chronic_obstructive_pulmonary_disease", BOTH), 3.2, 6.0, "COPD", old, known, 0.9, "35 and over; current smokers whatever they smoked, against never smokers."),
        ("asthma_onset", tables.smoking_risk("Asthma", BOTH), 1.3, 1.9, "COPD", old, COHORT, 0.5, "35 and over, used at all ages of smokers."),
        ("cancer_onset", cancer, 1.7, 2.8, "Cancers", old, known, 0.9, "Sum over ten sites of (ratio − 1) × the site's share of new cancers (shares assumed: lung 13, bowel 11.5, bladder 3 in 100 …)."),
        ("diabetes_onset", tables.smoking_risk("Diabetes", BOTH), 1.2, 1.5, "Cancers", old, COHORT, 0.5, "35 and over; no decay given for it, that of cancers taken (0.43 left after ten years in another model)."),
        ("kidney_disease_onset", tables.smoking_risk("Chronic_Kidney_disease", BOTH), 1.1, 1.6, "CVD", old, COHORT, 0.5, "35 and over."),
        ("pain_onset", tables.smoking_risk("Low_back_pain", BOTH), 1.0, 1.3, "CVD", old, COHORT, 0.3, "Low back pain, 35 and over, taken for all musculoskeletal pain."),
        ("dementia_onset", tables.smoking_risk("All_cause_dementia", BOTH), 1.1, 1.5, "Cancers", old, COHORT, 0.5, "35 and over; decay as for cancers (0.40 left after ten years in another model)."),
        ("depression_onset", tables.smoking_risk("Depression", BOTH), 1.1, 1.9, "CVD", old, COHORT, 0.3, "35 and over; part of it runs the other way, hence the small causal share."),
        ("substance_onset", 1.8, 1.2, 3.0, "CVD", ("assumed", "icsim_assumption", ""), "cohort, size assumed", 0.1, "People who smoke more often become dependent on other drugs; size assumed, hardly causal."),
        ("acute_illness", 1.3, 1.1, 1.6, "COPD", ("assumed", "stapm_risks", "2018"), "cohort, size assumed", 0.7, "Beyond what conditions carry: chest infections 2.2 times, many other causes not; size assumed."),
        ("minor_illness", 1.1, 1.0, 1.25, "COPD", ("assumed", "icsim_assumption", ""), "cohort, size assumed", 0.5, "Size assumed."),
        ("fall", 1.05, 1.0, 1.2, "CVD", ("assumed", "icsim_assumption", ""), "cohort, size assumed", 0.3, "Size assumed; the hip fracture ratio of women is 1.3, of men 1.0."),
        ("frailty_worsens", 1.35, 1.15, 1.6, "COPD", ("assumed", "icsim_assumption", ""), "cohort, size assumed", 0.5, "Size assumed."),
        ("care_home_entry", 1.2, 1.0, 1.5, "CVD", ("assumed", "icsim_assumption", ""), "cohort, size assumed", 0.3, "Size assumed."),
        ("home_care_need", 1.2, 1.0, 1.5, "COPD", ("assumed", "icsim_assumption", ""), "cohort, size assumed", 0.5, "Size assumed."),
        ("crisis", 1.3, 1.0, 1.8, "CVD", ("assumed", "icsim_assumption", ""), "cohort, size assumed", 0.1, "Goes with smoking more than it comes from it; size assumed."),
    ]
    rows = []
    for event, value, low, high, group, said, design, causal, note in given:
        rows.append(row(event, "smoking", "current", value, low, high, said, design, causal, note))
        curve = mixed if group == "mixed" else decay[group]
        slow = [0.55 * (1 - year / 40) + 0.45 * left if year else 1.0 for year, left in enumerate(curve)]
        name = "a mean of cancers 0.47, breathing 0.33, circulation 0.20 (assumed; leaves about 0.25 at ten to fifteen years, 0.28 in the women who stopped at about 50)" if group == "mixed" else group
        for stage in STAGES:
            left, most = remaining(curve, stage), remaining(slow, stage)
            standing = said if said[0] == "assumed" else ("derived", said[1] if "stapm_risks" in said[1] else f"{said[1]}; stapm_risks", said[2])
            text = f"Smokers' excess × {left:.3f}: mean share left in these years since stopping, decay of {name}. High end: the slower decay of another model, about half left after ten years."
            rows.append(row(event, "smoking", stage, 1 + (value - 1) * left, 1 + (low - 1) * left, 1 + (high - 1) * most, standing, design, causal, text))
    return rows


def _at_20_a_day(life: Life, outcome: str, ages: tuple[int, int]) -> tuple[float, float, float]:
    value, high = life.tables.risk("smok_cig", outcome, "20", life.people, ages)
    return value, value ** 2 / high, high


# body mass -----------------------------------------------------------------------------------------------------

CLASSES = {"overweight": (25.0, 30.0), "obese": (30.0, 35.0), "severely_obese": (35.0, 60.0)}


def units(level: str) -> float:
    """5 kg/m² steps between the mean of a class and the mean of healthy weights (18.5 to 25)."""
    return (mean_between(*CLASSES[level]) - mean_between(18.5, 25.0)) / 5


def body_mass(life: Life) -> list[list[str]]:
    """Published ratios per 5 kg/m², raised to the distance of each class from healthy weight."""
    per_five = [
        ("diabetes_onset", "t2dm", (40, 84), 1.0, SOLID, 0.9, "by age 3.5 at 20 to 1.5 at 80 and over; residents of 40 to 84 as weights"),
        ("atrial_fibrillation_onset", "af", (55, 89), 0.8, COHORT, 0.5, "four fifths of the log ratio, the rest runs through blood pressure (assumed)"),
        ("asthma_onset", "asthma", (20, 69), 1.0, COHORT, 0.5, "adults"),
        ("coronary_disease_onset", "chd", (45, 84), 1.0, COHORT, 0.5, "already adjusted for blood pressure, cholesterol and diabetes; none at 70 and over"),
        ("stroke_onset", "stroke", (45, 84), 1.0, COHORT, 0.5, "already adjusted for blood pressure, cholesterol and diabetes; none at 70 and over"),
        ("kidney_disease_onset", "ckd", (55, 89), 0.5, COHORT, 0.5, "half of the log ratio, the rest runs through diabetes and blood pressure (assumed)"),
        ("dementia_onset", "dementia", (65, 90), 0.3, COHORT, 0.3, "three tenths of the log ratio: high weight in old age goes with less dementia (assumed)"),
    ]
    rows = []
    for level in CLASSES:
        n = units(level)
        for event, outcome, ages, part, design, causal, note in per_five:
            mean, upper = life.tables.risk("bmi", outcome, "per unit, see note", life.people, ages)
            value = mean ** (n * part)
            standing = "derived" if part == 1.0 else "assumed"
            rows.append(row(event, "body_mass", level, value, value / (upper / mean) ** n, value * (upper / mean) ** n, (standing, "impactncd_risks", "2019"), design, causal,
                            f"{mean:.3f} per 5 kg/m² × {n:.2f} steps from healthy weight; {note}."))
        rows.append(row("cancer_onset", "body_mass", level, 1.10 ** n, 1.06 ** n, 1.15 ** n, ("derived", "psc_2009", "2009"), COHORT, 0.7,
                        f"Deaths from cancers 1.10 (1.06 to 1.15) per 5 kg/m² × {n:.2f} steps, taken for new cancers of all sites."))
    whole = {"overweight": ((1.07 * 1.20) ** 0.5, "1.07 and 1.20 in the two halves of the class"), "obese": (1.45, "1.45 (1.41 to 1.48)"),
             "severely_obese": (1.94 ** 0.69 * 2.76 ** 0.31, "1.94 and 2.76 at 35 and 40, weighted 0.69 to 0.31")}
    for level, (value, text) in whole.items():
        old = value ** 0.68
        rows.append(row("death", "body_mass", level, old, 1.05 ** units(level), value, ("assumed", "gbmc_2016; aune_2016", "2016"), COHORT, 0.5,
                        f"{text} in never smokers. Log ratio × 0.68: a quarter of deaths come below 70, where it holds, three quarters later, where 1.21 instead of 1.39 per 5 kg/m² is recalled. Low: 1.05 per 5 kg/m² in all participants." + MEDIATED))
    for level, value, low, high in (("overweight", 1.27, 1.07, 1.51), ("obese", 1.55, 1.22, 1.98)):
        rows.append(row("depression_onset", "body_mass", level, value, low, high, ("measured", "luppino_2010", "2010"), COHORT, 0.5, "Odds ratio of onset at follow-up, not adjusted; onset is rare in a year, so it stands for a rate ratio."))
    rows += assumed("body_mass", "severely_obese", {"depression_onset": (1.8, 1.3, 2.5)}, "Carried on from 1.27 and 1.55 of the lower classes.")
    table = {"hypertension_onset": ((1.4, 1.1, 1.6), (1.9, 1.5, 2.4), (2.4, 1.7, 3.2)), "heart_failure_onset": ((1.1, 1.0, 1.2), (1.35, 1.15, 1.6), (1.9, 1.4, 2.6)),
             "pain_onset": ((1.15, 1.05, 1.3), (1.4, 1.2, 1.7), (1.8, 1.4, 2.4)), "acute_illness": ((1.0, 0.95, 1.05), (1.06, 1.0, 1.15), (1.2, 1.05, 1.4)),
             "minor_illness": ((1.0, 0.95, 1.05), (1.05, 1.0, 1.12), (1.12, 1.0, 1.25)), "fall": ((1.0, 0.95, 1.1), (1.1, 1.0, 1.25), (1.2, 1.0, 1.45)),
             "frailty_worsens": ((1.05, 0.95, 1.15), (1.25, 1.1, 1.5), (1.6, 1.25, 2.1)), "home_care_need": ((0.95, 0.85, 1.05), (1.15, 1.0, 1.4), (1.6, 1.2, 2.2)),
             "care_home_entry": ((0.9, 0.75, 1.0), (0.9, 0.75, 1.05), (1.0, 0.8, 1.3))}
    reason = {"hypertension_onset": "21 in 100 men and 18 in 100 women of healthy weight have high blood pressure, 43 and 38 of the obese (2012), ages not alike, so at most 2.4; size assumed below."}
    for event, three in table.items():
        for level, value in zip(CLASSES, three, strict=True):
            rows += assumed("body_mass", level, {event: value}, reason.get(event, "Size assumed: no ratio was read for it; beyond what conditions carry."),
                            source="hse_weight" if event in reason else "icsim_assumption")
    return rows


# alcohol, activity ---------------------------------------------------------------------------------------------


def alcohol(life: Life) -> list[list[str]]:
    """Per 100 g a week where published: 50 g a week at the first level, 175 and 560 at the others (assumed means)."""
    rows, steps = [], {"increasing": 1.25, "high": 5.1}
    for event, per, low, high in (("stroke_onset", 1.14, 1.10, 1.17), ("heart_failure_onset", 1.09, 1.03, 1.15)):
        for level, n in steps.items():
            rows.append(row(event, "alcohol", level, per ** n, low ** n, high ** n, ("derived", "wood_2018", "2018"), COHORT, 0.5,
                            f"{per} ({low} to {high}) per 100 g a week × {n}: 175 and 560 g a week at the two levels against 50 at the first (means assumed)."))
    slope = _doubling(life)
    for level, years, low, high in (("increasing", 1.0, 0.4, 2.0), ("high", 4.5, 3.0, 6.0)):
        rows.append(row("death", "alcohol", level, 2 ** (years / slope), 2 ** (low / slope), 2 ** (high / slope), ("derived", "wood_2018", "2018"), COHORT, 0.5,
                        f"{years:g} years of life lost from 40 at these amounts, turned into a ratio: England's death rates double every {slope:.1f} years of age. Adjusted for age, sex, smoking, diabetes." + MEDIATED))
    for level, grams in (("increasing", "24"), ("high", "72")):
        mean, upper = life.tables.risk("alcohol", "af", grams, life.people, (55, 89))
        base = 1.03
        rows.append(row("atrial_fibrillation_onset", "alcohol", level, mean / base, 1.0, upper / base, ("derived", "impactncd_risks", "2019"), COHORT, 0.5, f"At {grams} g a day, against 6 g a day at the first level."))
    table = {"hypertension_onset": ((1.15, 1.05, 1.3), (1.5, 1.25, 1.8)), "coronary_disease_onset": ((1.0, 0.93, 1.07), (1.0, 0.75, 1.35)), "cancer_onset": ((1.05, 1.02, 1.1), (1.2, 1.1, 1.35)),
             "pain_onset": ((1.0, 0.95, 1.05), (1.1, 1.0, 1.3)), "dementia_onset": ((1.0, 0.9, 1.1), (1.25, 1.0, 1.7)), "depression_onset": ((1.1, 1.0, 1.25), (1.6, 1.2, 2.1)),
             "substance_onset": ((2.5, 1.5, 4.0), (12.0, 6.0, 25.0)), "fall": ((1.05, 0.95, 1.2), (1.4, 1.1, 1.9)), "crisis": ((1.15, 1.0, 1.4), (2.2, 1.5, 3.2)),
             "acute_illness": ((1.03, 0.97, 1.1), (1.4, 1.2, 1.7)), "minor_illness": ((1.05, 1.0, 1.1), (1.3, 1.1, 1.6)), "frailty_worsens": ((1.0, 0.9, 1.1), (1.3, 1.05, 1.6)),
             "care_home_entry": ((1.0, 0.85, 1.1), (1.2, 0.95, 1.6)), "home_care_need": ((0.95, 0.85, 1.1), (1.2, 1.0, 1.5))}
    reason = {"coronary_disease_onset": "Heart attacks less often (0.94 per 100 g a week), other coronary disease more often (1.06): taken as none; wide.",
              "cancer_onset": "Bowel 1.16 and 1.62, breast 1.33 and 1.48 at 24 and 72 g a day against none; these and the other sites linked to drinking are about a third of new cancers (assumed)."}
    for event, three in table.items():
        for level, value in zip(steps, three, strict=True):
            rows += assumed("alcohol", level, {event: value}, reason.get(event, "Size assumed: no ratio was read for it; beyond what conditions carry."), source="wood_2018" if event == "coronary_disease_onset" else "impactncd_risks" if event == "cancer_onset" else "icsim_assumption")
    return rows


def _doubling(life: Life) -> float:
    """Years of age in which England's death rate doubles, 45 to 85."""
    deaths = (life.mortality * life.people).sum((0, 1)) / life.people.sum((0, 1))
    return float(log(2) / np.polyfit(np.arange(45, 86), np.log(deaths[45:86]), 1)[0])


def activity(life: Life) -> list[list[str]]:
    """Inactive and somewhat active people against active ones."""
    rows = [
        row("death", "activity", "some", 1.08, 1.0, 1.14, ("assumed", "garcia_2023", "2023"), COHORT, 0.5, "0.77 at half and 0.69 at the recommended amount against none, recalled: 1.12; three quarters of its log, for adjustment and illness." + MEDIATED),
        row("death", "activity", "inactive", 1.32, 1.15, 1.54, ("assumed", "garcia_2023; impactncd_risks", "2023"), COHORT, 0.5, "1 / 0.69 = 1.45 recalled; three quarters of its log, for adjustment and illness; 1.34 for other causes in another model." + MEDIATED),
        row("depression_onset", "activity", "some", 0.82 / 0.75, 1.02, 1.17, ("derived", "pearce_2022", "2022"), COHORT, 0.5, "0.82 at half the recommended amount / 0.75 at the recommended amount, both against none."),
        row("depression_onset", "activity", "inactive", 1 / 0.75, 1 / 0.82, 1 / 0.68, ("derived", "pearce_2022", "2022"), COHORT, 0.5, "1 / 0.75 (0.68 to 0.82) at the recommended amount."),
    ]
    for event, outcome, ages in (("coronary_disease_onset", "chd", (45, 89)), ("stroke_onset", "stroke", (45, 89))):
        for level, days in (("some", "2"), ("inactive", "0")):
            if (outcome, level) == ("stroke", "some"):
                continue
            mean, upper = life.tables.risk("active_days", outcome, days, life.people, ages)
            rows.append(row(event, "activity", level, mean ** 0.75, max(mean ** 0.75 / (upper / mean) ** 2, 1.0), upper, ("assumed", "impactncd_risks", "2004"), COHORT, 0.5,
                            f"{mean:.2f} at {days} active days a week against five and more, residents of 45 to 89 as weights; three quarters of its log, the rest runs through weight, blood pressure and diabetes (assumed)."))
    breast = life.tables.risk("active_days", "breast_ca", "0", life.people, (45, 84), ("female",))[0]
    bowel = life.tables.risk("active_days", "colorectal_ca", "0", life.people, (45, 84))[0]
    whole = 1 + 0.15 * (breast - 1) + 0.115 * (bowel - 1)
    rows.append(row("cancer_onset", "activity", "inactive", whole, 1.0, whole ** 2, ("derived", "impactncd_risks", "2004"), COHORT, 0.5, f"Breast {breast:.2f} and bowel {bowel:.2f} at no active day, × their shares of new cancers (0.15 and 0.115, assumed); other sites none."))
    table = {"hypertension_onset": ((1.05, 1.0, 1.12), (1.15, 1.05, 1.3)), "diabetes_onset": ((1.08, 1.0, 1.18), (1.25, 1.1, 1.5)), "heart_failure_onset": ((1.1, 1.0, 1.2), (1.35, 1.15, 1.6)),
             "atrial_fibrillation_onset": ((1.02, 0.95, 1.1), (1.08, 1.0, 1.2)), "pain_onset": ((1.05, 1.0, 1.12), (1.2, 1.05, 1.4)), "dementia_onset": ((1.07, 1.0, 1.15), (1.22, 1.05, 1.45)),
             "kidney_disease_onset": ((1.02, 0.97, 1.1), (1.1, 1.0, 1.25)), "fall": ((1.08, 1.0, 1.18), (1.25, 1.05, 1.45)), "acute_illness": ((1.05, 1.0, 1.1), (1.2, 1.08, 1.4)),
             "minor_illness": ((1.0, 0.95, 1.05), (1.05, 0.98, 1.15)), "frailty_worsens": ((1.15, 1.0, 1.3), (1.5, 1.2, 1.9)), "care_home_entry": ((1.1, 1.0, 1.25), (1.4, 1.1, 1.9)),
             "home_care_need": ((1.15, 1.0, 1.3), (1.5, 1.15, 2.0)), "crisis": ((1.02, 0.95, 1.1), (1.1, 1.0, 1.3))}
    reason = {"fall": "Exercise lowers falls to 0.77 in trials with older people; the rest of its inverse that everyday activity might carry is assumed."}
    for event, three in table.items():
        for level, value in zip(("some", "inactive"), three, strict=True):
            rows += assumed("activity", level, {event: value}, reason.get(event, "Size assumed: no ratio was read for it; illness also makes people inactive."))
    return rows


# social circumstances ------------------------------------------------------------------------------------------


def social() -> list[list[str]]:
    """Isolation, housing, work, money."""
    rows = [
        row("death", "isolation", "often", 1.10, 1.03, 1.35, ("measured", "lonely_mortality_2022", "2022"), COHORT, 0.5, "Older adults, adjusted for age, sex and other risks, 1.10 (1.06 to 1.14); high end: 1.22 (1.10 to 1.35) of another review." + MEDIATED),
        row("depression_onset", "isolation", "often", 2.33, 1.62, 3.34, ("measured", "mann_2022", "2022"), COHORT, 0.5, "Pooled adjusted odds ratio of new depression, often lonely against not often."),
        row("dementia_onset", "isolation", "often", 1.34, 1.08, 1.67, ("measured", "rotterdam_lonely_2021", "2021"), COHORT, 0.5, "Rotterdam, people of 71 on average; a Swedish cohort found 2.16. Not explained by depressive symptoms."),
        row("asthma_onset", "housing", "cold_or_damp", 1.34, 0.86, 2.10, ("measured", "who_damp_2009", "2009"), COHORT, 0.5, "Asthma that begins, four studies; current asthma 1.56 (1.30 to 1.86). Damp or mould; taken for cold homes too."),
        row("acute_illness", "housing", "cold_or_damp", 1 / 0.89, 1.03, 1.3, ("derived", "fyfe_2020", "2020"), "natural experiment", 0.8, "1 / 0.89: hospital admissions rose less where homes had been insulated (New Zealand). Many of these homes were not cold before and not all became warm after, so it may be more."),
        row("death", "work", "unemployed", 1.63 * 0.76, 1.0, 1.63, ("derived", "roelfs_2011", "2011"), COHORT, 0.5, "1.63 adjusted for age and more, × 0.76 in studies that allow for health behaviour." + MEDIATED),
        row("depression_onset", "money", "worried", 1.4, 1.0, 2.2, ("assumed", "ten_have_2021; nesda_2015", "2021"), COHORT, 0.5, "New disorder by trouble with debts: 1.21 (0.62 to 2.39) difficult, 3.64 (1.44 to 9.19) very difficult; none found in another Dutch cohort (1.05 and 1.08). Between them."),
    ]
    rows += assumed("isolation", "often", {"coronary_disease_onset": (1.2, 1.0, 1.5), "stroke_onset": (1.2, 1.0, 1.6), "hypertension_onset": (1.05, 0.95, 1.2), "substance_onset": (1.5, 1.1, 2.2), "crisis": (1.8, 1.3, 2.6),
                    "acute_illness": (1.1, 1.0, 1.25), "minor_illness": (1.2, 1.05, 1.4), "fall": (1.15, 1.0, 1.35), "frailty_worsens": (1.25, 1.05, 1.5), "care_home_entry": (1.3, 1.0, 1.8), "home_care_need": (1.2, 1.0, 1.5)},
                    "Size assumed (heart disease and stroke recalled as 1.3, set lower for what else differs).")
    rows += assumed("housing", "cold_or_damp", {"death": (1.05, 1.0, 1.15), "copd_onset": (1.15, 1.0, 1.4), "coronary_disease_onset": (1.05, 1.0, 1.15), "stroke_onset": (1.05, 1.0, 1.15), "hypertension_onset": (1.05, 1.0, 1.12),
                    "pain_onset": (1.1, 1.0, 1.3), "depression_onset": (1.25, 1.05, 1.6), "child_disorder_onset": (1.2, 1.0, 1.5), "minor_illness": (1.12, 1.02, 1.25), "fall": (1.08, 1.0, 1.2), "crisis": (1.15, 1.0, 1.4), "frailty_worsens": (1.1, 1.0, 1.25)},
                    "Size assumed: cold and damp go with illness of heart, lungs and mind; no adjusted ratio was read.")
    rows += assumed("housing", "insecure", {"death": (1.4, 1.1, 2.2), "asthma_onset": (1.3, 1.0, 1.7), "copd_onset": (1.2, 1.0, 1.6), "depression_onset": (1.7, 1.3, 2.3), "substance_onset": (2.2, 1.4, 3.5), "child_disorder_onset": (1.5, 1.1, 2.0),
                    "crisis": (2.2, 1.5, 3.3), "acute_illness": (1.4, 1.1, 1.9), "minor_illness": (1.4, 1.15, 1.8), "frailty_worsens": (1.3, 1.0, 1.7), "fall": (1.1, 1.0, 1.3)},
                    "Size assumed; homeless people die and are ill several times as often, most people with this level are not on the street.")
    rows += assumed("work", "unemployed", {"depression_onset": (1.6, 1.25, 2.0), "substance_onset": (1.9, 1.3, 2.7), "crisis": (1.8, 1.3, 2.5), "hypertension_onset": (1.05, 1.0, 1.15), "coronary_disease_onset": (1.15, 1.0, 1.35), "acute_illness": (1.15, 1.0, 1.3), "minor_illness": (1.15, 1.05, 1.3)},
                    "Size assumed, 16 to 64; part of it is that ill people lose work.")
    rows += assumed("work", "too_ill", {"death": (1.8, 1.2, 2.8), "depression_onset": (1.8, 1.3, 2.6), "substance_onset": (2.0, 1.3, 3.2), "pain_onset": (1.3, 1.0, 1.7), "crisis": (2.5, 1.7, 3.6), "acute_illness": (1.5, 1.2, 2.0), "minor_illness": (1.4, 1.15, 1.8), "frailty_worsens": (1.6, 1.2, 2.2), "fall": (1.3, 1.1, 1.6), "home_care_need": (2.5, 1.5, 4.0)},
                    "Mark of illness rather than its cause: size assumed, beyond the conditions that are modelled; hardly causal.", 0.1)
    rows += assumed("work", "other", {"depression_onset": (1.1, 0.95, 1.3), "crisis": (1.05, 0.9, 1.25), "acute_illness": (1.05, 0.95, 1.15), "minor_illness": (1.0, 0.95, 1.1)}, "Size assumed; a mixed group.", 0.1)
    rows += assumed("money", "worried", {"death": (1.08, 1.0, 1.25), "substance_onset": (1.4, 1.1, 1.9), "child_disorder_onset": (1.4, 1.1, 1.8), "hypertension_onset": (1.05, 1.0, 1.15), "pain_onset": (1.15, 1.0, 1.35), "crisis": (1.7, 1.3, 2.3),
                    "acute_illness": (1.1, 1.0, 1.2), "minor_illness": (1.15, 1.05, 1.3), "frailty_worsens": (1.2, 1.05, 1.4)}, "Size assumed; deprivation of the place is held apart by the rates themselves.")
    rows += assumed("work", "unemployed", {"money_worsens": (2.6, 1.8, 3.6)}, "31 in 100 unemployed adults say that their income does not cover basic needs, 13 of all (2024), turned into a ratio of the begin of it.", 0.7, "opn_money_2024")
    rows += assumed("work", "too_ill", {"money_worsens": (2.0, 1.4, 3.0), "isolation_begins": (1.8, 1.2, 2.6)}, "24 in 100 adults out of work and not retired cannot cover basic needs; 14 in 100 disabled adults are often lonely, 3 of others.", 0.5, "opn_money_2024; community_life_2024")
    rows += assumed("isolation", "often", {"activity_falls": (1.2, 1.0, 1.5)}, "Size assumed.")
    return rows


def early_years() -> list[list[str]]:
    """Adults who met four or more adverse experiences in childhood: half of the published log ratios, as smoking and the rest carry a part."""
    rows = []
    for event, value, low, high in (("death", 1.97, 1.39, 2.79), ("cancer_onset", 2.38, 1.48, 3.83), ("diabetes_onset", 2.99, 1.90, 4.72), ("stroke_onset", 5.79, 2.43, 13.80)):
        part = 0.3 if event == "stroke_onset" else 0.5
        rows.append(row(event, "early_years", "adverse", value ** part, 1.0, value, ("assumed", "bellis_2014; hughes_2017", "2013"), "cohort, size assumed", 0.3,
                        f"Hazard ratio {value} ({low} to {high}), four or more against none, asked of adults below 70 in retrospect. Log × {part}: smoking, drinking and weight carry a part, and pooled studies find less (diabetes below 2)."))
    rows.append(row("smoking_start", "early_years", "adverse", 2.3, 1.5, 3.0, ("assumed", "bellis_2014b", "2013"), "cohort, size assumed", 0.5, "Odds of smoking 3.29 (2.54 to 4.27); as smokers are one in five in that survey the ratio of shares is about 2.3."))
    rows += assumed("early_years", "adverse", {"coronary_disease_onset": (1.4, 1.1, 2.0), "copd_onset": (1.4, 1.1, 2.0), "asthma_onset": (1.2, 1.0, 1.5), "hypertension_onset": (1.1, 1.0, 1.3), "kidney_disease_onset": (1.2, 1.0, 1.6), "pain_onset": (1.4, 1.1, 1.8), "depression_onset": (2.2, 1.5, 3.2),
                    "substance_onset": (3.0, 1.8, 5.0), "child_disorder_onset": (2.5, 1.6, 3.8), "crisis": (2.5, 1.6, 3.8), "acute_illness": (1.15, 1.0, 1.4), "minor_illness": (1.15, 1.0, 1.35), "risky_drinking_begins": (1.2, 1.0, 1.5), "high_drinking_begins": (1.5, 1.1, 2.1), "work_too_ill": (1.7, 1.2, 2.4)},
                    "In the review, strong for mental illness and drugs, moderate for smoking, drinking, heart and lungs, weak for weight; sizes assumed from these words.", 0.3, "hughes_2017")
    return rows


def carers() -> list[list[str]]:
    """Those who care, and those who have nobody to care for them."""
    rows = [
        row("death", "carer", "some_hours", 0.72, 0.69, 1.0, ("measured", "oreilly_2015", "2015"), COHORT, 0.0, "Carers of any hours against others, fully adjusted, 0.72 (0.69 to 0.75); those fit to care are meant, so no causal share; high end: no difference."),
        row("death", "carer", "many_hours", 0.77, 0.69, 1.0, ("measured", "oreilly_2015", "2015"), COHORT, 0.0, "Fifty hours and more: men 0.77 (0.71 to 0.83), women 0.76 (0.69 to 0.83); no causal share, as above."),
    ]
    rows += assumed("carer", "some_hours", {"depression_onset": (1.1, 1.0, 1.3), "pain_onset": (1.03, 0.95, 1.15), "isolation_begins": (1.1, 0.95, 1.3), "money_worsens": (1.1, 0.95, 1.3)}, "Distress rises by 0.37 to 0.39 points of twelve on becoming a carer below 65; size of the ratio assumed.", 0.5, "lacey_2024")
    rows += assumed("carer", "many_hours", {"depression_onset": (1.4, 1.1, 1.9), "pain_onset": (1.2, 1.0, 1.5), "hypertension_onset": (1.05, 0.95, 1.2), "crisis": (1.15, 0.95, 1.5), "minor_illness": (1.05, 0.95, 1.15), "frailty_worsens": (1.1, 0.95, 1.3), "isolation_begins": (1.6, 1.2, 2.2), "money_worsens": (1.6, 1.2, 2.2), "work_left": (2.0, 1.3, 3.0)},
                    "Distress rises by 0.37 to 0.39 points of twelve on becoming a carer below 65, more with more hours; 28 in 100 carers are disabled, 18 of others. Size assumed.", 0.5, "lacey_2024")
    rows += assumed("carer_available", "no", {"care_home_entry": (1.7, 1.3, 2.4), "home_care_need": (1.6, 1.2, 2.2), "acute_illness": (1.1, 1.0, 1.25), "crisis": (1.2, 1.0, 1.5), "isolation_begins": (1.6, 1.2, 2.2), "frailty_worsens": (1.1, 1.0, 1.25), "death": (1.1, 1.0, 1.25)},
                    "A review names lack of support beside failing mind and body as the reason for care homes, without a figure; size assumed.", 0.5, "luppa_2010")
    return rows


def lags(life: Life) -> list[list[str]]:
    """Years before a changed exposure tells, in the model the ratios were read in; for stages to be added to the levels."""
    exposures = {"bmi": "body_mass", "alcohol": "alcohol", "active_days": "activity", "met": "activity"}
    outcomes = {"t2dm": "diabetes_onset", "chd": "coronary_disease_onset", "stroke": "stroke_onset", "af": "atrial_fibrillation_onset", "asthma": "asthma_onset",
                "ckd": "kidney_disease_onset", "dementia": "dementia_onset", "breast_ca": "cancer_onset", "colorectal_ca": "cancer_onset", "nonmodelled": "death"}
    found = {}
    for record in life.tables.lags():
        if record["exposure"] in exposures and record["outcome"] in outcomes:
            found[exposures[record["exposure"]], outcomes[record["outcome"]]] = record["lag_years"]
    return [[*key, years, "impactncd_risks", "Not in the ratios, whose lag must be said by levels: to be used when a level on the way back is added."] for key, years in sorted(found.items())]


# factors -------------------------------------------------------------------------------------------------------


def factor_rows() -> list[list[str]]:
    """Factors on quality of life and on the odds of good health."""
    rows = []
    for attribute, level, loss, norm, source, note in (
        ("body_mass", "obese", 0.0709, 0.854, "sullivan_2011; janssen_2014", "the published loss of obesity, next to that of conditions"),
        ("body_mass", "severely_obese", 0.0709, 0.854, "sullivan_2011; janssen_2014", "as obese; more is likely"),
        ("alcohol", "high", 0.0315, 0.854, "sullivan_2011; janssen_2014", "the published loss of alcohol problems"),
        ("money", "worried", 0.04, 0.888, "sullivan_2011; janssen_2014", "what people above the poorest income group have more"),
    ):
        value = 1 - loss / norm
        rows.append(["utility", attribute, level, f"{value:.4g}", f"{1 - 1.5 * loss / norm:.4g}", f"{1 - 0.3 * loss / norm:.4g}", "ratio", "2000-2003", "derived", source,
                     f"1 − {loss} / {norm}: {note}, over the mean utility at the ages where most have it. American answers, UK tariff."])
    utility = {("smoking", "current"): (0.975, 0.95, 1.0), ("smoking", "ex_first_year"): (0.98, 0.95, 1.0), ("smoking", "ex_1_to_4"): (0.985, 0.96, 1.0), ("smoking", "ex_5_to_9"): (0.99, 0.97, 1.0), ("smoking", "ex_10_plus"): (0.997, 0.98, 1.0),
               ("body_mass", "overweight"): (0.995, 0.98, 1.0), ("alcohol", "increasing"): (1.0, 0.99, 1.01), ("activity", "some"): (0.985, 0.96, 1.0), ("activity", "inactive"): (0.95, 0.9, 0.98),
               ("isolation", "often"): (0.91, 0.84, 0.96), ("housing", "cold_or_damp"): (0.975, 0.94, 1.0), ("housing", "insecure"): (0.93, 0.85, 0.98), ("work", "unemployed"): (0.96, 0.91, 0.99),
               ("work", "too_ill"): (0.82, 0.7, 0.93), ("work", "other"): (0.995, 0.97, 1.01), ("early_years", "adverse"): (0.97, 0.92, 1.0), ("carer", "some_hours"): (0.995, 0.97, 1.01), ("carer", "many_hours"): (0.96, 0.92, 0.99)}
    odds = {("smoking", "current"): (0.65, 0.5, 0.85), ("smoking", "ex_first_year"): (0.7, 0.5, 0.95), ("smoking", "ex_1_to_4"): (0.75, 0.55, 0.95), ("smoking", "ex_5_to_9"): (0.83, 0.65, 1.0), ("smoking", "ex_10_plus"): (0.93, 0.8, 1.0),
            ("body_mass", "overweight"): (0.9, 0.8, 1.0), ("body_mass", "obese"): (0.65, 0.5, 0.8), ("body_mass", "severely_obese"): (0.45, 0.32, 0.62), ("alcohol", "increasing"): (1.05, 0.9, 1.2), ("alcohol", "high"): (0.75, 0.55, 1.0),
            ("activity", "some"): (0.75, 0.6, 0.9), ("activity", "inactive"): (0.5, 0.38, 0.68), ("isolation", "often"): (0.45, 0.32, 0.62), ("housing", "cold_or_damp"): (0.75, 0.58, 0.95), ("housing", "insecure"): (0.6, 0.42, 0.85),
            ("work", "unemployed"): (0.65, 0.5, 0.85), ("work", "too_ill"): (0.15, 0.08, 0.28), ("work", "other"): (0.9, 0.75, 1.05), ("money", "worried"): (0.6, 0.45, 0.8), ("early_years", "adverse"): (0.65, 0.48, 0.88),
            ("carer", "some_hours"): (0.95, 0.8, 1.1), ("carer", "many_hours"): (0.7, 0.55, 0.9)}
    for weight, unit, table, note in (("utility", "ratio", utility, "Size assumed, beyond what conditions carry; no figure that leaves them out was read."),
                                      ("good_health", "odds ratio", odds, "Size assumed, beyond what conditions carry; no table of general health by this was read.")):
        for (attribute, level), three in table.items():
            rows.append([weight, attribute, level, *(f"{x:.4g}" for x in three), unit, "", "assumed", "icsim_assumption", note])
    return rows


# trends --------------------------------------------------------------------------------------------------------


def _years_on(item: Circumstance, rates: list[np.ndarray], life: Life, death: dict[str, float], factors: dict[str, float],
              years: int) -> tuple[np.ndarray, np.ndarray]:
    """Shares float64[group, 91, level] now and some years on, with some events × factors; newborns at the first level.

    People at a level that a timer leaves are spread evenly over its months.
    """
    attribute = Attribute(tuple(level[0] for level in item.levels), tuple(r.move for r in item.rates), item.timers, death)
    chain, start = Chain(attribute), _cross_section(item)
    cells = (start @ chain.member.T) / chain.member.sum(0)[chain.level_of]
    ages = {r.move.event: by_age(r.bands, v) * factors.get(r.move.event, 1.0) for r, v in zip(item.rates, rates, strict=True)}
    mortality = life.mortality.reshape(10, AGES)
    for _ in range(years):
        older = np.zeros(cells.shape)
        older[:, 0, 0] = 1.0
        for age in range(AGES - 1):
            state = cells[:, age]
            moved = chain.moved(state.shape, ages, age)
            for _month in range(12):
                state = chain.month(state, ages, mortality, age, moved)
            older[:, age + 1] = state
        cells = older
    return start, cells @ chain.member


def _cross_section(item: Circumstance) -> np.ndarray:
    """Starting shares float64[group, 91, level], joined by straight lines between the middles of the bands from 18 on."""
    levels = [level[0] for level in item.levels]
    found = np.zeros((10, AGES, len(levels)))
    for level, shares in item.shares.items():
        values = by_age(item.bands, shares.reshape(10, -1))
        middle = np.array([(first + last) / 2 for first, last in item.bands if first >= 18])
        tail = shares.reshape(10, -1)[:, [at for at, (first, _) in enumerate(item.bands) if first >= 18]]
        for group in range(10):
            values[group, 18:] = np.interp(np.arange(18, AGES), middle, tail[group])
        found[..., levels.index(level)] = values
    found[..., 0] = 1 - found.sum(-1)
    return found


def _bisect(change, wanted: float, low: float, high: float) -> float:
    rising = change(high) > change(low)
    for _ in range(25):
        middle = sqrt(low * high)
        low, high = (middle, high) if (change(middle) < wanted) == rising else (low, middle)
    return sqrt(low * high)


def weight_trends(item: Circumstance, rates: list[np.ndarray], life: Life, death: dict[str, float]) -> list[list[str]]:
    """Weight gain raised so that overweight grows as published."""
    by_year = life.tables.by_year("Overweight (including obesity) prevalence in adults")
    yearly = (by_year["2024/25"] - by_year["2015/16"]) / 9
    people = life.people.reshape(10, AGES)[:, 18:]
    events = ("overweight_begins", "obesity_begins", "severe_obesity_begins")

    def change(factor: float) -> float:
        start, after = _years_on(item, rates, life, death, dict.fromkeys(events, factor), 3)
        return float(((after - start)[:, 18:, 1:].sum(-1) * people).sum() / people.sum()) / 3

    none = change(1.0)
    gains = _bisect(change, yearly + none, 0.5, 3.0)
    return [[event, "2023", f"{gains:.4g}", "1", f"{1 + 2 * (gains - 1):.4g}", "ratio", "2015-2025", "derived", "active_lives_weight_2022",
             f"Solved so that overweight among adults grows by {100 * yearly:.2f} points a year, as between 2015/16 and 2024/25, beyond what the rates alone do ({100 * none:+.2f}); one factor for the three steps. Low end: no more growth; new medicines are not in it."]
            for event in events]


# susceptibility ------------------------------------------------------------------------------------------------

FIFTHS = ("very_low", "low", "average", "high", "very_high")


def copula_ratios(correlation: float, chance: float) -> list[float]:
    """Chance of an event in each fifth of a standard normal factor ÷ in the middle fifth, as geometric steps.

    The liability is √correlation × factor + the rest; the event comes to the share `chance` of all. The step is the
    least-squares slope of the log chance over the five fifths.
    """
    normal = NormalDist()
    limit = normal.inv_cdf(1 - chance)
    means = []
    for fifth in range(5):
        points = [normal.inv_cdf((fifth + (n + 0.5) / 200) / 5) for n in range(200)]
        means.append(sum(1 - normal.cdf((limit - sqrt(correlation) * z) / sqrt(1 - correlation)) for z in points) / 200)
    step = float(np.polyfit(np.arange(-2, 3), np.log(means), 1)[0])
    return [exp(step * n) for n in range(-2, 3)]


def susceptibility() -> dict[str, list[list[str]]]:
    """Five equal levels that stay, with the ratios that a shared normal factor implies."""
    levels = [["susceptibility", name, f"{name.replace('_', ' ').capitalize()} susceptibility", f"fifth {at + 1} of a hidden lasting factor", ""] for at, name in enumerate(FIFTHS)]
    shares = [["susceptibility", name, "*", "*", 0, 90, "0.2", "0.2", "0.2", "share", "", "assumed", "icsim_assumption", "A fifth each, by definition; drawn once, at birth or on arrival."] for name in FIFTHS[1:]]
    chances = {"hypertension_onset": 0.3, "pain_onset": 0.3, "depression_onset": 0.2, "diabetes_onset": 0.15, "cancer_onset": 0.15, "asthma_onset": 0.1, "child_disorder_onset": 0.15}
    rows = []
    for event in (*ONSETS, *DEMANDS, "death"):
        correlation = 0.03 if event == "death" else 0.10 if event in ("care_home_entry", "home_care_need", "cancer_onset") else 0.2
        low, high = correlation / 3, min(correlation * 2, 0.5)
        chance = chances.get(event, 0.08)
        value, least, most = (copula_ratios(c, chance) for c in (correlation, low, high))
        for at, name in enumerate(FIFTHS):
            if at == 2:
                continue
            rows.append(row(event, "susceptibility", name, value[at], min(least[at], most[at]), max(least[at], most[at]), ("assumed", "icsim_assumption", ""), "Gaussian factor", 0.0,
                            f"Geometric step that a shared normal factor with correlation {correlation:g} gives for an event that comes to {100 * chance:g} in 100; range: correlation {low:.2g} to {high:g}. To be fitted to multimorbidity and to the spread of admissions."))
    return {"attributes": levels, "prevalence": shares, "ratios": rows}
