"""Programmes that act on the way of a case, on a stay and on the uptake of another: shares, and the same case with the same
luck; and two programmes on one event, in one resident.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from living import shire, tables, uncapped, world
from test_programmes import column, invented, offered, offering, without

from icsim import simulation
from icsim._compile import kernel
from icsim.areas.load import Area
from icsim.catalogue.load import Catalogue
from icsim.catalogue.programmes import with_programmes
from icsim.catalogue.when import classes_of
from icsim.errors import CatalogueError
from icsim.residents import layout as residents_layout
from icsim.residents.door import rate_per_day
from icsim.services import build as services_build
from icsim.services.names import layout_of
from icsim.simulation import Replication, replicate
from icsim.tables import SERVED

pytestmark = pytest.mark.statistical

FOR_GOOD: dict[str, Any] = {"uptake": 1.0, "drop_out": 0.0, "days": (36500.0,)}
ON_SCENE, BED = "acute.on_scene", "acute.bed"


def taking_part(*programmes: tuple[str, str, float, str], area: Area | None = None,
                **more: Any) -> tuple[Catalogue, Area]:
    """All of 60 and over take part for good in programmes: name, what they act on, value, mechanism."""
    rows, where = tables(), area or uncapped()
    for name, acts_on, value, mechanism in programmes:
        rows = invented(name, effects={f"s0 {acts_on}": value}, mechanism=mechanism, rows=rows, **{**FOR_GOOD, **more})
        where = offering(100_000, name, where)
    return rows, where


def lived(rows: Catalogue, area: Area, years: int = 1, **more: Any) -> Replication:
    return replicate(world(years, area, rows, shipped=(rows, uncapped()), **more), 1, log=True)


@cache
def plain(years: int = 1) -> Replication:
    """Nobody offers anything."""
    return lived(tables(), uncapped(), years)


class Cases:
    """Those who came to a step: how long it lasted, and what came next; `cls` is that of the shipped tables, `inside` the
    rest of it: 0 for who takes part in nothing.
    """

    def __init__(self, found: Replication, name: str):
        known = tables()
        pathway, step = name.split(".")
        steps = [(row.pathway, row.step) for row in known.steps]
        rows = found.contacts[np.argsort(found.contacts["key"], kind="stable")]  # of a case, by their ends
        at = np.flatnonzero((rows["step"] == steps.index((pathway, step))) & (rows["reason"] == SERVED))
        at = at[np.unique(rows["key"][at], return_index=True)[1]]  # the first time
        classes = len(classes_of(known, next(row for row in known.events if row.pathway == pathway)))
        self.key, self.next = rows["key"][at], rows["step"][at + 1]
        self.took = (rows["ended"] - rows["started"])[at]
        self.cls, self.inside = rows["cls"][at] % classes, rows["cls"][at] // classes
        assert np.array_equal(rows["key"][at + 1], self.key)
        self._steps = {to: n for n, (of, to) in enumerate(steps) if of == pathway}

    def to(self, step: str) -> np.ndarray:
        """Which of them went on to that step."""
        return self.next == self._steps[step]


def alike(one: Cases, other: Cases) -> tuple[np.ndarray, np.ndarray]:
    """Positions of cases that both worlds have, of the same class."""
    _, a, b = np.intersect1d(one.key, other.key, return_indices=True)
    same = one.cls[a] == other.cls[b]
    assert same.mean() > 0.9
    return a[same], b[same]


def test_only_the_changed_share_of_those_who_take_part_goes_another_way():
    """Half of those who would have been conveyed are, nobody who would not; all others go as before."""
    rows, area = taking_part(("tea", f"branch {ON_SCENE}.to_hospital", 0.5, "talk"))
    old, found = Cases(plain(), ON_SCENE), Cases(lived(rows, area), ON_SCENE)
    a, b = alike(old, found)
    before, now, inside = old.to("to_hospital")[a], found.to("to_hospital")[b], found.inside[b] > 0
    assert min(inside.sum(), (~inside).sum()) > 150
    assert np.array_equal(before[~inside], now[~inside])
    assert not (now & ~before).any()
    kept = now[inside & before]
    assert kept.mean() == pytest.approx(0.5, abs=4 * (0.25 / len(kept)) ** 0.5)


@pytest.mark.parametrize(("mechanisms", "share"), [(("talk", "talk"), 0.5), (("talk", "food"), 0.4)])
def test_two_programmes_on_one_branch_combine_as_their_mechanisms_say(mechanisms, share):
    """0.8 and 0.5: of one mechanism the stronger counts, by two they multiply; case by case."""
    way = f"branch {ON_SCENE}.to_hospital"
    rows, area = taking_part(("tea", way, 0.8, mechanisms[0]), ("cake", way, 0.5, mechanisms[1]))
    old, found = Cases(plain(), ON_SCENE), Cases(lived(rows, area), ON_SCENE)
    a, b = alike(old, found)
    before, now, inside = old.to("to_hospital")[a], found.to("to_hospital")[b], found.inside[b] > 0
    assert np.array_equal(before[~inside], now[~inside])
    assert not (now & ~before).any()
    kept = now[inside & before]
    assert kept.mean() == pytest.approx(share, abs=4 * (0.25 / len(kept)) ** 0.5)


def test_ways_that_are_not_named_keep_their_share_and_the_last_takes_the_rest():
    """Twice as many of those who take part are seen by the community team, from among those who would have gone to a GP."""
    rows, area = taking_part(("tea", "branch acute.need.urgent_community", 2.0, "talk"))
    old, found = Cases(plain(), "acute.need"), Cases(lived(rows, area), "acute.need")
    a, b = alike(old, found)
    before, now, inside = old.to("urgent_community")[a], found.to("urgent_community")[b], found.inside[b] > 0
    assert np.array_equal(old.next[a][~inside], found.next[b][~inside])
    assert np.array_equal(old.next[a][~now], found.next[b][~now])
    assert old.to("gp")[a][now & ~before].all()
    assert not (before & ~now).any()
    counts = now[inside].sum(), before[inside].sum()
    assert counts[0] / counts[1] == pytest.approx(2.0, abs=4 * 2**0.5 / counts[1] ** 0.5)


def test_a_stay_of_those_who_take_part_is_so_many_times_as_long_case_by_case():
    rows, area = taking_part(("tea", f"stay {BED}", 0.5, "talk"))
    old, found = Cases(plain(), BED), Cases(lived(rows, area), BED)
    a, b = alike(old, found)
    inside = found.inside[b] > 0
    assert min(inside.sum(), (~inside).sum()) > 80
    assert np.array_equal(old.took[a][~inside], found.took[b][~inside])
    assert np.abs(found.took[b][inside] - 0.5 * old.took[a][inside]).max() <= 2


def test_who_takes_part_takes_up_another_programme_so_much_more():
    """Half as many of those in the first begin the second, all of them such as would have begun it anyway."""
    reached = {}
    for value in (1.0, 0.5):
        rows = invented("tea", effects={"s0 uptake cake": value}, **FOR_GOOD)
        rows = invented("cake", rows=rows, **{**FOR_GOOD, "uptake": 0.6, "eligible": "age=40+"})
        area = offering(1e6, "cake", offering(1e6), first="2025-05-01", last="2025-05-01")
        run = simulation._Running(offered(rows, area, 1, served=False), 1, 1, False, None)
        for n, beat in enumerate(run.world.calendar.beats[:2]):
            run.enrol(beat)
            if n == 0:
                run.begin()
            run.residents.advance(beat, False)
        people, layout = run.residents.people, run.residents.built.layout
        in_tea, in_cake = (people.level[:, layout.attribute(name)] > 0 for name in ("tea", "cake"))
        reached[value] = in_tea & in_cake, ~in_tea & in_cake
    assert np.array_equal(reached[1.0][1], reached[0.5][1])
    assert reached[1.0][1].sum() > 1000
    assert not (reached[0.5][0] & ~reached[1.0][0]).any()
    with_tea, half = reached[1.0][0].sum(), reached[0.5][0].sum()
    assert half / with_tea == pytest.approx(0.5, abs=4 * (0.25 / with_tea) ** 0.5)


# Nobody changed, nothing changed -------------------------------------------------------------------------------------------

ALL_KINDS = {"s0 branch falls.fall.call_999": 0.3, f"s0 branch {ON_SCENE}.to_hospital": 0.5, f"s1 stay {BED}": 2.0,
             "s0 uptake cake": 0.5}


def same_contacts(one: Replication, other: Replication, *, classes: bool) -> bool:
    names = [name for name in one.contacts.dtype.names if classes or name != "cls"]
    return all(np.array_equal(one.contacts[name], other.contacts[name]) for name in names)


def test_effects_of_one_change_nothing_to_the_bit():
    """People take part, services tell them apart, and every case goes as it would have gone."""
    rows = invented("cake", rows=invented(effects=dict.fromkeys(ALL_KINDS, 1.0)), eligible="age=18-40")
    found = replicate(offered(rows, offering(20, "cake", offering(40))), 1, log=True)
    bare = replicate(world(2), 1, log=True)
    assert column(found, "tea_begun") > 300
    assert len(np.unique(found.contacts["cls"])) > len(np.unique(bare.contacts["cls"]))
    assert np.array_equal(without(found), bare.residents)
    assert np.array_equal(found.activity.tally, bare.activity.tally)
    assert same_contacts(found, bare, classes=False)


def test_where_nobody_takes_part_nothing_changes_to_the_bit():
    """The programme is in force, and begins when the run is over."""
    rows = invented("cake", rows=invented(effects=ALL_KINDS))
    area = offering(20, "cake", offering(40, first="2039-01-01"), first="2039-01-01")
    found, bare = (replicate(shared, 1, log=True) for shared in (offered(rows, area, 1), world(1)))
    assert column(found, "tea_begun") == 0
    assert np.array_equal(without(found), bare.residents)
    assert np.array_equal(found.activity.tally, bare.activity.tally)
    assert same_contacts(found, bare, classes=True)


def test_cases_of_who_is_no_resident_go_as_before_on_a_pathway_where_something_acts():
    """Visitors fall too, on the residents' pathway: they have the first class, that of who takes part in nothing."""
    events = tuple(replace(row, pathway="falls") if row.event == "visitors" else row for row in tables().events)
    rows = invented(effects={"s0 branch falls.fall.call_999": 0.3}, rows=replace(tables(), events=events))
    area, shares = shire(), []
    for names in ((), ("tea",)):
        known = with_programmes(rows, names)
        axes = residents_layout.layout_of(known, area)
        layout = layout_of(known, area, axes.attributes, axes.demands)
        shares.append(services_build.build(known, area, layout, area.population_date, 10, 0).branch_cumulative)
    of_falls = len(classes_of(rows, "fall"))
    assert np.array_equal(shares[0][:, :of_falls], shares[1][:, :of_falls])
    taking_part = shares[1][0, of_falls : 2 * of_falls]  # of those who fall, the share that calls 999
    assert taking_part == pytest.approx(0.3 * shares[0][0, :of_falls])


def test_both_engines_tell_those_who_take_part_apart_alike():
    rows, area = taking_part(("tea", f"branch {ON_SCENE}.to_hospital", 0.5, "talk"), ("cake", f"stay {BED}", 0.7, "food"),
                             area=shire())
    runs = [replicate(offered(rows, area, 1, engine=engine), 1, log=True) for engine in ("compiled", "reference")]
    assert np.array_equal(runs[0].activity.tally, runs[1].activity.tally)
    assert np.array_equal(*(np.sort(run.contacts, order=["key", "asked", "ended", "step"]) for run in runs))


def test_programmes_that_together_lead_too_many_somewhere_are_refused_before_anything_runs():
    way = "branch falls.falls_vehicle_on_scene.to_hospital"
    rows, area = taking_part(("tea", way, 1.5, "talk"), ("cake", way, 1.4, "food"))
    with pytest.raises(CatalogueError, match=r"falls_vehicle_on_scene add up to 1\.166"):
        world(1, area, rows)


# Two on one event ----------------------------------------------------------------------------------------------------------

@kernel
def _rates(model, people, rows, k, out):
    """Rate a day of event k of each of these residents."""
    for n in range(rows.shape[0]):
        out[n] = rate_per_day(model, people, rows[n], k)


@pytest.mark.parametrize(("mechanisms", "share"), [(("talk", "talk"), 0.3), (("talk", "food"), 0.15)])
def test_two_programmes_on_one_event_combine_in_each_resident_as_their_mechanisms_say(mechanisms, share):
    """0.5 and 0.3 on falls: whoever has both falls at the rate of the stronger, or of the product, by rate and by clock."""
    rows, area = tables(), shire()
    for name, mechanism, value, eligible in zip(("tea", "cake"), mechanisms, (0.5, 0.3), ("age=60+", "age=70+"),
                                                strict=True):
        rows = invented(name, effects={"s0 event fall": value}, mechanism=mechanism, rows=rows, eligible=eligible,
                        **FOR_GOOD)
        area = offering(1e6, name, area)
    run = simulation._Running(offered(rows, area, 1, served=False), 1, 1, False, None)
    people, layout = run.residents.people, run.residents.built.layout
    who = np.arange(run.residents.rows, dtype=np.int32)
    fall = layout.number("fall")
    clock = run.residents.model.column[fall]

    def rates() -> np.ndarray:
        out = np.zeros(len(who))
        _rates(run.residents.model, people, who, fall, out)
        return out

    rate, ring = rates(), people.clock[who, clock].astype(float)
    run.enrol(run.world.calendar.beats[0])
    in_tea, in_cake = (people.level[who, layout.attribute(name)] > 0 for name in ("tea", "cake"))
    now, later = rates() / rate, people.clock[who, clock] / ring  # from day 0 on
    for group, wanted in ((~in_tea & ~in_cake, 1.0), (in_tea & ~in_cake, 0.5), (in_tea & in_cake, share)):
        assert group.sum() > 500
        assert now[group] == pytest.approx(wanted, rel=1e-5)
        assert 1 / later[group & (ring < 1e20)] == pytest.approx(wanted, rel=1e-5)
