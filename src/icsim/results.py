"""What a run leaves behind: frames of whole numbers, where they come from, and the folder they are written to.

A folder is written beside its final place and renamed, so it is there whole or not at all. Earlier results with another
hash are kept under another name; the same hash is replaced.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from icsim.errors import Problem, ResultsError

if TYPE_CHECKING:
    import polars as pl

FRAMES = ("cells", "waits", "wait_sums", "pool_waits", "pools", "background", "population", "ends",
          "expectancy", "ledger")
PROVENANCE = "provenance.json"


@dataclass(frozen=True)
class Results:
    """All replications of one scenario. Every count is int64; frames are sorted by their key columns.

    Times are milliseconds. `year` is the label of a reporting period, as in 2025/26; `quintile` 1 is the most deprived
    national fifth; `age_band` runs "00-04" … "85-89", "90+".
    """

    name: str
    title: str
    cells: pl.DataFrame
    """scenario, replication, year, place, quintile, sex, age_band; then person_time_ms, healthy_time_ms,
    quality_adjusted_time_ms, and one column per count (deaths, emergency_admissions …) and per time (bed_days_ms …)"""
    waits: pl.DataFrame
    """scenario, replication, year, place, measure (a response measure, or "wait:<step>"), quintile, bucket (see
    buckets.py), count: of residents"""
    wait_sums: pl.DataFrame
    """scenario, replication, year, place, measure, quintile, count, sum_ms, over_1 … over_3, excess_1_ms … excess_3_ms:
    of residents; over_n took longer than the n-th limit of the measure (`provenance["limits"]`), by excess_n_ms in all"""
    pool_waits: pl.DataFrame
    """the same by scenario, replication, year, pool, measure: of everybody whom the pool saw"""
    pools: pl.DataFrame
    """scenario, replication, year, pool, service, busy_ms, open_ms (0: no limit), waiting_ms, arrivals, grants,
    left_queue: of everybody"""
    background: pl.DataFrame
    """scenario, replication, year, measure (as the columns of `cells` are named), value: of people who are no residents"""
    population: pl.DataFrame
    """scenario, replication, date (ISO label), place, quintile, sex, age_band, residents: at the start and year ends"""
    ends: pl.DataFrame
    """scenario, replication, place, quintile, sex, age (years, 90 and over together), state, residents: alive at the end;
    `state` is a level of each lasting attribute, as in "frailty=mild"; whoever a programme moved is there once more, as in
    "smoking=ex_first_year~current": where they are, and came from"""
    expectancy: pl.DataFrame
    """scenario, quintile, sex, age, state; then person_years, healthy_years and qalys that people alive at the end still
    have before them, undiscounted and, ending in the name of a scheme, discounted to the start: float64, by the tables
    without the scenario's changes; of those whom a programme moved what that adds"""
    ledger: pl.DataFrame
    """scenario, replication, year, month (as in 2026-04), kind (opening, moved, double_running, planned, stranded, unspent,
    vacant), giver, receiver (budget lines; null: none), shift (1 is the first; null: none), pence"""
    provenance: dict[str, Any]
    """the record that `provenance.provenance` makes"""
    timings: list[tuple[str, float]]
    """seconds spent in each step, in the order of the steps"""
    resolved_toml: str
    """the complete scenario as it was run"""
    explanation: str
    """what was understood, in words"""
    content_hash: str
    """of scenario, tables and source: equal hashes mean equal numbers"""
    events: pl.DataFrame | None = None
    """the event log of one replication (`eventlog.COLUMNS`), if asked for"""

    @property
    def replications(self) -> int:
        """How many times the scenario was run."""
        return int(self.cells["replication"].n_unique())

    @property
    def residents(self) -> float:
        """Residents at the start, mean over replications."""
        start = self.population.filter(self.population["date"] == self.population["date"].min())
        return float(start["residents"].sum()) / self.replications

    @property
    def years(self) -> list[str]:
        """Labels of the reporting periods, in order."""
        return sorted(self.cells["year"].unique().to_list())


@dataclass(frozen=True)
class Attribution:
    """What each group of a scenario's changes contributes to its difference from the baseline, in whole numbers."""

    scenario: str
    groups: dict[str, tuple[str, ...]]
    """group → the parts of the scenario that are in it"""
    labels: dict[str, str]
    """group → what pages call it"""
    orders: int
    """n!: in how many orders n groups can be added one after the other"""
    tallies: pl.DataFrame
    """scenario, replication, year, tally (as the engine adds up: counts, milliseconds, pence), group; own (int64): what the
    group does alone; over_orders (int64): what it adds, summed over all orders, which is `orders` × its Shapley value. Over
    all groups over_orders adds up to `orders` × the difference between the scenarios, exactly."""


@dataclass(frozen=True)
class OnAssumption:
    """How much of a scenario's differences from the baseline rests on assumed effects of what it changes."""

    scenario: str
    rows: tuple[str, ...]
    """ids of the assumed effects and moves that are taken to do nothing"""
    programmes: tuple[str, ...]
    """labels of the programmes they belong to"""
    undone: tuple[str, ...]
    """labels of the services (or of what takes money from them) that are as in the baseline at null, because at least half
    of the shares that lead there and on are assumed, and a share cannot be set to nothing"""
    ways: dict[str, tuple[int, int]]
    """label of each service that the scenario changes → how many of these shares are assumed, of how many"""
    staff: dict[str, tuple[int, int]]
    """label of each group of staff that the scenario changes → how many of the figures about it are assumed, of how many;
    where that is at least half, they are as in the baseline at null"""
    shares: pl.DataFrame | None
    """year (all years, headline years), measure, difference, at_null (the difference that is left), share (1 − at_null /
    difference, null where nothing differs): means over pairs; None: needs more runs, which were not wanted or cannot be"""
    unsound: str = ""
    """why the scenario cannot be run with this at null"""


@dataclass(frozen=True)
class Comparison:
    """Scenarios run on the same residents with the same luck, replication by replication."""

    base: Results
    alternatives: list[Results]
    attributions: tuple[Attribution, ...] = ()
    """what each part does, of each alternative, where that was asked for"""
    on_assumption: tuple[OnAssumption, ...] = ()
    """of each alternative"""

    @property
    def scenarios(self) -> list[Results]:
        """The baseline first, then the alternatives in the order they were given."""
        return [self.base, *self.alternatives]

    @property
    def name(self) -> str:
        """The name of the results folder."""
        return f"{self.base.name}-{'-'.join(each.name for each in self.alternatives)}"

    @property
    def content_hash(self) -> str:
        """Hash of the hashes of its scenarios, in order."""
        return hashlib.sha256("\n".join(each.content_hash for each in self.scenarios).encode()).hexdigest()


def scenarios_of(value: Results | Comparison) -> list[Results]:
    """The scenarios in a result, the baseline first."""
    return value.scenarios if isinstance(value, Comparison) else [value]


def frame(value: Results | Comparison, name: str) -> pl.DataFrame:
    """The frame called `name` (one of FRAMES) of all scenarios, one below the other."""
    import polars as pl

    return pl.concat([getattr(each, name) for each in scenarios_of(value)], how="diagonal")


def write(value: Results | Comparison, folder: str | Path, files: Mapping[str, bytes] | None = None) -> Path:
    """Write frames, resolved scenarios, provenance and `files` (name within the folder → content) to `folder`.

    Raises ResultsError if that is impossible; then earlier results are untouched and nothing half-written is left.
    """
    folder = Path(folder)
    check(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".partial", dir=folder.parent))
    except OSError as error:
        raise _cannot_write(folder, error) from error
    try:
        for name, content in {**_own_files(value), **(files or {})}.items():
            _write_file(beside / name, content)
        beside.chmod(0o755)
        _put_in_place(beside, folder)
    except OSError as error:
        raise _cannot_write(folder, error) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return folder


def check(folder: str | Path) -> None:
    """Refuse, before anything is run, a folder that results could not be written to. Raises ResultsError."""
    folder = Path(folder)
    if folder.exists() and not _is_ours(folder):
        raise _problem(folder, "exists and does not hold results of icsim.\nMove it away, or choose another --out.")
    parent = _nearest_existing(folder.parent)
    try:
        with tempfile.TemporaryDirectory(prefix=".icsim.", dir=parent):
            pass
    except OSError as error:
        raise _cannot_write(folder, error) from error


def _nearest_existing(folder: Path) -> Path:
    folder = folder.absolute()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def _is_ours(folder: Path) -> bool:
    return folder.is_dir() and ((folder / PROVENANCE).is_file() or not any(folder.iterdir()))


def _own_files(value: Results | Comparison) -> dict[str, bytes]:
    files = {f"{name}.parquet": parquet(frame(value, name)) for name in FRAMES}
    for each in scenarios_of(value):
        if each.events is not None:
            files[f"{logs_of(value, each)}events.parquet"] = parquet(each.events)
        files[f"scenarios/{each.name}.toml"] = each.resolved_toml.encode()
        files[f"scenarios/{each.name}.txt"] = each.explanation.encode()
    files[PROVENANCE] = json.dumps(provenance(value), indent=2, allow_nan=False, default=str).encode()
    return files


def logs_of(value: Results | Comparison, scenario: Results) -> str:
    """Where the event log of a scenario lies in the folder of `value`: beside the rest, or in a folder of its own."""
    return "" if isinstance(value, Results) else f"events/{scenario.name}/"


def provenance(value: Results | Comparison) -> dict[str, Any]:
    """Where the numbers come from: one entry per scenario, and the hash of the whole."""
    return {
        "name": value.name,
        "hash": value.content_hash,
        "scenarios": [
            {"name": each.name, "title": each.title, "hash": each.content_hash, **each.provenance,
             "seconds_by_step": [{"step": step, "seconds": seconds} for step, seconds in each.timings]}
            for each in scenarios_of(value)
        ],
    }


def parquet(table: pl.DataFrame) -> bytes:
    """The frame as a Parquet file."""
    buffer = io.BytesIO()
    table.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def _write_file(path: Path, content: bytes) -> None:
    """The one place where results reach the disk; fsync, because a full disk may show itself only there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _put_in_place(beside: Path, folder: Path) -> None:
    """Rename `beside` to `folder`; what was there is kept elsewhere unless its hash is the same."""
    if not folder.exists():
        beside.rename(folder)
        return
    replaced = not any(folder.iterdir()) or _hash_of(folder) == _hash_of(beside)
    aside = folder.with_name(f".{folder.name}.replaced" if replaced else f"{folder.name}-{_hash_of(folder)[:8]}")
    shutil.rmtree(aside, ignore_errors=True)
    folder.rename(aside)
    try:
        beside.rename(folder)
    except BaseException:
        aside.rename(folder)
        raise
    if replaced:
        shutil.rmtree(aside, ignore_errors=True)


def _hash_of(folder: Path) -> str:
    """The hash of the results in a folder; "unknown" where its provenance cannot be read."""
    try:
        return str(json.loads((folder / PROVENANCE).read_text())["hash"])
    except (OSError, ValueError, KeyError, TypeError):
        return "unknown"


def _cannot_write(folder: Path, error: OSError) -> ResultsError:
    reason = error.strerror or str(error)
    return _problem(folder, f"cannot be written: {reason[:1].lower()}{reason[1:]}.\nEarlier results are untouched; "
                            "free some space, or choose another folder with --out.")


def _problem(folder: Path, message: str) -> ResultsError:
    return ResultsError("results", [Problem(str(folder), message)])
