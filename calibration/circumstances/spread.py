"""Shares by age, sex and quintile from published margins."""

from __future__ import annotations

import numpy as np

Bands = list[tuple[int, int]]


def spread(
    weights: np.ndarray,
    bands: Bands,
    by_band: list[float],
    by_sex: tuple[float, float] | None = None,
    by_quintile: list[float] | None = None,
) -> np.ndarray:
    """Shares float64[2 sexes, 5 quintiles, band] whose means, weighted by residents, are those given by age band.

    Sex and quintile differ by the same odds at every age; margins by sex and quintile are first brought to the overall
    mean that the age bands give. `weights`: residents float64[2, 5, 91].
    """
    people = np.stack([weights[..., first:last + 1].sum(-1) for first, last in bands], -1)
    ages = np.array(by_band, float)
    whole = (people * ages).sum() / people.sum()
    wanted = [(ages, (0, 1))]
    if by_sex is not None:
        wanted.append((_to_mean(np.array(by_sex), people.sum((1, 2)), whole), (1, 2)))
    if by_quintile is not None:
        wanted.append((_to_mean(np.array(by_quintile), people.sum((0, 2)), whole), (0, 2)))
    logit = np.broadcast_to(np.log(ages / (1 - ages)), people.shape).copy()
    for _ in range(400):
        for share, axes in wanted:
            now = (people / (1 + np.exp(-logit))).sum(axes) / people.sum(axes)
            change = np.log(share / (1 - share)) - np.log(now / (1 - now))
            logit = logit + np.expand_dims(change, axes)
    return 1 / (1 + np.exp(-logit))


def _to_mean(values: np.ndarray, people: np.ndarray, mean: float) -> np.ndarray:
    return values * mean / ((values * people).sum() / people.sum())
