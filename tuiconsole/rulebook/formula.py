"""The formula of an application's operational status: read into a small tree, judged against its processes.

The language is that of Supvisors (its manual, «operational_status»): `and`, `or`, `not`, `any(…)`, `all(…)`,
parentheses, and names of programs or patterns in quotes. A pattern matches a whole name. One that matches
several stands within `any` or `all`. Nothing is evaluated as code; length, depth and matching are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

import msgspec

from tuiconsole.source.pattern import LONGEST_NAME, MOST_WAYS, PatternError, check_pattern, ways_of

LONGEST_FORMULA = 2000
"""Characters."""
DEEPEST = 50
"""Parentheses, calls and `not` within each other."""


class FormulaError(ValueError):
    """A text that is no formula. `column` counts its characters from 1; `remedy` says what to write."""

    def __init__(self, column: int, what: str, remedy: str) -> None:
        super().__init__(what)
        self.column = column
        self.remedy = remedy


class Operand(msgspec.Struct, frozen=True):
    """A program's name, or a pattern that matches whole names."""

    text: str
    column: int
    """Where it stands in the formula, from 1."""

    def matches(self, names: Iterable[str]) -> list[str]:
        """Those of the names that it means: the name itself if it is one of them, else what it matches."""
        known = list(names)
        return [self.text] if self.text in known else [name for name in known if _means(self.text, name)]


class Not(msgspec.Struct, frozen=True):
    """True if the inner part is not."""

    inner: Tree


class And(msgspec.Struct, frozen=True):
    """True if all parts are."""

    parts: tuple[Tree, ...]


class Or(msgspec.Struct, frozen=True):
    """True if one of the parts is."""

    parts: tuple[Tree, ...]


class AnyOf(msgspec.Struct, frozen=True):
    """True if one of the processes that the operand means is up; another argument is taken as it is."""

    inner: Tree


class AllOf(msgspec.Struct, frozen=True):
    """True if all processes that the operand means are up; another argument is taken as it is."""

    inner: Tree


Tree = Operand | Not | And | Or | AnyOf | AllOf


class Trouble(msgspec.Struct, frozen=True):
    """An operand that cannot be judged with the processes that there are."""

    operand: Operand
    matched: tuple[str, ...]
    """Empty: it means no process. Else several, and no `any` or `all` says how to join them."""

    @property
    def what(self) -> str:
        """What is wrong, for a person."""
        if not self.matched:
            return f"{self.operand.text!r} names no program of the application"
        return (
            f"{self.operand.text!r} matches {len(self.matched)} programs, and neither any nor all joins them"
        )

    @property
    def remedy(self) -> str:
        """What to do about it."""
        if not self.matched:
            return "correct the name or pattern"
        return f'write any("{self.operand.text}") or all("{self.operand.text}")'


class Formula(msgspec.Struct, frozen=True):
    """A formula that can be judged. Make one with `parse_formula`."""

    text: str
    tree: Tree

    @property
    def operands(self) -> tuple[Operand, ...]:
        """All names and patterns, in the order of the text."""
        return tuple(operand for operand, _ in _operands(self.tree, joined=False))

    def troubles(self, names: Iterable[str]) -> tuple[Trouble, ...]:
        """What cannot be judged in an application that has programs of these names."""
        known = list(names)
        found = []
        for operand, joined in _operands(self.tree, joined=False):
            matched = operand.matches(known)
            if not matched or (len(matched) > 1 and not joined):
                found.append(Trouble(operand, tuple(matched)))
        return tuple(found)

    def holds(self, is_up: Mapping[str, bool]) -> bool:
        """True if the application is operational.

        Supvisors counts as up what is starting, running, or has exited as expected. As there, a formula of
        which one operand cannot be judged (see `troubles`) does not hold as a whole.

        Args:
            is_up: by name of program, within the application.
        """
        try:
            return _judge(self.tree, is_up)
        except _CannotJudgeError:
            return False


@lru_cache(maxsize=4096)
def parse_formula(text: str) -> Formula:
    """Read a formula. Raises FormulaError. Remembers what it has read: asking again costs nothing."""
    return Formula(text, _Parser(text).formula())


class _CannotJudgeError(Exception):
    """An operand means no process, or several that nothing joins."""


def _judge(tree: Tree, is_up: Mapping[str, bool]) -> bool:
    # All parts are judged, also behind one that settles it: what cannot be judged must not depend on states.
    if isinstance(tree, Operand):
        states = _states(tree, is_up)
        if len(states) != 1:
            raise _CannotJudgeError
        return states[0]
    if isinstance(tree, Not):
        return not _judge(tree.inner, is_up)
    if isinstance(tree, (And, Or)):
        parts = [_judge(part, is_up) for part in tree.parts]
        return all(parts) if isinstance(tree, And) else any(parts)
    if not isinstance(tree.inner, Operand):
        return _judge(tree.inner, is_up)
    states = _states(tree.inner, is_up)
    if not states:
        raise _CannotJudgeError
    return all(states) if isinstance(tree, AllOf) else any(states)


def _states(operand: Operand, is_up: Mapping[str, bool]) -> list[bool]:
    if operand.text in is_up:
        return [is_up[operand.text]]
    return [up for name, up in is_up.items() if _means(operand.text, name)]


@lru_cache(maxsize=1 << 16)
def _means(pattern: str, name: str) -> bool:
    return len(name) <= LONGEST_NAME and re.compile(pattern).fullmatch(name) is not None


def _operands(tree: Tree, *, joined: bool) -> Iterable[tuple[Operand, bool]]:
    """Each operand, and whether `any` or `all` stands right around it."""
    if isinstance(tree, Operand):
        yield tree, joined
    elif isinstance(tree, (And, Or)):
        for part in tree.parts:
            yield from _operands(part, joined=False)
    else:
        yield from _operands(tree.inner, joined=not isinstance(tree, Not))


_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<text>[rRuU]?(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))
    |(?P<word>[A-Za-z_][A-Za-z0-9_.:-]*)
    |(?P<sign>[(),])""",
    re.VERBOSE,
)
_ESCAPED = re.compile(r"\\([\\\"'])")
_WORDS = frozenset({"and", "or", "not", "any", "all"})
_OTHERS = {"&": "and", "&&": "and", "|": "or", "||": "or", "!": "not", "+": "or", "*": "and"}
"""What people write elsewhere, and its word here."""
_END = "the end"


class _Token(msgspec.Struct, frozen=True):
    kind: str
    text: str
    column: int

    def __str__(self) -> str:
        return self.text if self.kind == "end" else f"`{self.text[:40]}`"


def _tokens(text: str) -> list[_Token]:
    if len(text) > LONGEST_FORMULA:
        raise FormulaError(1, f"longer than {LONGEST_FORMULA} characters", "shorten it with patterns")
    tokens = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise _unreadable(text, at)
        if found.lastgroup != "space":
            tokens.append(_Token(str(found.lastgroup), found[0], at + 1))
        at = found.end()
    return [*tokens, _Token("end", _END, len(text) + 1)]


def _unreadable(text: str, at: int) -> FormulaError:
    if text[at] in "\"'":
        return FormulaError(at + 1, "a quote is not closed", f"close it with {text[at]}")
    for length in (2, 1):
        if word := _OTHERS.get(text[at : at + length]):
            return FormulaError(at + 1, f"`{text[at : at + length]}` is no operator", f"write {word}")
    return FormulaError(at + 1, f"{text[at]!r} stands outside quotes", 'write names and patterns as "name"')


class _Parser:
    """Recursive descent: or, and, not, then what is bracketed. Binding as in Python, hence in Supvisors."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._ways = 0

    def formula(self) -> Tree:
        if self._next.kind == "end":
            raise FormulaError(1, "the formula is empty", "leave the word out")
        tree = self._or(0)
        self._expect_end()
        return tree

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _is(self, text: str) -> bool:
        return self._next.text == text and self._next.kind in {"word", "sign"}

    def _take(self, text: str) -> bool:
        if not self._is(text):
            return False
        self._at += 1
        return True

    def _expect_end(self) -> None:
        token = self._next
        if token.kind == "end":
            return
        if token.kind == "sign" and token.text == ")":
            raise FormulaError(token.column, "a parenthesis is closed that was not opened", "remove it")
        raise FormulaError(token.column, f"{token} follows without and or or", "join the two with and or or")

    def _or(self, depth: int) -> Tree:
        parts = [self._and(depth)]
        while self._take("or"):
            parts.append(self._and(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _and(self, depth: int) -> Tree:
        parts = [self._not(depth)]
        while self._take("and"):
            parts.append(self._not(depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _not(self, depth: int) -> Tree:
        token = self._next
        if depth > DEEPEST:
            raise FormulaError(token.column, f"more than {DEEPEST} levels deep", "write it with fewer levels")
        if self._take("not"):
            return Not(self._not(depth + 1))
        return self._single(token, depth)

    def _single(self, token: _Token, depth: int) -> Tree:
        if token.kind == "text":
            self._at += 1
            return self._operand(token)
        if self._take("("):
            inner = self._or(depth + 1)
            self._close(token)
            return inner
        if token.kind == "word" and token.text in {"any", "all"}:
            return self._call(token, depth)
        raise self._misplaced(token)

    def _call(self, token: _Token, depth: int) -> Tree:
        self._at += 1
        opened = self._next
        if not self._take("("):
            raise FormulaError(opened.column, f"{token} stands without (…)", f'write {token.text}("pattern")')
        inner = self._or(depth + 1)
        if self._is(","):
            what = f"{token} takes one pattern, and Supvisors would ignore the rest"
            raise FormulaError(self._next.column, what, f'write {token.text}("a|b")')
        self._close(opened)
        return AnyOf(inner) if token.text == "any" else AllOf(inner)

    def _close(self, opened: _Token) -> None:
        token = self._next
        if self._take(")"):
            return
        if token.kind == "end":
            raise FormulaError(opened.column, "a parenthesis is not closed", "close it with )")
        self._expect_end()

    def _misplaced(self, token: _Token) -> FormulaError:
        if token.kind == "word" and token.text not in _WORDS:
            if token.text.lower() in _WORDS:
                return FormulaError(token.column, f"{token} is no word", f"write {token.text.lower()}")
            if self._tokens[self._at + 1].text == "(":
                return FormulaError(token.column, f"{token} is no function", "only any and all are known")
            return FormulaError(token.column, f"{token} stands outside quotes", f'write "{token.text}"')
        remedy = "write a name or pattern in quotes, not, any(…), all(…) or (…)"
        return FormulaError(token.column, f"a name or pattern is missing before {token}", remedy)

    def _operand(self, token: _Token) -> Operand:
        raw = token.text[0] in "rR"
        inner = token.text[1 if token.text[0] in "\"'" else 2 : -1]
        text = inner if raw else _ESCAPED.sub(r"\1", inner)
        if not text:
            raise FormulaError(token.column, "an empty name", "write the name of a program, or a pattern")
        try:
            self._ways += ways_of(check_pattern(text))
        except PatternError as error:
            raise FormulaError(token.column, f"{token} is no usable pattern: {error}", error.remedy) from None
        if self._ways > MOST_WAYS:
            what = "the patterns together have too many repetitions"
            raise FormulaError(token.column, what, "repeat less, as in bus_[0-9][0-9]")
        return Operand(text, token.column)
