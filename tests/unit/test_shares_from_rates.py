"""Shares that nobody counts follow from the model's own rates: who has just been ill, and what dying leaves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scripts import script

from icsim import catalogue
from icsim.catalogue import expand
from icsim.catalogue.csvtable import read_table, write_table
from icsim.catalogue.load import TABLES
from icsim.catalogue.rows import Prevalence

pytestmark = pytest.mark.unit

ill, lasting = script("recent_illness", "make"), script("susceptibility", "make")


@pytest.fixture(scope="module")
def tables():
    return catalogue.load()


def test_where_all_are_alike_the_share_is_that_of_two_rates(tables):
    """Ill at b while well and at r b soon after: p = x / (1 + x), x = b s T, and b (1 + (r − 1) p) is the published rate."""
    name = "ratio.acute_illness.illness.recent"
    alike = replace(tables, ratios=tuple(row if row.id == name else replace(row, value=1.0) for row in tables.ratios))
    share, again = ill.shares(alike), alike.row(name).value
    smooth = tables.event("acute_illness").smooth
    rate = expand.expand_ages([row for row in tables.rates if row.event == "acute_illness"], smooth)
    base = rate / (1 + (again - 1) * share)
    x = base * ill.hospital(tables) * 40 / 365.25
    assert share == pytest.approx(x / (1 + x), rel=1e-6)
    assert share[0, 0, 85] > 2 * share[0, 0, 30]


def test_the_table_of_recent_illness_is_near_what_the_fitted_rates_make_of_it(tables):
    """It was made before the last digits of the fit: a sixth off would ask for another round."""
    made = {(row.sex, row.quintile, row.age_from): row.value for row in ill.table(tables, ill.shares(tables))}
    shipped = {(row.sex, row.quintile, row.age_from): row.value for row in tables.prevalence if row.attribute == "illness"}
    assert made.keys() == shipped.keys()
    assert max(abs(np.log(made[key] / shipped[key])) for key in made) < np.log(7 / 6)


def test_what_is_written_is_read_again(tmp_path, tables):
    rows = [replace(row, id="") for row in tables.prevalence if row.attribute == "illness"]
    read = read_table(write_table(tmp_path / "x.csv", rows), Prevalence)
    assert (read.rows, read.problems) == (rows, [])


def test_what_lasts_has_the_shares_that_its_script_makes(tmp_path):
    """To the last digit, from the tables without the fit; and the raised level falls with age, most among the poor."""
    lasting.main(tmp_path)
    for name in lasting.LASTING:
        made, shipped = (read_table(folder / f"prevalence_{name}.csv", Prevalence).rows for folder in (tmp_path, TABLES))
        assert {(row.level, row.sex, row.quintile, row.age_from): row.value for row in made} == {
            (row.level, row.sex, row.quintile, row.age_from): row.value for row in shipped}
        worst = {(row.quintile, row.age_from): row.value for row in made
                 if row.level in ("very_high", "adverse") and row.sex == "male"}
        assert worst["1", 85] / worst["1", 40] < worst["5", 85] / worst["5", 40] < 1
