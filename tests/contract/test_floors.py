"""A module imports only from lower floors; each heavy library has one home. Read from the sources, nothing is run."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import icsim

pytestmark = pytest.mark.contract

PACKAGE = Path(icsim.__file__).parent

FLOORS: tuple[tuple[tuple[str, ...], ...], ...] = (
    (("errors",), ("calendar",), ("units",), ("_compile",), ("rng",), ("buckets",), ("order",), ("folders",),
     ("free_memory",), ("memory",)),
    (("catalogue",), ("areas",)),
    (("scenario",),),
    (("state",), ("tables",), ("results",), ("provenance",)),
    (("residents",), ("services",), ("programmes",), ("ledger",), ("staff",)),
    (("simulation",), ("funding",), ("eventlog",)),
    (("memory_and_time",),),
    (("experiment",), ("outcomes",)),
    (("economics",), ("lives",), ("attribution",)),
    (("report",), ("calibration",), ("sweep",)),
    (("api",), ("",)),
    (("progress",), ("cli",), ("__main__",)),
)
"""From floor 0 up: the parts of each floor ("" is `icsim` itself)."""

MAY_MEET = {
    ("rng", "_compile"),
    ("order", "_compile"),
    ("units", "calendar"),
    ("areas", "catalogue"),
    ("simulation", "funding"),
    ("cli", "progress"),
    ("__main__", "cli"),
}
"""(importer, imported) on one floor. All others on a floor are siblings that know nothing of each other."""

HOMES = {
    "numba": ("_compile",),
    "simpy": ("services.reference",),
    "matplotlib": ("report",),
    "polars": ("results", "outcomes", "eventlog", "experiment", "lives", "attribution", "report", "calibration", "api",
               "cli"),
    "pydantic": ("scenario", "api"),
    "typer": ("cli",),
    "click": ("cli",),
    "rich": ("cli", "progress"),
}
"""Library → the parts that may import it."""


def _floor_of(part: str) -> int:
    return next(n for n, floor in enumerate(FLOORS) if (part,) in floor)


def _part(module: str) -> str:
    """The part of a module of the package: "services.loop" belongs to "services", "" to the package itself."""
    return module.split(".")[0]


@cache
def _modules() -> dict[str, ast.Module]:
    """Module, without "icsim." → its source."""
    paths = {path.relative_to(PACKAGE).with_suffix(""): path for path in sorted(PACKAGE.rglob("*.py"))}
    named = {".".join(key.parts).removesuffix("__init__").rstrip("."): path for key, path in paths.items()}
    return {name: ast.parse(path.read_text()) for name, path in named.items()}


def _nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those that only a type checker reads."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield node
            yield from _nodes(node)


def _imports(tree: ast.AST) -> Iterator[str]:
    """Full names of what is imported, function by function too; `from a import b` gives a.b."""
    for node in _nodes(tree):
        if isinstance(node, ast.Import):
            yield from (part.name for part in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the floor"
            yield from (f"{node.module}.{part.name}" for part in node.names)


def _inside(tree: ast.AST) -> Iterator[str]:
    """Parts of the package that a module imports; a name that is no part is one of the package itself."""
    parts = {_part(name) for name in _modules()}
    for name in _imports(tree):
        package, _, rest = name.partition(".")
        if package == "icsim":
            yield _part(rest) if _part(rest) in parts else ""


def test_every_part_stands_on_a_floor():
    known = {part for floor in FLOORS for (part,) in floor}
    assert {_part(name) for name in _modules()} <= known


def test_imports_go_down_only():
    wrong = []
    for name, tree in _modules().items():
        for imported in set(_inside(tree)) - {_part(name)}:
            down = _floor_of(imported) < _floor_of(_part(name))
            if not down and (_part(name), imported) not in MAY_MEET:
                wrong.append(f"{name or 'icsim'} imports {imported or 'icsim'}")
    assert wrong == []


def test_every_exception_is_needed():
    used = {(_part(name), imported) for name, tree in _modules().items() for imported in _inside(tree)}
    assert used >= MAY_MEET


@pytest.mark.parametrize("library", HOMES)
def test_a_library_has_its_home(library):
    importers = {name for name, tree in _modules().items()
                 if any(found.split(".")[0] == library for found in _imports(tree))}
    strangers = {name for name in importers
                 if not any(name == home or name.startswith(f"{home}.") for home in HOMES[library])}
    assert strangers == set()


def test_nothing_reaches_outside_the_package_but_libraries():
    """Neither the tests nor any folder beside the package is imported by it."""
    outside = {"tests", "benchmarks", "docs", "scenarios"}
    assert not {name for name, tree in _modules().items()
                if {found.split(".")[0] for found in _imports(tree)} & outside}
