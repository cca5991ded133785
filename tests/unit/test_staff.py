"""Who can be found for servers and places, by hand: numbers, joiners, leavers, training, order, whole shifts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icsim.areas.budget import PROGRAMME, SERVICE, Line
from icsim.areas.rows import Staffing as Said
from icsim.catalogue.rows import StaffGroup, StaffNeed
from icsim.funding import ALWAYS, SHIFTS, days_of, unstaffed
from icsim.staff import Staffing, asked

pytestmark = pytest.mark.unit

START = date(2025, 4, 1)
BEDS = Line("beds", "Beds", "acute", "", SERVICE, 0, 1, "bed", (("a", 60), ("b", 40)), path=((2026, 1.1),))
VANS = Line("vans", "Vans", "ambulance", "", SERVICE, 0, 1, "van", (("vans", 4),))
WALKS = Line("walks", "Walks", "public health", "", PROGRAMME, 0, 1, "place", number=100.0)
OWN = {line.name: line for line in (BEDS, VANS, WALKS)}
NEEDS = {"beds": {"nurses": 0.5}, "vans": {"nurses": 1.0, "paramedics": 3.0}, "walks": {"link_workers": 0.1}}


def staffing(lines=OWN, first=(), own_said=None, **said) -> Staffing:
    """The table above; said: group → (spare, join, leave, train), with the area's own in `own_said`, or nothing but the same
    share of leavers.
    """
    needs = tuple(StaffNeed(per=f"service {line}", staff=group, value=value, unit="WTE", standing="assumed", source="x")
                  for line, groups in NEEDS.items() for group, value in groups.items())
    catalogue = SimpleNamespace(staff_needs=needs, staff=[StaffGroup(staff=name, label=name, training_years=3.0)
                                                          for name in ("nurses", "paramedics", "link_workers")])
    return Staffing(catalogue, area(said), area(own_said or said), lines, OWN, START, first)


def area(said) -> SimpleNamespace:
    words = ("spare", "join", "leave", "train")
    return SimpleNamespace(staff=[Said(staff=group, what=what, value=value, unit="WTE", standing="assumed", source="x")
                                  for group, values in said.items() for what, value in zip(words, values, strict=True)])


def more(line: Line, number: float) -> dict[str, Line]:
    """The area's lines with so many servers in the last pool, or places, of one line more."""
    if line.kind == PROGRAMME:
        return OWN | {line.name: replace(line, number=line.number + number)}
    pool, servers = line.pools[-1]
    return OWN | {line.name: replace(line, pools=(*line.pools[:-1], (pool, servers + int(number))))}


def test_what_the_area_has_is_staffed_on_its_path_too():
    found = staffing(nurses=(0, 0, 9, 0), paramedics=(0, 0, 9, 0), link_workers=(0, 0, 9, 0))
    assert found.there("nurses", 0) == 100 * 0.5 + 4
    assert found.there("nurses", 12) == 110 * 0.5 + 4
    assert found.there("paramedics", 0) == 12
    for month in (0, 11, 12, 100):
        assert found.short(asked(OWN, date(2025 + month // 12, 4, 1)), month) == {}


def test_those_who_join_come_month_by_month():
    found = staffing(nurses=(3, 6, 9, 0))
    assert [found.more("nurses", month) for month in (0, 1, 12)] == pytest.approx([3, 3.5, 9])


def test_whoever_begins_training_works_when_it_is_over():
    found = staffing(nurses=(0, 0, 9, 12))
    assert [found.more("nurses", month) for month in (36, 37, 48)] == pytest.approx([0, 1, 12])


def test_fewer_who_leave_are_more_who_stay():
    found = staffing(nurses=(0, 0, 3, 0), own_said={"nurses": (0, 0, 9, 0)})
    assert found.more("nurses", 1) == pytest.approx(0.06 / 12 * 54)
    all_gone = staffing(nurses=(0, 0, 15, 0), own_said={"nurses": (0, 0, 9, 0)})
    assert all_gone.more("nurses", 2000) == pytest.approx(-59, abs=0.1)


def test_the_scarcest_group_limits():
    lines = more(VANS, 4)
    found = staffing(lines, nurses=(2, 0, 9, 0), paramedics=(3, 0, 9, 0))
    assert found.short(asked(lines, START), 0) == {"vans": pytest.approx(3.0)}
    assert staffing(lines, nurses=(2, 0, 9, 0)).short(asked(lines, START), 0) == {"vans": pytest.approx(2.0)}
    assert staffing(lines).short(asked(lines, START), 0) == {}, "nothing is known of anybody"


def test_places_are_limited_like_servers():
    lines = more(WALKS, 50)
    assert staffing(lines, link_workers=(1, 0, 9, 0)).short(asked(lines, START), 0) == {"walks": pytest.approx(40.0)}


def test_new_servers_come_in_order_and_take_nobody_away():
    """Ten beds and four vans more ask for nine nurses, and six are there: beds come first, or vans if they are named."""
    lines = OWN | {"beds": more(BEDS, 10)["beds"], "vans": more(VANS, 4)["vans"]}
    wanted = asked(lines, START)
    assert staffing(lines, nurses=(6, 0, 9, 0)).short(wanted, 0) == {"vans": pytest.approx(3.0)}
    assert staffing(lines, ("vans",), nurses=(6, 0, 9, 0)).short(wanted, 0) == {"beds": pytest.approx(6.0)}
    assert staffing(lines, ("vans",), nurses=(0, 0, 9, 0)).short(wanted, 0) == {
        "beds": pytest.approx(10.0), "vans": pytest.approx(4.0)}, "whoever works in beds stays there"


def test_whoever_is_freed_by_what_closes_works_for_others():
    lines = OWN | {"beds": replace(BEDS, pools=(("a", 56), ("b", 40))), "vans": more(VANS, 4)["vans"]}
    assert staffing(lines, nurses=(0, 0, 9, 0)).short(asked(lines, START), 0) == {"vans": pytest.approx(2.0)}


def test_where_more_leave_than_come_all_lines_lose_alike():
    """One in a hundred more leaves, for twenty years: of 59 nurses (55 of them in beds) e^−0.2 are left."""
    found = staffing(nurses=(0, 0, 10, 0), own_said={"nurses": (0, 0, 9, 0)})
    gone = 1 - found.there("nurses", 240) / 59
    assert gone == pytest.approx(1 - 0.819, abs=0.001)
    short = found.short(asked(OWN, date(2045, 4, 1)), 240)
    assert short == {"beds": pytest.approx(110 * gone), "vans": pytest.approx(4 * gone)}


def test_longer_hours_need_more_people():
    """Four vans half as long again are six vans' work; two vans' worth of people are missing: a third of what is asked."""
    lines = OWN | {"vans": replace(VANS, hours=1.5)}
    assert staffing(lines, paramedics=(0, 0, 9, 0)).short(asked(lines, START), 0) == {"vans": pytest.approx(4 / 3)}


@given(st.floats(0, 30), st.floats(0, 30), st.integers(0, 40), st.integers(0, 12))
def test_more_people_never_staff_less_of_a_line_that_comes_first(spare, extra, beds, vans):
    lines = OWN | {"beds": more(BEDS, beds)["beds"], "vans": more(VANS, vans)["vans"]}
    wanted = asked(lines, START)
    few, many = (staffing(lines, nurses=(n, 0, 9, 0)).short(wanted, 0) for n in (spare, spare + extra))
    assert all(many.get(name, 0.0) <= few.get(name, 0.0) + 1e-9 for name in wanted)
    for short in (few, many):
        used = sum(NEEDS[name]["nurses"] * (wanted[name] - short.get(name, 0.0)) for name in ("beds", "vans"))
        assert used <= 54 + spare + (extra if short is many else 0) + 1e-6


@pytest.mark.parametrize(("short", "by_day"), [
    (1.0, [3] * 7), (1 / 7, [4, 4, 4, 4, 4, 4, 3]), (2 + 5 / 7, [2, 1, 1, 2, 1, 1, 1])])
def test_a_server_that_cannot_be_staffed_every_day_works_on_some(short, by_day):
    """Monday and Thursday come first, Sunday last."""
    found = unstaffed(VANS, START, {}, short, SHIFTS)
    assert [4 + n for n in found["vans"]] == by_day


@given(st.integers(0, 28), st.integers(0, 28))
def test_more_people_never_mean_fewer_servers_on_any_day(one, other):
    few, many = (unstaffed(VANS, START, {}, sevenths / 7, SHIFTS) for sevenths in (max(one, other), min(one, other)))
    assert all(m >= f for m, f in zip(many["vans"], few["vans"], strict=True))


def test_pools_lose_in_proportion():
    found = unstaffed(BEDS, START, {"b": 10}, 11.0, ALWAYS)
    assert found == {"a": (-6,) * 7, "b": (10 - 5,) * 7}


def test_shifts_are_those_of_the_days_on_which_a_service_opens():
    """Of a server that works Monday to Friday a fifth is one day; Monday and Thursday come first."""
    weekdays = days_of(VANS, open_as(vans="Mon-Fri 08:00-18:00"))
    assert weekdays == (0, 3, 1, 4, 2)
    found = unstaffed(VANS, START, {}, 1 + 3 / 5, weekdays)["vans"]
    assert [4 + n for n in found][:5] == [3, 2, 2, 3, 2]
    assert days_of(VANS, open_as(vans="always")) == ()
    assert unstaffed(VANS, START, {}, 2.0, ALWAYS)["vans"] == (-2,) * 7
    assert days_of(VANS, open_as(vans="Fri,Sat 22:00-02:00")) == (5, 4), "hours past midnight belong to the evening"


def open_as(**hours: str) -> SimpleNamespace:
    return SimpleNamespace(pools=[SimpleNamespace(pool=pool, open=text) for pool, text in hours.items()])
