"""`icsim explain`, `check` and `catalogue`: look at scenarios and tables without running anything."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from icsim.cli.options import All, Json, Scenarios
from icsim.cli.telling import MISTAKE, message, print_json, problem, told
from icsim.errors import InputError, NotFoundError, Problem


@told
def explain(scenario: Annotated[str, typer.Argument(help="A file or a shipped name.")],
            everything: All = False, json_: Json = False) -> None:
    """Say what icsim understood of a scenario.

    Also how it differs from the baseline, and how many of the numbers behind it are assumed.

    \b
    Examples:
      icsim explain falls_vehicles
      icsim explain --all falls_vehicles
    """
    from dataclasses import asdict

    from icsim import api

    found = api.explain(scenario)
    if json_:
        print_json({"command": "explain", "scenario": {**asdict(found), "run": found.run.model_dump(mode="json")}})
    else:
        typer.echo("\n".join(found.lines(everything)))


@told
def check(scenarios: Scenarios, json_: Json = False) -> None:
    """Look for mistakes in scenario files without running anything.

    \b
    Example:
      icsim check my_scenario.toml
    """
    from icsim import api

    found = []
    for each in scenarios:
        try:
            found.append({"scenario": each, "sound": True, "problems": [],
                          "warnings": [problem(warning) for warning in api.check(each)]})
        except InputError as error:
            typer.echo(message(error) + "\n", err=True)
            found.append({"scenario": each, "sound": False, "problems": [problem(p) for p in error.problems],
                          "warnings": []})
    if json_:
        print_json({"command": "check", "scenarios": found})
    else:
        _tell_sound(found)
    if not all(each["sound"] for each in found):
        raise typer.Exit(MISTAKE)


def _tell_sound(found: list[dict[str, Any]]) -> None:
    for each in found:
        if each["sound"]:
            typer.echo(f"{each['scenario']}: sound")
        for warning in each["warnings"]:
            typer.echo(f"  worth a look: {warning['where']} {warning['message']}")


@told
def catalogue(name: Annotated[str | None, typer.Argument(help="A system, programme, service, event or row.",
                                                         show_default=False)] = None,
              area: Annotated[str, typer.Option(help="Whose services to show.")] = "hertfordshire-west-essex",
              json_: Json = False) -> None:
    """List what icsim knows, or all about one name.

    The list begins with the systems of the founding documents: kind, who
    pays, effect and how good its evidence is. A page about a name gives the
    numbers behind it and their sources.

    \b
    Examples:
      icsim catalogue
      icsim catalogue tobacco
      icsim catalogue falls_vehicles
    """
    from icsim import areas
    from icsim import catalogue as tables
    from icsim.report import entries

    _check_area(area, areas.names())
    rows, place = tables.load(), areas.load(area)
    found: Any = entries.listing(rows, place) if name is None else entries.entry(rows, place, name)
    if json_:
        print_json({"command": "catalogue", "list" if name is None else "entry": found})
    else:
        typer.echo(entries.listing_page(found) if name is None else entries.entry_page(found), nl=False)


def _check_area(area: str, known: list[str]) -> None:
    if area not in known:
        raise NotFoundError("areas", [Problem(area, f"is not an area that icsim knows: {', '.join(known)}.")])
