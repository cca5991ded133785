"""The section of the page about parts: what each group of a scenario's changes does, alone and beside the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import polars as pl

from icsim.attribution import tidy
from icsim.attribution.shifts import PREFIX
from icsim.outcomes.costs import SPEND
from icsim.report.figures import Figures
from icsim.report.tables import title_of
from icsim.report.wording import heading, paragraph, table, with_error
from icsim.results import Attribution, Comparison, Results

TOLD = {"emergency_admissions": ("Emergency admissions", 1.0), "bed_days": ("Emergency bed days", 1.0),
        "deaths": ("Deaths", 1.0), "healthy_years": ("Healthy years", 1.0), "qalys": ("QALYs", 1.0),
        SPEND: ("Cost of activity, £ thousand", 1000.0)}
"""Measure → head of its column, and what it is divided by."""
TOGETHER, INTERACTION = "Together", "Interaction"
OWN, SHAPLEY = "own", "shapley"


def changes(value: Comparison, other: Results, figures: Figures) -> str:
    """What each part does in an average year; empty where that was not asked for."""
    found = next((each for each in value.attributions if each.scenario == other.name), None)
    if found is None or len(found.groups) < 2:
        return ""
    rows = means(found, figures.years)
    measures = [name for name in TOLD if rows.get((name, TOGETHER, SHAPLEY))]
    head = ["", *(TOLD[name][0] for name in measures)]
    shared = [_line(rows, measures, name, SHAPLEY, label) for name, label in _groups(found)]
    own = [_line(rows, measures, name, OWN, label) for name, label in [*found.labels.items(), (INTERACTION, INTERACTION),
                                                                      (TOGETHER, TOGETHER)]]
    return "\n".join([heading("What does which part do? An average year", title_of(value, other)),
                      paragraph("Each part alone, against the baseline:"), table(own, head), "",
                      paragraph("The whole change, shared out between the parts:"), table(shared, head), *_words(found)])


def _groups(found: Attribution) -> Iterator[tuple[str, str]]:
    yield from found.labels.items()
    yield TOGETHER, TOGETHER


def _line(rows: dict[tuple[str, str, str], tuple[float, float | None]], measures: Sequence[str], group: str, what: str,
          label: str) -> list[str]:
    return [label, *(_cell(rows[name, group, what], TOLD[name][1]) for name in measures)]


def _cell(found: tuple[float, float | None], by: float) -> str:
    mean, error = found
    return with_error(mean / by, error and error / by, sign=True)


def _words(found: Attribution) -> Iterable[str]:
    joined = "; ".join(f"{found.labels[name]}: {', '.join(own)}" for name, own in found.groups.items() if len(own) > 1)
    yield paragraph("Interaction is what the parts do together beside what each does alone: some meet the same people, or "
                    "the same queues. In the second table it is shared out fairly: what each part adds when the parts come "
                    "one after the other, as a mean over all orders (Shapley value). Both tables add up exactly.")
    if any(part.startswith(PREFIX) for own in found.groups.values() for part in own):
        yield paragraph("Where money is taken without those who receive it, it stays in a fund and buys nothing. Where they "
                        "receive it without its being taken, they get what would have come free, when it would have; "
                        "nothing closes, and nobody leaves a closed ward to work for them.")
    if joined:
        yield paragraph(f"Looked at together: {joined}.")


def means(found: Attribution, years: Sequence[str]) -> dict[tuple[str, str, str], tuple[float, float | None]]:
    """(measure, group, "own" or "shapley") → mean of an average year of `years`, and its Monte-Carlo error.

    TOGETHER is the whole difference; INTERACTION, of "own", what it is beside all own effects.
    """
    told = tidy(found).filter(pl.col("year").is_in(list(years)) & pl.col("measure").is_in(list(TOLD)))
    sums = told.group_by("replication", "measure", "group").agg(pl.col(OWN, SHAPLEY, "interaction").sum() / len(years))
    whole = sums.group_by("replication", "measure").agg(pl.col(OWN, SHAPLEY, "interaction").sum())
    together = whole.select("replication", "measure", group=pl.lit(TOGETHER), own=SHAPLEY, shapley=SHAPLEY)
    between = whole.select("replication", "measure", group=pl.lit(INTERACTION), own="interaction", shapley="interaction")
    every = pl.concat([sums.select(together.columns), together, between])
    stats = every.group_by("measure", "group").agg(*_statistics(OWN), *_statistics(SHAPLEY))
    return {(row["measure"], row["group"], what): (row[what], row[f"{what}_error"])
            for row in stats.iter_rows(named=True) for what in (OWN, SHAPLEY)}


def _statistics(name: str) -> list[pl.Expr]:
    """Mean and standard error over replications, null of one."""
    value: Any = pl.col(name)
    return [value.mean().alias(name), (value.std() / value.count().sqrt()).alias(f"{name}_error")]


def attribution_object(value: Comparison, years: Sequence[str]) -> list[dict[str, Any]]:
    """Of each alternative its groups, and means of an average year of `years` by measure and group."""
    return [{"scenario": found.scenario,
             "groups": [{"group": name, "label": found.labels[name], "parts": list(parts)}
                        for name, parts in found.groups.items()],
             "years": list(years), "average_year": list(_objects(found, years))} for found in value.attributions]


def _objects(found: Attribution, years: Sequence[str]) -> Iterator[dict[str, Any]]:
    rows = means(found, years)
    for measure in (name for name in TOLD if (name, TOGETHER, SHAPLEY) in rows):
        for group in found.groups:
            (own, own_error), (shapley, error) = rows[measure, group, OWN], rows[measure, group, SHAPLEY]
            yield {"measure": measure, "group": group, "own": own, "own_mc_error": own_error, "shapley": shapley,
                   "shapley_mc_error": error, "interaction": shapley - own}
