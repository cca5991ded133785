"""Rules on programmes: stages, who may take part, what an effect acts on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from icsim.catalogue.csvtable import nearest
from icsim.catalogue.found import Found
from icsim.catalogue.load import Catalogue
from icsim.catalogue.moved import ORIGIN
from icsim.catalogue.programmes import OUT
from icsim.catalogue.row_rules.common import Tables, level_problems
from icsim.catalogue.rows import Effect
from icsim.catalogue.when import parse_when, parts_of
from icsim.errors import Problem

WITHOUT_RATE = ("timer", "stream", "leave")


def _events(catalogue: Catalogue, _: Effect) -> set[str]:
    return {row.event for row in catalogue.events if row.kind not in WITHOUT_RATE}


def _weights(catalogue: Catalogue, _: Effect) -> set[str]:
    return {row.weight for row in catalogue.weights}


def _branches(catalogue: Catalogue, _: Effect) -> set[str]:
    """Ways of residents' cases that have a share of their own: not the rest."""
    return {f"{row.pathway}.{row.step}.{row.to}" for row in catalogue.branches if row.pathway in _of_residents(catalogue)
            and row.to != catalogue.branches_of(row.pathway, row.step)[-1].to}


def _stays(catalogue: Catalogue, _: Effect) -> set[str]:
    return {f"{row.pathway}.{row.step}" for row in catalogue.quantities if row.quantity == "duration"
            and row.pathway in _of_residents(catalogue)}


def _of_residents(catalogue: Catalogue) -> set[str]:
    return {row.pathway for row in catalogue.events if row.kind == "demand"}


def _uptakes(catalogue: Catalogue, effect: Effect) -> set[str]:
    """Programmes with an uptake for everybody. Whoever takes part in one is not asked again, so none acts on its own."""
    return {row.programme for row in catalogue.takes if row.what == "uptake" and not row.when} - {effect.programme}


ACTS_ON: dict[str, tuple[str, Callable[[Catalogue, Effect], set[str]], str]] = {
    "event NAME": ("events", _events, "no such event that something could act on"),
    "weight NAME": ("weights", _weights, "no such weight that something could act on"),
    "branch PATHWAY.STEP.TO": ("branches", _branches, "no such branch with a share of its own, of cases of residents"),
    "stay PATHWAY.STEP": ("quantities", _stays, "no duration of such a step, for cases of residents"),
    "uptake PROGRAMME": ("programme_shares", _uptakes, "no uptake for everybody, without when, of such another programme"),
}
"""Form of `acts_on` → the table in which the second word is found, what is found there, and what is said if it is not."""


def programmes_are_whole(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Each has a stage; its name is no attribute's; without an effect it says what is known; its clauses can be read."""
    with_effect = {row.programme for row in catalogue.effects} | {row.programme for row in catalogue.programme_moves}
    for place in tables["programmes"]:
        row = place.row
        if row.programme in {*catalogue.levels, "age", "severity"}:
            yield place.problem("programme", "An attribute has the same name.", row.programme)
        if not catalogue.stages_of(row.programme):
            yield place.problem("programme", "programme_stages.csv has no stage of this programme.", row.programme)
        if row.programme not in with_effect and not row.evidence:
            yield place.problem("evidence", "A programme without effects needs words on what is known.", None)
        yield from _clause_problems(catalogue, place, "eligible", row.eligible)
    for place in tables["stages"]:
        if place.row.stage == OUT:
            yield place.problem("stage", "This word stands for those who do not take part.", place.row.stage)


def scores_are_sound(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """A programme's score is there, where it goes by one; each score has points and one AUC of 0.5 to 1."""
    known = list(dict.fromkeys(row.score for row in catalogue.scores))
    for place in tables["programmes"]:
        row = place.row
        if (row.priority == "by score" or row.score) and row.score not in known:
            yield place.problem("score", f"scores.csv has no such score. {nearest(row.score, known)}".strip(), row.score)
    for place in tables["scores"]:
        row, own = place.row, [other for other in catalogue.scores if other.score == place.row.score]
        if (row.unit == "share") != (row.what == "auc"):
            yield place.problem("unit", "Points are in log odds, an AUC is a share.", row.unit)
        if row.what == "auc" and not 0.5 < row.value < 1:
            yield place.problem("value", "An AUC lies between 0.5, no better than chance, and 1.", row.value)
        if [other.what for other in own].count("auc") != 1 or len(own) < 2:
            yield place.problem("score", "A score has points and one AUC.", row.score)
        yield from _clause_problems(catalogue, place, "when", row.when)


def shares_of_programmes_are_sound(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """An uptake's clauses can be read; a drop-out names a stage."""
    for place in tables["takes"]:
        row = place.row
        if row.what == "uptake":
            yield from _clause_problems(catalogue, place, "when", row.when)
        else:
            known = [stage.stage for stage in catalogue.stages_of(row.programme)]
            part, _, stage = (piece.strip() for piece in row.when.partition("="))
            if part != "stage" or stage not in known:
                yield place.problem("when", f"A drop-out is of a stage: stage={'|'.join(known)}, one of them.", row.when)


def moves_are_sound(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """A move is of a stage, leads to another level, or back from one that the programme leads to; nothing hangs on its
    attribute that a resident has only once."""
    for place in tables["programme_moves"]:
        row = place.row
        yield from _stage_problems(catalogue, place)
        if row.to == ORIGIN:
            led = [other.to for other in catalogue.programme_moves
                   if (other.programme, other.attribute) == (row.programme, row.attribute)]
            if row.level not in led:
                yield place.problem("level", f"{row.programme} moves nobody there who could go back.", row.level)
        else:
            yield from level_problems(catalogue, place, "to", row.attribute, (row.to,))
            if row.to == row.level:
                yield place.problem("to", "This is the level they are at.", row.to)
        if row.attribute in _fixed(catalogue):
            message = "Programmes cannot move this: it is fixed for life, or services go by it."
            yield place.problem("attribute", message, row.attribute)


def _fixed(catalogue: Catalogue) -> set[str]:
    """Attributes that no event moves, and those by which services tell cases apart or are held."""
    moving = {row.attribute for row in catalogue.events if row.kind == "move"}
    by_class = {part for row in catalogue.events for part in parts_of(row.class_by)}
    held = {row.held_by.partition("=")[0].strip() for row in catalogue.services}
    return (set(catalogue.levels) - moving) | by_class | held


def effects_are_sound(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """An effect is of a stage, acts on something that is there, by a mechanism that can stand in a condition."""
    forms = {form.partition(" ")[0]: rest for form, rest in ACTS_ON.items()}
    for place in tables["effects"]:
        row = place.row
        yield from _stage_problems(catalogue, place)
        if any(mark in row.mechanism for mark in ";="):
            yield place.problem("mechanism", "A mechanism has neither ; nor =.", row.mechanism)
        kind, _, name = row.acts_on.partition(" ")
        if kind not in forms:
            message = f"This must be of the form {', '.join([*ACTS_ON][:-1])} or {[*ACTS_ON][-1]}."
            yield place.problem("acts_on", message, row.acts_on)
            continue
        table, known, message = forms[kind]
        names = known(catalogue, row)
        if name not in names:
            yield place.problem("acts_on", f"{table}.csv has {message}. {nearest(name, names)}".strip(), name)


def _stage_problems(catalogue: Catalogue, place: Found) -> Iterator[Problem]:
    known = [stage.stage for stage in catalogue.stages_of(place.row.programme)]
    if place.row.stage not in known:
        message = f"{place.row.programme} has no such stage. {nearest(place.row.stage, known)}".strip()
        yield place.problem("stage", message, place.row.stage)


def _clause_problems(catalogue: Catalogue, place: Found, column: str, text: str) -> Iterator[Problem]:
    """Clauses name attributes and levels of the catalogue."""
    try:
        when = parse_when(text)
    except ValueError as error:
        yield place.problem(column, f"{error}.", text)
        return
    for attribute, levels in when.levels.items():
        if attribute not in catalogue.levels:
            message = f"attributes.csv has no such attribute. {nearest(attribute, catalogue.levels)}".strip()
            yield place.problem(column, message, attribute)
        yield from level_problems(catalogue, place, column, attribute, levels)
