"""Rules on single rows: numbers with evidence within bounds, words from closed lists, names that resolve."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from icsim.calendar import YEARS
from icsim.catalogue.csvtable import Table, nearest
from icsim.catalogue.evidence import evidence_problems, source_problems
from icsim.catalogue.expand import QUINTILES, SEXES
from icsim.catalogue.found import Found
from icsim.catalogue.load import FILES, ID, Catalogue
from icsim.catalogue.rows import Event
from icsim.catalogue.when import OLDEST, age_groups, parse_when, parts_of
from icsim.errors import Problem
from icsim.units import MILLISECONDS, PER_YEAR, SHARES

Tables = dict[str, list[Found]]

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
}
"""Smallest and largest value of each table; shares lie between 0 and 1 of their unit."""
MOST_CONTACTS = 365.0
"""Largest mean number of contacts a year."""

EVENT_KINDS = ("death", "move", "timer", "demand", "birth", "leave", "stream")
CONGESTION_KINDS = {"escalate": (), "divert": ("pathway", "step", "to", "instead"), "shorten": ("pathway", "step")}
"""Kind of congestion row → the cells it needs beside its service."""
CONGESTION_UNITS = {"escalate": tuple(SHARES), "divert": tuple(SHARES), "shorten": ("ratio",)}
MEASURE_KINDS = ("count", "time", "response", "weight", "event")
WEIGHT_RULES = ("multiply", "odds")
FLOWS = ("health", "money")
PROFILE_PARTS = {"month": range(1, 13), "weekday": range(7), "hour": range(24)}
DISTRIBUTIONS = ("constant", "exponential", "lognormal", "uniform", "triangular", "normal")
SHIFT_END = ("finish", "wait", "pre-empt")
LAST_PRIORITY = 7
"""Kept for planned care, which goes last."""
QUANTITIES = ("duration", "patience", "priority")
REFUSALS = ("closed", "full")
BETTER = ("", "lower", "higher")
MOST_LIMITS = 3


def numbers_have_evidence(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Unit, range, standing and source of every number."""
    for table, units in UNITS.items():
        for name, places in _by_file(tables[table]).items():
            yield from evidence_problems(name, _as_table(places), units)


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
    """Causal share from 0 to 1, lag not negative."""
    for place in tables["ratios"]:
        if not 0 <= place.row.causal_share <= 1:
            yield place.problem("causal_share", "This must lie between 0 and 1.", place.row.causal_share)
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


def ids_are_unique(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """No number stands twice; nor does any name."""
    for table in ID:
        yield from _twice(tables[table], lambda row: row.id, "value")
    for table, columns in _NAMES.items():
        yield from _twice(
            tables[table], lambda row, wanted=columns: ".".join(getattr(row, c) for c in wanted), columns[-1]
        )


_NAMES: dict[str, tuple[str, ...]] = {
    "attributes": ("attribute", "level"),
    "events": ("event",),
    "weights": ("weight",),
    "services": ("service",),
    "severities": ("event", "severity"),
    "steps": ("pathway", "step"),
    "outcomes": ("pathway", "outcome"),
    "measures": ("measure",),
    "congestion": ("response",),
}


def words_are_known(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Closed vocabularies: kinds, rules, distributions, parts of profiles …"""
    for table, column, known in _VOCABULARY:
        for place in tables[table]:
            given = getattr(place.row, column)
            if given not in known:
                yield place.problem(column, f"This must be one of: {', '.join(word for word in known if word)}.", given)


_VOCABULARY: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("events", "kind", EVENT_KINDS),
    ("measures", "kind", MEASURE_KINDS),
    ("measures", "better", BETTER),
    ("weights", "rule", WEIGHT_RULES),
    ("discounting", "flow", FLOWS),
    ("profiles", "part", tuple(PROFILE_PARTS)),
    ("quantities", "quantity", QUANTITIES),
    ("quantities", "distribution", DISTRIBUTIONS),
    ("services", "shift_end", SHIFT_END),
    ("congestion", "kind", tuple(CONGESTION_KINDS)),
    *((table, "sex", ("*", *SEXES)) for table in ("rates", "norms", "prevalence", "severity_shares", "corrections")),
    *((table, "quintile", ("*", *QUINTILES)) for table in ("rates", "norms", "prevalence")),
)


def names_resolve(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Every event, attribute, weight, service, pathway and measure that a row names is listed."""
    for table, column, listed in _REFERENCES:
        names = {getattr(row, listed[1]) for row in getattr(catalogue, listed[0])}
        for place in tables[table]:
            for given in _split(getattr(place.row, column), "|"):
                if given not in names and (table, column, given) not in _EVERY:
                    yield place.problem(
                        column, f"{listed[0]}.csv has no such {listed[1]}. {nearest(given, names)}".strip(), given
                    )


_REFERENCES: tuple[tuple[str, str, tuple[str, str]], ...] = (
    *(
        (table, "event", ("events", "event"))
        for table in ("rates", "ratios", "exponents", "corrections", "trends", "severities", "severity_shares")
    ),
    *(
        (table, "attribute", ("attributes", "attribute"))
        for table in ("events", "ratios", "exponents", "factors", "prevalence")
    ),
    *((table, "weight", ("weights", "weight")) for table in ("norms", "factors", "corrections")),
    ("events", "pathway", ("steps", "pathway")),
    ("events", "profile", ("profiles", "profile")),
    ("steps", "service", ("services", "service")),
    ("outcomes", "pathway", ("steps", "pathway")),
    ("steps", "counts_as", ("measures", "measure")),
    ("steps", "time_as", ("measures", "measure")),
    ("steps", "wait_as", ("measures", "measure")),
    ("steps", "response", ("measures", "measure")),
    ("steps", "interval", ("measures", "measure")),
    ("congestion", "service", ("services", "service")),
    ("congestion", "pathway", ("steps", "pathway")),
    ("outcomes", "counts_as", ("measures", "measure")),
    ("branches", "pathway", ("steps", "pathway")),
    ("quantities", "pathway", ("steps", "pathway")),
)


_EVERY = {("exponents", "attribute", "*"), ("exponents", "event", "*")}
"""Cells that may stand for every name."""


def measures_fit(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """A step counts into a count, times into a time, and so on."""
    kinds = {row.measure: row.kind for row in catalogue.measures}
    wanted = {"counts_as": "count", "time_as": "time", "wait_as": "time", "response": "response", "interval": "response"}
    for place in tables["steps"] + tables["outcomes"]:
        for column, kind in wanted.items():
            for given in _split(getattr(place.row, column, ""), "|"):
                if kinds.get(given, kind) != kind:
                    yield place.problem(column, f'This measure is of kind "{kinds[given]}"; a {kind} is needed.', given)


def limits_can_be_read(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Limits are whole minutes that rise, at most three, and only of waits."""
    for place in tables["measures"]:
        given = place.row.limits
        minutes = [text for text in given.split("|") if given]
        if not all(text.strip().isdigit() for text in minutes) or len(minutes) > MOST_LIMITS:
            yield place.problem("limits", f"These are whole minutes, at most {MOST_LIMITS}, such as 30|60.", given)
        elif [int(text) for text in minutes] != sorted({int(text) for text in minutes}):
            yield place.problem("limits", "Limits must rise.", given)
        if given and place.row.kind != "response":
            yield place.problem("limits", "Only a measure of kind response has limits.", given)


def congestion_is_whole(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Each kind of congestion row has the cells it needs; steps, branches and services fit together."""
    for place in tables["congestion"]:
        row = place.row
        needed = CONGESTION_KINDS.get(row.kind, ())
        for column in ("pathway", "step", "to", "instead"):
            given = getattr(row, column)
            if bool(given) != (column in needed):
                message = f"A row of kind {row.kind} {'needs' if column in needed else 'has no'} {column}."
                yield place.problem(column, message, given or None)
        units = CONGESTION_UNITS.get(row.kind, (row.unit,))
        if row.unit in UNITS["congestion"] and row.unit not in units:
            yield place.problem("unit", f"The unit of a row of kind {row.kind} must be {' or '.join(units)}.", row.unit)
        if row.above <= 0:
            yield place.problem("above", "A pressure must be above 0.", row.above)
        steps = {step.step: step for step in catalogue.steps_of(row.pathway)}
        ends = {outcome.outcome for outcome in catalogue.outcomes_of(row.pathway)}
        for column, known in (("step", set(steps)), ("to", set(steps) | ends), ("instead", set(steps) | ends)):
            given = getattr(row, column)
            if given and known and given not in known:
                yield place.problem(column, f"The pathway {row.pathway} has no such step. {nearest(given, known)}", given)
        if row.kind == "shorten" and row.step in steps and not steps[row.step].service:
            yield place.problem("step", "Only a step with a service can be shortened.", row.step)
        if row.kind == "divert" and row.step in steps:
            branches = {branch.to for branch in catalogue.branches_of(row.pathway, row.step)}
            if row.to not in branches:
                yield place.problem("to", f"No branch of {row.step} leads there. {nearest(row.to, branches)}", row.to)


def long_holds_are_sound(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """`held_by` names a level, not an attribute's first, of one service only; its steps neither hold nor yield, and
    neither severities nor moves nor timers give the level (which outcomes give it: `pathways.py`).
    """
    holds: dict[tuple[str, str], str] = {}
    for place in tables["services"]:
        if not place.row.held_by:
            continue
        attribute, level = assignment(place.row.held_by)
        known = catalogue.levels.get(attribute, ())[1:]
        if level not in known:
            message = "This must be attribute=level, not the attribute's first level."
            yield place.problem("held_by", f"{message} {nearest(level, known)}".strip(), place.row.held_by)
        elif (attribute, level) in holds:
            message = f"{holds[attribute, level]} is held by the same level: who has it would keep two servers."
            yield place.problem("held_by", message, place.row.held_by)
        else:
            holds[attribute, level] = place.row.service
    services = set(holds.values())
    for place in tables["steps"]:
        for column in ("hold", "yields"):
            if place.row.service in services and getattr(place.row, column):
                message = f"{place.row.service} is a long hold (held_by), and a step on it has no {column}."
                yield place.problem(column, message, place.row.step)
    yield from _levels_without_a_server(tables, catalogue, holds)


def _levels_without_a_server(
    tables: Tables, catalogue: Catalogue, holds: dict[tuple[str, str], str]
) -> Iterator[Problem]:
    for place in tables["severities"]:
        for clause in _split(place.row.sets, ";"):
            if service := holds.get(assignment(clause)):
                yield place.problem("sets", f"{clause} is a long hold of {service}: only an outcome can set it.", clause)
    for place in tables["events"]:
        if place.row.kind in ("move", "timer"):
            for level in _targets(place.row, catalogue.levels.get(place.row.attribute, ())):
                if service := holds.get((place.row.attribute, level)):
                    message = f"{level} is a long hold of {service}: it begins with a step of a pathway, not with this."
                    yield place.problem("to_level", message, place.row.to_level)


def _targets(event: Event, levels: tuple[str, ...]) -> set[str]:
    """Levels to which a move or timer can lead."""
    if event.to_level not in ("+1", "-1"):
        return {event.to_level}
    begin = [levels.index(name) for name in _split(event.from_levels, "|") if name in levels] or range(len(levels))
    return {levels[n + int(event.to_level)] for n in begin if 0 <= n + int(event.to_level) < len(levels)}


def assignment(text: str) -> tuple[str, str]:
    """"care=home_care" → ("care", "home_care")."""
    attribute, _, level = (part.strip() for part in text.partition("="))
    return attribute, level


def levels_resolve(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Levels of ratios, factors and prevalences belong to their attribute."""
    for table in ("ratios", "factors", "prevalence"):
        for place in tables[table]:
            yield from _level_problems(catalogue, place, "level", place.row.attribute, (place.row.level,))


def events_are_whole(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Each kind of event has the cells it needs, and its levels exist."""
    for place in tables["events"]:
        event = place.row
        for column in _NEEDED.get(event.kind, ()):
            if getattr(event, column) in ("", None):
                yield place.problem(column, f"An event of kind {event.kind} needs {column}.")
        if event.kind == "stream" and event.class_by:
            yield place.problem("class_by", "Cases of a stream are no residents and have no classes.", event.class_by)
        if event.after_days is not None and event.after_days <= 0:
            yield place.problem("after_days", "This must be above 0.", event.after_days)
        if event.attribute in catalogue.levels:
            yield from _level_problems(catalogue, place, "from_levels", event.attribute, _split(event.from_levels, "|"))
            if event.to_level not in ("+1", "-1", ""):
                yield from _level_problems(catalogue, place, "to_level", event.attribute, (event.to_level,))


_NEEDED = {
    "stream": ("pathway",),
    "move": ("attribute", "to_level"),
    "timer": ("attribute", "to_level", "after_days", "from_levels"),
    "demand": ("pathway",),
}


def sets_resolve(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """`sets` of severities and outcomes: "attribute=level", several with ";"."""
    for place in tables["severities"] + tables["outcomes"]:
        for clause in _split(place.row.sets, ";"):
            attribute, equals, level = (piece.strip() for piece in clause.partition("="))
            if not equals:
                yield place.problem("sets", "This must be of the form attribute=level.", clause)
            elif attribute not in catalogue.levels:
                hint = nearest(attribute, catalogue.levels)
                yield place.problem("sets", f"attributes.csv has no such attribute. {hint}".strip(), attribute)
            else:
                yield from _level_problems(catalogue, place, "sets", attribute, (level,))
    for place in tables["outcomes"]:
        if len(_split(place.row.sets, ";")) > 1:
            yield place.problem("sets", "An outcome sets one level at most.", place.row.sets)


def steps_resolve(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Steps and outcomes named by branches, quantities and `otherwise` belong to the same pathway."""
    steps = {p: {s.step for s in catalogue.steps_of(p)} for p in {s.pathway for s in catalogue.steps}}
    ends = {p: {o.outcome for o in catalogue.outcomes_of(p)} for p in steps}
    for table, column, outcomes in (
        ("branches", "step", False),
        ("branches", "to", True),
        ("quantities", "step", False),
        ("steps", "otherwise", True),
        ("steps", "luck", False),
    ):
        for place in tables[table]:
            given, pathway = getattr(place.row, column), place.row.pathway
            known = steps.get(pathway, set()) | (ends.get(pathway, set()) if outcomes else set())
            if given and known and given not in known:
                kind = "step or outcome" if outcomes else "step"
                yield place.problem(
                    column, f"The pathway {pathway} has no such {kind}. {nearest(given, known)}".strip(), given
                )


def steps_and_outcomes_differ(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """A branch must know whether it leads to a step or to an outcome."""
    steps = {(row.pathway, row.step) for row in catalogue.steps}
    for place in tables["outcomes"]:
        if (place.row.pathway, place.row.outcome) in steps:
            yield place.problem("outcome", "A step of this pathway has the same name.", place.row.outcome)


def refusals_are_known(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """`refuse` names closed, full or both; only a step on a service refuses, holds, yields or lets people wait."""
    for place in tables["steps"]:
        for word in _split(place.row.refuse, "|"):
            if word not in REFUSALS:
                yield place.problem("refuse", "This must be closed, full or closed|full.", word)
        for column, words in _ONLY_WITH_SERVICE.items():
            if getattr(place.row, column) and not place.row.service:
                yield place.problem(column, f"A step without a service {words}.", place.row.step)


_ONLY_WITH_SERVICE = {
    "refuse": "refuses nobody",
    "hold": "has no server to hold",
    "yields": "yields to nobody",
    "wait_as": "has nobody waiting for it",
}


def profile_indices_are_known(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Months 1–12, weekdays 0–6, hours 0–23."""
    for place in tables["profiles"]:
        known = PROFILE_PARTS.get(place.row.part, range(0))
        if known and place.row.index not in known:
            message = f"A {place.row.part} must lie between {known.start} and {known.stop - 1}."
            yield place.problem("index", message, place.row.index)


def quantities_are_sound(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Units, ranges and parameters of durations, patiences and priorities."""
    last = {(step.pathway, step.step) for step in catalogue.steps if step.yields}
    for place in tables["quantities"]:
        row = place.row
        if row.quantity == "priority" and (row.pathway, row.step) in last:
            yield place.problem("quantity", "This step yields: planned care goes last and has no priority.", row.step)
        yield from _quantity_unit(place)
        if min(row.a, row.b, row.c) < 0:
            yield place.problem("a", "Parameters must be 0 or more.", min(row.a, row.b, row.c))
        if row.low is not None and row.high is not None and not row.low <= row.a <= row.high:
            yield place.problem("a", f"This must lie between its low ({row.low:g}) and high ({row.high:g}).", row.a)
        if row.distribution == "uniform" and row.a > row.b:
            yield place.problem("b", "A uniform distribution runs upwards from a to b.", row.b)
        if row.distribution == "triangular" and not row.a <= row.b <= row.c:
            yield place.problem("b", "A triangular distribution needs a ≤ b ≤ c.", row.b)
        if row.distribution == "lognormal" and row.a <= 0:
            yield place.problem("a", "The mean of a lognormal distribution must be above 0.", row.a)


def _quantity_unit(place: Found) -> Iterator[Problem]:
    row = place.row
    if row.quantity != "priority":
        if row.unit == "rank":
            yield place.problem("unit", f"A {row.quantity} needs a unit of time.", row.unit)
        return
    if row.unit != "rank" or row.distribution != "constant":
        yield place.problem("unit", "A priority is constant and its unit is rank.", row.unit)
    if row.a not in range(LAST_PRIORITY):
        message = f"A priority is a whole number from 0 (first) to {LAST_PRIORITY - 1}; planned care goes last (yields)."
        yield place.problem("a", message, row.a)


def queue_limits_are_sound(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """A queue limit is 0 or more."""
    for place in tables["services"]:
        if place.row.queue_limit is not None and place.row.queue_limit < 0:
            yield place.problem("queue_limit", "This must be 0 or more.", place.row.queue_limit)


def classes_are_sound(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """`class_by` names severity, attributes or ages that begin a class."""
    for place in tables["events"]:
        parts = parts_of(place.row.class_by)
        known = {"severity", "age", *catalogue.levels}
        for part in parts:
            if part not in known:
                yield place.problem("class_by", f"This is no part of a class. {nearest(part, known)}".strip(), part)
        if len(set(parts)) < len(parts):
            yield place.problem("class_by", "A part is named twice.", place.row.class_by)
        if not _ages_fit(place.row.class_by):
            yield place.problem(
                "class_by", f"Ages must rise between 1 and {OLDEST}, as in age 65 80.", place.row.class_by
            )


def _ages_fit(class_by: str) -> bool:
    try:
        groups = age_groups(class_by)
    except ValueError:
        return False
    return all(group.first <= group.last for group in groups)


def conditions_can_be_read(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Every `when` has the form that `parse_when` reads."""
    for place in tables["branches"] + tables["quantities"]:
        try:
            parse_when(place.row.when)
        except ValueError as error:
            yield place.problem("when", f"{error}.", place.row.when)


def sources_agree(tables: Tables, catalogue: Catalogue) -> Iterable[Problem]:
    """Every source named is listed, every source listed is named."""
    listed = _as_table(tables["sources"])
    named = {
        name: _as_table(places)
        for table in FILES
        if table != "sources"
        for name, places in _by_file(tables[table]).items()
    }
    return source_problems(listed, named)


ROW_RULES: tuple[Callable[[Tables, Catalogue], Iterable[Problem]], ...] = (
    numbers_have_evidence,
    values_lie_in_bounds,
    ratios_are_sound,
    exponents_are_sound,
    corrections_are_sound,
    ages_run_upwards,
    ids_are_unique,
    words_are_known,
    names_resolve,
    measures_fit,
    limits_can_be_read,
    congestion_is_whole,
    years_are_written_in_full,
    discounting_starts_at_once,
    long_holds_are_sound,
    levels_resolve,
    events_are_whole,
    sets_resolve,
    steps_resolve,
    steps_and_outcomes_differ,
    refusals_are_known,
    profile_indices_are_known,
    quantities_are_sound,
    queue_limits_are_sound,
    classes_are_sound,
    conditions_can_be_read,
    sources_agree,
)
"""Rules on single rows and names."""


def _by_file(places: list[Found]) -> dict[str, list[Found]]:
    files: dict[str, list[Found]] = {}
    for place in places:
        files.setdefault(place.file, []).append(place)
    return files


def _as_table(places: list[Found]) -> Table:
    return Table([place.row for place in places], [place.line for place in places], [])


def _split(text: str, mark: str) -> tuple[str, ...]:
    return tuple(piece.strip() for piece in text.split(mark) if piece.strip())


def _twice(places: list[Found], name: Callable, column: str) -> Iterator[Problem]:
    count = Counter(name(place.row) for place in places)
    seen: set[str] = set()
    for place in places:
        own = name(place.row)
        if count[own] > 1 and own in seen:
            yield place.problem(column, "This stands here a second time.", own)
        seen.add(own)


def _level_problems(
    catalogue: Catalogue, place: Found, column: str, attribute: str, levels: Iterable[str]
) -> Iterator[Problem]:
    known = catalogue.levels.get(attribute, ())
    for level in levels:
        if known and level not in known:
            yield place.problem(
                column, f"The attribute {attribute} has no such level. {nearest(level, known)}".strip(), level
            )
