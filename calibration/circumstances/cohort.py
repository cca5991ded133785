"""A cohort that passes through ages: what the moves of one attribute make of its shares, and moves solved from shares.

Groups are sex × quintile (females 1–5, then males 1–5). Shares are of the living; the dead of each level leave at the
rate of their group × the level's ratio ÷ the mean ratio, so that the group dies at its published rate.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

SEXES = ("female", "male")
QUINTILES = ("1", "2", "3", "4", "5")
GROUPS = [(sex, quintile) for sex in SEXES for quintile in QUINTILES]
AGES = 91
MONTHS = 12
DAYS_PER_MONTH = 365.25 / MONTHS
SMOKING_FALL = 0.0537
"""Smokers among England's adults fell from 17.8 to 10.4 in 100 between 2014 and 2024: ln(17.8 / 10.4) / 10 a year."""


def left_by_cohort(bands: list[tuple[int, int]], fall: float) -> np.ndarray:
    """Share left at each band in a cohort that follows today's shares by age while all shares fall by `fall` a year."""
    middle = np.array([(first + last) / 2 for first, last in bands])
    return np.exp(-fall * np.maximum(middle - 18, 0.0))


@dataclass(frozen=True)
class Move:
    """One event: while at a level of `ratios`, to level `to` (or +1, −1) at the event's rate × that level's ratio."""

    event: str
    to: str
    ratios: dict[str, float]


@dataclass(frozen=True)
class Attribute:
    """Levels in order, moves, timers {level: (days, next level)} and the ratios of death by level."""

    levels: tuple[str, ...]
    moves: tuple[Move, ...]
    timers: dict[str, tuple[float, str]] = field(default_factory=dict)
    death: dict[str, float] = field(default_factory=dict)


class Chain:
    """An attribute as cells: a level that a timer leaves is one cell a month, any other level one cell."""

    def __init__(self, attribute: Attribute) -> None:
        self.attribute = attribute
        self.first: dict[str, int] = {}
        self.level_of: list[int] = []
        for at, level in enumerate(attribute.levels):
            self.first[level] = len(self.level_of)
            months = 1
            if level in attribute.timers:
                months = round(attribute.timers[level][0] / DAYS_PER_MONTH)
            self.level_of += [at] * months
        self.cells = len(self.level_of)
        self.ratio = np.array([attribute.death.get(attribute.levels[at], 1.0) for at in self.level_of])
        self.flows = [self._flows(move) for move in attribute.moves]
        self.member = np.zeros((self.cells, len(attribute.levels)))
        self.member[np.arange(self.cells), self.level_of] = 1.0

    def _flows(self, move: Move) -> list[tuple[slice, int, float]]:
        """(cells left, cell reached, ratio) of each level from which the move can happen."""
        levels = self.attribute.levels
        found = []
        for level, ratio in move.ratios.items():
            at = levels.index(level)
            to = levels[at + int(move.to)] if move.to in ("+1", "-1") else move.to
            end = self.first[levels[at + 1]] if at + 1 < len(levels) else self.cells
            found.append((slice(self.first[level], end), self.first[to], ratio))
        return found

    def shares(self, start: np.ndarray, rates: dict[str, np.ndarray], mortality: np.ndarray) -> np.ndarray:
        """Mean shares within each year of age, float64[..., 91, level].

        `start`: float64[..., cells] at birth; `rates[event]`: float64[..., 91] per person-year; `mortality` likewise.
        """
        state = start.copy()
        found = np.zeros((*state.shape[:-1], AGES, len(self.attribute.levels)))
        for age in range(AGES):
            moved = self.moved(state.shape, rates, age)
            for _ in range(MONTHS):
                before, state = state, self.month(state, rates, mortality, age, moved)
                found[..., age, :] += (before + state) @ self.member / (2 * MONTHS)
        return found

    def moved(self, shape: tuple[int, ...], rates: dict[str, np.ndarray], age: int) -> np.ndarray:
        """Chance of leaving a cell within a month ÷ its rate of being left."""
        total = np.zeros(shape)
        for move, flows in zip(self.attribute.moves, self.flows, strict=True):
            for left, _, ratio in flows:
                total[..., left] += (rates[move.event][..., age] * ratio)[..., None]
        return np.where(total > 0, -np.expm1(-total / MONTHS) / np.where(total > 0, total, 1.0), 0.0)

    def month(
        self, state: np.ndarray, rates: dict[str, np.ndarray], mortality: np.ndarray, age: int, moved: np.ndarray
    ) -> np.ndarray:
        """One month on: moves, timers, deaths."""
        change = np.zeros(state.shape)
        leaving = state * moved
        for move, flows in zip(self.attribute.moves, self.flows, strict=True):
            for left, to, ratio in flows:
                flow = leaving[..., left] * (rates[move.event][..., age] * ratio)[..., None]
                change[..., left] -= flow
                change[..., to] += flow.sum(-1)
        state = state + change
        state = self._shift(state)
        mean = (state * self.ratio).sum(-1, keepdims=True)
        state = state * np.exp(-(mortality[..., age, None] / MONTHS) * self.ratio / mean)
        return state / state.sum(-1, keepdims=True)

    def _shift(self, state: np.ndarray) -> np.ndarray:
        """One month on: every timer's cells move up; the last one reaches the next level."""
        if not self.attribute.timers:
            return state
        levels, shifted = self.attribute.levels, state.copy()
        for level, (_, to) in self.attribute.timers.items():
            first = self.first[level]
            end = self.first[levels[levels.index(level) + 1]]
            shifted[..., first] -= state[..., first]
            shifted[..., first + 1:end] += state[..., first:end - 1] - state[..., first + 1:end]
            shifted[..., self.first[to]] += state[..., end - 1]
        return shifted


def survivors(mortality: np.ndarray) -> np.ndarray:
    """Years lived at each age of those born, float64[group, 91]; 90 stands for 90 and over."""
    alive = np.exp(-np.concatenate([np.zeros((len(mortality), 1)), np.cumsum(mortality, 1)[:, :-1]], 1))
    alive[:, -1] /= mortality[:, -1]
    return alive


def by_age(bands: list[tuple[int, int]], values: np.ndarray) -> np.ndarray:
    """float64[..., band] → float64[..., 91]; ages outside every band are 0."""
    ages = np.zeros((*values.shape[:-1], AGES))
    for at, (first, last) in enumerate(bands):
        ages[..., first:last + 1] = values[..., at, None]
    return ages


def in_bands(shares: np.ndarray, weights: np.ndarray, bands: list[tuple[int, int]]) -> np.ndarray:
    """Mean of float64[..., group, 91, level] within bands, weighted by float64[group, 91]: [..., group, band, level]."""
    parts = []
    for first, last in bands:
        weight = weights[:, first:last + 1, None]
        parts.append((shares[..., first:last + 1, :] * weight).sum(-2) / weight.sum(-2))
    return np.stack(parts, -2)


def solve(residuals, start: np.ndarray, rounds: int = 30) -> np.ndarray:
    """Least squares by groups at once (Levenberg–Marquardt): `residuals(x)` maps [batch, group, p] to [batch, group, r]."""
    x, groups, count = start.copy(), start.shape[0], start.shape[1]
    damping = np.full(groups, 1e-2)
    step = 1e-4
    for _ in range(rounds):
        batch = np.repeat(x[None], count + 1, 0)
        batch[np.arange(1, count + 1), :, np.arange(count)] += step
        values = residuals(batch)
        here = values[0]
        jacobian = np.moveaxis((values[1:] - here) / step, 0, -1)
        normal = np.einsum("grp,grq->gpq", jacobian, jacobian)
        gradient = np.einsum("grp,gr->gp", jacobian, here)
        scale = np.einsum("gpp->gp", normal)[:, :, None] * np.eye(count)
        moves = -np.linalg.solve(normal + damping[:, None, None] * (scale + 1e-9 * np.eye(count)), gradient[..., None])
        moves = moves[..., 0] / np.maximum(np.abs(moves[..., 0]).max(-1, keepdims=True) / 1.5, 1.0)
        trial = x + moves
        better = (residuals(trial[None])[0] ** 2).sum(-1) < (here ** 2).sum(-1)
        x = np.where(better[:, None], trial, x)
        damping = np.where(better, np.maximum(damping * 0.3, 1e-8), damping * 6)
    return x
