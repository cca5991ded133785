"""Which pool serves whom: catchments as cumulative shares, and the pools of residents who keep a server for long."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from small_tables import small_area, small_catalogue

from icsim import rng
from icsim.areas.rows import Catchment, Stream
from icsim.services import places
from icsim.services.names import layout_of

pytestmark = pytest.mark.unit

SERVICES = ("falls_vehicles", "emergency_departments", "hospital_beds")


def catchment(service, place, pool, value=1.0, unit="share"):
    return Catchment(service=service, place=place, pool=pool, value=value, unit=unit)


def model(*catchments, seed=1):
    """What places knows of an area with one district (midvale) and one stream (visitors), and the names of its pools."""
    visitors = Stream(stream="visitors", event="visitors", label="", value=1.0)
    area = replace(small_area(), catchments=catchments, streams=(visitors,))
    layout = layout_of(small_catalogue(), area, ("frailty",), ("fall",))
    assert (layout.services, layout.places) == (SERVICES, ("midvale", "visitors"))
    found = places.providers(area, layout)
    names = np.array([pool.pool for pool in layout.pools])
    return SimpleNamespace(provider_stream=rng.stream(seed, "provider"), **found), names


def shares(found, names, service, place):
    """Pool → cumulative share of one service and place."""
    row = found.provider_from[SERVICES.index(service)]
    own = slice(row[place], row[place + 1])
    return dict(zip(names[found.provider_pool[own]].tolist(), found.provider_cumulative[own].tolist(), strict=True))


def test_shares_are_added_up_in_the_order_of_the_file_and_end_at_one():
    found, names = model(catchment("emergency_departments", "midvale", "south_ae", 0.3),
                         catchment("falls_vehicles", "*", "falls_vehicles"),
                         catchment("emergency_departments", "midvale", "north_ae", 60, "%"),
                         catchment("emergency_departments", "midvale", "outside_ae", 0.1 - 1e-12))
    assert shares(found, names, "emergency_departments", 0) == pytest.approx(
        {"south_ae": 0.3, "north_ae": 0.9, "outside_ae": 1.0})
    assert found.provider_cumulative[found.provider_from[1, 1] - 1] == 1.0, "exactly, so that every case finds a pool"


def test_rows_for_every_place_hold_where_a_place_has_none_of_its_own():
    found, names = model(catchment("emergency_departments", "*", "outside_ae"),
                         catchment("emergency_departments", "midvale", "north_ae"))
    assert shares(found, names, "emergency_departments", 0) == {"north_ae": 1.0}
    assert shares(found, names, "emergency_departments", 1) == {"outside_ae": 1.0}


def test_the_name_of_a_stream_stands_for_its_place():
    found, names = model(catchment("emergency_departments", "midvale", "north_ae"),
                         catchment("emergency_departments", "visitors", "south_ae"))
    assert shares(found, names, "emergency_departments", 1) == {"south_ae": 1.0}


def test_a_service_that_nobody_provides_has_no_pools():
    found, names = model(catchment("emergency_departments", "*", "north_ae"))
    assert shares(found, names, "hospital_beds", 0) == shares(found, names, "falls_vehicles", 1) == {}


@pytest.fixture(scope="module")
def three():
    return model(catchment("emergency_departments", "midvale", "north_ae", 0.5),
                 catchment("emergency_departments", "midvale", "south_ae", 0.3),
                 catchment("emergency_departments", "midvale", "outside_ae", 0.2),
                 catchment("emergency_departments", "visitors", "south_ae"))


KEYS = np.arange(1, 40_001, dtype=np.uint64)


def chosen(three, keys, place=0):
    found, names = three
    return names[places.pools_of(found, 1, np.full(len(keys), place, np.int32), keys)]


def test_residents_are_at_the_pools_of_their_place_in_the_stated_shares(three):
    pools = chosen(three, KEYS)
    for pool, share in (("north_ae", 0.5), ("south_ae", 0.3), ("outside_ae", 0.2)):
        assert abs((pools == pool).mean() - share) < 4 * (share * (1 - share) / len(KEYS)) ** 0.5
    assert set(chosen(three, KEYS[:100], place=1)) == {"south_ae"}


def test_the_pool_is_decided_as_for_a_case_with_the_same_address(three):
    """One uniform on the cumulative shares, as the engines do."""
    found, names = three
    for key in KEYS[:200]:
        u = rng.draw(found.provider_stream, key, np.uint64(0))
        row = int(np.argmax(found.provider_cumulative[:3] > u))
        assert chosen(three, np.array([key]))[0] == names[found.provider_pool[row]]


def test_neither_order_nor_company_changes_anybodys_pool(three):
    pools, order = chosen(three, KEYS[:1000]), np.random.default_rng(1).permutation(1000)
    assert (chosen(three, KEYS[:1000][order]) == pools[order]).all()
    assert len(chosen(three, KEYS[:0])) == 0


def test_a_larger_share_takes_people_over_and_sends_nobody_elsewhere(three):
    """Who is at the first pool stays there when its share grows from 0.5 to 0.6."""
    larger = model(catchment("emergency_departments", "midvale", "north_ae", 0.6),
                   catchment("emergency_departments", "midvale", "south_ae", 0.24),
                   catchment("emergency_departments", "midvale", "outside_ae", 0.16))
    before, after = chosen(three, KEYS), chosen(larger, KEYS)
    assert (after[before == "north_ae"] == "north_ae").all()
