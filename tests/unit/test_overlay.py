"""What was fitted, laid over the tables: rows replaced and added, what they change, and how they are written and read."""

from __future__ import annotations

import json
import sys
from datetime import date

import polars as pl
import pytest

from icsim import areas, catalogue
from icsim.calibration import overlay
from icsim.calibration.overlay import Value
from icsim.catalogue import expand
from icsim.catalogue.rows import Correction
from icsim.errors import CatalogueError, ResultsError
from icsim.residents import anchor, starting
from icsim.residents.build import build
from icsim.residents.layout import layout_of

pytestmark = pytest.mark.unit

catalogue_tables = sys.modules["icsim.catalogue.load"]  # the packages' own `load` is the function
area_tables = sys.modules["icsim.areas.load"]
NAMES = {"exponent.death.frailty": Value(0.6, 0.5, 0.7), "ratio.fall.frailty.severe": Value(5.0, 4.0, 6.0),
         "correction.fall.male.all": Value(1.2, 1.1, 1.3), "correction.pain_onset.*.65": Value(0.8),
         "multiplier.fall": Value(1.1, 1.0, 1.2), "odds.diabetes.diabetes": Value(0.9, 0.8, 1.0)}


@pytest.fixture(scope="module")
def bare():
    return catalogue.load(fitted=False), areas.load("testshire", fitted=False)


def test_known_numbers_are_replaced_and_new_ones_added(bare):
    rows, area = overlay.applied(*bare, NAMES)
    assert {name: overlay.value_of(rows, area, name) for name in NAMES} == {name: v.value for name, v in NAMES.items()}
    assert len(rows.exponents) == len(bare[0].exponents)
    assert len(rows.ratios) == len(bare[0].ratios)
    assert len(rows.corrections) == len(bare[0].corrections) + 2
    assert [row.id for row in rows.ratios] == [row.id for row in bare[0].ratios]
    assert overlay.value_of(*bare, "odds.diabetes.diabetes") is None
    before, after = (each.row("ratio.fall.frailty.severe").source for each in (bare[0], rows))
    assert after == f"{overlay.FITTED}; {before}"
    again, _ = overlay.applied(rows, area, NAMES)
    assert again.row("ratio.fall.frailty.severe").source == after


def test_what_is_written_is_read_again(bare, tmp_path, monkeypatch):
    rows, area = overlay.applied(*bare, NAMES)
    nothing = pl.DataFrame({"label": []})
    fitted = type("Fitted", (), {"catalogue": rows, "own": area, "parameters": nothing, "figures": nothing,
                                 "record": {"settings": {"england": True}}})()
    overlay.save(tmp_path, fitted, bare)
    assert {path.name for path in (tmp_path / "england").iterdir()} == {
        "corrections.csv", "ratios.csv", "exponents.csv", "sources.csv", "fit.json"}
    monkeypatch.setattr(catalogue_tables, "ENGLAND", tmp_path / "england")
    monkeypatch.setattr(area_tables, "beside", lambda name: tmp_path)
    again, there = catalogue.load(), areas.load("testshire")
    for table in (*overlay.CATALOGUE_FILES,):
        assert getattr(again, table) == getattr(rows, table), table
    assert (there.multipliers, there.odds) == (area.multipliers, area.odds)
    assert [row.source for row in again.sources][-1] == overlay.FITTED


def test_a_record_keeps_those_that_it_builds_on(bare, tmp_path):
    """Numbers that a fit leaves alone are those of an earlier one, whose record says where they come from."""
    nothing = pl.DataFrame({"label": []})
    for year in ("2024", "2025", "2026"):
        fitted = type("Fitted", (), {"catalogue": bare[0], "own": bare[1], "parameters": nothing, "figures": nothing,
                                     "record": {"settings": {"england": False}, "fitted_on": year}})()
        overlay.save(tmp_path, fitted, bare)
    record = json.loads((tmp_path / bare[1].name / "fit.json").read_text(encoding="utf-8"))
    assert [record["fitted_on"], *(old["fitted_on"] for old in record["earlier"])] == ["2026", "2024", "2025"]


def test_a_catalogue_without_what_was_fitted_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(catalogue_tables, "ENGLAND", tmp_path / "england")
    with pytest.raises(CatalogueError, match="fitted to published figures belongs to the tables"):
        catalogue.load()


def test_there_must_be_a_place_to_write_to(tmp_path):
    with pytest.raises(ResultsError, match="--out"):
        overlay.folder(tmp_path / "nowhere")
    assert overlay.folder(tmp_path) == tmp_path


def test_corrections_are_joined_between_ages_and_multiply():
    rows = [Correction(event="x", sex="*", age=20, value=1.0), Correction(event="x", sex="*", age=40, value=4.0),
            Correction(event="x", sex="male", age=None, value=10.0)]
    found = expand.corrections(rows)
    assert found.shape == (2, 5, 91)
    assert found[0, 0, [0, 20, 30, 40, 90]] == pytest.approx([1, 1, 2, 4, 4])
    assert found[1, 0] == pytest.approx(10 * found[0, 0])


def test_a_correction_acts_on_rates_and_on_the_odds_of_good_health(bare):
    layout = layout_of(*bare)
    values = {"correction.fall.male.all": Value(1.2), "correction.good_health.female.all": Value(0.5)}
    rows, _ = overlay.applied(*bare, values)
    before, after = (anchor.rates(each, bare[1], layout)[layout.number("fall")] for each in (bare[0], rows))
    assert after[1] == pytest.approx(1.2 * before[1])
    assert (after[0] == before[0]).all()
    weight = next(row for row in rows.weights if row.weight == "good_health")
    old, new = anchor.norms(bare[0], weight), anchor.norms(rows, weight)
    assert new[0] / (1 - new[0]) == pytest.approx(0.5 * old[0] / (1 - old[0]))
    assert (new[1] == old[1]).all()


def test_odds_of_an_area_raise_what_is_there_and_what_comes(bare):
    rows, area = overlay.applied(*bare, {"odds.dementia.mild": Value(1.5)})
    layout = layout_of(rows, area)
    reference = anchor.anchored(rows).reference
    plain, raised = (starting.start_arrays(layout, reference, each)["start_odds"] for each in (bare[1], area))
    a, mild, severe = layout.attribute("dementia"), layout.level("dementia", "mild"), layout.level("dementia", "severe")
    assert raised[a, ..., mild] == pytest.approx(1.5 * plain[a, ..., mild])
    assert (raised[a, ..., severe] == plain[a, ..., severe]).all()
    before, after = (anchor.rates(rows, each, layout) for each in (bare[1], area))
    changed = {event.event for event in layout.events
               if (before[layout.number(event.event)] != after[layout.number(event.event)]).any()}
    assert changed == {"dementia_onset"}
    onset = layout.number("dementia_onset")
    assert after[onset] == pytest.approx(1.5 * before[onset])


def test_each_level_is_come_by_on_its_shortest_way(bare):
    """Of each rated event on it once; timers have no rate, and a demand sets the levels of its severities."""
    rows, layout = bare[0], layout_of(*bare)
    assert starting.ways_in(rows, layout, "care") == [(), ("home_care_need",), (), ("care_home_entry",)]
    assert starting.ways_in(rows, layout, "dementia") == [(), ("dementia_onset",), ("dementia_onset", "dementia_worsens")]
    assert starting.ways_in(rows, layout, "frailty") == [(), *3 * [("frailty_worsens",)]]
    assert starting.ways_in(rows, layout, "cancer") == [(), *3 * [("cancer_onset",)]]
    assert starting.ways_in(rows, layout, "illness") == [(), ("acute_illness",)]


def test_an_exponent_for_all_events_yields_to_one_for_an_event(bare):
    rows, _ = overlay.applied(*bare, {"exponent.*.susceptibility": Value(0.5)})
    exponent = anchor.exponents(rows)
    assert exponent("pain_onset", "susceptibility") == 0.5
    assert exponent("acute_illness", "susceptibility") == anchor.exponents(bare[0])("acute_illness", "susceptibility")
    assert exponent("pain_onset", "smoking") == 1.0


def test_a_scenario_that_changes_what_was_fitted_is_heard(bare):
    values = {"correction.fall.male.all": Value(1.2), "correction.good_health.male.all": Value(0.8)}
    shipped, area = overlay.applied(*bare, values)
    changed = shipped.with_value("correction.good_health.male.all", 0.4).with_value("correction.fall.male.all", 2.4)
    before, after = (build(each, area, date(2025, 4, 1), 365, (shipped, area)) for each in (shipped, changed))
    good, fall = before.layout.weights.index("good_health"), before.layout.number("fall")
    assert (after.model.weight_base[1, ..., good] < before.model.weight_base[1, ..., good]).all()
    assert (after.model.weight_base[0] == before.model.weight_base[0]).all()
    assert after.model.base[1, ..., fall] == pytest.approx(2 * before.model.base[1, ..., fall])


def test_only_what_a_fit_writes_is_replaced(bare, tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "odds.csv").write_text("of an earlier fit", encoding="utf-8")
    overlay.write(tmp_path, {"odds": ()}, {})
    assert {path.name for path in tmp_path.iterdir()} == {"notes.txt", "fit.json"}
