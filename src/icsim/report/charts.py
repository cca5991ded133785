"""The charts of a run or a comparison, as PNG and SVG.

Each has a title that states what it shows, axes with unit and population, and a footnote from which the version, the
hash, the number of runs and the discounting can be read. The same results give the same bytes.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from icsim.outcomes import HEADLINE_YEARS
from icsim.outcomes.definitions import over
from icsim.outcomes.summary import ENOUGH_DRAWS
from icsim.report.figures import Figures, Row
from icsim.report.services import shown_waits, wait_label
from icsim.report.wording import number, percent, plain, unclear
from icsim.report.years import span, whole_span
from icsim.results import Comparison, Results, scenarios_of

STYLE = Path(__file__).with_name("icsim.mplstyle")
MARKERS = "osD^vPX"
ADMISSIONS = "emergency_admissions"
HEALTHY = "healthy_years_per_1000"
TITLE_COLUMNS = 68
LEGEND_COLUMNS = 60
"""Characters of scenario titles that fit side by side."""
HOUR_A_RESIDENT = 0.1
"""Healthy years per 1,000 residents below which a change is hardly any: 0.1 is less than an hour for each."""
A_DAY = 1440
"""Minutes; waits that may take longer are in the tables alone."""
FIFTHS = ("1", "2", "3", "4", "5")
FIFTH_LABELS = ("1\nmost deprived", "2", "3", "4", "5\nleast deprived")
METADATA: dict[str, dict[str, Any]] = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}


def charts(value: Results | Comparison, summary: Any) -> dict[str, bytes]:
    """File name → content, for every chart that the results can fill; `summary` is the frame of outcomes.summary."""
    figures, files = Figures.of(summary, value), {}
    with mpl.rc_context(fname=STYLE):
        for name, figure in _drawn(value, figures):
            for kind, metadata in METADATA.items():
                files[f"{name}.{kind}"] = as_bytes(figure, kind, metadata)
    return files


def _drawn(value: Results | Comparison, figures: Figures) -> Iterator[tuple[str, Figure]]:
    drawings: dict[str, Callable] = {"admissions_by_year": _admissions, "waits": _waits, "occupancy": _occupancy,
                                     "four_hours_by_year": _four_hours, "beds_by_year": _beds}
    if isinstance(value, Comparison):
        drawings |= {"difference_by_year": _difference, "healthy_years_by_fifth": _healthy_change}
    else:
        drawings |= {"healthy_years_by_fifth": _healthy_level}
    for name, draw in drawings.items():
        figure = Figure(layout="constrained")
        axes = figure.subplots()
        if draw(axes, value, figures):
            _footnote(figure, value, figures)
            yield name, figure


def as_bytes(figure: Figure, kind: str, metadata: dict[str, Any]) -> bytes:
    """A figure as the content of a file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, metadata=metadata)
    return buffer.getvalue()


# --- what every chart has ---------------------------------------------------------------------------------------------

def _footnote(figure: Figure, value: Results | Comparison, figures: Figures) -> None:
    """Where the numbers come from, below the axes."""
    each = scenarios_of(value)[0]
    area = each.provenance.get("area_label") or each.provenance.get("area", "")
    runs = f"{each.replications} {'pair' if isinstance(value, Comparison) else 'run'}{'' if each.replications == 1 else 's'}"
    runs += " of runs" if isinstance(value, Comparison) else ""
    who = f"{area}, {number(each.residents, 0)} residents at the start, {whole_span(each)}."
    how = (f"{runs}; {_interval(each.replications)}. Undiscounted. "
           f"icsim {each.provenance.get('version', '')}, results {value.content_hash[:8]}.")
    out = ([f"Years in which some service does not keep up are left out of totals: {span(each, figures)} count."]
           if figures.left_out and figures.together == HEADLINE_YEARS else [])
    text = "\n".join(textwrap.fill(line, 150) for line in (who, *out, how))
    figure.supxlabel(text, x=0.01, ha="left", fontsize=7.5, color="#555555")


def _interval(replications: int) -> str:
    if replications >= ENOUGH_DRAWS:
        return "bars: 80 % of runs"
    return "no error known" if replications == 1 else "bars: ± one Monte-Carlo standard error (luck alone)"


def _title(axes: Axes, text: str) -> None:
    axes.set_title(textwrap.fill(text, TITLE_COLUMNS), loc="left")


def _population(row: Row) -> str:
    who = f", all {row['population']}" if row["population"] else ""
    return f"{row['unit'] or row['label'].lower()} a year{who}"


def _bars(rows: list[Row], scale: float = 1.0) -> list[list[float]]:
    """Distances below and above the mean: to p10 and p90, or one Monte-Carlo error; 0 where neither is known."""
    ends = [(row["p10"], row["p90"]) if row["p10"] is not None else _one_error(row) for row in rows]
    return [[max(row["mean"] - low, 0) * scale for row, (low, _) in zip(rows, ends, strict=True)],
            [max(high - row["mean"], 0) * scale for row, (_, high) in zip(rows, ends, strict=True)]]


def _one_error(row: Row) -> tuple[float, float]:
    error = row["mc_error"] or 0.0
    return row["mean"] - error, row["mean"] + error


def _thousands(axis) -> None:
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value, _places(axis))))


def _places(axis) -> int:
    """Decimals that the steps between ticks need."""
    ticks = axis.get_majorticklocs()
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    return next((places for places in range(4) if abs(step - round(step, places)) < 1e-6 * abs(step)), 4)


def _known(rows: list[Row | None]) -> list[Row]:
    return [row for row in rows if row is not None and row["mean"] is not None]


def _legend(axes: Axes) -> None:
    """Scenario names between title and chart, where they cover nothing; one or two columns."""
    handles, labels = axes.get_legend_handles_labels()
    columns = 2 if sum(map(len, labels)) < LEGEND_COLUMNS else 1
    axes.legend(handles, labels, loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=columns, borderaxespad=0.2)
    rows = -(-len(labels) // columns)
    axes.set_title(axes.get_title(loc="left"), loc="left", pad=12 + 17 * rows)


def _short(title: str) -> str:
    return textwrap.shorten(title, 60, placeholder="…")


# --- the charts -------------------------------------------------------------------------------------------------------

def _by_year(axes: Axes, value: Results | Comparison, figures: Figures, find: Callable) -> list[Row]:
    """A line for each scenario, from 0; years that are left out are grey. The rows of the last, none if one has none."""
    scenarios = scenarios_of(value)
    rows: list[Row] = []
    for at, each in enumerate(scenarios):
        rows = _known([find(each.name, year) for year in each.years])
        if not rows:
            return []
        nudge = 0.06 * (at - (len(scenarios) - 1) / 2)
        places = [nudge + each.years.index(row["year"]) for row in rows]
        below = at == 0 and len(scenarios) > 1  # drawn broad and pale, so that a line upon it does not hide it
        axes.errorbar(places, [row["mean"] for row in rows], yerr=_bars(rows), marker=MARKERS[at % len(MARKERS)],
                      label=_short(each.title), linewidth=6 if below else 2, markersize=11 if below else 6,
                      alpha=0.5 if below else 1.0)
    axes.set_ylim(0, 1.08 * max(axes.get_ylim()[1], 1e-9))
    _year_axis(axes, value, figures)
    _thousands(axes.yaxis)
    return rows


def _year_axis(axes: Axes, value: Results | Comparison, figures: Figures) -> None:
    """Financial years; grey where some service does not keep up."""
    years = scenarios_of(value)[0].years
    axes.set_xticks(range(len(years)), years)
    axes.set_xlim(-0.5, len(years) - 0.5)
    axes.set_xlabel("Financial year")
    grey = [n for n, year in enumerate(years) if year in figures.left_out]
    for n in grey:
        axes.axvspan(n - 0.5, n + 0.5, color="#E6E6E6", linewidth=0, zorder=0)
    if grey:
        axes.text(grey[-1] + 0.45, 0.02, "grey: some service does not keep up", transform=axes.get_xaxis_transform(),
                  fontsize=8, color="#555555", va="bottom", ha="right")


def _admissions(axes: Axes, value: Results | Comparison, figures: Figures) -> bool:
    """Admissions by year in every scenario."""
    rows = _by_year(axes, value, figures, lambda name, year: figures.level(name, ADMISSIONS, year))
    if not rows:
        return False
    axes.set_ylabel(_population(rows[0]))
    _title(axes, _admissions_title(value, figures, rows[0]["label"]))
    if len(scenarios_of(value)) > 1:
        _legend(axes)
    return True


def _four_hours(axes: Axes, value: Results | Comparison, figures: Figures) -> bool:
    """Share of stays in A&E that take longer than four hours, by year."""
    measure = over("time_in_ae", 240, share=True)
    return _share_by_year(axes, value, figures, "% of stays, all patients", "Stays in A&E over 4 hours",
                          lambda name, year="": figures.level(name, measure, year, "everybody"))


def _beds(axes: Axes, value: Results | Comparison, figures: Figures) -> bool:
    """Occupancy of hospital beds by year."""
    drawn = _share_by_year(axes, value, figures, "% of beds, all patients", "Hospital beds in use",
                           lambda name, year="": figures.level(name, "occupancy", year, "service", "hospital_beds"))
    axes.set_ylim(0, 104)
    return drawn


def _share_by_year(axes: Axes, value: Results | Comparison, figures: Figures, unit: str, what: str, find: Callable) -> bool:
    rows = _by_year(axes, value, figures, find)
    if not rows:
        return False
    axes.set_ylabel(unit)
    found = _known([find(each.name) for each in scenarios_of(value)])
    _title(axes, f"{what}: {_instead([round(row['mean'], 1) for row in found], ' %')}" if found else what)
    if len(scenarios_of(value)) > 1:
        _legend(axes)
    return True


def _instead(found: list[float], unit: str) -> str:
    """The last scenarios' values, and the first one's where they differ: "14 % instead of 16 %"."""
    then, others = found[0], found[1:] or found
    low, high = min(others), max(others)
    now = number(low) if low == high else f"{number(low)} to {number(high)}"
    before = "" if len(found) == 1 else ", as before" if then == low == high else f" instead of {number(then)}{unit}"
    return f"{now}{unit}{before}"


def _occupancy(axes: Axes, value: Results | Comparison, figures: Figures) -> bool:
    """How full each service is: bars from 0 to 100 %, fullest on top."""
    scenarios = scenarios_of(value)
    found = {service: [figures.level(each.name, "occupancy", margin="service", group=service) for each in scenarios]
             for service in figures.groups("occupancy", "service")}
    known = {service: _known(rows) for service, rows in found.items() if len(_known(rows)) == len(scenarios)}
    if not known:
        return False
    order = sorted(known, key=lambda service: -known[service][0]["mean"])
    width = 0.8 / len(scenarios)
    for at, each in enumerate(scenarios):
        rows = [known[service][at] for service in order]
        places = [n + width * (at - (len(scenarios) - 1) / 2) for n in range(len(order))]
        axes.barh(places, [row["mean"] for row in rows], width * 0.95, xerr=_bars(rows), label=_short(each.title),
                  error_kw={"ecolor": "#333333", "elinewidth": 1.2})
    about = scenarios[0].provenance.get("services", {})
    axes.set_yticks(range(len(order)), [about.get(name, {}).get("label", plain(name)) for name in order], fontsize=8)
    axes.set_ylim(len(order) - 0.5, -0.5)
    axes.set_xlim(0, 100)
    axes.grid(axis="x")
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(f"% of time on duty in use, all patients, {span(scenarios[0], figures)}")
    fullest = order[0]
    full = [round(row["mean"]) for row in known[fullest]]
    _title(axes, f"Fullest service: {about.get(fullest, {}).get('label', plain(fullest))}, "
                 f"in use {_instead([float(each) for each in full], ' %')}")
    if len(scenarios) > 1:
        _legend(axes)
    return True


def _admissions_title(value: Results | Comparison, figures: Figures, label: str) -> str:
    if isinstance(value, Comparison) and len(value.alternatives) == 1:
        return _finding(value, figures, label)
    if isinstance(value, Comparison):
        return f"{label} by year, in {len(value.scenarios)} scenarios"
    total = figures.level(value.name, ADMISSIONS)
    if total is None or total["mean"] is None:
        return label
    return f"{label}: about {number(total['mean'] / len(figures.years), 0)} a year"


def _finding(value: Comparison, figures: Figures, label: str) -> str:
    row = figures.change(value.alternatives[0].name, ADMISSIONS)
    if row is None or row["mean"] is None:
        return label
    if row["mean"] == 0 or unclear(row):
        return f"{label}: no change in {_horizon(figures)} that stands out from luck"
    more = "more" if row["mean"] > 0 else "fewer"
    size = percent(row["relative_change"]).lstrip("+−")
    return f"{label}: about {_a_year(row, figures)} {more} a year ({size})"


def _a_year(row: Row, figures: Figures) -> str:
    """The size of a change in an average year."""
    size = abs(row["mean"]) / len(figures.years)
    return number(size, 0 if size >= 10 else 1)


def _horizon(figures: Figures) -> str:
    count = len(figures.years)
    return figures.years[0] if count == 1 else f"{count} years"


def _difference(axes: Axes, value: Comparison, figures: Figures) -> bool:
    """Change in admissions by year against the baseline, with a line at zero."""
    axes.axhline(0, color="#4D4D4D", linewidth=1.2)
    axes.plot([], [])  # the first colour is the baseline's
    for at, each in enumerate(value.alternatives, start=1):
        rows = _known([figures.change(each.name, ADMISSIONS, year) for year in each.years])
        if not rows:
            return False
        nudge = 0.08 * (at - (len(value.alternatives) + 1) / 2)
        places = [nudge + each.years.index(row["year"]) for row in rows]
        axes.errorbar(places, [row["mean"] for row in rows], yerr=_bars(rows), marker=MARKERS[at % len(MARKERS)],
                      linestyle="none", label=_short(each.title))
    _year_axis(axes, value, figures)
    axes.set_ylabel(f"change in {_population(rows[0])}")
    axes.yaxis.set_major_locator(MaxNLocator(7))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: number(v, _places(axes.yaxis), sign=True)))
    axes.margins(y=0.15)
    axes.set_ylim(*_around_zero(*axes.get_ylim()))
    _title(axes, f"{_difference_title(value, figures, rows[0]['label'])}, against “{_short(value.base.title)}”")
    _legend(axes)
    return True


def _difference_title(value: Comparison, figures: Figures, label: str) -> str:
    return _finding(value, figures, label) if len(value.alternatives) == 1 else f"{label}: change each year"


def _around_zero(low: float, high: float) -> tuple[float, float]:
    """Limits of an axis that leave room on both sides of the line at zero."""
    room = 0.12 * max(high - low, 1e-9)
    return min(low, -room), max(high, room)


def _waits(axes: Axes, value: Results | Comparison, figures: Figures) -> bool:
    """For each response and wait, from the time within which half are seen to that for nine in ten."""
    scenarios = scenarios_of(value)
    names = [name for name in shown_waits(scenarios, figures)[0] if _short_enough(name, scenarios, figures)]
    if not names:
        return False
    for at, each in enumerate(scenarios):
        places = [row + 0.2 * (at - (len(scenarios) - 1) / 2) for row in range(len(names))]
        half, most = ([figures.level(each.name, name + ending) or {} for name in names] for ending in ("_p50", "_p90"))
        _spans(axes, places, half, most, f"C{at % 7}", _short(each.title))
    labels = [wait_label(figures, scenarios[0].name, name) for name in names]
    axes.set_yticks(range(len(names)), labels, fontsize=8)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(left=0)
    axes.grid(axis="x")
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(f"minutes, all residents' cases in {span(scenarios[0], figures)}:\n"
                    "half are seen within (open), 9 in 10 within (filled)")
    _thousands(axes.xaxis)
    _title(axes, _waits_finding(value, figures, names[0]))
    if len(scenarios) > 1:
        _legend(axes)
    return True


def _short_enough(name: str, scenarios: list[Results], figures: Figures) -> bool:
    """Whether a wait fits a chart in minutes; those for home care take days."""
    return all((figures.level(each.name, name + "_p90") or {})["mean"] < A_DAY for each in scenarios)


def _spans(axes: Axes, places: list[float], half: list, most: list, color: str, label: str) -> None:
    """Open and filled points, joined, one pair for each measure."""
    low, high = [row["mean"] for row in half], [row["mean"] for row in most]
    axes.hlines(places, low, high, color=color, linewidth=2)
    axes.plot(low, places, "o", color=color, markerfacecolor="white", clip_on=False, zorder=3)
    axes.errorbar(high, places, xerr=_bars(most), fmt="o", color=color, label=label, ecolor="#333333", elinewidth=1.2)


def _waits_finding(value: Results | Comparison, figures: Figures, name: str) -> str:
    found = [figures.level(each.name, name + "_p90") or {} for each in scenarios_of(value)]
    label, minutes = wait_label(figures, scenarios_of(value)[0].name, name), [round(row["mean"]) for row in found]
    then, low, high = minutes[0], min(minutes[1:] or minutes), max(minutes[1:] or minutes)
    now = number(low, 0) if low == high else f"{number(low, 0)} to {number(high, 0)}"
    before = "" if len(found) == 1 else ", as before" if then == low == high else f" instead of {number(then, 0)}"
    return f"{label}: 9 in 10 within {now} minutes{before}"


def _healthy_change(axes: Axes, value: Comparison, figures: Figures) -> bool:
    """Healthy years gained by national deprivation fifth, per 1,000 residents at the start."""
    width = 0.7 / len(value.alternatives)
    for at, each in enumerate(value.alternatives, start=1):
        rows = [figures.change(each.name, HEALTHY, margin="quintile", group=fifth) for fifth in FIFTHS]
        known = [(n, row) for n, row in enumerate(rows) if row and row["mean"] is not None]
        if not known:
            return False
        nudge = width * (at - (len(value.alternatives) + 1) / 2)
        _columns(axes, [(n + nudge, row) for n, row in known], width, f"C{at % 7}",
                 _short(each.title))
    axes.axhline(0, color="#4D4D4D", linewidth=1.2)
    axes.set_ylim(*_around_zero(*axes.get_ylim()))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: number(v, _places(axes.yaxis), sign=True)))
    _fifth_axes(axes, "change against the baseline: healthy years\n"
                      f"per 1,000 residents at the start, over {_horizon(figures)}")
    _title(axes, _healthy_finding(value, figures))
    _legend(axes)
    return True


def _healthy_finding(value: Comparison, figures: Figures) -> str:
    rows = [figures.change(each.name, HEALTHY, margin="quintile", group=fifth)
            for each in value.alternatives for fifth in FIFTHS]
    known = _known(rows)
    if all(row["mean"] == 0 or unclear(row) for row in known):
        return "Healthy years: no clear change in any deprivation fifth"
    most = max(known, key=lambda row: abs(row["mean"]))["mean"]
    hardly = "hardly any change in any deprivation fifth, " if abs(most) < HOUR_A_RESIDENT else ""
    return f"Healthy years: {hardly}at most {number(most, sign=True)} per 1,000 residents"


def _healthy_level(axes: Axes, value: Results, figures: Figures) -> bool:
    """Healthy years lived by national deprivation fifth, per 1,000 residents at the start."""
    rows = [figures.level(value.name, HEALTHY, margin="quintile", group=fifth) for fifth in FIFTHS]
    known = [(n, row) for n, row in enumerate(rows) if row and row["mean"] is not None]
    if not known:
        return False
    _columns(axes, known, 0.6, "C1", value.title)
    _thousands(axes.yaxis)
    _fifth_axes(axes, f"healthy years per 1,000 residents\nat the start, over {_horizon(figures)}")
    low, high = (choose(row["mean"] for _, row in known) for choose in (min, max))
    _title(axes, f"Healthy years: {number(low, 0)} to {number(high, 0)} per 1,000, by deprivation fifth")
    return True


def _columns(axes: Axes, known: Sequence[tuple[float, Row]], width: float, color: str, label: str) -> None:
    rows = [row for _, row in known]
    axes.bar([place for place, _ in known], [row["mean"] for row in rows], width * 0.95, yerr=_bars(rows), color=color,
             label=label, error_kw={"ecolor": "#333333", "elinewidth": 1.2})


def _fifth_axes(axes: Axes, label: str) -> None:
    axes.set_xticks(range(len(FIFTHS)), FIFTH_LABELS)
    axes.set_xlim(-0.6, len(FIFTHS) - 0.4)
    axes.set_xlabel("National deprivation fifth of the place of residence")
    axes.set_ylabel(label)
