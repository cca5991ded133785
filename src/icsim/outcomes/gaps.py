"""How unequal an outcome is between deprivation fifths: slope and relative index, plain gap, equal equivalent.

Groups stand most deprived first. They are ranked, and weighted, by their person-years; the quintile of a resident never
changes, so it is that at the start. Values are per person or per person-year, never totals: a benefit that is the same for
everybody in each year lived then has a slope of 0, also where some groups grow faster than others.
"""

from __future__ import annotations

import numpy as np

EPSILON = 10.95
"""Aversion to inequality in health of the public in England: median answer. Source: Robson and others 2017, Health
Economics 26(10), 1328–1334."""


def ridits(population: np.ndarray) -> np.ndarray:
    """Middle of each group's place in the population ranked from the most deprived: r = (Σ before + own / 2) / total.

    population: people or person-years in each group, most deprived first. Source: Bross 1958, Biometrics 14, 18–38.
    """
    return (np.cumsum(population) - population / 2.0) / population.sum()


def slope_index(values: np.ndarray, population: np.ndarray) -> float:
    """Slope index of inequality: the slope b of value = a + b·ridit by least squares weighted with the population.

    It is the value of the least deprived minus that of the most deprived, in the unit of the value, taking the groups
    in between and their sizes into account. Values that are all the same give exactly 0.
    Source: Mackenbach and Kunst 1997, Soc Sci Med 44(6), 757–771.
    """
    rank = ridits(population)
    centred = rank - np.average(rank, weights=population)
    return float((population * centred * (values - values[0])).sum() / (population * centred**2).sum())


def relative_index(values: np.ndarray, population: np.ndarray) -> float:
    """Relative index of inequality: the slope index over the mean value, as a share. Source: Pamuk 1985, Population
    Studies 39(1), 17–31; Regidor 2004, J Epidemiol Community Health 58(11), 900–903. Not finite where the mean is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.float64(slope_index(values, population)) / np.average(values, weights=population))


def gap(values: np.ndarray) -> float:
    """The value of the least deprived fifth (last) minus that of the most deprived (first)."""
    return float(values[-1] - values[0])


def equal_equivalent(values: np.ndarray, population: np.ndarray, epsilon: float = EPSILON) -> float:
    """The level that would be as good if everybody had it: (Σ p·h^(1 − ε))^(1 / (1 − ε)), p the population shares.

    values: above 0, such as quality-adjusted life expectancy in years; epsilon: aversion to inequality, not 1 (0: the mean).
    Source: Atkinson 1970, Journal of Economic Theory 2(3), 244–263.
    """
    top = values.max()  # powers of a ratio neither overflow nor vanish
    return float(top * np.average((values / top) ** (1.0 - epsilon), weights=population) ** (1.0 / (1.0 - epsilon)))
