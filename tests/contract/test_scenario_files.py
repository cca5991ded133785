"""Every scenario file is either read, or refused with a message that helps; nothing else ever happens.

`scenarios/invalid/*.toml` carry the message they must get as comments that begin with `#!`; `scenarios/valid/*.toml`
the warnings, if any. A new check is a new file there. Files that cannot be kept as text are made here.
"""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path

import jsonschema
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from small_tables import small_area, small_catalogue

from icsim.errors import InputError, ScenarioError
from icsim.scenario import Scenario, read, resolve
from icsim.scenario.chain import LONGEST_CHAIN, SHIPPED
from icsim.scenario.lines import DEEPEST, key_lines
from icsim.scenario.parse import LARGEST
from icsim.scenario.schema import FILE, schema_json

pytestmark = pytest.mark.contract

CORPUS = Path(__file__).parent / "scenarios"
VALID, INVALID = sorted((CORPUS / "valid").glob("*.toml")), sorted((CORPUS / "invalid").glob("*.toml"))
HEAD = 'schema = 1\ntitle = "Made by a test"\n'
SOUND = f'{HEAD}extends = "testshire/baseline"\n'
CATALOGUE, AREA = small_catalogue(), small_area()


def small(path: Path) -> Scenario:
    return read(path, CATALOGUE, AREA)


def expected(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    return "\n".join(line.removeprefix("#!").removeprefix(" ") for line in lines if line.startswith("#!"))


def refusal(path: Path) -> str:
    """What the user reads after the name of the file; white space at the ends of lines does not count."""
    with pytest.raises(ScenarioError) as caught:
        small(path)
    return "\n".join(line.rstrip() for line in str(caught.value).removeprefix(f"{path}: ").splitlines())


def written(folder: Path, content: str | bytes, name: str = "made.toml") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def message_of(folder: Path, content: str | bytes) -> str:
    """The lines after "1 problem, nothing was run", for a file with this content."""
    text = refusal(written(folder, content))
    head, _, body = text.partition("\n\n")
    assert head == "1 problem, nothing was run"
    return body


# --- the corpus ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_an_invalid_file_gets_exactly_its_message(path):
    assert refusal(path) == expected(path)


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_a_valid_file_is_read_with_exactly_its_warnings(path):
    assert "\n".join(map(str, small(path).warnings)) == expected(path)


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_the_complete_form_says_the_same(path, tmp_path):
    first = resolve(small(path))
    again = resolve(small(written(tmp_path, first.to_toml())))
    assert again.content_hash() == first.content_hash()
    assert again.hashes() == first.hashes()
    assert again.differences == first.differences
    assert (again.title, again.description, again.reason, again.run) == (
        first.title, first.description, first.reason, first.run)
    assert again.to_toml() == first.to_toml()
    assert not [warning for warning in again.warnings if warning.where == "hashes"]


def test_the_corpus_is_large_enough_to_mean_something():
    assert len(INVALID) >= 60
    assert all(expected(path) for path in INVALID)


def test_a_mistake_is_the_users_and_not_ours():
    assert issubclass(ScenarioError, InputError)


# --- files that are no scenarios -------------------------------------------------------------------------------------


def test_no_file(tmp_path):
    assert "There is no such file." in refusal(tmp_path / "nothing.toml")


def test_no_file_but_one_with_nearly_that_name(tmp_path):
    written(tmp_path, SOUND, "falls_vehicles.toml")
    assert "There is no such file. Did you mean falls_vehicles.toml?" in refusal(tmp_path / "fals_vehicles.toml")


@pytest.mark.parametrize("name", ["a\0b.toml", "x" * 5000 + ".toml", "not/a/folder/x.toml", "", ".", "..",
                                  "\ud800.toml"])
def test_names_that_no_file_can_have(tmp_path, name):
    with pytest.raises(ScenarioError):
        small(tmp_path / name)


def test_a_folder(tmp_path):
    assert "is a folder; name a scenario file inside it." in refusal(tmp_path)


def test_a_pipe_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.toml")
    assert "is not an ordinary file." in refusal(tmp_path / "pipe.toml")


def test_a_file_without_permission(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    path = written(tmp_path, SOUND)
    monkeypatch.setattr(Path, "open", refuse)
    assert "may not be read by you (no permission)." in refusal(path)


def test_a_disk_that_fails(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise OSError(5, "Input/output error")

    path = written(tmp_path, SOUND)
    monkeypatch.setattr(Path, "open", fail)
    assert "cannot be read." in refusal(path)


@pytest.mark.parametrize(("content", "words"), [
    (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is not a text file."),
    (SOUND.encode("utf-16"), "is saved as UTF-16; save it as UTF-8."),
    (SOUND.encode() + b'reason = "caf\xe9"\n',
     "line 4   made.toml\n         is not UTF-8 text here; save the file as UTF-8."),
    (b"#" * (LARGEST + 1), "is larger than 1 MB; a scenario file is a few hundred lines at most."),
    (b"", "schema\n         is missing."),
])
def test_content_that_is_no_scenario(tmp_path, content, words):
    assert words in refusal(written(tmp_path, content))


def test_the_largest_file_is_read(tmp_path):
    text = SOUND + "#" * (LARGEST - len(SOUND))
    assert small(written(tmp_path, text)).run.years == 2


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf" + SOUND.encode(), SOUND.replace("\n", "\r\n").encode()],
                         ids=["byte-order mark", "Windows line ends"])
def test_other_ways_to_save_a_text(tmp_path, content):
    assert small(written(tmp_path, content)).content.title == "Made by a test"


def test_every_truncation_of_a_scenario_is_read_or_refused(tmp_path):
    content = (CORPUS / "valid" / "everything_a_file_can_say.toml").read_bytes()
    sound = [reads_or_refuses(written(tmp_path, content[:length])) for length in range(0, len(content), 3)]
    assert {True, False} == set(sound)


# --- deep, long and many ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [
    "x = " + "[" * 300_000, "x = " + "[" * 5000 + "]" * 5000, "x = " + "{a = " * 200 + "1" + "}" * 200,
    "a." * 300_000 + "b = 1", "[" + "a." * 300_000 + "b]", "[[" + "a." * 100 + "b]]",
], ids=["open lists", "lists", "inline tables", "dotted key", "table", "list of tables"])
def test_deeply_nested(tmp_path, text):
    body = message_of(tmp_path, f"{SOUND}{text}\n")
    assert body.startswith("line 4")
    assert body.endswith(f"is nested more than {DEEPEST} levels deep.")


def test_depth_inside_a_text_does_not_count(tmp_path):
    assert small(written(tmp_path, f'{SOUND}reason = "{"[" * 100}" # {"." * 100}\n')).content.reason == "[" * 100


def test_a_number_with_thousands_of_digits(tmp_path):
    body = message_of(tmp_path, f"{SOUND}\n[run]\nseed = {'9' * 5000}\n")
    assert body.startswith("line 6")
    assert body.endswith("holds a number with far too many digits.")
    assert len(body) < 200


@pytest.mark.parametrize("value", ["0x" + "f" * 500_000, "1e400", "-1e400", "1." + "0" * 100_000])
def test_huge_numbers_of_every_kind(tmp_path, value):
    body = message_of(tmp_path, f"{SOUND}\n[run]\nyears = {value}\n")
    assert "must be " in body
    assert len(body) < 300


def test_thousands_of_problems_are_counted_not_listed(tmp_path):
    text = refusal(written(tmp_path, SOUND + "".join(f"unknown_{n} = 1\n" for n in range(5000))))
    assert text.endswith("and 4,900 more")
    assert len(text.splitlines()) < 250


def test_more_changes_than_anybody_writes(tmp_path):
    change = '[[changes]]\nrow = "ratio.fall.frailty.severe"\nvalue = 2.0\nreason = "again"\n'
    assert small(written(tmp_path, SOUND + change * 1000)).plan.changes[-1].value == 2.0
    assert "must be at most 1,000 tables." in message_of(tmp_path, SOUND + change * 1001)


# --- extends ---------------------------------------------------------------------------------------------------------


def test_a_chain_of_the_greatest_length(tmp_path):
    written(tmp_path, (CORPUS / "valid" / "complete_in_itself.toml").read_bytes(), "file0.toml")
    for n in range(1, LONGEST_CHAIN + 2):
        written(tmp_path, f'{HEAD}extends = "file{n - 1}.toml"\n', f"file{n}.toml")
    assert small(tmp_path / f"file{LONGEST_CHAIN}.toml").run.replications == 1000
    text = refusal(tmp_path / f"file{LONGEST_CHAIN + 1}.toml")
    assert "file1.toml: extends = \"file0.toml\"" in text
    assert "is one file too many: a scenario may rest on at most 8 others." in text


@pytest.mark.parametrize("name", ["link.toml", "inside/link.toml", "../outside.toml", "inside/../../outside.toml",
                                  "folder/outside.toml"])
def test_nothing_outside_the_folder_is_read(tmp_path, name):
    folder = tmp_path / "scenarios"
    (folder / "inside").mkdir(parents=True)
    written(tmp_path, "secret = 1", "outside.toml")
    (folder / "link.toml").symlink_to(tmp_path / "outside.toml")
    (folder / "inside" / "link.toml").symlink_to(tmp_path / "outside.toml")
    (folder / "folder").symlink_to(tmp_path)
    text = refusal(written(folder, f'{HEAD}extends = "{name}"\n'))
    assert "leads out of the scenario's own folder" in text
    assert "secret" not in text


def test_a_link_inside_the_folder_is_followed(tmp_path):
    written(tmp_path, SOUND + "\n[run]\nyears = 7\n", "real.toml")
    (tmp_path / "link.toml").symlink_to("real.toml")
    assert small(written(tmp_path, f'{HEAD}extends = "link.toml"\n')).run.years == 7


def test_a_scenario_that_is_itself_a_link_out_of_its_folder(tmp_path):
    (tmp_path / "folder").mkdir()
    written(tmp_path, SOUND, "real.toml")
    (tmp_path / "folder" / "link.toml").symlink_to(tmp_path / "real.toml")
    assert "leads out of the scenario's own folder" in refusal(tmp_path / "folder" / "link.toml")


def test_links_that_lead_nowhere_or_in_a_circle(tmp_path):
    (tmp_path / "nowhere.toml").symlink_to("gone.toml")
    (tmp_path / "one.toml").symlink_to("two.toml")
    (tmp_path / "two.toml").symlink_to("one.toml")
    assert "There is no such file." in refusal(tmp_path / "nowhere.toml")
    assert "is not the name of a file that can be found." in refusal(tmp_path / "one.toml")


# --- anything at all -------------------------------------------------------------------------------------------------

KEYS = st.sampled_from(["schema", "title", "extends", "area", "run", "services", "pools", "changes", "hashes", "years",
                        "start", "seed", "number", "open", "row", "value", "multiply", "reason", "falls_vehicles", "x",
                        '"\\u0061"', "a.b", "'['"])
VALUES = st.recursive(
    st.sampled_from(["1", "-1", "2.5", "nan", "inf", "1e999", "true", '""', '"testshire"', '"testshire/baseline"',
                     "2025-04-01", "2025-02-30", "07:00:00", "2025-04-01T00:00:00Z", '"""\n[run]\n"""',
                     "0xffffffffffffffffff", '"ratio.fall.frailty.severe"', '"daily 07:00-22:00"']),
    lambda inner: st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]")
    | st.lists(st.tuples(KEYS, inner).map(" = ".join), max_size=3).map(lambda parts: f"{{{', '.join(parts)}}}"),
    max_leaves=6)
LINES = st.one_of(st.tuples(KEYS, VALUES).map(" = ".join), st.lists(KEYS, min_size=1, max_size=3).map(".".join).flatmap(
    lambda name: st.sampled_from([f"[{name}]", f"[[{name}]]", f"{name} = 1", f"# {name}"])))


def reads_or_refuses(path: Path) -> bool:
    """Whether the file is sound. Anything but a reading or a helpful refusal is a failure."""
    try:
        small(path)
    except ScenarioError as error:
        refused = error
    else:
        return True
    assert refused.problems
    assert str(refused).startswith(f"{path}: ")
    return False


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(b"\r")
@example(b"a = 1\rb = 2")
def test_any_bytes_are_read_or_refused(tmp_path_factory, content):
    reads_or_refuses(written(tmp_path_factory.getbasetemp(), content, "any.toml"))


@given(st.lists(LINES, max_size=12), st.booleans())
def test_anything_that_looks_like_a_scenario_is_read_or_refused(tmp_path_factory, lines, with_head):
    text = (SOUND if with_head else "") + "\n".join(lines)
    reads_or_refuses(written(tmp_path_factory.getbasetemp(), text, "likely.toml"))


@given(st.lists(LINES, max_size=12))
@example(["[[changes]]", "[changes.run]", "years = 1", "[[changes]]", "run.years = 2"])
def test_every_key_has_the_line_it_stands_on(lines):
    text = "\n".join(lines)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    found = key_lines(text)
    rows = text.split("\n")
    for key in _keys(data, ()):
        assert 1 <= found[key] <= len(rows)
        if isinstance(key[-1], str):
            assert key[-1] in rows[found[key] - 1].replace("\\u0061", "a")


def _keys(data, above):
    for name, value in data.items() if isinstance(data, dict) else enumerate(data):
        yield (*above, name)
        if isinstance(value, dict | list):
            yield from _keys(value, (*above, name))


# --- the schema for editors ------------------------------------------------------------------------------------------


def test_the_committed_schema_is_the_generated_one():
    assert FILE.read_text(encoding="utf-8") == schema_json()


def for_editors(path: Path) -> dict:
    """A scenario as an editor sees it: dates are texts."""
    return json.loads(json.dumps(tomllib.loads(path.read_text(encoding="utf-8-sig")), default=str))


@pytest.mark.parametrize("path", [*VALID, *sorted(SHIPPED.glob("*/**/*.toml"))], ids=lambda path: path.stem)
def test_the_schema_accepts_what_is_valid(path):
    schema = json.loads(schema_json())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(for_editors(path), schema)


@pytest.mark.parametrize("name", [
    "field_unknown_in_run", "years_out_of_range", "title_of_two_lines", "words_from_a_list", "change_without_a_reason",
    "schema_of_another_version", "service_values"])
def test_the_schema_refuses_what_is_not(name):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(for_editors(CORPUS / "invalid" / f"{name}.toml"), json.loads(schema_json()))
