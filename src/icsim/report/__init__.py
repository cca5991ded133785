"""Results as people meet them: the page, the charts, the tables in a folder, the object that `--json` prints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from icsim.report.assumptions import assumptions_csv
from icsim.report.page import page
from icsim.results import Comparison, Results, parquet, write

if TYPE_CHECKING:
    import polars as pl

__all__ = ["page", "save"]


def save(value: Results | Comparison, summary: pl.DataFrame, folder: Path, with_charts: bool = True) -> Path:
    """Write a result to `folder`: page, summary, assumptions, charts, and what `results.write` writes.

    `summary` is the frame of `outcomes.summary(value)`. Raises ResultsError; earlier results are then untouched.
    """
    files = {"page.txt": page(value, summary, folder).encode(), "summary.csv": summary.write_csv().encode(),
             "summary.parquet": parquet(summary), "assumptions.csv": assumptions_csv(value).encode(), **_event_logs(value)}
    if with_charts:
        from icsim.report.charts import charts  # here, because matplotlib takes half a second to load

        files |= {f"charts/{name}": content for name, content in charts(value, summary).items()}
    return write(value, folder, files)


def _event_logs(value: Results | Comparison) -> dict[str, bytes]:
    """The event log for animations and for process mining, where one was kept."""
    if not isinstance(value, Results) or value.events is None:
        return {}
    from icsim.eventlog import mining  # here, because it loads the engine

    return {"events.csv": value.events.write_csv().encode(), "events_mining.csv": mining(value.events).write_csv().encode()}
