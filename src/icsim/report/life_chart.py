"""A picture of one life under two scenarios: two lanes with bars for circumstances and stays, and marks for events."""

from __future__ import annotations

import textwrap
from datetime import date, timedelta
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from icsim.lives import Life, Lives, Stretch
from icsim.lives.crowd import FIXED
from icsim.lives.pair import SAME
from icsim.report.charts import METADATA, STYLE, as_bytes
from icsim.report.life import NAMES, who
from icsim.report.wording import plain

SHADES = ("#DCE6EE", "#9DC3DE", "#E69F00", "#D55E00", "#8C3B00")
"""Levels of an attribute from the first: pale where all is well, darker with each."""
STAY, APART = "#009E73", "#CC79A7"
ASKED: dict[str, Any] = {"marker": "v", "color": "#0072B2", "linestyle": "none", "markersize": 7, "markeredgewidth": 0}
CHANGED: dict[str, Any] = {"marker": "|", "color": "#4D4D4D", "linestyle": "none", "markersize": 8, "markeredgewidth": 1.4}
ENDED: dict[str, Any] = {"marker": "X", "color": "#000000", "linestyle": "none", "markersize": 9, "markeredgewidth": 0}
SHORTEST = 0.004
"""Stays are drawn at least so long (share of the horizon), or they could not be seen among years."""
MOST = 8
"""Services with a row."""
A_LETTER = 0.0095
"""Share of the width that a bar needs for each letter of its label."""
ROW, HEAD, FOOT = 0.27, 0.9, 0.9
"""Inches for a row, for title and legend, and for the axis and what stands below."""


def life_chart(lives: Lives, kind: str = "png") -> bytes:
    """The picture as "png" or "svg"; the same lives give the same bytes."""
    with mpl.rc_context(fname=STYLE):
        rows, services = _rows(lives), _services(lives)
        height = HEAD + FOOT + len(NAMES) * (ROW * (len(rows) + len(services) + 1) + 0.5)
        figure = Figure(figsize=(9.5, height), layout="constrained")
        lanes = figure.subplots(len(NAMES), 1, sharex=True)
        for n, axes in enumerate(lanes):
            _lane(axes, (lives.base, lives.other)[n], f"{NAMES[n]}  {lives.titles[n]}", rows, services, lives)
        _title_and_legend(figure, lives)
        figure.supxlabel(_footnote(lives), x=0.01, ha="left", fontsize=7.5, color="#555555")
        return as_bytes(figure, kind, METADATA[kind])


def _rows(lives: Lives) -> list[str]:
    """Attributes worth a bar: those that are ever above their first level, in either life."""
    names = dict.fromkeys(each.attribute for life in lives.known for each in life.stretches if each.attribute not in FIXED)
    used = {each.attribute for life in lives.known for each in life.stretches if each.level > 0}
    return [name for name in names if name in used] or list(names)[:1]


def _services(lives: Lives) -> list[str]:
    """Labels of the services met in either life, in order of the first time; the MOST with most time."""
    spent: dict[str, float] = {}
    for name, days in (each for life in lives.known for each in life.days_in().items()):
        spent[name] = max(spent.get(name, 0.0), days)
    kept = sorted(spent, key=lambda name: -spent[name])[:MOST]
    first: dict[str, float] = {}
    for entry in (each for life in lives.known for each in life.since_start if each.service in kept):
        first[str(entry.service)] = min(entry.day, first.get(str(entry.service), entry.day))
    return sorted(first, key=lambda name: first[name])


def _lane(axes: Axes, life: Life | None, title: str, rows: list[str], services: list[str], lives: Lives) -> None:
    """One scenario: a row of events, a row for each service, a row for each attribute."""
    axes.set_title(textwrap.shorten(title, 95, placeholder="…"), fontsize=9.5)
    names = ["events", *(textwrap.shorten(each, 34, placeholder="…") for each in services), *map(plain, rows)]
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    first, days = lives.known[0], max(each.days for each in lives.known)
    axes.set_xlim(_at(first, 0), _at(first, days))
    locator = AutoDateLocator(minticks=4, maxticks=11)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))
    axes.tick_params(labelbottom=True)
    width = SHORTEST * days * 2
    apart = {int(both.parts // width): both.parts for both in lives.merged() if both.how != SAME and both.parts >= 0}
    for day in apart.values():
        axes.axvspan(_at(first, day) - width / 2, _at(first, day) + width, color=APART, alpha=0.3, linewidth=0, zorder=0)
    if life is None:
        axes.text(0.5, 0.5, "never joined in this scenario", transform=axes.transAxes, ha="center", va="center")
        return
    _events(axes, life, 0)
    for n, name in enumerate(services, start=1):
        _stays(axes, life, n, name, days)
    for n, name in enumerate(rows, start=1 + len(services)):
        for each in (part for part in life.stretches if part.attribute == name and part.end > part.start):
            _bar(axes, life, n, each, days)


def _bar(axes: Axes, life: Life, row: int, part: Stretch, days: int) -> None:
    shade = SHADES[min(part.level, len(SHADES) - 1)]
    axes.barh(row, part.end - part.start, left=_at(life, part.start), height=0.72, color=shade, linewidth=0)
    if part.end - part.start > days * A_LETTER * (len(part.label) + 1):
        axes.text(_at(life, part.start) + days * 0.005, row, part.label, va="center", ha="left", fontsize=8,
                  color="white" if part.level > 2 else "#222222", clip_on=True)


def _stays(axes: Axes, life: Life, row: int, service: str, days: int) -> None:
    """Time with one service."""
    for entry in (each for each in life.since_start if each.service == service and each.lasted_minutes):
        begun = entry.day + (entry.wait_minutes or 0.0) / 1440
        axes.barh(row, max(entry.ends - begun, SHORTEST * days), left=_at(life, begun), height=0.72, color=STAY, linewidth=0)


def _events(axes: Axes, life: Life, row: int) -> None:
    """Marks on the first row, and grey after a death or leaving."""
    needs = [entry.day for entry in life.since_start if entry.kind == "need"]
    others = [entry.day for entry in life.since_start if entry.kind == "event" and entry.changes]
    for days, look in ((others, CHANGED), (needs, ASKED)):
        axes.plot([_at(life, day) for day in days], [row] * len(days), **look)
    if not life.end.startswith("living"):
        axes.plot([_at(life, life.end_day)], [row], **ENDED)
        axes.axvspan(_at(life, life.end_day), axes.get_xlim()[1], color="#EFEFEF", linewidth=0, zorder=0)


def _title_and_legend(figure: Figure, lives: Lives) -> None:
    """Who it is, and what marks and colours mean, once, above the lanes."""
    handles: list[Any] = [Line2D([], [], label="help is asked for", **ASKED),
                          Line2D([], [], label="change of circumstances", **CHANGED)]
    if any(not life.end.startswith("living") for life in lives.known):
        handles.append(Line2D([], [], label="dies or leaves", **ENDED))
    handles.append(Patch(color=STAY, label="time with a service"))
    if lives.parts is not None:
        handles.append(Patch(color=APART, alpha=0.3, label="differs in the other scenario"))
    title = textwrap.fill(f"One resident, two futures: {who(lives.known[0])}", 100)
    figure.legend(handles=handles, loc="outside upper left", ncols=len(handles), fontsize=8, frameon=False, title=title,
                  title_fontproperties={"size": 10, "weight": "bold"}, alignment="left")


def _at(life: Life, day: float) -> float:
    """A day since the start on the axis of dates."""
    return float(date2num(date.fromisoformat(life.start))) + day


def _footnote(lives: Lives) -> str:
    first = lives.known[0]
    end = date.fromisoformat(first.start) + timedelta(days=first.days)
    sums = "; ".join(f"{name}: {life.years:.2f} years lived, {_or_dash(life.healthy_years)} healthy, "
                     f"{_or_dash(life.qalys)} QALYs"
                     for name, life in zip(NAMES, (lives.base, lives.other), strict=True) if life)
    text = (f"{sums}. Dates {first.start} to {end.isoformat()}; {lives.area}; resident {lives.key}, seed {lives.seed}, "
            f"replication {lives.replication}: the same luck in both. Stays shorter than "
            f"{SHORTEST * first.days:.1f} days are drawn as long as that. Undiscounted. No real person.")
    return "\n".join(textwrap.wrap(text, 150))


def _or_dash(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
