"""`icsim new`: write a commented scenario file from a few answers, typed as options or asked for."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from icsim.cli.options import Json
from icsim.cli.telling import print_json, told
from icsim.errors import DraftError, Problem

if TYPE_CHECKING:
    from icsim.scenario.draft import Answers

Repeated = list[str]
SUFFIX = ".toml"


@told
def new(name: Annotated[str | None, typer.Argument(help="Name of the file.", show_default=False)] = None,
        area: Annotated[str | None, typer.Option(help="Whose baseline it starts from. [default: hertfordshire-west-essex]",
                                                 show_default=False)] = None,
        title: Annotated[str, typer.Option(help="One line; made of the changes where nothing is said.",
                                           show_default=False)] = "",
        service: Annotated[Repeated | None, typer.Option(metavar="NAME=NUMBER", help="Servers of a service, or of a pool of "
                                                         "one; or a factor, such as hospital_beds=1.1x.")] = None,
        open_: Annotated[Repeated | None, typer.Option("--open", metavar="NAME=HOURS", help="Opening hours, such as "
                                                       "'falls_vehicles=daily 07:00-22:00'.")] = None,
        programme: Annotated[Repeated | None, typer.Option(metavar="NAME=PLACES", help="People who can begin a programme "
                                                           "in a month.")] = None,
        reason: Annotated[str, typer.Option(help="Why; printed beside the results.", show_default=False)] = "",
        years: Annotated[int | None, typer.Option(help="Length of the run; as in the baseline where nothing is said.",
                                                  show_default=False)] = None,
        out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the file is written.")] = Path("."),
        json_: Json = False) -> None:
    """Write a scenario of your own from a few answers.

    Without options it asks, with a default for every answer. Writes NAME.toml,
    short and commented, and only if icsim check finds it sound; never over a
    file that is there. --service, --open and --programme may be repeated.

    \b
    Examples:
      icsim new
      icsim new more_falls_vehicles --service falls_vehicles=8
      icsim new wards --area wiltshire --service virtual_wards=1.5x --years 5
    """
    from icsim import api
    from icsim.scenario.draft import Answers

    answers = Answers((name or "").removesuffix(SUFFIX), title, reason, years, _services(service, open_),
                      _programmes(programme))
    place = area or api.DEFAULT_AREA
    api.check_area(place)
    if not answers.name or not (answers.services or answers.programmes):
        from icsim.cli import questions

        if not questions.at_a_terminal():
            raise _incomplete(answers)
        place, answers = questions.ask_for_the_rest(answers, area, out)
    text = api.new(answers.name, place, answers.title, answers.reason, years, answers.services, answers.programmes)
    _tell(_write(text, file_of(answers.name, out)), place, years, json_)


def file_of(name: str, folder: Path) -> Path:
    """The file that a scenario of this name would be. Raises DraftError where something is there already."""
    file = folder / f"{name}{SUFFIX}"
    if os.path.lexists(file):
        raise _in_the_way(file)
    return file


def servers_typed(text: str) -> dict[str, Any]:
    """What was typed as a number of servers, or as a factor on it such as 1.1x, in the words of a file."""
    factor = re.fullmatch(r"([\d.]+) *[x×]", text.strip())
    return {"multiply": number_typed(factor[1])} if factor else {"number": number_typed(text)}


def number_typed(text: str) -> int | float | str:
    """The number that was typed; what is none stays text, and the check of the scenario says what is allowed."""
    for kind in (int, float):
        try:
            return kind(text.strip())
        except ValueError:
            continue
    return text


# --- options ----------------------------------------------------------------------------------------------------------


def _services(numbers: Repeated | None, hours: Repeated | None) -> dict[str, dict[str, Any]]:
    found = {name: servers_typed(value) for name, value in _pairs("--service", "NAME=NUMBER", numbers).items()}
    for name, value in _pairs("--open", "NAME=HOURS", hours).items():
        found.setdefault(name, {})["open"] = value
    return found


def _programmes(places: Repeated | None) -> dict[str, dict[str, Any]]:
    return {name: {"places": number_typed(value)} for name, value in _pairs("--programme", "NAME=PLACES", places).items()}


def _pairs(option: str, form: str, words: Repeated | None) -> dict[str, str]:
    """Name → value of a repeated option. Raises DraftError for words of another form, and where a name comes twice."""
    pairs = [(word, *map(str.strip, word.partition("=")[::2])) for word in words or ()]
    names = [name for _, name, _ in pairs]
    problems = [Problem(f"{option} {word}", f"must be written as {form}.") for word, name, value in pairs
                if not name or not value]
    problems += [Problem(f"{option} {name}", "is given twice; keep one of them.") for name in dict.fromkeys(names)
                 if names.count(name) > 1]
    if problems:
        raise DraftError("icsim new", problems)
    return {name: value for _, name, value in pairs}


def _incomplete(answers: Answers) -> DraftError:
    """What is missing where nobody can be asked."""
    asked = "\nIn a terminal, icsim new asks for what was not typed."
    problems = [] if answers.name else [Problem("NAME", f"is missing: the name of the file.{asked}")]
    if not answers.services and not answers.programmes:
        problems.append(Problem("--service, --open, --programme", "are missing: one of them says what is different, as in "
                                f"--service falls_vehicles=8.{asked}"))
    return DraftError("icsim new", problems)


# --- the file ---------------------------------------------------------------------------------------------------------


def _write(text: str, file: Path) -> Path:
    """Write a new file, whole or not at all. Raises DraftError where that is impossible."""
    made = False
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8", newline="\n") as opened:
            made = True
            opened.write(text)
    except OSError as error:
        if made:
            file.unlink(missing_ok=True)
        elif os.path.lexists(file):
            raise _in_the_way(file) from None
        reason = (error.strerror or str(error)).lower()
        raise DraftError(str(file), [Problem(str(file.parent), f"cannot be written to: {reason}.\n"
                                             "Choose another folder with --out FOLDER.")]) from None
    return file


def _in_the_way(file: Path) -> DraftError:
    remedy = "Choose another name, or another folder with --out FOLDER."
    return DraftError(str(file), [Problem(str(file), f"is there already, and stays as it is.\n{remedy}")])


def _tell(file: Path, area: str, years: int | None, json_: bool) -> None:
    from icsim.scenario.commented import commands

    typed = commands(shlex.quote(str(file)), area, years)
    if json_:
        print_json({"command": "new", "file": str(file), "next": typed})
    else:
        typer.echo("\n".join([f"Written: {file}", "It can be opened and changed with any text editor. Next:",
                              *(f"  {command}" for command in typed)]))
