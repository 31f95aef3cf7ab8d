"""The text search of logs and events."""

import pytest

from controlplane.filters import search


@pytest.mark.parametrize(
    ("_case", "query", "some", "none", "every"),
    [
        ("empty", "", [], [], []),
        ("blank", " \t ", [], [], []),
        ("alternatives", "alpha beta", ["alpha", "beta"], [], []),
        ("tab and newline separate", "a\tb\nc", ["a", "b", "c"], [], []),
        ("minus forbids", "a -b", ["a"], ["b"], []),
        ("exclamation mark forbids", "a !b", ["a"], ["b"], []),
        ("plus demands", "+a +b c", ["c"], [], ["a", "b"]),
        ("a phrase is one term", '"a b" c', ["a b", "c"], [], []),
        ("a forbidden phrase", '-"a b"', [], ["a b"], []),
        ("a demanded phrase", '+"a b"', [], [], ["a b"]),
        ("a prefix in a phrase is text", '"-a"', ["-a"], [], []),
        ("escaped quote", r'"say \"hi\""', ['say "hi"'], [], []),
        ("escaped backslash", r'"a\\b"', [r"a\b"], [], []),
        ("another backslash is text", r'"a\b" c\d', [r"a\b", r"c\d"], [], []),
        ("an unclosed phrase runs to the end", '"a b', ["a b"], [], []),
        ("a quote ends a word", 'a"b c', ["a", "b c"], [], []),
        ("a word after a phrase", '"a"b', ["a", "b"], [], []),
        ("an empty phrase", '"" -"" a', ["a"], [], []),
        ("a lone prefix", "- a + !", ["a"], [], []),
        ("a second prefix is text", "--a +-b", [], ["-a"], ["-b"]),
        ("a prefix inside a word is text", "a-b c+", ["a-b", "c+"], [], []),
    ],
)
def test_a_query_has_terms(_case, query, some, none, every):
    assert search.parse(query) == (some, none, every)


@pytest.mark.parametrize(
    ("_case", "term", "pattern"),
    [("plain", "a", "%a%"), ("wildcards are literal", "100%_", r"%100\%\_%"), ("backslash", "a\\", r"%a\\%")],
)
def test_a_term_is_found_anywhere_and_literally(_case, term, pattern):
    assert search.pattern(term) == pattern
