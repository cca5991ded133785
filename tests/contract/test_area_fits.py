"""Catalogue and area fit together: what one names the other has, and every case finds a provider."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

import icsim
from icsim import areas, catalogue, simulation
from icsim.areas.fit import fit_problems
from icsim.areas.rows import Offer
from icsim.catalogue.programmes import MOST
from icsim.catalogue.rows import Programme
from icsim.errors import CatalogueError
from icsim.outcomes import overloaded

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def tables():
    return catalogue.load()


@pytest.fixture(scope="module")
def area():
    return areas.load("testshire")


def told(tables, area):
    """(where, value, message) of every problem."""
    return [(problem.where, problem.value, problem.message) for problem in fit_problems(tables, area)]


def edited(area, table, name, **cells):
    """The area with other cells in the row of `table` that has this id."""
    rows = getattr(area, table)
    assert name in {row.id for row in rows}
    return replace(area, **{table: tuple(replace(row, **cells) if row.id == name else row for row in rows)})


def without(area, service, place):
    """The area in which nobody of this place has a provider of this service."""
    kept = tuple(row for row in area.catchments if (row.service, row.place) != (service, place))
    assert len(kept) < len(area.catchments)
    return replace(area, catchments=kept)


@pytest.mark.parametrize("name", areas.names())
def test_the_shipped_areas_fit_the_shipped_catalogue(tables, name):
    assert told(tables, areas.load(name)) == []


@pytest.mark.slow
def test_a_second_real_area_runs_from_its_tables_alone():
    """Wiltshire: half a million residents, a year of services, and none that is asked for more than it can take."""
    found = icsim.run("wiltshire/baseline", years=1, replications=1)
    assert 520_000 < found.residents < 527_000
    assert overloaded(found).is_empty()
    beds = found.pools.filter(pl.col("service") == "hospital_beds", ~pl.col("pool").str.starts_with("outside"))
    in_use = beds["busy_ms"] / beds["open_ms"]
    assert len(in_use) == 3
    assert in_use.is_between(0.88, 0.98).all()


def test_a_pool_of_an_unknown_service(tables, area):
    ((where, value, message),) = told(tables, edited(area, "pools", "pool.testshire_beds", service="hospital_bed"))
    assert (where, value) == ("pools.csv: testshire_beds", "hospital_bed")
    assert message == "services.csv has no such service. Did you mean hospital_beds?"


def test_a_rota_by_an_unknown_profile(tables, area):
    ((where, value, message),) = told(tables, edited(area, "pools", "pool.ambulances", rota="ambulance_rotta"))
    assert (where, value) == ("pools.csv: ambulances", "ambulance_rotta")
    assert message == "profiles.csv has no such profile. Did you mean ambulance_rota?"


@pytest.mark.parametrize("event", ["planed_care", "fall"])
def test_a_stream_of_no_stream(tables, area, event):
    """Neither a misspelt event nor one that happens to residents can come as a stream."""
    ((where, value, message),) = told(tables, edited(area, "streams", "stream.planned_testshire", event=event))
    assert (where, value) == ("streams.csv: planned_testshire", event)
    assert message.startswith("events.csv has no such stream.")
    assert "planned_care" in message


def test_a_multiplier_of_an_unknown_event(tables, area):
    ((where, value, message),) = told(tables, edited(area, "multipliers", area.multipliers[0].id, event="deeth"))
    assert (where, value) == ("multipliers.csv: deeth", "deeth")
    assert message == "events.csv has no such event. Did you mean death?"


def test_a_place_without_a_provider(tables, area):
    assert told(tables, without(area, "crisis_cafes", "thornwick")) == [
        ("catchments.csv", None, "thornwick has no provider of crisis_cafes.")]


def test_a_service_that_no_pool_of_the_area_has(tables, area):
    """Each place is named, since each of them could send somebody."""
    found = told(tables, replace(without(area, "mh_beds", "*"),
                                 pools=tuple(row for row in area.pools if row.service != "mh_beds")))
    assert [message for _, _, message in found] == [f"{place} has no provider of mh_beds."
                                                    for place in sorted(area.place_names)]


def test_a_stream_without_a_provider(tables, area):
    assert told(tables, without(area, "hospital_beds", "planned_testshire")) == [
        ("catchments.csv", None, "planned_testshire has no provider of hospital_beds.")]


def test_a_stream_needs_providers_of_its_own_pathway_only(tables, area):
    """Minor visitors ask for the unit, planned care for a bed and a discharge, visitors for all but the unit: none of them
    for an ambulance.
    """
    served = {row.service for row in area.catchments if row.place == "planned_testshire"}
    assert served == {"hospital_beds"}
    by_place = tuple(replace(row, place=place) for row in area.catchments
                     for place in (area.place_names if row.place == "*" else (row.place,)))
    assert told(tables, replace(area, catchments=by_place)) == [
        ("catchments.csv", None, "minor_visitors_testshire has no provider of urgent_treatment."),
        ("catchments.csv", None, "planned_testshire has no provider of discharges."),
        ("catchments.csv", None, "visitors_testshire has no provider of discharges.")]


def test_all_that_does_not_fit_is_told_at_once_and_nothing_is_built(tables, area):
    wrong = edited(area, "pools", "pool.ambulances", rota="nights")
    wrong = edited(wrong, "streams", "stream.planned_testshire", event="planed_care")
    wrong = without(wrong, "crisis_cafes", "thornwick")
    with pytest.raises(CatalogueError) as error:
        simulation.world(tables, wrong, date(2025, 4, 1), 1)
    assert [problem.where for problem in error.value.problems] == [
        "pools.csv: ambulances", "streams.csv: planned_testshire", "catchments.csv"]


def test_a_programme_that_the_catalogue_does_not_know(tables, area):
    ((where, value, message),) = told(tables, area.with_programme(Offer(programme="falls_exercises", value=1.0)))
    assert (where, value) == ("programmes.csv: falls_exercises", "falls_exercises")
    assert message == "programmes.csv has no such programme. Did you mean falls_exercise?"


def test_no_more_programmes_than_there_are_bits(tables, area):
    names = [f"programme {n}" for n in range(MOST + 1)]
    rows = replace(tables, programmes=tuple(Programme(programme=name, label=name) for name in names))
    full = area
    for name in names[:-1]:
        full = full.with_programme(Offer(programme=name, value=1.0, unit="people a month"))
    assert told(rows, full) == []
    one_more = full.with_programme(Offer(programme=names[-1], value=1.0, unit="people a month"))
    assert told(rows, one_more) == [("programmes.csv", MOST + 1, f"At most {MOST} programmes can run at once.")]


def test_measures_are_offered_as_a_share_and_programmes_by_people(tables, area):
    rows = replace(tables, programmes=(Programme(programme="tea", label="Tea"),
                                       Programme(programme="air", label="Air", kind="measure")))
    wrong = area.with_programme(Offer(programme="tea", value=1.0, unit="share")).with_programme(
        Offer(programme="air", value=1.0, unit="people a month"))
    assert told(rows, wrong) == [("programmes.csv: air", "people a month", "The unit of this measure is share."),
                                 ("programmes.csv: tea", "share", "The unit of this programme is people a month.")]
