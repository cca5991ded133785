"""How much memory this process may still take, and how much it holds, as far as the system says.

Linux says both in /proc; a container or a job of a cluster may be allowed less than the machine has (its control group).
Other systems do not say it without a library: then the answer is None, and nobody should guess.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_PROC, _GROUPS = Path("/proc"), Path("/sys/fs/cgroup")
_LIMITS = (("memory.max", "memory.current", "inactive_file"),
           ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"))
"""Files of a control group, second and first version: limit, use, and the entry of memory.stat that can be given up."""


def available_bytes(proc: Path = _PROC, groups: Path = _GROUPS) -> int | None:
    """Bytes that can be taken before the machine, or this process's control group, has no more. None: not known."""
    free = _machine(proc)
    if free is None:
        return None
    return max(min([free, *_left_in_groups(proc, groups)]), 0)


def held_bytes(proc: Path = _PROC) -> int:
    """Bytes that this process holds in memory now; 0 where the system does not say."""
    try:
        return int((proc / "self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        return 0


def _machine(proc: Path) -> int | None:
    """MemAvailable: what is free, and what the system would give up without swapping."""
    return _entry(proc / "meminfo", "MemAvailable:", 1024)


def _left_in_groups(proc: Path, groups: Path) -> Iterator[int]:
    """What is left in each control group that this process is in and that has a limit."""
    for folder in _folders(proc, groups):
        for limit, use, idle in _LIMITS:
            most, now = _number(folder / limit), _number(folder / use)
            if most is not None and now is not None:
                yield most - now + (_entry(folder / "memory.stat", idle) or 0)


def _folders(proc: Path, groups: Path) -> Iterator[Path]:
    """Folders of this process's group and of those around it; seen from inside a container its own is the first."""
    for line in _text(proc / "self/cgroup").splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controllers in ("", "memory"):
            home = groups / controllers
            own = home / path.strip("/")
            yield from (each for each in (own, *own.parents) if each == home or home in each.parents)


def _entry(file: Path, name: str, unit: int = 1) -> int | None:
    """The number in the line of `file` that begins with `name`."""
    for line in _text(file).splitlines():
        words = line.split()
        if len(words) > 1 and words[0] == name and words[1].isdigit():
            return int(words[1]) * unit
    return None


def _number(file: Path) -> int | None:
    """The number that is all of `file`; None where there is no such file, or no limit ("max")."""
    text = _text(file).strip()
    return int(text) if text.isdigit() else None


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError):
        return ""
