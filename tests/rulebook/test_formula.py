"""Formulas of the operational status: what they mean, how they are refused, and that nothing else happens."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuiconsole.rulebook.formula import DEEPEST, LONGEST_FORMULA, Formula, FormulaError, parse_formula

UP = {"bus": True, "movie_1": True, "movie_2": False, "register": False}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('"bus"', True),
        ("'register'", False),
        ('not "register"', True),
        ('"bus" and "register"', False),
        ('"bus" or "register"', True),
        ('"register" or "bus" and "bus"', True),
        ('not "register" and "register"', False),
        ('not ("register" and "register")', True),
        ('any("movie_.*")', True),
        ('all("movie_.*")', False),
        ('all(("movie_.*"))', False),
        ('any("bus")', True),
        ('all("register") or any("movie_.*") and not all(\'movie_.*\')', True),
        ('any(not "bus")', False),
        ('"b.s"', True),
        ('"movie_[0-1]"', True),
        (r'r"movie_\d" or "bus"', False),
        (r'any(r"movie_\d")', True),
        (r'any("movie_\d")', True),
        (r'any("movie_\\d")', True),
        ('any("bus|register")', True),
        ('"bus"\n  and\t"bus"', True),
    ],
)
def test_a_formula_means_what_it_means_to_supvisors(text: str, holds: bool) -> None:
    assert parse_formula(text).holds(UP) is holds


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('"bu"', "'bu' names no program"),
        ('not "nothing"', "'nothing' names no program"),
        ('"bus" or "nothing"', "'nothing' names no program"),
        ('any("nothing.*")', "'nothing.*' names no program"),
        ('"movie_.*" and "bus"', "'movie_.*' matches 2 programs, and neither any nor all joins them"),
        ('any("movie_.*" and "bus")', "'movie_.*' matches 2 programs"),
    ],
)
def test_what_cannot_be_judged_does_not_hold_and_is_told(text: str, what: str) -> None:
    formula = parse_formula(text)
    assert not formula.holds(UP)
    assert not formula.holds(dict.fromkeys(UP, True)), "in no state of the processes"
    (trouble,) = formula.troubles(UP)
    assert trouble.what.startswith(what)
    assert trouble.remedy


def test_an_exact_name_wins_over_what_it_would_match_as_a_pattern() -> None:
    formula = parse_formula('"a.c"')
    assert formula.holds({"a.c": True, "abc": False})
    assert not formula.troubles(["a.c", "abc"])


def test_the_operands_are_told_in_order_with_their_columns() -> None:
    formula = parse_formula("all(\"register.*\") and any('movie.*')")
    assert [(operand.text, operand.column) for operand in formula.operands] == [
        ("register.*", 5),
        ("movie.*", 27),
    ]


@pytest.mark.parametrize(
    ("text", "column", "what", "remedy"),
    [
        ("", 1, "the formula is empty", "leave the word out"),
        ("bus", 1, "`bus` stands outside quotes", 'write "bus"'),
        ('"a" "b"', 5, '`"b"` follows without and or or', "join the two"),
        ('"a" && "b"', 5, "`&&` is no operator", "write and"),
        ('"a" | "b"', 5, "`|` is no operator", "write or"),
        ('! "b"', 1, "`!` is no operator", "write not"),
        ('NOT "b"', 1, "`NOT` is no word", "write not"),
        ('any("a", "b")', 8, "`any` takes one pattern", 'write any("a|b")'),
        ('(("a")', 1, "a parenthesis is not closed", "close it"),
        ('any("a"', 4, "a parenthesis is not closed", "close it"),
        ('"a")', 4, "a parenthesis is closed that was not opened", "remove it"),
        ('any "a"', 5, "`any` stands without", "write any"),
        ('"a" and', 8, "a name or pattern is missing before the end", "in quotes"),
        ('len("a")', 1, "`len` is no function", "only any and all"),
        ('__import__("os")', 1, "`__import__` is no function", "only any and all"),
        ('"a".upper()', 4, "'.' stands outside quotes", 'as "name"'),
        ('"a', 1, "a quote is not closed", "close it"),
        ('""', 1, "an empty name", "write the name"),
        ('"a" and "(a+)+"', 9, '`"(a+)+"` is no usable pattern', "repeat single"),
        (" and ".join(['"a.*b.*c.*"'] * 3), 17, "the patterns together", "repeat less"),
        ("not " * 60 + '"a"', 4 * DEEPEST + 5, "more than 50 levels deep", "fewer levels"),
        ("(" * 900 + '"a"' + ")" * 900, DEEPEST + 2, "more than 50 levels deep", "fewer levels"),
        ('"' + "a" * LONGEST_FORMULA + '"', 1, "longer than 2000 characters", "shorten"),
    ],
)
def test_what_is_no_formula_is_refused_at_its_column_with_a_remedy(
    text: str, column: int, what: str, remedy: str
) -> None:
    with pytest.raises(FormulaError) as caught:
        parse_formula(text)
    assert (caught.value.column, str(caught.value)[: len(what)]) == (column, what)
    assert remedy in caught.value.remedy


PIECES = [
    '"a"',
    '"b.*"',
    "'c'",
    "and",
    "or",
    "not",
    "any(",
    "all(",
    "(",
    ")",
    ",",
    " ",
    "x",
    "&",
    "\\",
    '"',
    "\n",
    "é",
]


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join), st.text(max_size=60)))
def test_any_text_is_refused_or_judged(text: str) -> None:
    formula = error = None
    try:
        formula = parse_formula(text)
    except FormulaError as refused:
        error = refused
    if formula is None:
        assert error is not None
        assert 1 <= error.column <= len(text) + 1
        assert error.remedy
        return
    troubles = formula.troubles(UP)
    for up in (True, False):
        assert not (formula.holds(dict.fromkeys(UP, up)) and troubles)


def trees() -> st.SearchStrategy[str]:
    names = st.sampled_from(['"bus"', "'register'", '"movie_1"', 'any("movie_.*")', "all('movie_.*')"])
    return st.recursive(
        names,
        lambda inner: st.one_of(
            inner.map("not ({})".format),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: "(" + " and ".join(parts) + ")"),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: "(" + " or ".join(parts) + ")"),
        ),
        max_leaves=12,
    )


@settings(max_examples=300, deadline=None)
@given(trees(), st.fixed_dictionaries({name: st.booleans() for name in UP}))
def test_a_formula_is_judged_as_python_would_judge_its_words(text: str, up: dict[str, bool]) -> None:
    movies = [up["movie_1"], up["movie_2"]]
    plain = text.replace('any("movie_.*")', str(any(movies))).replace("all('movie_.*')", str(all(movies)))
    for name, state in up.items():
        plain = plain.replace(f'"{name}"', str(state)).replace(f"'{name}'", str(state))
    # Only True, False, and, or, not and parentheses are left.
    assert parse_formula(text).holds(up) is eval(plain, {"__builtins__": {}})


def test_the_longest_formula_over_many_programs_is_judged_in_bounded_time() -> None:
    names = {f"{'a' * 120}_{number}": True for number in range(200)}
    formula: Formula = parse_formula('any("a*a*a*b")')
    begun = time.process_time()
    formula.holds(names)
    assert time.process_time() - begun < 5
    begun = time.process_time()
    for _ in range(100):
        formula.holds(names)
    assert time.process_time() - begun < 0.5, "what was matched is remembered"
