"""One resident's life under two scenarios, and who lives in an area, as plain text of at most 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from icsim.lives import Both, Entry, Life, Lives, Stretch
from icsim.lives.crowd import FIXED
from icsim.lives.pair import ONLY_BASE, ONLY_OTHER, SAME
from icsim.report.wording import WIDTH, heading, number, paragraph, plain, table

if TYPE_CHECKING:
    import polars as pl

NAMES = ("A", "B")
"""The baseline and the alternative, as the page marks them."""
WHEN = 16
"""Columns for mark, date and time."""
HOUR, DAY, TWO_DAYS = 60, 1440, 2880
"""Minutes."""


def life_page(lives: Lives) -> str:
    """The page about one resident: who it is, what it comes to, and what happened, day by day."""
    blocks = [_head(lives), _at_start(lives), _in_short(lives), _timeline(lives), _foot(lives)]
    return "\n\n".join(block for block in blocks if block)


def who(life: Life) -> str:
    """A resident in a line: sex, age, fifth, place."""
    since = "at the start" if life.entered is None else "on joining"
    fifth = f"deprivation fifth {life.quintile} (1 most, 5 least deprived)"
    return f"{life.sex.capitalize()}, {life.age} {since}, {plain(life.place).title()}, {fifth}"


def span_of(minutes: float) -> str:
    """A time in the unit in which people think of it: 0.4 → "under a minute", 200 → "3.3 hours"."""
    if minutes < 1:
        return "under a minute"
    if round(minutes) < 2 * HOUR:
        return "1 minute" if round(minutes) == 1 else f"{round(minutes)} minutes"
    return f"{number(minutes / HOUR, 1)} hours" if minutes < TWO_DAYS else f"{number(minutes / DAY, 1)} days"


# Parts ---------------------------------------------------------------------------------------------------------------


def _head(lives: Lives) -> str:
    first = lives.known[0]
    named = [paragraph(title, hanging=f"{name}  ") for name, title in zip(NAMES, lives.titles, strict=True)]
    same = ("Both lives are the same." if lives.parts is None else
            f"The two lives are the same until {_date(first, lives.parts)}.")
    return "\n".join([heading("One resident, two futures"), paragraph(f"{lives.key}: {who(first)}. {lives.area}."), "",
                      *named, "", paragraph(f"The same person with the same luck. {same}")])


def _at_start(lives: Lives) -> str:
    """What the resident has; of everything else the first level, which is to be well and without worries."""
    first = lives.known[0]
    levels: dict[str, Stretch] = {}
    for each in first.stretches:
        levels.setdefault(each.attribute, each)
    own = [each.label for name, each in levels.items() if name not in FIXED and each.level > 0]
    rest = "nothing else" if own else "Well, and without worries"
    return "\n".join([heading("At the start" if first.entered is None else "On joining"),
                      paragraph(", ".join([*own, rest]) + ".")])


def _in_short(lives: Lives) -> str:
    """Years, healthy years and QALYs of each life, and its days with each service."""
    pair = (lives.base, lives.other)
    rows = [["Years lived here", *_of_each(lives, lambda life: life.years, 2)],
            ["Healthy years", *_of_each(lives, lambda life: life.healthy_years, 3)],
            ["Quality-adjusted life years (QALYs)", *_of_each(lives, lambda life: life.qalys, 3)],
            ["Asked for help (times)", *_of_each(lives, _needs, 0)]]
    spent = [each.days_in() if each else {} for each in pair]
    rows += [[name, *(span_of(days[name] * DAY) if name in days else "–" for days in spent)]
             for name in dict.fromkeys(name for days in spent for name in days)]
    rows += [["At the end", *(_end(each) for each in pair)]]
    years = max(each.days for each in lives.known) / 365.25
    title = f"In short: {number(years, 0)} year{'' if round(years) == 1 else 's'} from {_date(lives.known[0], 0)}"
    return "\n".join([heading(title), table(rows, ["", *NAMES])])


def _needs(life: Life) -> int:
    return sum(entry.kind == "need" for entry in life.since_start)


def _of_each(lives: Lives, value: Callable[[Life], float | None], places: int) -> list[str]:
    return ["–" if life is None else number(value(life), places) for life in (lives.base, lives.other)]


def _end(life: Life | None) -> str:
    if life is None:
        return "never joined"
    return life.end if life.end.startswith("living") else f"{life.end} {_date(life, life.end_day)}"


def _timeline(lives: Lives) -> str:
    """What happened from the start on: unmarked in both lives, A or B in one, or differently."""
    told = [each for each in lives.merged() if each.parts >= 0 and any(map(_worth_telling, _entries(each)))]
    if not told:
        return "\n".join([heading("What happened"), paragraph("Nothing that icsim follows.")])
    lines = [heading("What happened"), paragraph("Unmarked: in both. A, B: in that scenario alone, or differently.")]
    year, day = "", ("", "")
    marked = [(_place(each, entry), mark, entry) for each in told for mark, entry in _marked(each)]
    for _, mark, entry in sorted(marked, key=lambda line: line[0]):
        when = datetime.fromisoformat(entry.time)
        if f"{when:%Y}" != year:
            year, day = f"{when:%Y}", ("", "")
            lines += ["", f"  {year}, aged {entry.age}"]
        date = f"{when.day:2} {when:%b}"
        lines += _line(mark, "" if day == (date, mark) else date, f"{when:%H:%M}", entry, mark != " ")
        day = (date, mark)
    return "\n".join(lines)


def _place(both: Both, entry: Entry) -> float:
    """Day by which a line is put in order: the two stand together unless they lie more than a day apart."""
    apart = both.base and both.other and abs(both.base.day - both.other.day) > 1
    return entry.day if apart else both.day


def _entries(both: Both) -> list[Entry]:
    return [entry for entry in (both.base, both.other) if entry is not None]


def _worth_telling(entry: Entry) -> bool:
    """A step without a server that takes no time only says where the pathway goes."""
    return entry.kind != "service" or bool(entry.service) or bool(entry.lasted_minutes)


def _marked(both: Both) -> Iterator[tuple[str, Entry]]:
    if both.how == SAME and both.base:
        yield " ", both.base
    if both.base and both.how not in (SAME, ONLY_OTHER):
        yield NAMES[0], both.base
    if both.other and both.how not in (SAME, ONLY_BASE):
        yield NAMES[1], both.other


def _line(mark: str, date: str, time: str, entry: Entry, with_pool: bool) -> list[str]:
    first = f"{mark} {date:>6}  {time}  "
    inner = "  " if entry.kind in ("service", "outcome") else ""
    return textwrap.wrap(_words(entry, with_pool), WIDTH, initial_indent=first + inner,
                         subsequent_indent=" " * (len(first) + 2) + inner)


def _words(entry: Entry, with_pool: bool) -> str:
    """An entry as a sentence: what, how long, and what it changed."""
    parts = []
    if entry.wait_minutes and entry.wait_minutes >= 1:
        parts.append(f"waits {span_of(entry.wait_minutes)}")
    if entry.lasted_minutes:
        parts.append(span_of(entry.lasted_minutes))
    if entry.why and entry.kind == "service":
        parts.append(entry.why)
    if entry.pool and with_pool and plain(entry.pool) != str(entry.service).lower():
        parts.append(plain(entry.pool))
    if entry.kind != "event" or not entry.what.startswith("Thirty days"):
        parts += [f"{move.before} → {move.after}" for move in entry.changes]
    return f"{entry.what}{': ' if parts else ''}{', '.join(parts)}"


def _foot(lives: Lives) -> str:
    others = sum(entry.day < 0 for life in lives.known[:1] for entry in life.entries)
    before = f" {others} entries before the start are in the output of --json." if others else ""
    return paragraph(f"Times are those of the model; nothing here is about a real person. Seed {lives.seed}, replication "
                     f"{lives.replication}. Healthy years and QALYs are expectations, undiscounted. Time with a "
                     f"service includes its way there.{before}")


def _date(life: Life, day: float) -> str:
    from datetime import date, timedelta

    when = date.fromisoformat(life.start) + timedelta(days=int(day // 1))
    return f"{when.day} {when:%B %Y}"


# Everybody -----------------------------------------------------------------------------------------------------------


def residents_page(people: pl.DataFrame, title: str, written: str | None, shown: int = 5) -> str:
    """A sample in words: the first of them, and the share at each level of each attribute."""
    blocks = [heading(title), _first(people, shown), _mix(people)]
    return "\n\n".join([*blocks, *([paragraph(f"All {number(people.height, 0)} are in {written}")] if written else [])])


def _first(people: pl.DataFrame, shown: int) -> str:
    columns = [name for name in FIXED if name in people.columns]
    rows = [[str(row[name]) if name != "place" else plain(row[name]) for name in columns]
            for row in people.head(shown).iter_rows(named=True)]
    return "\n".join([heading("The first of them"), table(rows, columns)]) if rows else "Nobody."


def _mix(people: pl.DataFrame) -> str:
    """Shares by level, in the order of how many are there."""
    lines = [heading("Who they are")]
    rows = []
    for name in (each for each in people.columns if each not in ("key", "age", "place")):
        counts = people[name].value_counts(sort=True)
        for level, count in sorted(counts.iter_rows(), key=lambda each: (-each[1], str(each[0]))):
            label = f"Fifth {level} of 5" if name == "quintile" else str(level).capitalize() if name == "sex" else str(level)
            rows.append([label, number(count, 0), f"{number(100 * count / people.height, 1)} %"])
    mean = people["age"].mean() if people.height else None
    rows.insert(0, ["Mean age (years)", number(mean if isinstance(mean, float) else None, 1), ""])
    return "\n".join([*lines, table(rows, ["", "residents", "share"])])


def differing_page(found: pl.DataFrame, names: list[str], options: str = "") -> str:
    """Residents whose lives differ, with what differs and what to type next; `options`: those typed, after a space."""
    base, other = names
    head = heading(f"Whose life differs: {base} | {other}")
    if found.is_empty():
        return "\n".join([head, paragraph("Nobody's: the same happens to everybody in both scenarios.")])
    lines = [head, ""]
    for row in found.iter_rows(named=True):
        lines += [f"  {row['key']}  {row['sex']}, {row['age']} at the start, {plain(row['place'])}",
                  paragraph(row["differs"], indent=20)]
    return "\n".join([*lines, "", f"  icsim life {found['key'][0]} {base} {other}{options}"])
