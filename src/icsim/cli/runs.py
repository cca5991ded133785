"""`icsim run`, `compare` and `validate`: simulate, print a page, write a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from icsim.cli.options import (
    Anyway,
    Assumptions,
    Attribute,
    EngineChoice,
    Groups,
    Json,
    Log,
    LogDays,
    NoCharts,
    Out,
    Replications,
    Scenarios,
    Seed,
    Threads,
    Years,
    settings,
)
from icsim.cli.telling import print_json, progress, told
from icsim.errors import Problem, ResultsError, ScenarioError

if TYPE_CHECKING:
    from icsim.memory_and_time import Estimate
    from icsim.results import Comparison, Results


@told
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

    typed = settings(replications, seed, years, engine, threads)
    resolved = [api.resolve(each, **typed) for each in scenarios]
    for each in resolved:
        api.check_log(each, log, log_days)
    _refuse_twins([each.name for each in resolved])
    _check_folders([out / each.name for each in resolved])
    _look_ahead([api.estimate(each, log_days=api.logged_days(log, log_days)) for each in resolved], anyway)
    found = []
    for each in resolved:
        with progress() as tell:
            results = api.run(each, progress=tell, log=log, log_days=log_days, anyway=True)
        found.append(_finish(results, out, not no_charts, json_))
    if json_:
        print_json({"command": "run", "results": found})


@told
def compare(base: Annotated[str, typer.Argument(help="The scenario to start from, such as baseline.")],
            alternatives: Annotated[list[str], typer.Argument(metavar="ALTERNATIVE", help="What to compare it with.")],
            json_: Json = False, out: Out = Path("results"), replications: Replications = None, seed: Seed = None,
            years: Years = None, engine: EngineChoice = None, no_charts: NoCharts = False,
            threads: Threads = None, log: Log = None, log_days: LogDays = None, anyway: Anyway = False,
            attribute: Attribute = False, group: Groups = None, assumptions: Assumptions = True) -> None:
    """Compare scenarios on the same residents with the same luck.

    Prints a page about what changes and writes tables and charts to
    results/BASE-ALTERNATIVE. With --log also an event log of each scenario, in
    a folder of its own; the same resident has the same key in all of them.
    With --attribute also what each part of a scenario does, alone and beside
    the others.

    \b
    Examples:
      icsim compare baseline falls_vehicles --replications 3
      icsim compare baseline falls_vehicles --log 0 --log-days 7
      icsim compare baseline falls_prevention --attribute
    """
    from icsim import api

    typed = settings(replications, seed, years, engine, threads)
    resolved = [api.resolve(each, **typed) for each in (base, *alternatives)]
    api.check_pairs(resolved)
    api.check_log(resolved[0], log, log_days)
    _check_folders([out / "-".join(each.name for each in resolved)])
    beside = _beside(attribute, group, assumptions)
    more = api.estimate_beside(*resolved, **beside)
    _look_ahead([api.estimate(*resolved, log_days=api.logged_days(log, log_days))], anyway)
    if more:
        _look_ahead([more], anyway, always=beside["attribute"])
    with progress() as tell:
        comparison = api.compare(*resolved, progress=tell, log=log, log_days=log_days, anyway=True, **beside)
    found = _finish(comparison, out, not no_charts, json_)
    if json_:
        print_json({"command": "compare", "results": [found]})


@told
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
    with progress() as tell:
        found = api.validate(area, years, replications, stationary, tell, True, seed=seed, threads=threads)
    from icsim.report import save_validation, validation_object, validation_page

    try:
        save_validation(found, folder, not no_charts)
    except ResultsError:
        if not json_:
            typer.echo(validation_page(found))
        raise
    if json_:
        print_json({"command": "validate", "results": [validation_object(found, folder)]})
    else:
        typer.echo(validation_page(found, folder), nl=False)


# --- what these commands share -----------------------------------------------------------------------------------------


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


def _beside(attribute: bool, group: list[str] | None, assumptions: bool) -> dict[str, Any]:
    """What was asked for beside a comparison, as `api.compare` takes it."""
    named: dict[str, list[str]] = {}
    for text in group or []:
        name, _, parts = text.partition("=")
        named.setdefault(name.strip(), []).extend(part.strip() for part in parts.split(",") if part.strip())
    return {"attribute": attribute or bool(group), "groups": named, "assumptions": assumptions}


def _look_ahead(found: list[Estimate], anyway: bool, always: bool = False) -> None:
    """Refuse runs that do not fit into memory, unless wanted `anyway`; say of long ones, or `always`, what they need."""
    from icsim import api

    if not anyway:
        api.check_memory(*found)
    for each in found:
        if always or each.is_long or not each.fits:
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
