"""The command line: `icsim run`, `compare`, `life`, `residents`, `explain`, `check`, `catalogue`, `new`,
`validate`, `calibrate`.

Exit codes: 0 done; 2 something the user can put right (told without a traceback); 1 a fault of icsim; 130 interrupted.
Nothing heavy is imported until a command needs it, so that help appears at once.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from icsim.cli.drafting import new
from icsim.cli.fitting import calibrate
from icsim.cli.looking import catalogue, check, explain
from icsim.cli.people import life, residents
from icsim.cli.runs import compare, run, validate
from icsim.cli.telling import INTERRUPTED

app = typer.Typer(
    name="icsim", no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)


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


for command in (run, compare, life, residents, explain, check, catalogue, new, validate, calibrate):
    app.command()(command)
