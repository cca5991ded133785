"""Which years the headlines rest on, and why others are left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from icsim.outcomes.overload import WHOLE
from icsim.report.figures import Figures, Row
from icsim.report.wording import heading, number, paragraph, plain
from icsim.results import Results


def listed(years: Sequence[str], every: Sequence[str]) -> str:
    """Years in words: "2025/26", "2025/26 to 2029/30", "2025/26 to 2027/28, 2030/31"."""
    runs = [[year for _, year in run] for _, run in groupby(enumerate(years), lambda at: every.index(at[1]) - at[0])]
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)


def span(results: Results, figures: Figures) -> str:
    """The years that headlines rest on."""
    return listed(figures.years, results.years)


def whole_span(results: Results) -> str:
    """All years of a run."""
    return listed(results.years, results.years)


def which_years(scenarios: list[Results], figures: Figures) -> str:
    """Whether every service keeps up; if not, which do not, when, and what they lack."""
    first = scenarios[0]
    whole = [row for row in figures.overload if row["pool"] == WHOLE]
    lines = [heading("Do services keep up?"), paragraph(_verdict(first, figures))]
    lines += [paragraph(text, hanging="- ") for text in _lacking(whole, scenarios)]
    lines += [paragraph(text) for text in _brought_about(whole, scenarios, figures)]
    single = [row for row in figures.overload if row["pool"] != WHOLE and not _told(row, whole)]
    if single:
        lines.append(paragraph("In single places as well, in years that stay in: " + "; ".join(
            f"{_place(rows[0], first)} {listed([row['year'] for row in rows], first.years)}"
            for rows in _by(single, "service", "pool")) + "."))
    return "\n".join(lines)


def _verdict(first: Results, figures: Figures) -> str:
    every, out = whole_span(first), figures.left_out
    if not out:
        return f"Every service keeps up with those who need it in {every}."
    if len(out) == len(first.years):
        return ("There is no year in which every service keeps up. The totals below are of all years, and say more about "
                "queues than about what was asked:")
    return (f"The totals on this page are of years in which every service keeps up: {span(first, figures)}. Left out, and "
            f"grey in the charts: {listed(out, first.years)}. More people need a service then than it can take, and queues "
            "decide what happens:")


def _brought_about(whole: list[Row], scenarios: list[Results], figures: Figures) -> list[str]:
    """Years that are left out although the first scenario, the baseline of a comparison, keeps up in them."""
    first = scenarios[0]
    anyway = {row["year"] for row in whole if row["scenario"] == first.name}
    only = [year for year in figures.left_out if year not in anyway]
    if not only:
        return []
    return [f"In {listed(only, first.years)} {plain(first.name)} keeps up: there the change itself overloads a service. "
            "That is a result, and stands in the table by year."]


def _told(row: Row, whole: list[Row]) -> bool:
    """Whether the service is named as a whole in that year anyway."""
    return any((each["service"], each["year"]) == (row["service"], row["year"]) for each in whole)


def _by(rows: Iterable[Row], *keys: str) -> list[list[Row]]:
    """Rows that share these keys, of one scenario each; the first scenario that has them speaks for all."""
    def key(row: Row) -> tuple:
        return tuple(row[name] for name in keys)
    found = []
    for _, group in groupby(sorted(rows, key=key), key):
        rows_of = list(group)
        found.append([row for row in rows_of if row["scenario"] == rows_of[0]["scenario"]])
    return found


def _lacking(whole: list[Row], scenarios: list[Results]) -> list[str]:
    """A sentence for each service and scenario; scenarios that share a sentence are told together."""
    told: dict[str, list[str]] = {}
    for rows in _by(whole, "service", "scenario"):
        told.setdefault(_sentence(rows, scenarios[0]), []).append(rows[0]["scenario"])
    return [text if len(names) == len(scenarios) else f"{text} ({', '.join(map(plain, names))})"
            for text, names in told.items()]


def _sentence(rows: list[Row], first: Results) -> str:
    """ "Home care, 2030/31 to 2034/35: in the last of them about 900 packages more than the 8,600 there are …" """
    about = first.provenance.get("services", {}).get(rows[0]["service"], {})
    label, server = about.get("label", plain(rows[0]["service"])), about.get("server", "server")
    last, years = rows[-1], listed([row["year"] for row in rows], first.years)
    when = "" if len(rows) == 1 else "in the last of them "
    more, now = _some(last["excess"]), number(last["servers"], 0)
    return f"{label}, {years}: {when}about {more} {server}s more than the {now} there are would be needed{_why(last)}"


def _some(excess: float) -> str:
    """A whole number of servers, never none."""
    return "1" if excess < 1 else number(excess, 0)


def _why(row: Row) -> str:
    """What people meet: waits against the first year, and how many are not served in time."""
    times, left = row["times_first_year"], round(100 * row["not_served"])
    longer = times and times > 2 and f"waits are {number(times, 0 if times >= 10 else 1)} times those of the first year"
    parts = [part for part in (longer, left and f"{left} % are not served in time") if part]
    return f"; {', '.join(parts)}" if parts else ""


def _place(row: Row, first: Results) -> str:
    return first.provenance.get("pool_labels", {}).get(row["pool"], plain(row["pool"])).split(" (")[0]
