"""How many have what, and what becomes of them within a year."""

from __future__ import annotations

import numpy as np

from icsim.calibration.census import (
    ADMISSIONS,
    ADMITTED,
    DIED,
    EVERYBODY,
    PEOPLE,
    SQUARED,
    followed_table,
    place_table,
    share_table,
)
from icsim.calibration.leavings import Leavings, NotComparedError
from icsim.calibration.rows import ENGLAND, Target
from icsim.calibration.selection import (
    band_mask,
    date_of,
    level_mask,
    place_mask,
    quintile_mask,
    sex_mask,
    years_of,
)


def prevalence(leavings: Leavings, target: Target) -> float:
    """People at these levels, % of all of their ages, sex, fifth or place. Of all fifths of England: as if a fifth each."""
    levels, date = level_mask(leavings, target), date_of(leavings, target)
    if target.place:
        table = leavings.table(place_table(target.attribute))[date][place_mask(leavings, target)]
    else:
        table = _by_level(leavings, target)[date][sex_mask(target)].sum(axis=0)[quintile_mask(target)]
    by_level = table[:, target.age_from : target.age_to + 1].sum(axis=1)
    if target.area == ENGLAND and not target.among:
        by_level = by_level / np.maximum(by_level.sum(axis=1, keepdims=True), 1)
    found = by_level.sum(axis=0)
    return 100 * _share(found[levels].sum(), found.sum())


def _by_level(leavings: Leavings, target: Target) -> np.ndarray:
    name = share_table(target.attribute, target.among)
    if not leavings.has(name):
        raise NotComparedError(f"{target.among.split('=')[0]} is not in the catalogue, or has no such level")
    return leavings.table(name)


def _share(part: float, whole: float) -> float:
    if whole <= 0:
        raise NotComparedError("nobody to compare with")
    return float(part / whole)


# Within a year -------------------------------------------------------------------------------------------------------


def followed(leavings: Leavings, target: Target) -> np.ndarray:
    """float64[sex, quintile, band, level, statistic] of the people and years that count."""
    table = leavings.table(followed_table(target.attribute or EVERYBODY))[years_of(leavings, target)].sum(axis=0)
    return table[sex_mask(target)][:, quintile_mask(target)][:, :, band_mask(target)].astype(np.float64)


def _of_people(leavings: Leavings, target: Target) -> np.ndarray:
    """float64[statistic] of all of them together; at the levels that the target names, if it does."""
    levels = level_mask(leavings, target) if target.attribute else np.ones(1, bool)
    found = followed(leavings, target)[..., levels, :].sum(axis=(0, 1, 2, 3))
    if found[PEOPLE] <= 0:
        raise NotComparedError("nobody to compare with")
    return found


def death_ratio(leavings: Leavings, target: Target) -> float:
    """Chance of dying within a year at a level over that at the first level, at equal age, sex and fifth."""
    return _matched(leavings, target, DIED)


def admission_ratio(leavings: Leavings, target: Target) -> float:
    """Emergency admissions within a year at a level over those at the first level, at equal age, sex and fifth."""
    return _matched(leavings, target, ADMISSIONS)


def _matched(leavings: Leavings, target: Target, statistic: int) -> float:
    """Ratio of rates over strata: Σ a·n₀/N over Σ b·n₁/N (Mantel and Haenszel 1959; Rothman and others 2008, chapter 15)."""
    levels, table = level_mask(leavings, target), followed(leavings, target)
    exposed, others = table[..., levels, :].sum(axis=-2), table[..., 0, :]
    both = exposed[..., PEOPLE] + others[..., PEOPLE]
    weight = 1.0 / np.where(both > 0, both, 1.0)
    return _share((exposed[..., statistic] * others[..., PEOPLE] * weight).sum(),
                  (others[..., statistic] * exposed[..., PEOPLE] * weight).sum())


def death_share(leavings: Leavings, target: Target) -> float:
    """Dead within a year, % of people."""
    found = _of_people(leavings, target)
    return 100 * float(found[DIED] / found[PEOPLE])


def admission_rate(leavings: Leavings, target: Target) -> float:
    """Emergency admissions a person within a year."""
    found = _of_people(leavings, target)
    return float(found[ADMISSIONS] / found[PEOPLE])


def admitted_share(leavings: Leavings, target: Target) -> float:
    """Admitted as an emergency at least once within a year, % of people."""
    found = _of_people(leavings, target)
    return 100 * float(found[ADMITTED] / found[PEOPLE])


def dispersion(leavings: Leavings, target: Target) -> float:
    """Variance over mean of the admissions of a person within a year: 1 if they fell on people at random."""
    found = _of_people(leavings, target)
    mean = found[ADMISSIONS] / found[PEOPLE]
    return _share(found[SQUARED] / found[PEOPLE] - mean**2, mean)


def readmission_share(leavings: Leavings, target: Target) -> float:
    """Emergency stays that begin within 30 days of the end of another, % of emergency stays."""
    back, stays = leavings.table("returns")[years_of(leavings, target)].sum(axis=0)[quintile_mask(target)].sum(axis=0)
    return 100 * _share(float(back), float(stays))
