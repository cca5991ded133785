"""A test without its kind, or with two, stops the collection."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.contract

CONFTEST = Path(__file__).parents[1] / "conftest.py"


def _collected(folder: Path, marks: str) -> subprocess.CompletedProcess:
    shutil.copy(CONFTEST, folder)
    (folder / "test_something.py").write_text(f"import pytest\n\n\n{marks}\ndef test_it():\n    pass\n")
    command = [sys.executable, "-m", "pytest", "--collect-only", "-p", "no:cacheprovider", str(folder)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.mark.parametrize("marks", ["", "@pytest.mark.slow", "@pytest.mark.unit\n@pytest.mark.docs"])
def test_a_test_without_exactly_one_kind_is_refused(tmp_path, marks):
    done = _collected(tmp_path, marks)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "exactly one of the markers" in done.stderr
    assert "test_something.py::test_it" in done.stderr


def test_one_kind_and_slow_are_accepted(tmp_path):
    assert _collected(tmp_path, "@pytest.mark.unit\n@pytest.mark.slow").returncode == 0
