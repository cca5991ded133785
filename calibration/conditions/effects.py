"""What a condition does: ratios on death, needs, care, frailty and other conditions; factors on weights; contacts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import published as pub

ASSUMED = "icsim_assumption"
PAYNE = {
    "hypertension": -2.09,
    "depression": 7.04,
    "pain": 16.46,
    "asthma": -2.73,
    "diabetes": 10.23,
    "coronary_disease": 4.22,
    "kidney_disease": 16.61,
    "atrial_fibrillation": 22.14,
    "stroke": 20.63,
    "copd": 42.50,
    "cancer": 62.0,
    "alcohol": 12.72,
    "heart_failure": 43.47,
    "dementia": 124.42,
    "severe_mental_illness": 7.2,
    "epilepsy": 18.26,
}
"""Weights of the mortality score: 100 × logarithm of the hazard ratio, other conditions, age and sex held equal."""
GENERAL = {
    "hypertension": 0.08,
    "depression": 0.5,
    "pain": 0.92,
    "asthma": 0.19,
    "diabetes": 0.75,
    "coronary_disease": 0.49,
    "kidney_disease": 0.53,
    "atrial_fibrillation": 1.34,
    "stroke": 0.80,
    "copd": 1.46,
    "cancer": 1.53,
    "alcohol": 0.65,
    "heart_failure": 1.18,
    "dementia": 2.50,
    "severe_mental_illness": 0.64,
    "epilepsy": 0.92,
}
"""Weights of the general score: mean of standardised weights for consultations, unplanned admissions and death."""
MUTUAL = "Hazard ratio over a year with 19 other conditions, age and sex held equal; range: planning range, none was read."
SHRINK = " Counted with an exponent below 1."
STAGES = {
    "hypertension": {"undiagnosed": 0.7, "treated": 1.0},
    "diabetes": {"at_risk": 0.2, "diabetes": 1.0},
    "stroke": {"first_year": 2.0, "past": 0.85},
    "copd": {"mild": 0.7, "severe": 1.7},
    "cancer": {"first_year": 1.6, "later": 0.8, "past": 0.15},
    "kidney_disease": {"moderate": 0.9, "severe": 2.0},
    "dementia": {"mild": 0.7, "severe": 1.3},
    "substance": {"dependent": 1.5, "recovering": 0.5},
    "asthma": {"active": 1.0},
    "pain": {"chronic": 0.6},
    "depression": {"current": 1.0},
}
"""How the weight of a condition is shared out between its levels (assumed); one level: present, 1."""

OTHER = (
    # (event, {(attribute, level): (value, low, high)}, causal share, note)
    (
        "fall",
        {
            ("dementia", "mild"): (1.5, 1.1, 2.1),
            ("dementia", "severe"): (1.9, 1.2, 2.8),
            ("stroke", "first_year"): (1.7, 1.2, 2.4),
            ("stroke", "past"): (1.3, 1.0, 1.7),
            ("epilepsy", "present"): (1.6, 1.1, 2.3),
            ("depression", "current"): (1.3, 1.0, 1.6),
            ("pain", "chronic"): (1.3, 1.0, 1.6),
            ("diabetes", "diabetes"): (1.15, 1.0, 1.35),
            ("heart_failure", "present"): (1.15, 1.0, 1.4),
            ("learning_disability", "present"): (1.5, 1.0, 2.2),
            ("substance", "dependent"): (2.0, 1.2, 3.2),
            ("severe_mental_illness", "present"): (1.3, 1.0, 1.8),
        },
        0.5,
        "People with this condition fall more; no table was read; size assumed, beyond what frailty carries.",
    ),
    (
        "crisis",
        {
            ("depression", "current"): (5.0, 3.0, 8.0),
            ("severe_mental_illness", "present"): (10.0, 6.0, 16.0),
            ("substance", "dependent"): (5.0, 3.0, 9.0),
            ("substance", "recovering"): (2.0, 1.2, 3.5),
            ("child_disorder", "current"): (6.0, 3.0, 10.0),
            ("autism", "present"): (1.8, 1.1, 3.0),
            ("learning_disability", "present"): (1.4, 1.0, 2.5),
            ("dementia", "mild"): (1.2, 1.0, 1.6),
            ("dementia", "severe"): (1.2, 1.0, 1.6),
            ("pain", "chronic"): (1.2, 1.0, 1.5),
            ("epilepsy", "present"): (1.2, 1.0, 1.6),
        },
        0.5,
        "Crises come mostly to people with this; no table was read; size assumed.",
    ),
    (
        "care_home_entry",
        {
            ("dementia", "mild"): (5.0, 1.8, 8.0),
            ("dementia", "severe"): (15.0, 4.0, 25.0),
            ("stroke", "first_year"): (3.0, 1.6, 5.0),
            ("stroke", "past"): (1.5, 1.1, 2.1),
            ("heart_failure", "present"): (1.2, 1.0, 1.5),
            ("depression", "current"): (1.2, 1.0, 1.6),
            ("severe_mental_illness", "present"): (2.0, 1.2, 3.5),
            ("learning_disability", "present"): (3.0, 1.5, 6.0),
            ("epilepsy", "present"): (1.3, 1.0, 1.8),
            ("diabetes", "diabetes"): (1.2, 1.0, 1.5),
        },
        0.5,
        "Of residents of care homes of 65 and over 79 in 100 have dementia (seen), about 70 on record; sizes assumed, "
        "beyond frailty, so that 64 in 100 who move in have it already.",
    ),
    (
        "home_care_need",
        {
            ("dementia", "mild"): (2.0, 1.3, 3.2),
            ("dementia", "severe"): (4.0, 2.2, 7.0),
            ("stroke", "first_year"): (3.0, 1.6, 5.0),
            ("stroke", "past"): (1.5, 1.1, 2.1),
            ("heart_failure", "present"): (1.3, 1.0, 1.7),
            ("copd", "severe"): (1.5, 1.0, 2.2),
            ("pain", "chronic"): (1.3, 1.0, 1.7),
            ("depression", "current"): (1.2, 1.0, 1.6),
            ("learning_disability", "present"): (3.0, 1.5, 6.0),
            ("severe_mental_illness", "present"): (1.8, 1.1, 3.0),
            ("cancer", "first_year"): (1.5, 1.0, 2.2),
            ("cancer", "later"): (1.2, 1.0, 1.6),
        },
        0.5,
        "No table was read; size assumed, beyond what frailty carries.",
    ),
    (
        "frailty_worsens",
        {
            ("diabetes", "diabetes"): (1.3, 1.1, 1.6),
            ("coronary_disease", "present"): (1.2, 1.0, 1.4),
            ("stroke", "first_year"): (2.0, 1.4, 3.0),
            ("stroke", "past"): (1.3, 1.1, 1.6),
            ("heart_failure", "present"): (1.5, 1.2, 2.0),
            ("atrial_fibrillation", "present"): (1.2, 1.0, 1.4),
            ("copd", "mild"): (1.3, 1.1, 1.6),
            ("copd", "severe"): (1.8, 1.3, 2.5),
            ("cancer", "first_year"): (1.5, 1.1, 2.0),
            ("cancer", "later"): (1.2, 1.0, 1.5),
            ("kidney_disease", "moderate"): (1.2, 1.0, 1.4),
            ("kidney_disease", "severe"): (1.5, 1.1, 2.1),
            ("pain", "chronic"): (1.4, 1.1, 1.8),
            ("dementia", "mild"): (1.6, 1.2, 2.2),
            ("dementia", "severe"): (2.2, 1.5, 3.2),
            ("depression", "current"): (1.3, 1.1, 1.6),
            ("severe_mental_illness", "present"): (1.3, 1.0, 1.7),
            ("substance", "dependent"): (1.5, 1.1, 2.2),
            ("epilepsy", "present"): (1.1, 1.0, 1.4),
            ("learning_disability", "present"): (1.8, 1.2, 2.8),
        },
        0.5,
        "The index of frailty counts conditions as deficits, so each new one moves it up; size assumed.",
    ),
    (
        "depression_onset",
        {
            ("child_disorder", "current"): (4.0, 2.0, 7.0),
            ("substance", "dependent"): (2.0, 1.3, 3.0),
            ("coronary_disease", "present"): (1.2, 1.0, 1.5),
            ("autism", "present"): (1.8, 1.1, 3.0),
        },
        0.5,
        "Direction known, size assumed.",
    ),
    (
        "dementia_onset",
        {
            ("stroke", "first_year"): (2.0, 1.3, 3.0),
            ("stroke", "past"): (1.6, 1.2, 2.1),
            ("diabetes", "diabetes"): (1.4, 1.1, 1.7),
            ("depression", "current"): (1.4, 1.0, 1.9),
            ("hypertension", "undiagnosed"): (1.15, 1.0, 1.4),
        },
        0.5,
        "Direction known, size assumed; the figure stored for diabetes rests on a source that is not used here.",
    ),
    (
        "kidney_disease_onset",
        {
            ("diabetes", "diabetes"): (2.0, 1.5, 2.8),
            ("hypertension", "undiagnosed"): (1.6, 1.2, 2.2),
            ("hypertension", "treated"): (1.5, 1.1, 2.0),
            ("heart_failure", "present"): (1.8, 1.3, 2.6),
        },
        0.5,
        "Direction known, size assumed.",
    ),
    (
        "kidney_disease_worsens",
        {
            ("diabetes", "diabetes"): (1.8, 1.3, 2.6),
            ("hypertension", "undiagnosed"): (1.8, 1.2, 2.6),
            ("hypertension", "treated"): (1.3, 1.0, 1.7),
        },
        0.5,
        "Direction known, size assumed.",
    ),
    (
        "atrial_fibrillation_onset",
        {
            ("hypertension", "undiagnosed"): (1.6, 1.2, 2.1),
            ("hypertension", "treated"): (1.4, 1.1, 1.8),
            ("heart_failure", "present"): (2.5, 1.7, 3.5),
        },
        0.5,
        "Direction known, size assumed.",
    ),
    (
        "heart_failure_onset",
        {
            ("atrial_fibrillation", "present"): (2.0, 1.5, 2.8),
            ("kidney_disease", "moderate"): (1.4, 1.1, 1.8),
            ("kidney_disease", "severe"): (2.0, 1.3, 3.0),
        },
        0.5,
        "Direction known, size assumed.",
    ),
    (
        "substance_onset",
        {
            ("depression", "current"): (2.0, 1.3, 3.0),
            ("severe_mental_illness", "present"): (3.0, 1.8, 5.0),
            ("child_disorder", "current"): (2.5, 1.4, 4.0),
        },
        0.5,
        "Direction known, size assumed.",
    ),
    ("diabetes_onset", {("severe_mental_illness", "present"): (1.8, 1.3, 2.4)}, 0.5, "Direction known, size assumed."),
    (
        "hypertension_onset",
        {
            ("diabetes", "diabetes"): (1.5, 1.1, 2.0),
            ("kidney_disease", "moderate"): (1.5, 1.1, 2.1),
            ("kidney_disease", "severe"): (2.0, 1.2, 3.0),
        },
        0.5,
        "Direction known, size assumed.",
    ),
    ("pain_onset", {("depression", "current"): (1.5, 1.1, 2.0)}, 0.5, "Direction known, size assumed."),
    (
        "diabetes_onset",
        {("diabetes", "at_risk"): (15.0, 8.0, 25.0)},
        1.0,
        "Against level none; set with the shares so that 3 to 4 in 100 people at risk go on to diabetes in a year "
        "(recalled).",
    ),
    ("stroke_onset", {("stroke", "past"): (2.5, 1.5, 4.0)}, 0.5, "Another stroke, against level none; size assumed."),
)

SULLIVAN = {
    # attribute: (items whose decrements are averaged, shares of the decrement by level, reason for the shares)
    "hypertension": (
        ("Hypertension",),
        {"undiagnosed": 0.25, "treated": 1.0},
        "most people who are not treated do not know: a quarter assumed",
    ),
    "diabetes": (("Type 2 diabetes",), {"diabetes": 1.0}, ""),
    "coronary_disease": (("CHD",), {"present": 1.0}, ""),
    "stroke": (("Stroke",), {"first_year": 1.5, "past": 1.0}, "the first year half as much again: assumed"),
    "heart_failure": (("Heart failure",), {"present": 1.0}, ""),
    "atrial_fibrillation": (("Atrial fibrillation",), {"present": 1.0}, ""),
    "copd": (("COPD",), {"mild": 0.7, "severe": 1.9}, "between stages: assumed, about 1 on average"),
    "asthma": (("Asthma",), {"active": 1.0}, ""),
    "cancer": (
        ("Other cancers", "Breast cancer", "Lung cancer", "Colorectal cancer", "Prostate cancer"),
        {"first_year": 1.5, "later": 1.0, "past": 0.5},
        "between periods: assumed",
    ),
    "kidney_disease": (
        ("CKD",),
        {"moderate": 0.4, "severe": 1.0},
        "the survey's cases were mostly severe: moderate assumed",
    ),
    "pain": (
        ("Chronic painful condition",),
        {"chronic": 0.33},
        "only the third of chronic pain that interferes much (22 to 44 in 100 by age and sex) carries the loss",
    ),
    "dementia": (("Dementia",), {"mild": 0.6, "severe": 1.5}, "between stages: assumed, about 1 on average"),
    "depression": (("Anxiety/depression",), {"current": 1.0}, ""),
    "severe_mental_illness": (("Psychosis/bipolar",), {"present": 1.0}, ""),
    "substance": (
        ("Alcohol problems",),
        {"dependent": 2.0, "recovering": 1.0},
        "the item covers any problem with alcohol; twice as much in dependence: assumed",
    ),
    "epilepsy": (("Epilepsy",), {"present": 1.0}, ""),
}
UNKNOWN_LOSS = {
    ("learning_disability", "present"): (0.10, 0.03, 0.25),
    ("autism", "present"): (0.08, 0.02, 0.2),
    ("child_disorder", "current"): (0.08, 0.03, 0.2),
}
HEALTH_SLOPE = (7.0, 4.0, 10.0)
"""Logarithm of the odds of good health lost for each unit of utility lost (value, low, high)."""
GP_SLOPE, COMMUNITY_SLOPE, ILLNESS_SLOPE = (0.30, 0.18, 0.42), (0.45, 0.25, 0.70), (0.30, 0.18, 0.45)
"""Logarithm of contacts, or of acute illness, for each unit of the general score."""
UNSCORED = {("learning_disability", "present"): 1.2, ("autism", "present"): 0.3, ("child_disorder", "current"): 0.5}
"""Stand-ins for the general score of what it does not cover (assumed)."""


def _row(
    event: str,
    attribute: str,
    level: str,
    value: float,
    low: float,
    high: float,
    standing: str,
    source: str,
    note: str,
    share: float = 0.5,
    design: str = "cohort",
    year: str = "",
) -> dict:
    return {
        "event": event,
        "attribute": attribute,
        "level": level,
        "value": value,
        "distribution": "lognormal",
        "causal_share": share,
        "lag_years": 0,
        "design": design,
        "low": low,
        "high": high,
        "unit": "ratio",
        "year": year,
        "standing": standing,
        "source": source,
        "note": note,
    }


def _levels(name: str) -> dict[str, float]:
    return STAGES.get(name, {"present": 1.0})


def _around(value: float, by: float) -> tuple[float, float, float]:
    """A value with a planning range: its logarithm times 1 - by and 1 + by, at least 2 % either way."""
    log = np.log(value)
    wide = max(by * abs(log), 0.02)
    return value, float(np.exp(log - wide)), float(np.exp(log + wide))


def death_ratios(marginal: dict[str, list[float]]) -> list[dict]:
    """Ratios on death, mutually adjusted where they could be read."""
    rows = []
    split = {"copd": (1.35, 2.1), "dementia": (2.5, 4.7), "kidney_disease": (1.15, 1.7)}
    for name in (
        "hypertension",
        "diabetes",
        "coronary_disease",
        "heart_failure",
        "atrial_fibrillation",
        "asthma",
        "pain",
        "depression",
        "epilepsy",
    ):
        level = {
            "hypertension": "treated",
            "diabetes": "diabetes",
            "asthma": "active",
            "pain": "chronic",
            "depression": "current",
        }.get(name, "present")
        value, low, high = _around(np.exp(PAYNE[name] / 100), 0.3)
        words, source = "", "payne_2020"
        if name == "coronary_disease":
            high, source = marginal[name][0], "payne_2020; ons_deaths_cause"
            words = " The upper end is what England's deaths from ischaemic heart disease ask for."
        elif name == "diabetes":
            high, source = marginal[name][1], "payne_2020; zghebi_2017"
            words = " The upper end is the ratio against people without diabetes, other conditions not held equal."
        rows.append(_row("death", name, level, value, low, high, "derived", source, MUTUAL + words + SHRINK))
    rows.append(
        _row(
            "death",
            "hypertension",
            "undiagnosed",
            1.05,
            1.0,
            1.2,
            "assumed",
            ASSUMED,
            "Harm passes through heart, brain and kidney; a small rest assumed." + SHRINK,
        )
    )
    for name, values in split.items():
        for level, value in zip(_levels(name), values, strict=True):
            value, low, high = _around(value, 0.4)
            rows.append(
                _row(
                    "death",
                    name,
                    level,
                    value,
                    low,
                    high,
                    "assumed",
                    "payne_2020",
                    f"Of {np.exp(PAYNE[name] / 100):.2f} for all stages together, other conditions held equal; split "
                    "between stages assumed." + SHRINK,
                )
            )
    value, low, high = _around(4.0, 0.4)
    rows.append(
        _row(
            "death",
            "stroke",
            "first_year",
            value,
            low,
            high,
            "assumed",
            ASSUMED,
            "Three in ten or so die in the year after a stroke: recalled; high in the first month, spread here over the "
            "year." + SHRINK,
        )
    )
    value, low, high = _around(np.exp(PAYNE["stroke"] / 100), 0.4)
    rows.append(_row("death", "stroke", "past", value, low, high, "derived", "payne_2020", MUTUAL + SHRINK))
    for level, value in zip(_levels("cancer"), marginal["cancer"], strict=True):
        value, low, high = _around(value, 0.3)
        rows.append(
            _row(
                "death",
                "cancer",
                level,
                value,
                low,
                high,
                "derived",
                "ons_deaths_cause; hoc_cancer_2015; payne_2020",
                "Scaled so that all periods account for England's deaths from cancer; between periods as the steps of net "
                "survival. Other conditions held equal, cancer found before the year has 1.86; new cases carry the rest."
                + SHRINK,
                design="registry, solved",
            )
        )
    both = marginal["severe_mental_illness"][0]
    adjusted = np.exp(PAYNE["severe_mental_illness"] / 100)
    rows.append(
        _row(
            "death",
            "severe_mental_illness",
            "present",
            np.sqrt(both * adjusted),
            adjusted,
            both,
            "derived",
            "hayes_2017; payne_2020",
            "Geometric mean of the ratio adjusted for age and sex and the one with 19 other "
            "conditions held equal, which the old dominate." + SHRINK,
        )
    )
    rows.append(
        _row(
            "death",
            "substance",
            "dependent",
            2.5,
            1.14,
            5.0,
            "assumed",
            "payne_2020",
            "Alcohol problems, other conditions held equal: 1.14 (the lower end); opiates many times as high; size assumed."
            + SHRINK,
        )
    )
    rows.append(_row("death", "substance", "recovering", 1.4, 1.0, 2.0, "assumed", ASSUMED, "Size assumed." + SHRINK))
    rows.append(
        _row(
            "death",
            "learning_disability",
            "present",
            3.99,
            3.87,
            4.11,
            "measured",
            "nhs_ld_2019",
            "Standardised by age and sex at 0 to 74, 2016-2019; epilepsy and other conditions not held equal." + SHRINK,
        )
    )
    rows.append(
        _row(
            "death",
            "autism",
            "present",
            1.5,
            1.0,
            2.5,
            "assumed",
            ASSUMED,
            "Size assumed, learning disability and epilepsy held equal." + SHRINK,
        )
    )
    return rows


def pair_ratios(folder: Path) -> list[dict]:
    """Ratios of conditions on the onset of others that could be read."""
    rows = []

    def add(
        exposure: str,
        outcome: str,
        age: int,
        event: str,
        attribute: str,
        levels: tuple[str, ...],
        source: str,
        note: str,
        share: float = 0.5,
    ) -> None:
        value, upper = pub.relative_risk(folder, exposure, outcome, age)
        for level in levels:
            rows.append(_row(event, attribute, level, value, value**2 / upper, upper, "measured", source, note, share))

    cprd = "Incidence ratio from GP records, other conditions and risk factors in the model held equal; at age "
    for exposure, outcome, age, event, attribute, levels in (
        ("t2dm_prvl", "hf", 70, "heart_failure_onset", "diabetes", ("diabetes",)),
        ("htn_prvl", "hf", 70, "heart_failure_onset", "hypertension", ("undiagnosed", "treated")),
        ("chd_prvl", "hf", 70, "heart_failure_onset", "coronary_disease", ("present",)),
        ("copd_prvl", "hf", 70, "heart_failure_onset", "copd", ("mild", "severe")),
        ("chd_prvl", "af", 70, "atrial_fibrillation_onset", "coronary_disease", ("present",)),
        ("ckd_prvl", "chd", 70, "coronary_disease_onset", "kidney_disease", ("moderate", "severe")),
        ("stroke_prvl", "andep", 70, "depression_onset", "stroke", ("first_year", "past")),
        ("pain_prvl", "andep", 50, "depression_onset", "pain", ("chronic",)),
        ("other_ca_prvl", "andep", 65, "depression_onset", "cancer", ("first_year", "later")),
        ("other_ca_prvl", "pain", 65, "pain_onset", "cancer", ("first_year", "later")),
        ("stroke_prvl", "epilepsy", 70, "epilepsy_onset", "stroke", ("first_year", "past")),
        ("alcpr_prvl", "psychosis", 40, "severe_mental_illness_onset", "substance", ("dependent",)),
    ):
        add(exposure, outcome, age, event, attribute, levels, "impactncd_cprd", f"{cprd}{age}.")
    add(
        "andep_prvl",
        "psychosis",
        40,
        "severe_mental_illness_onset",
        "depression",
        ("current",),
        "impactncd_cprd",
        f"{cprd}40. Much of it is the illness before its name, so nothing of it is taken as caused.",
        0.0,
    )
    add("af_prvl", "stroke", 70, "stroke_onset", "atrial_fibrillation", ("present",), "yuan_1998", "At ages 30 and over.")
    for outcome, event in (("chd", "coronary_disease_onset"), ("stroke", "stroke_onset")):
        at = {age: pub.relative_risk(folder, "t2dm_prvl", outcome, age)[0] for age in (50, 65, 75)}
        rows.append(
            _row(
                event,
                "diabetes",
                "diabetes",
                at[65],
                at[75],
                at[50],
                "measured",
                "erfc_2010",
                "Hazard ratio at 60 to 69, vascular risk factors held equal; range: 70 and over, and under 60.",
            )
        )
        risk = [pub.relative_risk(folder, "sbp", outcome, 65, sex)[0] for sex in ("male", "female")]
        per_20 = float(np.sqrt(1 / risk[0] / risk[1]))
        for level, mm, low, high in (("undiagnosed", 25, 15, 32), ("treated", 12, 6, 18)):
            rows.append(
                _row(
                    event,
                    "hypertension",
                    level,
                    per_20 ** (mm / 20),
                    per_20 ** (low / 20),
                    per_20 ** (high / 20),
                    "derived",
                    "psc_2002",
                    f"{per_20:.2f} for each 20 mmHg (deaths, at 60 to 69, both sexes) over {mm} mmHg (assumed; "
                    f"{low} to {high}) above people without high blood pressure.",
                )
            )
    breast = pub.relative_risk(folder, "breast_ca_prvl", "other_ca", 65, "female")[0]
    rows.append(
        _row(
            "cancer_onset",
            "cancer",
            "past",
            1.5,
            1.0,
            breast,
            "assumed",
            "impactncd_cprd",
            f"A second cancer, against level none; {breast:.2f} after breast cancer at any time, less in later years: size "
            "assumed.",
        )
    )
    rows.append(
        _row(
            "epilepsy_onset",
            "learning_disability",
            "present",
            20.0,
            10.0,
            26.0,
            "derived",
            "nhs_ld_2019",
            "Epilepsy 26 times as frequent as at equal age and sex; a ratio of shares is a little above that of onsets.",
            0.0,
        )
    )
    rows.append(
        _row(
            "autism_from_birth",
            "learning_disability",
            "present",
            27.75,
            20.0,
            33.0,
            "derived",
            "nhs_ld_2024",
            "33.3 against 1.2 in 100; both are there from birth, so this says only that they go together.",
            0.0,
        )
    )
    return rows


def other_ratios() -> list[dict]:
    """Ratios on needs, care, frailty and onsets that no table gives."""
    rows = [
        _row(event, attribute, level, value, low, high, "assumed", ASSUMED, note, share)
        for event, pairs, share, note in OTHER
        for (attribute, level), (value, low, high) in pairs.items()
    ]
    for (attribute, level), score, words in scored():
        value, low, high = (float(np.exp(slope * score)) for slope in ILLNESS_SLOPE)
        rows.append(
            _row(
                "acute_illness",
                attribute,
                level,
                value,
                min(low, value),
                max(high, value),
                "assumed",
                "payne_2020; bnssg_dpm",
                f"exp(0.30 × {score:.2f}): general score, other conditions held equal, {words}; slope assumed, range "
                f"0.18 to "
                "0.45 (0.57 between need segments before age is held equal).",
            )
        )
    return rows


def scored() -> list[tuple[tuple[str, str], float, str]]:
    """((attribute, level), general score, how the level has its part) in a fixed order."""
    found = []
    for name, weight in GENERAL.items():
        attribute = "substance" if name == "alcohol" else name
        for level, part in _levels(attribute).items():
            words = "whole" if part == 1 else f"{part:g} of {weight:g} for this level (assumed)"
            found.append(((attribute, level), weight * part, words))
    found += [(pair, score, "stand-in, as the score does not cover it") for pair, score in UNSCORED.items()]
    return found


def losses(folder: Path) -> list[tuple[str, str, float, float, float, str, str]]:
    """(attribute, level, loss of utility, low, high, standing, words)."""
    found = []
    for name, (items, parts, why) in SULLIVAN.items():
        mean = float(np.mean([pub.decrement(folder, item) for item in items]))
        for level, part in parts.items():
            loss = mean * part
            words = f"loss {mean:.3f}" + (" (mean of five kinds)" if len(items) > 1 else "")
            if part != 1:
                words += f" × {part:g} ({why})"
            found.append((name, level, loss, loss * 0.6, loss * 1.5, "derived" if part == 1 else "assumed", words))
    for (attribute, level), (loss, low, high) in UNKNOWN_LOSS.items():
        found.append((attribute, level, loss, low, high, "assumed", f"loss {loss:g}, none was read: size assumed"))
    return found


def multiplier(loss: float, norm: float) -> float:
    """A loss of utility as a factor on the population's mean at the ages of those who have the condition."""
    return 1 - loss / norm
