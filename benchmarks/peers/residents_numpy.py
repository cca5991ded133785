"""The 20-condition world in whole NumPy arrays: one Bernoulli draw a condition and a person, step by step."""

from __future__ import annotations

import numpy as np

from benchmarks.twenty import CONDITIONS, MORTALITY, ONSET, OLDEST_AT_START, RATIO, YEARS, YOUNGEST, Outcome, outcome


class World:
    """Everybody as arrays."""

    def __init__(self, residents: int, seed: int):
        self.rng = np.random.default_rng(seed)
        self.age = self.rng.uniform(YOUNGEST, OLDEST_AT_START + 1, residents).astype(np.float32)
        self.alive = np.ones(residents, bool)
        self.has = np.zeros((CONDITIONS, residents), bool)

    def run(self, steps_a_year: int = 1, onset_first: bool = False) -> Outcome:
        """Ten years. A person's hazard within a step is that of the age in the middle of the step."""
        dt = 1 / steps_a_year
        for _ in range(YEARS * steps_a_year):
            if onset_first:
                self.onsets(dt)
            self.deaths(dt)
            if not onset_first:
                self.onsets(dt)
            self.age += np.float32(dt)
        return outcome(self.has.T, self.alive)

    def onsets(self, dt: float) -> None:
        """New cases among those without the condition."""
        for condition, has in enumerate(self.has):
            chance = 1 - np.exp(-ONSET[condition] * dt)
            has |= self.rng.random(len(has), np.float32) < np.float32(chance)

    def deaths(self, dt: float) -> None:
        """The living die by age × product of ratios."""
        rate = MORTALITY.astype(np.float32)[np.minimum((self.age + np.float32(dt / 2)).astype(np.int32), 90)]
        for condition, has in enumerate(self.has):
            rate *= np.where(has, np.float32(RATIO[condition]), np.float32(1))
        self.alive &= self.rng.random(len(rate), np.float32) >= 1 - np.exp(-rate * np.float32(dt))
