"""What is typed about changes, as options or as answers, in the words of a scenario file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from icsim.errors import DraftError, Problem

Repeated = list[str]

FACTORS = {"": 1, "k": 1_000, "thousand": 1_000, "m": 1_000_000, "million": 1_000_000}
POUNDS = re.compile(r"£? ?(\d{1,3}(?:[,_]\d{3}){1,4}|\d{1,15})(\.\d{1,9})? ?(k|thousand|m|million)?(?: a year)?",
                    re.IGNORECASE)
"""Commas and underscores only between thousands: whoever types 1,5m means another number than 15 million."""
RECEIVER = re.compile(r"([\w-]+)(?:(?: | ?= ?)(\d{1,3}(?:\.\d+)?) ?%)?")
SHIFT = re.compile(r"(.+?) from ([\w-]+) to (.+)", re.IGNORECASE)
SHIFTS = ('must be written as AMOUNT from LINE to LINE SHARE%, LINE SHARE%, as in\n'
          '"2000000 from hospital_beds to falls_vehicles 50%, stop_smoking 50%".')
RECEIVERS = 'must be names and shares, as in "falls_vehicles 60%, stop_smoking 40%"; names alone share equally.'


def services_typed(numbers: Repeated | None, hours: Repeated | None) -> dict[str, dict[str, Any]]:
    """Changes by service or pool. Raises DraftError, as the next two, for words of another form."""
    found = {name: servers_typed(value) for name, value in _pairs("--service", "NAME=NUMBER", numbers).items()}
    for name, value in _pairs("--open", "NAME=HOURS", hours).items():
        found.setdefault(name, {})["open"] = value
    return found


def programmes_typed(places: Repeated | None) -> dict[str, dict[str, Any]]:
    """Changes by programme."""
    return {name: {"places": number_typed(value)} for name, value in _pairs("--programme", "NAME=PLACES", places).items()}


def shifts_typed(words: Repeated | None) -> list[dict[str, Any]]:
    """Money that moves, in the order in which it was typed."""
    problems = [problem for word in words or () for problem in _shift_faults(word)]
    if problems:
        raise DraftError("icsim new", problems)
    return [shift_typed(word) for word in words or ()]


def servers_typed(text: str) -> dict[str, Any]:
    """What was typed as a number of servers, or as a factor on it such as 1.1x, in the words of a file."""
    factor = re.fullmatch(r"([\d.]+) *[x×]", text.strip())
    return {"multiply": number_typed(factor[1])} if factor else {"number": number_typed(text)}


def number_typed(text: str) -> int | float | str:
    """The number that was typed; what is none stays text, and the check of the scenario says what is allowed."""
    for kind in (int, float):
        try:
            return kind(text.strip())
        except ValueError:
            continue
    return text


def pounds_typed(text: str) -> int | float | str:
    """Pounds that were typed as in £2,000,000, 12 million or 450k; what is none stays text, as above."""
    found = POUNDS.fullmatch(" ".join(text.split()))
    if not found:
        return text
    amount = Decimal(re.sub("[,_]", "", found[1]) + (found[2] or "")) * FACTORS[(found[3] or "").lower()]
    return int(amount) if amount == int(amount) else float(amount)


def receivers_typed(text: str) -> dict[str, float]:
    """Who receives which share. Raises ValueError with what is allowed."""
    found = [RECEIVER.fullmatch(" ".join(each.split())) for each in re.split(r",|\band\b", text)]
    pairs = [(each[1], each[2]) for each in found if each]
    if len(pairs) < len(found):
        raise ValueError(RECEIVERS)
    shares = {name: float(Decimal(share) / 100) if share else 1 / len(pairs) for name, share in pairs}
    if len(shares) < len(pairs):
        raise ValueError("names a receiver twice; keep one of them.")
    if len({bool(share) for _, share in pairs}) > 1:
        raise ValueError("gives a share to some who receive and none to others; give one to each, or to nobody.")
    return shares


def shift_typed(text: str) -> dict[str, Any]:
    """A shift of money as in "£2 million from hospital_beds to falls_vehicles". Raises ValueError with what is allowed."""
    found = SHIFT.fullmatch(" ".join(text.split()))
    amount = pounds_typed(found[1]) if found else text
    if not found or isinstance(amount, str):
        raise ValueError(SHIFTS)
    return {"from": found[2], "to": receivers_typed(found[3]), "amount_gbp_per_year": amount}


def _shift_faults(word: str) -> Iterator[Problem]:
    try:
        shift_typed(word)
    except ValueError as error:
        yield Problem(f"--shift {word}", str(error))


def _pairs(option: str, form: str, words: Repeated | None) -> dict[str, str]:
    """Name → value of a repeated option. Raises DraftError for words of another form, and where a name comes twice."""
    pairs = [(word, *map(str.strip, word.partition("=")[::2])) for word in words or ()]
    names = [name for _, name, _ in pairs]
    problems = [Problem(f"{option} {word}", f"must be written as {form}.") for word, name, value in pairs
                if not name or not value]
    problems += [Problem(f"{option} {name}", "is given twice; keep one of them.") for name in dict.fromkeys(names)
                 if names.count(name) > 1]
    if problems:
        raise DraftError("icsim new", problems)
    return {name: value for _, name, value in pairs}
