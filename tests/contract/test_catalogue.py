"""The shipped catalogue: it loads, says where its numbers come from, and stays within what was published."""

from dataclasses import fields

import numpy as np
import pytest

from icsim.catalogue import load
from icsim.catalogue.csvtable import nearest
from icsim.catalogue.expand import expand_ages
from icsim.catalogue.load import ID, TABLES
from icsim.catalogue.row_rules import DISTRIBUTIONS, LAST_PRIORITY, MOST_LIMITS, SHIFT_END
from icsim.catalogue.when import branch_shares, classes_of
from icsim.errors import CatalogueError
from icsim.experiment import EVENT_COLUMNS
from icsim.residents.beat import FLOWS
from icsim.services import activity, model
from icsim.units import FACTORS

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def catalogue():
    return load()


def numbers(catalogue):
    return [row for table in ID for row in getattr(catalogue, table)]


def test_every_number_says_where_it_comes_from(catalogue):
    listed = {row.source for row in catalogue.sources}
    for row in numbers(catalogue):
        assert row.source, row.id
        assert {name.strip() for name in row.source.split(";")} <= listed, row.id
        assert row.unit in FACTORS, row.id
        if row.standing == "assumed":
            assert None not in (row.low, row.high), row.id
            assert row.note, row.id


def test_ids_name_one_number_each(catalogue):
    ids = [row.id for row in numbers(catalogue)]
    assert len(set(ids)) == len(ids)
    for wanted in (
        "rate.fall.female.*.65",
        "ratio.death.frailty.mild",
        "branch.falls.falls_vehicle_on_scene.to_hospital",
        "quantity.falls.bed.duration[severity=hip_fracture]",
        "congestion.escalation_beds",
        "rate.death.male.1.90",
    ):
        assert catalogue.row(wanted).id == wanted


def test_a_wrong_id_is_answered_with_the_nearest_right_one(catalogue):
    with pytest.raises(KeyError, match=r"ratio\.death\.frailty\.mild"):
        catalogue.row("ratio.death.frailty.mildly")


def test_names_fixed_by_the_design_are_there(catalogue):
    assert list(catalogue.levels) == [
        "sex", "quintile", "susceptibility", "early_years", "learning_disability", "autism", "carer", "carer_available",
        "housing", "work", "money", "isolation", "smoking", "body_mass", "alcohol", "activity", "child_disorder",
        "diabetes", "hypertension", "kidney_disease", "copd", "asthma", "coronary_disease", "atrial_fibrillation",
        "stroke", "heart_failure", "cancer", "pain", "depression", "severe_mental_illness", "substance", "epilepsy",
        "dementia", "frailty", "hip_fracture", "injury", "care", "crisis", "illness", "armed_forces",
    ]
    assert catalogue.levels_of("care") == ("own_home", "home_care", "reablement", "care_home")
    assert catalogue.levels_of("frailty") == ("fit", "mild", "moderate", "severe")
    assert catalogue.severities_of("fall") == ("none", "minor", "moderate", "fracture", "hip_fracture")
    assert [row.step for row in catalogue.steps_of("falls")] == [
        "fall",
        "call_999",
        "falls_vehicle",
        "falls_vehicle_on_scene",
        "ambulance_c2",
        "ambulance_c3",
        "ambulance_c4",
        "on_scene",
        "referred_on",
        "to_hospital",
        "own_way",
        "at_home",
        "handover",
        "walk_in",
        "in_ae",
        "leaves_unseen",
        "leaves_ae",
        "bed",
        "going_home",
        "arranging_care",
        "to_reablement",
        "to_step_down",
        "to_home_care",
        "to_care_home",
        "then_home_care",
        "then_care_home",
    ]
    assert len(classes_of(catalogue, "fall")) == 40


def test_every_kind_of_need_has_its_pathway(catalogue):
    assert {row.event: row.pathway for row in catalogue.events if row.pathway} == {
        "fall": "falls", "acute_illness": "acute", "minor_illness": "minor", "crisis": "crisis",
        "home_care_need": "home_care", "care_home_entry": "care_homes",
        "visitors": "visitors", "minor_visitors": "minor_visitors", "planned_care": "planned",
        "tests": "tests"}


def test_care_is_held_for_long_by_its_level(catalogue):
    assert {row.service: row.held_by for row in catalogue.services if row.held_by} == {
        "reablement": "care=reablement", "home_care": "care=home_care", "care_homes": "care=care_home"}


def test_planned_care_goes_last(catalogue):
    assert [row.step for row in catalogue.steps if row.yields] == ["planned_bed"]


def test_a_value_changes_in_a_copy_only(catalogue):
    before = catalogue.content_hash()
    changed = catalogue.with_value("ratio.fall.frailty.severe", 3.9)
    assert changed.row("ratio.fall.frailty.severe").value == 3.9
    assert catalogue.row("ratio.fall.frailty.severe").value != 3.9
    assert changed.with_value("quantity.falls.at_home.duration", 1.0).row("quantity.falls.at_home.duration").a == 1.0
    assert catalogue.content_hash() == before != changed.content_hash()
    same = [
        field.name
        for field in fields(catalogue)
        if field.name != "ratios" and getattr(changed, field.name) is getattr(catalogue, field.name)
    ]
    assert len(same) == len(fields(catalogue)) - 1


def test_the_hash_is_that_of_the_content(catalogue):
    assert load().content_hash() == catalogue.content_hash()
    assert load(TABLES, fitted=True).content_hash() == catalogue.content_hash()
    assert load(TABLES).content_hash() == load(fitted=False).content_hash()


def test_words_of_the_catalogue_are_those_of_the_engine():
    assert (DISTRIBUTIONS, SHIFT_END, LAST_PRIORITY) == (model.DISTRIBUTIONS, model.SHIFT_END, model.LAST)
    assert MOST_LIMITS == activity.MOST_LIMITS


def test_life_expectancy_of_the_death_rates_is_the_published_one(catalogue):
    """ONS slope tables and life tables for 2017-19: England 79.8 and 83.4; most deprived fifth near 75 and 79."""
    mx = expand_ages([row for row in catalogue.rates if row.event == "death"])
    survive = np.exp(-np.cumsum(mx[..., :90], axis=-1))
    years = survive.sum(axis=-1) + 0.5 + survive[..., -1] / mx[..., 90]
    assert years[0].mean() == pytest.approx(83.4, abs=0.4)
    assert years[1].mean() == pytest.approx(79.8, abs=0.4)
    assert (np.diff(years, axis=1) > 0).all()


def test_total_fertility_is_the_projection(catalogue):
    births = expand_ages([row for row in catalogue.rates if row.event == "birth"])
    assert births[0, 0].sum() == pytest.approx(1.57, abs=0.07)
    assert births[1].sum() == 0


def test_hip_fracture_incidence_by_age_is_what_the_shares_were_made_from(catalogue):
    falls = expand_ages([row for row in catalogue.rates if row.event == "fall"])[:, 0]
    hips = expand_ages([row for row in catalogue.severity_shares if row.severity == "hip_fracture"])[:, 0]
    per_100_000 = falls * hips * 1e5
    assert per_100_000[0, 87] == pytest.approx(2020, rel=0.01)
    assert per_100_000[1, 72] == pytest.approx(140, rel=0.01)


def test_vehicles_go_only_to_older_people_who_are_not_badly_hurt(catalogue):
    rows = catalogue.branches_of("falls", "call_999")
    for cls in classes_of(catalogue, "fall"):
        sent = branch_shares(rows, cls, FACTORS)["falls_vehicle"]
        hurt = cls.levels["severity"] in ("fracture", "hip_fracture")
        assert (sent > 0) is (not hurt and cls.age.first == 65), cls


def test_one_row_holds_the_effect_of_the_vehicle(catalogue):
    """Every class is taken to hospital with the same share, so a scenario without the effect changes one number."""
    rows = [row for row in catalogue.branches_of("falls", "falls_vehicle_on_scene") if row.to == "to_hospital"]
    assert len(rows) == 1
    assert rows[0].standing == "assumed"
    assert rows[0].low < rows[0].value < rows[0].high


def test_all_frail_levels_can_be_left_and_the_ends_are_parked(catalogue):
    assert catalogue.row("ratio.frailty_worsens.frailty.severe").value == 1e-6
    assert catalogue.row("ratio.frailty_improves.frailty.fit").value == 1e-6


def test_every_measure_that_a_step_or_outcome_feeds_has_words(catalogue):
    columns = ("counts_as", "time_as", "wait_as", "response", "interval")
    cells = {getattr(row, column) for row in catalogue.steps for column in columns}
    cells |= {row.counts_as for row in catalogue.outcomes}
    named = {name for cell in cells for name in cell.split("|") if name}
    assert {"calls_999", "fall_calls_999", "delayed_bed_days", "ambulance_response_c1", "time_in_ae"} <= named
    assert named <= {row.measure for row in catalogue.measures}
    assert {"person_years", "healthy_years", "qalys", "deaths", "births", "arrivals", "leavers", "falls"} <= {
        row.measure for row in catalogue.measures
    }


def test_every_wait_that_has_words_is_that_of_a_step_with_a_service(catalogue):
    waits = {row.measure.removeprefix("wait:") for row in catalogue.measures if row.measure.startswith("wait:")}
    assert waits <= {row.step for row in catalogue.steps if row.service}


def test_limits_are_those_in_which_services_report(catalogue):
    limits = {row.measure: row.limits for row in catalogue.measures}
    assert limits["wait:handover"] == "15|30|60"
    assert limits["time_in_ae"] == limits["wait:bed"] == "240|720"


def test_a_folder_adds_an_event_without_a_change_of_code(tmp_path, catalogue):
    (tmp_path / "events.csv").write_text(
        "event,label,kind,attribute,from_levels,to_level,source\nslip,Slips,move,frailty,fit,+1,icsim_assumption\n"
    )
    (tmp_path / "rates_slip.csv").write_text(
        "event,sex,quintile,age_from,age_to,value,low,high,unit,standing,source,note\n"
        'slip,*,*,0,90,5,1,9,"per 1,000 person-years",assumed,icsim_assumption,invented\n'
    )
    more = load(extra=tmp_path)
    assert len(more.events) == len(catalogue.events) + 1
    assert more.row("rate.slip.*.*.0").value == 5
    assert more.rates[: len(catalogue.rates)] == catalogue.rates


def test_a_bad_extra_row_is_told_by_file_and_line(tmp_path):
    (tmp_path / "ratios.csv").write_text(
        "event,attribute,level,value,low,high,unit,standing,source,note\n"
        "fal,frailty,mildd,0,0,2,ratio,assumed,icsim_assumption,invented\n"
    )
    with pytest.raises(CatalogueError) as caught:
        load(extra=tmp_path)
    told = {problem.where: problem for problem in caught.value.problems}
    assert all(problem.line == 2 for problem in told.values())
    assert nearest("fal", ["fall"]) in told["ratios.csv: event"].message
    assert "mild" in told["ratios.csv: level"].message
    assert "1e-06" in told["ratios.csv: value"].message


def test_every_column_of_results_has_its_words(catalogue):
    counted = [name for row in (*catalogue.steps, *catalogue.outcomes) for name in row.counts_as.split("|")]
    tallied = [*FLOWS, *(row.event for row in catalogue.events if row.kind != "stream"), *counted]
    columns = {EVENT_COLUMNS.get(name, name) for name in tallied if name}
    assert columns <= {row.measure for row in catalogue.measures}
    assert all(row.label and row.unit and row.meaning for row in catalogue.measures)
