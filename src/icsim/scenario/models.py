"""What a scenario file may say: every field with its meaning, unit and allowed range.

These words serve three readers: the checks, the messages to people (`wording.py`) and the JSON Schema for editors
(`schema.py`). A field that an extended file may supply is optional in the file itself; `INHERITED` names them.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

MOST_SERVERS = 100_000
MOST_CHANGES = 1000
INHERITED = frozenset({("area",), ("run",), ("run", "start"), ("run", "years"), ("run", "replications")})
"""Needed for a run, but a file that extends another may leave them to it."""

Text = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
"""One line without control characters: it is printed as it stands, to terminals too."""
LongText = Annotated[str, Field(min_length=1, max_length=5000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$")]
"""Several lines."""


def _number(unit: str, low: float | date, high: float | date, description: str, **more: Any) -> Any:
    """A field that holds a number or a date from `low` to `high`, in `unit` (empty: none)."""
    return Field(ge=low, le=high, description=description, json_schema_extra={"unit": unit}, **more)


def _words(description: str, **more: Any) -> Any:
    return Field(description=description, **more)


class Part(BaseModel):
    """Common to every table of a scenario: exact types, nothing unknown, nothing changed after reading."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class Run(Part):
    """How long, how often and with which luck the model runs."""

    start: Annotated[date, _number("", date(2023, 1, 1), date(2040, 12, 1), "First day, the first of a month.")]
    years: Annotated[int, _number("years", 1, 30, "Length of the run.")]
    replications: Annotated[int, _number("runs with other luck", 1, 1000, "How often the run is repeated.")]
    seed: Annotated[int, _number("", 0, 2**63 - 1, "Which luck: the same seed gives the same results.")] = 1
    engine: Annotated[Literal["compiled", "reference"], _words(
        "Service engine: the fast one, or the readable one.")] = "compiled"
    heartbeat: Annotated[Literal["month", "week"], _words("How often residents and services meet.")] = "month"
    services: Annotated[bool, _words("false: residents alone, without any service.")] = True
    warm_up_months: Annotated[int, _number("months", 0, 6, "How long services fill up before the start.")] = 3
    growth: Annotated[bool, _words("false: capacity stays as it is, instead of following its declared path.")] = True
    staff: Annotated[bool, _words(
        "false: whatever is paid for can be staffed, instead of waiting for those who can be found.")] = True
    staff_first: Annotated[list[Text], _words(
        "Services and programmes that are staffed before all others, in this order.", max_length=100)] = []
    threads: Annotated[int | None, _number("threads", 1, 1024, "Most threads used; changes no result.")] = None


class Service(Part):
    """Changes to one service, all its pools together."""

    number: Annotated[int | None, _number(
        "servers", 0, MOST_SERVERS, "Number of servers, where the service has one limited pool.")] = None
    multiply: Annotated[float | None, _number(
        "times the number before", 0, 1000, "Factor on the number of servers of each of its pools, rounded.")] = None
    open: Annotated[Text | None, _words("Opening hours, as in \"daily 07:00-22:00\".")] = None
    queue_limit: Annotated[int | None, _number(
        "people waiting in each pool", 0, 100_000, "Most who may wait before the service counts as full.")] = None
    shift_end: Annotated[Literal["finish", "wait", "pre-empt"] | None, _words(
        "What happens to work in hand when capacity falls.")] = None
    reason: Annotated[LongText | None, _words("Why, for the people who read the results.")] = None


class Pool(Part):
    """Changes to one pool of servers."""

    number: Annotated[int | None, _number("servers", 0, MOST_SERVERS, "Number of servers.")] = None
    open: Annotated[Text | None, _words("Opening hours, as in \"daily 07:00-22:00\".")] = None
    reason: Annotated[LongText | None, _words("Why, for the people who read the results.")] = None


class Programme(Part):
    """What is offered of one programme."""

    places: Annotated[float | None, _number(
        "people a month", 0, 1_000_000, "How many people can begin in a month.")] = None
    multiply: Annotated[float | None, _number("times the places before", 0, 1000, "Factor on the places before.")] = None
    waiting_list: Annotated[int | None, _number("people", 0, 1_000_000, "Most who may wait for a place.")] = None
    first: Annotated[date | None, _number("", date(2020, 1, 1), date(2070, 12, 31), "From when on people begin.")] = None
    last: Annotated[date | None, _number("", date(2020, 1, 1), date(2070, 12, 31), "Up to when people begin.")] = None
    coverage: Annotated[float | None, _number(
        "share", 0, 1, "Of a measure: the share of those it is for whom it reaches.")] = None
    where: Annotated[list[Text] | None, _words(
        "Places in which it is offered, those first that come first by place; all, if not said.", max_length=100)] = None
    priority: Annotated[Literal["random", "most deprived first", "by score", "by place"] | None, _words(
        "Who comes first of those who may take part and want to.")] = None
    score: Annotated[Text | None, _words("By score: which score of the catalogue.")] = None
    reason: Annotated[LongText | None, _words("Why, for the people who read the results.")] = None


class Shift(Part):
    """Money that moves from one budget line to others, from some month on for good."""

    from_: Annotated[Text | None, Field(alias="from", description=(
        "The budget line that the money leaves: a service, a programme or a fund."))] = None
    pooled: Annotated[dict[str, float] | None, _words(
        "Instead of from: lines that give together, from a pooled budget, and the share of each; they add up to 1.")] = None
    to: Annotated[dict[str, float], _words(
        "Who receives which share of it: lines, or single pools of servers, whose shares add up to 1.")]
    amount_gbp_per_year: Annotated[float, _number("pounds a year", 1, 1e10, "How much moves once all of it does.")]
    start: Annotated[date, _number("", date(2020, 1, 1), date(2070, 12, 31), "The month in which it begins.")]
    ramp: Annotated[Text, _words(
        "How it grows: \"step\", \"linear 3 years\", \"front-loaded 3 years\" or \"back-loaded 18 months\".")] = "step"
    close_when: Annotated[Text | None, _words(
        "Servers close only once they are no longer needed, as in \"occupancy < 0.90 for 3 months\".")] = None
    backfill: Annotated[bool, _words(
        "false: servers that are to close are not given to planned care meanwhile.")] = True
    double_running: Annotated[Text | None, _words(
        "For how long receivers are paid what is not yet free, as in \"12 months\".")] = None
    double_running_from: Annotated[Text | None, _words("The fund that pays for it.")] = None
    reason: Annotated[LongText, _words("Why, for the people who read the results.")]


class Change(Part):
    """Another value for one number of the catalogue or the area."""

    row: Annotated[Text, _words("Which number: its row, as `icsim catalogue` prints it.")]
    value: Annotated[float | None, _words("The new value, in the unit of the row.")] = None
    multiply: Annotated[float | None, _number("times the value before", 0, 1e6, "Factor on the value before.")] = None
    reason: Annotated[LongText, _words("Why, for the people who read the results.")]


class Hashes(Part):
    """Written by icsim into a complete scenario: which tables it was made with."""

    catalogue: Annotated[Text, _words("Content hash of the catalogue with its changes.")]
    area: Annotated[Text, _words("Content hash of the area with its changes.")]
    scenario: Annotated[Text, _words("Content hash of the whole.")]


class ScenarioFile(Part):
    """One scenario file."""

    schema_: Annotated[Literal[1], Field(alias="schema", description="Version of this format.")]
    title: Annotated[Text, _words("One line that names the scenario in every table and chart.")]
    description: Annotated[LongText | None, _words("What the scenario is about.")] = None
    extends: Annotated[Text | None, _words("The scenario this one starts from: a file beside it, or AREA/NAME.")] = None
    area: Annotated[Text, _words("Which integrated care system, as in \"hertfordshire-west-essex\".")]
    reason: Annotated[LongText | None, _words("Why this scenario is looked at.")] = None
    run: Annotated[Run, _words("How long, how often and with which luck the model runs.")]
    services: Annotated[dict[str, Service], _words("Changes by service.")] = {}
    pools: Annotated[dict[str, Pool], _words("Changes by pool of servers.")] = {}
    programmes: Annotated[dict[str, Programme], _words("Places by programme.")] = {}
    shift: Annotated[list[Shift], _words("Money that moves between budget lines.", max_length=MOST_CHANGES)] = []
    changes: Annotated[list[Change], _words("Changes to single numbers.", max_length=MOST_CHANGES)] = []
    hashes: Annotated[Hashes | None, _words("Only in complete scenarios, written by icsim.")] = None
