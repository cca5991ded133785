"""Results as people meet them: the page, the charts, the tables in a folder, the object that `--json` prints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from icsim.attribution import tidy
from icsim.report.assumptions import assumptions_csv
from icsim.report.page import page
from icsim.report.validation import Validated, validation_object, validation_page
from icsim.results import Comparison, Results, logs_of, parquet, scenarios_of, write

if TYPE_CHECKING:
    import polars as pl

__all__ = ["page", "save", "save_validation"]


def save(value: Results | Comparison, summary: pl.DataFrame, folder: Path, with_charts: bool = True) -> Path:
    """Write a result to `folder`: page, summary, assumptions, charts, and what `results.write` writes.

    `summary` is the frame of `outcomes.summary(value)`. Raises ResultsError; earlier results are then untouched.
    """
    files = {"page.txt": page(value, summary, folder).encode(), "summary.csv": summary.write_csv().encode(),
             "summary.parquet": parquet(summary), "assumptions.csv": assumptions_csv(value).encode(), **_event_logs(value),
             **(_attributions(value) if isinstance(value, Comparison) else {})}
    if with_charts:
        from icsim.report.charts import charts  # here, because matplotlib takes half a second to load

        files |= {f"charts/{name}": content for name, content in charts(value, summary).items()}
    return write(value, folder, files)


def save_validation(value: Validated, folder: Path, with_charts: bool = True) -> Path:
    """Write a validation to `folder`: page, table, object, chart, and the run. Raises ResultsError."""
    told = json.dumps(validation_object(value, folder), indent=2, ensure_ascii=False, allow_nan=False, default=str)
    files = {"page.txt": validation_page(value, folder, everything=True).encode(),
             "validation.csv": value.table.write_csv().encode(), "validation.parquet": parquet(value.table),
             "followed.csv": value.followed.write_csv().encode(), "validation.json": told.encode()}
    stood = {"drift": value.drift, "clusters": value.clusters}
    files |= {f"{name}.csv": frame.write_csv().encode() for name, frame in stood.items() if frame is not None}
    if with_charts:
        from icsim.report.validation_chart import validation_charts  # here, because matplotlib takes long to load

        files |= {f"charts/{name}": content for name, content in validation_charts(value).items()}
    return write(value.results, folder, files)


def _attributions(value: Comparison) -> dict[str, bytes]:
    """Which part does what, as people read it and in whole numbers; and what rests on assumption. What was not found out has
    no file."""
    import polars as pl

    files: dict[str, bytes] = {}
    if value.attributions:
        table = pl.concat([tidy(each) for each in value.attributions])
        files |= {"attribution.csv": table.write_csv().encode(), "attribution.parquet": parquet(table),
                  "attribution_tallies.parquet": parquet(pl.concat([each.tallies for each in value.attributions]))}
    known = [each.shares.select(pl.lit(each.scenario).alias("scenario"), pl.all()) for each in value.on_assumption
             if each.shares is not None]
    return files | ({"on_assumption.csv": pl.concat(known).write_csv().encode()} if known else {})


def _event_logs(value: Results | Comparison) -> dict[str, bytes]:
    """The event log for animations and for process mining, where one was kept."""
    logs = {logs_of(value, each): each.events for each in scenarios_of(value) if each.events is not None}
    if not logs:
        return {}
    from icsim.eventlog import mining  # here, because it loads the engine

    tables = {f"{folder}events{kind}.csv": made(log) for folder, log in logs.items()
              for kind, made in (("", lambda log: log), ("_mining", mining))}
    return {name: table.write_csv().encode() for name, table in tables.items()}
