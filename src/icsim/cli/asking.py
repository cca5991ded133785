"""Asking at a terminal: a question with its default, asked again while something is wrong with the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import typer

from icsim.errors import DraftError, Problem
from icsim.scenario.wording import folded, near, shorten

Faults = Callable[[str], list[Problem]]


def choose(question: str, rows: Sequence[tuple[str, str]], default: int = 0) -> str:
    """One of the names, chosen by its number in the list or by itself."""
    names = [name for name, _ in rows]
    numbers = {str(count): name for count, name in enumerate(names, 1)}
    width = max(map(len, names))
    say(f"\n{question}")
    for count, (name, words) in enumerate(rows, 1):
        begin = f"  {count:2}  {name:{width}}  "
        say(begin + folded(words, " " * len(begin))[len(begin):])

    def faults(text: str) -> list[Problem]:
        message = f"is neither in the list nor a number from 1 to {len(rows)}.{near(text, names)}"
        return [] if text in numbers or text in names else [Problem(shorten(text), message)]

    answer = ask("Number or name", str(default + 1), faults)
    return numbers.get(answer, answer)


def ask(question: str, default: str, faults: Faults, shown: str = "") -> str:
    """The answer, or the default for an empty one; asked again while something is wrong with it."""
    while True:
        try:
            answer = typer.prompt(f"{question} [{shown or default}]", default="", show_default=False, err=True).strip()
        except typer.Abort:  # Ctrl-C, or the end of what is typed
            raise KeyboardInterrupt from None
        answer = answer or default
        wrong = faults(answer)
        if not wrong:
            return answer
        say("\n".join(map(str, wrong)))


def say(text: str) -> None:
    """Words for a person; they stay out of what is printed for programs."""
    typer.echo(text, err=True)


def faults_in(make: Callable[[], object]) -> list[Problem]:
    """What is wrong with what `make` would make."""
    try:
        make()
    except DraftError as error:
        return error.problems
    return []
