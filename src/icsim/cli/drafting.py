"""`icsim new`: write a commented scenario file from a few answers, typed as options or asked for."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from icsim.cli.options import Json
from icsim.cli.telling import print_json, told
from icsim.cli.typed import Repeated, programmes_typed, services_typed, shifts_typed
from icsim.errors import DraftError, Problem

if TYPE_CHECKING:
    from icsim.scenario.draft import Answers

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
        shift: Annotated[Repeated | None, typer.Option(metavar="WORDS", help="Money that moves between budget lines, such "
                                                       "as '12m from hospital_beds to falls_vehicles 50%, stop_smoking "
                                                       "50%'.")] = None,
        reason: Annotated[str, typer.Option(help="Why; printed beside the results.", show_default=False)] = "",
        years: Annotated[int | None, typer.Option(help="Length of the run; as in the baseline where nothing is said.",
                                                  show_default=False)] = None,
        out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the file is written.")] = Path("."),
        json_: Json = False) -> None:
    """Write a scenario of your own from a few answers.

    Without options it asks, with a default for every answer. Writes NAME.toml,
    short and commented, and only if icsim check finds it sound; never over a
    file that is there. --service, --open, --programme and --shift may be
    repeated.

    \b
    Examples:
      icsim new
      icsim new more_falls_vehicles --service falls_vehicles=8
      icsim new wards --area wiltshire --service virtual_wards=1.5x --years 5
      icsim new money --shift "12m from hospital_beds to stop_smoking"
    """
    from icsim import api
    from icsim.scenario.draft import Answers

    answers = Answers((name or "").removesuffix(SUFFIX), title, reason, years, services_typed(service, open_),
                      programmes_typed(programme), shifts_typed(shift))
    place = area or api.DEFAULT_AREA
    api.check_area(place)
    if not answers.name or not answers.changes:
        from icsim.cli import questions

        if not questions.at_a_terminal():
            raise _incomplete(answers)
        place, answers = questions.ask_for_the_rest(answers, area, out)
    text = api.new(answers.name, place, answers.title, answers.reason, years, answers.services, answers.programmes,
                   answers.shifts)
    _tell(_write(text, file_of(answers.name, out)), place, years, json_)


def file_of(name: str, folder: Path) -> Path:
    """The file that a scenario of this name would be. Raises DraftError where something is there already."""
    file = folder / f"{name}{SUFFIX}"
    if os.path.lexists(file):
        raise _in_the_way(file)
    return file


def _incomplete(answers: Answers) -> DraftError:
    """What is missing where nobody can be asked."""
    asked = "\nIn a terminal, icsim new asks for what was not typed."
    problems = [] if answers.name else [Problem("NAME", f"is missing: the name of the file.{asked}")]
    if not answers.changes:
        problems.append(Problem("--service, --open, --programme, --shift", "are missing: one of them says what is "
                                f"different, as in --service falls_vehicles=8.{asked}"))
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
