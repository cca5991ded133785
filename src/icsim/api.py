"""What `import icsim` offers: the verbs of the command line on the same objects.

A scenario is given as a path, as a shipped name ("baseline", "testshire/baseline"), as a `Scenario` from `read`, or as
a `Resolved`. Results are Polars frames of whole numbers; `summary` turns them into the tidy table that people read.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from icsim.errors import NotFoundError, Problem, ResultsError, ScenarioError
from icsim.results import Comparison, Results

if TYPE_CHECKING:
    import polars as pl

    from icsim.calibration import Calibration, Validation
    from icsim.lives import Lives
    from icsim.memory_and_time import Estimate
    from icsim.scenario import Explanation, Resolved, Scenario
    from icsim.scenario.draft import Changes

    Given = str | os.PathLike[str] | Scenario | Resolved

DEFAULT_AREA = "hertfordshire-west-essex"
PAIRED = ("start", "years", "replications", "seed", "heartbeat")
"""Run settings that scenarios must share to be compared replication by replication."""
LOG_DAYS = 7
"""Days of an event log: a day of 1.5 million residents is about 25,000 events, 6 MB in two CSV files."""
PICTURES, TABLES = (".png", ".svg"), (".csv", ".parquet")
"""Kinds of file that a life and a sample of residents are written to."""
Progress = Callable[[int, int, str], None]
"""Called with beats done, beats in all and what is being done; perhaps from several threads."""


def read(scenario: str | os.PathLike[str]) -> Scenario:
    """Read and check a scenario file or a shipped scenario.

    Raises ScenarioError with every mistake found: line, value, what is allowed, the nearest right name.
    """
    from icsim import scenario as scenarios

    return scenarios.read(find(os.fspath(scenario)))


def find(name: str) -> Path:
    """The file meant by a path or a shipped name. Raises ScenarioError with the nearest shipped name."""
    from icsim.scenario.chain import shipped, shipped_names

    known = shipped(name) or shipped(f"{DEFAULT_AREA}/{name}")
    if known is not None:
        return known
    if name.endswith(".toml") or Path(name).is_file():
        return Path(name)
    choices = [text for each in shipped_names() for text in (each, each.removeprefix(f"{DEFAULT_AREA}/"))]
    close = difflib.get_close_matches(name[:100], choices, 1)
    hint = f" Did you mean {close[0]}?" if close else ""
    message = f"is neither a file nor a scenario that comes with icsim.{hint}"
    raise ScenarioError(name, [Problem(name, message)])


def resolve(scenario: Given, **overrides: Any) -> Resolved:
    """The complete form of a scenario; `overrides` replace run settings (replications, seed, years, engine, threads …).

    Raises ScenarioError, also where an override is out of range.
    """
    from icsim import scenario as scenarios

    chosen = {name: value for name, value in overrides.items() if value is not None}
    if isinstance(scenario, scenarios.Resolved):
        return _overridden(scenario, scenario.run, chosen) if chosen else scenario
    sound = scenario if isinstance(scenario, scenarios.Scenario) else read(scenario)
    if chosen:
        run = _run_settings(sound.name, sound.run, chosen)
        sound = replace(sound, content=sound.content.model_copy(update={"run": run}))
    return scenarios.resolve(sound)


def _overridden(resolved: Resolved, run: Any, chosen: dict[str, Any]) -> Resolved:
    return replace(resolved, run=_run_settings(resolved.name, run, chosen))


def _run_settings(name: str, run: Any, chosen: dict[str, Any]) -> Any:
    """Run settings with some replaced, checked like those of a file."""
    from pydantic import ValidationError

    try:
        return type(run).model_validate({**run.model_dump(), **chosen})
    except ValidationError as error:
        problems = [Problem(f"run.{'.'.join(map(str, each['loc']))}", each["msg"], 0, each["input"])
                    for each in error.errors()]
        raise ScenarioError(name, problems) from None


def new(name: str, area: str = DEFAULT_AREA, title: str = "", reason: str = "", years: int | None = None,
        services: Changes | None = None, programmes: Changes | None = None,
        shifts: Sequence[Mapping[str, Any]] = ()) -> str:
    """The text of a scenario file that starts from the baseline of `area`: short, commented, and found sound.

    `name`: of the file, without .toml; nothing is written. `services` (by service, or by pool of one) and `programmes` hold
    what is different, as the tables of a file do: {"falls_vehicles": {"number": 8, "open": "daily 07:00-22:00"}}. `shifts`:
    money that moves, as in [[shift]]: {"from": "hospital_beds", "to": {"falls_vehicles": 1.0}, "amount_gbp_per_year":
    2_000_000}; left out, `start` is a year after that of the run (if the run is longer) and `ramp` "linear 3 years". One
    change or shift at least. `title`: made of the changes where it is empty; `reason`: told beside every change; `years`:
    length of the run.

    Raises DraftError with every mistake, NotFoundError for an unknown area.
    """
    check_area(area)
    from icsim.scenario.draft import Answers, draft

    answers = Answers(name, title, reason, years, services or {}, programmes or {}, shifts)
    return draft(answers, read(f"{area}/baseline"))


def estimate(*scenarios: Given, log_days: int = 0, watched: bool = False, **overrides: Any) -> Estimate:
    """Memory and time that scenarios need if they are run together: one is a run, several are a comparison.

    Nothing is run. `log_days`: days of an event log; `watched`: as `validate` runs them. Raises ScenarioError.
    """
    found = [resolve(each, **overrides) for each in scenarios]
    from icsim import experiment

    return experiment.estimate(found, log_days, watched)


def check_memory(*found: Estimate) -> None:
    """Refuse what does not fit into the memory that is available. Raises NotEnoughMemoryError."""
    from icsim import memory_and_time

    for each in found:
        memory_and_time.check(each)


def _check_one_at_a_time(found: Sequence[Resolved]) -> None:
    """Refuse scenarios of which one replication at a time does not fit."""
    from icsim import experiment

    check_memory(experiment.estimate([_overridden(each, each.run, {"replications": 1}) for each in found], most_at_once=1))


def run(scenario: Given, progress: Progress | None = None, log: int | None = None,
        log_days: int | None = None, anyway: bool = False, **overrides: Any) -> Results:
    """Run every replication of a scenario.

    Frames of the result (see `Results`): times in milliseconds, counts as int64. `log`: the replication, counted from 0 as
    in the frames, whose first `log_days` days (LOG_DAYS) are kept event by event in `Results.events`. `anyway`: even if the
    memory may not suffice. Raises ScenarioError for a mistake in the scenario, NotEnoughMemoryError where it would not fit,
    EngineError for a mistake of ours.
    """
    resolved = resolve(scenario, **overrides)
    check_log(resolved, log, log_days)
    from icsim import experiment

    if not anyway:
        check_memory(experiment.estimate([resolved], logged_days(log, log_days)))
    found = experiment.run(resolved, progress)
    return found if log is None else replace(found, events=experiment.events(resolved, log, logged_days(log, log_days),
                                                                            progress))


def logged_days(log: int | None, log_days: int | None) -> int:
    """Days that an event log covers; 0 without one."""
    return 0 if log is None else log_days or LOG_DAYS


def check_log(resolved: Resolved, log: int | None, log_days: int | None) -> None:
    """Refuse an event log of a replication or of days that the run does not have. Raises ScenarioError."""
    run, problems = resolved.run, []
    if log is not None and not 0 <= log < run.replications:
        problems.append(Problem("log", f"must be a replication of the run, 0 to {run.replications - 1}.", 0, log))
    if log_days is not None and not 1 <= log_days <= 365 * run.years:
        problems.append(Problem("log_days", f"must be between 1 and {365 * run.years} (days from the start).", 0, log_days))
    if problems:
        raise ScenarioError(resolved.name, problems)


def compare(base: Given, *alternatives: Given, progress: Progress | None = None, log: int | None = None,
            log_days: int | None = None, anyway: bool = False, attribute: bool = False,
            groups: Mapping[str, Sequence[str]] | None = None, assumptions: bool = True, **overrides: Any) -> Comparison:
    """Run scenarios on the same residents with the same luck, replication by replication.

    `overrides` apply to all of them. `log`, `log_days`: an event log of each, as in `run`, in `Results.events`. `anyway`:
    even if the memory may not suffice. `attribute`: share out what each alternative does among the groups of what it
    changes (`groups`: name → parts, those not named being groups of their own), in `Comparison.attributions`; n groups take
    2ⁿ scenarios instead of 2. `assumptions`: say how much of it rests on assumption, in `Comparison.on_assumption`, also
    where that takes one or two scenarios more, since some of the change is assumed and some is not. Raises ScenarioError,
    also where two scenarios have one name, or differ in area, start, years, replications, seed or heartbeat: such scenarios
    have no pairs; NotEnoughMemoryError where they would not fit.
    """
    found = [resolve(each, **overrides) for each in (base, *alternatives)]
    check_pairs(found)
    check_log(found[0], log, log_days)
    from icsim import experiment  # here: a mistake is told before the engine is loaded
    from icsim.attribution import runs

    days, beside = logged_days(log, log_days), runs.further(found, attribute, groups, assumptions)
    if not anyway:
        check_memory(experiment.estimate(found, days), *([beside.estimate] if beside.estimate else []))
    every = len(found) + len(beside.scenarios)
    compared = experiment.compare(found[0], found[1:], runs.stage(progress, 0, len(found), every))
    compared = runs.carried_out(compared, beside, progress)
    if log is None:
        return compared
    first, *others = (replace(left, events=experiment.events(each, log, days, progress))
                      for left, each in zip(compared.scenarios, found, strict=True))
    return replace(compared, base=first, alternatives=others)


def estimate_beside(*found: Resolved, attribute: bool = False, groups: Mapping[str, Sequence[str]] | None = None,
                    assumptions: bool = True) -> Estimate | None:
    """What `compare` with these settings runs beside the comparison; None where that is nothing. Raises ScenarioError."""
    from icsim.attribution import runs

    return runs.further(found, attribute, groups, assumptions).estimate


def check_pairs(found: Sequence[Resolved]) -> None:
    """Refuse scenarios that cannot be compared replication by replication. Raises ScenarioError."""
    first, problems = found[0], []
    areas = {each.area.name for each in found}
    if len(areas) > 1:
        raise ScenarioError("comparison", [Problem("area", _one_area(found, areas))])
    if len(found) < 2:
        problems.append(Problem(first.name, "needs at least one scenario to be compared with."))
    for at, each in enumerate(found[1:], start=1):
        if any(each.name == other.name for other in found[:at]):
            problems.append(Problem(each.name, "names two scenarios. Give one of the files another name."))
        problems += [Problem(f"{each.name}: run.{key}", f"must be that of {first.name}, {getattr(first.run, key)}.", 0,
                             getattr(each.run, key))
                     for key in PAIRED if getattr(each.run, key) != getattr(first.run, key)]
    if problems:
        raise ScenarioError("comparison", problems)


def _one_area(found: Sequence[Resolved], areas: set[str]) -> str:
    """That scenarios lie in several areas, and what to write if they exist in the one that was named."""
    from icsim.scenario.chain import shipped

    told = "; ".join(f"{each.name} is in {each.area.name}" for each in found)
    named = sorted(areas - {DEFAULT_AREA})[0]
    meant = [f"{named}/{each.name}" for each in found]
    remedy = f"\nWrite {named}/ before each of them: {' '.join(meant)}." if all(map(shipped, meant)) else ""
    return f"must be the same in all scenarios: {told}.{remedy}"


def validate(area: str = DEFAULT_AREA, years: int | None = None, replications: int | None = None, stationary: bool = False,
             progress: Progress | None = None, anyway: bool = False, **overrides: Any) -> Validation:
    """Run the shipped baseline of an area and compare it with published figures, fitted and checked apart.

    `stationary`: without any trend of rates; `anyway`: even if the memory may not suffice. The frames of the result:
    `Validation`. Raises NotFoundError for an unknown area, CatalogueError for a mistake in a table of targets,
    NotEnoughMemoryError where it would not fit.
    """
    resolved = baseline_of(area, years=years, replications=replications, **overrides)
    if not anyway:
        check_memory(estimate(resolved, watched=True))
    from icsim import calibration

    return calibration.validate(resolved, stationary, progress)


def calibrate(area: str = DEFAULT_AREA, england: bool = False, progress: Progress | None = None,
              out: Path | str | None = None, seed: int | None = None, threads: int | None = None,
              **settings: Any) -> tuple[Calibration, Path]:
    """Fit the shipped baseline of an area to published figures, and write what was fitted; returns also where.

    england: fit also what holds everywhere. out: the folder that holds one for England and one for each area; in a checkout
    `calibration/fitted`, from which every later run reads. settings: fields of `calibration.Settings`.
    Raises NotFoundError for an unknown area, CatalogueError for mistakes in targets or parameters, ResultsError where
    nothing can be written.
    """
    resolved = baseline_of(area, seed=seed, threads=threads)
    from icsim import areas, calibration, catalogue
    from icsim.calibration import overlay

    folder = overlay.folder(out)
    bare = catalogue.load(fitted=not england), areas.load(area, fitted=False)
    found = calibration.calibrate(resolved, bare, calibration.Settings(england=england, **settings), progress)
    overlay.save(folder, found, bare)
    return found, folder


def baseline_of(area: str, **overrides: Any) -> Resolved:
    """The shipped baseline of an area. Raises NotFoundError with the nearest name."""
    check_area(area)
    return resolve(f"{area}/baseline", **overrides)


def check_area(area: str) -> None:
    """Refuse an area that does not come with icsim. Raises NotFoundError with the nearest name."""
    from icsim import areas

    if area not in areas.names():
        close = difflib.get_close_matches(area[:100], areas.names(), 1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise NotFoundError("areas", [Problem(area, f"is not an area that icsim knows: {', '.join(areas.names())}.{hint}")])


def people(scenario: Given, sample: int = 1000, at: str = "start", replication: int = 0, progress: Progress | None = None,
           anyway: bool = False, **overrides: Any) -> pl.DataFrame:
    """Residents at the start or at the end of one replication (counted from 0), in order of key.

    Columns: key (16 hexadecimal digits), age (completed years), sex, quintile (1 most deprived), place, then the label of
    the level of each attribute. At most `sample` residents, the same in every run as long as they live in the area.
    `anyway`: even if the memory may not suffice. Raises ScenarioError, NotEnoughMemoryError.
    """
    resolved = resolve(scenario, **overrides)
    problems = [Problem("sample", "must be 1 or more (residents).", 0, sample)] if sample < 1 else []
    if at not in ("start", "end"):
        problems.append(Problem("at", "must be start or end.", 0, at))
    _check_replication(resolved, replication, problems)
    if not anyway:
        _check_one_at_a_time([resolved])
    from icsim import lives

    return lives.population(resolved, sample, at, replication, progress)


def life(key: str | int, base: Given, alternative: Given, replication: int = 0, progress: Progress | None = None,
         anyway: bool = False, **overrides: Any) -> Lives:
    """One resident's life under two scenarios with the same luck, in one replication (counted from 0).

    `key`: as `people` gives it, or a number. `anyway`: even if the memory may not suffice. Raises ScenarioError and
    NotEnoughMemoryError as `compare` does, NotFoundError where nobody has it.
    """
    found = _pair(base, alternative, replication, anyway, overrides)
    from icsim import lives

    return lives.follow_all(found, key if isinstance(key, int) else lives.key_of(key), replication, progress)


def differing(base: Given, alternative: Given, most: int = 10, replication: int = 0, progress: Progress | None = None,
              anyway: bool = False, **overrides: Any) -> pl.DataFrame:
    """Residents whose lives differ between two scenarios in one replication: those who differ most first, `most` at most.

    Columns: key, age (at the start), sex, quintile, place, differs (in words: baseline | alternative), contacts,
    contacts_alternative (visits to services since the start). `anyway`: even if the memory may not suffice. Raises
    ScenarioError and NotEnoughMemoryError as `compare` does.
    """
    found = _pair(base, alternative, replication, anyway, overrides)
    from icsim import lives

    return lives.differing(found, most, replication, progress)


def _pair(base: Given, alternative: Given, replication: int, anyway: bool, overrides: dict[str, Any]) -> list[Resolved]:
    """Two scenarios that one resident can live in. A scenario may be compared with itself: that shows no difference."""
    found = [resolve(each, **overrides) for each in (base, alternative)]
    if found[0].content_hash() != found[1].content_hash():
        check_pairs(found)
    _check_replication(found[0], replication, [])
    if not anyway:
        _check_one_at_a_time(found)
    return found


def _check_replication(resolved: Resolved, replication: int, problems: list[Problem]) -> None:
    if not 0 <= replication < resolved.run.replications:
        problems.append(Problem("replication", f"must be a replication of the run, 0 to {resolved.run.replications - 1}.", 0,
                                replication))
    if problems:
        raise ScenarioError(resolved.name, problems)


def summary(results: Results | Comparison) -> pl.DataFrame:
    """The tidy table: levels, and for a comparison paired differences, with their Monte-Carlo error.

    Columns and their meaning: `icsim.outcomes.summary.SCHEMA`; definitions and sources: `icsim.outcomes`.
    """
    from icsim import outcomes

    return outcomes.summary(results)


def save(results: Results | Comparison | Validation, folder: str | os.PathLike[str], charts: bool = True) -> Path:
    """Write tables, page, charts and provenance to `folder`, whole or not at all; earlier results are kept.

    Raises ResultsError where that is impossible.
    """
    from icsim import report

    if isinstance(results, Results | Comparison):
        return report.save(results, summary(results), Path(folder), charts)
    return report.save_validation(results, Path(folder), charts)


def page(results: Results | Comparison | Lives | Validation) -> str:
    """The one page of text that the command line prints about a run, a comparison, one resident's life or a validation."""
    from icsim import report
    from icsim.lives import Lives

    if isinstance(results, Results | Comparison):
        return report.page(results, summary(results))
    if isinstance(results, Lives):
        from icsim.report.life import life_page

        return life_page(results)
    return report.validation_page(results)


def picture(lives: Lives, file: str | os.PathLike[str]) -> Path:
    """Draw one resident's life under two scenarios as a .png or .svg file. Raises ResultsError where that is impossible."""
    path = Path(file)
    check_file(path, PICTURES)
    from icsim.report.life_chart import life_chart

    return _written(path, life_chart(lives, path.suffix[1:]))


def write_people(table: pl.DataFrame, file: str | os.PathLike[str]) -> Path:
    """Write a frame of `people` as a .csv or .parquet file. Raises ResultsError where that is impossible."""
    path = Path(file)
    check_file(path, TABLES)
    from icsim.results import parquet

    return _written(path, table.write_csv().encode() if path.suffix == ".csv" else parquet(table))


def check_file(path: Path, kinds: Sequence[str]) -> None:
    """Refuse, before anything is run, a file of another kind or where a folder stands. Raises ResultsError."""
    if path.suffix not in kinds:
        raise ResultsError("results", [Problem(str(path), f"must end in {' or '.join(kinds)}.")])
    if path.is_dir():
        raise ResultsError("results", [Problem(str(path), "is a folder. Give the file another name.")])


def _written(path: Path, content: bytes) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise ResultsError("results", [Problem(str(path), f"cannot be written: {(error.strerror or str(error)).lower()}.\n"
                                                          "Free some space, or choose another file.")]) from None
    return path


def explain(scenario: Given, **overrides: Any) -> Explanation:
    """What icsim understood of a scenario, and what differs from the baseline. Raises ScenarioError."""
    from icsim import scenario as scenarios

    return scenarios.explain(resolve(scenario, **overrides))


def check(scenario: Given) -> tuple[Problem, ...]:
    """Validate without running: the things worth a look. Raises ScenarioError with every mistake."""
    return resolve(scenario).warnings


def look_up(name: str, area: str = DEFAULT_AREA) -> dict[str, Any]:
    """Everything that catalogue and area say about a service, event, attribute, measure or row, with its sources.

    Raises NotFoundError with the nearest right name.
    """
    from icsim import areas, catalogue
    from icsim.report.entries import entry

    return entry(catalogue.load(), areas.load(area), name)
