"""The generated pages are those that the tables and the schema give."""

import importlib.util

import pytest
from doc_pages import ROOT

pytestmark = pytest.mark.docs


def _generate():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_pages_are_up_to_date():
    for name, text in _generate().pages().items():
        committed = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
        assert committed == text, f"docs/reference/{name} is out of date: run `make docs`"


def test_a_bar_in_a_cell_does_not_end_it():
    assert _generate().table(["a"], [["x|y\nz"]]).splitlines()[-1] == "| x\\|y z |"


def test_the_result_in_the_readme_comes_from_a_page():
    generate = _generate()
    made = "New\ncompared with: Old\n\nWhere, when\n\nWHAT WOULD CHANGE\n  Deaths 1 2\n\nTHE REST\n\nicsim 9.9\n"
    readme = generate.readme_with(f"before\n{generate.BEGIN}\nold\n{generate.END}\nafter", made)
    assert readme.startswith("before\n")
    assert readme.endswith("\nafter")
    assert "Deaths 1 2\n\nicsim 9.9" in readme
    assert "THE REST" not in readme
    assert "\nold\n" not in readme
