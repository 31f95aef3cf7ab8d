"""Limits and offsets of the list routes."""

import pytest

from controlplane.errors import Invalid
from controlplane.filters import Listing, Paging, page_limits


@pytest.mark.parametrize(
    ("_case", "body", "limits"),
    [
        ("left out", Listing(), (200, 0)),
        ("null is left out", Listing(limit=None, offset=None), (200, 0)),
        ("as asked", Listing(limit=7, offset=3), (7, 3)),
        ("none at all", Listing(limit=0), (0, 0)),
        ("the first page", Paging(), (200, 0)),
        ("a null page is the first", Paging(page=None), (200, 0)),
        ("the third page", Paging(limit=10, page=3), (10, 20)),
        ("the last page that is accepted fits a bigint", Paging(page=2**53), (200, (2**53 - 1) * 200)),
    ],
)
def test_a_page_is_limited(_case, body, limits):
    assert page_limits(body) == limits


@pytest.mark.parametrize(
    ("_case", "limit", "detail"),
    [
        ("too many", 201, "Invalid limit: must be less than or equal to 200."),
        ("absurdly many", 10**30, "Invalid limit: must be less than or equal to 200."),
        ("negative", -1, "Invalid limit: must be greater than or equal to 0."),
    ],
)
@pytest.mark.parametrize("body", [Listing, Paging])
def test_a_limit_out_of_bounds_is_refused_in_the_wire_s_words(_case, limit, detail, body):
    with pytest.raises(Invalid) as refused:
        page_limits(body(limit=limit))

    assert refused.value.detail == detail
