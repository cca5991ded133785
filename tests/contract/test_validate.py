"""A baseline beside published figures: the tables of targets, the run that is looked at, the page, chart and command."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import icsim
from icsim import calibration, experiment
from icsim.calibration.census import Census, asked
from icsim.calibration.targets import folder
from icsim.calibration.validation import HEARTBEAT, without_trends
from icsim.errors import CatalogueError, NotFoundError
from icsim.report.validation import validation_object, validation_page
from icsim.report.validation_chart import validation_charts
from icsim.simulation import replicate

pytestmark = pytest.mark.contract

HEADER = ("target,measure,of,attribute,level,among,sex,quintile,age_from,age_to,place,pool,when,area,value,low,high,"
          "interval,unit,year,standing,split,source,label,note")
ROW = {"target": "new", "measure": "count", "of": "deaths", "area": "testshire", "value": "190", "unit": "deaths a year",
       "year": "2020", "standing": "measured", "split": "checked", "source": "phof_falls", "label": "Deaths of a new row"}


def line(**said):
    row = ROW | said
    return ",".join(row.get(column, "") for column in HEADER.split(","))


@pytest.fixture
def tables(tmp_path):
    """The shipped tables, copied, with a function that adds a file of rows."""
    place = tmp_path / "targets"
    shutil.copytree(folder(), place)

    def add(*lines):
        (place / "more.csv").write_text("\n".join([HEADER, *lines]) + "\n")
        return place
    return add


@pytest.fixture(scope="module")
def found():
    """Testshire for a year, twice, with a new row beside the shipped ones."""
    known = calibration.load()
    row = replace(known.targets[0], target="new", measure="count", of="deaths", sex="", quintile=0, value=1.0, low=None,
                  high=None, interval="", area="testshire", label="Deaths of a new row", split="checked")
    resolved = icsim.resolve("testshire/baseline", years=1, replications=2)
    return calibration.validate(resolved, targets=replace(known, targets=(*known.targets, row)))


# Tables --------------------------------------------------------------------------------------------------------------


def test_the_shipped_tables_are_sound_and_broad():
    known = calibration.load()
    here = known.of("hertfordshire-west-essex")
    assert sum(row.split == "checked" for row in here) >= 60
    assert {row.split for row in here} == {"fitted", "checked"}
    assert len(known.named) == 12
    assert known.of("wiltshire")
    assert all(row.area in ("england", "testshire") for row in known.of("testshire"))


@pytest.mark.parametrize(("said", "where", "message"), [
    ({"measure": "counts"}, "more.csv: measure", "Did you mean count?"),
    ({"of": ""}, "more.csv: of", "needs this column"),
    ({"split": "tested"}, "more.csv: split", "fitted, checked"),
    ({"standing": "assumed"}, "more.csv: standing", "measured, derived"),
    ({"area": "testshires"}, "more.csv: area", "england"),
    ({"source": "phof_fall"}, "more.csv: source", "Did you mean phof_falls?"),
    ({"low": "200", "high": "300", "interval": "published"}, "more.csv: low", "between low and high"),
    ({"low": "100"}, "more.csv: low", "both low and high"),
    ({"low": "100", "high": "300"}, "more.csv: interval", "With low and high"),
    ({"age_from": "16"}, "more.csv: age_from", "five-year bands"),
    ({"age_from": "70", "age_to": "60"}, "more.csv: age_from", "Ages run from 0 to 90"),
    ({"quintile": "6"}, "more.csv: quintile", "1 (most deprived) to 5"),
    ({"when": "later"}, "more.csv: when", "year 10"),
    ({"among": "care"}, "more.csv: among", "care=care_home"),
    ({"value": "many"}, "more.csv: value", "number"),
    ({"target": "life_expectancy.male.1"}, "more.csv: target", "needs its own"),
])
def test_a_mistake_is_told_with_file_line_and_remedy(tables, said, where, message):
    with pytest.raises(CatalogueError) as caught:
        calibration.load(tables(line(), line(target="wrong", **said) if "target" not in said else line(**said)))
    problems = [problem for problem in caught.value.problems if problem.where == where and problem.line == 3]
    assert any(message in problem.message for problem in problems), caught.value


def test_a_source_that_nothing_rests_on_and_a_name_that_nothing_has_are_told(tables):
    place = tables(line())
    with (place / "sources.csv").open("a") as file:
        file.write("nobody,Title,,,,,,\n")
    with (place / "named.csv").open("a") as file:
        file.write("Something,document,testshire,nwe,\n")
    with pytest.raises(CatalogueError, match="leave it out") as caught:
        calibration.load(place)
    assert "Did you mean new?" in str(caught.value)


# The run -------------------------------------------------------------------------------------------------------------


def weekly(scenario: str, **settings: int):
    """The scenario as `validate` runs it: with weekly beats."""
    resolved = icsim.resolve(scenario, **settings)
    return replace(resolved, run=resolved.run.model_copy(update={"heartbeat": HEARTBEAT}))


def test_looking_on_changes_nothing(found):
    plain = icsim.run(weekly("testshire/baseline", years=1, replications=2))
    for name in ("cells", "pools", "waits", "population", "ends"):
        assert getattr(plain, name).equals(getattr(found.results, name)), name


def test_the_onlooker_agrees_with_the_results():
    """Census by sex and population, deaths and people who were there, stays that ended and those that were counted."""
    known = calibration.load()
    resolved = icsim.resolve("testshire/baseline", years=1, replications=1)
    world = experiment.world_of(resolved)
    watch = Census(world, asked(world, known.of("testshire"), known.counted))
    done = replicate(world, 3, watch=watch)
    assert watch._residents is None  # nobody is kept while other replications run
    assert (watch.tally == done.residents).all()
    assert watch.columns == done.resident_columns
    start, end = done.population.sum(axis=1)
    assert watch.tables["census.sex"].sum(axis=(1, 2, 3, 4)).tolist() == [start, end]
    frail = watch.tables["census.frailty"]
    assert frail.sum(axis=(1, 2, 3, 4)).tolist() == [start, end]
    assert frail.sum(axis=(1, 2, 3)).tolist() == watch.tables["census.frailty.place"].sum(axis=(1, 2)).tolist()
    people, died, admissions, squared, admitted = watch.tables["followed.everybody"].sum(axis=(0, 1, 2, 3, 4))
    deaths = done.residents[..., done.resident_columns.index("death")].sum()
    leavers = done.residents[..., done.resident_columns.index("leave")].sum()
    assert start - leavers <= people <= start
    assert 0.9 * deaths <= died <= deaths  # newborn children and those who arrived die as well
    counted = done.activity.tally[..., done.activity.names.counts.index("emergency_admissions")].sum()
    assert 0.9 * counted <= admissions <= 1.1 * counted
    assert admitted <= admissions <= squared
    assert np.all(watch.tables["returns"][..., 0] <= watch.tables["returns"][..., 1])


def test_without_trends_is_another_scenario_whose_rates_stand_still():
    resolved = icsim.resolve("testshire/baseline", years=1)
    still = without_trends(resolved)
    assert resolved.catalogue.trends
    assert not still.catalogue.trends
    assert not still.shipped[0].trends
    assert still.content_hash() != resolved.content_hash()


# Page, chart, object -------------------------------------------------------------------------------------------------


def test_a_new_row_is_enough(found):
    row = found.table.filter(found.table["target"] == "new").to_dicts()[0]
    deaths = found.results.cells["deaths"].sum() / 2
    assert row["simulated"] == deaths
    assert row["verdict"] == "missed"
    assert "Deaths of a new row" in validation_page(found)
    assert any(each["target"] == "new" for each in validation_object(found, None)["targets"])


def test_the_worst_misfit_stands_first_and_the_rest_says_why(found):
    misfits = found.table["misfit"].drop_nulls().to_list()
    assert misfits == sorted(misfits, reverse=True)
    silent = found.table.filter(found.table["verdict"] == "not compared")
    assert silent["why"].null_count() == 0
    assert "needs a run of 10 years, this one has 1" in silent["why"].to_list()


def test_the_page_fits_and_reads(found):
    page = icsim.page(found)
    assert max(map(len, page.splitlines())) <= 80
    for head in ("IN SHORT", "OLDER PEOPLE", "NOT COMPARED", "HOW TO READ THIS"):
        assert head in page
    assert len(validation_page(found, everything=True)) > len(page)


def test_charts_are_drawn_alike_twice(found):
    first = validation_charts(found)
    assert set(first) == {"validation.png", "validation.svg"}
    assert first["validation.png"].startswith(b"\x89PNG")
    assert first == validation_charts(found)


def test_the_folder_holds_page_tables_chart_and_run(found, tmp_path):
    place = icsim.save(found, tmp_path / "validate_testshire")
    names = {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}
    assert {"page.txt", "validation.csv", "validation.json", "followed.csv", "charts/validation.png", "cells.parquet",
            "provenance.json"} <= names
    told = json.loads((place / "validation.json").read_text())
    assert told["summary"]["checked"]["not compared"] > 0
    assert told["area"] == "testshire"


def test_what_is_said_of_an_area_is_met_or_explained():
    known = calibration.load()
    assert all(row.targets or len(row.explained) > 20 for row in known.named)


# Command -------------------------------------------------------------------------------------------------------------


def test_an_unknown_area_is_told_as_elsewhere():
    with pytest.raises(NotFoundError, match="Did you mean wiltshire"):
        icsim.validate("wiltshir")
    done = subprocess.run([sys.executable, "-m", "icsim", "validate", "nowhere", "--json"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "is not an area that icsim knows" in done.stderr
    assert json.loads(done.stdout)["error"]["problems"][0]["where"] == "nowhere"
