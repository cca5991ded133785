"""The event log holds what other tools need, and every start has its end."""

import numpy as np
import polars as pl
import pytest

import icsim
from icsim import eventlog, experiment
from icsim.eventlog import COLUMNS, _lowest_free, mining

pytestmark = pytest.mark.contract

DAYS = 10


@pytest.fixture(scope="module")
def resolved():
    return icsim.resolve("testshire/baseline", years=1, replications=2)


@pytest.fixture(scope="module")
def events(resolved):
    return experiment.events(resolved, 1, DAYS)


def of_type(events, *names):
    return events.filter(pl.col("event_type").is_in(names))


def test_columns_are_those_that_animations_read(events):
    """vidigi: entity_id, event_type, event, time; pathway; resource_id as a whole number."""
    assert events.columns == list(COLUMNS)
    assert events.schema["time"] == pl.Float64
    assert events.schema["resource_id"] == events.schema["entity_id"] == pl.Int64
    assert set(events["event_type"]) == {"arrival_departure", "queue", "resource_use", "resource_use_end"}
    assert events["time"].is_sorted()
    assert not events.select("entity_id", "pathway", "event_type", "event", "time", "reason", "timestamp").null_count(
        ).sum_horizontal().item()


def test_everybody_arrives_once_and_departs_once(events):
    ends = of_type(events, "arrival_departure").group_by("entity_id").agg("event", "time").sort("entity_id")
    assert set(map(tuple, ends["event"])) == {("arrival", "depart")}
    assert ends.height == events["entity_id"].n_unique() == events["entity_id"].max()
    first, last = (events.group_by("entity_id").agg(getattr(pl.col("event"), at)()) for at in ("first", "last"))
    assert set(first["event"]) == {"arrival"}
    assert set(last["event"]) == {"depart"}


def test_every_start_has_its_end_at_the_same_server(events):
    keys = ["entity_id", "pool", "resource_id", "step"]
    named = events.with_columns(step=pl.col("event").str.replace("_(begins|ends)$", ""))
    begun, ended = (of_type(named, kind).sort(*keys, "time") for kind in ("resource_use", "resource_use_end"))
    assert begun.height > 100
    assert begun.select(keys).equals(ended.select(keys))
    assert (begun["time"] <= ended["time"]).all()


def test_no_server_is_used_by_two_at_a_time(events):
    servers = of_type(events, "resource_use", "resource_use_end").sort("pool", "resource_id", "time", maintain_order=True)
    for _, use in servers.group_by("pool", "resource_id"):
        begun = use.filter(pl.col("event_type") == "resource_use")["time"].to_numpy()
        ended = use.filter(pl.col("event_type") == "resource_use_end")["time"].to_numpy()
        assert (np.sort(begun)[1:] >= np.sort(ended)[:-1]).all()


def test_an_ambulance_at_the_door_is_in_use_until_the_handover(events):
    here = events.filter(pl.col("event").is_in(["to_hospital_ends", "handover_begins"])).sort("entity_id", "time")
    pairs = here.group_by("entity_id", maintain_order=True).agg("event", "time").filter(pl.col("event").list.len() == 2)
    assert pairs.height > 5
    assert all(times[0] == times[1] for times in pairs["time"])


def test_the_log_ends_with_its_last_day(events):
    assert events["time"].max() <= DAYS * 1440
    cut = of_type(events, "arrival_departure").filter((pl.col("event") == "depart") & (pl.col("reason") == "still there"))
    assert cut.height
    assert set(cut["time"]) == {DAYS * 1440.0}


def test_residents_have_a_key_a_fifth_and_a_place_and_others_have_none(events):
    own, others = (events.filter(pl.col("place").is_null() == none) for none in (False, True))
    assert own["quintile"].is_between(1, 5).all()
    assert own["resident"].drop_nulls().str.contains("^[0-9a-f]{16}$").all()
    assert set(others["resident"]) == set(others["quintile"]) == {None}
    assert set(others["pathway"]) <= {"visitors", "minor_visitors", "planned", "tests"}


def test_a_longer_log_says_the_same_of_the_first_days(events, resolved):
    """Whoever came and went in the first days did so in the log of more days as well."""
    longer = experiment.events(resolved, 1, 3 * DAYS)
    names = ["pathway", "event", "time", "pool", "reason", "resident", "place"]
    done = events.filter(~pl.col("entity_id").is_in(events.filter(pl.col("reason") == "still there")["entity_id"].implode()))
    assert done.height > 100
    assert done.select(names).join(longer.select(names), on=names, how="anti", nulls_equal=True).is_empty()


def test_process_mining_reads_the_names_of_its_standard(events):
    table = mining(events)
    assert {"case:concept:name", "concept:name", "time:timestamp", "org:resource", "lifecycle:transition"} <= set(
        table.columns)
    assert set(table["lifecycle:transition"]) == {"schedule", "start", "complete"}
    assert table.height == events.height
    assert not table["concept:name"].str.contains("_(begins|ends|wait)$").any()
    stamps = table["time:timestamp"].str.to_datetime("%Y-%m-%dT%H:%M:%S%.3f")
    assert stamps.is_sorted()


def test_servers_get_the_lowest_number_that_is_free():
    assert _lowest_free([0, 1, 2, 5, 6], [5, 3, 9, 6, 7]) == [1, 2, 3, 1, 1]
    assert _lowest_free([0, 0, 0], [0, 0, 0]) == [1, 1, 1]


def test_the_log_is_kept_beside_the_results_of_the_run():
    found = icsim.run("testshire/baseline", years=1, replications=1, log=0, log_days=1)
    assert found.events is not None
    assert found.events["time"].max() <= 1440
    assert tuple(found.events.columns) == eventlog.COLUMNS
    with pytest.raises(icsim.ScenarioError, match="must be a replication of the run, 0 to 0"):
        icsim.run("testshire/baseline", years=1, replications=1, log=1)
