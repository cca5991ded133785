"""How circumstances go together in the reference population: what anchoring and starting levels are computed from.

Attributes are taken in catalogue order. An attribute is more common among those whom the model itself makes more likely
to come by it: the odds of not being at its first level are × the ratios, by level of the attributes before it, on the
event that leads away from the first level. The odds themselves are solved so that published prevalences are met exactly
in every sex, quintile and age.

With thirty attributes that depend on each other no table holds every combination, so each cell (sex, quintile, age) has
the same evenly spread *points* instead of people: a Sobol sequence, one coordinate an attribute, scrambled by hash (Owen
1995; Burley 2020, Journal of Computer Graphics Techniques 9(4)). A point takes its levels as a resident draws them at the
start. Means over the points are what analysis would give, to a few in a thousand. The same points serve every age, so that
means are smooth in age; and the arithmetic is + − × ÷ alone, so that every processor gets the same bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.stats import qmc

from icsim import rng
from icsim._compile import inlined, kernel
from icsim.residents.layout import CELL

POINTS = 1024
"""Points a cell; a power of two, as a Sobol sequence wants."""
_ALMOST_ALL = 1.0 - 1e-9
_CELLS = int(np.prod(CELL))


@dataclass(frozen=True)
class Reference:
    """Prevalences and how they depend on each other. Cells: float64[sex, quintile, age]."""

    order: tuple[str, ...]
    odds: Mapping[str, np.ndarray]
    """attribute → odds, with all factors at 1, of not being at the first level, by cell"""
    among: Mapping[str, np.ndarray]
    """attribute → share of each level among those not at the first one: float64[…cell, level], 0 for the first"""
    factors: Mapping[str, Mapping[str, np.ndarray]]
    """attribute → attribute before it → factor on those odds by its level: float64[level]"""
    shares: Mapping[str, np.ndarray]
    """attribute → published share of each level: float64[…cell, level]"""
    levels: Mapping[str, np.ndarray]
    """attribute → uint8[cell, point]: level of every point"""
    counts: Mapping[str, np.ndarray]
    """attribute → float64[cell, level]: how many points are at each level"""

    def expected(self, value: Mapping[str, np.ndarray], given: Mapping[str, int] | None = None) -> np.ndarray:
        """E[Π value[a][level of a]] by cell, over those at the `given` levels (over all, where nobody is).

        value: attribute → float64[level]; given: attribute → level. A level that one in ten thousand has falls on no point,
        or on one too many; so the mean is × what the published shares of each attribute alone give, over what its points do.
        """
        product = self.products(value)
        mean = (self._mean_given(product, given) if given else product.mean(axis=1)).reshape(CELL)
        known = [a for a in value if a in self.order]
        return mean * np.prod([self._exact(a, value[a]) / self._by_points(a, value[a]) for a in known], axis=0)

    def _mean_given(self, product: np.ndarray, given: Mapping[str, int]) -> np.ndarray:
        """float64[cell]: mean over the points at the given levels."""
        here = np.ones(product.shape, bool)
        for a, level in given.items():
            here &= self.levels[a] == level
        here[~here.any(axis=1)] = True
        return np.where(here, product, 0.0).sum(axis=1) / here.sum(axis=1)

    def _exact(self, a: str, by_level: np.ndarray) -> np.ndarray:
        """E[value of a] by cell, by its published shares."""
        return self.shares[a] @ by_level

    def _by_points(self, a: str, by_level: np.ndarray) -> np.ndarray:
        """The same by the points."""
        return (self.counts[a] @ by_level / POINTS).reshape(CELL)

    def odds_for(self, target: np.ndarray, value: Mapping[str, np.ndarray]) -> np.ndarray:
        """Base odds o by cell such that E[o·x / (1 + o·x)] = target, x being the product of values; 0 for a target of 0."""
        found = np.zeros(_CELLS)
        _solve_odds(self.products(value), np.ascontiguousarray(target, np.float64).reshape(-1), found)
        return found.reshape(CELL)

    def products(self, value: Mapping[str, np.ndarray]) -> np.ndarray:
        """float64[cell, point]: Π value[a][level of a] at each point."""
        product = np.ones((_CELLS, POINTS))
        for a, by_level in value.items():
            if a in self.levels:
                _multiply(self.levels[a], np.ascontiguousarray(by_level, np.float64), product)
        return product


def reference(prevalence: Mapping[str, np.ndarray], factors: Mapping[str, Mapping[str, np.ndarray]]) -> Reference:
    """Solve the odds of each attribute in turn, and give every point its level.

    prevalence: attribute, in order → share of each level float64[sex, quintile, age, level] (level 0 takes the rest);
    factors: as in `Reference`.
    """
    order = tuple(prevalence)
    solved = Reference(order, {}, {}, {a: factors.get(a, {}) for a in order}, {}, {}, {})
    for n, (a, shares) in enumerate(prevalence.items()):
        away = np.minimum(shares[..., 1:].sum(axis=-1), _ALMOST_ALL)
        among = shares / np.where(away > 0, away, 1.0)[..., None]
        among[..., 0] = 0.0
        whole = among * away[..., None]
        whole[..., 0] = 1.0 - away
        odds = solved.odds_for(away, solved.factors[a])
        product = solved.products(solved.factors[a])
        cumulative = np.ascontiguousarray(np.cumsum(among, axis=-1).reshape(_CELLS, -1))
        levels, counts = np.zeros((_CELLS, POINTS), np.uint8), np.zeros((_CELLS, whole.shape[-1]))
        _place_points(product, odds.reshape(-1), cumulative, coordinate(n), levels, counts)
        solved = Reference(order, {**solved.odds, a: odds}, {**solved.among, a: among}, solved.factors,
                           {**solved.shares, a: whole}, {**solved.levels, a: levels}, {**solved.counts, a: counts})
    return solved


@cache
def _sobol() -> np.ndarray:
    """uint32[point, coordinate]: more coordinates than there are attributes."""
    sequence = qmc.Sobol(256, scramble=False).random_base2(POINTS.bit_length() - 1)
    return (sequence * 2.0**32).astype(np.uint32)


@cache
def coordinate(n: int) -> np.ndarray:
    """float64[point]: the uniform numbers by which points take the level of attribute n."""
    seed = np.uint32(rng.address(rng.stream(0, "reference population"), np.uint64(n), np.uint64(0)) >> np.uint64(32))
    x = _reversed(_sobol()[:, n]) + seed
    for odd in (0x6C50B47C, 0xB82F1E52, 0xC7AFE638, 0x8D22F6E6):
        x ^= x * np.uint32(odd)
    return (_reversed(x) + 0.5) / 2.0**32


def _reversed(x: np.ndarray) -> np.ndarray:
    """The bits of uint32[n] from last to first."""
    for shift, mask in ((1, 0x55555555), (2, 0x33333333), (4, 0x0F0F0F0F), (8, 0x00FF00FF), (16, 0x0000FFFF)):
        step, low = np.uint32(shift), np.uint32(mask)
        x = ((x >> step) & low) | ((x & low) << step)
    return x


@kernel
def _multiply(level, by_level, product):
    """product[cell, point] × by_level[level at the point]."""
    for c in range(product.shape[0]):
        for n in range(product.shape[1]):
            product[c, n] *= by_level[level[c, n]]


@kernel
def _solve_odds(x, target, odds):
    """odds[cell] with mean over points of odds·x / (1 + odds·x) = target[cell]; x: float64[cell, point].

    The mean rises ever more slowly with the odds, so Newton's method from 0 comes up to the root and never passes it.
    """
    for c in range(x.shape[0]):
        if target[c] > 0.0:
            o, step = 0.0, 1.0
            while step > 1e-13 * o:
                reached, slope = _mean_share(x, c, o)
                step = (target[c] - reached) / slope
                o += max(step, 0.0)
            odds[c] = o


@inlined
def _mean_share(x, c, o):
    """Mean of o·x / (1 + o·x) over the points of cell c, and its derivative by o."""
    total = 0.0
    slope = 0.0
    for n in range(x.shape[1]):
        rest = 1.0 / (1.0 + o * x[c, n])
        total += o * x[c, n] * rest
        slope += x[c, n] * rest * rest
    return total / x.shape[1], slope / x.shape[1]


@kernel
def _place_points(product, odds, cumulative, u, levels, counts):
    """The level of an attribute at every point, as a resident draws it: those with a high u away from the first level."""
    for c in range(product.shape[0]):
        for n in range(product.shape[1]):
            at_first = 1.0 / (1.0 + odds[c] * product[c, n])
            level = 0
            if u[n] >= at_first:
                share = (u[n] - at_first) / (1.0 - at_first)
                level = 1
                while level < cumulative.shape[1] - 1 and share >= cumulative[c, level]:
                    level += 1
            levels[c, n] = level
            counts[c, level] += 1.0
