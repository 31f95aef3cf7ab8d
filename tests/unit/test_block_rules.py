"""Blocks without a database: what is masked, how documents hold each other, how schemas are put together again."""

from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest

from blocks.rules.catalogue import picture_of
from blocks.rules.documents import MOST_DOCUMENTS, BadReference, Opened, assemble, merge, reaches, take_references
from blocks.rules.schemas import Link, Part, definition_of, fields_to_store, references_of, whole_fields
from blocks.rules.secrets import keep_masked, mask_document
from controlplane.schema_forms.fields import MASK

ICONS = (Path(__file__).parents[2] / "controlplane/ui/static/ui/icons.svg").read_text()
A, B, C = (UUID(int=n) for n in (1, 2, 3))


@pytest.mark.parametrize(
    ("_case", "path", "data", "shown"),
    [
        ("text", "a", {"a": "x", "b": "y"}, {"a": MASK, "b": "y"}),
        ("a number", "a", {"a": 5}, {"a": MASK}),
        ("null stays", "a", {"a": None}, {"a": None}),
        ("nothing there", "a", {"b": 1}, {"b": 1}),
        ("a list", "a", {"a": ["x"]}, {"a": MASK}),
        ("an object", "a", {"a": {"x": "1", "y": {"z": [2]}}}, {"a": MASK}),
        ("nested", "a.b", {"a": {"b": "x", "c": "y"}}, {"a": {"b": MASK, "c": "y"}}),
        ("the way ends early", "a.b", {"a": "text"}, {"a": "text"}),
        ("a list on the way", "a.b", {"a": [{"b": "x"}, {"c": 1}]}, {"a": [{"b": MASK}, {"c": 1}]}),
        ("everything below", "a.*", {"a": {"x": {"z": 1}, "y": None}}, {"a": {"x": {"z": MASK}, "y": MASK}}),
        ("everything below in the middle", "a.*.b", {"a": {"x": {"b": 1}}}, {"a": {"x": {"b": MASK}}}),
        ("empty", "a.*", {"a": {}}, {"a": {}}),
    ],
)  # fmt: skip
def test_secrets_are_masked(_case, path, data, shown):
    assert mask_document(data, {"secret_fields": [path]}) == shown


@pytest.mark.parametrize(
    ("_case", "sent", "kept"),
    [
        ("the mask", {"a": MASK}, {"a": "old"}),
        ("a new secret", {"a": "new"}, {"a": "new"}),
        ("below a wildcard", {"h": {"x": MASK, "y": "new"}}, {"h": {"x": "1", "y": "new"}}),
        ("in a list", {"l": [{"t": MASK}, {"t": MASK}]}, {"l": [{"t": "t0"}, {"t": MASK}]}),
        ("asterisks where nothing is masked are text", {"open": MASK}, {"open": MASK}),
        ("asterisks for a secret that was not there", {"h": {"z": MASK}}, {"h": {"z": MASK}}),
    ],
)
def test_a_mask_that_comes_back_keeps_the_secret(_case, sent, kept):
    stored = {"a": "old", "open": "o", "h": {"x": "1", "y": "2"}, "l": [{"t": "t0"}]}
    shown = mask_document(stored, {"secret_fields": ["a", "h.*", "l.t"]})
    assert keep_masked(sent, stored, shown) == kept


def test_references_are_taken_from_the_top_level_only():
    sent = {"child": {"$ref": {"block_document_id": str(A)}}, "deep": {"x": {"$ref": {"block_document_id": str(B)}}}}
    assert take_references(sent) == ({"deep": sent["deep"]}, {"child": A})


@pytest.mark.parametrize(
    "reference", [{}, {"block_id": str(A)}, "text", None, {"block_document_id": "text"}, {"block_document_id": 5}]
)
def test_a_reference_without_an_id_is_refused(reference):
    with pytest.raises(BadReference, match="in key child"):
        take_references({"child": {"$ref": reference}})


def test_a_merge_replaces_the_keys_that_are_sent_and_no_others():
    stored, stored_references = {"a": 1, "b": {"x": 1}}, {"c": A, "d": B}
    data, references = merge(stored, stored_references, {"b": {"y": 2}, "c": "now data"}, {"a": C})
    assert (data, references) == ({"b": {"y": 2}, "c": "now data"}, {"d": B, "a": C})


def opened(id: UUID, data: dict, *, secret_fields=(), **references: UUID) -> Opened:
    return Opened(id, f"doc-{id.int}", data, {"secret_fields": list(secret_fields)}, {"name": "T"}, False, references)


def test_a_document_holds_what_it_refers_to_and_says_where_it_came_from():
    documents = {
        A: opened(A, {"x": 1}, secret_fields=["b.open"], b=B),
        B: opened(B, {"open": "o", "hidden": "h"}, secret_fields=["hidden"]),
    }
    whole = assemble(A, documents, show_secrets=True)
    assert whole.data == {"x": 1, "b": {"open": "o", "hidden": "h"}}
    assert whole.references == {
        "b": {
            "block_document": {
                "id": B, "name": "doc-2", "block_type": {"name": "T"}, "is_anonymous": False,
                "block_document_references": {},
            }
        }
    }  # fmt: skip
    assert assemble(A, documents, show_secrets=False).data == {"x": 1, "b": {"open": MASK, "hidden": MASK}}
    assert documents[B].data == {"open": "o", "hidden": "h"}


def test_a_tower_of_references_does_not_explode():
    """Twenty documents, each holding the next twice, would be a million."""
    ids = [UUID(int=n) for n in range(1, 21)]
    documents = {id: opened(id, {}, l=below, r=below) for id, below in pairwise(ids)}
    documents[ids[-1]] = opened(ids[-1], {})
    whole = assemble(ids[0], documents, show_secrets=False)

    def size(data):
        return 1 + sum(size(value) for key, value in data.items() if "$ref" not in value)

    assert size(whole.data) == MOST_DOCUMENTS


def test_a_circle_in_the_data_ends():
    documents = {A: opened(A, {}, b=B), B: opened(B, {}, a=A)}
    deep = assemble(A, documents, show_secrets=True).data
    for _ in range(25):
        deep = deep["b"]["a"]
    assert deep == {"b": {"$ref": {"block_document_id": B}}}


@pytest.mark.parametrize(
    ("_case", "start", "edges", "expected"),
    [
        ("itself", {A}, [], True),
        ("directly", {B}, [(B, A)], True),
        ("through another", {B}, [(B, C), (C, A)], True),
        ("not at all", {B}, [(A, B), (B, C)], False),
        ("a circle elsewhere", {B}, [(B, C), (C, B)], False),
    ],
)
def test_circles_are_found(_case, start, edges, expected):
    assert reaches(start, A, edges) is expected


LEAF = {"title": "Leaf", "block_type_slug": "leaf", "block_schema_references": {}}
FIELDS = {
    "title": "Top",
    "properties": {"x": {"anyOf": [{"$ref": "#/definitions/Leaf"}]}, "y": {"$ref": "#/definitions/Model"}},
    "block_schema_references": {
        "x": [
            {"block_type_slug": "leaf", "block_schema_checksum": "sha256:1"},
            {"block_type_slug": "other", "block_schema_checksum": "sha256:2"},
        ]
    },
    "definitions": {"Leaf": LEAF, "Model": {"title": "Model"}, "Unused": {"title": "Unused"}},
}


def test_a_schema_is_taken_apart():
    assert [(r.name, r.slug, r.checksum) for r in references_of(FIELDS)] == [
        ("x", "leaf", "sha256:1"),
        ("x", "other", "sha256:2"),
    ]
    assert fields_to_store(FIELDS) == {
        "title": "Top",
        "properties": FIELDS["properties"],
        "definitions": {"Model": {"title": "Model"}},
    }
    assert definition_of(FIELDS, references_of(FIELDS)[0]) == ("Leaf", LEAF)
    assert definition_of(FIELDS, references_of(FIELDS)[1]) is None


@pytest.mark.parametrize("references", [[1], {"x": 1}, {"x": {"block_type_slug": "a"}}, {"x": [None]}])
def test_references_that_say_nothing_are_refused(references):
    with pytest.raises(ValueError, match="block_"):
        references_of({"block_schema_references": references})


def test_a_definition_brings_along_what_it_refers_to_and_nothing_else():
    middle = {**LEAF, "properties": {"m": {"$ref": "#/definitions/Model"}}}
    inner = {"title": "Model", "properties": {"i": {"items": {"$ref": "#/definitions/Inner"}}}}
    definitions = {"Leaf": middle, "Model": inner, "Inner": {"title": "Inner"}, "Unused": {"title": "Unused"}}
    name, fields = definition_of({**FIELDS, "definitions": definitions}, references_of(FIELDS)[0])
    assert (name, fields) == ("Leaf", {**middle, "definitions": {"Model": inner, "Inner": {"title": "Inner"}}})


def test_a_schema_is_put_together_from_all_that_is_below():
    parts = {
        A: Part({"title": "Top", "definitions": {"Model": {"title": "Model"}}}, "sha256:a", "top"),
        B: Part({"title": "Middle", "definitions": {"Inner": {"title": "Inner"}}}, "sha256:b", "middle"),
        C: Part({"title": "Leaf"}, "sha256:c", "leaf"),
    }
    links = {A: [Link(A, "m", B), Link(A, "either", B), Link(A, "either", C)], B: [Link(B, "leaf", C)]}
    b, c = (
        {"block_schema_checksum": f"sha256:{letter}", "block_type_slug": slug}
        for letter, slug in (("b", "middle"), ("c", "leaf"))
    )
    assert whole_fields(A, parts, links) == {
        "title": "Top",
        "block_schema_references": {"m": b, "either": [b, c]},
        "definitions": {
            "Model": {"title": "Model"},
            "Inner": {"title": "Inner"},
            "Middle": {"title": "Middle", "block_schema_references": {"leaf": c}},
            "Leaf": {"title": "Leaf", "block_schema_references": {}},
        },
    }


@pytest.mark.parametrize(
    ("slug", "picture"),
    [
        ("slack-webhook", "chat"), ("s3-bucket", "bucket"), ("aws-credentials", "cloud"), ("secret", "key"),
        ("docker-host", "container"), ("github-repository", "branch"), ("local-file-system", "folder"), ("mine", ""),
    ],
)  # fmt: skip
def test_a_type_has_a_picture_by_its_name(slug, picture):
    assert picture_of(slug) == picture
    assert not picture or f'<symbol id="{picture}"' in ICONS
