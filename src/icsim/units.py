"""The units that tables and scenario files may use, and the one place where they are turned into the engine's own.

Inside the engine: milliseconds for services, days for residents, rates per person-year, shares from 0 to 1.
"""

from __future__ import annotations

from icsim.calendar import DAYS_PER_YEAR, MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE

MILLISECONDS = {"minutes": MS_PER_MINUTE, "hours": MS_PER_HOUR, "days": MS_PER_DAY}
"""Units of duration → milliseconds."""

PER_YEAR = {"per person-year": 1.0, "per 1,000 person-years": 1e-3, "per 100,000 person-years": 1e-5}
"""Units of rate → per person-year."""

SHARES = {"share": 1.0, "%": 0.01}
"""Units of proportion → share from 0 to 1."""

DAYS = {"days": 1.0, "years": DAYS_PER_YEAR}
"""Units of a resident's time → days."""

PLAIN = {"ratio": 1.0, "odds ratio": 1.0, "utility": 1.0, "relative": 1.0, "people": 1.0, "people a year": 1.0,
         "cases a day": 1.0, "rank": 1.0, "servers": 1.0, "exponent": 1.0, "contacts a year": 1.0,
         "people a month": 1.0, "GBP": 1.0, "GBP a day": 1.0, "GBP a week": 1.0, "GBP an hour": 1.0,
         "GBP a year": 1.0, "log odds": 1.0, "WTE": 1.0, "WTE a year": 1.0}
"""Units that stand as they are."""

FACTORS: dict[str, float] = {**MILLISECONDS, **PER_YEAR, **SHARES, **PLAIN, "years": DAYS_PER_YEAR}
"""Every unit that a table may name."""
