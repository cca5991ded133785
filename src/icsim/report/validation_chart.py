"""A baseline beside published figures as a picture: a dot and an interval for each, checked and fitted apart.

Everything is drawn relative to the published figure, so that years of life and thousands of calls stand on one axis. Within
each panel the figure that is furthest off, in widths of its interval, stands on top. The same results give the same bytes.
"""

from __future__ import annotations

import textwrap
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from icsim.report.charts import METADATA, STYLE, as_bytes
from icsim.report.validation import SPLITS, Validated, tally
from icsim.report.wording import number

REACH = 60.0
"""Per cent either way that are drawn; what lies beyond is an arrow at the edge."""
LOOKS = {"met": ("o", "#009E73", "met"), "unclear": ("D", "#E69F00", "unclear: luck may be behind it"),
         "missed": ("s", "#D55E00", "missed")}
INTERVAL = "#D5DDE5"
ROW, FRAME = 0.165, 2.1
"""Inches for a figure, and for titles, axis and footnote."""
LABEL = 62
"""Characters of a label."""


def validation_charts(value: Validated) -> dict[str, bytes]:
    """File name → content."""
    files = {}
    with mpl.rc_context(fname=STYLE):
        for kind, metadata in METADATA.items():
            files[f"validation.{kind}"] = as_bytes(_figure(value), kind, metadata)
    return files


def _figure(value: Validated) -> Figure:
    rows = {split: _rows(value, split) for split in SPLITS}
    longest = max(1, *map(len, rows.values()))
    figure = Figure(figsize=(16, FRAME + ROW * longest), layout="constrained")
    panels = figure.subplots(1, len(SPLITS))
    for axes, split in zip(panels, SPLITS, strict=True):
        _panel(axes, rows[split], longest)
        axes.set_title(_title(value, split), fontsize=10)
    figure.suptitle(f"How like {value.about['area_label']} is the baseline?", x=0.01, ha="left", fontweight="bold")
    handles: list[Any] = [Line2D([], [], marker=marker, color=colour, linestyle="none", markersize=5, label=label)
                          for marker, colour, label in LOOKS.values()]
    handles += [Patch(color=INTERVAL, label="published figure with its interval")]
    figure.legend(handles=handles, loc="outside upper right", ncols=len(handles), fontsize=8)
    figure.supxlabel(_footnote(value), x=0.01, ha="left", fontsize=7.5, color="#555555")
    return figure


def _rows(value: Validated, split: str) -> list[dict[str, Any]]:
    table = value.table
    return table.filter((table["split"] == split) & table["difference"].is_not_null()).to_dicts()


def _title(value: Validated, split: str) -> str:
    counts = tally(value)[split]
    compared = sum(counts[verdict] for verdict in LOOKS)
    return f"Figures {SPLITS[split]}: {counts['met']} of {compared} met"


def _panel(axes: Axes, rows: list[dict[str, Any]], longest: int) -> None:
    for at, row in enumerate(rows):
        _interval(axes, at, row)
        _dot(axes, at, row)
        axes.text(1.005, at, f"{number(row['published'])} | {number(row['simulated'])}", fontsize=6, va="center",
                  transform=axes.get_yaxis_transform(), color="#444444")
    labels = [textwrap.shorten(row["label"], LABEL, placeholder=" …") for row in rows]
    axes.set_yticks(range(len(rows)), labels, fontsize=6.5)
    axes.set_ylim(longest - 0.4, -0.6)
    axes.set_xlim(-REACH * 1.04, REACH * 1.04)
    axes.axvline(0, color="#444444", linewidth=0.8, zorder=1)
    axes.grid(axis="x")
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("Simulated against published, % (to the right: published | simulated)", fontsize=8)


def _percent(row: dict[str, Any], value: float) -> float:
    """A value relative to the published one, within what is drawn."""
    share = 100 * (value / row["published"] - 1)
    return max(-REACH, min(REACH, share))


def _interval(axes: Axes, at: int, row: dict[str, Any]) -> None:
    low, high = sorted((_percent(row, row["low"]), _percent(row, row["high"])))
    axes.barh(at, max(high - low, 0.25), left=low, height=0.8, color=INTERVAL, linewidth=0, zorder=0)


def _dot(axes: Axes, at: int, row: dict[str, Any]) -> None:
    """Simulated ± two Monte-Carlo errors; an arrow where it is off the axis."""
    marker, colour, _ = LOOKS[row["verdict"]]
    place, error = _percent(row, row["simulated"]), 2 * (row["mc_error"] or 0.0)
    if abs(place) >= REACH:
        marker = ">" if place > 0 else "<"
    ends = [_percent(row, row["simulated"] - error), _percent(row, row["simulated"] + error)]
    axes.plot(ends, [at, at], color=colour, linewidth=1.0, zorder=2)
    axes.plot([place], [at], marker=marker, color=colour, markersize=4, linestyle="none", zorder=3)


def _footnote(value: Validated) -> str:
    about, results = value.about, value.results
    runs = about["replications"]
    still = " Rates stand still (no trends)." if about["stationary"] else ""
    length = f"{about['years']} year{'' if about['years'] == 1 else 's'}; {runs} run{'' if runs == 1 else 's'}"
    text = (f"{about['area_label']}, {number(results.residents, 0)} residents at the start, {length}; lines: ± two "
            f"Monte-Carlo standard errors (luck alone). Furthest off on top, in widths of the interval. Arrows: beyond "
            f"{REACH:.0f} %. Intervals are the publisher's, or ours where none is published; units, years and sources stand "
            f"in validation.csv.{still} Undiscounted. icsim {results.provenance.get('version', '')}, results "
            f"{results.content_hash[:8]}.")
    return textwrap.fill(text, 230)
