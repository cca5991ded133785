"""icsim in a process of its own: seconds, peak memory, what it printed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

_MEASURED = """
import resource, runpy, sys, json
sys.argv = ["icsim", *sys.argv[1:]]
try:
    runpy.run_module("icsim", run_name="__main__")
except SystemExit as stop:
    code = stop.code or 0
else:
    code = 0
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
heavy = sorted(set(sys.modules) & {"numpy", "numba", "scipy", "matplotlib", "polars", "simpy", "pydantic", "jinja2"})
sys.stderr.write("\\nMEASURED " + json.dumps({"code": code, "peak_kb": peak, "heavy": heavy}))
"""


class Finished(NamedTuple):
    """What a process of its own did."""

    seconds: float
    """wall time from start to end, interpreter included"""
    peak_gb: float
    heavy: tuple[str, ...]
    """modules loaded that take long to import"""
    output: str


def icsim(*arguments: str, cache: Path | None = None) -> Finished:
    """Run `icsim …` in an empty folder; `cache`: where compiled code is kept. Raises RuntimeError if it fails."""
    environment = {**os.environ} | ({"ICSIM_CACHE_DIR": str(cache)} if cache else {})
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", _MEASURED, *arguments], cwd=folder, env=environment,
                              capture_output=True, text=True)
        seconds = time.perf_counter() - began
    said, _, measured = done.stderr.rpartition("MEASURED ")
    if done.returncode or not measured:
        raise RuntimeError(f"icsim {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    import json

    found = json.loads(measured)
    if found["code"]:
        raise RuntimeError(f"icsim {' '.join(arguments)} ended with {found['code']}:\n{done.stdout}{said}")
    scale = 2**20 if sys.platform != "darwin" else 2**30
    return Finished(seconds, found["peak_kb"] / scale, tuple(found["heavy"]), done.stdout)
