"""`icsim calibrate`: fit a baseline to published figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from icsim.cli.options import Json, Seed, Threads
from icsim.cli.telling import print_json, progress, told


@told
def calibrate(area: Annotated[str, typer.Argument(help="Whose baseline, such as wiltshire.")] = "hertfordshire-west-essex",
              england: Annotated[bool, typer.Option("--england", help="Fit also what holds everywhere in England.")] = False,
              json_: Json = False,
              out: Annotated[Path | None, typer.Option(help="Folder in which what was fitted is written. "
                                                       "[default: calibration/fitted of a checkout]")] = None,
              only: Annotated[str, typer.Option(help="Fit parameters of these names alone, such as "
                                                "'odds.*|multiplier.fall'.")] = "",
              passes: Annotated[int, typer.Option(min=0, help="Passes that keep shares steady, before and after.")] = 6,
              steps: Annotated[int, typer.Option(min=1, help="Most steps of the fit.")] = 2,
              replications: Annotated[int, typer.Option(min=1, help="Repeat each run so often.")] = 1,
              seed: Seed = None, threads: Threads = None) -> None:
    """Fit the baseline of an area to published figures.

    Fits the numbers that calibration/parameters.csv names to the figures they
    answer to, never to those kept for checking, and writes what it found where
    every later run reads it. No scenario fits anything. Takes many runs: about
    ten minutes for an area, an hour with --england.

    \b
    Examples:
      icsim calibrate wiltshire
      icsim calibrate hertfordshire-west-essex --england
    """
    from icsim import api

    with progress() as tell:
        found, folder = api.calibrate(area, england, tell, out, seed=seed, threads=threads, passes=passes, steps=steps,
                                      only=only, replications=replications)
    from icsim.report.calibration import calibration_object, calibration_page

    if json_:
        print_json({"command": "calibrate", "results": [calibration_object(found, folder)]})
    else:
        typer.echo(calibration_page(found, folder), nl=False)
