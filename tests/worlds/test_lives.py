"""One resident followed: the life alone is the life among everybody, and two lives part only where scenarios make them."""

import dataclasses
import json

import numpy as np
import polars as pl
import pytest

import icsim
from icsim import experiment, lives
from icsim.errors import NotFoundError
from icsim.lives.follow import _Follower
from icsim.lives.pair import SAME
from icsim.lives.timeline import life
from icsim.simulation import replicate
from icsim.state import DEAD, LIVING

pytestmark = pytest.mark.worlds

YEARS = 1


@pytest.fixture(scope="module")
def base():
    return icsim.resolve("testshire/baseline", years=YEARS)


@pytest.fixture(scope="module")
def other():
    return icsim.resolve("testshire/falls_vehicles", years=YEARS)


@pytest.fixture(scope="module")
def differing(base, other):
    return icsim.differing(base, other, most=5)


@pytest.fixture(scope="module")
def pair(base, other, differing):
    return icsim.life(differing["key"][0], base, other)


@pytest.fixture(scope="module")
def shared(base):
    return experiment.world_of(base)


def followed(world, key):
    """One resident of `world` followed to the end, and the life that is told of it."""
    watch = _Follower(int(key))
    done = replicate(world, experiment.seed_of(1, 0), watch=watch)
    return watch, life("x", "x", world, watch.found, np.concatenate(watch.contacts)), done


def chosen(world, count=6):
    """Keys of old and frail residents, of women and men who may have children, and of small children."""
    people, rows = world.start.people, world.start.rows
    age, key = people.person["age"][:rows], people.person["key"][:rows]
    frail = people.level[:rows, world.built.layout.attribute("frailty")]
    groups = [(age > 88), (age > 75) & (frail > 1), (age > 24) & (age < 34), age < 2, (age > 60) & (frail == 3)]
    return [int(key[group][n]) for group in groups for n in range(count) if n < group.sum()]


@pytest.mark.slow
def test_a_life_alone_is_the_life_among_everybody(shared):
    """`Followed` compares every field with the row after each beat; here the words agree with the row at the end."""
    ended = 0
    for key in chosen(shared):
        watch, told, _ = followed(shared, key)
        found = watch.found
        level, layout = found.people.level[found.row], found.built.layout
        last = {each.attribute: each.level for each in told.stretches}
        assert last == {name: int(level[a]) for a, name in enumerate(layout.attributes)}
        assert (told.end == "died") == (found.people.person["status"][found.row] == DEAD)
        ended += told.end != "living here"
        assert told.years == pytest.approx((told.end_day - (told.entered or 0.0)) / 365.25, abs=1e-3)
        assert 0 <= told.healthy_years <= told.years
        assert [entry.time for entry in told.entries] == sorted(entry.time for entry in told.entries)
        assert len({entry.identity for entry in told.entries}) == len(told.entries)
    assert ended > 0


def test_watching_changes_nothing(shared):
    key = chosen(shared, 1)[0]
    _, _, watched = followed(shared, key)
    alone = replicate(shared, experiment.seed_of(1, 0))
    assert (watched.residents == alone.residents).all()
    assert (watched.activity.tally == alone.activity.tally).all()


def test_newcomers_are_followed_from_the_day_they_come(base, shared):
    everybody = lives.population(base, 10**9, "end")
    known = {f"{key:016x}" for key in shared.start.people.person["key"][: shared.start.rows]}
    new = everybody.filter(~pl.col("key").is_in(list(known)))
    babies, arrivals = new.filter(pl.col("age") == 0), new.filter(pl.col("age") > 5)
    assert babies.height
    assert arrivals.height
    for row in (babies.row(0, named=True), babies.row(-1, named=True), arrivals.row(0, named=True)):
        told = lives.follow(base, lives.key_of(row["key"]))
        assert told.entered is not None
        assert told.end == "living here"
        assert told.years == pytest.approx((told.days - max(told.entered, 0.0)) / 365.25, abs=1e-3)


def test_the_same_scenario_twice_gives_one_life(base, pair):
    same = icsim.life(int(pair.key, 16), base, base)
    assert same.parts is None
    assert {each.how for each in same.merged()} <= {SAME}
    assert same.base == same.other
    assert "Both lives are the same" in " ".join(icsim.page(same).split())


def test_two_lives_part_where_the_scenario_begins_to_matter(pair):
    assert pair.parts is not None
    assert pair.parts >= 0
    for both in pair.merged():
        assert both.how == SAME or both.parts >= pair.parts
    mine, theirs = ([entry for entry in life.entries if entry.ends < pair.parts] for life in (pair.base, pair.other))
    assert mine == theirs


def test_those_who_differ_are_found_with_what_differs(differing):
    assert differing.columns == [*lives.crowd.FIXED, "differs", "contacts", "contacts_alternative"]
    assert 0 < differing.height <= 5
    assert differing["differs"].str.contains("|", literal=True).all()


def test_nobody_differs_from_themselves(base):
    assert lives.differing([base, base]).is_empty()


def test_threads_change_no_life(base, other, pair):
    one = icsim.life(pair.key, base, other, threads=1)
    assert dataclasses.replace(one) == pair


@pytest.mark.parametrize("key", ["0123456789abcdef", "12", "0x0c"])
def test_a_key_of_nobody_names_the_remedy(base, other, key):
    with pytest.raises(NotFoundError, match="icsim residents testshire/baseline"):
        icsim.life(key, base, other)


@pytest.mark.parametrize("key", ["nonsense", "", "-3", "1" * 30])
def test_what_is_no_key_is_refused_before_a_run(base, other, key):
    with pytest.raises(NotFoundError, match="is not the key of a resident"):
        icsim.life(key, base, other)


def test_keys_are_read_as_they_are_written():
    assert lives.key_of("0000000000000010") == 16
    assert lives.key_of("0x10") == 16
    assert lives.key_of("10") == 10
    assert lives.key_of("FFFFFFFFFFFFFFFF") == 2**64 - 1


def test_the_object_has_stable_keys_and_no_nan(pair):
    found = json.loads(json.dumps(pair.as_object(), allow_nan=False))
    assert list(found) == ["key", "area", "scenarios", "titles", "seed", "replication", "first_difference_day", "base",
                           "alternative", "timeline"]
    assert list(found["timeline"][0]) == ["how", "base", "alternative"]
    assert {"day", "time", "age", "kind", "name", "what", "changes", "service", "wait_minutes", "why"} <= set(
        found["base"]["entries"][0])


def test_the_page_fits_and_says_who_what_and_when(pair):
    page = icsim.page(pair)
    assert max(map(len, page.splitlines())) <= 80
    for words in (pair.key, "AT THE START", "IN SHORT", "WHAT HAPPENED", "Healthy years", "the same luck"):
        assert words in page
    assert any(line.startswith("A ") for line in page.splitlines())
    assert any(line.startswith("B ") for line in page.splitlines())


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_the_picture_is_drawn_and_drawn_again_the_same(pair, tmp_path, kind):
    one, two = (icsim.picture(pair, tmp_path / f"{n}.{kind}").read_bytes() for n in "ab")
    assert len(one) > 10_000
    assert one == two


def test_a_picture_of_another_kind_is_refused(pair, tmp_path):
    with pytest.raises(icsim.ResultsError, match="must end in"):
        icsim.picture(pair, tmp_path / "life.gif")


# Residents -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def everybody(base):
    return icsim.people(base, sample=10**9)


def test_everybody_is_there_where_the_sample_is_large(everybody, base, shared):
    watch = lives.crowd._Onlooker(0)
    replicate(experiment.cut_short(shared, 1), experiment.seed_of(base.run.seed, 0), watch=watch)
    at_start = watch.found.at_start
    assert everybody.height == int((at_start.status <= LIVING + 1).sum()) > 20_000
    assert everybody["key"].is_sorted()
    assert everybody["key"].n_unique() == everybody.height
    assert everybody["key"].str.contains("^[0-9a-f]{16}$").all()


def test_their_number_and_ages_are_those_of_the_census(everybody, base):
    census = icsim.run(base, replications=1).population
    first = census.filter(pl.col("date") == census["date"].min())
    by_age = dict(first.group_by("age_band").agg(pl.col("residents").sum()).iter_rows())
    bands = everybody.with_columns(age_band=(pl.col("age").clip(0, 90) // 5 * 5).cast(pl.Int64))
    found = {f"{low:02d}-{low + 4:02d}" if low < 90 else "90+": count
             for low, count in bands.group_by("age_band").len().iter_rows()}
    assert found == by_age


def test_a_sample_is_of_the_same_people_in_every_run(everybody, base, other):
    one, two, more = icsim.people(base, 300), icsim.people(other, 300), icsim.people(base, 600)
    assert one.equals(two)
    assert set(one["key"]) < set(more["key"]) < set(everybody["key"])
    again = icsim.people(base, 300, seed=9)
    assert len(set(one["key"]) & set(again["key"])) > 280


def test_columns_are_who_they_are_then_circumstances(everybody):
    assert everybody.columns[:5] == ["key", "age", "sex", "quintile", "place"]
    assert {"frailty", "care"} <= set(everybody.columns)
    assert set(everybody["sex"]) == {"female", "male"}
    assert set(everybody["quintile"]) == {1, 2, 3, 4, 5}
    assert "Mildly frail" in set(everybody["frailty"])


def test_those_at_the_end_are_a_year_older(everybody, base):
    later = icsim.people(base, 10**9, at="end").join(everybody, on="key", suffix="_before")
    assert later.height > 15_000
    older = later["age"] - later["age_before"]
    assert set(older) <= {YEARS - 1, YEARS}
    assert (older == YEARS).mean() > 0.998  # a year of age is a quarter of a day longer than this one


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_residents_are_written_and_read_again(everybody, tmp_path, suffix):
    file = icsim.write_people(everybody.head(50), tmp_path / f"people.{suffix}")
    read = pl.read_csv(file, schema_overrides={"key": pl.String}) if suffix == "csv" else pl.read_parquet(file)
    assert read.equals(everybody.head(50))


@pytest.mark.parametrize("wrong", [{"sample": 0}, {"at": "noon"}, {"replication": 99}])
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(icsim.ScenarioError):
        icsim.people("testshire/baseline", **wrong)
