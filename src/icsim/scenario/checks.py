"""The second and third check: do the names exist, and do the values make sense? One check, one function.

Each check takes a file without its structural mistakes and what it is about (`Ground`), and yields problems.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from textwrap import fill
from typing import Any

from icsim.areas.schedule import FORMS, parse
from icsim.catalogue.rows import Programme
from icsim.catalogue.staff import needs
from icsim.errors import Problem
from icsim.scenario.ground import Ground
from icsim.scenario.lines import Path
from icsim.scenario.models import MOST_SERVERS
from icsim.scenario.money import check_shifts
from icsim.scenario.parse import SourceFile
from icsim.scenario.plan import changed_values, plan
from icsim.scenario.wording import grouped, listed, near, nearest, shorten, shown

LIMITS: dict[str, tuple[float, float]] = {
    "ratio": (1e-6, 1e6), "odds ratio": (1e-6, 1e6), "share": (0, 1), "%": (0, 100), "utility": (0, 1), "rank": (0, 6),
    "cases a day": (0, 100_000),
}
"""Lowest and highest value by unit of the row."""
OTHERWISE = (0.0, 1e9)


def check_file(file: SourceFile, ground: Ground) -> Iterator[Problem]:
    """Everything wrong with one file as far as names and sense go."""
    yield from check_start(file)
    yield from check_staff_first(file, ground)
    yield from check_services(file, ground)
    yield from check_pools(file, ground)
    yield from check_programmes(file, ground)
    yield from check_shifts(file, ground)
    yield from check_changes(file, ground)


def check_start(file: SourceFile) -> Iterator[Problem]:
    """A run starts on the first of a month."""
    start = file.data.get("run", {}).get("start")
    if isinstance(start, date) and start.day != 1:
        first = start.replace(day=1)
        yield file.problem(("run", "start"), f"must be the first of a month, such as {first}.", shown(start))


def check_staff_first(file: SourceFile, ground: Ground) -> Iterator[Problem]:
    """Lines that are staffed first need staff, and are named once."""
    named = file.data.get("run", {}).get("staff_first", [])
    known = list(needs(ground.catalogue))
    for index, name in enumerate(named):
        key: Path = ("run", "staff_first", index)
        if name not in known:
            yield file.problem(key, f"is no service or programme for which staff are counted.{nearest(name, known)}",
                               shown(name))
        elif name in named[:index]:
            yield file.problem(key, "is named twice; keep the first.", shown(name))


def check_services(file: SourceFile, ground: Ground) -> Iterator[Problem]:
    """Services exist; a number is given only where one limited pool can take it."""
    for name, settings in file.data.get("services", {}).items():
        key: Path = ("services", name)
        if name not in ground.services:
            yield file.problem(key, f"is not a service.{nearest(name, ground.services)}")
            continue
        yield from check_open(file, (*key, "open"), settings)
        pools = ground.limited_pools(name)
        if "number" in settings and ground.area is not None and len(pools) != 1:
            yield file.problem((*key, "number"), _name_the_pools(pools), shown(settings["number"]))
        if "multiply" in settings and ground.area is not None:
            yield from _check_multiply(file, (*key, "multiply"), settings, pools)


def _check_multiply(file: SourceFile, key: Path, settings: dict[str, Any], pools: list[str]) -> Iterator[Problem]:
    if not pools:
        yield file.problem(key, "cannot be used: no pool of this service has a limit here.", shown(settings["multiply"]))
    elif "number" in settings:
        yield file.problem(key, "stands beside number; keep one of them.", shown(settings["multiply"]))


def _name_the_pools(pools: list[str]) -> str:
    if not pools:
        return "cannot be set: no pool of this service has a limit here."
    names = listed([f"[pools.{name}]" for name in pools], "or")
    return f"must be given by pool, because several share this service: {names}. Or use multiply for all of them."


def check_pools(file: SourceFile, ground: Ground) -> Iterator[Problem]:
    """Pools exist in the area; only those with a limit have a number."""
    for name, settings in file.data.get("pools", {}).items():
        key: Path = ("pools", name)
        if ground.area is None:
            continue
        if name not in ground.pools:
            yield file.problem(key, f"is not a pool in this area.{nearest(name, ground.pools)}")
            continue
        yield from check_open(file, (*key, "open"), settings)
        if "number" in settings and ground.pools[name].value is None:
            message = "cannot be set: this pool stands for providers outside the area and has no limit."
            yield file.problem((*key, "number"), message, shown(settings["number"]))


def check_programmes(file: SourceFile, ground: Ground) -> Iterator[Problem]:
    """Programmes exist; places are given once, and multiplied only where there are some; dates run upwards."""
    for name, settings in file.data.get("programmes", {}).items():
        key: Path = ("programmes", name)
        if name not in ground.programmes:
            yield file.problem(key, f"is not a programme.{nearest(name, ground.programmes)}")
            continue
        if "places" in settings and "multiply" in settings:
            yield file.problem((*key, "multiply"), "stands beside places; keep one of them.", shown(settings["multiply"]))
        yield from _check_kind(file, key, settings, ground.programmes[str(name)])
        if ground.area is not None:
            for place in settings.get("where", []):
                if place not in ground.area.place_names:
                    yield file.problem((*key, "where"), f"names a place that is not in this area."
                                                        f"{nearest(place, ground.area.place_names)}", shown(place))
        scores = sorted({row.score for row in ground.catalogue.scores})
        if "score" in settings and settings["score"] not in scores:
            yield file.problem((*key, "score"), f"is not a score.{nearest(settings['score'], scores)}",
                               shown(settings["score"]))
        first, last = settings.get("first"), settings.get("last")
        if isinstance(first, date) and isinstance(last, date) and first > last:
            yield file.problem((*key, "last"), f"lies before first ({first}).", shown(last))


def _check_kind(file: SourceFile, key: Path, settings: dict[str, Any], about: Programme) -> Iterator[Problem]:
    """Measures have a coverage, programmes have places; who goes by score has one."""
    measure = about.kind == "measure"
    for word in ("places", "multiply", "waiting_list") if measure else ("coverage",):
        if word in settings:
            instead = "it reaches a share of those it is for: coverage" if measure else "so many people can begin: places"
            yield file.problem((*key, word), f"cannot be said of a {about.kind}; {instead}.", shown(settings[word]))
    if settings.get("priority") == "by score" and not (about.score or "score" in settings):
        yield file.problem((*key, "priority"), "needs score = …, because this programme has none of its own.",
                           shown("by score"))
    if settings.get("priority") == "by place" and "where" not in settings:
        yield file.problem((*key, "priority"), 'needs where = ["…", "…"], the places in the order in which they come.',
                           shown("by place"))


def check_open(file: SourceFile, key: Path, settings: dict[str, Any]) -> Iterator[Problem]:
    """Opening hours can be read."""
    text = settings.get("open")
    if text is None:
        return
    try:
        parse(text)
    except ValueError as error:
        reason = str(error).removeprefix(f'"{text}": ').removesuffix(FORMS).rstrip()
        yield file.problem(key, f"{shorten(reason, 200)}\n{fill(FORMS, 110)}", shown(text))


def check_changes(file: SourceFile, ground: Ground) -> Iterator[Problem]:
    """Rows exist."""
    for index, change in enumerate(file.data.get("changes", [])):
        if "row" in change:
            yield from check_row(file, index, change["row"], ground)


def check_words(file: SourceFile) -> Iterator[Problem]:
    """Each change says one of `value` and `multiply`. Takes the file as parsed: a wrong value is a value."""
    changes = file.data.get("changes")
    for index, change in enumerate(changes if isinstance(changes, list) else []):
        key: Path = ("changes", index)
        words = {"value", "multiply"} & set(change) if isinstance(change, dict) else {"none"}
        if len(words) == 2:
            yield file.problem(key, "gives both value and multiply; keep one of them.")
        elif not words:
            yield file.problem(key, "needs value = … or multiply = …; without either nothing changes.")


def check_row(file: SourceFile, index: int, name: str, ground: Ground) -> Iterator[Problem]:
    """The row that a change names."""
    key: Path = ("changes", index, "row")
    if name in ground.pool_rows:
        table = f"[pools.{ground.pool_rows[name]}]"
        yield file.problem(key, f"is a pool; write {table} and number = … instead.", shown(name))
    elif name not in ground.rows and ground.area is not None:
        hint = near(name, ground.rows_of(name)) if ground.rows_of(name) else f" Rows begin with {ground.tables}."
        yield file.problem(key, f"is not a row of the catalogue or the area.{hint}", shown(name))


def check_values(chain: list[SourceFile], ground: Ground) -> Iterator[Problem]:
    """Every value that the changes lead to is one that its unit allows."""
    for change in changed_values(chain, ground):
        unit = change.number.row.unit
        low, high = LIMITS.get(unit, OTHERWISE)
        if not low <= change.value <= high:
            becomes = "" if change.word == "value" else f"makes it {grouped(change.value)}, which "
            yield change.problem(f"{becomes}must be between {grouped(low)} and {grouped(high)} ({unit}). "
                                 f"The baseline value is {grouped(change.number.value)}.", shown(change.given))
        elif unit == "rank" and change.value != int(change.value):
            yield change.problem("must be a whole number: the place in a queue, 0 first.", shown(change.given))
    yield from _check_multiplied(chain, ground)


def _check_multiplied(chain: list[SourceFile], ground: Ground) -> Iterator[Problem]:
    """No pool has too many servers after `multiply`, which acts on what the files before say."""
    for name, pool in plan(chain, ground).pools.items():
        if pool.number is None or pool.number <= MOST_SERVERS:
            continue
        service = ground.pools[name].service
        file = next(file for file in chain if "multiply" in file.data.get("services", {}).get(service, {}))
        message = f"makes {name} {grouped(pool.number)} servers, which must be at most {grouped(MOST_SERVERS)}."
        yield file.problem(("services", service, "multiply"), message,
                           shown(file.data["services"][service]["multiply"]))


def warnings(chain: list[SourceFile], ground: Ground) -> Iterator[Problem]:
    """Values that are possible but lie outside the range that their evidence supports."""
    for change in changed_values(chain, ground):
        row = change.number.row
        if (row.low is not None and change.value < row.low) or (row.high is not None and change.value > row.high):
            becomes = "" if change.word == "value" else f"makes it {grouped(change.value)}, which "
            yield change.problem(f"{becomes}lies outside the range that the evidence supports: "
                                 f"{_range(row.low, row.high)} ({row.unit}).", shown(change.given))


def _range(low: float | None, high: float | None) -> str:
    if low is None:
        return f"at most {grouped(high or 0.0)}"
    return f"at least {grouped(low)}" if high is None else f"{grouped(low)} to {grouped(high)}"
