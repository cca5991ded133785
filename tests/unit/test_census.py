"""The onlooker by hand: three residents, two conditions, a few stays in hospital."""

from types import SimpleNamespace

import numpy as np
import pytest

from icsim.calendar import MS_PER_DAY
from icsim.calibration.census import (
    EVERYBODY,
    NUMBERS,
    STATISTICS,
    Asked,
    Census,
    followed_table,
    place_table,
    share_table,
)
from icsim.calibration.rows import NUMBER
from icsim.state import DEAD, GONE, LIVING, PERSON, WAITING
from icsim.tables import CONTACT, SERVED, STILL_THERE

pytestmark = pytest.mark.unit

LEVELS = {"sex": ("female", "male"), "asthma": ("none", "active"), "copd": ("none", "mild", "severe"), NUMBER: NUMBERS}
ATTRIBUTES = ("sex", "quintile", "place", "asthma", "copd")
TRIAGE, BED = 0, 1


class Layout:
    """Names of the attributes."""

    def attribute(self, name):
        return ATTRIBUTES.index(name)


def wanted():
    return Asked(counted=((3, (1,)), (4, (1, 2))), levels=LEVELS,
                 shares=(("asthma", ""), (NUMBER, ""), ("asthma", "copd=mild")), followed=(EVERYBODY, "asthma"),
                 admitting=np.array([False, True]))


def watching(years=1):
    world = SimpleNamespace(calendar=SimpleNamespace(periods=("2025/26", "2026/27")[:years]),
                            area=SimpleNamespace(places=("north", "south")))
    return Census(world, wanted())


def people():
    """A woman of 70 with asthma and mild COPD, a man of 95 with severe COPD, a girl of 3."""
    person = np.zeros(3, PERSON)
    person["status"], person["age"] = [LIVING, WAITING, LIVING], [70, 95, 3]
    level = np.array([[0, 0, 1, 1, 1], [1, 4, 0, 0, 2], [0, 2, 0, 0, 0]], np.uint8)
    return SimpleNamespace(rows=3, people=SimpleNamespace(person=person, level=level),
                           built=SimpleNamespace(layout=Layout()), tally=np.zeros((1, 1, 1), np.int64),
                           columns=("person_time",))


def stays(*rows):
    """CONTACT of (resident, first day, last day, step, reason)."""
    table = np.zeros(len(rows), CONTACT)
    for at, (resident, first, last, step, reason) in enumerate(rows):
        table[at]["resident"], table[at]["step"], table[at]["reason"] = resident, step, reason
        table[at]["started"], table[at]["ended"] = first * MS_PER_DAY, last * MS_PER_DAY
    return table


def seen(census, residents):
    census._residents = residents
    census.counted(residents)


def test_people_are_counted_by_level_age_and_place():
    census = watching()
    seen(census, people())
    asthma = census.tables[share_table("asthma")][0]
    assert asthma.sum() == 3
    assert asthma[0, 0, 70].tolist() == [0, 1]
    assert asthma[1, 4, 90].tolist() == [1, 0]  # 95 counts as 90 and over
    assert census.tables[place_table("asthma")][0].sum(axis=(1, 2)).tolist() == [2, 1]
    assert census.tables[share_table(NUMBER)][0].sum(axis=(0, 1, 2))[:3].tolist() == [1, 1, 1]
    among = census.tables[share_table("asthma", "copd=mild")][0]
    assert among.sum() == 1
    assert among[0, 0, 70, 1] == 1


def test_what_became_of_them_a_year_later():
    census, residents = watching(), people()
    seen(census, residents)
    census.served(stays((0, 5, 9, BED, SERVED), (0, 100, 101, BED, SERVED), (1, 3, 4, TRIAGE, SERVED),
                        (1, 7, 9, BED, STILL_THERE)))
    census.served(stays((0, 200, 201, BED, SERVED), (-1, 3, 4, BED, SERVED)))
    residents.people.person["status"] = [DEAD, LIVING, GONE]
    census.counted(residents)
    everybody = census.tables[followed_table(EVERYBODY)].sum(axis=(0, 1, 2, 3, 4))
    assert dict(zip(STATISTICS, everybody.tolist(), strict=True)) == {
        "people": 2, "died": 1, "admissions": 3, "admissions_squared": 9, "admitted": 1}  # who moved away does not count
    by_level = census.tables[followed_table("asthma")][0, 0, 0, 14]
    assert by_level.tolist() == [[0, 0, 0, 0, 0], [1, 1, 3, 9, 1]]


def test_the_last_day_is_counted_again_and_nothing_twice():
    census, residents = watching(), people()
    seen(census, residents)
    census.counted(residents)
    residents.people.person["status"][2] = DEAD
    census.counted(residents)
    assert census.tables[share_table("asthma")].sum(axis=(1, 2, 3, 4)).tolist() == [3, 2]
    assert census.tables[followed_table(EVERYBODY)][..., 0].sum() == 3
    assert census.columns == ("person_time",)
    assert census._residents is None  # nobody is kept


def test_stays_soon_after_a_stay_are_returns():
    census, residents = watching(), people()
    census._residents = residents
    census.served(stays((0, 1, 5, BED, SERVED)))  # while services fill up: remembered, not counted
    seen(census, residents)
    census.served(stays((1, 50, 60, BED, SERVED), (0, 10, 12, BED, SERVED), (0, 30, 40, BED, SERVED)))
    census.served(stays((0, 71, 72, BED, SERVED), (1, 89, 95, BED, SERVED)))
    assert census.tables["returns"][0, :, 0].tolist() == [2, 0, 0, 0, 1]
    assert census.tables["returns"][0, :, 1].tolist() == [3, 0, 0, 0, 2]
