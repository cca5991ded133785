"""What a scenario comes to: later files over earlier ones, differences from the baseline, hashes, explanation."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import pytest
from small_tables import small_area, small_catalogue

from icsim import areas, catalogue
from icsim.catalogue.load import ID
from icsim.errors import ScenarioError
from icsim.scenario import Resolved, explain, read, resolve
from icsim.scenario.chain import SHIPPED, shipped_names
from icsim.scenario.differences import FOLLOWS
from icsim.scenario.ground import AREA_TABLES, numbers

pytestmark = pytest.mark.contract

VALID = Path(__file__).parent / "scenarios" / "valid"
HEAD = 'schema = 1\ntitle = "Made by a test"\nextends = "testshire/baseline"\n'
CATALOGUE, AREA = small_catalogue(), small_area()


def small(path: Path) -> Resolved:
    return resolve(read(path, CATALOGUE, AREA))


def made(folder: Path, text: str, name: str = "made.toml") -> Resolved:
    (folder / name).write_text(HEAD + text, encoding="utf-8")
    return small(folder / name)


def by_name(resolved: Resolved) -> dict:
    return {entry.name: entry for entry in resolved.differences}


# --- shipped scenarios, on the real tables ---------------------------------------------------------------------------


def test_these_scenarios_are_shipped():
    assert {"hertfordshire-west-essex/baseline", "hertfordshire-west-essex/falls_vehicles", "testshire/baseline",
            "testshire/falls_vehicles", "wiltshire/baseline", "wiltshire/falls_vehicles"} <= set(shipped_names())


@pytest.mark.parametrize("name", shipped_names())
def test_a_shipped_scenario_keeps_its_meaning_in_the_complete_form(name, tmp_path):
    first = resolve(read(SHIPPED / f"{name}.toml"))
    (tmp_path / "complete.toml").write_text(first.to_toml(), encoding="utf-8")
    again = resolve(read(tmp_path / "complete.toml"))
    assert again.hashes() == first.hashes()
    assert again.differences == first.differences
    assert again.warnings == first.warnings == ()
    assert first.name == name.rpartition("/")[2]


@pytest.mark.parametrize("area", ["hertfordshire-west-essex", "testshire", "wiltshire"])
def test_the_baseline_differs_in_nothing_and_changes_no_table(area):
    baseline = resolve(read(SHIPPED / area / "baseline.toml"))
    assert baseline.differences == ()
    assert baseline.hashes()["catalogue"] == catalogue.load().content_hash()
    assert baseline.hashes()["area"] == areas.load(area).content_hash()


def test_eight_vehicles_instead_of_four_and_longer_hours():
    resolved = resolve(read(SHIPPED / "hertfordshire-west-essex" / "falls_vehicles.toml"))
    number, hours = resolved.differences
    assert (number.name, number.baseline, number.value, number.unit) == ("pools.falls_vehicles.number", 4, 8, "servers")
    assert (hours.name, hours.value) == ("pools.falls_vehicles.open", "daily 07:00-22:00")
    assert number.standing
    assert "vehicle" in number.source
    assert number.reason.startswith("A question to the model")
    assert (resolved.run.start, resolved.run.years, resolved.run.replications) == (date(2025, 4, 1), 10, 3)


def test_every_table_of_numbers_can_be_changed():
    """A new table of numbers in an area must be listed in AREA_TABLES too."""
    area = areas.load("testshire")
    with_ids = {f.name for f in fields(area) if any(getattr(row, "id", "") for row in _rows(getattr(area, f.name)))}
    assert with_ids == set(AREA_TABLES)
    found = numbers(catalogue.load(), area)
    assert {name.partition(".")[0] for name in found} >= {"rate", "ratio", "branch", "quantity", "pool", "flow"}
    assert len(ID) > 5


def _rows(value: object) -> tuple:
    return value if isinstance(value, tuple) else ()


# --- values ----------------------------------------------------------------------------------------------------------


def test_later_files_hold_over_earlier_ones():
    resolved = small(VALID / "extends_a_neighbour.toml")
    pool = by_name(resolved)
    assert pool["pools.falls_vehicles.number"].value == 8
    assert pool["pools.falls_vehicles.open"].value == "always"
    assert resolved.run.seed == 2**63 - 1
    assert resolved.run.years == 2


def test_everything_that_is_said_is_applied():
    resolved = small(VALID / "everything_a_file_can_say.toml")
    pools = {row.pool: row for row in resolved.area.pools}
    services = {row.service: row for row in resolved.catalogue.services}
    assert {name: (row.value, row.open) for name, row in pools.items()} == {
        "falls_vehicles": (0, "Mon-Fri 08:00-20:00; Sat,Sun 10:00-16:00"), "north_ae": (10_000, "daily 19:00-01:00"),
        "south_ae": (11, "daily 06:00-24:00"), "outside_ae": (None, "daily 09:00-17:00"),
        "outside_beds": (None, "always")}
    assert {name: (row.queue_limit, row.shift_end) for name, row in services.items()} == {
        "falls_vehicles": (0, "pre-empt"), "emergency_departments": (100_000, "finish"),
        "hospital_beds": (50, "finish")}
    assert resolved.run.model_dump() == {
        "start": date(2040, 12, 1), "years": 1, "replications": 1, "seed": 0, "engine": "reference",
        "heartbeat": "week", "services": False, "warm_up_months": 6, "growth": False, "threads": 4,
        "staff": False, "staff_first": ["falls_vehicles"]}


def test_a_factor_acts_on_each_pool_as_the_files_before_leave_it():
    """Ten vehicles of the neighbour × 1.25 are 12.5, rounded up; a pool named beside its service has its own number."""
    resolved = small(VALID / "multiplies_services.toml")
    assert {row.pool: row.value for row in resolved.area.pools} == {
        "falls_vehicles": 13, "north_ae": 0, "south_ae": 1, "outside_ae": None, "outside_beds": None}
    vehicles = by_name(resolved)["pools.falls_vehicles.number"]
    assert (vehicles.baseline, vehicles.value, vehicles.reason) == (
        4, 13, "A quarter more than the ten of the file that this one extends")
    assert (resolved.run.warm_up_months, resolved.run.growth) == (0, True)
    assert by_name(resolved)["run.warm_up_months"].unit == "months"
    assert "multiply" not in resolved.to_toml(), "the complete form gives numbers"


def test_without_a_word_services_warm_up_and_capacity_grows(tmp_path):
    assert (made(tmp_path, "").run.warm_up_months, made(tmp_path, "").run.growth) == (3, True)


def test_a_factor_of_one_is_no_difference(tmp_path):
    assert made(tmp_path, "[services.emergency_departments]\nmultiply = 1\n").differences == ()


def test_a_factor_on_a_service_changes_each_of_its_limited_pools(tmp_path):
    resolved = made(tmp_path, '[services.emergency_departments]\nmultiply = 0.5\nreason = "Half"\n')
    assert {name: (entry.baseline, entry.value, entry.reason) for name, entry in by_name(resolved).items()} == {
        "pools.north_ae.number": (9, 5, "Half"), "pools.south_ae.number": (7, 4, "Half")}


def test_changes_apply_in_order_and_multiply_acts_on_the_value_before():
    resolved = small(VALID / "everything_a_file_can_say.toml")
    entry = by_name(resolved)["ratio.fall.frailty.severe"]
    assert (entry.baseline, entry.value) == (3.0, 2.5 * 1.5)
    assert entry.reason == "On top of the change before"
    assert (entry.standing, entry.source) == ("measured", "Invented for this test")


def test_shares_that_follow_are_told_as_differences_too():
    entries = by_name(small(VALID / "everything_a_file_can_say.toml"))
    shares = {name.rpartition(".")[2]: entry for name, entry in entries.items() if name.startswith("catchment.")}
    assert sum(entry.value for entry in shares.values()) == pytest.approx(1)
    assert shares["south_ae"].value == 0.15
    assert shares["outside_ae"].reason == FOLLOWS


def test_the_same_hours_in_other_words_are_no_difference(tmp_path):
    resolved = made(tmp_path, '[pools.falls_vehicles]\nopen = "Mon-Sun 07:00-12:00,12:00-19:00"\n')
    assert resolved.differences == ()


def test_nothing_of_the_tables_given_is_changed():
    before = CATALOGUE.content_hash(), AREA.content_hash()
    small(VALID / "everything_a_file_can_say.toml")
    assert (CATALOGUE.content_hash(), AREA.content_hash()) == before


# --- hashes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [
    "[run]\nseed = 2\n", "[run]\nyears = 3\n", "[run]\nstart = 2025-05-01\n", "[run]\nreplications = 3\n",
    '[run]\nengine = "reference"\n', '[run]\nheartbeat = "week"\n', "[run]\nservices = false\n",
    "[run]\nwarm_up_months = 1\n", "[run]\ngrowth = false\n", "[services.falls_vehicles]\nmultiply = 2\n",
    "[pools.north_ae]\nnumber = 10\n", '[pools.north_ae]\nopen = "daily 07:00-22:00"\n',
    "[services.falls_vehicles]\nqueue_limit = 3\n", '[services.falls_vehicles]\nshift_end = "wait"\n',
    '[[changes]]\nrow = "flow.arrive.midvale"\nvalue = 501\nreason = "one more"\n',
])
def test_whatever_changes_results_changes_the_hash(text, tmp_path):
    resolved = made(tmp_path, text)
    assert resolved.content_hash() != made(tmp_path, "").content_hash()
    assert len(resolved.differences) == 1


@pytest.mark.parametrize("text", [
    "[run]\nthreads = 3\n", 'reason = "words"\n', 'description = "words"\n', "[run]\nyears = 2\n",
    '[pools.north_ae]\nnumber = 9\nreason = "as it is"\n',
])
def test_words_and_threads_change_no_hash(text, tmp_path):
    resolved = made(tmp_path, text)
    assert resolved.content_hash() == made(tmp_path, "", "another_name.toml").content_hash()
    assert resolved.differences == ()


def test_a_complete_form_made_with_other_tables_is_told(tmp_path):
    first = made(tmp_path, "[pools.north_ae]\nnumber = 3\n")
    (tmp_path / "complete.toml").write_text(first.to_toml(), encoding="utf-8")
    label = replace(CATALOGUE.services[0], label="Another label")
    other = replace(CATALOGUE, services=(label, *CATALOGUE.services[1:]))
    (warning,) = resolve(read(tmp_path / "complete.toml", other, AREA)).warnings
    assert warning.where == "hashes"
    assert "(catalogue, scenario)" in warning.message


# --- names and explanation -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("file", "name"), [
    ("falls_vehicles.toml", "falls_vehicles"), ("a b&c.toml", "a_b_c"), ("..toml", "scenario"), ("ärzte.toml", "rzte"),
    (f"{'long' * 50}.toml", "long" * 16), ("Winter-2025.v2.toml", "Winter-2025_v2"),
])
def test_the_name_is_safe_for_folders(file, name, tmp_path):
    assert made(tmp_path, "", file).name == name


def test_the_explanation_says_who_when_what_and_on_what_evidence():
    explanation = explain(resolve(read(SHIPPED / "hertfordshire-west-essex" / "falls_vehicles.toml")))
    assert explanation.population == 1_526_564
    assert len(explanation.places) == 13
    assert sum(count for _, count in explanation.places) == explanation.population
    assert explanation.end == date(2035, 4, 1)
    pools = {pool.name: pool for service in explanation.services for pool in service.pools}
    assert (pools["falls_vehicles"].number, pools["falls_vehicles"].open) == (8, "daily 07:00-22:00")
    assert pools["outside_ae"].number is None
    assert all(entry.reason for entry in explanation.assumptions)
    text = "\n".join(explanation.lines())
    for words in ("1,526,564 residents", "2025-04-01 to 2035-04-01", "8 vehicles, daily 07:00-22:00",
                  "8 instead of 4 servers", "because: A question to the model"):
        assert words in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 80
    assert text.count("because: ") == 1, "number and hours have one reason, told once"


def test_the_explanation_of_a_run_without_services_says_so():
    text = "\n".join(explain(small(VALID / "everything_a_file_can_say.toml")).lines())
    assert "residents alone, no services" in text
    assert "Services: none" in text


def test_warnings_reach_the_explanation():
    explanation = explain(small(VALID / "outside_the_range_of_the_evidence.toml"))
    assert len(explanation.warnings) == 2
    assert "Worth a look" in explanation.lines()


# --- the module ------------------------------------------------------------------------------------------------------


def test_all_problems_of_all_kinds_come_at_once(tmp_path):
    text = """wrong = 1
[run]
years = 0
[pools.nowhere]
number = 1
[services.falls_vehicles]
open = "now and then"
[[changes]]
row = "flow.arrive.midvale"
multiply = 1e6
value = 3
reason = "both"
"""
    with pytest.raises(ScenarioError) as caught:
        made(tmp_path, text)
    assert [problem.where for problem in caught.value.problems] == [
        "wrong", "run.years", "pools.nowhere", "services.falls_vehicles.open", "changes[1]"]
    assert [problem.line for problem in caught.value.problems] == [4, 6, 7, 10, 11]


def test_a_scenario_of_an_own_area_and_catalogue(tmp_path):
    area = replace(AREA, name="somewhere")
    text = (VALID / "complete_in_itself.toml").read_text(encoding="utf-8").replace("testshire", "somewhere")
    (tmp_path / "own.toml").write_text(text + "[pools.north_ae]\nnumber = 1\n", encoding="utf-8")
    resolved = resolve(read(tmp_path / "own.toml", CATALOGUE, area))
    assert [entry.name for entry in resolved.differences] == ["pools.north_ae.number"]


def test_reading_needs_nothing_heavy():
    code = "import sys, icsim.scenario\nprint(*sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded = set(printed.split())
    assert "icsim.scenario" in loaded
    assert not loaded & {"numba", "polars", "matplotlib", "simpy", "scipy"}


def test_programmes_that_cannot_run_together_are_refused_when_the_file_is_read(tmp_path):
    """Each alone makes nine in ten come to health walks; both together would bring more than come."""
    known, area = catalogue.load(), areas.load("testshire")
    plain = next(row for row in known.effects if row.acts_on == "uptake health_walks")
    more = tuple(replace(plain, id=f"effect.{name}", programme=name, stage=stage, value=3.0, mechanism=name)
                 for name, stage in (("outreach_calls", "called"), ("mobile_unit", "nearer")))
    known = replace(known, effects=(*known.effects, *more))
    file = tmp_path / "both.toml"
    one = 'schema = 1\ntitle = "x"\nextends = "testshire/baseline"\n[programmes.outreach_calls]\nplaces = 1\n'
    file.write_text(one)
    assert read(file, known, area).area.programmes
    file.write_text(f"{one}[programmes.mobile_unit]\ncoverage = 0.5\n")
    with pytest.raises(ScenarioError, match=r"uptake of health_walks would be 2\.7 .*at most 1"):
        read(file, known, area)
