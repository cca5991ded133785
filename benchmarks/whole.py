"""The whole model so far: residents and services at a monthly heartbeat, one replication on one core."""

from __future__ import annotations

import statistics
from datetime import date

from benchmarks.row import Row, Scale, core_seconds
from icsim import areas, catalogue
from icsim.calendar import DAYS_PER_YEAR, MS_PER_DAY
from icsim.simulation import Replication, World, replicate, world

START = date(2025, 4, 1)
BAR = 3.0


def run(scale: Scale) -> list[Row]:
    """Million resident-years a core-second, set-up (tables, starting population) apart."""
    rows = _area("testshire", 10, scale.repeats, None)
    if scale.full:
        rows += _area("hertfordshire-west-essex", 10, max(scale.repeats // 2, 1), BAR)
    return rows


def _area(name: str, years: int, repeats: int, bar: float | None) -> list[Row]:
    setup, shared = core_seconds(lambda: world(catalogue.load(), areas.load(name), START, years))
    assert isinstance(shared, World)
    if name == "testshire":
        replicate(shared, 0)  # compiles, or reads the cache
    runs = [core_seconds(lambda seed=seed: replicate(shared, seed)) for seed in range(1, repeats + 1)]
    seconds = statistics.median(spent for spent, _ in runs)
    last = runs[-1][1]
    assert isinstance(last, Replication)
    lived = float(last.residents[..., 0].sum()) / MS_PER_DAY / DAYS_PER_YEAR
    steps = ", ".join(f"{step} {spent:.2g} s" for step, spent in last.seconds.items())
    note = f"{seconds:.3g} s for {lived / 1e6:.3g} million; {steps}; set-up {setup:.2g} s"
    return [Row("whole", f"{name}, {years} years, monthly", lived / seconds / 1e6,
                "million resident-years a core-second", bar, note=note)]
