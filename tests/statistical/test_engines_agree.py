"""The compiled engine and the reference engine give the same records on any pathway, and both keep their promises."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from pathways import HORIZON, World, model, planned, random_demands, random_worlds, takes_over

from icsim.services.compiled import CompiledEngine
from icsim.services.model import FINISH, PRE_EMPT, UNLIMITED, ServiceModel
from icsim.services.reference import ReferenceEngine
from icsim.services.served import POOL_SUMS, Served
from icsim.tables import DIED, JOINED, LEFT, MOVED_ON, NOBODY, PUT_OFF, REFUSED, SERVED, STILL_THERE

pytestmark = pytest.mark.statistical

ENGINES = pytest.mark.parametrize("engine", [ReferenceEngine, CompiledEngine])


def run(engine: type, world: World, cuts: tuple[int, ...] = (), adopted_at=lambda ms: None) -> list[Served]:
    """One `Served` for each stretch between cuts, and one for the finish. adopted_at: the model to adopt at a cut."""
    engine, served = begun(engine, world), []
    for start, end in pairwise((0, *cuts, HORIZON)):
        called, left = world.demands["ms"], world.departures["ms"]
        demands = world.demands[(start <= called) & (called < end)]
        adopted = adopted_at(start) if start else None
        if adopted is not None:
            engine.adopt(adopted, start)
        served.append(engine.serve(demands, world.departures[(start <= left) & (left < end)], end))
    return [*served, engine.finish(HORIZON)]


def begun(engine: type, world: World):
    """The engine with its first model and those who keep a server from the start."""
    engine = engine(world.model)
    engine.settle(*world.tenants)
    return engine


def joined(parts: list[Served]) -> Served:
    """Several stretches as one."""
    sums = sum((rows(part.sums) for part in parts[1:]), start=rows(parts[0].sums))
    contacts, moves = (np.concatenate([getattr(part, name) for part in parts]) for name in ("contacts", "moves"))
    return Served(contacts, moves, sums)


def rows(sums: np.ndarray) -> np.ndarray:
    """POOL_SUMS[P] as int64[P, columns]."""
    return np.stack([sums[name] for name in POOL_SUMS.names], axis=1)


def assert_same(one: Served, other: Served) -> None:
    for name in Served._fields:
        a, b = getattr(one, name), getattr(other, name)
        assert a.dtype == b.dtype, name
        assert np.array_equal(a, b), f"{name}\n{a}\n{b}"


def assert_engines_agree(world: World) -> None:
    both = [run(engine, world, world.cuts, world.adopted_at) for engine in (ReferenceEngine, CompiledEngine)]
    for reference, compiled in zip(*both, strict=True):
        assert_same(reference, compiled)


@given(random_worlds())
@settings(max_examples=200)
def test_engines_give_the_same_records(world):
    assert_engines_agree(world)


@pytest.mark.slow
@given(random_worlds())
@settings(max_examples=3000)
def test_engines_give_the_same_records_in_many_worlds(world):
    assert_engines_agree(world)


def with_returns(engine: type, world: World) -> list[Served]:
    """Runs in four stretches; whoever was released in one comes back in the next, unless departed."""
    engine, served, returning = begun(engine, world), [], world.demands[:0]
    step = HORIZON // 4
    for start in range(0, HORIZON, step):
        new = world.demands[(start <= world.demands["ms"]) & (world.demands["ms"] < start + step)]
        demands = np.concatenate([new, returning])
        left = world.departures["ms"]
        leaving = world.departures[(start <= left) & (left < start + step)]
        served.append(engine.serve(demands[np.lexsort((demands["key"], demands["ms"]))], leaving, start + step))
        moves = served[-1].moves
        back = np.unique(moves["resident"][~np.isin(moves["reason"], [DIED, LEFT])])
        returning = random_demands(start, len(back), world.pathways)
        returning["resident"], returning["ms"] = back, start + step + returning["ms"] // 4
    return [*served, engine.finish(HORIZON)]


@given(random_worlds())
@settings(max_examples=60)
def test_engines_agree_when_residents_come_back(world):
    pairs = zip(with_returns(ReferenceEngine, world), with_returns(CompiledEngine, world), strict=True)
    for reference, compiled in pairs:
        assert_same(reference, compiled)


@ENGINES
@given(world=random_worlds())
@settings(max_examples=60)
def test_a_run_in_stretches_is_the_same_run(engine, world):
    assert_same(joined(run(engine, world, world.cuts)), joined(run(engine, world)))


@ENGINES
@given(world=random_worlds())
@settings(max_examples=60)
def test_adopting_the_model_that_holds_changes_nothing(engine, world):
    """Whether it is the same object or says the same in other arrays; capacity is stated again at each cut."""
    for ms in world.cuts:
        world = replace(world, pathways=takes_over(world.pathways, ms))
    for again in (world.model, None):
        found = run(engine, world, world.cuts, lambda ms, again=again: again or model(world.pathways))
        assert_same(joined(found), joined(run(engine, world)))


@dataclass
class Trace:
    """What the records of one run say, worked out again from the records alone."""

    cases: dict[int, list[np.void]]
    """By key: the contacts in order, and the closing record."""
    spells: dict[int, list[tuple[int, int]]]
    """By pool: from when until when a server was in use, for each time one was taken; long holds left out."""
    kept: dict[int, list[tuple[int, int]]]
    """By pool: from when until when a server was kept as a long hold."""

    def busy(self, pool: int, ms: int) -> int:
        """Servers in use just after `ms`."""
        return sum(start <= ms < end for start, end in [*self.spells[pool], *self.kept[pool]])


def trace_of(world: World, contacts: np.ndarray) -> Trace:
    cases, spells = defaultdict(list), defaultdict(list)
    for row in contacts:
        cases[int(row["key"])].append(row)
    for records in cases.values():
        for pool, start, end in _spells_of(records, world.model):
            spells[pool].append((start, end))
    kept = defaultdict(list)
    for pool, start, end in _long_holds(world, contacts):
        kept[pool].append((start, end))
    return Trace(cases, spells, kept)


def _spells_of(records: list[np.void], rules: ServiceModel):
    """(pool, from, until) for each server that one case took."""
    pool = since = None
    for row in records:
        done = row["started"] if row["step"] >= 0 else row["ended"]
        if done >= 0 and pool is not None and row["pool"] != pool:
            yield pool, since, done
            pool = None
        if row["started"] >= 0 and row["pool"] >= 0:
            since = row["started"] if pool is None else since
            pool = row["pool"]
            if row["reason"] != SERVED or not rules.step_hold[row["step"]] or _keeps(row, rules):
                yield pool, since, row["ended"]
                pool = None


def _keeps(row: np.void, rules: ServiceModel) -> bool:
    """Whether the server stayed with the resident when this visit ended."""
    return bool(row["reason"] == SERVED and row["pool"] >= 0 and row["resident"] >= 0 and rules.step_keep[row["step"]])


def _long_holds(world: World, contacts: np.ndarray):
    """(pool, from, until) for each server that a resident kept: until any later departure, or their next long hold."""
    begun = [(-1, int(resident), int(pool)) for resident, pool in zip(*world.tenants, strict=True)]
    begun += [(int(row["ended"]), int(row["resident"]), int(row["pool"]))
              for row in contacts[contacts["step"] >= 0] if _keeps(row, world.model)]
    for n, (ms, resident, pool) in enumerate(begun):
        later = [since for since, other, _ in begun[n + 1 :] if other == resident]
        gone = [left for left, other, _ in world.departures.tolist() if other == resident and left > ms]
        yield pool, max(ms, 0), min([HORIZON, *later, *gone])


def planned_at(world: World, pool: int, ms: int) -> int:
    """Planned servers in force just after `ms`."""
    return [number for since, number in planned(world.pathways.pools[pool]) if since <= ms][-1]


def most_at(world: World, pool: int, ms: int) -> int:
    """Servers just after `ms` if those for escalation are open; none where none are planned."""
    servers = planned_at(world, pool, ms)
    return servers + world.pathways.pools[pool].extra if servers else 0


def pools_ending(world: World, *, pre_empt: bool) -> list[int]:
    """Pools that never send anybody away, or all of them."""
    return [p for p, pool in enumerate(world.pathways.pools) if pre_empt or pool.shift_end != PRE_EMPT]


promises = settings(max_examples=60)


@ENGINES
@given(world=random_worlds())
@promises
def test_every_case_ends_in_exactly_one_record_and_is_contiguous(engine, world):
    served = joined(run(engine, world))
    cases = trace_of(world, served.contacts).cases
    assert set(cases) <= set(world.demands["key"].tolist())
    assert len(world.demands) - len(cases) == np.sum(served.moves["reason"] == JOINED)
    for records in cases.values():
        if len(records) == 1:
            assert records[0]["reason"] in (DIED, LEFT, STILL_THERE)  # was put off, and never taken up
            continue
        assert [row["step"] >= 0 for row in records] == [True] * (len(records) - 1) + [False]
        times = [(row["asked"], row["ended"]) for row in records[:-1]]
        assert times[0][0] == records[-1]["called"] == records[-1]["asked"]
        assert all(before[1] == after[0] for before, after in pairwise(times))
        assert times[-1][1] == records[-1]["ended"]
        assert all(row["started"] == -1 or row["asked"] <= row["started"] <= row["ended"] for row in records)


@ENGINES
@given(world=random_worlds())
@promises
def test_every_closed_case_releases_its_resident_once(engine, world):
    """Those who are no residents are not released."""
    served = joined(run(engine, world, world.cuts, world.adopted_at))
    closed = served.contacts[(served.contacts["step"] < 0) & (served.contacts["reason"] != STILL_THERE)]
    closed = closed[closed["resident"] != NOBODY]
    ends = closed[["ended", "resident", "reason"]][np.lexsort((closed["resident"], closed["ended"]))]
    moves = served.moves[~np.isin(served.moves["reason"], [JOINED, PUT_OFF])]
    assert ends.tolist() == moves[["ms", "resident", "reason"]].tolist()


@ENGINES
@given(world=random_worlds())
@promises
def test_a_resident_has_one_case_at_a_time(engine, world):
    """One that comes meanwhile is taken up after the end of the other: whole days (of this small world) after it came."""
    served = joined(run(engine, world, world.cuts, world.adopted_at))
    came = dict(world.demands[["key", "ms"]].tolist())
    whole_day = world.pathways.put_off_by
    closed = served.contacts[(served.contacts["step"] < 0) & (served.contacts["resident"] != NOBODY)]
    begun = set(served.contacts["key"][served.contacts["step"] >= 0].tolist())
    by_resident = defaultdict(list)
    for row in closed[np.argsort(closed["called"], kind="stable")]:
        if int(row["key"]) in begun:
            by_resident[int(row["resident"])].append((int(row["called"]), int(row["ended"]), int(row["key"])))
    for cases in by_resident.values():
        assert cases[0][0] == came[cases[0][2]]
        for (_, ended, _), (called, _, key) in pairwise(cases):
            assert ended <= called
            assert called == came[key] or ended <= called < ended + whole_day
            assert (called - came[key]) % whole_day == 0


def test_random_worlds_have_cases_that_are_put_off_taken_up_and_joined():
    """Else the tests above say nothing of them."""
    found = Counter()

    @given(random_worlds())
    @settings(max_examples=100, database=None)
    def count(world):
        served = joined(run(CompiledEngine, world))
        came = dict(world.demands[["key", "ms"]].tolist())
        ends = served.contacts[served.contacts["step"] < 0]
        found.update(served.moves["reason"][np.isin(served.moves["reason"], [JOINED, PUT_OFF])].tolist())
        found["taken up"] += sum(int(row["called"]) > came[int(row["key"])] for row in ends)

    count()
    assert min(found[JOINED], found[PUT_OFF], found["taken up"]) > 20


@ENGINES
@given(world=random_worlds())
@promises
def test_nothing_is_recorded_after_a_departure(engine, world):
    contacts = joined(run(engine, world, world.cuts, world.adopted_at)).contacts
    assert not np.any(contacts["reason"] == MOVED_ON)
    assert not np.any(np.isin(contacts["reason"], [DIED, LEFT]) & (contacts["resident"] == NOBODY))
    for ms, resident, reason in world.departures[world.departures["reason"] != MOVED_ON]:
        mine = contacts[(contacts["resident"] == resident) & (contacts["called"] < ms)]
        assert np.all(mine["ended"] <= ms)
        assert not np.any(mine["reason"] == STILL_THERE)
        assert np.all(np.isin(mine["reason"][np.isin(mine["reason"], [DIED, LEFT])], [reason]))


@ENGINES
@given(world=random_worlds())
@promises
def test_nothing_starts_beyond_capacity(engine, world):
    """Where shifts run on: after any instant at which a server was taken, no more are busy than the pool had then."""
    trace = trace_of(world, joined(run(engine, world)).contacts)
    for pool in (p for p, rules in enumerate(world.pathways.pools) if rules.shift_end == FINISH):
        for ms in {start for start, _ in trace.spells[pool]}:
            assert trace.busy(pool, ms) <= max(most_at(world, pool, ms - 1) if ms else 0, most_at(world, pool, ms))


@ENGINES
@given(world=random_worlds())
@promises
def test_those_who_yield_leave_the_reserve_free(engine, world):
    """Where shifts run on: when they alone were given servers, the reserve was free after it."""
    served = joined(run(engine, world))
    trace, visits = trace_of(world, served.contacts), served.contacts[served.contacts["step"] >= 0]
    for pool, rules in enumerate(world.pathways.pools):
        here = visits[(visits["pool"] == pool) & (visits["started"] >= 0)]
        for ms in set(here["started"].tolist()) if rules.shift_end == FINISH else ():
            rows = here[here["started"] == ms]
            if np.all(world.model.step_yield[rows["step"]]) and not any(_continued(trace, row) for row in rows):
                most = max(most_at(world, pool, ms - 1) if ms else 0, most_at(world, pool, ms))
                assert trace.busy(pool, ms) <= max(most - rules.reserve, 0)


def _continued(trace: Trace, row: np.void) -> bool:
    """Whether the visit began with the server of the one before."""
    return (row["started"], row["pool"]) not in {
        (start, pool) for pool, spells in trace.spells.items() for start, _ in spells
    }


@ENGINES
@given(world=random_worlds())
@promises
def test_what_flows_in_flows_out_or_waits(engine, world):
    served = joined(run(engine, world))
    sums = dict(zip(POOL_SUMS.names, served.sums.T, strict=True))
    trace, contacts = trace_of(world, served.contacts), served.contacts
    for pool in pools_ending(world, pre_empt=True):
        here = contacts[contacts["pool"] == pool]
        waiting = np.sum((here["reason"] == STILL_THERE) & (here["started"] < 0))
        assert sums["grants"][pool] == len(trace.spells[pool])
        assert sums["arrivals"][pool] == sums["grants"][pool] + sums["left_queue"][pool] + waiting


@ENGINES
@given(world=random_worlds())
@promises
def test_what_flows_in_flows_out_or_waits_when_another_model_takes_over(engine, world):
    served = joined(run(engine, world, world.cuts, world.adopted_at))
    sums = dict(zip(POOL_SUMS.names, served.sums.T, strict=True))
    for pool in range(len(world.pathways.pools)):
        here = served.contacts[served.contacts["pool"] == pool]
        waiting = np.sum((here["reason"] == STILL_THERE) & (here["started"] < 0))
        assert sums["arrivals"][pool] == sums["grants"][pool] + sums["left_queue"][pool] + waiting


@ENGINES
@given(world=random_worlds())
@promises
def test_littles_law_holds_to_the_millisecond(engine, world):
    """Time in queue and servers' time add up to those of the cases, the unserved and unfinished included, and to the
    long holds.
    """
    served = joined(run(engine, world))
    sums = dict(zip(POOL_SUMS.names, served.sums.T, strict=True))
    trace, contacts = trace_of(world, served.contacts), served.contacts
    for pool in pools_ending(world, pre_empt=False):
        here = contacts[contacts["pool"] == pool]
        waits = np.where(here["started"] >= 0, here["started"], here["ended"]) - here["asked"]
        assert sums["waiting_ms"][pool] == waits.sum()
        spells = [*trace.spells[pool], *trace.kept[pool]]
        assert sums["busy_ms"][pool] == sum(end - start for start, end in spells)


@ENGINES
@given(world=random_worlds())
@promises
def test_open_time_is_capacity_times_time(engine, world):
    """Without escalation servers exactly the planned time; with them somewhere between that and all of them."""
    served = joined(run(engine, world))
    for pool in range(len(world.pathways.pools)):
        open_ms = served.sums[pool, POOL_SUMS.names.index("open_ms")]
        least, most = (
            sum(number for ms in range(HORIZON) if (number := servers(world, pool, ms)) < UNLIMITED)
            for servers in (planned_at, most_at)
        )
        assert least <= open_ms <= most


@ENGINES
@given(world=random_worlds())
@promises
def test_the_clock_of_a_case_is_that_of_the_step_it_last_asked_with_a_mark(engine, world):
    for records in trace_of(world, joined(run(engine, world)).contacts).cases.values():
        marked, pool = -1, -1
        for row in records:
            if row["step"] >= 0 and world.model.step_mark[row["step"]]:
                marked, pool = row["asked"], row["pool"]
            assert (row["marked"], row["marked_pool"]) == (marked, pool)


@given(random_worlds())
@promises
def test_refused_cases_never_started(world):
    contacts = joined(run(ReferenceEngine, world)).contacts
    refused = contacts[(contacts["reason"] == REFUSED) & (contacts["step"] >= 0)]
    assert np.all(refused["started"] == -1)
    assert np.all(refused["asked"] == refused["ended"])
