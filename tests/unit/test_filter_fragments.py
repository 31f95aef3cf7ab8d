"""Pieces of SQL and their parameters."""

import pytest

from controlplane.sql.fragments import Sql


@pytest.mark.parametrize(
    ("_case", "pieces", "text", "params"),
    [
        ("nothing", [], "", {}),
        (
            "different names",
            [Sql("a = %(x)s", {"x": 1}), Sql("b = %(y)s", {"y": 2})],
            "a = %(x)s AND b = %(y)s",
            {"x": 1, "y": 2},
        ),
        (
            "one name, two values",
            [Sql("a = %(f0)s", {"f0": 1}), Sql("b = %(f0)s", {"f0": 2})],
            "a = %(f0)s AND b = %(f0_2)s",
            {"f0": 1, "f0_2": 2},
        ),
        (
            "the new name is taken too",
            [Sql("%(f0)s, %(f0_2)s", {"f0": 1, "f0_2": 2}), Sql("%(f0)s", {"f0": 3})],
            "%(f0)s, %(f0_2)s AND %(f0_3)s",
            {"f0": 1, "f0_2": 2, "f0_3": 3},
        ),
        (
            "the statement's own parameter stays",
            [Sql("a = %(workspace)s"), Sql("b = %(workspace)s")],
            "a = %(workspace)s AND b = %(workspace)s",
            {},
        ),
    ],
)
def test_joined_pieces_keep_their_own_values(_case, pieces, text, params):
    joined = Sql.join(" AND ", pieces)

    assert (joined.text, dict(joined.params)) == (text, params)


def test_the_same_value_keeps_its_name():
    moment = object()

    both = Sql("a = %(now)s, ", {"now": moment}) + Sql("b = %(now)s", {"now": moment})

    assert (both.text, dict(both.params)) == ("a = %(now)s, b = %(now)s", {"now": moment})
