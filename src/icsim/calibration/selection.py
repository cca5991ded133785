"""Which part of a table a target is of: sums over the people, places, ages and days that it names."""

from __future__ import annotations

import numpy as np

from icsim.calibration.leavings import MS_PER_YEAR, SEXES, Leavings, NotComparedError
from icsim.calibration.rows import MOST_COUNTED, NUMBER, Target


def years_of(leavings: Leavings, target: Target) -> slice:
    """The years that count together."""
    found = leavings.axes.years
    if target.when == "first":
        return slice(0, 1)
    if target.when == "end":
        return slice(len(found) - 1, len(found))
    if target.when.startswith("year"):
        n = date_of(leavings, target)
        return slice(n - 1, n)
    return slice(0, len(found))


def date_of(leavings: Leavings, target: Target) -> int:
    """The day that is looked at: 0 the start, then the end of each year. Raises NotComparedError beyond the run."""
    last = len(leavings.axes.years)
    if target.when == "end":
        return last
    if target.when.startswith("year"):
        n = int(target.when.split()[1])
        if n > last:
            raise NotComparedError(f"needs a run of {n} years, this one has {last}")
        return n
    return 0


def place_mask(leavings: Leavings, target: Target) -> np.ndarray:
    """bool[place]. Raises NotComparedError where the area has no such place or county."""
    axes = leavings.axes
    if not target.place:
        return np.ones(len(axes.places), bool)
    mask = np.array([target.place in pair for pair in zip(axes.places, axes.counties, strict=True)])
    if not mask.any():
        raise NotComparedError(f"the area has no place or county {target.place}")
    return mask


def band_mask(target: Target, bands: int = 19) -> np.ndarray:
    """bool[band]: five-year bands of the ages that count."""
    first = np.arange(bands) * 5
    return (first >= target.age_from) & (first <= target.age_to)


def quintile_mask(target: Target) -> np.ndarray:
    """bool[quintile]."""
    return np.array([target.quintile in (0, n + 1) for n in range(5)])


def sex_mask(target: Target) -> np.ndarray:
    """bool[sex]."""
    return np.array([target.sex in ("", sex) for sex in SEXES])


def of_cells(leavings: Leavings, name: str, target: Target) -> np.ndarray:
    """float64[year, quintile, band]: a column of `cells` for the sexes and places that count; all years, fifths and ages."""
    if not leavings.has(f"cells.{name}"):
        raise NotComparedError(f"nothing called {name} is counted")
    table = leavings.table(f"cells.{name}")
    return table[:, place_mask(leavings, target)][:, :, :, sex_mask(target)].sum(axis=(1, 3)).astype(np.float64)


def amount(leavings: Leavings, name: str, target: Target) -> float:
    """What a column of `cells` adds up to for the people and years that count."""
    found = of_cells(leavings, name, target)[years_of(leavings, target)]
    return float(found[:, quintile_mask(target)][:, :, band_mask(target)].sum())


def expression(leavings: Leavings, text: str, target: Target) -> float:
    """Amounts added up, as "a+b"; "*a" are the cases of people who are no residents."""
    total = 0.0
    for name in (part.strip() for part in text.split("+")):
        if name.startswith("*"):
            table = f"background.{name[1:]}"
            total += float(leavings.table(table)[years_of(leavings, target)].sum()) if leavings.has(table) else 0.0
        else:
            total += amount(leavings, name, target)
    return total


def person_years(leavings: Leavings, target: Target) -> float:
    """Years lived by the people who count."""
    return amount(leavings, "person_time_ms", target) / MS_PER_YEAR


def level_mask(leavings: Leavings, target: Target) -> np.ndarray:
    """bool[level]. Raises NotComparedError where the catalogue has no such attribute or level."""
    levels = leavings.axes.levels.get(target.attribute)
    if levels is None:
        raise NotComparedError("no condition that counts is in the catalogue" if target.attribute == NUMBER
                               else f"{target.attribute} is not in the catalogue")
    wanted = [str(n) for text in target.levels for n in _numbers(text)] if target.attribute == NUMBER else target.levels
    known = [level.rstrip("+") for level in levels] if target.attribute == NUMBER else list(levels)
    for name in wanted:
        if name not in known:
            raise NotComparedError(f"{target.attribute} has no level {name} in the catalogue")
    return np.array([name in wanted for name in known])


def _numbers(text: str) -> range:
    """Numbers meant by "3" or "2+"."""
    first = int(text.rstrip("+"))
    return range(first, MOST_COUNTED + 1) if text.endswith("+") else range(first, first + 1)
