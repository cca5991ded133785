"""How unequal an outcome is between deprivation fifths: the slope index and the plain gap."""

from __future__ import annotations

import numpy as np


def ridits(population: np.ndarray) -> np.ndarray:
    """Middle of each group's place in the population ranked from the most deprived: r = (Σ before + own / 2) / total.

    population: people or person-years in each group, most deprived first. Source: Bross 1958, Biometrics 14, 18–38.
    """
    return (np.cumsum(population) - population / 2.0) / population.sum()


def slope_index(values: np.ndarray, population: np.ndarray) -> float:
    """Slope index of inequality: the slope b of value = a + b·ridit by least squares weighted with the population.

    It is the value of the least deprived minus that of the most deprived, in the unit of the value, taking the groups
    in between and their sizes into account. Source: Mackenbach and Kunst 1997, Soc Sci Med 44(6), 757–771.
    """
    rank = ridits(population)
    centred = rank - np.average(rank, weights=population)
    return float((population * centred * values).sum() / (population * centred**2).sum())


def gap(values: np.ndarray) -> float:
    """The value of the least deprived fifth (last) minus that of the most deprived (first)."""
    return float(values[-1] - values[0])
