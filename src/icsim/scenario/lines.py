"""On which line of a TOML text each key stands, and how deep the text is nested.

The standard library's parser gives values without lines, and breaks (or takes for ever) on text nested too deep. This
scanner reads only as much of TOML as both questions need, in one pass, whatever the text.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import NamedTuple

DEEPEST = 16
"""Most levels of brackets or of dots in a key; a scenario needs four."""

Path = tuple[str | int, ...]
"""A key as in ("changes", 0, "value"); elements of lists count from 0."""

_TOKEN = re.compile(
    r'(?P<text>"""(?:[^"\\]|\\[\s\S]|"{1,2}(?!"))*+"{0,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*+'{0,5}"
    r'|"(?:[^"\\\n]|\\.)*+"?'
    r"|'[^'\n]*+'?)"
    r"|(?P<comment>#[^\n]*+)|(?P<line>\n)|(?P<mark>[\[\]{}=,.])|(?P<space>[ \t\r]++)"
    r"|(?P<word>[^\s\[\]{}=,.\"'#]++|[\s\S])"
)


class Token(NamedTuple):
    kind: str
    """text, mark, word or line"""
    text: str
    line: int


def tokens(text: str) -> Iterator[Token]:
    """What stands in the text, without comments and spaces."""
    line = 1
    for match in _TOKEN.finditer(text):
        kind, found = str(match.lastgroup), match.group()
        if kind not in ("comment", "space"):
            yield Token(kind, found, line)
        line += found.count("\n")


def too_deep(text: str) -> int:
    """The line on which brackets, or dots in one key, pass DEEPEST levels; 0 if none does."""
    depth = dots = 0
    for token in tokens(text):
        if token.kind == "mark":
            depth += (token.text in "[{") - (token.text in "]}")
            dots = dots + 1 if token.text == "." else 0
        elif token.kind == "line":
            dots = 0
        if depth > DEEPEST or dots > DEEPEST:
            return token.line
    return 0


def key_lines(text: str) -> dict[Path, int]:
    """The line of every key of a text that is valid TOML. A table has the line of its header or of its first key."""
    return _Scanner(list(tokens(text))).scan()


class _Scanner:
    """Walks once over the tokens; `at` is the next one."""

    def __init__(self, found: list[Token]):
        self.tokens = [*found, Token("line", "\n", 0)]
        self.at = 0
        self.lines: dict[Path, int] = {}
        self.lists: dict[Path, int] = {}
        """How many elements each array of tables has so far."""

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        while self.at < len(self.tokens):
            if self.tokens[self.at].kind == "line":
                self.at += 1
            elif self._is("["):
                table = self._header()
            else:
                self._pair(table)
        return self.lines

    def _header(self) -> Path:
        """[a.b] or [[a.b]]: the table that the following keys belong to."""
        line = self.tokens[self.at].line
        is_list = self.tokens[self.at + 1].text == "["
        self.at += 2 if is_list else 1
        names = self._names()
        self.at += 2 if is_list else 1
        path = self._inside(names[:-1]) + names[-1:]
        if is_list:
            self._mark(path, line)
            self.lists[path] = self.lists.get(path, 0) + 1
            path = (*path, self.lists[path] - 1)
        self._mark(path, line)
        return path

    def _inside(self, names: Path) -> Path:
        """`names` seen from the top, where the name of an array of tables means its last element so far."""
        path: Path = ()
        for name in names:
            path = (*path, name)
            if path in self.lists:
                path = (*path, self.lists[path] - 1)
        return path

    def _pair(self, table: Path) -> None:
        """key = value"""
        line = self.tokens[self.at].line
        path = table + self._names()
        self.at += 1
        self._mark(path, line)
        self._value(path)

    def _value(self, path: Path) -> None:
        if self._is("{"):
            self._group(path, "}")
        elif self._is("["):
            self._group(path, "]")
        else:
            self._plain()

    def _group(self, path: Path, end: str) -> None:
        """An inline table or a list, from its opening to its closing bracket."""
        self.at += 1
        count = 0
        while self._more() and not self._is(end):
            if self.tokens[self.at].kind == "line" or self._is(","):
                self.at += 1
            elif end == "}":
                self._pair(path)
            else:
                self._mark((*path, count), self.tokens[self.at].line)
                self._value((*path, count))
                count += 1
        self.at += 1

    def _plain(self) -> None:
        """A text, number, date or truth value: up to a comma, a closing bracket or the end of the line."""
        while self._more() and self.tokens[self.at].kind != "line" and self.tokens[self.at].text not in ("]", "}", ","):
            self.at += 1

    def _names(self) -> Path:
        """The parts of a dotted key, up to "=" or "]"."""
        names: list[str] = []
        while self._more() and self.tokens[self.at].text not in ("=", "]"):
            token = self.tokens[self.at]
            if token.kind in ("text", "word"):
                names.append(_unquoted(token))
            self.at += 1
        return tuple(names)

    def _more(self) -> bool:
        return self.at < len(self.tokens)

    def _is(self, mark: str) -> bool:
        token = self.tokens[self.at]
        return token.kind == "mark" and token.text == mark

    def _mark(self, path: Path, line: int) -> None:
        """The first line wins, for this key and for the tables that it implies."""
        for length in range(1, len(path) + 1):
            self.lines.setdefault(path[:length], line)


def _unquoted(token: Token) -> str:
    """The name that a key means."""
    if token.kind != "text":
        return token.text
    return str(tomllib.loads(f"name = {token.text}")["name"]) if "\\" in token.text else token.text[1:-1]
