"""Which staff servers and places need, and in which order they get them: that of the rows of `staff_needs.csv`."""

from __future__ import annotations

from icsim.catalogue.load import Catalogue


def needs(catalogue: Catalogue) -> dict[str, dict[str, float]]:
    """Line → group → posts for one server or place; lines in the order in which they are staffed."""
    found: dict[str, dict[str, float]] = {}
    for row in catalogue.staff_needs:
        found.setdefault(row.per.partition(" ")[2], {})[row.staff] = row.value
    return found
