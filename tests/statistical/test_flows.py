"""Whatever goes into a service comes out of it or is still there, in a whole run with every service, to the millisecond.

The run begins with a warm-up, then a scenario that makes services short comes into force; visitors and planned care come
beside the residents, and residents keep servers for long. All of it is counted again from the contacts alone.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from living import shire, tables, world
from recorded import Recorded, record

from icsim.calendar import MS_PER_DAY
from icsim.services.activity import COUNT, SUM_MS
from icsim.simulation import World
from icsim.tables import SERVED, STILL_THERE

pytestmark = pytest.mark.statistical

ENGINES = ["compiled", "reference"]
SHORT = {"ambulances": 2, "testshire_beds": 18, "testshire_ae": 3, "testshire_home_care": 125, "testshire_care_homes": 95,
         "testshire_reablement": 8}


@cache
def short() -> World:
    """A year of Testshire after three months of warm-up, in which services are short."""
    area = shire()
    for pool, number in SHORT.items():
        area = area.with_pool(pool, number)
    return world(1, area, warm_up_months=3, shipped=(tables(), shire()), report_by="month")


@cache
def lived(engine: str) -> Recorded:
    """That year, lived through."""
    return record(short(), 4, engine)


def _edges(found: Recorded) -> np.ndarray:
    """int64[beat + 1], milliseconds."""
    return np.array([0, *(beat.end_ms for beat in found.world.calendar.beats)])


def _visits(found: Recorded) -> np.ndarray:
    """Steps that asked a pool."""
    return found.contacts[(found.contacts["step"] >= 0) & (found.contacts["pool"] >= 0)]


def _within(pool: np.ndarray, begin: np.ndarray, end: np.ndarray, found: Recorded) -> np.ndarray:
    """int64[beat, pool]: milliseconds of spells [begin, end) at these pools, by beat."""
    table = np.zeros((len(found.told.sums), len(found.world.layout.pools)), np.int64)
    for n, (first, last) in enumerate(pairwise(_edges(found))):
        np.add.at(table[n], pool, end.clip(first, last) - begin.clip(first, last))
    return table


def _begun(visits: np.ndarray) -> np.ndarray:
    """When each visit no longer waited."""
    return np.where(visits["started"] >= 0, visits["started"], visits["ended"])


# Queues ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_arrivals_are_grants_and_those_who_left_and_those_who_still_wait(engine):
    """In every month and pool: arrivals = grants + left_queue + growth of the queue."""
    found = lived(engine)
    visits, sums = _visits(found), np.array(found.told.sums)
    begun = _begun(visits)
    waiting = [np.bincount(visits["pool"][(visits["asked"] < t) & (begun >= t)], minlength=sums.shape[1])
               for t in _edges(found)]
    assert np.array_equal(sums["arrivals"], sums["grants"] + sums["left_queue"] + np.diff(waiting, axis=0))
    assert waiting[-1].sum() > 10
    assert (sums["arrivals"].sum(axis=0) > 0).sum() > 20
    assert (sums["left_queue"].sum(axis=0) > 0).sum() >= 4


@pytest.mark.parametrize("engine", ENGINES)
def test_time_waited_is_the_sum_of_the_waits(engine):
    """Little's law in every month and pool, as whole milliseconds: those who gave up or still wait included."""
    found, whole = lived(engine), ~_interrupted()
    visits, sums = _visits(found), np.array(found.told.sums)
    waited = _within(visits["pool"], visits["asked"], _begun(visits), found)
    assert np.array_equal(sums["waiting_ms"][:, whole], waited[:, whole])
    assert (sums["waiting_ms"].sum(axis=0) > 0).sum() >= 8


@pytest.mark.parametrize("engine", ENGINES)
def test_whoever_is_interrupted_waits_or_is_served_until_the_end(engine):
    """Where closing time interrupts work, contacts say when it began and ended: in between one is served or waits again."""
    found, pools = lived(engine), _interrupted()
    visits, spells, sums = _visits(found), _spells_of(engine), np.array(found.told.sums)
    waited = _within(visits["pool"], visits["asked"], _begun(visits), found)
    in_use = _within(spells["pool"], spells["begin"], spells["end"], found)
    assert np.array_equal((sums["waiting_ms"] + sums["busy_ms"])[:, pools], (waited + in_use)[:, pools])
    assert (sums["waiting_ms"][:, pools] > waited[:, pools]).any()


def _interrupted() -> np.ndarray:
    """bool[pool]: where closing time interrupts work that goes on later."""
    ends = {row.service: row.shift_end for row in short().catalogue.services}
    return np.array([ends[pool.service] == "pre-empt" for pool in short().layout.pools])


@pytest.mark.parametrize("engine", ENGINES)
def test_every_pool_grants_what_its_contacts_say(engine):
    """Visits are arrivals, refusals, and those who go on with the server that they had."""
    found = lived(engine)
    visits, sums = _visits(found), np.array(found.told.sums)
    pools = sums.shape[1]
    grants, arrivals, refused = (sums[name].sum(axis=0) for name in ("grants", "arrivals", "refused"))
    granted = np.bincount(visits["pool"][visits["started"] >= 0], minlength=pools)
    assert np.array_equal(grants, np.bincount(_spells_of(engine)["pool"], minlength=pools))
    assert np.array_equal(np.bincount(visits["pool"], minlength=pools), arrivals + refused + granted - grants)
    assert (granted - grants).sum() > 1000
    assert (refused > 0).sum() >= 4


@pytest.mark.parametrize("engine", ENGINES)
def test_the_books_hold_what_was_served_since_the_start(engine):
    found, start = lived(engine), short().calendar.start_day * MS_PER_DAY
    after = _edges(found)[:-1] >= start
    activity, sums = found.left.activity, np.array(found.told.sums)
    for n, name in enumerate(sums.dtype.names):
        assert np.array_equal(activity.pools[..., n], sums[name][after]), name
    visits = _visits(found)
    waits = [n for n, name in enumerate(activity.names.waits) if name.startswith("wait:")]
    begun = visits[(visits["started"] >= start)]
    booked = activity.books.pool_waits[:, :, waits].sum(axis=(0, 2))
    assert np.array_equal(booked[:, COUNT], np.bincount(begun["pool"], minlength=len(booked)))
    total = np.zeros(len(booked), np.int64)
    np.add.at(total, begun["pool"], begun["started"] - begun["asked"])
    assert np.array_equal(booked[:, SUM_MS], total)


# Servers --------------------------------------------------------------------------------------------------------------

SPELL = np.dtype([("pool", "i8"), ("begin", "i8"), ("end", "i8")])


@cache
def _spells_of(engine: str) -> np.ndarray:
    return _spells(lived(engine))


def _spells(found: Recorded) -> np.ndarray:
    """SPELL[]: a case has a server from its grant to the end of its step, or, if it holds it, to its next grant or end."""
    steps, contacts = found.world.layout.steps, found.contacts
    spells: list[list[int]] = []
    key, held = -1, None
    order = np.lexsort((np.arange(len(contacts)), contacts["ended"], contacts["key"]))
    names = ("key", "step", "pool", "started", "ended", "reason")
    for who, step, pool, started, ended, reason in zip(*(contacts[name][order].tolist() for name in names), strict=True):
        if who != key:
            key, held = who, None
        if step < 0:
            if held is not None:
                held[2] = ended
        elif pool < 0:
            if held is not None:
                held[2] = started
            held = None
        elif started >= 0:
            mine = held if held is not None and held[0] == pool else [pool, started, ended]
            if mine is held:
                mine[2] = ended
            else:
                spells.append(mine)
                if held is not None:
                    held[2] = started
            held = mine if steps[step].hold and reason == SERVED else None
    return np.array([tuple(spell) for spell in spells], SPELL)


def _tenancies(found: Recorded) -> np.ndarray:
    """SPELL[]: residents keep servers for long: from the origin or the end of the step that gave it, until they depart,
    move on, or are given another.
    """
    end = int(_edges(found)[-1])
    services = {row.service for row in found.world.catalogue.services if row.held_by}
    gives = [n for n, step in enumerate(found.world.layout.steps) if step.service in services]
    contacts = found.contacts
    given = contacts[np.isin(contacts["step"], gives) & (contacts["reason"] == SERVED) & (contacts["resident"] >= 0)]
    away = np.concatenate(found.told.departures)
    residents, pools = found.told.tenants
    events = [*zip(residents.tolist(), [-1] * len(pools), pools.tolist(), strict=True),
              *zip(given["resident"].tolist(), given["ended"].tolist(), given["pool"].tolist(), strict=True),
              *zip(away["resident"].tolist(), away["ms"].tolist(), [-1] * len(away), strict=True)]
    spells, now = [], {}
    for resident, ms, pool in sorted(events, key=lambda event: event[1]):
        if resident in now:
            before, since = now.pop(resident)
            spells.append((before, since, ms))
        if pool >= 0:
            now[resident] = pool, max(ms, 0)
    return np.array([*spells, *((pool, since, end) for pool, since in now.values())], SPELL)


@pytest.mark.parametrize("engine", ENGINES)
def test_servers_are_busy_as_long_as_somebody_has_them(engine):
    """In every month and pool, to the millisecond: in service, held for the next step, or kept for long."""
    found = lived(engine)
    busy = sum(_within(spells["pool"], spells["begin"], spells["end"], found)
               for spells in (_spells_of(engine), _tenancies(found)))
    whole = ~_interrupted()
    assert np.array_equal(np.array(found.told.sums)["busy_ms"][:, whole], busy[:, whole])


@pytest.mark.parametrize("engine", ENGINES)
def test_no_pool_starts_anybody_beyond_its_capacity(engine):
    """Also not where the scenario has taken servers away: those in use run on, and nobody else starts meanwhile."""
    found, start = lived(engine), short().calendar.start_day * MS_PER_DAY
    spells, tenancies, full = _spells_of(engine), _tenancies(found), 0
    for p, pool in enumerate(short().layout.pools):
        begin = np.sort(spells["begin"][spells["pool"] == p])
        mine = [table[table["pool"] == p] for table in (spells, tenancies)]
        begun, ended = (np.sort(np.concatenate([table[name] for table in mine])) for name in ("begin", "end"))
        # a server kept for long begins where the step that gave it ends: the two are one
        busy = np.searchsorted(begun, begin, side="right") - np.searchsorted(ended, begin, side="right")
        for tables_in_force, when in ((short().before, begin < start), (short().now, begin >= start)):
            model = tables_in_force.services
            rows = (model.change_pool == p) & (model.change_capacity >= 0)
            at = np.searchsorted(model.change_ms[rows], begin[when], side="right") - 1
            planned = model.change_capacity[rows][at]
            capacity = np.where(planned > 0, planned + model.pool_extra[p], 0)
            assert (busy[when] <= capacity).all(), pool.pool
            full += (busy[when] >= planned).sum()
    assert full > 1000  # the limit is met often, so that a grant too many would be seen


# Servers kept for long ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_everybody_keeps_exactly_the_server_that_their_level_of_care_calls_for(engine):
    """After every beat, resident by resident; also of those who wait for an outcome."""
    found = lived(engine)
    assert found.astray == [0] * len(found.told.sums)
    held = {row.service for row in short().catalogue.services if row.held_by}
    most = np.max(found.keepers, axis=0)
    assert {pool.service for pool, kept in zip(short().layout.pools, most, strict=True) if kept} == held
    assert len(_tenancies(found)) > 300


@pytest.mark.slow
def test_everybody_keeps_the_right_server_in_a_larger_shire_with_weekly_beats():
    area = shire(4)
    found = record(world(2, area, warm_up_months=1, heartbeat="week"), 9)
    assert max(found.astray) == 0


# People ---------------------------------------------------------------------------------------------------------------


def test_people_add_up_in_every_cell_with_every_service():
    left = lived("compiled").left
    signs = {"born": 1, "arrived": 1, "moved_in": 1, "moved_out": -1, "death": -1, "leave": -1}
    change = sum(sign * left.residents[..., left.resident_columns.index(name)] for name, sign in signs.items())
    assert np.array_equal(left.population[-1] - left.population[0], change.sum(axis=0))
    births, born = (left.residents[..., left.resident_columns.index(name)].sum() for name in ("birth", "born"))
    assert births == born > 0


def test_every_case_ends_in_one_record():
    found = lived("compiled")
    closing = found.contacts[found.contacts["step"] < 0]
    asked = np.concatenate(found.told.demands)
    assert np.isin(closing["key"], asked["key"]).all()
    joined = asked[~np.isin(asked["key"], closing["key"])]
    since_the_start = (joined["ms"] >= short().calendar.start_day * MS_PER_DAY).sum()
    assert since_the_start == found.left.residents[..., found.left.resident_columns.index("joined")].sum() > 0
    assert (joined["resident"] >= 0).all()
    assert len(np.unique(asked["key"])) == len(asked) > 10_000
    assert 0 < (closing["reason"] == STILL_THERE).sum() < 200
    assert (asked["resident"] < 0).sum() > 500
