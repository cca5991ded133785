"""The command line: exit codes, one object on stdout, no traceback for a user's mistake, help at once."""

import json
import subprocess
import sys
import time

import polars as pl
import pytest
import synthetic
from typer.testing import CliRunner

from icsim import api, cli
from icsim.errors import EngineError

pytestmark = pytest.mark.contract

HEAVY = ("numpy", "numba", "polars", "matplotlib", "scipy", "simpy", "icsim.scenario", "icsim.results")


def icsim(*words: str):
    return CliRunner().invoke(cli.app, list(words), catch_exceptions=True)


@pytest.fixture
def made_up(monkeypatch):
    """Commands that run, without running: results made up."""
    def run(resolved, progress=None, log=None, log_days=None, anyway=False):
        progress(0, 2, "getting ready")
        return synthetic.results(resolved.name, replications=2, years=1, places=("harlow",))

    def compare(base, *others, progress=None, log=None, log_days=None, anyway=False, **beside):
        progress(2, 2, "running")
        made = synthetic.comparison(replications=2, years=1, places=("harlow",))
        return synthetic.Comparison(synthetic.renamed(made.base, base.name),
                                    [synthetic.renamed(made.alternatives[0], other.name) for other in others])

    monkeypatch.setattr(api, "run", run)
    monkeypatch.setattr(api, "compare", compare)


@pytest.fixture
def faulty(tmp_path):
    file = tmp_path / "faulty.toml"
    file.write_text('schema = 1\ntitle = "x"\nextends = "baseline.tml"\n[run]\nyears = 99\n')
    return str(file)


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["compare", "-h"], ["--version"], ["check", "-h"],
                                   ["new", "--help"]])
def test_help_loads_nothing_heavy(words):
    """Typer itself loads pydantic to read the options of a command, but not for the help of icsim."""
    heavy = HEAVY if len(words) > 1 else (*HEAVY, "pydantic")
    code = ("import sys\nsys.argv = ['icsim', *sys.argv[1:]]\nfrom icsim.cli import main\n"
            "try:\n    main()\nexcept SystemExit as stop:\n    assert not stop.code, stop.code\n"
            f"print([name for name in {heavy} if name in sys.modules], file=sys.stderr)")
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert done.stdout


def test_help_appears_at_once():
    """The best of three, so that a busy machine does not fail it."""
    def seconds():
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "icsim", "--help"], capture_output=True, check=True)
        return time.perf_counter() - began
    assert min(seconds() for _ in range(3)) < 0.4


def test_every_command_has_an_example_and_fits_eighty_columns():
    for command in ("run", "compare", "life", "residents", "explain", "check", "catalogue", "new"):
        text = icsim(command, "--help").stdout
        assert f"icsim {command}" in text.split("Example", 1)[1]
        assert max(map(len, text.splitlines())) <= 80


def test_the_list_of_commands_cuts_no_sentence():
    assert "..." not in icsim("--help").stdout.split("Commands:")[1]


def test_version():
    assert icsim("--version").stdout.startswith("icsim 0.")


@pytest.mark.parametrize("words", [["run"], ["run", "--nonsense"], ["dance"], ["run", "baseline", "--years", "many"],
                                   ["compare", "baseline"], ["run", "baseline", "--engine", "steam"]])
def test_wrong_usage_is_2(words):
    assert icsim(*words).exit_code == 2


@pytest.mark.parametrize("words", [["run", "no_such_scenario"], ["run", "missing.toml"], ["explain", "missing.toml"],
                                   ["check", "missing.toml"], ["compare", "baseline", "missing.toml"],
                                   ["run", "testshire/baseline", "--years", "99"],
                                   ["run", "testshire/baseline", "--replications", "2", "--log", "2"],
                                   ["run", "testshire/baseline", "--years", "1", "--log", "0", "--log-days", "366"]])
def test_a_mistake_is_2_without_a_traceback(words, tmp_path):
    done = icsim(*words, *(["--out", str(tmp_path / "out")] if words[0] in ("run", "compare") else []))
    assert done.exit_code == 2, done.output
    assert "problem" in done.stderr
    assert "Traceback" not in done.output
    assert list(tmp_path.iterdir()) == []


def test_a_mistake_is_an_object_where_one_was_asked_for(faulty):
    done = icsim("run", faulty, "--json")
    assert done.exit_code == 2
    problems = json.loads(done.stdout)["error"]["problems"]
    assert {"where", "line", "message", "value"} == set(problems[0])
    assert any("years" in problem["where"] for problem in problems)


@pytest.mark.parametrize(("words", "answer"), [
    (["no_such_name"], "no_such_name is not in the catalogue."),
    (["fals"], "fals is not in the catalogue. Did you mean falls?"),
    (["--area", "atlantis"], "atlantis is not an area that icsim knows: hertfordshire-west-essex, testshire, wiltshire."),
])
def test_a_look_up_that_finds_nothing_is_told_as_one(words, answer):
    done = icsim("catalogue", *words)
    assert done.exit_code == 2
    assert done.stderr.strip() == answer


def test_scenarios_of_two_areas_are_told_apart_with_what_to_type():
    done = icsim("compare", "baseline", "testshire/falls_vehicles")
    assert done.exit_code == 2
    assert "1 problem" in done.stderr
    assert "testshire/baseline testshire/falls_vehicles" in done.stderr


def test_nearest_names_are_suggested():
    assert "Did you mean baseline?" in icsim("explain", "basline").stderr
    assert "Did you mean falls_vehicles?" in icsim("catalogue", "fals_vehicles").stderr


def test_run_prints_a_page_and_writes_a_folder(made_up, tmp_path):
    done = icsim("run", "testshire/baseline", "--out", str(tmp_path))
    assert done.exit_code == 0, done.output
    assert "WHAT HAPPENS" in done.stdout
    assert (tmp_path / "baseline" / "page.txt").read_text() == done.stdout.removesuffix("\n")
    assert (tmp_path / "baseline" / "charts" / "waits.png").exists()
    assert "getting ready" in done.stderr


def test_a_log_of_a_replication_is_written_for_other_tools(tmp_path):
    done = icsim("run", "testshire/baseline", "--years", "1", "--replications", "1", "--log", "0", "--log-days", "2",
                 "--no-charts", "--out", str(tmp_path))
    assert done.exit_code == 0, done.output
    assert "the event log" in " ".join(done.stdout.split())
    for name in ("events.parquet", "events.csv", "events_mining.csv"):
        assert (tmp_path / "baseline" / name).stat().st_size > 0


def test_a_comparison_has_a_log_of_each_scenario(tmp_path):
    """The same luck: the log of the baseline is that of its own run, and residents have the same keys in both."""
    options = ("--years", "1", "--replications", "2", "--log", "1", "--log-days", "90", "--no-charts", "--out",
               str(tmp_path))
    done = icsim("compare", "testshire/baseline", "testshire/falls_vehicles", *options)
    assert done.exit_code == 0, done.output
    assert "the event log" in " ".join(done.stdout.split())
    assert icsim("run", "testshire/baseline", *options).exit_code == 0
    logs = {}
    for name in ("baseline", "falls_vehicles"):
        folder = tmp_path / "baseline-falls_vehicles" / "events" / name
        assert sorted(file.name for file in folder.iterdir()) == ["events.csv", "events.parquet", "events_mining.csv"]
        logs[name] = pl.read_parquet(folder / "events.parquet")
    assert logs["baseline"].equals(pl.read_parquet(tmp_path / "baseline" / "events.parquet"))
    assert not logs["baseline"].equals(logs["falls_vehicles"])
    one, other = (set(log["resident"].drop_nulls()) for log in logs.values())
    assert len(one & other) > 0.9 * len(one)


@pytest.mark.parametrize("options", [("--log", "2"), ("--log", "0", "--log-days", "366")])
def test_a_comparison_refuses_a_log_that_it_cannot_have(options, tmp_path):
    done = icsim("compare", "testshire/baseline", "testshire/falls_vehicles", "--years", "1", "--replications", "2",
                 "--out", str(tmp_path), *options)
    assert done.exit_code == 2
    assert "log" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_is_printed_to_type_next_repeats_what_was_typed(monkeypatch):
    """Another seed, length or replication is another life, perhaps of nobody."""
    found = pl.DataFrame({"key": ["ab"], "age": [80], "sex": ["female"], "quintile": [1], "place": ["harlow"],
                          "differs": ["living | died"]})
    monkeypatch.setattr(api, "differing", lambda *_, **__: found)
    pair = ("testshire/baseline", "testshire/falls_vehicles")
    plain = icsim("life", "--find", *pair).stdout
    told = icsim("life", "--find", *pair, "--years", "1", "--seed", "7", "--replication", "1").stdout
    assert plain.endswith(f"  icsim life ab {' '.join(pair)}\n")
    assert told.endswith(f"  icsim life ab {' '.join(pair)} --replication 1 --seed 7 --years 1\n")


def test_json_is_exactly_one_object(made_up, tmp_path):
    done = icsim("compare", "testshire/baseline", "testshire/falls_vehicles", "--json", "--out", str(tmp_path),
                 "--no-charts")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout, parse_constant=lambda name: pytest.fail(name))
    assert found["command"] == "compare"
    assert found["results"][0]["name"] == "baseline-falls_vehicles"
    assert not (tmp_path / "baseline-falls_vehicles" / "charts").exists()


def test_results_that_cannot_be_written_are_refused_before_the_run(monkeypatch, tmp_path):
    monkeypatch.setattr(api, "run", lambda *_, **__: pytest.fail("ran"))
    (tmp_path / "file").write_text("in the way")
    done = icsim("run", "testshire/baseline", "--out", str(tmp_path / "file"))
    assert done.exit_code == 2
    assert "cannot be written" in done.stderr
    assert (tmp_path / "file").read_text() == "in the way"


def test_the_page_survives_a_disk_that_fills_during_the_run(made_up, monkeypatch, tmp_path):
    from icsim import results

    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(results, "_write_file", full)
    done = icsim("run", "testshire/baseline", "--out", str(tmp_path))
    assert done.exit_code == 2
    assert "WHAT HAPPENS" in done.stdout
    assert "no space left on device" in done.stderr
    assert "nothing was run" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_is_130_and_leaves_nothing(monkeypatch, tmp_path):
    def interrupted(*_, **__):
        raise KeyboardInterrupt
    monkeypatch.setattr(api, "run", interrupted)
    done = icsim("run", "testshire/baseline", "--out", str(tmp_path))
    assert done.exit_code == 130
    assert list(tmp_path.iterdir()) == []


def test_our_own_fault_is_1(monkeypatch, tmp_path):
    def broken(*_, **__):
        raise EngineError("resident 7 acted after death")
    monkeypatch.setattr(api, "run", broken)
    done = icsim("run", "testshire/baseline", "--out", str(tmp_path))
    assert done.exit_code == 1
    assert isinstance(done.exception, EngineError)


def test_explain_and_check_as_text_and_object():
    assert "residents of" in icsim("explain", "testshire/baseline").stdout
    explained = json.loads(icsim("explain", "testshire/baseline", "--json").stdout)
    assert explained["scenario"]["name"] == "baseline"
    assert icsim("check", "testshire/baseline").stdout == "testshire/baseline: sound\n"


def test_explain_lists_every_assumption_if_asked():
    short, whole = icsim("explain", "testshire/baseline").stdout, icsim("explain", "--all", "testshire/baseline").stdout
    assert whole.startswith(short.rstrip("\n").split("Worth a look")[0].rstrip())
    for line in ("catchment.ambulances.*.ambulances = 1 (1 to 1) share", "source: "):
        assert line in whole
        assert line not in short
    assert max(map(len, whole.splitlines())) <= 80


def test_check_tells_about_every_file(faulty):
    done = icsim("check", "testshire/baseline", faulty, "--json")
    assert done.exit_code == 2
    assert [each["sound"] for each in json.loads(done.stdout)["scenarios"]] == [True, False]


def test_the_catalogue_lists_and_tells_with_sources():
    listed = icsim("catalogue").stdout
    assert "SERVICES" in listed
    assert "falls_vehicles" in listed
    page = icsim("catalogue", "falls_vehicles").stdout
    for words in ("STEPS", "BRANCHES", "QUANTITIES", "POOLS", "SOURCES", "assumed"):
        assert words in page
    assert max(map(len, page.splitlines())) <= 80 or "http" in max(page.splitlines(), key=len)
    assert "PREVALENCE" in icsim("catalogue", "frailty").stdout
    group = icsim("catalogue", "paramedics").stdout
    assert all(part in group for part in ("STAFF NEEDS", "STAFFING", "staffing.paramedics.join"))
    entry = json.loads(icsim("catalogue", "frailty", "--json").stdout)["entry"]
    assert entry["name"] == "frailty"
    assert entry["sources"]


def test_the_catalogue_tells_of_each_system_what_it_is_who_pays_and_what_is_known():
    listed = " ".join(icsim("catalogue").stdout.split())
    tobacco = "19 tobacco: Tobacco (programme, measure; paid by public health). Effect: stop_smoking: smoking current →"
    assert tobacco in listed
    assert "paid by public health). Effect: none is assumed." in listed
    assert "Workforce supply and recruitment (enabler). Effect: what its scenario changes." in listed
    page = icsim("catalogue", "tobacco").stdout
    for part in ("Tobacco (system 19)", "WHO PAYS", "UNIT COSTS", "EFFECTS", "STRENGTH OF THE EVIDENCE", "NOT IN THE MODEL",
                 "systems/tobacco"):
        assert part in page
    found = json.loads(icsim("catalogue", "--json").stdout)["list"]["systems"]
    assert [row["number"] for row in found] == list(range(1, 51))
    programme = icsim("catalogue", "stop_smoking").stdout
    for part in ("STAGES", "PROGRAMME MOVES", "UNIT COSTS", "elons_2016"):
        assert part in programme
