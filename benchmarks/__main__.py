"""Runs the benchmarks named (all, if none): `python -m benchmarks [NAME …] [--quick] [--repeats N] [--residents N]`."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
import time
import traceback
from dataclasses import asdict, replace
from importlib.metadata import PackageNotFoundError, version
from math import isfinite
from pathlib import Path

from benchmarks import yardstick
from benchmarks.row import Row, Scale

PARTS = ("residents", "kernels", "whole", "services", "resources", "pairing", "heartbeat")
PACKAGES = ("icsim", "numba", "numpy", "starsim", "simpy", "ciw")
RESULTS = Path(__file__).parent / "results"


def main(arguments: list[str] | None = None) -> int:
    """Run, print the table, save the JSON. Exit code 1: a part failed, or a bar was missed (without --quick)."""
    chosen = _parse(arguments)
    scale = Scale(quick=chosen.quick, repeats=chosen.repeats, residents=chosen.residents)
    if chosen.quick:
        scale = replace(scale, repeats=min(scale.repeats, 1), residents=min(scale.residents, 50_000), full=False)
    rows, failed = _show(yardstick.run()), []
    for part in chosen.parts or PARTS:
        began = time.perf_counter()
        print(f"… {part}", file=sys.stderr, flush=True)
        try:
            rows += _show(importlib.import_module(f"benchmarks.{part}").run(scale))
        except Exception:  # the other parts are worth having
            traceback.print_exc()
            failed.append(part)
        print(f"  {part}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    _save(rows, scale, failed)
    return _verdict(rows, failed, scale)


def _verdict(rows: list[Row], failed: list[str], scale: Scale) -> int:
    missed = [row for row in rows if row.reached is False]
    print(f"{sum(row.reached is True for row in rows)} bars reached, {len(missed)} missed"
          + (f"; failed: {', '.join(failed)}" if failed else "") + (" (--quick: too small to say)" if scale.quick else ""))
    return 1 if failed or (missed and not scale.quick) else 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="NAME", help=f"any of {', '.join(PARTS)}; all, if none is named")
    parser.add_argument("--quick", action="store_true", help="a smoke test of a minute or two: small worlds, one repeat")
    parser.add_argument("--repeats", type=int, default=5, help="repeats of each timing (5); medians count")
    parser.add_argument("--residents", type=int, default=1_000_000, help="residents of the like-for-like world")
    chosen = parser.parse_args(arguments)
    unknown = [part for part in chosen.parts if part not in PARTS]
    if unknown:
        parser.error(f"no benchmark is called {unknown[0]}; there are {', '.join(PARTS)}")
    return chosen


def _show(rows: list[Row]) -> list[Row]:
    for row in rows:
        bar = "" if row.bar is None else f"{'≤' if row.at_most else '≥'} {row.bar:g}"
        verdict = {True: "reached", False: "MISSED", None: ""}[row.reached]
        print(f"{row.part:10} {row.what:58} {row.value:>10.4g} {row.unit:36} {bar:>8} {verdict:8} {row.note}", flush=True)
    return rows


def _save(rows: list[Row], scale: Scale, failed: list[str]) -> None:
    RESULTS.mkdir(exist_ok=True)
    content = {
        "when": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "machine": {"processor": _processor(), "cores": os.cpu_count(), "python": platform.python_version(),
                    "load_at_the_end": os.getloadavg()[0] if hasattr(os, "getloadavg") else None},
        "packages": {name: _version(name) for name in PACKAGES},
        "scale": asdict(scale),
        "failed": failed,
        "rows": [_plain(row) for row in rows],
    }
    path = RESULTS / time.strftime("%Y-%m-%d_%H%M%S.json")
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False))
    print(f"\nsaved as benchmarks/results/{path.name}")


def _plain(row: Row) -> dict:
    """For JSON, which knows no NaN."""
    value = float(row.value)
    return asdict(row) | {"value": value if isfinite(value) else None, "reached": row.reached}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    sys.exit(main())
