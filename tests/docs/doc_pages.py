"""The blocks of a documentation page, and what a reader would do with each of them.

- `console`: lines that begin with "$ icsim" are typed; what stands below is what is printed, "…" for anything. The
  comment `# exit code 2` after a command says that it fails.
- `toml`, `csv`: saved as the file whose name stands in backticks at the end of the line before ("… `name.toml`:").
- `python`: run, one namespace a page.
- anything else is only to be read.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from icsim import cli

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"`([\w./-]+\.\w+)`:\s*$")
EXIT_CODE = re.compile(r"#\s*exit code (\d)")


@dataclass(frozen=True)
class Block:
    """A fenced block: its kind, its text, and the file that the line before names (empty: none)."""

    kind: str
    text: str
    file: str


def blocks(text: str) -> Iterator[Block]:
    """Every fenced block of a page, in order."""
    for found in FENCE.finditer(text):
        named = NAMED.search(text[: found.start()])
        yield Block(found[1], found[2], named[1] if named else "")


def perform(page: str) -> int:
    """Do what the page says, in the current folder; returns how many blocks were saved or run."""
    done, names = 0, {"__name__": "page"}
    for block in blocks(page):
        if block.kind == "console":
            _type_all(block.text)
        elif block.kind in ("toml", "csv"):
            _save(block)
        elif block.kind == "python":
            exec(compile(block.text, "python block", "exec"), names)
        else:
            continue
        done += 1
    return done


def _save(block: Block) -> None:
    assert block.file, f"no line before names the file for:\n{block.text}"
    Path(block.file).parent.mkdir(parents=True, exist_ok=True)
    Path(block.file).write_text(block.text, encoding="utf-8")


def _type_all(text: str) -> None:
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        typed, _, expected = part.partition("\n")
        printed, code = typed_in(typed)
        wanted = EXIT_CODE.search(typed)
        assert code == (int(wanted[1]) if wanted else 0), f"{typed}: exit code {code}\n{printed}"
        assert agrees(printed, expected), f"{typed} printed\n{printed}\nwhere the page has\n{expected}"


def typed_in(command: str) -> tuple[str, int]:
    """What a command prints, and its exit code."""
    words = shlex.split(command, comments=True)
    assert words[0] == "icsim", f"only icsim is typed, not {command}"
    result = CliRunner().invoke(cli.app, words[1:])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout + (result.stderr if result.exit_code else ""), result.exit_code


def agrees(printed: str, expected: str) -> bool:
    """Whether what was printed begins as expected; "…" stands for anything, within a line or instead of lines."""
    pattern = ".*".join(map(re.escape, expected.strip("\n").split("…")))
    return re.match(pattern, printed, re.DOTALL) is not None
