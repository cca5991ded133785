"""The 20-condition world as a Starsim user would write it: 20 diseases, one module of deaths, common random numbers on."""

from __future__ import annotations

import os

os.environ.setdefault("STARSIM_INSTALL_FONTS", "0")

import numpy as np
import starsim as ss

from benchmarks.twenty import (
    CONDITIONS,
    MORTALITY,
    OLDEST_AT_START,
    ONSET,
    RATIO,
    YEARS,
    YOUNGEST,
    Outcome,
    outcome,
)


def chance_of_onset(module: Condition, sim: ss.Sim, uids: ss.uids) -> np.ndarray:
    """Chance of getting the condition in this step: float[uid]."""
    age = np.minimum(sim.people.age[uids] + module.t.dt_year / 2, 90).astype(np.int32)
    return ss.peryear(ONSET[module.number][age]).to_prob(module.t.dt)


class Condition(ss.Disease):
    """Comes at a rate by age, stays."""

    def __init__(self, number: int, **kwargs):
        super().__init__(**kwargs)
        self.number, self.ratio = number, RATIO[number]
        self.define_pars(onset=ss.bernoulli(p=chance_of_onset))
        self.define_states(ss.BoolState("affected"))

    def step(self):
        """New cases among those without the condition."""
        new = self.pars.onset.filter((~self.affected).uids)
        self.affected[new] = True


class Mortality(ss.Deaths):
    """Deaths by age × product of the ratios of the conditions that a person has."""

    def make_p_death(self):
        """Chance of dying in this step: float[agent alive]."""
        age = np.minimum(self.sim.people.age.values + self.t.dt_year / 2, 90).astype(np.int32)
        rate = MORTALITY[age]
        for disease in self.sim.diseases():
            rate[disease.affected.values] *= disease.ratio
        return ss.peryear(rate).to_prob(self.t.dt)


def world(residents: int, seed: int, steps_a_year: int = 1) -> ss.Sim:
    """An initialised simulation, ready to run."""
    diseases = [Condition(n, name=f"condition_{n}") for n in range(CONDITIONS)]
    dt = ss.years(1) if steps_a_year == 1 else ss.months(12 / steps_a_year)
    start, stop = 2025, 2025 + YEARS - 1 / steps_a_year
    sim = ss.Sim(n_agents=residents, diseases=diseases, demographics=[Mortality()], start=start, stop=stop, dt=dt,
                 rand_seed=seed, use_aging=True, verbose=0)
    sim.init()
    sim.people.age[:] = np.random.default_rng(seed).uniform(YOUNGEST, OLDEST_AT_START + 1, residents)
    return sim


def result(sim: ss.Sim) -> Outcome:
    """Who died and what the living have."""
    alive = np.asarray(sim.people.alive.raw[: len(sim.people.uid.raw)])
    has = np.stack([np.asarray(d.affected.raw[: len(alive)]) for d in sim.diseases()], axis=1)
    assert has.shape[1] == CONDITIONS
    return outcome(has, alive)
