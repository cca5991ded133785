"""What may not matter does not: threads, rows, pieces, hash seeds, the processor. Every comparison is to the bit."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import fingerprint
import numpy as np
import pytest
from living import Watched, live, rearranged, same_people, shire, tables, world

from icsim.catalogue.programmes import with_programmes
from icsim.residents import population
from icsim.residents import residents as loops_of
from icsim.residents.build import build

pytestmark = pytest.mark.worlds

PROGRAM = Path(fingerprint.__file__)


class InPieces(Watched):
    """Sweeps its rows in pieces of a prime number of rows, the last piece first."""

    def _sweep(self, first, last, *rest, **named):
        cuts = [*range(first, last, 1009), last]
        for a, b in reversed(list(pairwise(cuts))):
            super()._sweep(a, b, *rest, **named)


def _same(one, other) -> bool:
    tallies = one.residents.tally.tobytes() == other.residents.tally.tobytes()
    return tallies and same_people(one.people(), other.people()) == [] and np.array_equal(one.owned(), other.owned())


def test_the_order_of_rows_changes_nothing():
    shared = world(2)
    rows = np.random.default_rng(1).permutation(shared.start.rows)
    assert _same(live(shared), live(replace(shared, start=rearranged(shared.start, rows))))


def test_sweeping_in_pieces_changes_nothing():
    shared = world(2)
    one, other = live(shared), live(shared, kind=InPieces)
    assert _same(one, other)
    assert np.array_equal(one.residents.people.next, other.residents.people.next)


def test_tables_that_are_too_small_grow_and_change_nothing(monkeypatch):
    shared = world(1)
    one = live(shared)
    small = loops_of.records
    monkeypatch.setattr(loops_of, "records", lambda rows, dtype: small(2 if rows in (4096, 8192) else rows, dtype))
    other = live(shared)
    assert one.demands["key"].tobytes() == other.demands["key"].tobytes()
    assert _same(one, other)


def test_threads_change_nothing_of_the_start(monkeypatch):
    monkeypatch.setattr(population, "WORTH_SWEEPING", 500)
    monkeypatch.setattr(loops_of, "WORTH_SWEEPING", 500)
    one, many = (population.rolled_forward(tables(), shire(), date(2025, 1, 1), tables(), workers) for workers in (1, 3))
    assert one.rows == many.rows > 10_000
    assert same_people(one.people._asdict(), many.people._asdict()) == []


@pytest.mark.parametrize("names", [("stop_smoking", "housing_first", "individual_placement"), ("falls_exercise",)])
def test_programmes_change_nothing_of_the_start(names):
    """Nobody takes part before it, so scenarios share one start: by the tables without them it is the same to the bit, also
    where programmes move people to levels, and events to clocks, of their own.
    """
    own = with_programmes(tables(), names)
    built = build(own, shire(), date(2025, 1, 1), 365, (tables(), shire()))
    by_own, shared = (population.rolled_forward(rows, shire(), date(2025, 1, 1), tables()) for rows in (own, tables()))
    assert by_own.layout.attributes != shared.layout.attributes
    one, other = (population.restarted(start, built, 1, 0) for start in (by_own, shared))
    assert same_people(one._asdict(), other._asdict()) == []
    assert population.columns_in(by_own.layout, shared.layout) is None


def test_every_programme_starts_from_people_who_fit_it():
    """Alone and beside another, those that move people to attributes that nothing else changes among them."""
    fits = []
    for row in (row for row in tables().programmes if row.kind == "programme"):
        own = with_programmes(tables(), (row.programme,))
        built = build(own, shire(), date(2025, 1, 1), 365, (tables(), shire()))
        start = population.starting_population(own, shire(), date(2025, 1, 1), tables())
        people = population.restarted(start, built, 1, 0)
        assert people.fired.shape[1] == built.repeatable == start.people.fired.shape[1]
        assert people.level.shape[1] == len(built.layout.attributes)
        fits.append(population.alike(tables(), own, shire()))
    assert True in fits
    assert False in fits


def test_another_seed_changes_everything_that_these_tests_compare():
    shared = world(1)
    one, other = live(shared, 1), live(shared, 2)
    assert not _same(one, other)
    assert one.owned().tobytes() != other.owned().tobytes()
    found = (fingerprint.fingerprint(fingerprint.small_run(seed=seed, replications=1)) for seed in (1, 1, 2))
    first, again, different = found
    assert first == again != different


def test_the_number_of_threads_changes_nothing():
    one, two = (fingerprint.fingerprint(fingerprint.small_run(threads=n, replications=4)) for n in (1, 4))
    assert one == two


def _elsewhere(**environment: str) -> str:
    done = subprocess.run([sys.executable, str(PROGRAM)], capture_output=True, text=True, env={**os.environ, **environment})
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.slow
def test_the_hash_seed_of_python_changes_nothing():
    here = fingerprint.fingerprint(fingerprint.small_run())
    assert {_elsewhere(PYTHONHASHSEED=seed) for seed in ("1", "271828")} == {here}


@pytest.mark.slow
def test_the_features_of_the_processor_change_nothing(tmp_path):
    """Compiled for a plain processor of its kind: without AVX, without fused multiplication and addition."""
    here = fingerprint.fingerprint(fingerprint.small_run())
    plain = _elsewhere(NUMBA_CPU_NAME="generic", NUMBA_CPU_FEATURES="", ICSIM_CACHE_DIR=str(tmp_path))
    assert plain == here
