"""Every system of the founding documents: its scenario turns its own dial, and that does what the tables say and no more."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
import pytest
from living import shire, tables, world
from test_programmes import column, offering

import icsim
from icsim.areas.rows import Offer
from icsim.catalogue import programmes as words
from icsim.catalogue.moved import origin
from icsim.catalogue.programmes import with_programmes
from icsim.residents import anchor
from icsim.residents.layout import layout_of
from icsim.scenario.chain import shipped_names
from icsim.simulation import replicate

pytestmark = pytest.mark.statistical

AREA = "hertfordshire-west-essex"
SYSTEMS = {row.system: row for row in tables().systems}
PROGRAMMES = tuple(sorted(row.programme for row in tables().programmes))
MEASURES = {row.programme for row in tables().programmes if row.kind == "measure"}


def means(system: str) -> set[str]:
    """What a system is in the model, as scenario files name it: programmes.stop_smoking, services.home_care."""
    parts = [part.strip().partition(" ")[::2] for part in SYSTEMS[system].means.split("|") if part.strip()]
    return {f"{kind}s.{name}" for kind, name in parts}


def test_all_fifty_are_listed_once():
    assert [row.number for row in tables().systems] == list(range(1, 51))
    assert len(SYSTEMS) == 50


def test_a_scenario_that_a_system_names_is_shipped_and_each_programme_has_one():
    named = {f"{AREA}/{row.scenario}" for row in SYSTEMS.values() if row.scenario}
    assert named <= set(shipped_names())
    turned = {name.removeprefix("programmes.") for system in SYSTEMS for name in means(system) if SYSTEMS[system].scenario}
    assert set(PROGRAMMES) <= turned


@pytest.mark.parametrize("system", sorted(name for name, row in SYSTEMS.items() if row.scenario and row.means))
def test_its_scenario_turns_its_own_dials_alone(system):
    found = icsim.resolve(f"{AREA}/{SYSTEMS[system].scenario}")
    changed = {".".join(each.name.split(".")[:2]) for each in found.differences}
    pools = {f"pools.{row.pool}" for row in found.area.pools if f"services.{row.service}" in means(system)}
    assert changed
    assert changed <= means(system) | pools


ENABLERS = {"community_conversations": "uptake.", "workforce": "staffing.", "growth": "flow.arrive.",
            "inequalities": "programmes.", "shift": "shift.", "integrated_commissioning": ("shift.", "capacity_cost.")}
"""What scenarios of systems that are neither a programme nor a service may change."""


def test_the_scenario_of_an_enabler_turns_what_it_enables_alone():
    others = {name for name, row in SYSTEMS.items() if row.scenario and not row.means}
    assert others == set(ENABLERS)
    for system, kinds in ENABLERS.items():
        found = icsim.resolve(f"{AREA}/{SYSTEMS[system].scenario}").differences
        assert found
        assert all(each.name.startswith(kinds) for each in found), system


def test_more_rooms_for_tests_shorten_their_list_and_change_nothing_else(tmp_path):
    file = tmp_path / "rooms.toml"
    file.write_text('schema = 1\ntitle = "x"\nextends = "testshire/baseline"\n[pools.diagnostic_rooms]\nnumber = 2\n')
    found = icsim.compare("testshire/baseline", file, years=1, replications=1)
    base, other = found.base, found.alternatives[0]
    for name in ("cells", "population"):
        assert getattr(base, name).drop("scenario").equals(getattr(other, name).drop("scenario"))
    tests = pl.col("service") == "diagnostics"
    keep = [name for name in base.pools.columns if name != "scenario"]
    assert base.pools.filter(~tests).select(keep).equals(other.pools.filter(~tests).select(keep))
    few, many = (each.pools.filter(tests).row(0, named=True) for each in (base, other))
    assert many["waiting_ms"] < 0.5 * few["waiting_ms"]
    assert few["busy_ms"] <= few["open_ms"], "rooms are in use only while they are open"


@cache
def _layout(programme: str):
    known = with_programmes(tables(), (programme,))
    layout = layout_of(known, shire())
    return known, layout, anchor.ratios(known, layout, shire()), anchor.factors(known, layout)


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_taking_part_acts_on_what_its_rows_say_and_on_nothing_else(programme):
    """To the last bit of the arrays that residents live by; each stage on each event and weight. What acts on branches,
    stays and uptake has nothing there (`test_effects_on_services.py`)."""
    known, layout, ratio, factor = _layout(programme)
    a = layout.attribute(programme)
    wanted_ratio, wanted_factor = np.ones_like(ratio[a]), np.ones_like(factor[a])
    for row in (row for row in known.effects if row.programme == programme):
        kind, _, name = row.acts_on.partition(" ")
        stage = layout.level(programme, row.stage)
        if kind == "event":
            wanted_ratio[stage, layout.number(name)] = row.value
        elif kind == "weight":
            wanted_factor[stage, layout.weights.index(name)] = row.value
    assert np.array_equal(ratio[a], wanted_ratio)
    assert np.array_equal(factor[a], wanted_factor)
    before = layout_of(tables(), shire())
    same = [layout.attribute(name) for name in before.attributes]
    old = anchor.ratios(tables(), before, shire())
    plain = [(n, layout.levels[name].index(level), m) for n, name in enumerate(before.attributes)
             for m, level in enumerate(before.levels[name])]
    assert all(np.array_equal(ratio[same[n], at], old[n, m]) for n, at, m in plain)


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_levels_of_those_moved_are_there_only_where_its_rows_move_somebody(programme):
    _, layout, _, _ = _layout(programme)
    has = {name for name in layout.attributes if any(origin(level) for level in layout.levels[name])}
    assert has == {row.attribute for row in tables().programme_moves if row.programme == programme}


def test_programmes_that_do_nothing_change_nothing():
    """All programmes at once, their effects and moves taken away: people begin each, and all else stays as it was."""
    idle = replace(tables(), effects=(), programme_moves=())
    area = shire()
    for programme in PROGRAMMES:
        area = offering(3, programme, area) if programme not in MEASURES else area.with_programme(
            Offer(programme=programme, value=0.01, unit="share"))
    found = replicate(world(1, area, idle, shipped=(idle, shire())), 1)
    plain = replicate(world(1), 1)
    own = {words.counted(programme, what) for programme in PROGRAMMES for what in words.COUNTED}
    keep = [n for n, name in enumerate(found.resident_columns) if name not in own]
    assert [found.resident_columns[n] for n in keep] == list(plain.resident_columns)
    assert np.array_equal(found.residents[..., keep], plain.residents)
    assert np.array_equal(found.activity.tally, plain.activity.tally)
    begun = {programme: column(found, words.counted(programme, "begun")) for programme in PROGRAMMES}
    assert all(begun.values()), {name for name, number in begun.items() if not number}
    assert max(number for name, number in begun.items() if name not in MEASURES) <= 36
