"""From age bands to single years."""

import numpy as np
import pytest

from icsim.catalogue.expand import AGES, expand_ages
from icsim.catalogue.rows import Rate, SeverityShare

pytestmark = pytest.mark.unit


def rate(first, last, value, sex="*", quintile="*", unit="per person-year"):
    return Rate(event="e", sex=sex, quintile=quintile, age_from=first, age_to=last, value=value, unit=unit)


def test_wildcards_fill_and_gaps_are_zero():
    table = expand_ages([rate(10, 19, 2.0)])
    assert table.shape == (2, 5, AGES)
    assert (table[:, :, 10:20] == 2.0).all()
    assert table.sum() == 2.0 * 10 * 10


def test_later_rows_override_earlier_ones():
    table = expand_ages([rate(0, 90, 1.0), rate(65, 90, 3.0, sex="male", quintile="5")])
    assert table[1, 4, 65] == 3.0
    assert table[0, 4, 65] == table[1, 3, 65] == table[1, 4, 64] == 1.0


def test_values_are_turned_into_canonical_units():
    assert expand_ages([rate(0, 90, 250.0, unit="per 1,000 person-years")])[0, 0, 0] == 0.25
    share = SeverityShare(event="e", severity="s", sex="female", age_from=0, age_to=90, value=40.0, unit="%")
    assert expand_ages([share])[:, 0, 30].tolist() == pytest.approx([0.4, 0.0])


def test_smooth_joins_the_middles_of_bands_by_logarithm():
    table = expand_ages([rate(50, 59, 0.01), rate(60, 69, 0.04)], smooth=True)[0, 0]
    middles = [55.0, 65.0]
    wanted = np.exp(np.interp(np.arange(50, 70) + 0.5, middles, np.log([0.01, 0.04])))
    np.testing.assert_allclose(table[50:70], wanted, rtol=1e-12)
    assert table[50] == pytest.approx(0.01)
    assert table[69] == pytest.approx(0.04)
    assert (np.diff(table[55:66]) > 0).all()
    assert table[:50].sum() == table[70:].sum() == 0.0


def test_smooth_leaves_single_years_and_one_band_as_they_are():
    single = [rate(age, age, 0.001 * (age + 1)) for age in range(AGES)]
    np.testing.assert_allclose(expand_ages(single, smooth=True), expand_ages(single), rtol=1e-12)
    np.testing.assert_allclose(expand_ages([rate(0, 90, 0.3)], smooth=True), 0.3, rtol=1e-12)


def test_smooth_steps_beside_a_zero():
    table = expand_ages([rate(0, 49, 0.0), rate(50, 69, 0.1), rate(70, 90, 0.4)], smooth=True)[1, 2]
    assert (table[:50] == 0).all()
    assert table[50:60].tolist() == pytest.approx([0.1] * 10)
    assert 0.1 < table[69] < table[70] < 0.4
