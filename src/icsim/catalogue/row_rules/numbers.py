"""Rules on numbers: units, bounds, evidence, ages and years that run upwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from icsim.calendar import YEARS
from icsim.catalogue.evidence import evidence_problems, source_problems
from icsim.catalogue.load import FILES, Catalogue
from icsim.catalogue.row_rules.common import Tables, as_table, by_file
from icsim.catalogue.when import OLDEST
from icsim.errors import Problem
from icsim.units import MILLISECONDS, PER_YEAR, SHARES

UNITS: dict[str, tuple[str, ...]] = {
    "rates": tuple(PER_YEAR),
    "ratios": ("ratio",),
    "exponents": ("exponent",),
    "corrections": ("ratio", "odds ratio"),
    "trends": ("ratio",),
    "norms": ("utility", "contacts a year", *SHARES),
    "factors": ("ratio", "odds ratio"),
    "prevalence": tuple(SHARES),
    "severity_shares": tuple(SHARES),
    "profiles": ("relative",),
    "branches": tuple(SHARES),
    "quantities": (*MILLISECONDS, "rank"),
    "congestion": ("ratio", *SHARES),
    "discounting": tuple(SHARES),
    "stages": ("days",),
    "scores": ("log odds", "share"),
    "takes": tuple(SHARES),
    "programme_moves": tuple(SHARES),
    "effects": ("ratio",),
    "unit_costs": ("GBP", "GBP a day", "GBP a week", "GBP an hour"),
    "capacity_costs": ("GBP a year",),
    "staff_needs": ("WTE",),
    "price_index": ("ratio",),
}
"""The units that fit each table of numbers."""
BOUNDS: dict[str, tuple[float, float]] = {
    "rates": (0.0, 100_000.0),
    "ratios": (1e-6, 1e6),
    "exponents": (1e-6, 1.0),
    "corrections": (1e-6, 1e6),
    "trends": (1e-6, 1e6),
    "factors": (1e-6, 1e6),
    "profiles": (0.0, 1e6),
    "stages": (1.0, 36525.0),
    "effects": (1e-6, 1e6),
    "scores": (-20.0, 20.0),
    "unit_costs": (0.0, 1e9),
    "capacity_costs": (1.0, 1e9),
    "staff_needs": (0.0, 1000.0),
    "price_index": (0.01, 100.0),
}
"""Smallest and largest value of each table; shares lie between 0 and 1 of their unit."""
MOST_CONTACTS = 365.0
"""Largest mean number of contacts a year."""


def numbers_have_evidence(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Unit, range, standing and source of every number."""
    for table, units in UNITS.items():
        for name, places in by_file(tables[table]).items():
            yield from evidence_problems(name, as_table(places), units)


def values_lie_in_bounds(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """No ratio of 0, no share above 1, no negative rate."""
    for table in UNITS:
        for place in tables[table]:
            value = getattr(place.row, "value", None)
            low, high = bounds_of(table, place.row.unit)
            if value is not None and not low <= value <= high:
                yield place.problem("value", f"This must lie between {low:g} and {high:g}.", value)


def bounds_of(table: str, unit: str) -> tuple[float, float]:
    """Smallest and largest value that a row of this table and unit may have."""
    most = MOST_CONTACTS if unit == "contacts a year" else 1.0 / SHARES.get(unit, 1.0)
    return BOUNDS.get(table, (0.0, most))


def ratios_are_sound(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Causal share from 0 to 1, no lag by number."""
    for place in tables["ratios"] + tables["factors"]:
        if not 0 <= place.row.causal_share <= 1:
            yield place.problem("causal_share", "This must lie between 0 and 1.", place.row.causal_share)
    for place in tables["ratios"]:
        if place.row.lag_years != 0:
            message = "This must be 0: say a lag by levels that timers lead through, as hip_fracture does."
            yield place.problem("lag_years", message, place.row.lag_years)


def exponents_are_sound(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """No exponent for sex, quintile and an event's own attribute: ratios by these say what its rates mean."""
    moved = {row.event: row.attribute for row in catalogue.events if row.attribute}
    for place in tables["exponents"]:
        if place.row.attribute == moved.get(place.row.event):
            message = f"{place.row.event} moves {place.row.attribute} itself: its ratios by it have no exponent."
            yield place.problem("attribute", message, place.row.attribute)
        elif place.row.attribute in ("sex", "quintile"):
            message = "Ratios by sex and by quintile belong to the rates, and have no exponent."
            yield place.problem("attribute", message, place.row.attribute)


def corrections_are_sound(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Each is of one event or of one weight, at a year of age or at all."""
    for place in tables["corrections"]:
        row = place.row
        if bool(row.event) == bool(row.weight):
            yield place.problem("event", "Name an event or a weight, one of the two.", row.event)
        if row.age is not None and not 0 <= row.age <= OLDEST:
            yield place.problem("age", f"An age lies between 0 and {OLDEST}.", row.age)


def ages_run_upwards(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """0 ≤ age_from ≤ age_to ≤ 90."""
    for table in ("rates", "norms", "prevalence", "severity_shares"):
        for place in tables[table]:
            if not 0 <= place.row.age_from <= place.row.age_to <= OLDEST:
                yield place.problem("age_from", f"Ages must run upwards between 0 and {OLDEST}.", place.row.age_from)


def years_are_written_in_full(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """2025, not 25."""
    for place in tables["trends"]:
        if place.row.from_year not in YEARS:
            message = f"A year is written in full, {YEARS[0]} to {YEARS[-1]}."
            yield place.problem("from_year", message, place.row.from_year)


def discounting_starts_at_once(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Years are counted from 1, and every scheme has a rate for the first."""
    known = {(place.row.scheme, place.row.flow) for place in tables["discounting"] if place.row.from_year == 1}
    for place in tables["discounting"]:
        row = place.row
        if row.from_year < 1 or (row.scheme, row.flow) not in known:
            message = f"Years are counted from 1, and {row.scheme} needs a rate for {row.flow} from year 1."
            yield place.problem("from_year", message, row.from_year)


def sources_agree(tables: Tables, catalogue: Catalogue) -> Iterable[Problem]:
    """Every source named is listed, every source listed is named."""
    listed = as_table(tables["sources"])
    named = {
        name: as_table(places)
        for table in FILES
        if table != "sources"
        for name, places in by_file(tables[table]).items()
    }
    return source_problems(listed, named)
