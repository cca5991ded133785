"""Where data lie that are no part of the package: in `calibration/` of a checkout, or beside Python's other data."""

from __future__ import annotations

import sysconfig
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2] / "calibration"


def beside(name: str) -> Path:
    """The folder calibration/`name` of the checkout, or share/icsim/`name` where icsim was installed from a wheel."""
    return CHECKOUT / name if (CHECKOUT / name).is_dir() else Path(sysconfig.get_path("data")) / "share" / "icsim" / name
