"""The one page that `run` and `compare` print: what was asked, what came out, how sure, on what it rests."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from icsim.outcomes.summary import ENOUGH_DRAWS
from icsim.report.figures import Figures
from icsim.report.wording import WIDTH, number, paragraph, percent, plain, table, with_error
from icsim.results import Comparison, Results, scenarios_of

HEADLINES = ("calls_999", "conveyances", "ae_attendances", "emergency_admissions", "bed_days", "care_home_entries",
             "deaths", "healthy_years", "qalys", "life_expectancy", "healthy_life_expectancy")
BY_YEAR = "emergency_admissions"
FIFTHS = {"1": "1 (most deprived)", "2": "2", "3": "3", "4": "4", "5": "5 (least deprived)"}
ASSUMPTIONS_SHOWN = 6
NEAREST_FIRST = ("branch", "pool", "quantity", "catchment", "severity_share", "ratio")
"""Kinds of row that bear most directly on what people and services do, first."""

LIMITS = (
    "Falls are the only need that passes through services here. Ambulances, A&E cubicles and beds are the share that "
    "falls use, so crowding by other patients is not in these numbers.",
    "Money is not in here: neither what a change costs nor what it saves.",
    "The figures behind the model are taken as they stand. How far doubts about them could move the results has not "
    "been worked out.",
)
"""What no run of this version can tell."""


def page(value: Results | Comparison, summary: Any, folder: Path | None = None) -> str:
    """The page as plain text of at most 80 columns; `summary` is the frame of `outcomes.summary(value)`."""
    figures = Figures.of(summary)
    parts = _compared(value, figures) if isinstance(value, Comparison) else _alone(value, figures)
    parts += [_rests_on(value), _unknown(), _end(value, folder)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _alone(value: Results, figures: Figures) -> list[str]:
    return [_asked(value), _outcomes(value, figures), _years(value, figures), _waits([value], figures),
            _fifths(value, figures), _busy([value], figures)]


def _compared(value: Comparison, figures: Figures) -> list[str]:
    changes = [section for each in value.alternatives for section in (
        _changes(value, each, figures), _changed_years(each, figures), _changed_fifths(each, figures))]
    return [_asked(value), *changes, _meaning(value.base.replications, "pair"), _waits(value.scenarios, figures),
            _busy(value.scenarios, figures), _differences(value)]


def _heading(text: str) -> str:
    return text[:WIDTH].upper()


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
    years = results.years
    span = years[0] if len(years) == 1 else f"{years[0]} to {years[-1]}"
    return f"{area}, {number(residents(results), 0)} residents at the start, {span}"


def residents(results: Results) -> float:
    """Residents at the start of the run, mean over replications."""
    start = results.population.filter(results.population["date"] == results.population["date"].min())
    return float(start["residents"].sum()) / results.replications


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
    return paragraph(text + ".")


# --- the numbers ------------------------------------------------------------------------------------------------------

def _label(row) -> str:
    unit = f" ({row['unit']})" if row["unit"] == "years" and "expectancy" in row["measure"] else ""
    return row["label"] + unit


def _error(row, sign: bool = False) -> str:
    return with_error(row["mean"], row["mc_error"], sign)


def _outcomes(value: Results, figures: Figures) -> str:
    found = [row for name in HEADLINES if (row := figures.level(value.name, name))]
    rows = [[_label(row), _error(row), *_range(row)] for row in found]
    head = ["", "Total", *(["80 % of runs"] if value.replications >= ENOUGH_DRAWS else [])]
    title = _heading(f"What happens, {_span(value)}")
    return "\n".join([title, table(rows, head), _meaning(value.replications, "run")])


def _range(row) -> list[str]:
    return [] if row["p10"] is None else [f"{number(row['p10'])} to {number(row['p90'])}"]


def _span(results: Results) -> str:
    count = len(results.years)
    return f"{results.years[0]}" if count == 1 else f"all {count} years together"


def _changes(value: Comparison, other: Results, figures: Figures) -> str:
    found = [row for name in HEADLINES if (row := figures.change(other.name, name))]
    many = other.replications >= ENOUGH_DRAWS
    rows = [[_label(row), number(row["baseline"]), _error(row, True), percent(row["relative_change"]),
             *([_chance(row)] if many else [])] for row in found]
    head = ["", "Baseline", "Change", "", *(["Better in"] if many else [])]
    name = f": {other.title}" if len(value.alternatives) > 1 else ""
    title = _heading(f"What would change, {_span(other)}{name}")
    return "\n".join([title, table(rows, head)])


def _chance(row) -> str:
    return "–" if row["prob_better"] is None else f"{number(100 * row['prob_better'], 0)} %"


def _years(value: Results, figures: Figures) -> str:
    def cells(row) -> list[str]:
        return [_error(row)]
    return _by_year(value, lambda year: figures.level(value.name, BY_YEAR, year), ["Total"], cells)


def _changed_years(value: Results, figures: Figures) -> str:
    def cells(row) -> list[str]:
        return [number(row["baseline"]), _error(row, True), percent(row["relative_change"])]
    return _by_year(value, lambda year: figures.change(value.name, BY_YEAR, year), ["Baseline", "Change", ""], cells)


def _by_year(value: Results, find: Callable, head: list[str], cells: Callable) -> str:
    found = [(year, row) for year in value.years if (row := find(year))]
    if not found or len(value.years) == 1:
        return ""
    title = _heading(f"Year by year: {found[0][1]['label']}")
    return "\n".join([title, table([[year, *cells(row)] for year, row in found], ["", *head])])


def _fifths(value: Results, figures: Figures) -> str:
    return _by_fifth(lambda name, fifth: figures.level(value.name, name, margin="quintile", group=fifth), False)


def _changed_fifths(value: Results, figures: Figures) -> str:
    return _by_fifth(lambda name, fifth: figures.change(value.name, name, margin="quintile", group=fifth), True)


def _by_fifth(find: Callable, sign: bool) -> str:
    names = ("healthy_years_per_1000", "emergency_admissions")
    rows = [[FIFTHS[fifth], *(_error(row, sign) if (row := find(name, fifth)) else "–" for name in names)]
            for fifth in FIFTHS if find(names[0], fifth)]
    change = "Change by" if sign else "By"
    title = _heading(f"{change} national deprivation fifth, all years together")
    return "\n".join([title, table(rows, ["", "Healthy years per 1,000", "Emergency admissions"])]) if rows else ""


def _waits(scenarios: list[Results], figures: Figures) -> str:
    names, none = figures.waits([each.name for each in scenarios])
    rows = [[_plain_label(figures, scenarios[0].name, name),
             *(_half_and_most(figures, each.name, name) for each in scenarios)] for name in names]
    title = _heading("How long people wait: minutes within which half, and 9 in 10, are seen")
    lines = [title, table(rows, ["", *_short_names(scenarios)])] if rows else [title]
    if none:
        labels = "; ".join(_plain_label(figures, scenarios[0].name, name).removeprefix("Wait: ") for name in none)
        lines.append(paragraph(f"At least 9 in 10 do not wait for: {labels}."))
    return "\n".join(lines) if rows or none else ""


def _plain_label(figures: Figures, scenario: str, name: str) -> str:
    row = figures.level(scenario, name + "_p90")
    return row["label"].removesuffix(", 90 % within") if row else name


def _half_and_most(figures: Figures, scenario: str, name: str) -> str:
    found = [figures.level(scenario, name + ending) for ending in ("_p50", "_p90")]
    return " and ".join(number(row["mean"], 0) if row else "–" for row in found)


def _short_names(scenarios: list[Results]) -> list[str]:
    return [plain(each.name) for each in scenarios]


def _busy(scenarios: list[Results], figures: Figures) -> str:
    names = figures.groups("occupancy", "pool")
    labels = scenarios[0].provenance.get("pool_labels", {})
    found = {name: _occupied(scenarios, figures, name) for name in names}
    rows = [[labels.get(name, plain(name)).split(" (")[0], *cells] for name, cells in found.items() if any(cells)]
    title = _heading("How busy the services are: % of open time that staff or beds are in use")
    return "\n".join([title, table(rows, ["", *_short_names(scenarios)])]) if rows else ""


def _occupied(scenarios: list[Results], figures: Figures, pool: str) -> list[str]:
    found = [figures.level(each.name, "occupancy", margin="pool", group=pool) for each in scenarios]
    return [number(row["mean"], 0) if row and row["mean"] is not None else "" for row in found]


# --- where it comes from ----------------------------------------------------------------------------------------------

def _differences(value: Comparison) -> str:
    lines = [_heading("What differs from the baseline")]
    for each in value.alternatives:
        own = [row for row in each.provenance.get("differences", []) if not _shared(row, value.base)]
        lines += [paragraph(_difference(row), hanging="- ") for row in own]
    return "\n".join(lines) if len(lines) > 1 else ""


def _shared(row, base: Results) -> bool:
    """Whether the baseline of this comparison has the same value: it may itself differ from the shipped one."""
    setting = row["name"].removeprefix("run.")
    return row in base.provenance.get("differences", []) or (
        setting != row["name"] and base.provenance.get(setting) == row["value"])


def _difference(row) -> str:
    text = f"{row['name']}: {_said(row['value'])} instead of {_said(row['baseline'])} {row['unit']}".rstrip()
    source = f" (today's value is {row['standing']})" if row["standing"] else ""
    return text + source + (f". Because: {row['reason']}" if row["reason"] else "")


def _said(value: Any) -> str:
    if value is None:
        return "no limit"
    return f"{value:,.6g}" if isinstance(value, int | float) else str(value)


def _rests_on(value: Results | Comparison) -> str:
    each = scenarios_of(value)[-1]
    standing, assumed = each.provenance.get("standing", {}), each.provenance.get("assumptions", [])
    text = "These numbers have no record of what they rest on."
    if standing:
        parts = ", ".join(f"{count:,} {name}" for name, count in standing.items())
        text = f"Of {sum(standing.values()):,} numbers in use: {parts}."
    if assumed:
        text += (" How much of the results rests on the assumed ones has not been worked out: read every number as "
                 '"if these hold".')
    lines = [_heading("What this rests on"), paragraph(text)]
    changed = {row["name"].split(".")[1].rstrip("s") for row in each.provenance.get("differences", [])}
    shown = sorted(assumed, key=lambda row: _nearness(row["name"], changed))[:ASSUMPTIONS_SHOWN]
    lines += [paragraph(_assumption(row), hanging="- ") for row in shown]
    if len(assumed) > len(shown):
        lines.append(paragraph(f"… and {len(assumed) - len(shown)} more: icsim explain {each.name}"))
    return "\n".join(lines)


def _nearness(name: str, changed: set[str]) -> tuple[bool, int]:
    """Rows about what the scenario changes first, then by kind."""
    kind = name.split(".")[0]
    rank = NEAREST_FIRST.index(kind) if kind in NEAREST_FIRST else len(NEAREST_FIRST)
    return not any(word in name for word in changed), rank


def _assumption(row) -> str:
    between = "" if row["low"] is None else f" ({_said(row['low'])} to {_said(row['high'])})"
    reason = textwrap.shorten(row["reason"], 120, placeholder=" …")
    return f"{row['name']} = {_said(row['value'])}{between} {row['unit']}".rstrip() + (f": {reason}" if reason else "")


def _unknown() -> str:
    return "\n".join([_heading("What is not known"), *(paragraph(text, hanging="- ") for text in LIMITS)])


def _end(value: Results | Comparison, folder: Path | None) -> str:
    lines = [] if folder is None else [paragraph(f"Written to {folder}: tables (summary.csv), charts and the complete "
                                                 "scenarios.", 0)]
    about = scenarios_of(value)[0].provenance
    lines.append(f"icsim {about.get('version', '')}, results {value.content_hash[:8]}, undiscounted")
    return "\n".join([*lines, *_seconds(value)])


def _seconds(value: Results | Comparison) -> list[str]:
    spent: dict[str, float] = {}
    for each in scenarios_of(value):
        for step, seconds in each.timings:
            spent[step] = spent.get(step, 0.0) + seconds
    text = ", ".join(f"{step} {used:.1f}" for step, used in spent.items())
    return [paragraph(f"Time in seconds: {text}", 0)] if spent else []
