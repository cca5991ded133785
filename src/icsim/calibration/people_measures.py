"""Population, births, deaths, and how long and how healthily people can expect to live."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from icsim.calibration.leavings import MS_PER_YEAR, Leavings, NotComparedError
from icsim.calibration.rows import ENGLAND, OLDEST, Target
from icsim.calibration.selection import (
    amount,
    band_mask,
    date_of,
    of_cells,
    place_mask,
    quintile_mask,
    sex_mask,
    years_of,
)
from icsim.outcomes import gaps, lifetable

# Numbers of residents ------------------------------------------------------------------------------------------------


def counted(leavings: Leavings, target: Target, date: int) -> float:
    """People on a day, all replications together; where ages are no whole bands, from the census by single year."""
    if _whole(target):
        table = leavings.table("population")[date][place_mask(leavings, target)][:, :, sex_mask(target)].sum(axis=(0, 2))
        return float(table[quintile_mask(target)][:, band_mask(target)].sum())
    ages = slice(target.age_from, target.age_to + 1)
    if target.place:
        return float(leavings.table("census.sex.place")[date][place_mask(leavings, target), ages].sum())
    table = leavings.table("census.sex")[date][sex_mask(target)][:, quintile_mask(target)]
    return float(table[:, :, ages].sum())


def _whole(target: Target) -> bool:
    return target.age_from % 5 == 0 and (target.age_to % 5 == 4 or target.age_to == OLDEST)


def residents_by_age(leavings: Leavings, target: Target) -> float:
    """Residents on a day."""
    return counted(leavings, target, date_of(leavings, target)) / leavings.replications


def age_share(leavings: Leavings, target: Target) -> float:
    """People of these ages, % of all."""
    date = date_of(leavings, target)
    return 100 * counted(leavings, target, date) / counted(leavings, replace(target, age_from=0, age_to=OLDEST), date)


def fifth_share(leavings: Leavings, target: Target) -> float:
    """Residents of a national fifth, % of all."""
    date = date_of(leavings, target)
    return 100 * counted(leavings, target, date) / counted(leavings, replace(target, quintile=0), date)


def population_ratio(leavings: Leavings, target: Target) -> float:
    """Residents on a day, % of those at the start."""
    return 100 * _ratio(counted(leavings, target, date_of(leavings, target)), counted(leavings, target, 0))


def place_share(leavings: Leavings, target: Target) -> float:
    """What happens in a place, % of what happens in the area."""
    return 100 * _ratio(amount(leavings, target.of, target), amount(leavings, target.of, replace(target, place="")))


def _ratio(part: float, whole: float) -> float:
    if whole == 0:
        raise NotComparedError("nobody to compare with")
    return part / whole


# Length of life ------------------------------------------------------------------------------------------------------


def by_band(leavings: Leavings, target: Target) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Person-years, deaths and healthy years, float64[band], of the sexes, fifths and places that count.

    The trend is divided out of the deaths, so that they are those of the years that the rates were measured in; and against
    a figure of England so is how many more die in the area than there, by its own table.
    """
    years, quintiles = years_of(leavings, target), quintile_mask(target)
    lived, died, healthy = (of_cells(leavings, name, target)[:, quintiles].sum(axis=1)
                            for name in ("person_time_ms", "deaths", "healthy_time_ms"))
    here = leavings.axes.deaths_here if target.area == ENGLAND else 1.0
    died = died / leavings.axes.death_trend[:, None] / here
    return lived[years].sum(0) / MS_PER_YEAR, died[years].sum(0), healthy[years].sum(0) / MS_PER_YEAR


def life_expectancy(leavings: Leavings, target: Target) -> float:
    """Years expected at birth (Chiang), at the death rates of the years that the tables are of."""
    lived, died, _ = by_band(leavings, target)
    return _of_life_table(lambda: lifetable.life_expectancy(lived, died))


def healthy_life_expectancy(leavings: Leavings, target: Target) -> float:
    """Years in good general health expected at birth (Sullivan)."""
    lived, died, healthy = by_band(leavings, target)
    return _of_life_table(lambda: lifetable.healthy_life_expectancy(lived, died, healthy))


def _of_life_table(work_out: Callable[[], float]) -> float:
    try:
        return work_out()
    except lifetable.LifeTableError as error:
        raise NotComparedError(str(error)) from None


def life_expectancy_slope(leavings: Leavings, target: Target) -> float:
    """Slope index of life expectancy over five equal national fifths, as England has them."""
    return _slope(leavings, target, life_expectancy)


def healthy_life_expectancy_slope(leavings: Leavings, target: Target) -> float:
    """Slope index of healthy life expectancy over five equal national fifths."""
    return _slope(leavings, target, healthy_life_expectancy)


def _slope(leavings: Leavings, target: Target, measure: Callable[[Leavings, Target], float]) -> float:
    values = [measure(leavings, replace(target, quintile=n)) for n in range(1, 6)]
    return gaps.slope_index(np.array(values), np.ones(5))


def life_expectancy_area_slope(leavings: Leavings, target: Target) -> float:
    """Slope index of life expectancy over the area's own residents, ranked by national fifth; empty fifths are left out."""
    fifths = [replace(target, quintile=n) for n in range(1, 6)]
    lived = [float(by_band(leavings, each)[0].sum()) for each in fifths]
    here = [n for n in range(5) if lived[n] > 0]
    values = [life_expectancy(leavings, fifths[n]) for n in here]
    return gaps.slope_index(np.array(values), np.array([lived[n] for n in here]))
