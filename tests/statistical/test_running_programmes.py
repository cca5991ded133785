"""Programmes that run already: people are in them at the start, and published rates were measured with them."""

from __future__ import annotations

import numpy as np
import pytest
from living import shire, tables, world
from test_programmes import Kept, column, invented, offering

from icsim import simulation
from icsim.catalogue.load import Catalogue
from icsim.residents import anchor, enrolled
from icsim.residents.layout import layout_with
from icsim.simulation import Replication, replicate
from icsim.state import LIVING

pytestmark = pytest.mark.statistical

PLACES = 40.0
MANY = 8
"""Testshire with so many times its residents."""


def run(rows: Catalogue, before: float, now: float, times: int = 1, years: int = 1) -> Replication:
    """So many places are offered before the start, and from then on."""
    there, here = (offering(places * times, area=shire(times)) if places else shire(times) for places in (before, now))
    return replicate(world(years, here, rows, shipped=(rows, there), served=False), 1)


@pytest.fixture(autouse=True)
def _kept(monkeypatch):
    monkeypatch.setattr(simulation, "_Running", Kept)


def test_as_many_take_part_at_the_start_as_later(monkeypatch):
    """90 days in which a fifth leaves, then 200: 0.9 × 90 and 0.8 × 200 days on average."""
    seen = []
    settle = simulation._Running.settle

    def watched(self) -> None:
        settle(self)
        members = self.programmes._taking[0].members
        seen.append((len(members), np.bincount(members["stage"], minlength=2), self.residents.at_level("tea", "s1")[0]))
    monkeypatch.setattr(Kept, "settle", watched)
    found = run(invented(), PLACES, PLACES)
    number, stages, at_second = seen[0]
    monthly = PLACES * 12 / 365.25
    assert stages[0] == pytest.approx(0.9 * 90 * monthly, abs=4 * np.sqrt(0.9 * 90 * monthly * 0.1) + 1)
    assert stages[1] == pytest.approx(0.8 * 200 * monthly, abs=4 * np.sqrt(0.8 * 200 * monthly * 0.2) + 1)
    assert len(at_second) == stages[1]
    people, members = Kept.last.residents.people, Kept.last.programmes._taking[0].members
    here = (people.person["status"][members["row"]] == LIVING).sum()
    assert here == pytest.approx(number, rel=0.15)  # stages end on firsts of a month: a little later
    flow = column(found, "tea_ended") + column(found, "tea_left_early")
    assert flow == pytest.approx(PLACES * 12, rel=0.15)


def test_whoever_took_part_before_the_start_does_not_begin_again():
    found = run(invented(days=(60, 90)), PLACES, PLACES)
    already = int(PLACES * 150 * 12 / 365.25)
    assert np.count_nonzero(Kept.last.programmes._before) == already + column(found, "tea_begun")
    assert already + column(found, "tea_begun") < 4000  # there were enough who had never taken part


def test_what_is_new_has_nobody_in_it_at_the_start():
    found = run(invented(), 0.0, PLACES)
    assert column(found, "tea_ended") <= 3 * PLACES  # 290 days: only who began in the first three months is through


def test_an_effect_that_has_always_been_there_changes_nothing_and_one_that_ends_does():
    """Half as many falls while somebody takes part: as many as published with it, and more once it ends."""
    effect = invented(effects={"s0 event fall": 0.5, "s1 event fall": 0.5}, eligible="age=60+; frailty=fit|mild")
    without = column(run(invented(), 0.0, 0.0, MANY), "fall")
    always = column(run(effect, 5 * PLACES, 5 * PLACES, MANY), "fall")
    ended = column(run(effect, 5 * PLACES, 0.0, MANY), "fall")
    error = np.sqrt(2 * without)
    assert abs(always - without) < 4 * error  # other people fall, so four standard errors of two runs
    share = enrolled.intensity(effect, offering(5 * PLACES), *_reference(effect), "tea")
    assert 0.1 < sum(share.values()) < 1  # else nothing could be seen
    more = ended - always
    assert more > 4 * np.sqrt(1.5 * abs(more))  # paired: the variance is that of the falls themselves


def _reference(rows: Catalogue):
    return layout_with(rows, ()), anchor.anchored(rows).reference


def test_rates_are_divided_by_what_the_effect_adds():
    """By hand: everybody of 60 and over may; a share e takes part, falls × 0.5: 1 − 0.5 e."""
    rows = invented(effects={"s0 event fall": 0.5}, uptake=1.0, drop_out=0.0, days=(365.25,))
    area = offering(100.0)
    plain = anchor.anchored(rows)
    found = anchor.with_enrolled(rows, area, plain)
    layout = layout_with(rows, ())
    k = layout.number("fall")
    people = area.population[:, :, :, 60:].sum()
    factor = found.expected[k] / plain.expected[k]
    assert factor[..., 60:] == pytest.approx(1 - 0.5 * 1200 / people)
    assert factor[..., :60] == pytest.approx(1.0)
    others = [n for n in range(layout.numbers) if n != k]
    assert np.array_equal(found.expected[others], plain.expected[others])


def test_weights_are_divided_too():
    rows = invented(effects={"s0 weight gp_contacts": 2.0}, uptake=1.0, drop_out=0.0, days=(365.25,),
                    eligible="age=60+; sex=male")
    area, plain = offering(100.0), anchor.anchored(rows)
    found = anchor.with_enrolled(rows, area, plain)
    w = [row.weight for row in tables().weights].index("gp_contacts")
    ratio = plain.weight_base[..., w] / found.weight_base[..., w]
    people = area.population[:, 1, :, 60:].sum()
    assert ratio[1, :, 60:] == pytest.approx(1 + 1200 / people, rel=1e-5)
    assert ratio[0] == pytest.approx(1.0)


def test_a_programme_without_effect_leaves_every_rate_as_it_is():
    rows = invented()
    plain = anchor.anchored(rows)
    found = anchor.with_enrolled(rows, offering(100.0), plain)
    assert np.array_equal(found.expected, plain.expected)
    assert np.array_equal(found.weight_base, plain.weight_base)


def test_those_who_may_are_counted_by_what_is_published():
    """Two thirds of a share are moderate or severe: as many as the prevalence tables give, by age."""
    rows = invented(eligible="age=65+; frailty=moderate|severe")
    layout, ref = _reference(rows)
    group = enrolled.group_of(rows, offering(1.0), layout, "tea")
    shares = ref.shares["frailty"]
    levels = layout.levels["frailty"]
    wanted = shares[..., levels.index("moderate")] + shares[..., levels.index("severe")]
    assert ref.expected(group.levels)[..., 65:] == pytest.approx(wanted[..., 65:], rel=1e-6)


def test_months_in_stages_by_hand():
    found = enrolled.months_in_stages(invented(days=(365.25, 730.5), drop_out=0.2), "tea")
    assert found == {"s0": pytest.approx(12 * 0.9), "s1": pytest.approx(24 * 0.8)}
