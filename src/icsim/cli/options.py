"""What can be typed after a command: each option once, with its words."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer


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
Attribute = Annotated[bool, typer.Option("--attribute", help="Say which part of a scenario does what: every set of up to "
                                         "five groups of its changes is run as well.")]
Groups = Annotated[list[str] | None, typer.Option("--group", metavar="NAME=PART,…", show_default=False, help="Parts to be "
                                                  "one group, as in prevention=stop_smoking,weight_programme.")]
Assumptions = Annotated[bool, typer.Option("--assumptions/--no-assumptions", help="Say how much of each change rests on "
                                           "assumption, which takes one or two scenarios more where part of it does.")]
NoCharts = Annotated[bool, typer.Option("--no-charts", help="Write tables and page only.")]


def settings(replications: int | None, seed: int | None, years: int | None, engine: Engine | None,
              threads: int | None) -> dict[str, Any]:
    """Run settings that were typed, as `api.resolve` takes them."""
    return {"replications": replications, "seed": seed, "years": years, "engine": engine and engine.value,
            "threads": threads}
