"""The trend of deaths: what risk factors make of it, and what is left, add up to what was published."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from scripts import CALIBRATION, script

from icsim.catalogue import rows as kinds
from icsim.catalogue.csvtable import read_table
from icsim.catalogue.evidence import evidence_problems
from icsim.catalogue.load import TABLES

pytestmark = pytest.mark.unit

HERE = CALIBRATION / "mortality_trend"


risk, make = script("mortality_trend", "risk"), script("mortality_trend", "make")
RATIO = {"low": 0.5, "high": 5.0, "unit": "ratio", "standing": "assumed", "source": "invented", "note": "invented"}


def small(quit_rate: float, to: str = "never", **moved: float) -> object:
    """Half smoke at every age, and die twice as often; `moved`: dated factors of stopping, by name y2023 and so on."""
    smoking, everybody = {"attribute": "smoking"}, {"sex": "*", "quintile": "*", "age_from": 0, "age_to": 90}
    return risk.Tables(
        attributes=[kinds.Level(level=level, label=level, **smoking) for level in ("never", "ex", "current")],
        events=[kinds.Event(event="quit", label="Stop", kind="move", from_levels="current", to_level=to, **smoking),
                kinds.Event(event="over", label="Over", kind="timer", from_levels="ex", to_level="never", after_days=730.5,
                            **smoking)],
        prevalence=[kinds.Prevalence(level="current", value=0.5, **smoking, **everybody, **{**RATIO, "unit": "share"})],
        ratios=[kinds.Ratio(event="death", level=level, value=2.0, **smoking, **RATIO) for level in ("current", "ex")],
        trends=[kinds.Trend(event="quit", from_year=int(year[1:]), value=value, **RATIO) for year, value in moved.items()],
        rates=[kinds.Rate(event="quit", value=quit_rate, **everybody, **{**RATIO, "unit": "per person-year"})])


NOBODY_DIES = np.zeros((10, 91))


def test_nothing_moves_nothing_changes():
    found = risk.expected_ratios(small(0.0), "smoking", NOBODY_DIES, 3)
    assert found[:, :, 10:] == pytest.approx(1.5)
    assert found[1:, :, 0] == pytest.approx(1.0), "a newborn has the first level"


def test_those_who_stop_leave_the_excess_behind():
    """Smokers fall as exp(−rate × years), at every age that began as a smoker's."""
    found = risk.expected_ratios(small(0.2), "smoking", NOBODY_DIES, 4)
    expected = 1 + 0.5 * np.exp(-0.2 * np.arange(5))
    assert found[:, :, 30].mean(axis=1) == pytest.approx(expected, rel=1e-6)
    half = risk.expected_ratios(small(0.2), "smoking", NOBODY_DIES, 4, exponent=0.5)
    assert half[:, 0, 30] == pytest.approx(1 + (2**0.5 - 1) * 0.5 * np.exp(-0.2 * np.arange(5)), rel=1e-6)


def test_a_timer_keeps_the_excess_for_its_time():
    """Two years after stopping the excess is gone at once; before, nothing has changed. To a month: the chain's step."""
    found = risk.expected_ratios(small(0.2, to="ex"), "smoking", NOBODY_DIES, 4)[:, 0, 30]
    assert found[:3] == pytest.approx(1.5, abs=0.01)
    assert found[3] == pytest.approx(1 + 0.5 * np.exp(-0.2), abs=0.01)


def test_a_dated_factor_of_a_move_acts_from_its_year():
    """From 1 January 2024 nobody stops (nearly): a year and a half after mid-2022."""
    found = risk.expected_ratios(small(0.2, y2024=1e-6), "smoking", NOBODY_DIES, 4)[:, 0, 30]
    assert found == pytest.approx(1 + 0.5 * np.exp(-0.2 * np.array([0, 1, 1.5, 1.5, 1.5])), rel=1e-5)


def test_smokers_die_first():
    """Where all die at 0.1 a year on average, those left behind smoke less often."""
    found = risk.expected_ratios(small(0.0), "smoking", np.full((10, 91), 0.1), 2)[:, 0, 40]
    assert found[0] == pytest.approx(1.5)
    assert found[2] < found[1] < found[0]


def test_published_and_residual_rows_are_kept_apart_and_agree():
    published, residual = (read_table(HERE / "rows" / f"{name}.csv", kinds.Trend) for name in ("published", "residual"))
    for name, table in (("published", published), ("residual", residual)):
        assert not table.problems
        assert not evidence_problems(f"{name}.csv", table, ("ratio",))
        assert {row.standing for row in table.rows} == {"derived"}
    with (HERE / "rows" / "modelled.csv").open(encoding="utf-8", newline="") as file:
        modelled = {int(row["year"]): float(row["modelled_0.5"]) for row in csv.DictReader(file)}
    for before, after in zip(published.rows, residual.rows, strict=True):
        assert after.value * modelled[after.from_year] == pytest.approx(before.value, abs=2e-4)
    shipped = [row for row in read_table(TABLES / "trends.csv", kinds.Trend).rows if row.event == "death"]
    assert shipped in (published.rows, residual.rows), "the catalogue holds one of the two, as it was written"


def test_the_rows_of_the_catalogue_move_deaths():
    """Smoking falls and deaths with it; weight grows. The first four years, from the rows alone."""
    tables = risk.read()
    names = risk.attributes(tables, make.RISKS)
    assert {"smoking", "body_mass", "alcohol"} <= set(names)
    assert "susceptibility" not in names
    deaths = np.full((10, 91), 0.01)
    smoking, weight = (risk.expected_ratios(tables, name, deaths, 4)[:, :, 30:80].mean(axis=(1, 2))
                       for name in ("smoking", "body_mass"))
    assert (np.diff(smoking) < 0).all()
    assert (np.diff(weight) > 0).all()
