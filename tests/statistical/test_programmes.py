"""Programmes in Testshire: who gets a place, what becomes of them, and what taking part does and does not do."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from living import shire, tables, world

import icsim
from icsim import rng, simulation
from icsim.areas.load import Area
from icsim.areas.rows import Offer
from icsim.catalogue.load import ID, Catalogue
from icsim.catalogue.rows import Effect, Programme, Score, Stage, Take
from icsim.errors import CatalogueError
from icsim.programmes import choose
from icsim.programmes.score import chance, discrimination
from icsim.simulation import Replication, World, replicate
from icsim.state import DEAD, GONE, LIVING, PLACE, QUINTILE

pytestmark = pytest.mark.statistical

YEARS = 2


def invented(name: str = "tea", *, effects: dict[str, float] | None = None, mechanism: str = "company", uptake: float = 0.8,
             drop_out: float = 0.2, days: tuple[float, ...] = (90, 200), rows: Catalogue | None = None,
             **more: Any) -> Catalogue:
    """The shipped tables and one programme more: stages s0, s1, …, and effects ("s1 event fall": 0.5)."""
    rows = rows or tables()
    known: dict[str, Any] = {"standing": "derived", "source": "icsim_assumption"}
    stages = [Stage(programme=name, stage=f"s{n}", label=f"{name} {n}", value=d, unit="days", **known)
              for n, d in enumerate(days)]
    takes = [Take(programme=name, what="uptake", value=uptake, unit="share", **known),
             Take(programme=name, what="drop_out", value=drop_out, when="stage=s0", unit="share", **known)]
    acts = [Effect(programme=name, stage=key.split(" ", 1)[0], acts_on=key.split(" ", 1)[1], value=value,
                   mechanism=mechanism, unit="ratio", **known) for key, value in (effects or {}).items()]
    about = Programme(programme=name, label=name.title(), evidence="nothing", **{"eligible": "age=60+", **more})
    new = {"programmes": [about], "stages": stages, "takes": takes, "effects": acts}
    return replace(rows, **{table: (*getattr(rows, table), *(replace(row, id=ID[table](row)) if table in ID else row
                                                            for row in added)) for table, added in new.items()})


def offering(places: float, name: str = "tea", area: Area | None = None, **more: Any) -> Area:
    """Testshire, in which so many can begin each month."""
    return (area or shire()).with_programme(Offer(programme=name, value=places, unit="people a month", standing="derived",
                                                  source="x", **more))


def offered(rows: Catalogue, area: Area, years: int = YEARS, **more: Any) -> World:
    """The world in which that is offered from April 2025, and was not before."""
    return world(years, area, rows, shipped=(rows, shire()), **more)


class Kept(simulation._Running):
    """A replication whose programmes and residents can be looked at when it is over."""

    last: simulation._Running

    def close(self, seconds: dict[str, float]) -> Replication:
        Kept.last = self
        return super().close(seconds)


@pytest.fixture(autouse=True)
def _kept(monkeypatch):
    monkeypatch.setattr(simulation, "_Running", Kept)


def column(found: Replication, name: str) -> int:
    return int(found.residents[..., found.resident_columns.index(name)].sum())


def reached() -> set[int]:
    """Keys of those who ever began, in the run before."""
    run = Kept.last
    return set(run.residents.people.person["key"][np.flatnonzero(run.programmes._before)].tolist())


def without(found: Replication) -> np.ndarray:
    """What is counted of residents, programmes left out."""
    keep = [n for n, name in enumerate(found.resident_columns) if not name.startswith(("tea_", "cake_"))]
    return found.residents[..., keep]


@cache
def plain() -> Replication:
    return replicate(world(YEARS), 1)


def test_a_programme_without_effect_changes_nothing_but_its_own_counts():
    found = replicate(offered(invented(), offering(20)), 1)
    assert column(found, "tea_begun") > 300
    assert np.array_equal(without(found), plain().residents)
    assert np.array_equal(found.activity.tally, plain().activity.tally)


def test_all_places_are_given_and_nobody_is_lost():
    """Those who began went through, left early, still take part, or died or moved away."""
    found = replicate(offered(invented(), offering(20.5)), 1)
    begun, ended, early = (column(found, f"tea_{what}") for what in ("begun", "ended", "left_early"))
    assert begun == 20.5 * 12 * YEARS
    run = Kept.last
    people, taking = run.residents.people, run.programmes._taking[0]
    members = taking.members
    inside = len(members)
    once = np.flatnonzero(run.programmes._before)
    gone = np.isin(people.person["status"][once], (DEAD, GONE)).sum()
    assert 0 <= begun - ended - early - inside <= gone
    assert early / begun == pytest.approx(0.2 * 21 / 24, abs=0.04)  # who began three months before the end
    levels = people.level[members["row"], run.residents.built.layout.attribute("tea")]
    assert np.array_equal(levels, members["stage"] + 1)
    assert (people.person["age"][members["row"]] >= 60).all()


def test_threads_and_other_programmes_do_not_change_who_is_reached():
    rows = invented("cake", rows=invented())
    replicate(offered(rows, offering(20)), 1)
    first = reached()
    replicate(offered(rows, offering(20)), 1, workers=2)
    assert reached() == first
    replicate(offered(rows, offering(30, "cake", offering(20))), 1)
    run = Kept.last
    tea = run.world.programmes.index("tea")
    before = run.programmes._before
    assert set(run.residents.people.person["key"][np.flatnonzero(before >> np.uint64(tea) & np.uint64(1))].tolist()) == first


@given(few=st.floats(1, 30), more=st.floats(0, 30), waiting=st.integers(0, 60), again=st.booleans(), deprived=st.booleans())
@settings(max_examples=8, deadline=None)
def test_whoever_is_reached_with_few_places_is_reached_with_more(few, more, waiting, again, deprived):
    rows = invented(again=again, priority="most deprived first" if deprived else "random", days=(60, 90))
    sets = []
    for places in (few, few + more):
        replicate(offered(rows, offering(places, waiting_list=waiting), served=False), 1)
        sets.append(reached())
    assert sets[0] <= sets[1]


def test_the_most_deprived_come_first_where_the_scenario_says_so():
    quintiles = {}
    for priority in ("random", "most deprived first"):
        replicate(offered(invented(priority=priority), offering(10), served=False), 1)
        run = Kept.last
        quintiles[priority] = run.residents.people.level[np.flatnonzero(run.programmes._before), QUINTILE]
    assert quintiles["most deprived first"].max() == 0
    assert quintiles["random"].mean() > 1


def test_a_waiting_list_has_its_bound_and_is_served_in_turn():
    replicate(offered(invented(), offering(5, waiting_list=12), served=False), 1)
    assert len(Kept.last.programmes._taking[0].waiting) == 12
    replicate(offered(invented(), offering(5), served=False), 1)
    assert len(Kept.last.programmes._taking[0].waiting) == 0


def test_places_are_given_between_the_dates_alone():
    found = replicate(offered(invented(), offering(10, first="2026-01-01", last="2026-06-30"), served=False), 1)
    by_year = found.residents[..., found.resident_columns.index("tea_begun")].sum(axis=1).tolist()
    assert by_year == [30, 30]


def everybody(effects: dict[str, float], **more: Any) -> World:
    """All of 60 and over take part from the first month on, for good."""
    rows = invented(effects=effects, uptake=1.0, drop_out=0.0, days=(36500.0,), **more)
    return offered(rows, offering(100_000), served=False)


def test_an_effect_is_what_it_says_among_those_who_take_part():
    """Falls at 65 and over are a fifth; those of the young stay to the last one."""
    found = replicate(everybody({"s0 event fall": 0.2}), 1)
    counts = [run.residents[..., run.resident_columns.index("fall")].sum(axis=0).reshape(-1, 19).sum(axis=0)
              for run in (replicate(world(YEARS, served=False), 1), found)]
    assert np.array_equal(counts[0][:12], counts[1][:12])
    old = [count[13:].sum() for count in counts]
    assert old[1] / old[0] == pytest.approx(0.2, rel=4 * (1 / old[1] + 1 / old[0]) ** 0.5)


def test_of_one_mechanism_the_strongest_counts_and_two_multiply():
    def falls(*mechanisms: str) -> int:
        rows = tables()
        area = shire()
        for name, mechanism, value in zip(("tea", "cake"), mechanisms, (0.5, 0.3), strict=False):
            rows = invented(name, effects={"s0 event fall": value}, mechanism=mechanism, rows=rows, uptake=1.0, drop_out=0.0,
                            days=(36500.0,), eligible="")
            area = offering(1e6, name, area)
        found = replicate(offered(rows, area, served=False), 1)
        return column(found, "fall")

    none, one, same, both = falls(), falls("a"), falls("a", "a"), falls("a", "b")
    for count, share in ((one, 0.5), (same, 0.3), (both, 0.15)):
        assert count / none == pytest.approx(share, rel=4 * (1 / count + 1 / none) ** 0.5 + 0.01)


def test_a_weight_is_changed_for_as_long_as_the_stage_lasts():
    rows = invented(effects={"s0 weight gp_contacts": 0.5}, uptake=1.0, drop_out=0.0, days=(36500.0,), eligible="")
    found = replicate(offered(rows, offering(1e6), served=False), 1)
    plain = replicate(world(YEARS, served=False), 1)
    assert column(found, "gp_contacts") / column(plain, "gp_contacts") == pytest.approx(0.5, abs=0.01)


def test_lives_that_a_programme_changes_are_found_and_told(tmp_path):
    """Only one of the scenarios has its attribute."""
    path = tmp_path / "classes.toml"
    lines = ["schema = 1", 'title = "Classes"', 'extends = "testshire/baseline"', "[programmes.falls_exercise]",
             "places = 120"]
    path.write_text("\n".join(lines))
    settings = {"years": 1, "warm_up_months": 0}
    scenarios = [icsim.resolve(name, **settings) for name in ("testshire/baseline", path)]
    found = icsim.differing(*scenarios, most=6)
    assert found.height == 6
    told = [icsim.life(key, *scenarios) for key in found["key"]]
    stages = [entry for pair in told for entry in pair.other.entries if entry.name == "falls_exercise"]
    assert any("Exercise" in entry.what for entry in stages)
    assert not any(entry.name == "falls_exercise" for pair in told for entry in pair.base.entries)


# Who comes first --------------------------------------------------------------------------------------------------------


def scored(auc: float, **more: Any) -> Catalogue:
    """Tea goes first to the frail, found by a score that is as good as that."""
    rows = invented(priority="by score", score="frailty", **more)
    known: dict[str, Any] = {"standing": "derived", "source": "icsim_assumption"}
    found = [Score(score="frailty", what="auc", value=auc, unit="share", **known),
             *(Score(score="frailty", what="points", value=points, when=f"frailty={level}", unit="log odds", **known)
               for level, points in (("mild", 0.7), ("moderate", 1.3), ("severe", 2.0)))]
    return replace(rows, scores=tuple(replace(row, id=ID["scores"](row)) for row in found))


def points_of(run: simulation._Running) -> tuple[np.ndarray, np.ndarray]:
    """Points and turn of everybody for whom tea is."""
    people, rows, model = run.residents.people, run.residents.rows, run.programmes.model
    points = np.zeros(rows)
    choose.points(model, people, rows, 0, points)
    x = (points + model.score[0, 2] * rng_normals(model, people, rows) - model.score[0, 0]) / model.score[0, 1]
    may = ~np.isnan(points)
    return points[may], x[may]


def rng_normals(model, people, rows) -> np.ndarray:
    stream = model.score_stream[0]
    return np.array([rng.normal(rng.draw(stream, key, 0)) for key in people.person["key"][:rows]])


@pytest.mark.parametrize("auc", [0.55, 0.62])
def test_a_score_is_as_good_as_is_stated_of_it(auc):
    """Of pairs, one drawn as harm falls (e^points), one from all: how often the first comes first. Four standard errors."""
    replicate(offered(scored(auc), offering(20), served=False), 1)
    points, score = points_of(Kept.last)
    drawn = np.random.default_rng(1)
    weight = np.exp(points) / np.exp(points).sum()
    cases, others = drawn.choice(len(points), 40_000, p=weight), drawn.integers(0, len(points), 40_000)
    measured = (score[cases] > score[others]).mean()
    people = len(points)  # the residents' own luck: they are a sample too
    assert measured == pytest.approx(auc, abs=4 * np.sqrt(0.25 / 40_000 + auc * (1 - auc) / people))


def test_a_score_finds_the_frail_and_chance_does_not():
    def frail(rows: Catalogue) -> float:
        replicate(offered(rows, offering(30), years=1, served=False), 1)
        run = Kept.last
        begun = np.flatnonzero(run.programmes._before)
        levels = run.residents.people.level[begun, run.residents.built.layout.attribute("frailty")]
        return float((levels >= 2).mean())  # moderate or severe
    assert frail(scored(0.62)) > 1.3 * frail(invented())


def test_more_cannot_be_stated_of_a_score_than_its_points_tell():
    with pytest.raises(CatalogueError, match=r"An AUC of 0\.95 is stated; .* by 0\.\d+ at most"):
        replicate(offered(scored(0.95), offering(20), served=False), 1)


def test_chance_in_a_score_by_hand():
    """Two groups of equal size, one with ln 3 points: three cases in four are of it. AUC of points 0.75 × ½ + ½ × ½."""
    values, number = np.array([0.0, np.log(3)]), np.array([100, 100])
    assert discrimination(values, number, 0.0) == pytest.approx(0.75 * 0.5 + 0.5 * 0.5)
    assert discrimination(values, number, 1e6) == pytest.approx(0.5, abs=1e-6)
    mean, deviation, sigma = chance(np.repeat(values, number), 0.6, "x")
    assert mean == pytest.approx(np.log(3) / 2, rel=1e-5)
    assert discrimination(values, number, sigma) == pytest.approx(0.6, abs=1e-5)
    assert deviation == pytest.approx(np.hypot(sigma, np.log(3) / 2), rel=1e-5)


def test_places_come_in_the_order_in_which_they_are_named():
    rows = invented(priority="by place")
    names = shire().place_names
    order = (names[2], names[0])
    replicate(offered(rows, offering(15, where="|".join(order)), years=1, served=False), 1)
    run = Kept.last
    begun = np.flatnonzero(run.programmes._before)
    places = run.residents.people.level[begun, PLACE]
    assert set(places.tolist()) <= {2, 0}
    first = (places == 2).sum()
    assert first > 0.9 * len(begun)  # the second place only gets what the first does not need


def test_whoever_does_not_live_where_it_is_offered_is_not_asked():
    replicate(offered(invented(), offering(500, where=shire().place_names[1]), years=1, served=False), 1)
    run = Kept.last
    begun = np.flatnonzero(run.programmes._before)
    here = run.residents.people.level[begun, PLACE] == 1
    moved = (run.residents.people.person["status"][begun] == LIVING) & ~here
    assert len(begun) > 300
    assert not moved.any()


# Measures ---------------------------------------------------------------------------------------------------------------


def measure(coverage: float = 1.0, where: str = "", first: str = "", last: str = "", **more: Any) -> tuple[Catalogue, Area]:
    rows = invented(kind="measure", uptake=1.0, drop_out=0.0, days=(30,), **more)
    area = shire().with_programme(Offer(programme="tea", value=coverage, unit="share", standing="derived", source="x",
                                        where=where, first=first, last=last))
    return rows, area


def members_of(run: simulation._Running) -> np.ndarray:
    return run.programmes._taking[0].members["row"]


def test_a_measure_reaches_everybody_it_is_for_as_long_as_it_is():
    rows, area = measure(eligible="age=60-69")
    replicate(offered(rows, area, years=1, served=False), 1)
    run = Kept.last
    people, members = run.residents.people, members_of(run)
    here = people.person[: run.residents.rows]
    ages = here["age"]
    alive = here["status"] == LIVING
    inside = np.zeros(run.residents.rows, bool)
    inside[members] = True
    assert inside[alive & (ages >= 61) & (ages <= 68)].mean() > 0.98  # all but those who arrived in the last month
    assert not inside[alive & ((ages < 60) | (ages > 70))].any()
    level = people.level[: run.residents.rows, run.residents.built.layout.attribute("tea")]
    assert (level[members] == 1).all()
    assert not level[alive & ~inside].any()


def test_a_measure_covers_a_share_and_the_same_people_where_it_covers_more():
    found = []
    for coverage in (0.3, 0.6):
        rows, area = measure(coverage, eligible="age=30+")
        replicate(offered(rows, area, years=1, served=False), 1)
        found.append({int(key) for key in Kept.last.residents.people.person["key"][members_of(Kept.last)]})
    whole = int((Kept.last.residents.people.person["age"][: Kept.last.residents.rows] >= 30).sum())
    assert found[0] < found[1]
    assert len(found[1]) / whole == pytest.approx(0.6, abs=0.05)


def test_a_measure_begins_and_ends_on_its_days_and_stays_where_it_is():
    name = shire().place_names[1]
    rows, area = measure(where=name, first="2025-10-01", last="2026-01-31")
    found = replicate(offered(rows, area, years=1, served=False, report_by="month"), 1)
    begun = found.residents[..., found.resident_columns.index("tea_begun")].sum(axis=1)
    assert (begun[:6] == 0).all()
    assert begun[6] > 100
    assert (begun[10:] == 0).all()
    assert len(members_of(Kept.last)) == 0


def test_a_measure_without_effect_changes_nothing_but_its_own_counts():
    rows, area = measure(eligible="age=60+")
    found = replicate(offered(rows, area), 1)
    assert column(found, "tea_begun") > 1000
    assert np.array_equal(without(found), plain().residents)
    assert np.array_equal(found.activity.tally, plain().activity.tally)
