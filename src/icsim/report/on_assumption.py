"""How much of each change in the short result rests on assumption, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from icsim.report.figures import Figures
from icsim.report.wording import number
from icsim.results import Comparison, OnAssumption, Results
from icsim.scenario.wording import in_a_sentence

NEARLY, HALF = 0.005, 0.5
ASK = "run without --no-assumptions to see how much rests on assumption"


def known_of(value: Comparison, other: Results) -> OnAssumption | None:
    """What is known of a scenario."""
    return next((each for each in value.on_assumption if each.scenario == other.name), None)


def words(found: OnAssumption | None, measure: str, figures: Figures) -> str:
    """As in ", mostly assumption (62 %)"; empty where it is not known."""
    share = None if found is None or found.shares is None else shares(found, figures).get(measure)
    if share is None:
        return ""
    if share >= 1 - NEARLY:
        return ", all of it assumption"
    if share <= NEARLY:
        return ", none of it assumption"
    part = f"{number(100 * share, 0)} %"
    return f", mostly assumption ({part})" if share > HALF else f", {part} of it assumption"


def shares(found: OnAssumption, figures: Figures) -> dict[str, float | None]:
    """Measure → its share, in the years that headlines rest on."""
    if found.shares is None:
        return {}
    own = found.shares.filter(found.shares["year"] == figures.together)
    return dict(zip(own["measure"], own["share"], strict=True))


def meaning(found: OnAssumption | None) -> str:
    """What counts as assumption here, or how to find out; empty where nothing is known."""
    if found is None:
        return ""
    if found.shares is None:
        return _why_not(found)
    if not _gone(found):
        return f"none of it assumption: no effect that this needs is assumed; {_rest(found)}"
    return f"assumption is what would be gone {' and '.join(_gone(found))}; {_rest(found)}"


def _why_not(found: OnAssumption) -> str:
    return f"how much rests on assumption cannot be told: {found.unsound}" if found.unsound else ASK


def _gone(found: OnAssumption) -> list[str]:
    own = [f"without the assumed effects of {_listed(found.programmes)}"] if found.rows else []
    back = [f"with {_listed(found.undone)} as in the baseline, since at least half of the shares of people who are sent "
            f"there and on from there are assumed ({_counts(found.ways, True)}) and cannot be set to nothing"] if (
                found.undone) else []
    few = _counted(found.staff, True)
    staff = [f"with {', '.join(label for label, *_ in few)} as in the baseline, since at least half of the figures on them, "
             f"such as who comes and goes and how many a server needs, are assumed ({_counts(found.staff, True)})"] if (
                 few) else []
    return [*own, *back, *staff]


def _listed(labels: Iterable[str]) -> str:
    return ", ".join(map(in_a_sentence, labels))


def _counts(known: Mapping[str, tuple[int, int]], mostly: bool) -> str:
    """As in "5 of 5, 3 of 4"."""
    return ", ".join(f"{assumed} of {of_all}" for _, assumed, of_all in _counted(known, mostly))


def _counted(known: Mapping[str, tuple[int, int]], mostly: bool) -> list[tuple[str, int, int]]:
    """Services or groups of staff of which something is assumed, at least half or less: label, how much, of how much."""
    return [(in_a_sentence(label), assumed, of_all) for label, (assumed, of_all) in known.items()
            if assumed and (2 * assumed >= of_all) == mostly]


def _rest(found: OnAssumption) -> str:
    """What counts as no assumption although it may be one."""
    few = ", ".join(f"{label} ({assumed} of {of_all})" for label, assumed, of_all in _counted(found.ways, False))
    also = f", and so do the shares to and from {few}, fewer than half of which are assumed" if few else ""
    less = ", ".join(f"{label} ({assumed} of {of_all})" for label, assumed, of_all in _counted(found.staff, False))
    staff = f", and so do the figures on {less}, fewer than half of which are assumed" if less else ""
    more = ", durations and rates" if found.staff else ", durations, rates and who can be found to work"
    return f"other assumed numbers, such as uptake{more}, stay as they are{also}{staff}"


def assumption_object(value: Comparison) -> list[dict[str, Any]]:
    """Of each alternative what was at null, and the shares, which may lie outside 0 to 1; null with a reason."""
    return [{"scenario": found.scenario, "rows": list(found.rows), "undone": list(found.undone),
             "ways": [{"service": label, "assumed": few, "of": of_all} for label, (few, of_all) in found.ways.items()],
             "staff": [{"group": label, "assumed": few, "of": of_all} for label, (few, of_all) in found.staff.items()],
             "shares": None if found.shares is None else found.shares.to_dicts(),
             "why_null": _why_not(found) if found.shares is None else None} for found in value.on_assumption]
