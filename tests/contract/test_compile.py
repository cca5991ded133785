"""What `_compile.py` promises: no stale machine code, a clean fall-back, and options decided in one place."""

import ast
import json
import os
import shutil
import subprocess
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path

import pytest

import icsim
from icsim import _compile
from icsim._compile import numba

pytestmark = pytest.mark.contract

PACKAGE = Path(icsim.__file__).parent
HELPER = """
from icsim._compile import inlined

@inlined
def part(x):
    return x * {factor}
"""
CALLER = """
from icsim import _compile
from icsim._compile import kernel
from icsim.helper import part

@kernel
def whole(x):
    return part(x) + 1
"""
ASK = """
import json
from icsim import _compile, caller
answer = caller.whole(10)
folder = _compile.CACHE_FOLDER
hits = sum(caller.whole.stats.cache_hits.values())
print(json.dumps({"answer": answer, "folder": folder and str(folder), "hits": hits}))
"""


@pytest.fixture
def copied(tmp_path):
    """A copy of the package with a kernel of two files, small enough to compile in a moment."""
    package = tmp_path / "src" / "icsim"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "caller.py").write_text(CALLER)
    (package / "helper.py").write_text(HELPER.format(factor=2))
    return package


def _run(package: Path, code: str, **environment: str) -> str:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("NUMBA_", "ICSIM_"))}
    done = subprocess.run([sys.executable, "-c", code], cwd=package.parent, capture_output=True, text=True,
                          env={**inherited, "PYTHONPATH": str(package.parent), **environment})
    assert done.returncode == 0, done.stderr
    return done.stdout


def _ask(package: Path, **environment: str) -> dict:
    return json.loads(_run(package, ASK, **environment))


def test_an_edit_in_a_helper_reaches_its_caller(copied, tmp_path):
    cache = {"ICSIM_CACHE_DIR": str(tmp_path / "cache")}
    first, again = _ask(copied, **cache), _ask(copied, **cache)
    assert (first["answer"], first["hits"]) == (21, 0)
    assert (again["answer"], again["hits"], again["folder"]) == (21, 1, first["folder"])
    (copied / "helper.py").write_text(HELPER.format(factor=5))
    edited = _ask(copied, **cache)
    assert (edited["answer"], edited["hits"]) == (51, 0)
    assert edited["folder"] != first["folder"]


def test_whether_a_run_will_compile_is_known_before_it(copied, tmp_path):
    cache = {"ICSIM_CACHE_DIR": str(tmp_path / "cache")}
    ask = "from icsim import _compile; print(_compile.compiled())"
    assert _run(copied, ask, **cache) == "False\n"
    _ask(copied, **cache)
    assert _run(copied, ask, **cache) == "True\n"
    assert _run(copied, ask, ICSIM_CACHE_DIR=str(tmp_path / "other"), NUMBA_DISABLE_JIT="1") == "True\n"


def test_where_nothing_is_writable_all_runs_and_nothing_is_cached(copied, tmp_path):
    (tmp_path / "file").write_text("A folder cannot be made inside a file, not even by root.")
    found = _ask(copied, ICSIM_CACHE_DIR=str(tmp_path / "file" / "cache"))
    assert found == {"answer": 21, "folder": None, "hits": 0}
    assert not [path for path in tmp_path.rglob("*") if path.suffix in (".nbi", ".nbc")]
    _run(copied, "import icsim.simulation, icsim.experiment", ICSIM_CACHE_DIR=str(tmp_path / "file"))


def test_a_home_that_cannot_be_written_is_passed_over(copied, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    (tmp_path / "scratch").mkdir()
    found = _ask(copied, XDG_CACHE_HOME=str(tmp_path / "file"), TMPDIR=str(tmp_path / "scratch"))
    assert found["answer"] == 21
    assert Path(found["folder"]).is_relative_to(tmp_path / "scratch")


def test_the_fingerprint_sees_every_file(copied):
    before = _compile.source_fingerprint(copied)
    assert before == _compile.source_fingerprint(copied)
    (copied / "residents" / "new.py").write_text("")
    after = _compile.source_fingerprint(copied)
    (copied / "residents" / "new.py").rename(copied / "services" / "new.py")
    assert len({before, after, _compile.source_fingerprint(copied)}) == 3


# Options decided in one place -----------------------------------------------------------------------------------------

COMPILERS = {"njit", "jit", "prange", "vectorize", "guvectorize", "cfunc", "jitclass", "stencil", "generated_jit"}
FORBIDDEN = {"fastmath", "parallel"}


@cache
def _trees() -> list[tuple[str, ast.AST]]:
    files = sorted(PACKAGE.rglob("*.py"))
    return [(path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text())) for path in files]


def _names(tree: ast.AST) -> set[str]:
    """Every name, attribute and imported name of a file."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return names | {part.name for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)
                    for part in node.names}


def _options(tree: ast.AST) -> set[str]:
    """Every keyword of a call and every key of a dictionary."""
    keywords = {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg}
    return keywords | {key.value for node in ast.walk(tree) if isinstance(node, ast.Dict)
                       for key in node.keys if isinstance(key, ast.Constant)}


def test_only_one_file_compiles():
    assert {name for name, tree in _trees() if COMPILERS & _names(tree)} == {"_compile.py"}


def test_nothing_is_compiled_with_fastmath_or_in_parallel():
    assert [name for name, tree in _trees() if FORBIDDEN & _options(tree)] == []


def test_numba_is_imported_by_one_file_only():
    """So the cache folder is always set before Numba reads it."""
    imports = {name for name, tree in _trees() for node in ast.walk(tree)
               if isinstance(node, ast.Import | ast.ImportFrom)
               for module in ([part.name for part in node.names] if isinstance(node, ast.Import) else [node.module])
               if module and module.split(".")[0] in ("numba", "llvmlite")}
    assert imports == {"_compile.py"}


def test_the_cache_folder_is_set_before_numba_is_imported():
    lines = ast.parse((PACKAGE / "_compile.py").read_text()).body
    at = {ast.unparse(node): n for n, node in enumerate(lines)}
    sets = next(n for text, n in at.items() if "os.environ['NUMBA_CACHE_DIR']" in text)
    assert sets < at["import numba"]


# No reference counting ------------------------------------------------------------------------------------------------

PIN = "0.68"
"""`_nrt` is a private option of Numba: a new version is looked at before it is allowed."""
KERNELS = """
import sys, json
from datetime import date
from icsim import areas, catalogue, simulation
from icsim._compile import numba
from icsim.residents import advance
from icsim.services import loop

def counted(dispatcher):
    # Compiled once more, outside the cache: Numba shows no code that it has read from there.
    options = {key: value for key, value in dispatcher.targetoptions.items() if key not in ("cache", "nopython")}
    twin = numba.njit(**options)(dispatcher.py_func)
    twin.compile(dispatcher.signatures[0])
    return sum(text.count("NRT_incref") for text in twin.inspect_llvm().values())

world = simulation.world(catalogue.load(), areas.load("testshire"), date(2022, 7, 1), 1)
simulation.replicate(world, 1)
print(json.dumps({"serve": counted(loop.serve), "advance": counted(advance.advance)}))
"""


def test_numba_is_pinned():
    assert version("numba").startswith(f"{PIN}.")


def test_reference_counting_is_seen_where_there_is_some():
    def hand_back(array):
        return array

    plain = numba.njit(hand_back)
    plain.compile((numba.float64[:],))
    assert any("NRT_incref" in text for text in plain.inspect_llvm().values())


@pytest.mark.slow
def test_the_loops_count_no_references():
    inherited = {key: value for key, value in os.environ.items() if key != "NUMBA_DISABLE_JIT"}
    done = subprocess.run([sys.executable, "-c", KERNELS], capture_output=True, text=True, env=inherited)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"serve": 0, "advance": 0}
