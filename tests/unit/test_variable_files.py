"""What a file of variables would change."""

from typing import Any

import pytest

from blocks.rules.variable_files import compare


@pytest.mark.parametrize(
    ("_case", "stored", "sent", "fate"),
    [
        ("the same", {"a": [1, "b"]}, {"a": [1, "b"]}, "same"),
        ("keys in another order", {"a": 1, "b": 2}, {"b": 2, "a": 1}, "same"),
        ("true is no 1, however deep", {"a": [1]}, {"a": [True]}, "conflict"),
        ("a number of another kind", [1], [1.0], "conflict"),
        ("null", None, None, "same"),
    ],
)
def test_a_value_is_the_same_as_json_says(_case: str, stored: Any, sent: Any, fate: str) -> None:
    (found,) = compare({"x": {"value": sent, "tags": []}}, {"x": (stored, [])})
    assert found.fate == fate
