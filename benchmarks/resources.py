"""Memory, the first run after installation, the main job, and how soon `icsim --help` answers."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from benchmarks import process
from benchmarks.row import Row, Scale
from icsim import areas, catalogue
from icsim.residents.build import build
from icsim.residents.population import empty
from icsim.state import bytes_per_row


def run(scale: Scale) -> list[Row]:
    """Figures in the order of the table of bars."""
    rows = [_bytes(), *_help(scale.repeats), _first_run()]
    if scale.full:
        rows += _main_job()
    return rows


def _bytes() -> Row:
    built = build(catalogue.load(), areas.load("testshire"), date(2025, 4, 1), 365)
    return Row("resources", "memory of one resident", bytes_per_row(empty(built, 1)), "bytes", 400, at_most=True)


def _help(repeats: int) -> list[Row]:
    """Wall time of a fresh interpreter, beside one that does nothing."""
    seconds = statistics.median(_wall([sys.executable, "-m", "icsim", "--help"]) for _ in range(repeats + 2))
    empty = statistics.median(_wall([sys.executable, "-c", "pass"]) for _ in range(repeats + 2))
    heavy = process.icsim("--help").heavy
    return [
        Row("resources", "icsim --help", seconds, "s", 0.4, at_most=True, note=f"an empty Python takes {empty:.2f} s"),
        Row("resources", "icsim --help: heavy modules loaded", len(heavy), "modules", 0, at_most=True,
            note=", ".join(heavy)),
    ]


def _wall(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


def _first_run() -> Row:
    """Nothing compiled yet: to the end of the first result of the small area."""
    with tempfile.TemporaryDirectory() as cache:
        first = process.icsim("run", "testshire/baseline", cache=Path(cache))
        again = process.icsim("run", "testshire/baseline", cache=Path(cache))
    return Row("resources", "first run after installation", first.seconds, "s", 60, at_most=True,
               note=f"the second takes {again.seconds:.1f} s")


def _main_job() -> list[Row]:
    """Two scenarios, three replications, ten years, 1.5 million residents: page, charts and tables included."""
    done = process.icsim("compare", "baseline", "falls_vehicles")
    return [
        Row("resources", "make run (two scenarios × 3 × ten years, full scale)", done.seconds / 60, "minutes", 4,
            at_most=True),
        Row("resources", "make run: peak memory", done.peak_gb, "GB", 2.5, at_most=True),
    ]
