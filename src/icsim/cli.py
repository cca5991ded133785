"""The command line: `icsim run`, `compare`, `life`, `residents`, `explain`, `check`, `catalogue`, `validate`.

Exit codes: 0 done; 2 something the user can put right (told without a traceback); 1 a fault of icsim; 130 interrupted.
Nothing heavy is imported until a command needs it, so that help appears at once.
"""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from icsim.errors import InputError, NotFoundError, Problem, ResultsError, ScenarioError

if TYPE_CHECKING:
    from icsim.memory_and_time import Estimate
    from icsim.results import Comparison, Results

MISTAKE, INTERRUPTED = 2, 130

app = typer.Typer(
    name="icsim", no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)


class At(StrEnum):
    """When residents are looked at."""

    start = "start"
    end = "end"


class Engine(StrEnum):
    """The two service engines; both give the same numbers."""

    compiled = "compiled"
    reference = "reference"


Scenarios = Annotated[list[str], typer.Argument(metavar="SCENARIO", help="A file, or the name of a scenario that "
                                                "comes with icsim, such as baseline or testshire/baseline.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
Out = Annotated[Path, typer.Option(help="Folder in which a folder of results is made.")]
Replications = Annotated[int | None, typer.Option(help="Repeat the run so often, each time with other luck.")]
Seed = Annotated[int | None, typer.Option(help="Which luck: the same seed gives the same results.")]
Years = Annotated[int | None, typer.Option(help="Length of the run in years.")]
EngineChoice = Annotated[Engine | None, typer.Option(help="Fast, or the readable definition.", show_default=False)]
Threads = Annotated[int | None, typer.Option(help="Most processor cores used; changes no result.")]
Log = Annotated[int | None, typer.Option("--log", metavar="N", show_default=False, help="Write what happens in one "
                                         "replication, event by event (0 is the first).")]
LogDays = Annotated[int | None, typer.Option(show_default=False, help="Days from the start that the event log covers; "
                                             "a week where nothing is said.")]
All = Annotated[bool, typer.Option("--all", help="List every assumed number with its reason.")]
Replication = Annotated[int, typer.Option(metavar="N", help="Which replication's luck (0 is the first).")]
Anyway = Annotated[bool, typer.Option("--anyway", help="Run even if the memory may not suffice.")]
NoCharts = Annotated[bool, typer.Option("--no-charts", help="Write tables and page only.")]


def main() -> None:
    """Entry point of the `icsim` command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without our signs shows "?" instead of failing
    try:
        app()
    except SystemExit as stop:
        if stop.code == INTERRUPTED:  # runs that are still going in other threads must not hold up the exit
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(INTERRUPTED)
        raise


def _told(command: Callable[..., None]) -> Callable[..., None]:
    """Tell a user's mistake in words, with exit code 2, and as an object where `--json` was asked for."""

    @functools.wraps(command)
    def wrapped(*args: Any, **options: Any) -> None:
        try:
            command(*args, **options)
        except InputError as error:
            typer.echo(_message(error), err=True)
            if options.get("json_"):
                _print_json({"error": {"source": error.source, "problems": [_problem(p) for p in error.problems]}})
            raise typer.Exit(MISTAKE) from None
        except KeyboardInterrupt:
            typer.echo("\nInterrupted. Nothing half-finished was written; earlier results are as they were.", err=True)
            raise typer.Exit(INTERRUPTED) from None

    return wrapped


def _message(error: InputError) -> str:
    if isinstance(error, ResultsError):  # here the run itself may well have ended
        return "\n".join(["Results could not be written.", "", *map(str, error.problems)])
    return str(error)


def _problem(problem: Problem) -> dict[str, Any]:
    return {"where": problem.where, "line": problem.line or None, "message": problem.message,
            "value": None if problem.value is None else str(problem.value)}


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False, default=str))


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"icsim {version('icsim')}")
        raise typer.Exit


@app.callback()
def _options(version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True,
                                                   help="Print the version and stop.")] = False) -> None:
    """What would shifting money to prevention change?

    icsim simulates every resident of an integrated care system and the services they meet. Start with:

    \b
      icsim compare baseline falls_vehicles
    """


@app.command()
@_told
def run(scenarios: Scenarios, json_: Json = False, out: Out = Path("results"), replications: Replications = None,
        seed: Seed = None, years: Years = None, engine: EngineChoice = None, no_charts: NoCharts = False,
        threads: Threads = None, log: Log = None, log_days: LogDays = None, anyway: Anyway = False) -> None:
    """Run scenarios, print a page about each, and write results/NAME.

    With --log also events.csv, for animations (vidigi), and events_mining.csv,
    for process mining (pm4py). A day of 1.5 million residents takes 6 MB.

    \b
    Examples:
      icsim run baseline --replications 2 --years 5
      icsim run baseline --log 0 --log-days 7
    """
    from icsim import api

    overrides = _overrides(replications, seed, years, engine, threads)
    resolved = [api.resolve(each, **overrides) for each in scenarios]
    for each in resolved:
        api.check_log(each, log, log_days)
    _refuse_twins([each.name for each in resolved])
    _check_folders([out / each.name for each in resolved])
    _look_ahead([api.estimate(each, log_days=api.logged_days(log, log_days)) for each in resolved], anyway)
    found = []
    for each in resolved:
        with _progress() as progress:
            results = api.run(each, progress=progress, log=log, log_days=log_days, anyway=True)
        found.append(_finish(results, out, not no_charts, json_))
    if json_:
        _print_json({"command": "run", "results": found})


@app.command()
@_told
def compare(base: Annotated[str, typer.Argument(help="The scenario to start from, such as baseline.")],
            alternatives: Annotated[list[str], typer.Argument(metavar="ALTERNATIVE", help="What to compare it with.")],
            json_: Json = False, out: Out = Path("results"), replications: Replications = None, seed: Seed = None,
            years: Years = None, engine: EngineChoice = None, no_charts: NoCharts = False,
            threads: Threads = None, anyway: Anyway = False) -> None:
    """Compare scenarios on the same residents with the same luck.

    Prints a page about what changes and writes tables and charts to results/BASE-ALTERNATIVE.

    \b
    Example:
      icsim compare baseline falls_vehicles --replications 3
    """
    from icsim import api

    overrides = _overrides(replications, seed, years, engine, threads)
    resolved = [api.resolve(each, **overrides) for each in (base, *alternatives)]
    api.check_pairs(resolved)
    _check_folders([out / "-".join(each.name for each in resolved)])
    _look_ahead([api.estimate(*resolved)], anyway)
    with _progress() as progress:
        comparison = api.compare(*resolved, progress=progress, anyway=True)
    found = _finish(comparison, out, not no_charts, json_)
    if json_:
        _print_json({"command": "compare", "results": [found]})


@app.command()
@_told
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
        with _progress() as progress:
            found = api.differing(scenarios[0], scenarios[1], replication=replication, progress=progress, anyway=anyway)
        _tell_differing(found, [base, other], json_)
        return
    file = picture or Path("results") / f"life-{key.lower()}.png"
    if not no_charts:
        api.check_file(file, api.PICTURES)
    with _progress() as progress:
        lives = api.life(key, scenarios[0], scenarios[1], replication=replication, progress=progress, anyway=anyway)
    if not json_:
        typer.echo(api.page(lives))
    drawn = None if no_charts else str(api.picture(lives, file))
    if json_:
        _print_json({"command": "life", "picture": drawn, "life": lives.as_object()})
    elif drawn:
        typer.echo(f"\n  Picture: {drawn}")


def _key_and_pair(words: list[str], find: bool) -> tuple[str, str, str]:
    """The key (empty with --find) and two scenarios. Raises ScenarioError where something else was typed."""
    if len(words) != (2 if find else 3):
        meant = "icsim life --find BASE ALTERNATIVE" if find else "icsim life KEY BASE ALTERNATIVE"
        raise ScenarioError("life", [Problem(" ".join(words), f"is not what this command reads: {meant}.")])
    return ("", words[0], words[1]) if find else (words[0], words[1], words[2])


def _tell_differing(found: Any, scenarios: list[str], json_: bool) -> None:
    from icsim.report.life import differing_page

    if json_:
        _print_json({"command": "life", "differing": found.to_dicts()})
    else:
        typer.echo(differing_page(found, scenarios))


@app.command()
@_told
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
    with _progress() as progress:
        people = api.people(scenario, sample, at.value, replication, progress, anyway, seed=seed, years=years,
                            threads=threads)
    written = None if out is None else str(api.write_people(people, out))
    if json_:
        _print_json({"command": "residents", "scenario": scenario, "at": at.value, "written": written,
                     "residents": people.to_dicts()})
        return
    from icsim.report.life import residents_page

    typer.echo(residents_page(people, f"Residents of {scenario} at the {at.value}", written))


@app.command()
@_told
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
        _print_json({"command": "explain", "scenario": {**asdict(found), "run": found.run.model_dump(mode="json")}})
    else:
        typer.echo("\n".join(found.lines(everything)))


@app.command()
@_told
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
                          "warnings": [_problem(warning) for warning in api.check(each)]})
        except InputError as error:
            typer.echo(_message(error) + "\n", err=True)
            found.append({"scenario": each, "sound": False, "problems": [_problem(p) for p in error.problems],
                          "warnings": []})
    if json_:
        _print_json({"command": "check", "scenarios": found})
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


@app.command()
@_told
def catalogue(name: Annotated[str | None, typer.Argument(help="A service, event, attribute, measure or row.",
                                                         show_default=False)] = None,
              area: Annotated[str, typer.Option(help="Whose services to show.")] = "hertfordshire-west-essex",
              json_: Json = False) -> None:
    """List what icsim knows, or all about one name.

    A page about a name gives the numbers behind it and their sources.

    \b
    Examples:
      icsim catalogue
      icsim catalogue falls_vehicles
    """
    from icsim import areas
    from icsim import catalogue as tables
    from icsim.report import entries

    _check_area(area, areas.names())
    rows, place = tables.load(), areas.load(area)
    found: Any = entries.listing(rows, place) if name is None else entries.entry(rows, place, name)
    if json_:
        _print_json({"command": "catalogue", "list" if name is None else "entry": found})
    else:
        typer.echo(entries.listing_page(found) if name is None else entries.entry_page(found), nl=False)


@app.command()
@_told
def validate(area: Annotated[str, typer.Argument(help="Whose baseline, such as wiltshire.")] = "hertfordshire-west-essex",
             stationary: Annotated[bool, typer.Option("--stationary", help="Let rates stand still: no trend of death or "
                                                      "illness.")] = False,
             json_: Json = False, out: Out = Path("results"), replications: Replications = None, seed: Seed = None,
             years: Years = None, no_charts: NoCharts = False, threads: Threads = None, anyway: Anyway = False) -> None:
    """Compare the baseline of an area with published figures.

    Prints what is said of the area and which figures are off, those used to
    set the model up apart from those that were not, and writes every figure
    and a chart to results/validate_AREA.

    \b
    Examples:
      icsim validate
      icsim validate wiltshire --years 2 --replications 3
    """
    from icsim import api

    baseline = api.baseline_of(area, years=years, replications=replications, seed=seed, threads=threads)  # mistakes first
    folder = out / f"validate_{area}"
    _check_folders([folder])
    _look_ahead([api.estimate(baseline, watched=True)], anyway)
    with _progress() as progress:
        found = api.validate(area, years, replications, stationary, progress, True, seed=seed, threads=threads)
    from icsim.report import save_validation, validation_object, validation_page

    try:
        save_validation(found, folder, not no_charts)
    except ResultsError:
        if not json_:
            typer.echo(validation_page(found))
        raise
    if json_:
        _print_json({"command": "validate", "results": [validation_object(found, folder)]})
    else:
        typer.echo(validation_page(found, folder), nl=False)


def _check_area(area: str, known: list[str]) -> None:
    if area not in known:
        raise NotFoundError("areas", [Problem(area, f"is not an area that icsim knows: {', '.join(known)}.")])


# --- what commands share ----------------------------------------------------------------------------------------------

def _overrides(replications: int | None, seed: int | None, years: int | None, engine: Engine | None,
               threads: int | None) -> dict[str, Any]:
    return {"replications": replications, "seed": seed, "years": years, "engine": engine and engine.value,
            "threads": threads}


def _refuse_twins(names: list[str]) -> None:
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise ScenarioError("run", [Problem(name, "names two scenarios. Give one of the files another name.")
                                    for name in twins])


def _check_folders(folders: list[Path]) -> None:
    """Find out before the run, not after it, that results cannot be written."""
    from icsim import results

    for folder in folders:
        results.check(folder)


def _look_ahead(found: list[Estimate], anyway: bool) -> None:
    """Refuse runs that do not fit into memory, unless they are wanted `anyway`; say of long ones what they will need."""
    from icsim import api

    if not anyway:
        api.check_memory(*found)
    for each in found:
        if each.is_long or not each.fits:
            typer.echo(str(each), err=True)


def _finish(value: Results | Comparison, out: Path, with_charts: bool, quiet: bool) -> dict[str, Any]:
    """Write the folder and print the page; the page appears even if the folder cannot be written."""
    from icsim import api, report
    from icsim.report.objects import result_object

    summary, folder = api.summary(value), out / value.name
    try:
        report.save(value, summary, folder, with_charts)
    except ResultsError:
        if not quiet:
            typer.echo(report.page(value, summary))
        raise
    if not quiet:
        typer.echo(report.page(value, summary, folder))
    return result_object(value, summary, folder)


@contextmanager
def _progress() -> Iterator[Callable[[int, int, str], None]]:
    """A progress bar on stderr; on anything but a terminal, a line every few seconds."""
    from icsim.progress import meter

    with meter(sys.stderr) as tell:
        yield tell
