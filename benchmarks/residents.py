"""Residents like for like: the 20-condition world by icsim, Starsim and NumPy, one core, set-up apart."""

from __future__ import annotations

import gc

from benchmarks import world_icsim
from benchmarks.peers import residents_numpy, residents_starsim
from benchmarks.row import Row, Scale, Timed, alternate, core_seconds
from benchmarks.twenty import YEARS, Outcome, require_same

BARS = {("year", "starsim year"): 7.0, ("year", "numpy year"): 5.0, ("month", "starsim year"): 4.0}


def run(scale: Scale) -> list[Row]:
    """Million resident-years a core-second of each, and icsim's ratio to the others."""
    subjects = {
        "icsim year": lambda n: _icsim(scale.residents, n, 1),
        "starsim year": lambda n: _starsim(scale.residents, n, 1),
        "numpy year": lambda n: _numpy(residents_numpy.World(scale.residents, n)),
        "tuned numpy year": lambda n: _numpy(residents_numpy.Tabulated(scale.residents, n)),
        "icsim month": lambda n: _icsim(scale.residents, n, 12),
        "starsim month": lambda n: _starsim(scale.residents, n, 12),
    }
    _icsim(2_000, 0, 1)  # compiles, or reads the cache
    timed, outcomes = alternate(subjects, scale.repeats, fewer=("starsim month",))
    _require_same_world(scale.residents, outcomes)
    return [_speed(name, scale.residents, found) for name, found in timed.items()] + _ratios(timed)


def _icsim(residents: int, seed: int, steps_a_year: int) -> tuple[float, float, Outcome]:
    setup, world = core_seconds(lambda: world_icsim.world(residents, seed))
    work, _ = core_seconds(lambda: world_icsim.run(world, steps_a_year))
    return setup, work, world_icsim.result(world)


def _starsim(residents: int, seed: int, steps_a_year: int) -> tuple[float, float, Outcome]:
    setup, sim = core_seconds(lambda: residents_starsim.world(residents, seed, steps_a_year))
    work, _ = core_seconds(sim.run)
    found = residents_starsim.result(sim)
    del sim
    gc.collect()
    return setup, work, found


def _numpy(world: residents_numpy.World) -> tuple[float, float, Outcome]:
    work, found = core_seconds(world.run)
    return 0.0, work, found


def _require_same_world(residents: int, outcomes: dict[str, list[Outcome]]) -> None:
    """Deaths and prevalence agree; a step of a year moves both a little, so icsim must lie between its two orders."""
    low, high = outcomes["numpy year"][0], residents_numpy.World(residents, 1_000).run(onset_first=True)
    for name in ("icsim year", "icsim month", "starsim year", "starsim month", "tuned numpy year"):
        require_same(name, outcomes[name][0], low, high)


def _speed(name: str, residents: int, timed: Timed) -> Row:
    speed = residents * YEARS / timed.median / 1e6
    return Row("residents", f"{name}ly steps", speed, "million resident-years a core-second", note=timed.spread)


def _ratios(timed: dict[str, Timed]) -> list[Row]:
    pairs = [*BARS, ("month", "starsim month"), ("year", "tuned numpy year")]
    return [
        Row("residents", f"icsim {step}ly ÷ {peer}ly", timed[peer].median / timed[f"icsim {step}"].median, "×",
            BARS.get((step, peer)))
        for step, peer in pairs
    ]
