"""The nineteen conditions: levels, what is known of their shares by age, and the ways between levels."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import published as pub
from dynamics import AGES, BANDS, Flow, project, scaled, ungroup

FROM_16 = tuple(band for band in BANDS if band >= 16)
FROM_20 = tuple(band for band in BANDS if band >= 20)
DEPRESSION_BANDS = (16, 18, *FROM_20)
CHILD_BANDS = (4, 5, 8, 11, 14, 16, 18)


@dataclass
class Condition:
    """One attribute. `groups`: (levels together, share[sex, quintile, age], standing, source, note)."""

    name: str
    levels: list[tuple[str, str, str]]
    groups: list[tuple[tuple[int, ...], np.ndarray, str, str, str]]
    flows: list[Flow]
    mortality: list[tuple[float, str, str, str]]
    """ratio of each level after the first: (value, standing, source, note), for the fit only"""
    years: str
    gradient: str
    events: list[dict] = field(default_factory=list)
    """rows of events.csv in words: event, label, from_levels, to_level, after_days, source, note"""
    bands: tuple[int, ...] = BANDS
    smooth: float = 0.5
    by_quintile: bool = True
    spread: float = 0.15
    """planning range of shares, relative"""
    until: int = 90


class Tables:
    """What several conditions share: people and deaths of England, and published shares on their scale."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.people, died = pub.life_table(folder)
        self.deaths = died / self.people

    def from_kuan(self, labels: tuple[str, ...], first: int = 0) -> np.ndarray:
        """Smooth share ever recorded by age, the same in every fifth: float64[sex, quintile, age]."""
        values = pub.kuan(self.folder, labels)
        people = self.people.sum(1)
        return np.stack([np.tile(ungroup(values[s], people[s], pub.DECADE_OF_AGE, first), (5, 1)) for s in range(2)])

    def to_qof(self, shape: np.ndarray, code: str, from_age: int, now: float = 1.0, first: bool = True) -> np.ndarray:
        """`shape` brought to the GPs' registers: `first` in proportion to England's share, then fifth by fifth by its odds.

        In proportion, as shares ever recorded run ahead of registers most at old ages, where odds would keep them highest.
        """
        wanted, result = pub.qof(self.folder, code) * now, np.zeros_like(shape)
        adults = self.people[:, :, from_age:]
        every = float((wanted * adults.sum((0, 2))).sum() / adults.sum())
        if first:
            shape = shape * (every / self.mean(shape, from_age))
        for q in range(5):
            counted = self.people[:, q].copy()
            counted[:, :from_age] = 0
            result[:, q] = scaled(shape[:, q], counted, wanted[q])
        return result

    def mean(self, share: np.ndarray, first: int = 0, last: int = 90) -> float:
        """Mean over England's people of these ages."""
        people = self.people[:, :, first : last + 1]
        return float((share[:, :, first : last + 1] * people).sum() / people.sum())

    def curve(
        self,
        sex_points: list[list[tuple[int, int, float]]],
        power: int,
        odds: tuple[float, ...] = (1,) * 5,
        room: np.ndarray | None = None,
    ) -> np.ndarray:
        """Shares whose logit is a polynomial of age (from 16) that meets the published means of age ranges.

        `sex_points`: for each sex, (first age, last age, mean share); `odds`: odds of each fifth relative to each other;
        `room` [sex, quintile, age]: the polynomial is of the share among these, the published means are among all.
        """
        room = np.ones((2, 5, AGES)) if room is None else room
        x = (np.arange(AGES) - 50) / 30
        basis = np.stack([x**n for n in range(power + 1)])
        result = np.zeros((2, 5, AGES))
        for s, points in enumerate(sex_points):
            c = np.zeros(power + 1)
            c[0] = np.log(points[-1][2])

            def shares(c: np.ndarray, s: int = s) -> np.ndarray:
                logit = (c @ basis)[None] + np.log(odds)[:, None]
                return np.where(np.arange(AGES) < 16, 0, room[s] / (1 + np.exp(-logit)))

            def misses(c: np.ndarray, s: int = s, points: list = points, shares=shares) -> np.ndarray:
                share, people = shares(c), self.people[s]
                means = [(share * people)[:, a : b + 1].sum() / people[:, a : b + 1].sum() for a, b, _ in points]
                return np.array([np.log(m / p[2]) for m, p in zip(means, points, strict=True)])

            for _ in range(200):
                miss = misses(c)
                slope = np.stack([(misses(c + 1e-5 * e) - miss) / 1e-5 for e in np.eye(power + 1)], -1)
                c = c + 0.5 * np.linalg.lstsq(slope, -miss, rcond=None)[0]
            result[s] = shares(c)
        return result

    def own_cause(self, share: np.ndarray, causes: tuple[str, ...]) -> float:
        """Ratio of death that accounts for the deaths from these causes among people with `share`.

        Of all deaths a share c is from the causes; with share p, M satisfies p (M - 1) / (1 + p (M - 1)) = c, both
        weighted by deaths.
        """
        weights = self.people * self.deaths
        cause = pub.deaths_by_cause(self.folder, causes)[:, pub.DECADE_OF_AGE][:, None]
        c = float((cause * weights).sum() / weights.sum())
        p = float((share * weights).sum() / weights.sum())
        return 1 + c / (p * (1 - c))

    def from_birth(self, boys_to_girls: float, mortality: float, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Shares by age of what people are born with, [sex, quintile, age], and the rates in the first year of life.

        The share falls with age by excess mortality only; the mean over all ages is `wanted` of each fifth.
        """
        shares, rates = np.zeros((2, 5, AGES)), np.zeros((2, 5, AGES))
        for q in range(5):
            low, high = 0.0, 0.2
            for _ in range(50):
                girls = (low + high) / 2
                rates[:, q, 0] = -np.log1p(-np.array([girls, girls * boys_to_girls]))
                found = project(2, [(0, 1, rates[:, q])], np.array([1, mortality]), self.deaths[:, q])[:, 1]
                if (found * self.people[:, q]).sum() / self.people[:, q].sum() > wanted[q]:
                    high = girls
                else:
                    low = girls
            shares[:, q] = found
        return shares, rates


def slope(most_to_least: float) -> tuple[float, ...]:
    """Odds of the five fifths, most deprived first, evenly spaced in the logarithm, geometric mean 1."""
    return tuple(most_to_least ** (0.5 - n / 4) for n in range(5))


ASSUMED = "icsim_assumption"
KUAN_QOF = (
    "Share by age and sex ever recorded in GP, hospital and death records, brought in proportion to England's register and "
    "then by its odds to the register of each fifth of neighbourhoods. "
)
QOF_GRADIENT = "Gradient: registers by fifth at equal age and sex; the same multiplier of odds at all ages."
EQUAL = "No gradient by deprivation was found: equal in all fifths."
NOT_MORE = "assumed: no excess beyond the other conditions modelled"


def conditions(folder: Path) -> list[Condition]:
    """All nineteen, in the order in which they are written."""
    t = Tables(folder)
    makers = (
        hypertension,
        diabetes,
        coronary_disease,
        stroke,
        heart_failure,
        atrial_fibrillation,
        copd,
        asthma,
        cancer,
        kidney_disease,
        pain,
        dementia,
        depression,
        severe_mental_illness,
        substance,
        epilepsy,
        learning_disability,
        autism,
        child_disorder,
    )
    return [maker(t) for maker in makers]


def _onset(name: str, label: str, to: str, note: str = "", **more: object) -> dict:
    return {
        "event": name,
        "label": label,
        "kind": "move",
        "from_levels": "none",
        "to_level": to,
        "source": ASSUMED,
        "note": note,
        **more,
    }


FITTED = "Rates fitted so that a population with these deaths keeps the shares at the start; no incidence table was used."


def _simple(
    t: Tables,
    name: str,
    label: str,
    code: str,
    kuan: tuple[str, ...],
    from_age: int,
    mortality: tuple,
    meaning: str,
    now: float = 1.0,
    years: str = "2010-2015; 2019/20",
    level: str = "present",
    note: str = "",
    source: str = "kuan_2023; qof_imd_2019_20",
    first: int = 0,
) -> Condition:
    share = t.to_qof(t.from_kuan(kuan, first), code, from_age, now)
    return Condition(
        name,
        [("none", f"No {label}", ""), (level, label[0].upper() + label[1:], meaning)],
        [((1,), share, "derived", source, KUAN_QOF + note)],
        [Flow(f"{name}_onset", 0, 1)],
        [mortality],
        years,
        QOF_GRADIENT,
        [_onset(f"{name}_onset", f"New {label}", level, FITTED)],
    )


def hypertension(t: Tables) -> Condition:
    h = t.folder
    treated = t.to_qof(t.from_kuan(("htn",)), "HYP", 0)
    treated[..., :16] = 0
    men = pub.headline(h, "hypertension", "hypertension", "16+", "male", "2018")
    women = pub.headline(h, "hypertension", "hypertension", "16+", "female", "2018")
    name = "untreated hypertension"
    every = pub.headline(h, "hypertension", name, "16+", "persons", "2022")
    adults = t.people[:, :, 16:].sum((1, 2)) / t.people[:, :, 16:].sum()
    part = every / (adults[0] * women + adults[1] * men)
    young = pub.headline(h, "hypertension", name, "16-34", "persons", "2022") / every
    old = pub.headline(h, "hypertension", name, "75+", "persons", "2022") / every
    poor = pub.headline(h, "hypertension", "hypertension, age-standardised", "16+", "persons", "2021", "IMD quintile 1")
    rich = pub.headline(h, "hypertension", "hypertension, age-standardised", "16+", "persons", "2021", "IMD quintile 5")
    untreated = t.curve(
        [[(16, 34, young * own), (75, 90, old * own), (16, 90, own)] for own in (women * part, men * part)],
        2,
        slope(poor / (1 - poor) / (rich / (1 - rich))),
        1 - treated,
    )
    return Condition(
        "hypertension",
        [
            ("none", "No high blood pressure", ""),
            ("undiagnosed", "High blood pressure, untreated", "140/90 mmHg or more and not treated, known or not"),
            ("treated", "High blood pressure, treated", "on the GP's register of people with high blood pressure"),
        ],
        [
            (
                (1,),
                untreated,
                "derived",
                "hse_2022_adult; hse_2021_adult; hse_2018_adult",
                "Untreated high blood pressure measured in the survey: 13 in 100 adults, 3 at 16 to 34, 21 at 75 and "
                "over; logit of "
                "the share among those not treated quadratic in age; men to women and gradient as in all high blood "
                "pressure (40 against 23 in 100, most and least "
                "deprived fifth).",
            ),
            ((2,), treated, "derived", "kuan_2023; qof_imd_2019_20", KUAN_QOF + "Below 16: none."),
        ],
        [Flow("hypertension_onset", 0, 1, bands=FROM_16), Flow("hypertension_diagnosed", 1, 2, bands=FROM_16)],
        [
            (1.1, "assumed", ASSUMED, "most of its harm passes through heart, brain and kidney"),
            (1.1, "assumed", ASSUMED, "most of its harm passes through heart, brain and kidney"),
        ],
        "2018-2022",
        QOF_GRADIENT,
        [
            _onset("hypertension_onset", "Blood pressure becomes high", "undiagnosed", FITTED),
            _onset(
                "hypertension_diagnosed",
                "High blood pressure is found and treated",
                "treated",
                FITTED,
                from_levels="undiagnosed",
            ),
        ],
        bands=FROM_16,
    )


RISK_RATIO = 15.0
"""Onset of diabetes at level at_risk against level none."""
RISK_ENDS = 0.05


def diabetes(t: Tables) -> Condition:
    now = pub.fingertips(t.folder, "241", "2023") / pub.fingertips(t.folder, "241", "2019")
    share = t.to_qof(t.from_kuan(("t1dm", "t2dm", "dm_oth")), "DM", 17, now)
    rise = np.log(18.69) * np.clip((np.arange(AGES) - 20) / 50, -0.2, 1)
    shape = np.tile(1 / (1 + np.exp(3.5 - rise)), (2, 5, 1))
    odds = np.array(slope(1.35))[None, :, None] * shape / (1 - shape)
    shape = odds / (1 + odds)
    shape[..., :16] = 1e-9
    counted = t.people.copy()
    counted[..., :16] = 0
    risk = scaled(shape, counted, 0.11)
    risk[..., :16] = 0
    flows = [
        Flow("diabetes_risk_onset", 0, 1, bands=FROM_16),
        Flow("diabetes_risk_ends", 1, 0, RISK_ENDS),
        Flow("diabetes_onset", 0, 2),
        Flow("diabetes_onset", 1, 2, factor=RISK_RATIO),
    ]
    return Condition(
        "diabetes",
        [
            ("none", "No diabetes", ""),
            ("at_risk", "High risk of diabetes", "HbA1c 42 to 47 mmol/mol, known or not"),
            ("diabetes", "Diabetes", "on the GP's register, any type"),
        ],
        [
            (
                (1,),
                risk,
                "derived",
                "moody_2016",
                "11 in 100 adults (blood tests in the Health Survey, 2009-2013); odds 18.7 times at 65 to 74 against "
                "16 to 24, "
                "spread evenly over the ages between and level after 70; gradient: odds 1.35 for the lowest against "
                "the highest "
                "fifth of income stand in for deprivation; women as men.",
            ),
            (
                (2,),
                share,
                "derived",
                "kuan_2023; qof_imd_2019_20; fingertips_qof",
                KUAN_QOF
                + "All fifths raised from 2019/20 to 2023/24 by England's register (7.08 to 7.66 in 100 of 17 and over).",
            ),
        ],
        flows,
        [
            (1.1, "assumed", ASSUMED, "a small excess before diabetes is found"),
            (1.26, "measured", "zghebi_2017", "hazard ratio against people without diabetes"),
        ],
        "2009-2023",
        QOF_GRADIENT,
        [
            # first, so that starting shares follow its ratios: those of high blood sugar have none
            _onset(
                "diabetes_onset",
                "New diabetes",
                "diabetes",
                FITTED + " Rates are those at level none; the ratio of level at_risk is relative to it.",
                from_levels="none|at_risk",
            ),
            _onset("diabetes_risk_onset", "Blood sugar becomes high", "at_risk", FITTED),
            {
                "event": "diabetes_risk_ends",
                "label": "Blood sugar back to normal",
                "kind": "move",
                "from_levels": "at_risk",
                "to_level": "none",
                "source": ASSUMED,
                "note": "No rate of return was read.",
            },
        ],
    )


def coronary_disease(t: Tables) -> Condition:
    made = _simple(
        t,
        "coronary_disease",
        "coronary heart disease",
        "CHD",
        ("chd_nos", "mi", "sa", "ua"),
        0,
        (1.0, "", "", ""),
        "angina or a heart attack, ever",
    )
    own = t.own_cause(made.groups[0][1], ("Ischaemic heart disease",))
    made.mortality = [
        (round(own, 3), "derived", "ons_deaths_cause", "accounts for England's deaths from ischaemic heart disease")
    ]
    return made


STROKE_AGAIN = 2.5


def stroke(t: Tables) -> Condition:
    share = t.to_qof(t.from_kuan(("isch_stroke", "stroke_nos", "intracereb_haem", "subarach", "tia")), "STIA", 0)
    own = t.own_cause(share, ("Stroke (cerebrovascular)",))
    return Condition(
        "stroke",
        [
            ("none", "No stroke", ""),
            ("first_year", "First year after a stroke", "a stroke or transient attack in the last year"),
            ("past", "Stroke over a year ago", ""),
        ],
        [
            (
                (1, 2),
                share,
                "derived",
                "kuan_2023; qof_imd_2019_20",
                KUAN_QOF
                + "Transient attacks included, as on the register; the first year's part follows from the fitted rates.",
            )
        ],
        [
            Flow("stroke_onset", 0, 1),
            Flow("stroke_onset", 2, 1, factor=STROKE_AGAIN),
            Flow("stroke_first_year_ends", 1, 2, 1.0),
        ],
        [
            (
                5.0,
                "assumed",
                ASSUMED,
                "roughly a quarter to three in ten die within a year at a mean age of 75 to 80; recalled",
            ),
            (round(own, 3), "derived", "ons_deaths_cause", "accounts for England's deaths from stroke"),
        ],
        "2010-2015; 2019/20",
        QOF_GRADIENT,
        [
            _onset(
                "stroke_onset",
                "Strokes",
                "first_year",
                FITTED + " Rates are those at level none; the ratio of level past is relative to it.",
                from_levels="none|past",
            ),
            {
                "event": "stroke_first_year_ends",
                "label": "First year after a stroke over",
                "kind": "timer",
                "from_levels": "first_year",
                "to_level": "past",
                "after_days": 365,
                "source": "",
                "note": "",
            },
        ],
    )


def heart_failure(t: Tables) -> Condition:
    rr = pub.relative_risk(t.folder, "hf_prvl", "nonmodelled", 75)[0]
    return _simple(
        t,
        "heart_failure",
        "heart failure",
        "HF",
        ("hf",),
        0,
        (rr, "measured", "impactncd_cprd", "ratio of death from other causes"),
        "on the GP's register",
    )


def atrial_fibrillation(t: Tables) -> Condition:
    rr = pub.relative_risk(t.folder, "af_prvl", "nonmodelled", 75)[0]
    return _simple(
        t,
        "atrial_fibrillation",
        "atrial fibrillation",
        "AF",
        ("af",),
        0,
        (rr, "measured", "impactncd_cprd", "ratio of death from other causes"),
        "on the GP's register",
    )


COPD_SEVERE = 0.25


def _two_stages(
    made: Condition,
    part: np.ndarray | float,
    standing: str,
    source: str,
    note: str,
    levels: list,
    mortality: list,
    label: str,
) -> Condition:
    """A register split into two stages: `part` of it at the second."""
    share = made.groups[0][1]
    words = made.groups[0][4]
    made.levels = levels
    made.groups = [
        ((1,), share * (1 - part), standing, source, words + note),
        ((2,), share * part, standing, source, words + note),
    ]
    made.mortality = mortality
    second = levels[2][0]
    made.flows.append(Flow(f"{made.name}_worsens", 1, 2, prior=0.05))
    made.events[0]["to_level"] = levels[1][0]
    made.events.append(
        {
            "event": f"{made.name}_worsens",
            "label": label,
            "kind": "move",
            "from_levels": levels[1][0],
            "to_level": second,
            "source": ASSUMED,
            "note": FITTED,
        }
    )
    return made


def copd(t: Tables) -> Condition:
    rr = pub.relative_risk(t.folder, "copd_prvl", "nonmodelled", 65)[0]
    made = _simple(t, "copd", "chronic obstructive lung disease", "COPD", ("copd",), 0, (rr, "", "", ""), "")
    lung = "a mean of 1.53 for death from other causes, with deaths from the disease itself on top; split assumed"
    return _two_stages(
        made,
        COPD_SEVERE,
        "assumed",
        "kuan_2023; qof_imd_2019_20; icsim_assumption",
        "A quarter of them severe at all ages: recalled, no table read.",
        [
            ("none", "No chronic obstructive lung disease", ""),
            ("mild", "COPD, mild or moderate", "on the GP's register; forced breath at least half of what is expected"),
            ("severe", "COPD, severe", "forced breath under half of what is expected, or often worse"),
        ],
        [(1.6, "assumed", "impactncd_cprd", lung), (3.0, "assumed", "impactncd_cprd", lung)],
        "COPD becomes severe",
    )


def asthma(t: Tables) -> Condition:
    made = _simple(
        t,
        "asthma",
        "asthma",
        "AST",
        ("asthma",),
        0,
        (1.0, "assumed", ASSUMED, NOT_MORE),
        "treated for asthma in the last year",
        level="active",
        note="Ever recorded stands for the shape of treated asthma, which is the weak point of this row.",
    )
    made.flows.append(Flow("asthma_remission", 1, 0, prior=0.04))
    made.events.append(
        {
            "event": "asthma_remission",
            "label": "Asthma settles",
            "kind": "move",
            "from_levels": "active",
            "to_level": "none",
            "source": ASSUMED,
            "note": "Fitted together with onset, held near 4 in 100 a year: no rate was read.",
        }
    )
    return made


CANCERS = (
    "malig_hodgkins",
    "malig_leukaemia",
    "malig_mds",
    "malig_nhl",
    "malig_plasmacell",
    "malig_pri_biliary",
    "malig_pri_bladder",
    "malig_pri_bone",
    "malig_pri_bowel",
    "malig_pri_brain",
    "malig_pri_breast",
    "malig_pri_cervix",
    "malig_pri_kidney",
    "malig_pri_liver",
    "malig_pri_lung",
    "malig_pri_melanoma",
    "malig_pri_mesothelioma",
    "malig_pri_mult",
    "malig_pri_oesoph",
    "malig_pri_oroph",
    "malig_pri_other",
    "malig_pri_ovarian",
    "malig_pri_pancr",
    "malig_pri_prost",
    "malig_pri_stomach",
    "malig_pri_testis",
    "malig_pri_thyroid",
    "malig_pri_uterine",
)
CANCER_CAUSES = (
    "All other cancers (C00-D48)",
    "Cervical Cancer",
    "Malignant neoplasm of breast",
    "Malignant neoplasm of colon, rectosigmoid junction and rectum (i.e.colorectal)",
    "Malignant neoplasm of liver and intrahepatic bile ducts",
    "Malignant neoplasm of prostate",
    "Malignant neoplasm of trachea, bronchus and lung",
    "Malignant neoplasms of digestive organs except liver and intrahepatic bile ducts",
    "Malignant neoplasms of lymphoid, haematopoietic and related tissue",
)
CANCER_EXCESS = (17.0, 3.4, 0.8)
"""Excess hazards of the three periods, relative to each other: 0.34 a year in the first, 0.068 to year five, 0.015 after."""
CANCER_MIX = (0.15, 0.40, 0.45)


def cancer(t: Tables) -> Condition:
    share = t.to_qof(t.from_kuan(CANCERS), "CAN", 0)
    every = t.own_cause(share, CANCER_CAUSES)
    scale = (every - 1) / sum(a * b for a, b in zip(CANCER_EXCESS, CANCER_MIX, strict=True))
    words = (
        "scaled so that all periods together account for England's deaths from cancer; between periods as the steps of net "
        "survival (recalled 0.71 at one year, 0.54 at five years, about one half at ten)"
    )
    return Condition(
        "cancer",
        [
            ("none", "No cancer", "none diagnosed, non-melanoma skin cancer aside"),
            ("first_year", "First year after a cancer", "within a year of the diagnosis"),
            ("later", "Cancer one to five years ago", "one to five years from the diagnosis"),
            ("past", "Cancer over five years ago", "five years from the diagnosis and longer"),
        ],
        [
            (
                (1, 2, 3),
                share,
                "derived",
                "kuan_2023; qof_imd_2019_20",
                KUAN_QOF
                + "Sites added together, so people with two are counted twice in the shape; the register holds diagnoses "
                "since 2003. The parts of the three periods follow from the fitted rates.",
            )
        ],
        [
            Flow("cancer_onset", 0, 1),
            Flow("cancer_onset", 3, 1, factor=1.5),
            Flow("cancer_first_year_ends", 1, 2, 1.0),
            Flow("cancer_five_years", 2, 3, 0.25),
        ],
        [(round(1 + scale * part, 3), "derived", "ons_deaths_cause; hoc_cancer_2015", words) for part in CANCER_EXCESS],
        "2010-2015; 2019/20",
        QOF_GRADIENT,
        [
            _onset(
                "cancer_onset",
                "New cancers",
                "first_year",
                FITTED + " Rates are those at level none; the ratio of level past is relative to it.",
                from_levels="none|past",
            ),
            {
                "event": "cancer_first_year_ends",
                "label": "First year after a cancer over",
                "kind": "timer",
                "from_levels": "first_year",
                "to_level": "later",
                "after_days": 365,
                "source": "",
                "note": "",
            },
            {
                "event": "cancer_five_years",
                "label": "Five years after a cancer",
                "kind": "timer",
                "from_levels": "later",
                "to_level": "past",
                "after_days": 1461,
                "source": "",
                "note": "",
            },
        ],
    )


def kidney_disease(t: Tables) -> Condition:
    made = _simple(t, "kidney_disease", "chronic kidney disease", "CKD", ("ckd",), 18, (1.0, "", "", ""), "")
    both = pub.kuan(t.folder, ("ckd",))[:, 4:], pub.kuan(t.folder, ("esrd",))[:, 4:]
    part = float(both[1].sum() / both[0].sum())
    return _two_stages(
        made,
        part,
        "derived",
        "kuan_2023; qof_imd_2019_20",
        f"Severe: {100 * part:.1f} in 100 of them, the ratio of end-stage to any chronic kidney disease at 40 and over.",
        [
            ("none", "No chronic kidney disease", ""),
            ("moderate", "Kidney disease, moderate", "on the GP's register, stage 3"),
            ("severe", "Kidney disease, severe", "stage 4 or 5"),
        ],
        [
            (1.2, "assumed", "impactncd_cprd", "1.14 for death from other causes, heart deaths on top; split assumed"),
            (2.5, "assumed", ASSUMED, "size assumed"),
        ],
        "Kidney disease becomes severe",
    )


PAIN_REMISSION = 0.05


def pain(t: Tables) -> Condition:
    h, name = t.folder, "Chronic pain (over 3 months)"

    def one(ages: str, sex: str, group: str = "all") -> float:
        return pub.by_age(h, name, "prevalence", ages, sex, group)

    odds = []
    for sex in pub.SEXES:
        poor, rich = one("16+", sex, "IMD quintile 1 (most)"), one("16+", sex, "IMD quintile 5 (least)")
        odds.append(poor / (1 - poor) / (rich / (1 - rich)))
    share = t.curve(
        [[(16, 34, one("16-34", sex)), (75, 90, one("75+", sex)), (16, 90, one("16+", sex))] for sex in pub.SEXES],
        2,
        slope(float(np.sqrt(odds[0] * odds[1]))),
    )
    return Condition(
        "pain",
        [
            ("none", "No chronic pain", ""),
            ("chronic", "Chronic pain", "pain on most days for over three months, mostly of back, joints and muscles"),
        ],
        [
            (
                (1,),
                share,
                "derived",
                "hse_2011_pain",
                "Chronic pain of any site: 31 in 100 men and 37 in 100 women; 14 and 18 at 16 to 34, 53 and 59 at 75 "
                "and over; logit "
                "quadratic in age; gradient from the most and least deprived fifth (not age-standardised).",
            )
        ],
        [Flow("pain_onset", 0, 1, bands=FROM_16), Flow("pain_remission", 1, 0, PAIN_REMISSION)],
        [
            (
                pub.relative_risk(h, "pain_prvl", "nonmodelled", 75)[0],
                "measured",
                "impactncd_cprd",
                "ratio of death from other causes",
            )
        ],
        "2011",
        "Gradient: most and least deprived fifth, evenly spread between; the same at all ages.",
        [
            _onset("pain_onset", "New chronic pain", "chronic", FITTED),
            {
                "event": "pain_remission",
                "label": "Chronic pain settles",
                "kind": "move",
                "from_levels": "chronic",
                "to_level": "none",
                "source": ASSUMED,
                "note": "About 5 in 100 a year: recalled, not read.",
            },
        ],
        bands=FROM_16,
    )


DEMENTIA_SEVERE = 0.45
KUAN_DEMENTIA = (
    "Share by age and sex ever recorded, its odds brought to the register of each fifth of neighbourhoods; parted at "
    "90 so that 25 "
    "in 100 women of 90 and over are on the register (2017/18). From 2019/20 to 2023/24 by England's register."
)


def _dementia_shape(t: Tables) -> np.ndarray:
    """Share ever recorded, with a group of 90 and over that makes a quarter of the women on the register there.

    Kuan's last group is 80 and over. Its share is parted at 90 so that, once odds are brought to the register, 25 in 100
    women of 90 and over have dementia recorded; men stand to women there as at 80 and over.
    """
    values, people = pub.kuan(t.folder, ("dementia",)), t.people.sum(1)
    group = np.minimum(np.arange(AGES) // 10, 9)
    wanted = pub.by_age(t.folder, "Dementia, recorded", "recorded prevalence", "90+", "female")
    parted = np.column_stack([values, values[:, 8]])
    odds = values[:, 8] / (1 - values[:, 8])
    for _ in range(30):
        shape = np.stack([np.tile(ungroup(parted[s], people[s], group, 40), (5, 1)) for s in range(2)])
        share = t.to_qof(shape, "DEM", 0, first=False)
        now = float((share[0, :, 90] * t.people[0, :, 90]).sum() / people[0, 90])
        old = parted[0, 9] / (1 - parted[0, 9]) * (wanted / (1 - wanted)) / (now / (1 - now))
        both = old * odds / odds[0]
        parted[:, 9] = both / (1 + both)
        for s in range(2):
            ninety, eighty = people[s, 90], people[s, 80:90].sum()
            parted[s, 8] = (values[s, 8] * (ninety + eighty) - parted[s, 9] * ninety) / eighty
    return shape


def dementia(t: Tables) -> Condition:
    now = pub.fingertips(t.folder, "247", "2023") / pub.fingertips(t.folder, "247", "2019")
    made = _simple(
        t,
        "dementia",
        "dementia",
        "DEM",
        ("dementia",),
        0,
        (1.0, "", "", ""),
        "",
        now,
        "2010-2015; 2019/20; 2023/24",
        note="All fifths brought from 2019/20 to 2023/24 by England's register.",
        source="kuan_2023; qof_imd_2019_20; fingertips_qof",
        first=40,
    )
    share = t.to_qof(_dementia_shape(t), "DEM", 0, now, first=False)
    made.groups = [((1,), share, "derived", made.groups[0][3], KUAN_DEMENTIA)]
    made.bands = tuple(b for b in BANDS if b >= 40)
    made.flows[0].bands = made.bands
    words = "hazard ratio 3.47 with other conditions held equal, split between stages; split assumed"
    made = _two_stages(
        made,
        DEMENTIA_SEVERE,
        "assumed",
        "kuan_2023; qof_imd_2019_20; fingertips_qof; nhs_dementia_2018; icsim_assumption",
        " Of those recorded, 45 in 100 are moderate or severe: recalled, no table read.",
        [
            ("none", "No dementia", "none recorded"),
            ("mild", "Dementia, mild", "on the GP's register; mild"),
            ("severe", "Dementia, moderate or severe", "on the GP's register; needs help every day"),
        ],
        [(2.5, "assumed", "payne_2020", words), (4.7, "assumed", "payne_2020", words)],
        "Dementia becomes moderate or severe",
    )
    made.flows[1].bands = made.bands
    made.flows[1].prior = 0.2
    return made


DEPRESSION_ENDS = 0.4
APMS_2007 = {16: "16-24", 25: "25-34", 35: "35-44", 45: "45-54", 55: "55-64", 65: "65-74", 75: "75+"}


def depression(t: Tables) -> Condition:
    h = t.folder
    broad = {
        first: pub.by_age(h, "At least one psychiatric condition (broad APMS list)", "prevalence", band, "persons")
        for first, band in APMS_2007.items()
    }
    young = pub.headline(h, "mental health", "common mental health condition", "16-24", "persons", "2023")
    middle = pub.headline(h, "mental health", "common mental health condition (CIS-R 12+)", "16-64", "persons", "2023")
    old = pub.by_age(h, "Common mental health condition (CIS-R 12+)", "prevalence", "75+", "persons")
    people = t.people.sum((0, 1))
    weights = {first: people[first : first + 10].sum() for first in (25, 35, 45, 55)} | {16: people[16:25].sum()}
    rest = middle * sum(weights.values()) - young * weights[16]
    factor = rest / sum(broad[first] * weights[first] for first in (25, 35, 45, 55))
    values = {first: factor * broad[first] for first in broad} | {16: young, 75: old}
    starts = np.array(list(APMS_2007))
    group = np.maximum(np.searchsorted(starts, np.arange(AGES), side="right") - 1, 0)
    curve = ungroup(np.array([values[s] for s in starts]), people, group, 16)
    recorded = pub.kuan(h, ("depr", "anxiety"))
    women_to_men = recorded[0] / recorded[1]
    ratio = np.interp(np.arange(AGES), np.arange(9) * 10 + 5, np.maximum(women_to_men, 1e-3))
    share = np.tile(curve, (2, 5, 1))
    for age in range(16, AGES):
        women, men = (t.people[s, :, age].sum() for s in range(2))
        own = curve[age] * (women + men) / (women * ratio[age] + men)
        share[0, :, age], share[1, :, age] = own * ratio[age], own
    gradient = t.to_qof(t.from_kuan(("depr",)), "DEP", 18)
    odds = np.array([_odds_at(gradient[:, q]) for q in range(5)])
    odds /= np.exp(np.log(odds).mean())
    for q in range(5):
        o = share[:, q] / (1 - share[:, q]) * odds[q]
        share[:, q] = o / (1 + o)
    return Condition(
        "depression",
        [
            ("none", "No depression or anxiety", ""),
            ("current", "Depression or anxiety", "symptoms of a common mental disorder in the past week, treated or not"),
        ],
        [
            (
                (1,),
                share,
                "derived",
                "apms_2023; apms_2007; kuan_2023; qof_imd_2019_20",
                "Common mental disorder, 25.8 in 100 at 16 to 24, 22.6 at 16 to 64, 10.2 at 75 and over (2023/24); "
                "ages between as any "
                "disorder in 2007; women to men as recorded depression and anxiety at that age.",
            )
        ],
        [Flow("depression_onset", 0, 1, bands=DEPRESSION_BANDS), Flow("depression_remission", 1, 0, DEPRESSION_ENDS)],
        [
            (
                pub.relative_risk(h, "andep_prvl", "nonmodelled", 50)[0],
                "measured",
                "impactncd_cprd",
                "ratio of death from other causes",
            )
        ],
        "2023/24",
        "Gradient: GPs' registers of depression by fifth at equal age and sex; the same multiplier of odds at all ages.",
        [
            _onset("depression_onset", "New depression or anxiety", "current", FITTED),
            {
                "event": "depression_remission",
                "label": "Depression or anxiety ends",
                "kind": "move",
                "from_levels": "current",
                "to_level": "none",
                "source": ASSUMED,
                "note": "About a third recover in a year: recalled, not read.",
            },
        ],
        bands=DEPRESSION_BANDS,
    )


def _odds_at(share: np.ndarray) -> float:
    """Odds of both sexes together at age 50: a multiplier between fifths is the same at all ages."""
    return float(np.exp(np.mean(np.log(share[:, 50] / (1 - share[:, 50])))))


def severe_mental_illness(t: Tables) -> Condition:
    now = 0.96 / 0.93
    shares = pub.kuan(t.folder, ("schizo",)).sum(), pub.kuan(t.folder, ("bad",)).sum()
    both = (2.08 * shares[0] + 1.79 * shares[1]) / sum(shares)
    made = _simple(
        t,
        "severe_mental_illness",
        "severe mental illness",
        "MH",
        ("schizo", "bad"),
        0,
        (
            round(float(both), 2),
            "derived",
            "hayes_2017",
            "2.08 for schizophrenia, 1.79 for bipolar disorder, weighted by their shares",
        ),
        "schizophrenia, bipolar disorder or another psychosis on the GP's register",
        now,
        "2010-2015; 2019/20; 2023/24",
        note="All fifths raised from 2019/20 (0.93) to 2023/24 (0.96 in 100).",
        source="kuan_2023; qof_imd_2019_20; fingertips_smi",
        first=10,
    )
    made.bands = tuple(b for b in BANDS if b >= 10)
    made.flows[0].bands = made.bands
    return made


ALCOHOL = 0.01393
DRUGS = 341_032
BOTH = 0.15
RECOVERY, RELAPSE = 0.12, 0.10


def substance(t: Tables) -> Condition:
    adults = t.people[:, :, 18:].sum() / 3
    wanted = ALCOHOL + (1 - BOTH) * DRUGS / adults
    shape = t.from_kuan(("alcohol", "substance_misuse"))
    odds = np.array(slope(2.5))[None, :, None] * shape / (1 - shape)
    shape = odds / (1 + odds)
    shape[..., :16] = 1e-9
    counted = t.people.copy()
    counted[..., :18] = 0
    share = scaled(shape, counted, float(wanted))
    share[..., :16] = 0
    return Condition(
        "substance",
        [
            ("none", "No dependence", ""),
            ("dependent", "Dependent on alcohol or drugs", "alcohol dependence, or use of opiates or crack cocaine"),
            ("recovering", "Recovering from dependence", "no dependence now, dependent within the last five years"),
        ],
        [
            (
                (1,),
                share,
                "derived",
                "pryce_2017; ocu_2020; kuan_2023; icsim_assumption",
                "Alcohol dependence, 1.39 in 100 adults, and 341,032 users of opiates or crack cocaine, of whom 15 in "
                "100 (assumed) "
                "also depend on alcohol; by age and sex as alcohol and substance misuse ever recorded.",
            )
        ],
        [
            Flow("substance_onset", 0, 1, bands=FROM_16),
            Flow("substance_recovery", 1, 2, RECOVERY),
            Flow("substance_relapse", 2, 1, RELAPSE),
            Flow("substance_recovered", 2, 0, 0.2),
        ],
        [
            (3.0, "assumed", ASSUMED, "size assumed; higher among users of opiates, lower in mild dependence on alcohol"),
            (1.5, "assumed", ASSUMED, "size assumed"),
        ],
        "2014-2020",
        "Gradient: dependence is said to be commoner where people are more deprived; odds 2.5 to 1 between the outer "
        "fifths assumed.",
        [
            _onset("substance_onset", "New dependence", "dependent", FITTED),
            {
                "event": "substance_recovery",
                "label": "Dependence ends",
                "kind": "move",
                "from_levels": "dependent",
                "to_level": "recovering",
                "source": ASSUMED,
                "note": "No rate was read; size assumed.",
            },
            {
                "event": "substance_relapse",
                "label": "Relapse into dependence",
                "kind": "move",
                "from_levels": "recovering",
                "to_level": "dependent",
                "source": ASSUMED,
                "note": "No rate was read; size assumed.",
            },
            {
                "event": "substance_recovered",
                "label": "Five years after dependence",
                "kind": "timer",
                "from_levels": "recovering",
                "to_level": "none",
                "after_days": 1826,
                "source": ASSUMED,
                "note": "Length assumed.",
            },
        ],
        bands=FROM_16,
        spread=0.35,
    )


def epilepsy(t: Tables) -> Condition:
    rr = pub.relative_risk(t.folder, "epilepsy_prvl", "nonmodelled", 65)[0]
    made = _simple(
        t,
        "epilepsy",
        "epilepsy",
        "EP",
        ("epilepsy",),
        18,
        (rr, "measured", "impactncd_cprd", "ratio of death from other causes"),
        "treated for epilepsy",
    )
    made.flows.append(Flow("epilepsy_remission", 1, 0, 0.02))
    made.events.append(
        {
            "event": "epilepsy_remission",
            "label": "Epilepsy settles",
            "kind": "move",
            "from_levels": "present",
            "to_level": "none",
            "source": ASSUMED,
            "note": "No rate was read; size assumed.",
        }
    )
    return made


def _from_birth(
    name: str,
    label: str,
    meaning: str,
    share: np.ndarray,
    rates: np.ndarray,
    mortality: tuple,
    standing: str,
    source: str,
    note: str,
    gradient: str,
    years: str,
    by_quintile: bool,
    spread: float,
) -> Condition:
    return Condition(
        name,
        [("none", f"No {label}", ""), ("present", label[0].upper() + label[1:], meaning)],
        [((1,), share, standing, source, note)],
        [Flow(f"{name}_from_birth", 0, 1, rates, bands=(0,))],
        [mortality],
        years,
        gradient,
        [
            _onset(
                f"{name}_from_birth",
                f"Born with {label}",
                "present",
                "Stands for being born with it: a rate in the first year of life only, none later.",
            )
        ],
        by_quintile=by_quintile,
        spread=spread,
    )


def learning_disability(t: Tables) -> Condition:
    ratio = pub.kuan(t.folder, ("intell_dz",)) @ np.ones(9)
    share, rates = t.from_birth(float(ratio[1] / ratio[0]), 3.99, pub.qof(t.folder, "LD"))
    return _from_birth(
        "learning_disability",
        "learning disability",
        "on the GP's register; many adults are not",
        share,
        rates,
        (3.99, "measured", "nhs_ld_2019", "standardised mortality ratio at ages 0 to 74"),
        "derived",
        "qof_imd_2019_20; kuan_2023; nhs_ld_2019",
        "From birth, falling by excess deaths only; all ages together as on the GPs' registers of that fifth; boys to "
        "girls as "
        "recorded. An estimate that counts adults unknown to GPs is about three times as high.",
        QOF_GRADIENT,
        "2016-2020",
        True,
        0.3,
    )


def autism(t: Tables) -> Condition:
    every = 0.012 * (1 - 0.005) + 0.333 * 0.005
    ratio = pub.kuan(t.folder, ("autism",)) @ np.ones(9)
    share, rates = t.from_birth(float(ratio[1] / ratio[0]), 1.5, np.full(5, every))
    share[:] = share.mean(1, keepdims=True)
    rates[:] = rates.mean(1, keepdims=True)
    return _from_birth(
        "autism",
        "autism",
        "recognised or not",
        share,
        rates,
        (1.5, "assumed", ASSUMED, "size assumed, learning disability and epilepsy aside"),
        "derived",
        "nhs_ld_2024; kuan_2023; apms_2023",
        "Recorded by GPs at all ages (1.2 in 100 without, 33.3 in 100 with a learning disability) taken as the share "
        "from birth, "
        "the same at all ages before deaths; 0.8 in 100 adults were found in the survey of 2023/24; boys to girls as "
        "recorded.",
        EQUAL,
        "2023/24",
        False,
        0.5,
    )


CHILD_ENDS, CHILD_GROWN = 0.35, 4.0


def child_disorder(t: Tables) -> Condition:
    h = t.folder
    share = np.zeros((2, 5, AGES))
    for s, sex in enumerate(pub.SEXES):
        at = [
            pub.headline(h, "child mental health", "probable mental disorder", ages, sex, "2023")
            for ages in ("8-10", "11-16", "17-19")
        ]
        ages = np.arange(AGES)
        curve = np.interp(ages, [6, 9, 13.5, 17], [0.75 * at[0], at[0], at[1], (at[1] + at[2]) / 2])
        share[s] = np.where((ages >= 5) & (ages < 18), curve, 0)
    ends = np.full(AGES, CHILD_ENDS)
    ends[18:] = CHILD_GROWN
    return Condition(
        "child_disorder",
        [
            ("none", "No mental disorder in childhood", ""),
            ("current", "Mental disorder in childhood", "probable disorder at 5 to 17 by questionnaire"),
        ],
        [
            (
                (1,),
                share,
                "derived",
                "mhcyp_2023; icsim_assumption",
                "17.7 in 100 boys and 13.6 in 100 girls at 8 to 10, 22.3 and 22.9 at 11 to 16; 17: halfway to 17 to "
                "19; 5 to 7: three "
                "quarters of 8 to 10 (assumed).",
            )
        ],
        [
            Flow("child_disorder_onset", 0, 1, bands=CHILD_BANDS),
            Flow("child_disorder_remission", 1, 0, ends),
        ],
        [(1.0, "assumed", ASSUMED, NOT_MORE)],
        "2023",
        EQUAL,
        [
            _onset(
                "child_disorder_onset", "New mental disorder in childhood", "current", FITTED + " The fit begins at age 4."
            ),
            {
                "event": "child_disorder_remission",
                "label": "Mental disorder in childhood ends",
                "kind": "move",
                "from_levels": "current",
                "to_level": "none",
                "source": ASSUMED,
                "note": "No rate was read; size assumed. From 18 on depression and the other adult conditions take over, "
                "within about three months.",
            },
        ],
        bands=CHILD_BANDS,
        by_quintile=False,
        spread=0.2,
        until=17,
    )
