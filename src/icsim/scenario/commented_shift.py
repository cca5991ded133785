"""[[shift]] in a drafted scenario file: what the lines hold and buy, and what else could be said of the shift.

Nothing here refuses anything: of a line that is not there no comment tells, and the check of the file does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from icsim.areas import budget
from icsim.areas.budget import FUND, SERVICE, Line
from icsim.scenario.commented_lines import Lines, comment, meaning, table
from icsim.scenario.complete import toml_value
from icsim.scenario.explain import said
from icsim.scenario.models import Shift
from icsim.scenario.money import holds, pounds
from icsim.scenario.read import Scenario
from icsim.scenario.shifts import in_months
from icsim.scenario.wording import shorten

FIELDS = [field.alias or name for name, field in Shift.model_fields.items()]
"""What a shift can say, in the order in which people read it."""
OF_SERVICES = {"close_when": "occupancy < 0.90 for 3 months", "backfill": False}
"""Further fields where servers close, each with a value that is often meant."""
DOUBLE_RUNNING = "12 months"


def lines_of(baseline: Scenario) -> dict[str, Line]:
    """Every budget line of a scenario by its name, as the check of a shift has them."""
    return budget.lines(baseline.catalogue, baseline.area, own=baseline.ground.area)


def shift_block(values: Mapping[str, Any], baseline: Scenario) -> Lines:
    """One shift: who gives, who receives, the table, and fields that could be added."""
    lines = lines_of(baseline)
    giver = _known(values.get("from"), lines)
    yield from _giver(giver) if giver else ()
    for name in _receivers(values):
        line = budget.line_of(name, lines)
        yield from _receiver(name, line, baseline) if line else ()
    ordered = {**{key: values[key] for key in FIELDS if key in values}, **values}
    yield from table("[[shift]]", Shift, ordered, {"amount_gbp_per_year": f"pounds a year: {_amount(values)}"})
    further = {key: value for key, value in _further(values, giver, lines).items() if key not in values}
    yield from _offered(further) if further else ()


def shift_in_short(values: Mapping[str, Any], baseline: Scenario) -> str:
    """A shift in a title: "£2 million a year from Hospital beds to Falls vehicles, Stop smoking service"."""
    lines = lines_of(baseline)
    giver, *to = (_label(name, lines, baseline) for name in (values.get("from"), *_receivers(values)))
    return f"{_amount(values)} a year from {giver} to {', '.join(to)}"


# --- who gives, who receives ------------------------------------------------------------------------------------------


def _giver(line: Line) -> Lines:
    notice = f" Each step closes after {in_months(line.notice_months)} of notice." if line.notice_months else ""
    return comment(f"From {line.label}, a {line.kind}: in the baseline {holds(line)}.{notice}")


def _receiver(name: str, line: Line, baseline: Scenario) -> Lines:
    """What money buys there: a server is paid for by the year, a place by the person who begins."""
    a_year = " a year" if line.kind == SERVICE else ""
    buys = ("a fund; what it pays for is not in the model" if line.kind == FUND
            else f"one {line.unit} costs {_to_the_penny(line.unit_pence)}{a_year}")
    return comment(f"To {_label(name, {line.name: line}, baseline)}: {buys}.")


def _to_the_penny(pence: int) -> str:
    """A price; some places cost less than a pound."""
    return f"£{pence / 100:,.2f}".removesuffix(".00")


def _known(name: object, lines: Mapping[str, Line]) -> Line | None:
    return lines.get(name) if isinstance(name, str) else None


def _receivers(values: Mapping[str, Any]) -> list[str]:
    """Names of those who receive; none where something else stands there."""
    to = values.get("to")
    return list(map(str, to)) if isinstance(to, Mapping) else []


def _label(name: object, lines: Mapping[str, Line], baseline: Scenario) -> str:
    """What a line or a pool is called; a name that is neither stays as it is."""
    line, pool = _known(name, lines), baseline.ground.pools.get(str(name))
    if line or not pool:
        return line.label if line else shorten(str(name))
    return pool.label.removesuffix(f": {baseline.ground.services[pool.service].server}s")


def _amount(values: Mapping[str, Any]) -> str:
    """How much moves, without the noughts of whole millions."""
    amount = values.get("amount_gbp_per_year")
    return re.sub(r"\.?0+ million", " million", pounds(100 * amount)) if isinstance(amount, int | float) else said(amount)


# --- what else could be said ------------------------------------------------------------------------------------------


def _further(values: Mapping[str, Any], giver: Line | None, lines: Mapping[str, Line]) -> dict[str, Any]:
    """Fields that this shift could have besides, with a value."""
    found = dict(OF_SERVICES) if giver and giver.kind == SERVICE else {}
    fund = _fund(values, lines)
    return found | ({"double_running": DOUBLE_RUNNING, "double_running_from": fund.name} if fund else {})


def _fund(values: Mapping[str, Any], lines: Mapping[str, Line]) -> Line | None:
    """The smallest fund that could pay all of it and takes no part; None where there is none."""
    amount, named = values.get("amount_gbp_per_year"), [values.get("from"), *_receivers(values)]
    enough = [line for line in lines.values() if line.kind == FUND and line.name not in named
              and isinstance(amount, int | float) and line.pence >= 100 * amount]
    return min(enough, key=lambda line: line.pence, default=None)


def _offered(fields: Mapping[str, Any]) -> Iterator[str]:
    """Fields as comments, each below what it does; the example of a meaning is the value itself."""
    yield "# More that can be said of it; take away the # in front of a line to use it:"
    for key, value in fields.items():
        yield from comment(meaning(Shift, key).partition(", as in ")[0].rstrip(".") + ".", "  ", "  ")
        yield f"# {key} = {toml_value(value)}"
