"""Rules on names: words from closed lists, names that stand once, references that resolve."""

from __future__ import annotations

from collections.abc import Iterator

from icsim.catalogue.csvtable import nearest
from icsim.catalogue.expand import QUINTILES, SEXES
from icsim.catalogue.load import ID, Catalogue
from icsim.catalogue.row_rules.common import Tables, level_problems, split, twice
from icsim.catalogue.row_rules.events import PROFILE_PARTS
from icsim.catalogue.row_rules.pressure_and_holds import CONGESTION_KINDS
from icsim.catalogue.rows import STATIONARY
from icsim.errors import Problem

EVENT_KINDS = ("death", "move", "timer", "demand", "birth", "leave", "stream")
MEASURE_KINDS = ("count", "time", "response", "weight", "event")
WEIGHT_RULES = ("multiply", "odds")
FLOWS = ("health", "money")
DISTRIBUTIONS = ("constant", "exponential", "lognormal", "uniform", "triangular", "normal")
SHIFT_END = ("finish", "wait", "pre-empt")
QUANTITIES = ("duration", "patience", "priority")
BETTER = ("", "lower", "higher")
PRIORITIES = ("random", "most deprived first", "by score", "by place")
PROGRAMME_KINDS = ("programme", "measure")
SCORES = ("points", "auc")
TAKES = ("uptake", "drop_out")
ESTIMANDS = ("as assigned", "as treated")
STRENGTHS = ("high", "moderate", "low", "very low", "none")


def ids_are_unique(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """No number stands twice; nor does any name."""
    for table in ID:
        yield from twice(tables[table], lambda row: row.id, "value")
    for table, columns in _NAMES.items():
        yield from twice(
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
    "programmes": ("programme",),
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
    ("programmes", "priority", PRIORITIES),
    ("programmes", "kind", PROGRAMME_KINDS),
    ("scores", "what", SCORES),
    ("takes", "what", TAKES),
    *((table, column, words) for table in ("effects", "programme_moves")
      for column, words in (("estimand", ESTIMANDS), ("strength", STRENGTHS))),
    ("corrections", "world", ("", STATIONARY)),
    *((table, "sex", ("*", *SEXES)) for table in ("rates", "norms", "prevalence", "severity_shares", "corrections")),
    *((table, "quintile", ("*", *QUINTILES)) for table in ("rates", "norms", "prevalence", "corrections")),
)


def names_resolve(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Every event, attribute, weight, service, pathway and measure that a row names is listed."""
    for table, column, listed in _REFERENCES:
        names = {getattr(row, listed[1]) for row in getattr(catalogue, listed[0])}
        for place in tables[table]:
            for given in split(getattr(place.row, column), "|"):
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
        for table in ("events", "ratios", "exponents", "factors", "prevalence", "programme_moves")
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
    *((table, "programme", ("programmes", "programme")) for table in ("stages", "takes", "programme_moves", "effects")),
)
_EVERY = {("exponents", "attribute", "*"), ("exponents", "event", "*")}
"""Cells that may stand for every name."""


def levels_resolve(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Levels of ratios, factors, prevalences and programmes' moves belong to their attribute."""
    for table in ("ratios", "factors", "prevalence", "programme_moves"):
        for place in tables[table]:
            yield from level_problems(catalogue, place, "level", place.row.attribute, (place.row.level,))


def sets_resolve(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """`sets` of severities and outcomes: "attribute=level", several with ";"."""
    for place in tables["severities"] + tables["outcomes"]:
        for clause in split(place.row.sets, ";"):
            attribute, equals, level = (piece.strip() for piece in clause.partition("="))
            if not equals:
                yield place.problem("sets", "This must be of the form attribute=level.", clause)
            elif attribute not in catalogue.levels:
                hint = nearest(attribute, catalogue.levels)
                yield place.problem("sets", f"attributes.csv has no such attribute. {hint}".strip(), attribute)
            else:
                yield from level_problems(catalogue, place, "sets", attribute, (level,))
    for place in tables["outcomes"]:
        if len(split(place.row.sets, ";")) > 1:
            yield place.problem("sets", "An outcome sets one level at most.", place.row.sets)
