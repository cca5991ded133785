"""How circumstances go together in the reference population: what anchoring and starting levels are computed from.

Attributes are taken in catalogue order. An attribute is more common among those whom the model itself makes more likely
to come by it: the odds of not being at its first level are × the ratios, by level of the attributes before it, on the
event that leads away from the first level. The odds themselves are solved so that published prevalences are met exactly
in every sex, quintile and age. All of it is computed, none of it drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

_ALMOST_ALL = 1.0 - 1e-9


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

    def expected(self, value: Mapping[str, np.ndarray], of: Callable[[np.ndarray], np.ndarray] | None = None,
                 fixed: Mapping[str, int] | None = None) -> np.ndarray:
        """E[f(Π value[a][level of a])] by cell, over residents of the reference population.

        value: attribute → float64[level]; f is `of`, or the product itself; fixed: attributes held at a level.
        """
        held = fixed or {}
        if of:
            return self._mean(value, of, held)
        parts = [self._mean({a: value[a] for a in group}, None, held) for group in self._unrelated(value, held)]
        return np.prod(np.broadcast_arrays(1.0, *parts), axis=0)

    def _mean(self, value: Mapping[str, np.ndarray], of: Callable | None, fixed: Mapping[str, int]) -> np.ndarray:
        """The same, by summing over every combination of levels."""
        total = np.asarray(0.0)
        for levels, share in self._combinations(value, fixed):
            product = np.prod([value[a][level] for a, level in levels.items() if a in value])
            total = total + share * (of(product) if of else product)
        return total

    def _unrelated(self, wanted: Mapping, fixed: Mapping[str, int]) -> list[list[str]]:
        """The wanted attributes in groups that depend on nothing in common: the mean of their product factorises."""
        groups: list[tuple[set[str], list[str]]] = []
        for a in wanted:
            reach, names = set(self._closure({a: 0}, {})) - set(fixed), [a]
            apart = []
            for other_reach, other_names in groups:
                if reach & other_reach:
                    reach, names = reach | other_reach, other_names + names
                else:
                    apart.append((other_reach, other_names))
            groups = [*apart, (reach, names)]
        return [names for _, names in groups]

    def _combinations(self, wanted: Mapping, fixed: Mapping[str, int]) -> Iterator[tuple[dict[str, int], np.ndarray]]:
        """Every combination of levels of the wanted attributes (and those they depend on) with its share by cell."""
        combinations: list[tuple[dict[str, int], np.ndarray]] = [({}, np.asarray(1.0))]
        for a in self._closure(wanted, fixed):
            combinations = [
                ({**levels, a: level}, share * part)
                for levels, share in combinations
                for level, part in self._levels(a, levels, fixed)
            ]
        yield from combinations

    def _closure(self, wanted: Mapping, fixed: Mapping[str, int]) -> list[str]:
        """The wanted attributes with all that they depend on, in order."""
        found: set[str] = set()
        todo = [a for a in (*wanted, *fixed) if a in self.odds]
        while todo:
            a = todo.pop()
            if a not in found:
                found.add(a)
                todo += [b for b in self.factors[a] if b in self.odds]
        return [a for a in self.order if a in found]

    def _levels(self, a: str, levels: Mapping[str, int], fixed: Mapping[str, int]) -> list[tuple[int, np.ndarray]]:
        if a in fixed:
            return [(fixed[a], np.asarray(1.0))]
        odds = self.odds[a] * np.prod([factor[levels[b]] for b, factor in self.factors[a].items()])
        away = odds / (1.0 + odds)
        among = self.among[a]
        others = [(n, away * among[..., n]) for n in range(1, among.shape[-1])]
        return [(0, 1.0 - away)] + [(n, share) for n, share in others if share.any()]


def reference(prevalence: Mapping[str, np.ndarray], factors: Mapping[str, Mapping[str, np.ndarray]]) -> Reference:
    """Solve the odds of each attribute in turn.

    prevalence: attribute, in order → share of each level float64[sex, quintile, age, level] (level 0 takes the rest);
    factors: as in `Reference`.
    """
    solved = Reference(tuple(prevalence), {}, {}, {a: factors.get(a, {}) for a in prevalence})
    for a, shares in prevalence.items():
        away = np.minimum(shares[..., 1:].sum(axis=-1), _ALMOST_ALL)
        among = shares / np.where(away > 0, away, 1.0)[..., None]
        odds = solve_odds(away, partial(solved.expected, solved.factors[a]))
        solved = Reference(solved.order, {**solved.odds, a: odds}, {**solved.among, a: among}, solved.factors)
    return solved


def solve_odds(target: np.ndarray, expected: Callable[[Callable], np.ndarray]) -> np.ndarray:
    """Base odds o by cell such that E[o·x / (1 + o·x)] = target, where `expected(f)` gives E[f(x)] by cell.

    Bisection on log o; 0 where the target is 0.
    """
    low, high = np.full(target.shape, -40.0), np.full(target.shape, 40.0)
    for _ in range(60):
        middle = (low + high) / 2
        odds = np.exp(middle)
        too_low = expected(lambda x, odds=odds: odds * x / (1.0 + odds * x)) < target
        low, high = np.where(too_low, middle, low), np.where(too_low, high, middle)
    return np.where(target > 0, np.exp((low + high) / 2), 0.0)
