"""Scenarios: the short files that people edit, read, checked and made complete."""

from icsim.scenario.read import Scenario, read

__all__ = ["Scenario", "read"]
