"""Programmes that move people to other levels: where they are then, what that does, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from living import shire, tables
from test_programmes import Kept, column, invented, offered, offering

from icsim.catalogue.load import ID, Catalogue
from icsim.catalogue.moved import moved, origin, plain, target
from icsim.catalogue.programmes import with_programmes
from icsim.catalogue.rows import ProgrammeMove
from icsim.residents import anchor
from icsim.residents.layout import layout_of, targets
from icsim.simulation import Replication, replicate
from icsim.state import LIVING

pytestmark = pytest.mark.statistical

SMOKERS = {"eligible": "smoking=current", "uptake": 1.0, "drop_out": 0.0}


@pytest.fixture(autouse=True)
def _kept(monkeypatch):
    from icsim import simulation

    monkeypatch.setattr(simulation, "_Running", Kept)


def moving(rows: Catalogue, share: float, stage: str = "s0", level: str = "current", to: str = "ex_first_year",
           attribute: str = "smoking", name: str = "tea") -> Catalogue:
    """The tables, in which those who begin a stage move so often."""
    row = ProgrammeMove(programme=name, stage=stage, attribute=attribute, level=level, to=to, value=share, unit="share",
                        standing="derived", source="x")
    row = replace(row, id=ID["programme_moves"](row))
    return replace(rows, programme_moves=(*rows.programme_moves, row))


def causal(rows: Catalogue, share: float, attribute: str = "smoking") -> Catalogue:
    """The tables, in which so much of what goes with the attribute is its doing."""
    return replace(rows, **{table: tuple(replace(row, causal_share=share if row.attribute == attribute else row.causal_share)
                                         for row in getattr(rows, table)) for table in ("ratios", "factors")})


def never(rows: Catalogue, event: str) -> Catalogue:
    """The tables, in which an event happens to nobody."""
    return replace(rows, rates=tuple(row for row in rows.rates if row.event != event))


def at_levels(attribute: str = "smoking") -> dict[str, int]:
    """How many of the living are at each level, in the run before."""
    residents = Kept.last.residents
    layout, people = residents.built.layout, residents.people
    here = people.person["status"] == LIVING
    counts = np.bincount(people.level[here, layout.attribute(attribute)], minlength=len(layout.levels[attribute]))
    return dict(zip(layout.levels[attribute], counts.tolist(), strict=True))


def of_the_moved() -> int:
    return sum(number for level, number in at_levels().items() if origin(level))


def test_names_say_where_somebody_is_and_came_from():
    assert moved("ex_1_to_4", "current") == "ex_1_to_4~current"
    assert moved("current", "current") == "current"  # back again
    assert (plain("ex_1_to_4~current"), origin("ex_1_to_4~current")) == ("ex_1_to_4", "current")
    assert (plain("never"), origin("never")) == ("never", "")


def test_whoever_was_moved_goes_on_as_others_do_until_back():
    known = with_programmes(moving(invented(), 0.5), ["tea"])
    levels = known.levels["smoking"]
    assert levels[:6] == tables().levels["smoking"]
    rows = {row.event: row for row in known.events if row.attribute == "smoking"}

    def leads(event: str, level: str) -> str:
        to = int(targets(levels, rows[event])[levels.index(level)])
        return levels[to] if to >= 0 else ""

    assert leads("smoking_ex_first_year_over", "ex_first_year~current") == "ex_1_to_4~current"
    assert leads("smoking_relapse", "ex_5_to_9~current") == "current"
    assert leads("smoking_quit", "ex_5_to_9~current") == "ex_5_to_9"  # by now they would have stopped alone
    assert leads("smoking_relapse", "ex_5_to_9") == "current"


def test_a_second_move_remembers_the_first_origin():
    levels = ("healthy", "overweight", "obese", "overweight~obese", "healthy~obese", "healthy~overweight")
    assert levels[target(levels, "overweight~obese", "healthy")] == "healthy~obese"
    assert levels[target(levels, "overweight", "healthy")] == "healthy~overweight"
    assert levels[target(levels, "healthy~obese", "origin")] == "obese"
    assert target(levels, "healthy", "origin") == -1  # nobody moved them


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_what_a_level_does_counts_as_far_as_it_is_causal(share):
    rows = causal(moving(invented(), 0.5), share)
    known = with_programmes(rows, ["tea"])
    layout = layout_of(known, shire())
    for values in (anchor.ratios(known, layout, shire()), anchor.factors(known, layout)):
        own = values[layout.attribute("smoking")]
        at = {level: own[n] for n, level in enumerate(layout.levels["smoking"])}
        others = np.ones(own.shape[1], bool)
        if own.shape[1] == layout.numbers:
            mine = [layout.number(row.event) for row in known.events if row.attribute == "smoking"]
            others[mine] = False
            assert np.array_equal(at["ex_1_to_4~current"][mine], at["ex_1_to_4"][mine])
        between = at["current"] ** (1 - share) * at["ex_1_to_4"] ** share
        assert at["ex_1_to_4~current"][others] == pytest.approx(between[others], rel=1e-8)


def test_rates_are_anchored_without_those_who_will_be_moved():
    rows = moving(invented(), 0.5)
    assert anchor.anchored(rows).expected.tobytes() == anchor.anchored(tables()).expected.tobytes()


def run(share: float, rows: Catalogue | None = None, places: float = 20.0, seed: int = 1, **more) -> Replication:
    rows = moving(rows or invented(**SMOKERS), share)
    return replicate(offered(rows, offering(places), **more), seed)


def test_of_those_who_begin_as_many_move_as_the_row_says():
    rows = moving(never(invented(**SMOKERS), "smoking_relapse"), 0.4)
    found = replicate(offered(rows, offering(40), 1), 1)
    begun, there = column(found, "tea_begun"), of_the_moved()
    assert begun == 480
    gone = 0.05 * begun  # died or moved away within the year
    assert abs(there + gone / 2 - 0.4 * begun) < 4 * np.sqrt(0.24 * begun) + gone


def test_a_share_of_none_changes_nothing_but_counts_of_the_programme():
    none, without = run(0.0), replicate(offered(invented(**SMOKERS), offering(20)), 1)
    assert none.resident_columns == without.resident_columns
    assert np.array_equal(none.residents, without.residents)
    assert np.array_equal(none.activity.tally, without.activity.tally)


def test_whoever_moves_at_a_small_share_moves_at_a_larger():
    def stopped() -> set[int]:
        residents = Kept.last.residents
        layout, people = residents.built.layout, residents.people
        named = [n for n, level in enumerate(layout.levels["smoking"]) if origin(level)]
        here = np.isin(people.level[:, layout.attribute("smoking")], named)
        return set(people.person["key"][here].tolist())

    rows = never(invented(**SMOKERS), "smoking_relapse")
    sets = []
    for share in (0.1, 0.3, 0.9):
        world = offered(moving(rows, share), offering(10, first="2025-04-01", last="2025-04-30"), 1)
        replicate(world, 1)
        sets.append(stopped())
    assert 0 < len(sets[0]) < len(sets[1]) < len(sets[2])
    assert sets[0] <= sets[1] <= sets[2]


def test_where_nothing_of_it_is_causal_a_move_changes_its_own_attribute_alone():
    rows = causal(never(invented(**SMOKERS), "smoking_quit"), 0.0)
    without, found = run(0.0, rows), run(0.9, rows)
    own = {row.event for row in rows.events if row.attribute == "smoking"}
    same = [n for n, name in enumerate(found.resident_columns) if name not in own and not name.startswith("tea_")]
    assert of_the_moved() > 100
    assert np.array_equal(found.residents[..., same], without.residents[..., same])
    assert np.array_equal(found.activity.tally, without.activity.tally)


def test_what_is_causal_saves_lives():
    """Smokers die thirty times as often; all are helped to stop. The more of it is causal, the fewer die."""
    deadly = invented(**SMOKERS).with_value("ratio.death.smoking.current", 1000.0)
    none, half, all_ = (column(run(1.0, causal(deadly, share), 2000.0), "death") for share in (0.0, 0.5, 1.0))
    assert none - half > 3 * np.sqrt(none - half)
    assert half - all_ > 3 * np.sqrt(max(half - all_, 1))


def test_some_of_those_moved_go_back_where_they_came_from():
    rows = moving(moving(invented(days=(30, 400), **SMOKERS), 1.0), 1.0, "s1", "ex_first_year", "origin")
    replicate(offered(rows, offering(20, last="2025-04-30"), 1), 1)
    assert of_the_moved() == 0
    replicate(offered(moving(invented(days=(30, 400), **SMOKERS), 1.0), offering(20, last="2025-04-30"), 1), 1)
    assert of_the_moved() > 10


def test_those_whom_a_programme_moved_meet_conditions_like_others():
    """A second programme takes whoever stopped within a year, with help or without."""
    rows = moving(invented(**SMOKERS), 1.0)
    both = invented("cake", rows=rows, eligible="smoking=ex_first_year", uptake=1.0)
    area = offering(50, "cake", offering(200, last="2025-05-30"), first="2025-06-01", last="2025-07-30")
    replicate(offered(both, area, 1), 1)
    taking = Kept.last.programmes
    residents = Kept.last.residents
    layout = residents.built.layout
    which = Kept.last.world.programmes.index("cake")
    who = np.flatnonzero((taking._before >> np.uint64(which)) & np.uint64(1))
    level = [layout.levels["smoking"][n] for n in residents.people.level[who, layout.attribute("smoking")]]
    assert any(origin(each) for each in level)
    assert len(who) == 100
