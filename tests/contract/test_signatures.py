"""A new row, place, pool or setting never compiles a kernel again: each has one signature after runs of every sort."""

import json
import os
import subprocess
import sys

import many_runs
import pytest

pytestmark = [pytest.mark.contract, pytest.mark.slow]


@pytest.fixture(scope="module")
def signatures():
    inherited = {key: value for key, value in os.environ.items() if key != "NUMBA_DISABLE_JIT"}
    done = subprocess.run([sys.executable, many_runs.__file__], capture_output=True, text=True, env=inherited)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_no_kernel_is_compiled_twice(signatures):
    assert {name: count for name, count in signatures.items() if count > 1} == {}


def test_the_runs_use_every_kernel(signatures):
    assert {name for name, count in signatures.items() if count == 0} == set()
    assert {"icsim.residents.advance.advance", "icsim.services.loop.serve"} <= signatures.keys()
    assert len(signatures) >= 12
