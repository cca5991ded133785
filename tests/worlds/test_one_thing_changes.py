"""Two worlds that differ in one thing differ only where that thing matters, to the bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from living import chosen, live, rearranged, residents_of, same_people, set_everybody, shire, tables, uncapped, world

from icsim.areas.rows import Pool
from icsim.catalogue.rows import Ratio, Service
from icsim.residents.residents import Residents
from icsim.simulation import World
from icsim.state import PLACE

pytestmark = pytest.mark.worlds


def _with_one_more(shared: World, key: int, male: bool, age: int) -> World:
    """Somebody like the first resident of this sex and at least this age comes in before the middle row."""
    person, level = shared.start.people.person, shared.start.people.level
    like = np.flatnonzero((person["age"] >= age) & (level[:, 0] == male))[0]
    middle = shared.start.rows // 2
    start = rearranged(shared.start, np.insert(np.arange(shared.start.rows), middle, like))
    start.people.person["key"][middle] = key
    return replace(shared, start=start)


@pytest.mark.parametrize(("male", "age"), [(True, 84), (False, 26)])
def test_one_more_resident_changes_exactly_that_resident(male, age):
    shared, key = world(2, uncapped()), 20_250_401
    one, other = live(shared), live(_with_one_more(shared, key, male, age))
    before, after = one.people(), other.people()
    more = ~np.isin(after["person"]["key"], before["person"]["key"])
    born_in_the_run = after["person"]["birth"] == after["entered"]
    assert key in after["person"]["key"][more]
    assert (born_in_the_run[more] | (after["person"]["key"][more] == key)).all()
    assert same_people(before, chosen(after, ~more)) == []
    contacts = other.owned()
    theirs = np.isin(contacts["owner"], after["person"]["key"][more])
    assert one.owned().tobytes() == contacts[~theirs].tobytes()


def test_with_limited_services_one_more_resident_can_change_others():
    """So the test above would notice: here somebody waits a little longer."""
    scarce = shire().with_pool("ambulances", 1)
    shared = world(1, scarce)
    crowd = np.repeat(np.arange(shared.start.rows), 2)
    start = rearranged(shared.start, crowd)
    start.people.person["key"][1::2] += np.uint64(1)
    one, other = live(shared).owned(), live(replace(shared, start=start)).owned()
    assert one.tobytes() != other[np.isin(other["owner"], one["owner"])].tobytes()


def test_a_ratio_of_one_is_no_ratio():
    ratios = tuple(row for row in tables().ratios if row.value != 1)
    neutral = Ratio(id="ratio.leave.injury.recent", event="leave", attribute="injury", level="recent", value=1.0,
                    unit="ratio")
    assert len(ratios) < len(tables().ratios)
    without, with_more = replace(tables(), ratios=ratios), replace(tables(), ratios=(*ratios, neutral))
    one, other = (live(world(1, rows=rows)) for rows in (without, with_more))
    shipped = live(world(1))
    for found in (other, shipped):
        assert same_people(one.people(), found.people()) == []
        assert one.owned().tobytes() == found.owned().tobytes()
        assert one.residents.tally.tobytes() == found.residents.tally.tobytes()


def test_a_service_that_nobody_uses_changes_nothing():
    rows = replace(tables(), services=(*tables().services, Service(service="cafe", label="Cafe", server="seat")))
    pools = [Pool(id="pool.cafe", pool="cafe", service="cafe", label="Cafe", value=n, unit="servers") for n in (3, 5)]
    worlds = [world(1), *(world(1, replace(shire(), pools=(*shire().pools, pool)), rows) for pool in pools)]
    first, *others = (live(each) for each in worlds)
    for other in others:
        assert same_people(first.people(), other.people()) == []
        assert first.owned().tobytes() == other.owned().tobytes()


def test_taking_the_level_one_has_changes_no_bit():
    residents = residents_of(world(1), 1)
    before = {name: array.tobytes() for name, array in residents.people._asdict().items()}
    for a in range(PLACE + 1, residents.people.level.shape[1]):
        set_everybody(residents.model, residents.streams, residents.people, residents.rows, a, -1, np.float32(100.0))
    assert before == {name: array.tobytes() for name, array in residents.people._asdict().items()}
    set_everybody(residents.model, residents.streams, residents.people, residents.rows, PLACE + 1, 2, np.float32(100.0))
    assert before["clock"] != residents.people.clock.tobytes()


def test_one_more_fall_leaves_unrelated_events_alone():
    """Falls that hurt nobody change no rate, so that every other event of the same people stays on its day.

    Fifty who do not fall in one world, so that it does not hang on the luck of one whether the other has more falls.
    """
    harmless = replace(tables(), severities=tuple(replace(row, sets="") for row in tables().severities))
    shared = world(2, rows=harmless, served=False)
    fall, slot = shared.built.layout.column("fall"), shared.built.model.fired_slot[shared.built.layout.number("fall")]
    one = live(shared)
    who = np.flatnonzero(one.residents.people.fired[:20_000, slot] == 0)[:50]

    def falls_tomorrow(residents: Residents) -> None:
        residents.people.clock[who, fall] = 1.25
        residents.people.next[who] = np.minimum(residents.people.next[who], np.float32(1.25))

    other = live(shared, change=falls_tomorrow)
    assert (other.residents.people.fired[who, slot] > 0).all()
    assert (one.residents.people.clock[who, fall] != other.residents.people.clock[who, fall]).all()
    assert other.tallied("fall").sum() > one.tallied("fall").sum()
    for lived in (one, other):
        lived.residents.people.clock[who, fall] = lived.residents.people.fired[who, slot] = 0
        lived.residents.people.next[who] = lived.residents.people.person["since"][who] = 0
    assert same_people(one.people(), other.people()) == []


def test_twice_as_many_births_leave_those_common_to_both_worlds_alone():
    doubled = tuple(replace(row, value=2 * row.value) if row.event == "birth" else row for row in tables().rates)
    shipped = tables(), uncapped()
    one = live(world(2, uncapped()))
    other = live(world(2, uncapped(), replace(tables(), rates=doubled), shipped=shipped))
    births = [lived.tallied("birth").sum() for lived in (one, other)]
    assert abs(births[1] - 2 * births[0]) < 4 * (births[1] + 4 * births[0]) ** 0.5
    before, after = (_grown_up(lived) for lived in (one, other))
    assert len(before["next"]) == len(after["next"]) > 20_000
    assert same_people(before, after) == []


def _grown_up(lived) -> dict[str, np.ndarray]:
    """All but those born in the run, without what says how many children they had."""
    layout = lived.residents.built.layout
    column, slot = layout.column("birth"), lived.residents.built.model.fired_slot[layout.number("birth")]
    people = {name: array.copy() for name, array in lived.people().items()}
    people["fired"][:, slot] = 0
    people["clock"][:, column] = people["next"][:] = 0
    return chosen(people, people["person"]["birth"] != people["entered"])
