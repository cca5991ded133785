"""`icsim life` and `residents`: single people, and a sample of everybody."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from icsim.cli.options import Anyway, At, Json, Replication, Seed, Threads, Years
from icsim.cli.telling import print_json, progress, told
from icsim.errors import Problem, ScenarioError


@told
def life(words: Annotated[list[str], typer.Argument(metavar="[KEY] BASE ALTERNATIVE", help="A resident's key, as icsim "
                                                    "residents prints it, and two scenarios.", show_default=False)],
         find: Annotated[bool, typer.Option("--find", help="Instead of KEY: list residents whose lives differ.")] = False,
         picture: Annotated[Path | None, typer.Option(metavar="FILE", show_default=False, help="Where the picture goes "
                                                      "(.png or .svg); results/life-KEY.png where nothing is said.")] = None,
         no_charts: Annotated[bool, typer.Option("--no-charts", help="Draw no picture.")] = False,
         replication: Replication = 0, json_: Json = False, seed: Seed = None, years: Years = None,
         threads: Threads = None, anyway: Anyway = False) -> None:
    """Follow one resident through two scenarios, with the same luck.

    Prints what happened, day by day: what is the same once, what differs with
    the mark A or B. Also draws a picture.

    \b
    Examples:
      icsim life --find baseline falls_vehicles
      icsim life b5ce9782f72bb24f testshire/baseline testshire/falls_vehicles
    """
    from icsim import api

    key, base, other = _key_and_pair(words, find)
    scenarios = [api.resolve(each, seed=seed, years=years, threads=threads) for each in (base, other)]
    if find:
        with progress() as tell:
            found = api.differing(scenarios[0], scenarios[1], replication=replication, progress=tell, anyway=anyway)
        _tell_differing(found, [base, other], _again(replication, seed, years), json_)
        return
    file = picture or Path("results") / f"life-{key.lower()}.png"
    if not no_charts:
        api.check_file(file, api.PICTURES)
    with progress() as tell:
        lives = api.life(key, scenarios[0], scenarios[1], replication=replication, progress=tell, anyway=anyway)
    if not json_:
        typer.echo(api.page(lives))
    drawn = None if no_charts else str(api.picture(lives, file))
    if json_:
        print_json({"command": "life", "picture": drawn, "life": lives.as_object()})
    elif drawn:
        typer.echo(f"\n  Picture: {drawn}")


def _key_and_pair(words: list[str], find: bool) -> tuple[str, str, str]:
    """The key (empty with --find) and two scenarios. Raises ScenarioError where something else was typed."""
    if len(words) != (2 if find else 3):
        meant = "icsim life --find BASE ALTERNATIVE" if find else "icsim life KEY BASE ALTERNATIVE"
        raise ScenarioError("life", [Problem(" ".join(words), f"is not what this command reads: {meant}.")])
    return ("", words[0], words[1]) if find else (words[0], words[1], words[2])


def _again(replication: int, seed: int | None, years: int | None) -> str:
    """The options that decide whose lives these are, as they were typed: another luck has other lives."""
    typed = {"--replication": replication or None, "--seed": seed, "--years": years}
    return "".join(f" {option} {value}" for option, value in typed.items() if value is not None)


def _tell_differing(found: Any, scenarios: list[str], options: str, json_: bool) -> None:
    from icsim.report.life import differing_page

    if json_:
        print_json({"command": "life", "differing": found.to_dicts()})
    else:
        typer.echo(differing_page(found, scenarios, options))


@told
def residents(scenario: Annotated[str, typer.Argument(help="A file or a shipped name.")],
              sample: Annotated[int, typer.Option(help="How many residents, at most.")] = 1000,
              at: Annotated[At, typer.Option(help="When they are looked at.")] = At.start,
              out: Annotated[Path | None, typer.Option(metavar="FILE", show_default=False, help="A .csv or .parquet file "
                                                       "for all of them.")] = None,
              replication: Replication = 0, json_: Json = False, seed: Seed = None, years: Years = None,
              threads: Threads = None, anyway: Anyway = False) -> None:
    """Show a sample of the residents, or write it to a file.

    Key, age, sex, deprivation fifth, place and circumstances; the same people
    in every run, as long as they live in the area. None of them is real.

    \b
    Examples:
      icsim residents testshire/baseline --sample 200
      icsim residents baseline --at end --out residents.csv
    """
    from icsim import api

    if out is not None:
        api.check_file(out, api.TABLES)
    with progress() as tell:
        people = api.people(scenario, sample, at.value, replication, tell, anyway, seed=seed, years=years,
                            threads=threads)
    written = None if out is None else str(api.write_people(people, out))
    if json_:
        print_json({"command": "residents", "scenario": scenario, "at": at.value, "written": written,
                     "residents": people.to_dicts()})
        return
    from icsim.report.life import residents_page

    typer.echo(residents_page(people, f"Residents of {scenario} at the {at.value}", written))
