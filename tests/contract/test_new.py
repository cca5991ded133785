"""`icsim new`: a sound, commented scenario from options or from questions, and no file where something is wrong."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

import icsim
from icsim import api, cli
from icsim.catalogue import load
from icsim.cli import questions
from icsim.errors import DraftError, NotFoundError
from icsim.scenario.models import Programme, ScenarioFile, Service

pytestmark = pytest.mark.contract

WORDS = ("--area", "testshire", "--title", "Two, and later", "--reason", 'The board\'s "ask"', "--years", "1")
CHANGES = ("--service", "falls_vehicles=2", "--open", "falls_vehicles=daily 07:00-22:00", "--programme",
           "social_prescribing=30", "--service", "crisis_cafes=2x")


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
        "5", "done", "y" * 5001, "Because"))
    assert done.exit_code == 0, done.output
    for words in ("Did you mean testshire?", "is there already", "Did you mean my_idea?", "1 to 200 characters",
                  "neither in the list nor a number", "a whole number between", "as it is in the baseline",
                  "Did you mean always?", "between 0 and 1,000,000", "number from 1 to 4", "1 to 5,000 characters"):
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
    done = new("--area", "wiltshire", answers=("", "", "1", "6", "", "", "3", "", "", "", ""))
    assert done.exit_code == 0, done.output
    lines = [line for line in done.stderr.splitlines() if line.startswith(" ")]
    assert len(lines) > 70
    assert max(map(len, lines)) <= 80
