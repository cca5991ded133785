"""The one page that `run` and `compare` print: what was asked, what came out, how sure, on what it rests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from icsim.outcomes.summary import ENOUGH_DRAWS
from icsim.report import lifetimes, money, parts, services, spending, staff, tables
from icsim.report.basis import differences, rests_on, unknown
from icsim.report.figures import Figures
from icsim.report.short import in_short
from icsim.report.wording import number, paragraph, plain
from icsim.report.years import which_years, whole_span
from icsim.results import Comparison, Results, scenarios_of


def page(value: Results | Comparison, summary: Any, folder: Path | None = None) -> str:
    """The page as plain text of at most 80 columns; `summary` is the frame of `outcomes.summary(value)`."""
    figures = Figures.of(summary, value)
    parts = _compared(value, figures) if isinstance(value, Comparison) else _alone(value, figures)
    parts += [rests_on(value, folder), unknown(), _end(value, figures, folder)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _alone(value: Results, figures: Figures) -> list[str]:
    return [_asked(value), which_years([value], figures), tables.outcomes(value, figures),
            lifetimes.outcomes(value, figures), spending.outcomes(value, figures), money.outcomes(value, figures),
            staff.outcomes(value, figures),
            _meaning(value.replications, "run"),
            services.services([value], figures),
            tables.years(value, figures), tables.fifths(value, figures), services.waits([value], figures),
            services.busy([value], figures)]


def _compared(value: Comparison, figures: Figures) -> list[str]:
    sections = (in_short, tables.changes, parts.changes, lifetimes.changes, spending.changes, money.changes, staff.changes,
                tables.changed_years, tables.changed_fifths)
    changes = [section(value, each, figures) for each in value.alternatives for section in sections]
    told = value.scenarios
    return [_asked(value), which_years(told, figures), *changes, _meaning(value.base.replications, "pair"),
            services.services(told, figures), services.waits(told, figures), services.busy(told, figures),
            differences(value)]


# --- what was asked ---------------------------------------------------------------------------------------------------

def _asked(value: Results | Comparison) -> str:
    first = scenarios_of(value)[0]
    if isinstance(value, Comparison):
        lines = [*(f"{each.title}" for each in value.alternatives), f"compared with: {value.base.title}"]
    else:
        lines = [value.title]
    return "\n".join([*(paragraph(line, 0) for line in lines), "", paragraph(_where_and_when(first), 0),
                      paragraph(_how_often(value), 0)])


def _where_and_when(results: Results) -> str:
    area = results.provenance.get("area_label") or plain(str(results.provenance.get("area", "")))
    return f"{area}, {number(results.residents, 0)} residents at the start, {whole_span(results)}"


def _how_often(value: Results | Comparison) -> str:
    runs = scenarios_of(value)[0].replications
    if isinstance(value, Comparison):
        return f"{_counted(runs, 'pair')} of runs: the same residents with the same luck in every scenario"
    return f"{_counted(runs, 'run')}, each with other luck"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")


def _meaning(runs: int, what: str) -> str:
    """What "±" means, and what it does not."""
    if runs == 1:
        one = "One run" if what == "run" else f"One {what} of runs"
        return paragraph(f"{one} only: luck alone may be behind any of these numbers. Ask for more with "
                         "--replications.")
    text = (f'"±" is the Monte-Carlo error: what luck alone adds to a mean over {_counted(runs, what)} (one standard '
            "error). It is not a range of what may happen")
    if runs < ENOUGH_DRAWS:
        text += f"; ranges and chances need at least {ENOUGH_DRAWS} {what}s"
    unclear = ' A change smaller than two such errors is "no clear change", or "unclear".' if what == "pair" else ""
    return paragraph(f"{text}.{unclear}")


# --- the technical end ------------------------------------------------------------------------------------------------

def _end(value: Results | Comparison, figures: Figures, folder: Path | None) -> str:
    log = ", the event log" if any(each.events is not None for each in scenarios_of(value)) else ""
    lines = [] if folder is None else [f"Written to {folder}: tables (summary.csv, assumptions.csv){log}, charts and the "
                                       "complete scenarios."]
    first = scenarios_of(value)[0]
    lines.append(f"icsim {first.provenance.get('version', '')}, results {value.content_hash[:8]}, undiscounted where not "
                 "said otherwise")
    return "\n".join(paragraph(text, 0) for text in (*lines, *_late(first, figures), *_seconds(value)))


def _late(results: Results, figures: Figures) -> list[str]:
    """How many demands came while the person's case was still open, in a thousand."""
    late = figures.level(results.name, "late_demands")
    demands = [figures.level(results.name, name) for name in results.provenance.get("demands", [])]
    total = sum(row["mean"] for row in demands if row and row["mean"])
    if late is None or late["mean"] is None or not total:
        return []
    joined = figures.level(results.name, "joined_demands")
    more = f"; {number(1000 * joined['mean'] / total, 1)} more were seen to together with such a one" if joined else ""
    return [f"{number(1000 * late['mean'] / total, 0)} in 1,000 demands came while the person was still being looked "
            f"after and were put off until then{more}"]


def _seconds(value: Results | Comparison) -> list[str]:
    """Wall-clock time of the whole; the steps add up to more, because replications, and steps of one, run side by side."""
    spent: dict[str, float] = {}
    for each in scenarios_of(value):
        for step, seconds in each.timings:
            spent[step] = spent.get(step, 0.0) + seconds
    about = scenarios_of(value)[0].provenance
    whole = f"Time: {about['seconds']:.1f} s in all" if about.get("seconds") else "Time"
    steps = ", ".join(f"{step} {used:.1f}" for step, used in spent.items())
    compiled = (" The code was compiled as well, once for this version; the steps of the first replication hold that "
                "time.")
    return [f"{whole}. Seconds by step, added up over all replications; some run side by side: {steps}."
            + (compiled if about.get("compiled_first") else "")] if spent else []
