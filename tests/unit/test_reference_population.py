"""The reference population against what can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from icsim.residents.layout import CELL
from icsim.residents.reference import POINTS, reference

pytestmark = pytest.mark.unit


def everywhere(*shares: float) -> np.ndarray:
    """The same shares of the levels in every cell."""
    return np.broadcast_to(np.array(shares), (*CELL, len(shares))).copy()


def away(odds: float, factor: float) -> float:
    return odds * factor / (1 + odds * factor)


def raised_by(factor: float) -> np.ndarray:
    """Factors on the odds of the second level among those at the first and at the second level of another attribute."""
    return np.array([[1.0, 1.0], [1.0, factor]])


@pytest.fixture(scope="module")
def pair():
    """Half smoke; smoking trebles the odds of a weak chest, which one in five has."""
    return reference({"smoking": everywhere(0.5, 0.5), "chest": everywhere(0.8, 0.2)},
                     {"chest": {"smoking": raised_by(3.0)}})


def test_the_odds_are_those_that_give_the_published_share(pair):
    odds = pair.odds["chest"][0, 0, 40, 1]
    assert pair.odds["smoking"][0, 0, 40, 1] == pytest.approx(1.0)
    assert (away(odds, 1) + away(odds, 3)) / 2 == pytest.approx(0.2, abs=1e-12)


def test_the_mean_of_a_product_counts_that_they_go_together(pair):
    value = {"smoking": np.array([1.0, 2.0]), "chest": np.array([1.0, 5.0])}
    odds = pair.odds["chest"][0, 0, 40, 1]
    exact = sum(0.5 * (2 if smokes else 1) * (1 + 4 * away(odds, 3 if smokes else 1)) for smokes in (0, 1))
    assert exact > 1.5 * 1.8 * 1.05  # or this would show nothing
    assert pair.expected(value) == pytest.approx(exact, rel=0.002)


def test_those_who_are_still_well_smoke_less(pair):
    odds = pair.odds["chest"][0, 0, 40, 1]
    well = [0.5 * (1 - away(odds, factor)) for factor in (1, 3)]
    exact = (well[0] + 2 * well[1]) / sum(well)
    assert exact < 1.5 - 0.02
    assert pair.expected({"smoking": np.array([1.0, 2.0])}, {"chest": 0}) == pytest.approx(exact, rel=0.002)


def test_where_nobody_is_at_a_level_everybody_counts():
    born_with = reference({"ear": everywhere(0.0, 1.0)}, {})
    assert born_with.expected({"ear": np.array([1.0, 2.0])}, {"ear": 0}) == pytest.approx(2.0)


def test_thirty_attributes_that_go_with_one():
    """A hidden one raises the odds of all others: the mean of the product is a sum over its levels alone."""
    factor, shares = 2.5, {f"a{n}": 0.02 + 0.01 * n for n in range(30)}
    names = list(shares)
    found = reference({"hidden": everywhere(0.5, 0.5), **{a: everywhere(1 - s, s) for a, s in shares.items()}},
                      {a: {"hidden": raised_by(factor)} for a in names})
    value = {a: np.array([1.0, 1.3]) for a in names}
    exact = np.mean([np.prod([1 + 0.3 * away(found.odds[a][0, 0, 0, 1], x) for a in names]) for x in (1, factor)])
    unrelated = np.prod([1 + 0.3 * s for s in shares.values()])
    assert exact > 1.04 * unrelated
    assert found.expected(value) == pytest.approx(exact, rel=0.005)


def test_a_rare_level_counts_with_its_published_share():
    """One in a hundred thousand falls on no point; its ratio of a hundred counts all the same."""
    rare = reference({"rare": everywhere(1 - 1e-5, 1e-5)}, {})
    assert POINTS < 1e4
    assert rare.expected({"rare": np.array([1.0, 100.0])}) == pytest.approx(1 + 99e-5, rel=1e-9)


def test_levels_of_one_attribute_have_their_shares():
    shares = (0.4, 0.3, 0.2, 0.1)
    one = reference({"frailty": everywhere(*shares)}, {})
    for level, share in enumerate(shares):
        assert one.expected({"frailty": np.eye(4)[level] + 1e-12}) == pytest.approx(share, rel=1e-6)
        assert (one.levels["frailty"][0] == level).mean() == pytest.approx(share, abs=1.5 / POINTS)


def test_means_are_smooth_in_age():
    """The same points serve every age: where shares rise by even steps, so do means."""
    rising = np.linspace(0.05, 0.5, CELL[2])
    shares = np.stack([1 - rising, rising], axis=-1)
    two = {a: np.broadcast_to(shares, (*CELL, 2)).copy() for a in ("one", "other")}
    found = reference(two, {"other": {"one": raised_by(2.0)}})
    mean = found.expected({a: np.array([1.0, 3.0]) for a in two})[0, 0]
    steps = np.diff(mean)
    assert (steps > 0).all()
    assert (np.abs(np.diff(steps)) < 12 / POINTS * mean[1:-1]).all()


def test_each_level_has_its_own_way_in():
    """Smoking trebles the odds of one level and leaves the other alone: shares are met, and only one goes with it."""
    shares = (0.7, 0.2, 0.1)
    own = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 3.0]])
    found = reference({"smoking": everywhere(0.5, 0.5), "chest": everywhere(*shares)}, {"chest": {"smoking": own}})
    odds = found.odds["chest"][0, 0, 40]
    chance = np.array([odds * own[smokes] / (odds * own[smokes]).sum() for smokes in (0, 1)])
    assert chance.mean(axis=0) == pytest.approx(shares, abs=1e-10)
    smokers = found.levels["smoking"][0] == 1
    for level in range(3):
        assert (found.levels["chest"][0][smokers] == level).mean() == pytest.approx(chance[1, level], abs=4 / POINTS)


def test_the_same_content_is_solved_once_and_other_content_anew():
    shares = {"smoking": everywhere(0.5, 0.5), "chest": everywhere(0.8, 0.2)}
    raised = {"chest": {"smoking": raised_by(2.0)}}
    one = reference(shares, raised)
    assert reference({a: values.copy() for a, values in shares.items()}, raised) is one
    for other in (reference(shares, {"chest": {"smoking": raised_by(3.0)}}),
                  reference({**shares, "chest": everywhere(0.7, 0.3)}, raised), reference(shares, {})):
        assert not np.array_equal(other.odds["chest"], one.odds["chest"])
    again = reference(shares, raised)
    assert again is not one, "only a few are kept"
    assert np.array_equal(again.odds["chest"], one.odds["chest"])
