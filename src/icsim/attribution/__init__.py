"""Which part of a scenario does what, and how much of that rests on assumption: more runs, with the same luck.

`runs` and `assumed` load the engine, which pages can do without, so they are imported by name.
"""

from icsim.attribution.groups import Group, grouped
from icsim.attribution.parts import Part, parts, with_parts
from icsim.attribution.tallies import shared_out, tallies, tidy

__all__ = ["Group", "Part", "grouped", "parts", "shared_out", "tallies", "tidy", "with_parts"]
