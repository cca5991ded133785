"""Life tables and standardised rates: the equations behind life expectancy, on the 19 age bands of the results.

Age bands are 00-04 … 85-89 and 90+, so arrays have length 19: person-years lived and deaths in each band.
"""

from __future__ import annotations

import numpy as np

AGE_BANDS = (*(f"{age:02d}-{age + 4:02d}" for age in range(0, 90, 5)), "90+")
WIDTH_YEARS = 5.0

EUROPEAN_STANDARD_POPULATION = np.array(
    [5000, 5500, 5500, 5500, 6000, 6000, 6500, 7000, 7000, 7000, 7000, 6500, 6000, 5500, 5000, 4000, 2500, 1500, 1000],
    np.float64,
)
"""People per 100,000 in each band. Source: Eurostat, Revision of the European Standard Population, 2013."""

SHARE_LIVED = np.array([0.1] + [0.5] * 18)
"""Share of a band lived by those who die in it (Chiang's a): a half, but a tenth for 0–4, where nearly all deaths are
those of infants (Chiang 1984 gives 0.09 for the first year of life)."""


class LifeTableError(ValueError):
    """Too little was observed for a life table; the message says what is missing."""


def death_probability(person_years: np.ndarray, deaths: np.ndarray) -> np.ndarray:
    """Probability of dying within each band for those who reach it: q = n·M / (1 + (1 − a)·n·M), M = deaths a year.

    The last band has no end: q = 1. Source: Chiang 1984, The Life Table and its Applications, chapter 4 (Chiang II).
    """
    hazard = WIDTH_YEARS * deaths / person_years
    q = hazard / (1.0 + (1.0 - SHARE_LIVED) * hazard)
    return np.append(q[:-1], 1.0)


def years_lived(person_years: np.ndarray, deaths: np.ndarray) -> np.ndarray:
    """Years lived in each band per newborn: L = n·(l − d) + a·n·d with l survivors and d = l·q; at 90+: L = l / M.

    Raises LifeTableError where a band was not lived in, or nobody died at 90 or over.
    """
    if (person_years <= 0).any():
        raise LifeTableError(f"no residents aged {AGE_BANDS[int(np.argmax(person_years <= 0))]}")
    if deaths[-1] <= 0:
        raise LifeTableError("no deaths at 90 and over")
    q = death_probability(person_years, deaths)
    survivors = np.append(1.0, np.cumprod(1.0 - q[:-1]))
    dying = survivors * q
    lived = WIDTH_YEARS * (survivors - dying) + SHARE_LIVED * WIDTH_YEARS * dying
    lived[-1] = survivors[-1] * person_years[-1] / deaths[-1]
    return lived


def life_expectancy(person_years: np.ndarray, deaths: np.ndarray) -> float:
    """Period life expectancy at birth in years: ΣL over the bands (Chiang 1984; the abridged method of the ONS)."""
    return float(years_lived(person_years, deaths).sum())


def healthy_life_expectancy(person_years: np.ndarray, deaths: np.ndarray, healthy_years: np.ndarray) -> float:
    """Years in good general health expected at birth: ΣL·h with h the share of time lived in good health in each band.

    With quality-adjusted instead of healthy years it is quality-adjusted life expectancy (Love-Koh and others 2015, Value in
    Health 18(5), 655–662).
    Source: Sullivan 1971, HSMHA Health Reports 86(4) 347–354. Instrument: the general-health question of the census and
    the Annual Population Survey ("very good" or "good"), as in the catalogue's weight `good_health`.
    """
    return float((years_lived(person_years, deaths) * healthy_years / person_years).sum())


def weighted_share(weighted: np.ndarray, person_years: np.ndarray) -> float:
    """Weighted years per year lived, all ages together. Raises LifeTableError where nobody lived."""
    if not person_years.sum() > 0:
        raise LifeTableError("no residents")
    return float(weighted.sum() / person_years.sum())


def standardised_rate(events: np.ndarray, person_years: np.ndarray) -> float:
    """Directly age-standardised rate per 100,000 person-years: Σ w·events/person-years, w of the European standard.

    Bands in which nobody lived are left out and the weights of the others raised. Source: Eurostat 2013; APHO 2008,
    Technical Briefing 3, Commonly used public health statistics and their confidence intervals.
    """
    lived = person_years > 0
    if not lived.any():
        raise LifeTableError("no residents")
    weights = EUROPEAN_STANDARD_POPULATION[lived]
    return float(1e5 * (weights * events[lived] / person_years[lived]).sum() / weights.sum())
