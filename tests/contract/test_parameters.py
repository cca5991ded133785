"""Rows of what may be fitted: mistakes are told, and a checked figure is never fitted."""

from __future__ import annotations

from pathlib import Path

import pytest

from icsim.calibration import parameters, targets
from icsim.calibration.rows import FITTED
from icsim.errors import CatalogueError

pytestmark = pytest.mark.contract

HEADER = "parameter,scope,prior,low,high,unit,source,answers_to,note\n"


def written(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "parameters.csv"
    path.write_text(HEADER + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_the_shipped_rows_answer_to_fitted_figures_alone():
    rows, known = parameters.load(), targets.load()
    for area in ("hertfordshire-west-essex", "wiltshire"):
        aims = parameters.aims(rows, known, area)
        assert aims
        assert {row.split for row in aims} == {FITTED}


@pytest.mark.parametrize(("line", "message"), [
    ("wish.fall,area,1,0.5,2,ratio,icsim_assumption,fall_calls.*,", "must begin with one of"),
    ("multiplier.fall,area,1,0.5,2,metres,icsim_assumption,fall_calls.*,", "must be one of: exponent"),
    ("odds.diabetes,area,1,0.5,2,ratio,icsim_assumption,fall_calls.*,", "has 3 parts"),
    ("odds.diabetes.diabetes,england,1,0.5,2,ratio,icsim_assumption,fall_calls.*,", "Of an area are"),
    ("odds.diabetes.diabetes,moon,1,0.5,2,ratio,icsim_assumption,fall_calls.*,", "must be one of"),
    ("multiplier.fall,area,3,0.5,2,ratio,icsim_assumption,fall_calls.*,", "between low and high"),
    ("multiplier.fall,area,1,0,2,ratio,icsim_assumption,fall_calls.*,", "between low and high"),
])
def test_a_mistake_is_told_with_its_line(tmp_path, line, message):
    with pytest.raises(CatalogueError, match=message) as caught:
        parameters.load(written(tmp_path, line))
    assert caught.value.problems[0].line == 2


def test_all_mistakes_are_told_at_once(tmp_path):
    with pytest.raises(CatalogueError) as caught:
        parameters.load(written(tmp_path, "wish.fall,area,1,0.5,2,ratio,icsim_assumption,x,",
                                "multiplier.fall,area,3,0.5,2,ratio,icsim_assumption,x,"))
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(("aim", "message"), [("readmissions.1", "is a checked figure"), ("readmision.3", "readmissions.3")])
def test_no_row_may_aim_at_a_checked_figure_or_at_none(tmp_path, aim, message):
    rows = parameters.load(written(tmp_path, f"multiplier.acute_illness,area,1,0.5,2,ratio,icsim_assumption,{aim},"))
    with pytest.raises(CatalogueError, match=message):
        parameters.aims(rows, targets.load(), "wiltshire")


def test_a_prior_holds_nineteen_in_twenty():
    row = parameters.Parameter(parameter="multiplier.fall", scope="area", prior=1, low=0.5, high=2, unit="ratio",
                               source="icsim_assumption", answers_to="x")
    assert row.spread == pytest.approx(0.3537, abs=1e-3)
