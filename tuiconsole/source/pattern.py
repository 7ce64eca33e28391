"""Regular expressions that people write into files, held to a form whose matching time is bounded.

Python's `re` backtracks: `(a+)+$` takes for ever on some names. Patterns here are short, are searched in
short names, and repeat nothing that itself repeats or offers a choice; what is left is the product of the
choices, which is bounded.
"""

from __future__ import annotations

import re
import warnings

try:
    from re import _parser  # type: ignore[attr-defined]
except ImportError:  # Python 3.10
    import sre_parse as _parser

LONGEST_PATTERN = 200
"""Characters."""
LONGEST_NAME = 128
"""Characters of a name that patterns are searched in; a longer name matches no pattern."""
MOST_WAYS = (LONGEST_NAME + 1) ** 3
"""Ways in which the parts of a pattern may be matched from one place on: three unbounded repetitions."""


class PatternError(ValueError):
    """A pattern that is not used; `remedy` says what to write instead."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.remedy = remedy


def check_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a pattern. Raises PatternError if it is wrong or could take long."""
    if len(pattern) > LONGEST_PATTERN:
        raise PatternError(f"longer than {LONGEST_PATTERN} characters", "shorten it")
    try:
        with warnings.catch_warnings():
            # What Python would read otherwise in a later version (a set within a set) is refused today.
            warnings.simplefilter("error")
            tree = _parser.parse(pattern)
            compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise PatternError(str(error), "correct the regular expression") from None
    if _ways(tree, inside=False) > MOST_WAYS:
        raise PatternError("too many repetitions or choices", "use at most three of *, + and {n,}")
    return compiled


def ways_of(pattern: re.Pattern[str]) -> int:
    """In how many ways the parts of a pattern that `check_pattern` let pass can share a name."""
    return _ways(_parser.parse(pattern.pattern), inside=False)


_NESTED = "a repetition within a repetition, or a choice within one, can take for ever"
_REMEDY = "repeat single characters or sets only, as in [a-z]+"


def _ways(node: object, *, inside: bool) -> int:
    """In how many ways the parts can share a text; raises where a repetition holds a choice."""
    ways = 1
    for operation, argument in node:  # type: ignore[attr-defined]
        name = str(operation)
        if name in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
            low, high, body = int(argument[0]), int(argument[1]), argument[2]
            if inside:
                raise PatternError(_NESTED, _REMEDY)
            ways *= max(min(high, LONGEST_NAME) - low, 0) + 1
            ways *= _ways(body, inside=high > 1)
        elif name == "BRANCH":
            if inside:
                raise PatternError(_NESTED, _REMEDY)
            ways *= sum(_ways(branch, inside=inside) for branch in argument[1])
        elif name == "SUBPATTERN":
            ways *= _ways(argument[3], inside=inside)
        elif name in {"ASSERT", "ASSERT_NOT"}:
            ways *= _ways(argument[1], inside=inside)
        elif name == "ATOMIC_GROUP":
            ways *= _ways(argument, inside=inside)
        elif name in {"GROUPREF", "GROUPREF_EXISTS"}:
            raise PatternError("a back-reference can take for ever", "write out what it refers to")
    return ways
