"""Shared by all tests. Lying here, it also lets them import the helpers beside it (`pathways`)."""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("icsim", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("icsim")

KINDS = {"unit", "contract", "statistical", "worlds", "golden", "docs"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regenerate", action="store_true", help="write the golden tables anew; review the difference")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test says what it asks: exactly one of the kinds."""
    wrong = [item.nodeid for item in items if len(KINDS & {mark.name for mark in item.iter_markers()}) != 1]
    if wrong:
        kinds = ", ".join(sorted(KINDS))
        raise pytest.UsageError("\n".join([f"Each test needs exactly one of the markers {kinds}:", *wrong]))
