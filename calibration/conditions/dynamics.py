"""How shares at the levels of one attribute change with age when rates stay as they are, and rates that keep them.

People are born at the first level (whatever is there from birth begins in the first year of life). Within a year of age
they move between levels at the rates of that age and die at the rate of their level; shares are of the living.
With excess mortality M of a level, its death rate is M × (all deaths) / (mean of M), so that all deaths stay as published.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from published import AGES
from scipy.optimize import least_squares

STEPS = 4
"""Parts of a year."""
OPEN_YEARS = 15
"""Years that the last, open age group is followed."""
BANDS = (0, 1, 5, 10, 16, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90)
"""First ages of the bands in which shares and rates are written; ages 90 and over are one."""
SMALLEST, LARGEST = 1e-7, 5.0
"""Bounds of a fitted rate a year."""


@dataclass
class Flow:
    """One way from a level to another, as a rate by age (a year) or as a fit to be made."""

    event: str
    frm: int
    to: int
    rate: np.ndarray | float | None = None
    """float64[..., age]; None: to be fitted"""
    factor: float = 1.0
    """how much more often than `event` says, for those at this level"""
    bands: tuple[int, ...] = BANDS
    prior: float | None = None
    """fitted rates are held near this one"""
    tags: dict = field(default_factory=dict)


def last_ages(bands: tuple[int, ...]) -> list[int]:
    """The last age of each band."""
    return [*[first - 1 for first in bands[1:]], AGES - 1]


def band_mean(values: np.ndarray, bands: tuple[int, ...]) -> np.ndarray:
    """float64[..., band] from float64[..., age]: plain means over the ages of a band."""
    return np.stack([values[..., a : b + 1].mean(-1) for a, b in zip(bands, last_ages(bands), strict=True)], -1)


def from_bands(logs: np.ndarray, bands: tuple[int, ...]) -> np.ndarray:
    """Rates by age from the logarithms of a band's rate: joined log-linearly between the middles, as the tables are."""
    first, last = np.array(bands), np.array(last_ages(bands)) + 1
    ages = np.arange(AGES) + 0.5
    weights = np.stack([np.interp(ages, (first + last) / 2, row) for row in np.eye(len(bands))], -1)
    rates = np.exp(logs @ weights.T)
    rates[..., : bands[0]] = 0.0
    return rates


def project(levels: int, flows: list[tuple[int, int, np.ndarray]], mortality: np.ndarray, deaths: np.ndarray) -> np.ndarray:
    """Shares of the living at each level by age, float64[..., level, age], all people born at level 0.

    `flows`: (from, to, rates [..., age]); `mortality`: ratio of each level; `deaths`: [..., age] a year.
    """
    shape = np.broadcast_shapes(deaths.shape[:-1], *[rate.shape[:-1] for _, _, rate in flows])
    state = np.zeros((*shape, levels))
    state[..., 0] = 1.0
    shares = np.zeros((*shape, levels, AGES))
    exits: dict[int, list[int]] = {}
    for n, (frm, _, _) in enumerate(flows):
        exits.setdefault(frm, []).append(n)
    alive, weight = np.ones(shape), np.zeros(shape)
    for year in range(AGES - 1 + OPEN_YEARS):
        age = min(year, AGES - 1)
        moves = []
        for frm, ways in exits.items():
            rates = [np.broadcast_to(flows[n][2][..., age], shape) for n in ways]
            total = np.add.reduce(rates)
            leave = -np.expm1(-total / STEPS) / np.where(total > 0, total, 1.0)
            moves += [(frm, flows[n][1], rate * leave) for n, rate in zip(ways, rates, strict=True)]
        lived = np.zeros((*shape, levels))
        for _ in range(STEPS):
            before = state.copy()
            for frm, to, part in moves:
                moved = before[..., frm] * part
                state[..., frm] -= moved
                state[..., to] += moved
            hazard = (deaths[..., age] / (state @ mortality))[..., None] * mortality
            state = state * np.exp(-hazard / STEPS)
            state /= state.sum(-1, keepdims=True)
            lived += (before + state) / 2 / STEPS
        if age < AGES - 1:
            shares[..., age] = lived
        else:
            shares[..., age] += lived * alive[..., None]
            weight = weight + alive
            alive = alive * np.exp(-deaths[..., age])
    shares[..., AGES - 1] /= weight[..., None]
    return shares


def fit(
    levels: int,
    flows: list[Flow],
    mortality: np.ndarray,
    deaths: np.ndarray,
    wanted: list[tuple[tuple[int, ...], np.ndarray]],
    bands: tuple[int, ...],
    smooth: float,
) -> dict[str, np.ndarray]:
    """Rates by band of the flows without one, for one group of people: those whose stationary shares come nearest.

    `wanted`: (levels together, share by band). Least squares on the shares by band (scaled by 3 % of the share plus 0.0005),
    with a penalty on second differences of the logarithm of each rate; rates lie between SMALLEST and LARGEST.
    """
    free = {flow.event: flow for flow in flows if flow.rate is None}
    cuts = np.cumsum([0] + [len(flow.bands) for flow in free.values()])
    guess = np.concatenate([_first_guess(flow, wanted, bands) for flow in free.values()])
    priors = {event: np.log(flow.prior) for event, flow in free.items() if flow.prior}

    def parts(theta: np.ndarray) -> dict[str, np.ndarray]:
        return {event: theta[..., cuts[n] : cuts[n + 1]] for n, event in enumerate(free)}

    def residuals(theta: np.ndarray) -> np.ndarray:
        logs = parts(theta)
        rates = {event: from_bands(value, free[event].bands) for event, value in logs.items()}
        ways = [
            (
                f.frm,
                f.to,
                f.factor * (rates[f.event] if f.event in rates else np.broadcast_to(np.asarray(f.rate, float), (AGES,))),
            )
            for f in flows
        ]
        shares = project(levels, ways, mortality, deaths)
        out = [
            (band_mean(shares[..., list(together), :].sum(-2), bands) - share) / (0.0005 + 0.03 * share)
            for together, share in wanted
        ]
        out += [smooth * np.diff(value, 2, axis=-1) for value in logs.values()]
        out += [0.5 * (value - priors[event]) for event, value in logs.items() if event in priors]
        out.append(1e-3 * (theta - guess))
        return np.concatenate(out, -1)

    def jacobian(theta: np.ndarray) -> np.ndarray:
        step = 1e-4
        around = residuals(theta + step * np.eye(len(theta)))
        return ((around - residuals(theta)) / step).T

    low, high = np.log(SMALLEST), np.log(LARGEST)
    found = least_squares(residuals, np.clip(guess, low + 1e-6, high - 1e-6), jacobian, bounds=(low, high), max_nfev=60)
    return {event: np.exp(value) for event, value in parts(found.x).items()}


def _first_guess(flow: Flow, wanted: list[tuple[tuple[int, ...], np.ndarray]], bands: tuple[int, ...]) -> np.ndarray:
    """Logarithm of a rate of the right order: the rise of the share that the flow feeds, or its prior."""
    if flow.prior:
        return np.full(len(flow.bands), np.log(flow.prior))
    share = next((values for together, values in wanted if flow.to in together), wanted[0][1])
    middles = (np.array(bands) + np.array(last_ages(bands)) + 1) / 2
    ages = (np.array(flow.bands) + np.array(last_ages(flow.bands)) + 1) / 2
    rise = np.gradient(share, middles) + 0.02 * share
    return np.log(np.maximum(np.interp(ages, middles, rise), 1e-5))


def ungroup(values: np.ndarray, people: np.ndarray, groups: np.ndarray, first: int = 0) -> np.ndarray:
    """A smooth share by single year of age whose mean over the people of each group is the published one.

    Gauss-Newton on the logit with a penalty on its second differences. Ages below `first` have share 0.
    """
    ages = np.arange(first, AGES)
    group = groups[ages]
    used = np.unique(group)
    mean = np.stack([np.where(group == g, people[ages], 0) / people[ages][group == g].sum() for g in used])
    wanted = values[used]
    rough = 0.3 * np.diff(np.eye(len(ages)), 2, axis=0)
    logit = np.log(wanted / (1 - wanted))[np.searchsorted(used, group)]
    for _ in range(60):
        share = 1 / (1 + np.exp(-logit))
        error = (mean @ share - wanted) / (0.01 * wanted)
        slope = mean * (share * (1 - share)) / (0.01 * wanted)[:, None]
        step = np.linalg.lstsq(np.vstack([slope, rough]), -np.concatenate([error, rough @ logit]), rcond=None)[0]
        logit = logit + np.clip(step, -1, 1)
    result = np.zeros(AGES)
    result[ages] = 1 / (1 + np.exp(-logit))
    return result


def scaled(share: np.ndarray, people: np.ndarray, wanted: float) -> np.ndarray:
    """`share` with its odds multiplied so that the mean over `people` is `wanted` (both of one shape)."""
    low, high = -12.0, 12.0
    odds = share / (1 - share)
    for _ in range(100):
        middle = (low + high) / 2
        now = np.exp(middle) * odds
        if (now / (1 + now) * people).sum() / people.sum() > wanted:
            high = middle
        else:
            low = middle
    now = np.exp(low) * odds
    return now / (1 + now)
