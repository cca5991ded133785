"""Follow one resident through one scenario, or through two with the same luck."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from icsim.errors import NotFoundError, Problem
from icsim.experiment import Progress, cores, seed_of, world_of
from icsim.lives.followed import Followed
from icsim.lives.pair import Lives
from icsim.lives.timeline import Life, life
from icsim.scenario import Resolved
from icsim.simulation import replicate
from icsim.tables import CONTACT

KEY_DIGITS = 16


class _Follower:
    """Looks on at one resident: the residents who know the way, and the contacts that are the resident's own."""

    def __init__(self, key: int):
        self.key = key
        self.found: Followed | None = None
        self.contacts: list[np.ndarray] = [np.zeros(0, CONTACT)]

    def residents(self, *given: Any) -> Followed:
        self.found = Followed(self.key, *given)
        return self.found

    def served(self, contacts: np.ndarray) -> None:
        if self.found is not None and self.found.row is not None:
            self.contacts.append(np.array(contacts[contacts["resident"] == self.found.row], CONTACT))


def follow(resolved: Resolved, key: int, replication: int = 0, progress: Progress | None = None) -> Life | None:
    """One resident's life in one replication of a scenario; None where nobody has this key."""
    world, watch = world_of(resolved), _Follower(key)
    tell = (lambda done, of: progress(done, of, f"living {resolved.name}")) if progress else None
    replicate(world, seed_of(resolved.run.seed, replication), tell, workers=cores([resolved]), watch=watch)
    assert watch.found is not None
    return life(resolved.name, resolved.title, world, watch.found, np.concatenate(watch.contacts))


def follow_all(scenarios: Sequence[Resolved], key: int, replication: int = 0, progress: Progress | None = None) -> Lives:
    """One resident's life in a baseline and an alternative, with the same luck.

    Raises NotFoundError where neither knows the key.
    """
    base, other = (follow(each, key, replication, progress) for each in scenarios)
    if base is None and other is None:
        raise unknown(f"{key:016x}", scenarios[0])
    return Lives(f"{key:016x}", base, other, tuple(each.name for each in scenarios), tuple(each.title for each in scenarios),
                 scenarios[0].area.label, scenarios[0].run.seed, replication)


def unknown(key: str, resolved: Resolved) -> NotFoundError:
    """That nobody has this key, and where keys are found."""
    area = f"{resolved.area.name}/{resolved.name}"
    return NotFoundError("residents", [Problem(key, f"is the key of nobody in {resolved.area.label}.\n"
                                               f"`icsim residents {area}` lists residents with their keys, and\n"
                                               "`icsim life --find BASE ALTERNATIVE` those whose lives differ.")])


def key_of(text: str) -> int:
    """A key as it is written: 16 hexadecimal digits, 0x and such digits, or a decimal number.

    Raises NotFoundError where it is none of these or needs more than 64 bits.
    """
    word = text.strip().lower().replace("_", "")
    try:
        found = int(word, 16) if len(word) == KEY_DIGITS or not word.isdecimal() else int(word)
    except ValueError:
        found = -1
    if not 0 <= found < 2**64:
        raise NotFoundError("residents", [Problem(text, "is not the key of a resident: 16 hexadecimal digits, as\n"
                                                  "`icsim residents SCENARIO` prints them, or a decimal number.")])
    return found
