"""Checksums of block schemas. The expected ones were computed by a Prefect 3.8.8 client."""

import copy

import pytest

from blocks.rules.checksums import checksum_of

LEAF = {"title": "Leaf", "type": "object", "properties": {"user": {"type": "string"}}, "block_type_slug": "leaf"}
LEAF_SUM = "a7550a974135f362c327c2ad29096fabd9907ecc18ace6781b22bf4b37db5b9a"


def leaf(user, **more):
    return {**LEAF, "properties": {"user": user}, **more}


CASES = [
    ("nothing", {}, "f8e6e96abbc38504d4e9c99fc57281fa0026bede1fa42db79f22f984501710f4"),
    (
        "text, numbers and letters beyond ASCII",
        {
            **LEAF,
            "properties": {
                "größe": {"default": 1.0, "maximum": 1e22, "minimum": -5},
                "flag": {"default": None, "const": True},
            },
        },
        "a2bac21a7cb7eaeb85b98eccd65ba8169c86dc31822af9a0c209c343e3a37df5",
    ),
    ("secret fields do not count", {**LEAF, "secret_fields": ["user"]}, LEAF_SUM),
    ("secret fields deeper down do not count", leaf({"secret_fields": ["x"], "type": "string"}), LEAF_SUM),
    (
        "secret fields in a list do",
        leaf({"anyOf": [{"secret_fields": ["x"]}, {"type": "null"}]}),
        "20efd6a0ed3bccabb648671bfba4bbe7346c8f92f90c27b60dc78eaef892e250",
    ),
    ("a definition that nothing refers to is dropped", {**LEAF, "definitions": {"Unused": {"title": "U"}}}, LEAF_SUM),
    (
        "no definitions at all are kept as they are",
        {**LEAF, "definitions": {}},
        "38a3e76dbd885ad91a496bb5a83558f3e203d998267bbf454fced50943dcd7bd",
    ),
    (
        "an empty definition is dropped",
        leaf({"$ref": "#/definitions/Any"}, definitions={"Any": {}}),
        "76dc696d283aec74be03d09b9f716e533c2bae7e1dd319f0d733237cc0222446",
    ),
    (
        "a model stays, with the model in it",
        leaf(
            {"$ref": "#/definitions/Model"},
            definitions={
                "Model": {"title": "Model", "properties": {"inner": {"items": {"$ref": "#/definitions/Inner"}}}},
                "Inner": {"title": "Inner", "secret_fields": ["a"]},
                "Unused": {"title": "Unused"},
            },
        ),
        "26d645d32708eb230cfc43878659cf383d39547fba7d237b8f3a8c2fe721bfca",
    ),
    (
        "a block is dropped, the model in it stays",
        leaf(
            {"$ref": "#/definitions/Other"},
            block_schema_references={"user": {"block_type_slug": "other", "block_schema_checksum": "sha256:1"}},
            definitions={
                "Other": {
                    "title": "Other",
                    "block_type_slug": "other",
                    "properties": {"m": {"$ref": "#/definitions/Model"}},
                },
                "Model": {"title": "Model"},
            },
        ),
        "4f3eefa79652fe430e743f4dab55a8a3056822c1417751d0df2887609cf598cf",
    ),
]


@pytest.mark.parametrize(("_case", "fields", "digest"), CASES)
def test_the_checksum_is_the_clients_own(_case, fields, digest):
    before = copy.deepcopy(fields)
    assert checksum_of(fields) == f"sha256:{digest}"
    assert fields == before


def test_the_order_of_the_keys_does_not_count():
    assert checksum_of(dict(reversed(LEAF.items()))) == f"sha256:{LEAF_SUM}"
