"""Every page does what it says: its commands, files and Python are typed, saved and run as a reader would."""

import re

import pytest
from doc_pages import ROOT, agrees, blocks, perform

pytestmark = pytest.mark.docs

DOCS = ROOT / "docs"
TYPED = {"console", "toml", "csv", "python"}
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")
               if any(block.kind in TYPED for block in blocks(path.read_text(encoding="utf-8"))))
SMALL = {"baseline": "testshire/baseline", "falls_vehicles": "testshire/falls_vehicles"}
"""The README speaks of the real area; here the same commands run in the small one."""


@pytest.mark.parametrize("page", PAGES)
def test_page_does_what_it_says(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert perform((DOCS / page).read_text(encoding="utf-8")) > 0


def test_readme_does_what_it_says_in_the_small_area(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, small in SMALL.items():
        text = re.sub(rf'(?<=[ "]){name}(?=[ "\n])', small, text)
    assert perform(text.replace("hertfordshire-west-essex/", "testshire/")) >= 3


def test_pages_that_promise_a_check_have_one():
    promised = {page for path in DOCS.rglob("*.md")
                for page in re.findall(r"test_page_does_what_it_says\[(.*?)]", path.read_text(encoding="utf-8"))}
    assert promised == set(PAGES)


@pytest.mark.parametrize(("expected", "same"), [
    ("first\nsecond", True), ("first\n…\nthird", True), ("fi…rd", True), ("second", False), ("first\nthird", False),
    ("…\nfourth", False),
])
def test_what_is_printed_is_compared_with_the_page(expected, same):
    assert agrees("first\nsecond\nthird\n", expected) is same
