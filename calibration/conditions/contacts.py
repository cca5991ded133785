"""How often people see their GP practice and community services: norms by age and sex, contacts a year.

No table by age could be read. The course of consultations with age is recalled, so every norm is assumed; the level of
contacts with community services is that of one English system, its course follows from how both kinds of contact rise
together between the segments of need there.
"""

from __future__ import annotations

from math import log
from pathlib import Path

import numpy as np
import published as pub

PRACTICE_LEVEL = 5.7
"""Appointments with GP practices for each registered person in 2023/24: recalled."""
SEGMENTS = 5
LEAST, MOST = 0.8, 1.25
"""Range of a norm, relative; of community services, of which less is known, twice as wide."""


def _records(folder: Path) -> list[dict[str, str]]:
    return pub.read(folder, "6_activity_rates_by_age_spend.csv")


def by_segment(folder: Path, measure: str) -> np.ndarray:
    """float64[segment]: a figure of the segments of need of one system's adults, least need first."""
    found = [
        float(row["value"])
        for n in range(1, SEGMENTS + 1)
        for row in _records(folder)
        if row["item"].startswith(f"Core segment {n} ") and row["measure"] == measure
    ]
    return np.array(found)


def recalled(folder: Path) -> dict[tuple[str, int, int], float]:
    """(sex, first age, last age) → consultations a year, recalled."""
    found = {}
    for row in _records(folder):
        if row["item"] == "Primary care consultations by age":
            first, _, last = row["age_band"].replace("+", "-90").partition("-")
            found[row["sex"], int(first), int(last)] = float(row["value"])
    return found


def mean(course: dict[tuple[str, int, int], float], people: np.ndarray, from_age: int = 0) -> float:
    """Mean over England's residents from an age on; people: float64[sex, age]."""
    total = np.zeros(2)
    for (sex, first, last), value in course.items():
        here = people[pub.SEXES.index(sex), max(first, from_age) : last + 1].sum()
        total += [here * value, here]
    return float(total[0] / total[1])


def norm_rows(folder: Path) -> list[dict]:
    """Norms of both weights."""
    people = pub.life_table(folder)[0].sum(axis=1)
    shape = recalled(folder)
    level = PRACTICE_LEVEL / mean(shape, people)
    practice = {key: value * level for key, value in shape.items()}
    shares = by_segment(folder, "share of adult population")
    ours, theirs = by_segment(folder, "community contacts"), by_segment(folder, "primary care contacts")
    steep = log(ours[-1] / ours[0]) / log(theirs[-1] / theirs[0])
    course = {(sex, *ages): shape["male", *ages] ** steep for sex, *ages in shape}
    adults = float(ours @ shares / shares.sum())
    level = adults / mean(course, people, 17)
    community = {key: value * level for key, value in course.items()}
    return _rows(
        "gp_contacts",
        practice,
        (LEAST, MOST),
        "2023/24",
        "nhs_appointments_recalled; hobbs_2016",
        "Course by age and sex recalled, scaled so that all residents of England have 5.7 a year (recalled); 5.16 with GPs "
        "and nurses were counted in 2013/14, highest at 0 to 4 and from 85 on.",
    ) + _rows(
        "community_contacts",
        community,
        (LEAST**2, MOST**2),
        "2021/22",
        "bnssg_dpm; hobbs_2016",
        f"Level: {adults:.2f} a year for adults of one English system; course by age: that of consultations by men "
        f"(recalled) to the power {steep:.2f}, by which community contacts rise with them between segments of need. Both "
        "sexes alike.",
    )


def _rows(weight: str, course: dict, spread: tuple[float, float], year: str, source: str, note: str) -> list[dict]:
    return [
        {
            "weight": weight,
            "sex": sex,
            "quintile": "*",
            "age_from": first,
            "age_to": last,
            "value": value,
            "low": value * spread[0],
            "high": value * spread[1],
            "unit": "contacts a year",
            "year": year,
            "standing": "assumed",
            "source": source,
            "note": note,
        }
        for (sex, first, last), value in course.items()
    ]
