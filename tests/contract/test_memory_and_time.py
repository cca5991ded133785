"""What a run will need is known before it begins: what does not fit is refused, and no replication is ever dropped."""

import json
import re
import subprocess
import sys

import fingerprint
import pytest
from typer.testing import CliRunner

import icsim
from icsim import api, cli, experiment, free_memory, memory_and_time
from icsim.errors import NotEnoughMemoryError
from icsim.experiment import world_of
from icsim.residents.population import empty
from icsim.state import bytes_per_row

pytestmark = pytest.mark.contract

SMALL = "testshire/baseline"
COMMANDS = [["run", SMALL], ["compare", SMALL, "testshire/falls_vehicles"], ["validate", "testshire"]]


@pytest.fixture
def with_memory(monkeypatch):
    """Makes this a machine with so many bytes, of which this process holds none."""
    def say(size):
        monkeypatch.setattr(free_memory, "available_bytes", lambda: size)
        monkeypatch.setattr(free_memory, "held_bytes", lambda: 0)
    return say


@pytest.fixture
def ran(monkeypatch):
    """Notes what would be run, without running it."""
    found = []

    class StoppedError(Exception):
        """Raised where the engine would begin."""

    def begin(scenarios, *_):
        found.append(scenarios)
        raise StoppedError
    monkeypatch.setattr(experiment, "_run_all", begin)
    return found


def typed(*words, out):
    return CliRunner().invoke(cli.app, [*words, "--out", str(out)])


# Refused -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_what_does_not_fit_is_refused_before_anything_is_made(words, with_memory, ran, tmp_path, monkeypatch):
    monkeypatch.setattr(experiment, "world_of", lambda *_: pytest.fail("a world was made"))
    with_memory(200_000_000)
    done = typed(*words, out=tmp_path)
    assert (done.exit_code, ran, done.stdout, list(tmp_path.iterdir())) == (2, [], "", [])
    said = " ".join(done.stderr.split())
    for part in ("Not enough memory, so nothing was run.", "0.2 GB are available", "would take about", "--anyway",
                 "smaller area"):
        assert part in said
    assert re.search(r"need about 0\.[4-9] GB of memory", said)
    assert "Traceback" not in done.output


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_it_is_run_all_the_same_where_that_is_asked_for(words, with_memory, ran, tmp_path):
    with_memory(200_000_000)
    done = typed(*words, "--anyway", out=tmp_path)
    assert len(ran) == 1
    assert "0.2 GB available" in done.stderr


def test_a_refusal_is_an_object_where_one_was_asked_for(with_memory, ran, tmp_path):
    with_memory(200_000_000)
    done = typed("run", SMALL, "--json", out=tmp_path)
    assert done.exit_code == 2
    (problem,) = json.loads(done.stdout)["error"]["problems"]
    assert problem["where"] == "memory"
    assert "would need about" in problem["message"]


@pytest.mark.parametrize("call", [
    lambda **more: icsim.run(SMALL, **more),
    lambda **more: icsim.compare(SMALL, "testshire/falls_vehicles", **more),
    lambda **more: icsim.validate("testshire", **more),
    lambda **more: icsim.people(SMALL, **more),
    lambda **more: icsim.life(1, SMALL, "testshire/falls_vehicles", **more),
    lambda **more: icsim.differing(SMALL, "testshire/falls_vehicles", **more),
], ids=["run", "compare", "validate", "people", "life", "differing"])
def test_every_verb_that_runs_refuses_and_can_be_told_to_go_on(call, with_memory, monkeypatch):
    class BegunError(Exception):
        """Raised where the engine would begin."""

    def begin(*_):
        raise BegunError
    from icsim import lives
    monkeypatch.setattr(experiment, "world_of", begin)
    for module in ("crowd", "follow"):
        monkeypatch.setattr(sys.modules[f"{lives.__name__}.{module}"], "world_of", begin)
    with_memory(200_000_000)
    with pytest.raises(NotEnoughMemoryError, match=r"--anyway \(in Python: anyway=True\)"):
        call()
    with pytest.raises(BegunError):
        call(anyway=True)


def test_of_several_scenarios_none_is_run_if_one_does_not_fit(with_memory, ran, tmp_path):
    """In the second, everything is the same except that it needs more memory than there is."""
    long = tmp_path / "long.toml"
    long.write_text('schema = 1\ntitle = "Long"\nextends = "wiltshire/baseline"\n[run]\nyears = 30\n')
    with_memory(1_000_000_000)
    done = typed("run", SMALL, str(long), out=tmp_path / "out")
    assert (done.exit_code, ran) == (2, [])
    assert "long over 30 years" in " ".join(done.stderr.split())


def test_the_years_named_as_a_remedy_are_the_most_that_fit(with_memory):
    """A machine on which exactly twenty of thirty years of Wiltshire fit."""
    with_memory(int(icsim.estimate("wiltshire/baseline", years=20, threads=1).bytes_needed / memory_and_time.SHARE) + 1)
    refused = icsim.estimate("wiltshire/baseline", years=30)
    assert not refused.fits
    assert refused.remedies[0] == "take 20 years instead of 30 (--years)"
    assert icsim.estimate("wiltshire/baseline", years=20).fits
    assert not icsim.estimate("wiltshire/baseline", years=21).fits


def test_many_replications_are_refused_for_what_they_leave_behind(with_memory):
    """Fewer side by side does not help there, fewer in one run does: the most that fit are named."""
    with_memory(int(icsim.estimate(SMALL, replications=700, threads=1).bytes_needed / memory_and_time.SHARE) + 1)
    refused = icsim.estimate(SMALL, replications=1000)
    assert not refused.fits
    assert any("take 700 replications instead of 1000 (--replications)" in text for text in refused.remedies)
    assert icsim.estimate(SMALL, replications=700).fits
    assert not icsim.estimate(SMALL, replications=701).fits


def test_a_system_that_does_not_say_refuses_nothing(with_memory):
    with_memory(None)
    found = icsim.estimate("baseline", years=30, replications=1000)
    assert found.fits
    assert "available" not in str(found)


# Fewer at once -------------------------------------------------------------------------------------------------------


def test_fewer_run_at_once_where_only_fewer_fit(with_memory):
    """From two copies of everybody to one: the estimate falls by a copy, and no replication is dropped."""
    several = [icsim.resolve("wiltshire/baseline", years=10, replications=3)]
    sizes = [memory_and_time.sizes_of(several[0])]
    need = [memory_and_time.peak(sizes, [3], n) for n in (1, 2, 3)]
    for copies in (1, 2, 3):
        with_memory(int(need[copies - 1] / memory_and_time.SHARE) + 1_000_000)
        found = memory_and_time.estimate(several, cores=8)
        assert (found.at_once, found.fits, found.replications) == (copies, True, 3)


def test_fewer_at_once_change_no_result_and_drop_no_replication(monkeypatch):
    whole = fingerprint.small_run(threads=4, replications=3)
    narrow = icsim.estimate(SMALL, replications=3).bytes_needed // 100
    monkeypatch.setattr(free_memory, "available_bytes", lambda: narrow)
    monkeypatch.setattr(free_memory, "held_bytes", lambda: 0)
    begun = _side_by_side(monkeypatch)
    one_by_one = fingerprint.small_run(threads=4, replications=3, anyway=True)
    assert max(begun) == 1
    assert len(begun) == 3
    assert fingerprint.fingerprint(one_by_one) == fingerprint.fingerprint(whole)


def _side_by_side(monkeypatch):
    """For each replication that begins: how many are running then, itself included."""
    running, begun, replicate = [], [], experiment.replicate

    def counted(*given, **more):
        running.append(1)
        begun.append(len(running))
        try:
            return replicate(*given, **more)
        finally:
            running.pop()
    monkeypatch.setattr(experiment, "replicate", counted)
    return begun


# The forecast --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("years", "said"), [(1, False), (30, True)])
def test_a_long_run_says_what_to_expect_and_a_short_one_nothing(years, said, with_memory, ran, tmp_path):
    with_memory(50_000_000_000)
    done = typed("run", "baseline", "--years", str(years), "--replications", "20", "--threads", "1", out=tmp_path)
    assert len(ran) == 1
    forecast = r"baseline, 30 years, 20 replications: expected to take about .* (minutes|hours) and \d+\.\d GB of memory"
    assert bool(re.search(forecast, " ".join(done.stderr.split()))) is said
    assert said or done.stderr == ""


def test_rows_are_as_large_as_those_that_the_engine_makes():
    resolved = icsim.resolve(SMALL)
    world = world_of(resolved)
    living = empty(world.built, 1)
    assert memory_and_time._row_bytes(resolved) == (
        bytes_per_row(living), living.clock.nbytes, bytes_per_row(world.start.people))
    counted = memory_and_time.residents_at(resolved.area, world.calendar.origin)
    assert abs(counted / world.start.rows - 1) < 0.02


def test_counts_are_as_large_as_those_that_a_replication_leaves():
    from icsim.simulation import replicate

    resolved = icsim.resolve(SMALL)
    world = world_of(resolved)
    left = replicate(world, 1)
    real = sum(table.nbytes for table in (left.residents, *left.activity.books, left.activity.pools, left.population,
                                          left.ends))
    periods = world.calendar.periods, world.calendar.edges
    assert memory_and_time._counts_bytes(resolved, len(periods[0]), periods[1]) == real


def test_time_grows_with_all_that_takes_time():
    """Years, replications, residents, heartbeats, the readable engine; more cores take some of it away."""
    def seconds(name=SMALL, cores=1, **settings):
        return memory_and_time.estimate([icsim.resolve(name, **settings)], cores).seconds
    plain = seconds(years=5, replications=4)
    for longer in (seconds(years=10, replications=4), seconds(years=5, replications=8), seconds(years=5, replications=4,
                   engine="reference"), seconds("wiltshire/baseline", years=5, replications=4),
                   seconds(years=5, replications=4, heartbeat="week")):
        assert longer > plain
    assert seconds(years=5, replications=4, cores=2) < plain
    assert seconds(years=5, replications=4, services=False) < plain


PEAK = """
import sys, icsim
name, years, replications = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
expected = icsim.estimate(name, years=years, replications=replications).bytes_needed
icsim.page(icsim.run(name, years=years, replications=replications))
most = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:"))
print(expected, int(most.split()[1]) * 1024)
"""
"""What the system calls the high-water mark of memory; the one of getrusage begins with that of the parent process."""


@pytest.mark.slow
@pytest.mark.parametrize(("name", "years", "replications"), [("wiltshire/baseline", 1, 1), ("wiltshire/baseline", 4, 3),
                                                             (SMALL, 2, 60)], ids=["the start", "side by side", "many"])
def test_the_memory_that_a_run_takes_is_what_was_expected(name, years, replications):
    """In a process of its own, within 15 %: each case has its worst moment at another place."""
    done = subprocess.run([sys.executable, "-c", PEAK, name, str(years), str(replications)], capture_output=True, text=True,
                          check=True)
    expected, taken = map(int, done.stdout.split())
    assert abs(expected / taken - 1) < 0.15, (expected, taken)


def test_the_verbs_and_the_command_line_ask_the_same_question():
    found = api.estimate(SMALL, "testshire/falls_vehicles", replications=3)
    assert found.names == ("baseline", "falls_vehicles")
    assert (found.years, found.replications) == (2, 3)
