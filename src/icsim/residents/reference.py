"""How circumstances go together in the reference population: what anchoring and starting levels are computed from.

Attributes are taken in catalogue order. A level is more common among those whom the model itself makes more likely to come
by it: its odds against the first level are × the ratios, by level of the attributes before it, on the events that lead
there. The odds themselves are solved so that published prevalences are met exactly in every sex, quintile and age.

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
from hashlib import blake2b
from threading import Lock

import numpy as np
from scipy.stats import qmc

from icsim import rng
from icsim._compile import inlined, kernel
from icsim.residents.layout import CELL

POINTS = 1024
"""Points a cell; a power of two, as a Sobol sequence wants."""
_ALMOST_ALL = 1.0 - 1e-9
_NEAR = 1e-11
_CELLS = int(np.prod(CELL))


@dataclass(frozen=True)
class Reference:
    """Prevalences and how they depend on each other. Cells: float64[sex, quintile, age]."""

    order: tuple[str, ...]
    odds: Mapping[str, np.ndarray]
    """attribute → odds of each level against the first, with all factors at 1: float64[…cell, level], 1 for the first"""
    factors: Mapping[str, Mapping[str, np.ndarray]]
    """attribute → attribute before it → factor on those odds: float64[level of the one before, level], 1 for the first"""
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

    def odds_ratios(self, a: str, levels: int) -> np.ndarray:
        """float64[cell, point, level]: Π factor on the odds of each level of attribute a, 1 for the first."""
        product = np.ones((_CELLS, POINTS, levels))
        for b, by_level in self.factors[a].items():
            _multiply_levels(self.levels[b], np.ascontiguousarray(by_level, np.float64), product)
        return product

    def products(self, value: Mapping[str, np.ndarray]) -> np.ndarray:
        """float64[cell, point]: Π value[a][level of a] at each point."""
        product = np.ones((_CELLS, POINTS))
        for a, by_level in value.items():
            if a in self.levels:
                _multiply(self.levels[a], np.ascontiguousarray(by_level, np.float64), product)
        return product


_SOLVED: dict[bytes, Reference] = {}
"""By content of what they were solved from; most changes to the tables touch neither shares nor what makes them depend."""
_KEPT = 2
_SOLVING = Lock()


def reference(prevalence: Mapping[str, np.ndarray], factors: Mapping[str, Mapping[str, np.ndarray]]) -> Reference:
    """Solve the odds of each attribute in turn, and give every point its level; once for the same content.

    prevalence: attribute, in order → share of each level float64[sex, quintile, age, level] (level 0 takes the rest);
    factors: as in `Reference`.
    """
    key = _content(prevalence, factors)
    with _SOLVING:
        found = _SOLVED.pop(key, None) or _solved(prevalence, factors)
        _SOLVED[key] = found  # the last used is the last to go
        for old in list(_SOLVED)[:-_KEPT]:
            del _SOLVED[old]
    return found


def _content(prevalence: Mapping[str, np.ndarray], factors: Mapping[str, Mapping[str, np.ndarray]]) -> bytes:
    digest = blake2b()
    for a, shares in prevalence.items():
        of_others = factors.get(a, {})
        digest.update(repr((a, shares.shape, [(b, values.shape) for b, values in of_others.items()])).encode())
        for values in (shares, *of_others.values()):
            digest.update(np.ascontiguousarray(values, np.float64).tobytes())
    return digest.digest()


def _solved(prevalence: Mapping[str, np.ndarray], factors: Mapping[str, Mapping[str, np.ndarray]]) -> Reference:
    order = tuple(prevalence)
    solved = Reference(order, {}, {a: factors.get(a, {}) for a in order}, {}, {}, {})
    for n, (a, shares) in enumerate(prevalence.items()):
        whole = _whole(shares)
        product = solved.odds_ratios(a, whole.shape[-1])
        odds, levels = np.zeros((_CELLS, whole.shape[-1])), np.zeros((_CELLS, POINTS), np.uint8)
        _solve_levels(product, whole.reshape(_CELLS, -1), odds)
        counts = np.zeros_like(odds)
        _place_points(product, odds, coordinate(n), levels, counts)
        solved = Reference(order, {**solved.odds, a: odds.reshape(whole.shape)}, solved.factors,
                           {**solved.shares, a: whole}, {**solved.levels, a: levels}, {**solved.counts, a: counts})
    return solved


def _whole(shares: np.ndarray) -> np.ndarray:
    """Shares that add up to one, with a little left for the first level."""
    away = shares[..., 1:].sum(axis=-1)
    whole = shares * np.minimum(1.0, _ALMOST_ALL / np.where(away > 0, away, 1.0))[..., None]
    whole[..., 0] = 1.0 - whole[..., 1:].sum(axis=-1)
    return whole


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
def _multiply_levels(level, by_level, product):
    """product[cell, point, own level] × by_level[level at the point, own level]."""
    for c in range(product.shape[0]):
        for n in range(product.shape[1]):
            for own in range(1, product.shape[2]):
                product[c, n, own] *= by_level[level[c, n], own]


@kernel
def _solve_levels(x, target, odds):
    """odds[cell, level] with mean over points of odds·x / Σ odds·x = target[cell, level]; both are 1 at the first level.

    Each step sets the odds right as if all points were alike. Where they are not, what is missing shrinks by the part of the
    variance that lies between points, so a few steps do.
    """
    for c in range(x.shape[0]):
        odds[c, 0] = 1.0
        worst = 0.0
        for own in range(1, x.shape[2]):
            odds[c, own] = target[c, own] / target[c, 0]
            worst = max(worst, target[c, own])
        while worst > _NEAR:
            worst = _step_odds(x, target, odds, c)


@inlined
def _step_odds(x, target, odds, c):
    """One step; returns by what share of itself the odds of some level changed most."""
    first = _mean_of_level(x, odds, c, 0) / target[c, 0]
    worst = 0.0
    for own in range(1, x.shape[2]):
        if odds[c, own] > 0.0:
            step = target[c, own] / _mean_of_level(x, odds, c, own) * first
            odds[c, own] *= step
            worst = max(worst, abs(step - 1.0))
    return worst


@inlined
def _mean_of_level(x, odds, c, own):
    """Mean over the points of cell c of the chance of being at a level."""
    total = 0.0
    for n in range(x.shape[1]):
        whole = 1.0
        for other in range(1, x.shape[2]):
            whole += odds[c, other] * x[c, n, other]
        total += odds[c, own] * x[c, n, own] / whole
    return total / x.shape[1]


@kernel
def _place_points(x, odds, u, levels, counts):
    """The level of an attribute at every point, as a resident draws it: the higher u, the later the level."""
    for c in range(x.shape[0]):
        for n in range(x.shape[1]):
            whole = 1.0
            for own in range(1, x.shape[2]):
                whole += odds[c, own] * x[c, n, own]
            level = 0
            reached = 1.0
            while level < x.shape[2] - 1 and u[n] * whole >= reached:
                level += 1
                reached += odds[c, level] * x[c, n, level]
            levels[c, n] = level
            counts[c, level] += 1.0
