"""Every compiled function against itself uncompiled, to the bit, and what kernels do at the edges.

The cases are those of `both_ways.py`, computed by two processes: one compiles, the other does not.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import both_ways
import numpy as np
import pytest

pytestmark = pytest.mark.unit


def _written(file: Path, **environment: str) -> dict[str, np.ndarray]:
    inherited = {key: value for key, value in os.environ.items() if key != "NUMBA_DISABLE_JIT"}
    done = subprocess.run([sys.executable, both_ways.__file__, str(file)], capture_output=True, text=True,
                          env={**inherited, **environment})
    assert done.returncode == 0, done.stderr
    with np.load(file) as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    return _written(tmp_path_factory.mktemp("compiled") / "arrays.npz")


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return _written(tmp_path_factory.mktemp("plain") / "arrays.npz", NUMBA_DISABLE_JIT="1")


def _of(arrays: dict[str, np.ndarray], case: str) -> dict[str, np.ndarray]:
    begins = f"{case}: "
    return {name.removeprefix(begins): array for name, array in arrays.items() if name.startswith(begins)}


@pytest.mark.parametrize("case", [case.__name__ for case in both_ways.CASES])
def test_compiled_and_plain_agree_to_the_bit(case, compiled, plain):
    one, other = _of(compiled, case), _of(plain, case)
    assert one.keys() == other.keys()
    assert one
    for name, array in one.items():
        assert (array.dtype, array.shape) == (other[name].dtype, other[name].shape), name
        assert array.tobytes() == other[name].tobytes(), name


def test_every_compiled_function_was_compared(plain):
    found = zip(plain["functions"], plain["calls"], strict=True)
    calls = {str(name): count for name, count in found if name.startswith("icsim.")}
    assert len(calls) > 80
    assert [name for name, count in calls.items() if count == 0] == []


def test_the_small_world_is_not_idle(plain):
    found = _of(plain, "whole_model")
    assert found["cells"][..., 0].sum() > 0
    assert len(set(range(-1, 11)) & set(found["contacts.step"].tolist())) >= 10
    assert (found["activity.tally"].sum(axis=(0, 1)) > 0).sum() >= 6
    assert 0 < (found["clock"] < 365).sum() < found["clock"].size


def test_nobody_and_nobody_alive(plain):
    found = _of(plain, "nobody")
    assert found["empty.demands"].size == found["dead.demands"].size == 0
    for name in ("tally", "census", "moved"):
        assert not found[f"empty.{name}"].any()
        assert not found[f"dead.{name}"].any()


def test_one_resident_lives_every_millisecond_until_death(plain):
    found = _of(plain, "one_resident")
    alive = found["census"].sum()
    lived = found["tally"][..., 0].sum()
    assert alive in (0, 1)
    assert lived == 1800 * 86_400_000 if alive else lived < 1800 * 86_400_000
    assert found["person.age"][0] >= 85


def test_a_clock_that_cannot_ring_is_parked_and_counted(plain):
    found = _of(plain, "parked")
    assert found["birth"].sum() == 0
    assert found["parked"].sum() == 1
    assert found["rows"] == 1
    assert found["again"] > 1e6


def test_a_beat_of_no_length_changes_no_bit(plain):
    assert [name for name, array in _of(plain, "beat_of_no_length").items() if array.any()] == []


def test_an_outcome_gives_its_level_unless_the_resident_has_gone(plain):
    found = _of(plain, "outcomes_come_back")
    assert found["care"].tolist() == [1, 0, 1, 0, 0, 0, 0, 0]
    assert (found["person.resume"][:3] == 1).all()  # they have lived through the beat already


def test_with_a_case_open_life_goes_on_and_demands_are_handed_over(plain):
    found = _of(plain, "with_a_case_open")
    assert found["departures"].tolist() == [0]
    assert found["demands"].tolist() == [1]
    assert found["rings"][0] == 0.5
    assert found["rings"][1] > 28  # the fall has happened; the next one is drawn
    assert found["person.open"][:3].tolist() == [1, 2, 1]
    assert found["rings"][2] > 28  # parked: nobody leaves this place


def test_without_demands_there_are_no_contacts_only_open_hours(plain):
    found = _of(plain, "no_demands")
    assert all(array.size == 0 for name, array in found.items() if name.startswith(("contacts", "moves")))
    assert found["sums.open_ms"].sum() > 0
    assert all(array.sum() == 0 for name, array in found.items() if name.startswith("sums") and "open" not in name)


def test_books_of_an_idle_beat_stay_empty(plain):
    assert not any(array.any() for array in _of(plain, "nothing_posted").values())
