"""Scenarios: the short files that people edit, read, checked, made complete and explained."""

from icsim.scenario.differences import Difference
from icsim.scenario.explain import Explanation, explain
from icsim.scenario.models import Run
from icsim.scenario.read import Scenario, read
from icsim.scenario.resolve import Resolved, resolve

__all__ = ["Difference", "Explanation", "Resolved", "Run", "Scenario", "explain", "read", "resolve"]
