"""The 20-condition world in whole NumPy arrays: one draw a condition and a person, every step.

As it is usually written: look up each person's rate, turn it into a chance, compare it with a uniform number. `Tabulated`
is the tuned version for rates that depend on nothing but age: chances are worked out once for each age.
"""

from __future__ import annotations

import numpy as np

from benchmarks.twenty import CONDITIONS, MORTALITY, OLDEST_AT_START, ONSET, RATIO, YEARS, YOUNGEST, Outcome, outcome


class World:
    """Everybody as arrays."""

    def __init__(self, residents: int, seed: int):
        self.rng = np.random.default_rng(seed)
        self.age = self.rng.uniform(YOUNGEST, OLDEST_AT_START + 1, residents)
        self.alive = np.ones(residents, bool)
        self.has = np.zeros((CONDITIONS, residents), bool)

    def run(self, steps_a_year: int = 1, onset_first: bool = False) -> Outcome:
        """Ten years. Rates within a step are those of the age in its middle: without bias to first order."""
        dt = 1 / steps_a_year
        for _ in range(YEARS * steps_a_year):
            age = np.minimum(self.age + dt / 2, 90).astype(np.int64)
            if onset_first:
                self.onsets(age, dt)
            self.deaths(age, dt)
            if not onset_first:
                self.onsets(age, dt)
            self.age += dt
        return outcome(self.has.T, self.alive)

    def onsets(self, age: np.ndarray, dt: float) -> None:
        """New cases; a draw for those who have the condition already, or have died, changes nothing."""
        for condition, has in enumerate(self.has):
            has |= (self.rng.random(len(has)) < self.chance(condition, age, dt)) & self.alive

    def chance(self, condition: int, age: np.ndarray, dt: float) -> np.ndarray:
        """Chance of getting the condition in this step: float[person]."""
        return 1 - np.exp(-ONSET[condition][age] * dt)

    def deaths(self, age: np.ndarray, dt: float) -> None:
        """The living die by age × product of ratios."""
        rate = MORTALITY[age]
        for condition, has in enumerate(self.has):
            rate *= np.where(has, RATIO[condition], 1.0)
        self.alive &= self.rng.random(len(rate)) >= 1 - np.exp(-rate * dt)


class Tabulated(World):
    """With chances of onset tabulated by age."""

    def chance(self, condition: int, age: np.ndarray, dt: float) -> np.ndarray:
        """As above, from a table."""
        return (1 - np.exp(-ONSET[condition] * dt))[age]
