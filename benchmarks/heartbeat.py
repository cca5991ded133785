"""Does it matter how often the heart beats? The same comparison at a monthly and a weekly heartbeat, same seeds."""

from __future__ import annotations

import polars as pl

import icsim
from benchmarks.row import Row, Scale

MEASURES = ("deaths", "calls_999", "conveyances", "ae_attendances", "emergency_admissions", "bed_days_ms")
AVERTED = "conveyances"


def run(scale: Scale) -> list[Row]:
    """Largest relative gap of the baseline's headlines, that of the difference, and the share of late demands."""
    scenarios = ("baseline", "falls_vehicles") if scale.full else ("testshire/baseline", "testshire/falls_vehicles")
    settings = {"replications": 2, "years": 5} if scale.full else {"replications": 2, "years": 2}
    month, week = ({name: _totals(part) for name, part in _both(scenarios, settings, beat)} for beat in ("month", "week"))
    base, other = ("base", "other")
    gaps = {m: abs(month[base][m] / week[base][m] - 1) for m in MEASURES}
    worst = max(gaps, key=lambda m: gaps[m])
    differences = [totals[base][AVERTED] - totals[other][AVERTED] for totals in (month, week)]
    late = [100 * totals[base]["late_demands"] / totals[base]["demands"] for totals in (month, week)]
    return [
        Row("heartbeat", f"monthly against weekly: largest gap of a headline ({worst})", 100 * gaps[worst], "%",
            1 if scale.full else None, at_most=True),
        Row("heartbeat", f"monthly against weekly: gap of the difference in {AVERTED}",
            100 * abs(differences[0] / differences[1] - 1), "%", 5 if scale.full else None, at_most=True,
            note=f"{differences[0]} and {differences[1]} averted"),
        Row("heartbeat", "share of demands that are late, monthly", late[0], "%",
            note=f"weekly {late[1]:.3g} %"),
    ]


def _both(scenarios: tuple[str, str], settings: dict, beat: str):
    found = icsim.compare(*scenarios, heartbeat=beat, **settings)
    return ("base", found.base), ("other", found.alternatives[0])


def _totals(results) -> dict[str, int]:
    demands = results.provenance["demands"]
    wanted = dict.fromkeys((*MEASURES, "late_demands", *demands))
    totals = results.cells.select(pl.col(*wanted).sum()).row(0, named=True)
    return {**totals, "demands": sum(totals[name] for name in demands)}
