"""Everybody at the start or at the end of a replication, by key, as frames: a sample, and those whose lives differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from icsim import rng
from icsim.calendar import DAYS_PER_YEAR, MS_PER_DAY
from icsim.experiment import Progress, cores, cut_short, seed_of, world_of
from icsim.lives.timeline import ENDS
from icsim.residents.residents import Residents
from icsim.scenario import Resolved
from icsim.simulation import World, replicate
from icsim.state import DEAD, GONE, LIVING, PLACE, QUINTILE, SEX, WAITING

if TYPE_CHECKING:
    import polars as pl

START, END = "start", "end"
FIXED = ("key", "age", "sex", "quintile", "place")
"""Columns of the frame of residents, before one for each other attribute."""


@dataclass(frozen=True)
class Crowd:
    """Everybody who had a row at some time, in order of key."""

    key: np.ndarray  # uint64[resident]
    birth: np.ndarray  # float32[resident], day since the origin
    status: np.ndarray  # uint8[resident]
    level: np.ndarray  # uint8[resident, attribute]
    contacts: np.ndarray  # int64[resident], visits to a service that ended after the start

    def part(self, which: np.ndarray | list[int]) -> Crowd:
        """The residents at these places, in this order."""
        return Crowd(self.key[which], self.birth[which], self.status[which], self.level[which], self.contacts[which])


class _Opened(Residents):
    """Residents who are remembered as they were when the books were opened."""

    def __init__(self, *given: Any):
        super().__init__(*given)
        self.at_start: Crowd | None = None

    def open_books(self, day: int) -> None:
        super().open_books(day)
        self.at_start = _crowd(self, np.zeros(0, np.int64))


class _Onlooker:
    """Looks on at everybody: who they are at the start and at the end, and how often each met a service."""

    def __init__(self, first_ms: int):
        self.first_ms = first_ms
        self.found: _Opened | None = None
        self.contacts = np.zeros(0, np.int64)

    def residents(self, *given: Any) -> _Opened:
        self.found = _Opened(*given)
        return self.found

    def served(self, contacts: np.ndarray) -> None:
        own = (contacts["resident"] >= 0) & (contacts["pool"] >= 0) & (contacts["ended"] >= self.first_ms)
        counts = np.bincount(contacts["resident"][own], minlength=len(self.contacts))
        counts[: len(self.contacts)] += self.contacts
        self.contacts = counts


def _crowd(residents: Residents, contacts: np.ndarray) -> Crowd:
    rows, person = residents.rows, residents.people.person
    counts = np.zeros(rows, np.int64)
    counts[: len(contacts)] = contacts[:rows]
    order = np.argsort(person["key"][:rows])
    return Crowd(np.array(person["key"][order]), np.array(person["birth"][order]), np.array(person["status"][order]),
                 residents.people.level[:rows][order], counts[order])


def crowd(resolved: Resolved, world: World, at: str, replication: int, progress: Progress | None) -> Crowd:
    """Everybody `at` the start or the end of one replication."""
    watch = _Onlooker(world.calendar.start_day * MS_PER_DAY)
    told = cut_short(world, 1) if at == START else world
    tell = (lambda done, of: progress(done, of, f"living {resolved.name}")) if progress else None
    replicate(told, seed_of(resolved.run.seed, replication), tell, workers=cores([resolved]), watch=watch)
    assert watch.found is not None
    assert watch.found.at_start is not None
    return watch.found.at_start if at == START else _crowd(watch.found, watch.contacts)


# A sample ------------------------------------------------------------------------------------------------------------


def population(resolved: Resolved, sample: int, at: str = START, replication: int = 0,
               progress: Progress | None = None) -> pl.DataFrame:
    """Residents `at` the start or the end of one replication: FIXED, then a column of labels for each attribute.

    At most `sample` of those who live in the area then, the same in every run as long as they live there: a hash of the key
    decides. In order of key; ages in completed years; key: 16 hexadecimal digits.
    """
    world = world_of(resolved)
    everybody = crowd(resolved, world, at, replication, progress)
    here = everybody.part(np.flatnonzero(np.isin(everybody.status, (LIVING, WAITING))))
    day = world.calendar.start_day if at == START else world.calendar.days
    return _frame(here.part(_sampled(here.key, sample)), world, day)


def _sampled(keys: np.ndarray, sample: int) -> np.ndarray:
    """Places of those whose hash is smallest, in order."""
    if sample >= len(keys):
        return np.arange(len(keys))
    stream = rng.stream(0, "sample of residents")
    drawn = np.fromiter((rng.draw(stream, key, 0) for key in keys), np.float64, len(keys))
    return np.sort(np.argsort(drawn, kind="stable")[:sample])


def _frame(people: Crowd, world: World, day: float) -> pl.DataFrame:
    """Who they are, in words; `day`: since the origin, at which ages are taken."""
    import polars as pl

    layout = world.built.layout
    labels = {(row.attribute, row.level): row.label for row in world.catalogue.attributes}

    def words(attribute: int, with_label: bool = True) -> np.ndarray:
        name = layout.attributes[attribute]
        levels = layout.levels[name]
        known = [labels.get((name, each), each) if with_label else each for each in levels]
        return np.array(known)[people.level[:, attribute]]

    fixed = {"key": [f"{key:016x}" for key in people.key.tolist()],
             "age": np.maximum((day - people.birth.astype(np.float64)) / DAYS_PER_YEAR, 0).astype(np.int64),
             "sex": words(SEX, False), "quintile": people.level[:, QUINTILE].astype(np.int64) + 1,
             "place": words(PLACE, False)}
    others = {name: words(a) for a, name in enumerate(layout.attributes[: people.level.shape[1]]) if a > PLACE}
    return pl.DataFrame({**fixed, **others})


# Whose lives differ --------------------------------------------------------------------------------------------------


def differing(scenarios: Sequence[Resolved], most: int = 10, replication: int = 0,
              progress: Progress | None = None) -> pl.DataFrame:
    """Residents of the start whose lives end differently in two scenarios: those who differ most first, `most` at most.

    Columns: FIXED at the start; differs (in words); contacts and contacts_alternative: visits to services since the start.
    Fate (living, died, left) counts before circumstances at the end, these before the number of contacts.
    """
    import polars as pl

    worlds = [world_of(each) for each in scenarios]
    base, other = (crowd(each, world, END, replication, progress) for each, world in zip(scenarios, worlds, strict=True))
    _, mine, theirs = np.intersect1d(base.key, other.key, assume_unique=True, return_indices=True)
    shared = _shared(*(world.built.layout.attributes for world in worlds))
    base, other = (replace(crowd, level=crowd.level[:, :shared]) for crowd in (base.part(mine), other.part(theirs)))
    fate = _fate(base.status) != _fate(other.status)
    levels = (base.level != other.level) & (_both_here(base, other))[:, None]
    more = np.abs(base.contacts - other.contacts)
    order = np.lexsort((base.key, -more, -levels.sum(axis=1), ~fate))
    chosen = order[(fate | levels.any(axis=1) | (more > 0))[order]][:most]
    found = _frame(base.part(chosen), worlds[0], worlds[0].calendar.start_day).select(FIXED)
    words = [_in_words(base.part([n]), other.part([n]), worlds[0]) for n in chosen]
    return found.with_columns(pl.Series("differs", words, pl.String), pl.Series("contacts", base.contacts[chosen]),
                              pl.Series("contacts_alternative", other.contacts[chosen]))


def _shared(one: tuple[str, ...], two: tuple[str, ...]) -> int:
    """How many of the first attributes both have: programmes, which one scenario may have alone, come last."""
    return next((n for n, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))


def _fate(status: np.ndarray) -> np.ndarray:
    """Status, where having an open case is no difference."""
    return np.where(status == WAITING, LIVING, status)


def _both_here(base: Crowd, other: Crowd) -> np.ndarray:
    """Who lives in the area at the end of both: circumstances of others no longer matter."""
    return (base.status < DEAD) & (other.status < DEAD)


def _in_words(one: Crowd, two: Crowd, world: World) -> str:
    """What differs between one person in two scenarios."""
    told = []
    ends = [ENDS[int(each.status[0])] for each in (one, two)]
    if ends[0] != ends[1]:
        told.append(f"{ends[0]} | {ends[1]}")
    else:
        mine, theirs = (_frame(each, world, 0.0) for each in (one, two))
        names = mine.columns[len(FIXED) :] if int(one.status[0]) not in (DEAD, GONE) else []
        told += [f"{mine[name][0]} | {theirs[name][0]}" for name in names if mine[name][0] != theirs[name][0]]
    if one.contacts[0] != two.contacts[0]:
        told.append(f"{one.contacts[0]} | {two.contacts[0]} contacts")
    return "; ".join(told)
