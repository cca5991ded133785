"""Discount factors against those that the Treasury prints, and annuities."""

import numpy as np
import pytest

from icsim import catalogue
from icsim.catalogue.discounting import annuity, factors, schedules

pytestmark = pytest.mark.unit

MONEY = {1: 0.9662, 5: 0.8420, 10: 0.7089, 30: 0.3563, 31: 0.3459, 75: 0.0942, 76: 0.0919}
HEALTH = {1: 0.9852, 5: 0.9283, 10: 0.8617, 30: 0.6398, 31: 0.6316, 75: 0.3594, 76: 0.3556}
"""End of year → factor, as the Green Book prints them."""


def of(scheme, flow="health"):
    return schedules(catalogue.load().discounting, flow)[scheme]


@pytest.mark.parametrize(("flow", "printed"), [("money", MONEY), ("health", HEALTH)])
def test_green_book_factors_are_those_that_are_printed(flow, printed):
    found = factors(of("green_book", flow), 76)
    assert {year: round(float(found[year - 1]), 4) for year in printed} == printed


def test_ten_years_of_one_a_year():
    assert annuity(of("green_book", "money"), 10) == pytest.approx(8.3166, abs=5e-5)
    assert annuity(of("green_book"), 10) == pytest.approx(9.2222, abs=5e-5)


def test_nice_has_one_rate_for_both():
    assert of("nice") == of("nice", "money") == [(1, 0.035)]
    assert factors(of("nice"), 100)[-1] == pytest.approx(1.035**-100)


def test_nothing_is_discounted_without_rates():
    assert np.array_equal(factors((), 5), np.ones(5))
