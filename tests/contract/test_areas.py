"""The shipped areas are whole and true to the published totals, and a broken table is told cell by cell."""

import csv
import shutil
from dataclasses import replace

import numpy as np
import pytest

from icsim import areas
from icsim.areas.load import SHIPPED
from icsim.areas.moves import relative
from icsim.errors import CatalogueError

pytestmark = pytest.mark.contract

PUBLISHED = {
    "broxbourne": (19804, 61891, 8519, 6344, 2545),
    "dacorum": (31633, 96808, 14190, 9362, 4130),
    "east_hertfordshire": (29246, 94099, 14448, 9791, 4051),
    "epping_forest": (25151, 82973, 13237, 9686, 3942),
    "harlow": (20760, 59836, 7483, 4405, 1925),
    "hertsmere": (21591, 66835, 9705, 6930, 3045),
    "north_hertfordshire": (25627, 82133, 12985, 9273, 4141),
    "st_albans": (31972, 90464, 12681, 9125, 4116),
    "stevenage": (18460, 57412, 7231, 4608, 2026),
    "three_rivers": (18757, 58161, 8664, 5932, 2609),
    "uttlesford": (17830, 55539, 9711, 6842, 2656),
    "watford": (21727, 68090, 6829, 4440, 1945),
    "welwyn_hatfield": (22655, 78316, 9472, 6652, 3118),
}
"""ONS mid-2022 estimates: residents aged 0–15, 16–64, 65–74, 75–84, 85 and over."""
BANDS = (0, 16, 65, 75, 85)
PUBLISHED_BY_SEX = {"female": 781617, "male": 744947}
PUBLISHED_CELLS = {("stevenage", "male", 0): 586, ("watford", "female", 4): 625, ("welwyn_hatfield", "male", 20): 1105,
                   ("uttlesford", "female", 65): 544, ("epping_forest", "female", 90): 1101}
"""A few single cells, copied by hand from the same estimates."""
PUBLISHED_QUINTILES = {
    "broxbourne": (6.05, 25.18, 33.01, 21.62, 14.13), "harlow": (2.69, 47.35, 28.95, 14.74, 6.27),
    "st_albans": (0.0, 3.17, 13.95, 16.7, 66.18), "stevenage": (4.37, 33.32, 41.86, 15.32, 5.13),
    "uttlesford": (0.0, 0.0, 12.82, 41.72, 45.46), "watford": (2.0, 20.1, 31.27, 26.91, 19.73),
}
"""Per cent of mid-2020 residents by national quintile of their neighbourhood (IMD 2019)."""


@pytest.fixture(scope="module")
def area():
    return areas.load("hertfordshire-west-essex")


@pytest.fixture(scope="module")
def wiltshire():
    return areas.load("wiltshire")


@pytest.fixture
def copy(tmp_path):
    """A folder with Testshire's tables, to be broken."""
    return shutil.copytree(SHIPPED / "testshire", tmp_path / "testshire")


def change(path, line, **cells):
    """Set cells of one line (1 is the header) of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    for column, value in cells.items():
        rows[line - 1][rows[0].index(column)] = value
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def problems(folder):
    with pytest.raises(CatalogueError) as error:
        areas.load(folder)
    return {(problem.where, problem.line) for problem in error.value.problems}


def test_names():
    assert areas.names() == ["hertfordshire-west-essex", "testshire", "wiltshire"]


def test_every_district_ties_to_the_published_bands(area):
    bands = np.add.reduceat(area.population.sum(axis=(1, 2)), BANDS, axis=1)
    assert {name: tuple(row) for name, row in zip(area.place_names, bands.tolist(), strict=True)} == PUBLISHED


def test_county_and_area_totals(area):
    in_hertfordshire = [place.county == "Hertfordshire" for place in area.places]
    assert sum(in_hertfordshire) == 10
    assert area.population[in_hertfordshire].sum() == 1_204_588
    assert area.population.sum() == sum(place.population for place in area.places) == 1_526_564
    assert dict(zip(("female", "male"), area.population.sum(axis=(0, 2, 3)).tolist(), strict=True)) == PUBLISHED_BY_SEX


def test_single_years_are_the_published_ones(area):
    cells = {key: area.population[area.place_names.index(key[0]), ("female", "male").index(key[1]), :, key[2]].sum()
             for key in PUBLISHED_CELLS}
    assert cells == PUBLISHED_CELLS


def test_quintiles_are_near_the_published_shares(area):
    """Published shares are of mid-2020, so ageing and growth of single neighbourhoods are not in them."""
    by_quintile = area.population.sum(axis=(1, 3))
    for name, published in PUBLISHED_QUINTILES.items():
        counts = by_quintile[area.place_names.index(name)]
        assert 100 * counts / counts.sum() == pytest.approx(published, abs=0.6)
    assert 100 * by_quintile[:, 0].sum() / by_quintile.sum() == pytest.approx(1.9, abs=0.1)


def test_no_quintile_is_rounded_away_in_old_age(area):
    """The most deprived fifth has about its share of all ages among people of 85 and over too."""
    old = area.population[..., 85:].sum(axis=(0, 1, 3))
    assert 0.008 < old[0] / old.sum() < 0.03


def test_wiltshire_is_whole(wiltshire):
    """One unitary authority: published as a whole by sex and age, divided here into the four districts before 2009."""
    assert wiltshire.population.sum() == sum(place.population for place in wiltshire.places) == 515_885
    assert tuple(np.add.reduceat(wiltshire.population.sum(axis=(0, 1, 2)), BANDS)) == (91378, 309707, 57909, 41048, 15843)
    by_sex = wiltshire.population.sum(axis=(0, 2))
    assert by_sex[:, [0, 20, 90]].tolist() == [[2242, 1422, 3974], [2395, 2377, 1994]]
    by_quintile = wiltshire.population.sum(axis=(0, 1, 3))
    assert 100 * by_quintile / by_quintile.sum() == pytest.approx((2.76, 10.26, 25.51, 31.41, 30.07), abs=0.2)


def test_places_of_wiltshire_are_the_former_districts(wiltshire):
    """Residents of mid-2020 by former district, summed by hand from the estimates for single neighbourhoods."""
    mid_2020 = {"kennet": 90389, "north_wiltshire": 145467, "salisbury": 128794, "west_wiltshire": 139420}
    growth = wiltshire.population.sum() / sum(mid_2020.values())
    people = dict(zip(wiltshire.place_names, wiltshire.population.sum(axis=(1, 2, 3)).tolist(), strict=True))
    assert people == pytest.approx({name: count * growth for name, count in mid_2020.items()}, rel=0.002)
    assert wiltshire.population[0, :, 0].sum() == 0, "none of Kennet's neighbourhoods is in the most deprived fifth"


def test_wiltshire_has_three_hospitals_of_its_own_tables(wiltshire, area):
    """Every place uses one of the three, and no pool but those that every area needs is named as in another area."""
    beds = {row.pool for row in wiltshire.pools if row.service == "hospital_beds" and row.value is not None}
    assert beds == {"bath_beds", "salisbury_district_beds", "great_western_beds"}
    shares = {name: sum(row.value for row in wiltshire.catchments
                        if (row.service, row.place) == ("hospital_beds", name) and row.pool in beds)
              for name in wiltshire.place_names}
    assert min(shares.values()) > 0.9
    assert {row.service for row in wiltshire.capacity} == {row.service for row in area.capacity}
    for services in ("hospital_beds", "home_care", "care_homes"):
        path = [row.value for row in wiltshire.capacity if row.service == services]
        assert path == sorted(path)
        assert path[0] > 1


@pytest.mark.parametrize("name", ["hertfordshire-west-essex", "wiltshire"])
def test_flows_mean_what_they_say(name):
    area = areas.load(name)
    totals = {(row.place, row.flow): row.value for row in area.flows}
    arrive = areas.arrivals(area).sum(axis=(1, 2, 3))
    leave = (areas.leaving_rates(area)[:, :, None, :] * area.population).sum(axis=(1, 2, 3))
    for index, name in enumerate(area.place_names):
        assert arrive[index] == pytest.approx(totals[name, "arrive"])
        assert leave[index] == pytest.approx(totals[name, "leave"])


@pytest.mark.parametrize("name", ["hertfordshire-west-essex", "wiltshire"])
def test_ten_years_of_moves_do_not_distort_ages(name):
    """Cohorts moved on by flows alone keep the shape of young ages: no age from 5 to 40 changes by more than a fifth.

    Without the fit of arriving to leaving, the ages at which students are away would fill up within a few years.
    """
    area = areas.load(name)
    people = area.population.sum(axis=2).astype(float)
    first, arrive, leave = people.sum(axis=(0, 1)), areas.arrivals(area).sum(axis=2), areas.leaving_rates(area)
    for _ in range(10):
        moved = people * np.exp(-leave) + arrive
        people[..., 1:90] = moved[..., :89]
        people[..., 0] = moved[..., 0]
    ratio = people.sum(axis=(0, 1))[5:41] / first[5:41]
    assert ratio.min() > 0.8
    assert ratio.max() < 1.25


def test_students_leave_at_eighteen(area):
    leave, arrive = relative(area, "leave"), relative(area, "arrive")
    assert leave[:, 18].min() > 4 * leave[:, [17, 19]].max()
    assert (arrive[:, 20:30] > leave[:, 20:30]).all()


def test_ids_and_hash(area):
    assert area.values()["pool.falls_vehicles"].value == 4
    assert area.values()["catchment.hospital_beds.watford.watford_beds"].value == 0.95
    assert {"flow.arrive.watford", "flow_age.leave.female.18", "multiplier.birth", "capacity.hospital_beds.2027",
            "stream.visitors_lister"} <= area.values().keys()
    assert area.content_hash() == areas.load("hertfordshire-west-essex").content_hash()
    assert area.content_hash() != areas.load("testshire").content_hash()


def test_changed_copies_leave_the_first_alone(area):
    before = area.content_hash()
    more = area.with_pool("falls_vehicles", number=8, open="daily 07:00-22:00")
    pool = more.values()["pool.falls_vehicles"]
    assert (pool.value, pool.open) == (8, "daily 07:00-22:00")
    assert area.content_hash() == before != more.content_hash()
    assert area.with_value("flow.leave.watford", 9000).values()["flow.leave.watford"].value == 9000


def test_a_changed_share_is_made_room_for(area):
    changed = area.with_value("catchment.hospital_beds.broxbourne.lister_beds", 0.5)
    shares = {row.pool: row.value for row in changed.catchments
              if (row.service, row.place) == ("hospital_beds", "broxbourne")}
    assert shares == pytest.approx({"princess_alexandra_beds": 0.40 * 0.5 / 0.75, "lister_beds": 0.5,
                                    "outside_beds": 0.35 * 0.5 / 0.75})
    assert replace(changed, catchments=area.catchments).content_hash() == area.content_hash()


@pytest.mark.parametrize(("name", "value"), [
    ("pool.falls_vehicles", 2.5), ("pool.falls_vehicles", -1), ("flow.leave.watford", -1), ("multiplier.death", 0),
    ("catchment.hospital_beds.watford.watford_beds", 1.1), ("flow.leave.watford", float("nan")),
    ("catchment.ambulances.*.ambulances", 0.5), ("capacity.hospital_beds.2027", 0), ("stream.planned_lister", -1),
])
def test_impossible_values_are_refused(area, name, value):
    with pytest.raises(ValueError, match=name.replace("*", r"\*")):
        area.with_value(name, value)


def test_unknown_names_are_answered_with_the_nearest(area):
    with pytest.raises(KeyError, match="falls_vehicles"):
        area.with_pool("fals_vehicles", number=5)
    with pytest.raises(CatalogueError, match="testshire"):
        areas.load("testshir")


def test_what_is_unknown_is_answered_with_the_nearest_name(copy):
    change(copy / "capacity.csv", 2, service="hospital_bedss")
    change(copy / "streams.csv", 2, stream="eastmere", backlog="-1")
    with pytest.raises(CatalogueError) as error:
        areas.load(copy)
    told = {problem.where: problem.message for problem in error.value.problems}
    assert told["capacity.csv: service"] == "There is no such service. Did you mean hospital_beds?"
    assert told["streams.csv: stream"] == "A place has the same name."
    assert told["streams.csv: backlog"] == "This cannot be below 0."


def test_what_serves_one_place_serves_all_but_what_serves_streams_alone_need_not(copy):
    path = copy / "catchments.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("crisis_cafes,thornwick")), encoding="utf-8")
    with pytest.raises(CatalogueError, match="thornwick has no provider of crisis_cafes"):
        areas.load(copy)
    own = ("visitors_testshire", "planned_testshire", "service,")
    path.write_text("".join(line for line in lines if not line.startswith("hospital_beds")
                            or line.split(",")[1] in own), encoding="utf-8")
    change(copy / "pools.csv", 7, pool="more_ae", service="emergency_departments")
    path.write_text(path.read_text(encoding="utf-8").replace("emergency_departments,eastmere,outside_ae",
                                                             "emergency_departments,eastmere,more_ae"), encoding="utf-8")
    areas.load(copy)


def test_all_mistakes_are_told_at_once_with_file_and_line(copy):
    change(copy / "flows.csv", 2, unit="people", place="eastmeer")
    change(copy / "pools.csv", 2, value="9", open="daily 7-19")
    change(copy / "pools.csv", 3, standing="guessed", source="nobody")
    change(copy / "catchments.csv", 2, value="0.9", high="")
    change(copy / "flow_ages.csv", 3, age_to="3")
    change(copy / "population.csv", 2, a0="99999")
    change(copy / "places.csv", 3, county="Elsewhere")
    change(copy / "capacity.csv", 4, service="nobody")
    change(copy / "streams.csv", 2, backlog="-3")
    assert problems(copy) >= {
        ("flows.csv: unit", 2), ("flows.csv: place", 2), ("flows.csv", 0), ("pools.csv: value", 2),
        ("pools.csv: open", 2), ("pools.csv: standing", 3), ("pools.csv: source", 3), ("catchments.csv: value", 3),
        ("catchments.csv: high", 2), ("flow_ages.csv", 0), ("places.csv: population", 2), ("places.csv: county", 3),
        ("capacity.csv: service", 4), ("streams.csv: backlog", 2),
    }


def test_cells_that_cannot_be_read_are_told_at_once(copy):
    change(copy / "flows.csv", 2, value="many")
    change(copy / "flow_ages.csv", 4, age_from="five")
    change(copy / "population.csv", 5, a7="-1")
    (copy / "multipliers.csv").unlink()
    (copy / "pools.csv").write_bytes(b"\xff\xfe\x00")
    (copy / "catchments.csv").write_text("service,place,pol\n", encoding="utf-8")
    (copy / "area.toml").write_text("name = ", encoding="utf-8")
    assert problems(copy) == {
        ("flows.csv: value", 2), ("flow_ages.csv: age_from", 4), ("population.csv", 5), ("multipliers.csv", 0),
        ("pools.csv", 0), ("catchments.csv: pol", 1), ("catchments.csv: pool", 1), ("area.toml", 0),
    }


def test_the_year_of_the_population_is_written_in_full(copy):
    text = (copy / "area.toml").read_text(encoding="utf-8")
    assert "2022-07-01" in text
    (copy / "area.toml").write_text(text.replace("2022-07-01", "0022-07-01"), encoding="utf-8")
    assert problems(copy) == {("area.toml: population_date", 0)}


@pytest.mark.parametrize(("file", "line", "cells", "expected"), [
    ("flows.csv", 3, {"flow": "arrive"}, ("flows.csv", 2)),
    ("flows.csv", 3, {"low": "600"}, ("flows.csv: value", 3)),
    ("flows.csv", 3, {"low": "2000"}, ("flows.csv: low", 3)),
    ("pools.csv", 4, {"value": "2.5"}, ("pools.csv: value", 4)),
    ("pools.csv", 4, {"pool": "cottage_ae"}, ("pools.csv: pool", 4)),
    ("catchments.csv", 2, {"pool": "testshire_beds"}, ("catchments.csv: service", 2)),
    ("catchments.csv", 2, {"note": ""}, ("catchments.csv: note", 2)),
    ("multipliers.csv", 2, {"value": "0"}, ("multipliers.csv: value", 2)),
    ("sources.csv", 2, {"source": "unused"}, ("sources.csv: source", 2)),
    ("population.csv", 2, {"quintile": "6"}, ("population.csv: quintile", 2)),
    ("population.csv", 3, {"quintile": "1"}, ("population.csv", 2)),
    ("flow_ages.csv", 2, {"age_from": "5"}, ("flow_ages.csv: age_from", 2)),
    ("flow_trends.csv", 2, {"flow": "stay"}, ("flow_trends.csv: flow", 2)),
    ("flow_trends.csv", 2, {"place": "nowhere"}, ("flow_trends.csv: place", 2)),
    ("flow_trends.csv", 2, {"flow": "leave", "place": "eastmere"}, ("flow_trends.csv: place", 2)),
    ("flow_trends.csv", 2, {"value": "0", "low": "0"}, ("flow_trends.csv: value", 2)),
    ("flow_trends.csv", 2, {"value": "101", "high": "101"}, ("flow_trends.csv: value", 2)),
    ("flow_trends.csv", 2, {"unit": "people a year"}, ("flow_trends.csv: unit", 2)),
    ("flow_trends.csv", 3, {"from_year": "2026"}, ("flow_trends.csv", 2)),
    ("flow_trends.csv", 2, {"from_year": "26"}, ("flow_trends.csv: from_year", 2)),
    ("places.csv", 3, {"place": "eastmere"}, ("places.csv", 2)),
    ("pools.csv", 2, {"reserve": "-1"}, ("pools.csv: reserve", 2)),
    ("pools.csv", 2, {"reserve": "some"}, ("pools.csv: reserve", 2)),
    ("capacity.csv", 2, {"service": "hospital_bedss"}, ("capacity.csv: service", 2)),
    ("capacity.csv", 2, {"value": "0", "low": "0"}, ("capacity.csv: value", 2)),
    ("capacity.csv", 2, {"unit": "servers"}, ("capacity.csv: unit", 2)),
    ("capacity.csv", 3, {"from_year": "2026"}, ("capacity.csv", 2)),
    ("capacity.csv", 2, {"from_year": "26"}, ("capacity.csv: from_year", 2)),
    ("capacity.csv", 2, {"from_year": "next year"}, ("capacity.csv: from_year", 2)),
    ("streams.csv", 2, {"stream": "eastmere"}, ("streams.csv: stream", 2)),
    ("streams.csv", 2, {"stream": "*"}, ("streams.csv: stream", 2)),
    ("streams.csv", 3, {"stream": "visitors_testshire"}, ("streams.csv", 2)),
    ("streams.csv", 2, {"backlog": "-1"}, ("streams.csv: backlog", 2)),
    ("streams.csv", 2, {"backlog": "0.5"}, ("streams.csv: backlog", 2)),
    ("streams.csv", 2, {"value": "-1", "low": "-1"}, ("streams.csv: value", 2)),
    ("streams.csv", 2, {"unit": "cases a year"}, ("streams.csv: unit", 2)),
    ("streams.csv", 4, {"stream": "planned"}, ("catchments.csv: place", 37)),
])
def test_each_promise_is_kept(copy, file, line, cells, expected):
    change(copy / file, line, **cells)
    assert expected in problems(copy)
