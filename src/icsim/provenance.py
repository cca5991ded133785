"""Where results come from: code, scenario, evidence, machine. Everything here can be written as JSON."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from collections import Counter
from dataclasses import asdict
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from icsim.scenario import Resolved, explain
from icsim.scenario.ground import numbers

PACKAGE = Path(__file__).parent
PINS = ("numba", "llvmlite", "numpy", "polars", "scipy", "simpy")
"""Packages whose versions may shape a result."""


def provenance(resolved: Resolved, seconds: float | None = None) -> dict[str, Any]:
    """The record kept beside every result. `seconds`: wall-clock time of the whole run.

    `standing` counts the numbers in force by standing; `assumptions` lists the assumed ones; `differences` those that
    are not the baseline's.
    """
    run, found = resolved.run, explain(resolved)
    standing = Counter(number.row.standing for number in numbers(resolved.catalogue, resolved.area).values())
    return {
        "version": version("icsim"), **commit(),
        "content_hash": content_hash(resolved), "hashes": {**resolved.hashes(), "source": source_hash()},
        "area": resolved.area.name, "area_label": resolved.area.label,
        "start": run.start.isoformat(), "years": run.years, "replications": run.replications, "seed": run.seed,
        "engine": run.engine, "heartbeat": run.heartbeat,
        "standing": {name: standing[name] for name in ("measured", "derived", "fitted", "assumed") if standing[name]},
        "assumptions": [asdict(row) for row in found.assumptions],
        "differences": [asdict(row) for row in resolved.differences],
        "pool_labels": {row.pool: row.label for row in resolved.area.pools},
        "seconds": seconds, **machine(),
    }


def content_hash(resolved: Resolved) -> str:
    """SHA-256 (hex) of scenario, tables and source: equal hashes mean equal numbers."""
    return hashlib.sha256(f"{resolved.content_hash()}\n{source_hash()}".encode()).hexdigest()


@cache
def source_hash() -> str:
    """SHA-256 (hex) of every Python file of icsim."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(f"{path.relative_to(PACKAGE).as_posix()}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def machine() -> dict[str, Any]:
    """Python, packages and processor."""
    return {"python": platform.python_version(), "packages": {name: _version(name) for name in PINS},
            "cpu": _cpu(), "cores": _cores(), "system": platform.platform()}


def _cores() -> int | None:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


@cache
def commit() -> dict[str, Any]:
    """commit: the hash of the checkout that icsim runs from; dirty: whether files differ from it. null: no checkout."""
    root = PACKAGE.parents[1]
    if not (root / ".git").exists():
        return {"commit": None, "dirty": None}
    head, status = _git(root, "rev-parse", "HEAD"), _git(root, "status", "--porcelain")
    return {"commit": head, "dirty": None if status is None else bool(status)}


def _git(root: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
