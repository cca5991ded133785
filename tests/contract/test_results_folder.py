"""A results folder is there whole or not at all, and earlier results are never lost."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
import synthetic

from icsim import results
from icsim.errors import ResultsError

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def small():
    return synthetic.results(replications=1, years=1, places=("harlow",))


@pytest.fixture(scope="module")
def other():
    return synthetic.results(replications=1, years=1, places=("harlow",), luck=2)


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_folder_holds_tables_scenarios_and_provenance(tmp_path, small):
    folder = results.write(small, tmp_path / "baseline", {"charts/a.svg": b"<svg/>"})
    assert set(contents(folder)) == {
        *(f"{name}.parquet" for name in results.FRAMES), "scenarios/baseline.toml",
        "scenarios/baseline.txt", "provenance.json", "charts/a.svg"}
    assert pl.read_parquet(folder / "cells.parquet").equals(small.cells)
    origin = json.loads((folder / "provenance.json").read_text())
    assert origin["hash"] == small.content_hash
    assert origin["scenarios"][0]["seed"] == 1


def test_a_comparison_keeps_its_scenarios_apart(tmp_path):
    pair = synthetic.comparison(replications=1, years=1, places=("harlow",))
    folder = results.write(pair, tmp_path / pair.name)
    assert folder.name == "baseline-falls_vehicles"
    assert pl.read_parquet(folder / "cells.parquet")["scenario"].unique().sort().to_list() == [
        "baseline", "falls_vehicles"]


def test_counts_stay_whole_numbers(tmp_path, small):
    folder = results.write(small, tmp_path / "x")
    for frame in set(results.FRAMES) - {"expectancy"}:  # that is worked out from tables, not counted
        table = pl.read_parquet(folder / f"{frame}.parquet")
        assert set(table.schema.values()) == {pl.Int64, pl.String}, frame
    schema = pl.read_parquet(folder / "cells.parquet").schema
    assert {schema[name] for name in schema if name not in synthetic.KEYS} == {pl.Int64}


def test_an_event_log_is_kept_where_there_is_one(tmp_path, small):
    events = pl.DataFrame({"entity_id": [1], "event": ["arrival"]})
    folder = results.write(synthetic.replace(small, events=events), tmp_path / "logged")
    assert pl.read_parquet(folder / "events.parquet").equals(events)


def test_the_same_hash_is_replaced(tmp_path, small):
    results.write(small, tmp_path / "x", {"page.txt": b"old"})
    results.write(small, tmp_path / "x", {"page.txt": b"new"})
    assert (tmp_path / "x" / "page.txt").read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_another_hash_is_kept_under_its_own_name(tmp_path, small, other):
    results.write(small, tmp_path / "x")
    before = contents(tmp_path / "x")
    results.write(other, tmp_path / "x")
    assert contents(tmp_path / f"x-{small.content_hash[:8]}") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x", f"x-{small.content_hash[:8]}"]


def fail_at(monkeypatch, nth: int, error: BaseException) -> None:
    """Let the nth file written fail, as a disk that is full by then would."""
    write, count = results._write_file, [0]

    def failing(path, content):
        count[0] += 1
        if count[0] == nth:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content[:10])
            raise error
        write(path, content)

    monkeypatch.setattr(results, "_write_file", failing)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT])
@pytest.mark.parametrize("nth", [1, 4])
def test_a_disk_that_fails_leaves_earlier_results_and_nothing_else(tmp_path, monkeypatch, small, other, code, nth):
    results.write(small, tmp_path / "x")
    before = contents(tmp_path)
    fail_at(monkeypatch, nth, OSError(code, os.strerror(code)))
    with pytest.raises(ResultsError, match="cannot be written"):
        results.write(other, tmp_path / "x")
    assert contents(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_an_interruption_leaves_nothing_half_written(tmp_path, monkeypatch, small):
    fail_at(monkeypatch, 3, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        results.write(small, tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_a_rename_that_fails_puts_the_earlier_results_back(tmp_path, monkeypatch, small, other):
    results.write(small, tmp_path / "x")
    before = contents(tmp_path)
    rename = Path.rename

    def failing(self, target):
        if self.name.endswith(".partial"):
            raise OSError(errno.EIO, "input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(ResultsError):
        results.write(other, tmp_path / "x")
    assert contents(tmp_path) == before


LIMITED = """
import resource, sys
sys.path.insert(0, sys.argv[1])
import synthetic
from icsim import results
from icsim.errors import ResultsError
made = synthetic.results(replications=1, years=1, places=("harlow",), luck=int(sys.argv[3]))
if sys.argv[4] != "0":
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[4]),) * 2)
try:
    results.write(made, sys.argv[2])
except ResultsError as error:
    print(error, file=sys.stderr)
    sys.exit(2)
"""


def test_files_cut_short_by_the_system_leave_earlier_results(tmp_path, small):
    """A limit on the size of files fails in the middle of a write, as a full disk does."""
    results.write(small, tmp_path / "x")
    before = contents(tmp_path)
    helpers = str(Path(synthetic.__file__).parent)
    done = subprocess.run([sys.executable, "-c", LIMITED, helpers, str(tmp_path / "x"), "2", "3000"],
                          capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert "cannot be written" in done.stderr
    assert contents(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


@pytest.mark.parametrize("place", ["/proc/nothing/can/be/made/here", "/dev/null/x"])
def test_a_place_that_takes_no_folders_is_refused_before_the_run(place):
    with pytest.raises(ResultsError, match="cannot be written"):
        results.check(place)


def test_a_file_in_the_way_is_refused_and_kept(tmp_path, small):
    (tmp_path / "x").write_text("mine")
    for act in (results.check, lambda folder: results.write(small, folder)):
        with pytest.raises(ResultsError, match="does not hold results of icsim"):
            act(tmp_path / "x")
    assert (tmp_path / "x").read_text() == "mine"


def test_a_folder_of_somebody_else_is_refused_and_kept(tmp_path, small):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "letter.txt").write_text("mine")
    with pytest.raises(ResultsError, match="does not hold results of icsim"):
        results.write(small, tmp_path / "x")
    assert contents(tmp_path) == {"x/letter.txt": b"mine"}


def test_damaged_results_are_kept_too(tmp_path, small):
    results.write(small, tmp_path / "x")
    (tmp_path / "x" / "provenance.json").write_text("{")
    results.write(small, tmp_path / "x")
    assert (tmp_path / "x-unknown").is_dir()


def test_checking_writes_nothing(tmp_path):
    results.check(tmp_path / "not" / "yet" / "there")
    assert list(tmp_path.iterdir()) == []
