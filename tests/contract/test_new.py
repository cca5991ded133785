"""`icsim new`: a sound, commented scenario from options or from questions, and no file where something is wrong."""

import json
import re
import tomllib
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

import icsim
from icsim import api, cli
from icsim.catalogue import load
from icsim.cli import questions
from icsim.cli.typed import pounds_typed
from icsim.errors import DraftError, NotFoundError
from icsim.scenario.commented_shift import lines_of
from icsim.scenario.models import Programme, ScenarioFile, Service, Shift

pytestmark = pytest.mark.contract

WORDS = ("--area", "testshire", "--title", "Two, and later", "--reason", 'The board\'s "ask"', "--years", "1")
CHANGES = ("--service", "falls_vehicles=2", "--open", "falls_vehicles=daily 07:00-22:00", "--programme",
           "social_prescribing=30", "--service", "crisis_cafes=2x")
MOVED = "700,000 from care_homes to falls_vehicles 50%, stop_smoking 50%"
SHIFT = {"from": "care_homes", "to": {"falls_vehicles": 0.5, "stop_smoking": 0.5}, "amount_gbp_per_year": 700_000}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def terminal(folder, monkeypatch):
    """The same, with somebody to ask."""
    monkeypatch.setattr(questions, "at_a_terminal", lambda: True)
    return folder


def new(*words: str, answers: tuple[str, ...] = ()):
    typed = "".join(f"{answer}\n" for answer in answers)
    return CliRunner().invoke(cli.app, ["new", *words], input=typed, catch_exceptions=False)


def draft(**changes):
    return icsim.new("wards", "testshire", **(changes or {"services": {"falls_vehicles": {"number": 2}}}))


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- from options -----------------------------------------------------------------------------------------------------


def test_options_make_a_sound_file_that_says_only_what_is_different(folder):
    done = new("later", *WORDS, *CHANGES)
    assert done.exit_code == 0, done.output
    why = 'The board\'s "ask"'
    assert tomllib.loads((folder / "later.toml").read_text()) == {
        "schema": 1, "title": "Two, and later", "extends": "testshire/baseline", "run": {"years": 1},
        "services": {"falls_vehicles": {"number": 2, "open": "daily 07:00-22:00", "reason": why},
                     "crisis_cafes": {"multiply": 2, "reason": why}},
        "programmes": {"social_prescribing": {"places": 30, "reason": why}}}
    assert left(folder) == ["later.toml"]
    assert api.check("later.toml") == ()


def test_what_is_printed_and_written_to_type_next_can_be_typed(folder):
    printed = new("later", *WORDS, *CHANGES).stdout.splitlines()
    commands = [line.strip() for line in printed if line.startswith("  icsim")]
    written = [line.removeprefix("#   ") for line in (folder / "later.toml").read_text().splitlines()
               if line.startswith("#   icsim")]
    assert written == commands
    assert [line.split()[1] for line in commands] == ["check", "explain", "run", "compare"]
    for line in commands[:2]:
        assert CliRunner().invoke(cli.app, line.split()[1:]).exit_code == 0
    base, other, option, years = commands[3].split()[2:]
    assert option == "--years"
    api.check_pairs([api.resolve(each, years=int(years)) for each in (base, other)])


def test_every_number_has_its_unit_and_the_baseline_beside_it():
    lines = draft(years=1, services={"falls_vehicles": {"number": 2, "open": "always"}, "crisis_cafes": {"multiply": 2},
                                     "eastmere_cafe": {"number": 6}},
                  programmes={"social_prescribing": {"places": 30}}).splitlines()
    for line in ("years = 1   # years: the baseline has 2", "number = 2   # vehicles: the baseline has 1",
                 'open = "always"   # the baseline has daily 07:00-19:00',
                 "multiply = 2   # times the number before: the baseline has 3 seats in all",
                 "number = 6   # seats: the baseline has 3", "places = 30   # people a month: the baseline has 0"):
        assert line in lines


def test_comments_are_the_words_of_the_catalogue_and_the_models():
    text = draft(services={"falls_vehicles": {"number": 2}}, programmes={"social_prescribing": {"places": 30}})
    said = " ".join(text.replace("\n# ", " ").split())
    service = next(row for row in load().services if row.service == "falls_vehicles")
    programme = next(row for row in load().programmes if row.programme == "social_prescribing")
    for words in (service.label, service.note, programme.label, programme.meaning, programme.eligible, programme.evidence,
                  Service.model_fields["number"].description, Programme.model_fields["places"].description,
                  ScenarioFile.model_fields["extends"].description, "1 vehicle (assumed), daily 07:00-19:00"):
        assert " ".join(words.split()) in said


def test_capacity_that_grows_is_said_only_where_it_does():
    area = api.read("wiltshire/baseline").area
    grows = {row.service for row in area.capacity}
    assert "hospital_beds" in grows
    assert "place_of_safety" not in grows
    for service in ("hospital_beds", "place_of_safety"):
        text = icsim.new("wards", "wiltshire", services={service: {"multiply": 2}})
        assert ("From April 2026 capacity grows" in text) is (service in grows)


def test_a_title_is_made_of_the_changes():
    made = tomllib.loads(draft(services={"falls_vehicles": {"number": 2, "open": "always"},
                                         "crisis_cafes": {"multiply": 2}}))
    assert made["title"] == "Falls vehicles: 2, open always; Crisis cafés: 2 times as many"
    services = [row.service for row in api.read("testshire/baseline").catalogue.services]
    many = tomllib.loads(draft(services={service: {"multiply": 3} for service in services}))
    assert len(many["title"]) == 200


def test_a_service_of_several_pools_takes_a_factor_or_one_pool(folder):
    refused = new("beds", "--area", "wiltshire", "--service", "hospital_beds=300")
    assert refused.exit_code == 2
    assert "hospital_beds=1.1x" in refused.stderr
    assert "bath_beds, salisbury_district_beds or great_western_beds" in refused.stderr
    assert left(folder) == []
    assert new("beds", "--area", "wiltshire", "--service", "hospital_beds=1.1x").exit_code == 0
    assert new("one", "--area", "wiltshire", "--service", "bath_beds=300").exit_code == 0
    made = [tomllib.loads((folder / f"{name}.toml").read_text()) for name in ("beds", "one")]
    assert made[0]["services"]["hospital_beds"]["multiply"] == 1.1
    assert made[1]["pools"]["bath_beds"]["number"] == 300


@pytest.mark.parametrize(("words", "told"), [
    (["x", "--service", "falls_vehicels=2"], ["Did you mean falls_vehicles?", "Known: ambulances, ", "virtual_wards."]),
    (["x", "--service", "eastmere_caffe=2"], ["Did you mean eastmere_cafe?"]),
    (["x", "--open", "ambulance=always"], ["Did you mean ambulances?"]),
    (["x", "--programme", "social_perscribing=2"], ["Did you mean social_prescribing?", "weight_programme."]),
    (["x", "--service", "social_prescribing=2"], ["is a programme, not a service."]),
    (["x", "--programme", "falls_vehicles=2"], ["is a service, not a programme."]),
    (["x", "--service", "falls_vehicles=eight"], ["whole number between 0 and 100,000", "baseline value is 1."]),
    (["x", "--service", "falls_vehicles=-1"], ["between 0 and 100,000"]),
    (["x", "--service", "falls_vehicles=2.5"], ["whole number"]),
    (["x", "--service", "crisis_cafes=1.1.1x"], ["a number between 0 and 1,000"]),
    (["x", "--programme", "social_prescribing=nan"], ["a number between 0 and 1,000,000"]),
    (["x", "--open", "falls_vehicles=allways"], ["Did you mean always?"]),
    (["x", "--service", "falls_vehicles=2", "--years", "99"], ["between 1 and 30 (years)"]),
    (["x", "--service", "falls_vehicles=2", "--title", "x" * 201], ["1 to 200 characters"]),
    (["x", "--service", "falls_vehicles=2", "--title", "x\n[run]\nyears = 3"], ["without control characters"]),
    (["x", "--service", "falls_vehicles=1"], ["as it is in the baseline"]),
    (["x", "--service", "falls_vehicles=2", "--open", "ambulances=always"], ["ambulances\n", "as it is in the baseline"]),
    (["x", "--service", "falls_vehicles"], ["--service falls_vehicles", "NAME=NUMBER"]),
    (["x", "--service", "=2"], ["NAME=NUMBER"]),
    (["x", "--service", "falls_vehicles=2", "--service", "falls_vehicles=3x"], ["is given twice"]),
    (["x", "--shift", "two from hospital_beds to stop_smoking"], ["--shift two from", "AMOUNT from LINE"]),
    (["x", "--shift", "1,5m from hospital_beds to stop_smoking"], ["falls_vehicles 50%, stop_smoking 50%"]),
    (["x", "--shift", "9m hospital_beds", "--shift", "8m"], ["icsim new: 2 problems", "--shift 9m", "--shift 8m"]),
    (["x", "--shift", "1m from hospital_beds to stop_smoking 50"], ["names and shares, as in"]),
    (["x", "--shift", "1m from hospital_beds to stop_smoking 50%, falls_vehicles"], ["to some who receive and none"]),
    (["x", "--shift", "1m from hospital_beds to stop_smoking, stop_smoking"], ["names a receiver twice"]),
    (["x", "--shift", "1m from hospital_bed to stop_smokin"], ["Did you mean hospital_beds?", "Did you mean stop_smoking?"]),
    (["x", "--shift", "1m from hospital_beds to hospital_beds"], ["from which the money comes"]),
    (["x", "--shift", "1m from hospital_beds to stop_smoking 60%"], ["add up to 0.6", "£400,000 a year would have no"]),
    (["x", "--shift", "2m from hospital_beds to stop_smoking"], ["more than hospital_beds can give", "steps of 28 beds"]),
    (["x", "--shift", "0 from hospital_beds to stop_smoking"], ["(pounds a year)"]),
    (["x", "--shift", "1m from virtual_wards to stop_smoking"], ["nothing that can leave"]),
    (["x", "--shift", "1m from hospital_beds to stop_smoking", "--shift", "900k from hospital_beds to falls_clinic"],
     ["shift[2].from", "overlaps another shift"]),
    (["../x", "--service", "falls_vehicles=2"], ["without a folder. Did you mean x?"]),
    (["my idea", "--service", "falls_vehicles=2"], ["Did you mean my_idea?"]),
    (["y" * 65, "--service", "falls_vehicles=2"], ["1 to 64"]),
    (["baseline", "--service", "falls_vehicles=2"], ["choose another"]),
])
def test_a_mistake_is_2_with_a_remedy_and_nothing_is_written(words, told, folder):
    done = new(*words, "--area", "testshire")
    assert done.exit_code == 2, done.output
    assert "nothing was written" in done.stderr
    assert not re.search(r"^line \d", done.stderr, re.MULTILINE), "of a file that is not there"
    for part in told:
        assert part in done.stderr
    assert left(folder) == []


def test_an_area_that_is_not_known(folder):
    done = new("x", "--area", "wiltshir", "--service", "falls_vehicles=2")
    assert done.exit_code == 2
    assert "testshire, wiltshire. Did you mean wiltshire?" in done.stderr


def test_all_mistakes_are_told_at_once():
    with pytest.raises(DraftError) as found:
        draft(years=0, services={"falls_vehicles": {"number": -1, "nmber": 3}})
    assert [problem.where for problem in found.value.problems] == [
        "run.years", "services.falls_vehicles.number", "services.falls_vehicles.nmber"]


@pytest.mark.parametrize("words", [[], ["x"], ["--service", "falls_vehicles=2"], ["x", "--title", "x", "--years", "2"]])
def test_nobody_is_asked_where_nobody_can_answer(words, folder):
    """What is typed into a pipe is no answer: the questions may change."""
    done = new(*words, answers=("",) * 20)
    assert done.exit_code == 2
    assert "missing" in done.stderr
    assert ("NAME" in done.stderr) is ("x" not in words)
    assert ("--programme" in done.stderr) is ("--service" not in words)
    assert "[" not in done.output
    assert left(folder) == []


def test_a_file_that_is_there_stays_as_it_is(folder):
    (folder / "mine.toml").write_text("my work")
    (folder / "link.toml").symlink_to("nowhere")
    for name in ("mine", "mine.toml", "link"):
        done = new(name, "--service", "falls_vehicles=8")
        assert done.exit_code == 2
        assert "there already" in done.stderr
        assert "--out FOLDER" in done.stderr
    assert (folder / "mine.toml").read_text() == "my work"
    assert left(folder) == ["link.toml", "mine.toml"]


def test_a_folder_is_made_and_one_that_cannot_be_is_told(folder):
    assert new("x", "--service", "falls_vehicles=8", "--out", "my ideas/first").exit_code == 0
    assert left(folder / "my ideas" / "first") == ["x.toml"]
    done = new("x", "--service", "falls_vehicles=8", "--out", "my ideas/first/x.toml")
    assert done.exit_code == 2
    assert "cannot be written to" in done.stderr


def test_a_full_disk_leaves_no_half_of_a_file(folder, monkeypatch):
    opened = Path.open

    def full(path, mode="r", *more, **options):
        file = opened(path, mode, *more, **options)
        if mode == "x":
            def write(_):
                raise OSError(28, "No space left on device")
            file.write = write
        return file

    monkeypatch.setattr(Path, "open", full)
    done = new("x", "--service", "falls_vehicles=8")
    assert done.exit_code == 2
    assert "no space left on device" in done.stderr
    assert left(folder) == []


def test_json_is_exactly_one_object(folder):
    found = json.loads(new("x", "--area", "testshire", "--service", "falls_vehicles=2", "--json", "--out", "a b").stdout)
    assert found == {"command": "new", "file": "a b/x.toml", "next": [
        "icsim check 'a b/x.toml'", "icsim explain 'a b/x.toml'", "icsim run 'a b/x.toml'",
        "icsim compare testshire/baseline 'a b/x.toml'"]}
    error = json.loads(new("x", "--service", "falls_vehicles=eight", "--json").stdout)["error"]
    assert error["source"] == "x.toml"
    assert error["problems"][0]["where"] == "services.falls_vehicles.number"


def test_python_gives_the_same_text_and_writes_nothing(folder):
    new("x", "--area", "testshire", "--service", "falls_vehicles=2")
    assert icsim.new("x", "testshire", services={"falls_vehicles": {"number": 2}}) == (folder / "x.toml").read_text()
    assert left(folder) == ["x.toml"]
    with pytest.raises(NotFoundError):
        icsim.new("x", "atlantis")


def test_a_change_may_have_a_reason_of_its_own():
    text = draft(reason="All", services={"falls_vehicles": {"number": 2, "reason": "This"}, "crisis_cafes": {"multiply": 2}})
    services = tomllib.loads(text)["services"]
    assert [each["reason"] for each in services.values()] == ["This", "All"]


# --- money that moves -------------------------------------------------------------------------------------------------


def moved(folder: Path, *words: str, area: str = "testshire") -> list[dict]:
    """The shifts of the file that these words make."""
    done = new("x", "--area", area, *words)
    assert done.exit_code == 0, done.output
    text = (folder / "x.toml").read_text()
    (folder / "x.toml").unlink()
    return tomllib.loads(text)["shift"]


def shift(**changes) -> str:
    return draft(shifts=[{**SHIFT, **changes}])


def test_money_that_moves_is_typed_as_people_say_it(folder):
    why = "A question to the model, not a plan"
    assert moved(folder, "--shift", MOVED) == [
        {**SHIFT, "start": date(2026, 4, 1), "ramp": "linear 3 years", "reason": why}]
    twice = moved(folder, "--shift", MOVED, "--shift", "£300k a year FROM home_care TO falls_clinic and flu_jab, telecare")
    assert [each["from"] for each in twice] == ["care_homes", "home_care"]
    assert twice[1]["to"] == dict.fromkeys(("falls_clinic", "flu_jab", "telecare"), 1 / 3)
    new("x", "--area", "testshire", "--shift", MOVED)
    assert (folder / "x.toml").read_text() == icsim.new("x", "testshire", shifts=[SHIFT])
    assert {problem.where for problem in api.check("x.toml")} <= {"shift[1].to", "shift[1].ramp"}, "sound, with warnings"


@pytest.mark.parametrize("text", ["1200000", "£1200000", "1,200,000", "1_200_000", "1.2m", "1.2 million", "£ 1.2M", "1200k",
                                  "1,200 thousand", "1200000.00", "£1.2 million a year"])
def test_amounts_as_people_write_them(text):
    assert repr(pounds_typed(text)) == "1200000"


@pytest.mark.parametrize("text", ["1,2m", "1,20,000", "twelve", "-1", "", "12 mm", "1.2.3", "€5", "9" * 5000])
def test_what_is_no_amount_stays_what_it_is(text):
    assert pounds_typed(text) == text


def test_a_shift_begins_after_a_year_that_both_runs_share(folder):
    starts = [moved(folder, "--shift", MOVED, *words)[0]["start"] for words in ([], ["--years", "1"], ["--years", "3"])]
    assert starts == [date(2026, 4, 1), date(2025, 4, 1), date(2026, 4, 1)]
    told = tomllib.loads(shift(start=date(2025, 10, 1), ramp="step", reason="This"))["shift"][0]
    assert (told["start"], told["ramp"], told["reason"]) == (date(2025, 10, 1), "step", "This")


def test_a_shift_is_told_with_what_its_lines_hold_and_cost():
    text = " ".join(shift(to={"falls_vehicles": 0.5, "eastmere_cafe": 0.25, "risk_list": 0.125, "prevention_fund": 0.125})
                    .replace("\n# ", " ").split())
    for words in ("From Care homes, a service: in the baseline it holds £4.70 million a year, of which £3.29 million can "
                  "leave, in steps of 20 places (£658,500 each). Each step closes after 6 months of notice.",
                  "To Falls vehicles: one vehicle costs £529,980 a year.", "one place costs £0.24.",
                  "To Eastmere crisis café: one seat costs £50,100 a year.",
                  "To Prevention fund: a fund; what it pays for is not in the model.",
                  "700000 # pounds a year: £700,000", *(Shift.model_fields[name].description for name in (
                      "from_", "to", "amount_gbp_per_year", "start", "ramp", "reason"))):
        assert words in text
    fund = draft(shifts=[{**SHIFT, "from": "prevention_fund"}])
    assert "From Prevention fund, a fund: in the baseline it holds £2.00 million a year.\n" in fund


def test_every_further_field_can_be_used_by_taking_its_sign_away(folder):
    further = re.compile(r"^# (?=(close_when|backfill|double_running|double_running_from) = )", re.MULTILINE)
    assert further.findall(shift()) == ["close_when", "backfill", "double_running", "double_running_from"]
    (folder / "x.toml").write_text(further.sub("", shift()))
    used = api.resolve("x.toml").plan.shifts[0]
    assert (used.close_when.months, used.backfill, used.double_running_months) == (3, False, 12)
    assert further.findall(shift(backfill=False)) == ["close_when", "double_running", "double_running_from"]
    assert further.findall(draft(shifts=[{**SHIFT, "from": "prevention_fund"}])) == [], "no servers close, no fund is left"
    whose = icsim.new("x", shifts=[{**SHIFT, "amount_gbp_per_year": 2_000_000}])
    assert '\n# double_running_from = "transformation_fund"\n' in whose, "the prevention fund there has too little"


def test_a_title_is_made_of_the_money_that_moves():
    title = tomllib.loads(draft(services={"crisis_cafes": {"multiply": 2}}, shifts=[SHIFT]))["title"]
    assert title == ("Crisis cafés: 2 times as many; "
                     "£700,000 a year from Care homes to Falls vehicles, Stop smoking service")
    for amount, words in ((2_000_000, "£2 million"), (2_500_000, "£2.5 million"), (450_000.0, "£450,000")):
        made = tomllib.loads(shift(amount_gbp_per_year=amount, to={"eastmere_cafe": 1.0}))
        assert made["title"] == f"{words} a year from Care homes to Eastmere crisis café"


def test_a_shift_of_the_wrong_kinds_is_told_field_by_field():
    with pytest.raises(DraftError) as found:
        draft(shifts=[{"from": ["x"], "to": "y", "amount_gbp_per_year": "eight", "start": 3}, {"rmp": "step"}])
    assert [problem.where for problem in found.value.problems] == [
        "shift[1].from", "shift[1].to", "shift[1].amount_gbp_per_year", "shift[1].start",
        "shift[2].to", "shift[2].amount_gbp_per_year", "shift[2]", "shift[2].rmp"]


# --- from questions ---------------------------------------------------------------------------------------------------


def test_enter_alone_makes_a_sound_file(terminal):
    done = new(answers=("",) * 8)
    assert done.exit_code == 0, done.output
    made = tomllib.loads((terminal / "my_scenario.toml").read_text())
    assert made["extends"] == f"{api.DEFAULT_AREA}/baseline"
    assert made["title"] == "Falls vehicles: 5"
    assert made["services"]["falls_vehicles"] == {"number": 5, "reason": "A question to the model, not a plan"}
    assert api.check("my_scenario.toml") == ()
    new(answers=("",) * 8)
    assert left(terminal) == ["my_scenario.toml", "my_scenario_2.toml"]


def test_questions_lead_to_every_kind_of_change_and_answers_are_checked_one_by_one(terminal):
    (terminal / "mine.toml").write_text("my work")
    done = new(answers=(
        "testshir", "testshire", "mine", "my idea", "idea.toml", "x" * 201, "Mine",
        "1", "falls", "falls_vehicles", "eight", "1", "3",
        "hours", "1", "allways", "daily 07:00-22:00",
        "places", "social_prescribing", "-1", "30",
        "servers", "crisis_cafes", "eastmere_cafe", "6",
        "6", "done", "y" * 5001, "Because"))
    assert done.exit_code == 0, done.output
    for words in ("Did you mean testshire?", "is there already", "Did you mean my_idea?", "1 to 200 characters",
                  "neither in the list nor a number", "a whole number between", "as it is in the baseline",
                  "Did you mean always?", "between 0 and 1,000,000", "number from 1 to 5", "1 to 5,000 characters"):
        assert words in done.stderr
    made = tomllib.loads((terminal / "idea.toml").read_text())
    assert made["title"] == "Mine"
    assert made["services"] == {"falls_vehicles": {"number": 3, "open": "daily 07:00-22:00", "reason": "Because"}}
    assert made["programmes"] == {"social_prescribing": {"places": 30, "reason": "Because"}}
    assert made["pools"] == {"eastmere_cafe": {"number": 6, "reason": "Because"}}
    assert (terminal / "mine.toml").read_text() == "my work"


def test_a_default_is_never_one_that_changes_nothing(terminal):
    """A tenth more of three seats is three seats, and a place that cannot be is not offered."""
    done = new("x", "--area", "testshire", answers=("", "servers", "crisis_cafes", "all", "", "", ""))
    assert done.exit_code == 0, done.output
    assert "[2.0]" in done.stderr
    assert "eastmere_cafe" in done.stderr
    assert "cafe_out_of_reach" not in done.stderr
    assert tomllib.loads((terminal / "x.toml").read_text())["services"]["crisis_cafes"]["multiply"] == 2.0
    new("y", "--area", "testshire", answers=("", "hours", "ambulances", "", "", ""))
    assert tomllib.loads((terminal / "y.toml").read_text())["services"]["ambulances"]["open"] == "daily 08:00-20:00"


def test_what_cannot_be_multiplied_is_asked_place_by_place(terminal):
    done = new("x", "--area", "wiltshire", answers=("", "servers", "crisis_cafes", "", "", "", ""))
    assert done.exit_code == 0, done.output
    assert "by a factor" not in done.stderr
    assert tomllib.loads((terminal / "x.toml").read_text())["pools"]["cafe_salisbury"]["number"] == 1


def test_the_later_answer_about_the_same_thing_counts(terminal):
    done = new("x", "--area", "testshire",
               answers=("", "servers", "falls_vehicles", "2", "servers", "falls_vehicles", "3x", "", ""))
    assert done.exit_code == 0, done.output
    assert tomllib.loads((terminal / "x.toml").read_text())["services"]["falls_vehicles"]["multiply"] == 3


def test_only_what_was_not_typed_is_asked(terminal):
    done = new("--area", "testshire", "--title", "T", "--reason", "R", "--service", "falls_vehicles=2", answers=("typed",))
    assert done.exit_code == 0, done.output
    assert done.stderr.count("[") == 2, "the name, and the words about Enter"
    assert tomllib.loads((terminal / "typed.toml").read_text())["title"] == "T"
    assert new("all", "--service", "falls_vehicles=8").stderr == "", "nothing is missing, so nothing is asked"


@pytest.mark.parametrize("words", [["--years", "0"], ["a/b"], ["baseline"], ["--title", "x" * 201],
                                   ["--area", "atlantis"],
                                   ["--area", "testshire", "--service", "falls_vehicles=eight"]])
def test_what_was_typed_wrong_is_told_before_any_question(words, terminal):
    done = new(*words, answers=("",) * 20)
    assert done.exit_code == 2
    assert "Number or name" not in done.stderr
    assert "Name of the file" not in done.stderr


def test_who_stops_answering_leaves_no_file(terminal):
    done = new(answers=("", "", ""))
    assert done.exit_code == 130
    assert left(terminal) == []


def test_questions_stay_out_of_the_object(terminal):
    done = new("--area", "testshire", "--json", answers=("",) * 7)
    assert json.loads(done.stdout)["file"] == "my_scenario.toml"


def test_lists_fit_eighty_columns(terminal):
    done = new("--area", "wiltshire", answers=("", "", "1", "6", "", "", "3", "", "", "4", "", "", "", "", "", ""))
    assert done.exit_code == 0, done.output
    lines = [line for line in done.stderr.splitlines() if line.startswith(" ")]
    assert len(lines) > 110
    assert max(map(len, lines)) <= 80


def test_money_is_asked_for_step_by_step(terminal):
    done = new("x", "--area", "testshire", answers=(
        "", "money", "hospital_bed", "hospital_beds", "2 million", "lots", "£1.9m",
        "falls_vehicels", "falls_vehicles 60%, stop_smoking 30%", "falls_vehicles 60", "discharges",
        "falls_vehicles 60%, stop_smoking 40%", "linear", "step", "", ""))
    assert done.exit_code == 0, done.output
    for words in ("Did you mean hospital_beds?", "in steps of 28 beds", "takes more than hospital_beds can give",
                  "(pounds a year)", "Did you mean falls_vehicles?", "add up to 0.9", "names and shares, as in",
                  "can receive nothing", "linear, front-loaded and back-loaded"):
        assert words in done.stderr
    offered = done.stderr.split("Who can receive it:")[1].split("Who receives it?")[0]
    assert "care_homes" in offered
    assert "hospital_beds" not in offered
    assert "discharges" not in offered
    assert tomllib.loads((terminal / "x.toml").read_text())["shift"] == [
        {"from": "hospital_beds", "to": {"falls_vehicles": 0.6, "stop_smoking": 0.4}, "amount_gbp_per_year": 1_900_000,
         "start": date(2026, 4, 1), "ramp": "step", "reason": "A question to the model, not a plan"}]


def test_who_gives_can_give_and_who_receives_can_receive(terminal):
    """Of what is offered, every line can be taken, with the amount, receiver and ramp that stand in brackets."""
    lines = lines_of(api.read("testshire/baseline"))
    can = [line.name for line in lines.values() if line.most_pence > 0]
    done = new("x", "--area", "testshire", answers=("", *("money", "1", "", "", "") * len(can), "money", "", ""))
    assert done.exit_code == 0, done.output
    shifts = tomllib.loads((terminal / "x.toml").read_text())["shift"]
    assert sorted(each["from"] for each in shifts) == sorted(can)
    assert "Nobody is left" in done.stderr
    for each in shifts:
        line, pence = lines[each["from"]], 100 * each["amount_gbp_per_year"]
        assert line.step_pence - 100 < pence <= line.most_pence or line.kind == "fund"
    assert next(each for each in shifts if each["from"] == "home_care")["amount_gbp_per_year"] == 15_000


def test_money_moves_from_what_other_answers_leave(terminal):
    """No beds, nothing to give; and once money moves, what it comes from must stay."""
    new("x", "--area", "testshire", answers=("", "servers", "hospital_beds", "10", "money", "", "", "", "", "", ""))
    assert tomllib.loads((terminal / "x.toml").read_text())["shift"][0]["from"] == "falls_vehicles"
    done = new("y", "--area", "testshire",
               answers=("", "money", "", "", "", "", "servers", "hospital_beds", "10", "40", "", ""))
    assert done.exit_code == 0, done.output
    assert "holds nothing that can leave" in done.stderr
    assert tomllib.loads((terminal / "y.toml").read_text())["services"]["hospital_beds"]["number"] == 40
