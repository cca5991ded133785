"""Links lead somewhere, the index is complete, the glossary has its words, and nothing names a machine."""

import re
from pathlib import Path

import pytest
from doc_pages import ROOT

pytestmark = pytest.mark.docs

DOCS = ROOT / "docs"
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
WORDS = [
    # fixed from the beginning, some for parts still to come
    "resident", "condition", "stage", "onset", "need", "contact", "episode", "service", "resource", "queue", "pathway",
    "programme", "scenario", "draw", "replication", "run", "sweep", "target",
    # used in tables, scenario files and reports
    "attribute", "level", "event", "clock", "timer", "rate", "ratio", "weight", "place", "quintile", "demand",
    "severity", "case", "step", "server", "pool", "patience", "hold", "outcome", "departure", "late", "area",
    "catalogue", "baseline", "beat", "seed", "pair", "measure", "standing", "care", "stream", "backlog", "priority",
    "long hold", "refuse", "divert", "yield", "reserve", "rota", "capacity path", "pressure", "congestion", "handover",
    "stay", "delayed", "overloaded", "warm-up", "origin", "joined", "moved", "unit cost", "system", "budget line", "shift",
    "stranded", "double running", "score", "pooled", "vacant",
    "attribution", "part", "group", "interaction", "at null",
]
TEXT = {".md", ".py", ".toml", ".csv", ".txt", ".json", ".cfg", ".yaml", ".yml", ".sh", ".mplstyle", ""}
NOT_OURS = {".git", ".venv", "build", "dist", "results", ".hypothesis", ".pytest_cache", ".mypy_cache", ".ruff_cache",
            "__pycache__"}
OF_A_MACHINE = [a + b for a, b in (
    ("/wo", "rk/"), ("/ho", "me/"), ("/ro", "ot/"), ("/Us", "ers/"), ("C:", "\\Users"), ("/opt/", "py"),
    ("py", "pi.org/simple"), ("--index", "-url"), ("--extra-index", "-url"), ("--find", "-links"),
    ("--trusted", "-host"),
)]
"""Written in two halves, so that this file does not name what it looks for."""


def _ours(folder: Path = ROOT):
    for path in sorted(folder.iterdir()):
        if path.name in NOT_OURS or path.name.endswith(".egg-info"):
            continue
        if path.is_dir():
            yield from _ours(path)
        elif path.suffix in TEXT:
            yield path


PAGES = [path for path in _ours() if path.suffix == ".md"]


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        found = (page.parent / name).resolve() if name else page
        assert found.exists(), f"{target} leads nowhere"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", found.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in map(_anchor, headings), f"{target}: no such heading"


@pytest.mark.parametrize("page", [page for page in PAGES if page.is_relative_to(DOCS)], ids=lambda path: path.name)
def test_every_test_that_a_page_names_is_there(page):
    for file, test in re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?", page.read_text(encoding="utf-8")):
        assert (ROOT / file).exists(), file
        assert f"def {test}" in (ROOT / file).read_text(encoding="utf-8"), f"{file} has no {test}"


def test_every_page_is_in_the_index():
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    listed = {(DOCS / target).resolve() for target in LINK.findall(index) if "://" not in target}
    missing = [page.relative_to(DOCS).as_posix() for page in PAGES
               if page.is_relative_to(DOCS) and page != DOCS / "README.md" and page not in listed]
    assert missing == []


def test_the_glossary_has_its_words():
    said = (DOCS / "background" / "glossary.md").read_text(encoding="utf-8")
    defined = re.findall(r"^\| \*\*([\w -]+)\*\* \| (\S.*) \|$", said, re.MULTILINE)
    names = [name for name, _ in defined]
    assert [word for word in WORDS if word not in names] == []
    assert len(names) == len(set(names)), "a word is defined twice"


def test_tables_use_the_words_of_the_glossary():
    said = (DOCS / "background" / "glossary.md").read_text(encoding="utf-8")
    rows = (ROOT / "src" / "icsim" / "catalogue" / "rows.py").read_text(encoding="utf-8")
    columns = set(re.findall(r"^    (\w+): ", rows, re.MULTILINE))
    shared = {"attribute", "level", "event", "pathway", "severity", "weight", "service", "server", "step", "hold",
              "outcome", "measure", "standing"}
    assert shared <= columns
    assert all(f"**{word}**" in said for word in shared)


def test_nothing_names_a_machine_or_a_package_index():
    hits = [f"{path.relative_to(ROOT)}: {pattern}" for path in _ours() for pattern in OF_A_MACHINE
            if pattern in path.read_text(encoding="utf-8", errors="replace")]
    assert hits == []
