# ruff: noqa: E501 (a case is a line)
"""Blocks and variables in a browser without JavaScript, over the live server."""

import json
import re

import pytest
from django.conf import settings

from tests.api.test_blocks import make_document, make_schema, make_type
from tests.fakes.aws import client_of, start_aws
from tests.pages.blocks_made import make_block, make_types
from tests.pages.forms_sent import form_of, send_form
from tests.visitor import TOKEN, Visitor, visit_as, words_of
from tests.world import Tenant, make_flow

NEEDED = {"data/title": "First", "data/password": "s3cret-one", "data/password#secret": "new", "data/level": "high"}


@pytest.fixture
def visitor(tenant) -> Visitor:
    return visit_as(tenant)


@pytest.fixture
def made(tenant) -> dict[str, str]:
    return make_types(tenant)


def send(visitor: Visitor, at: str, values: dict[str, str], *, without: tuple[str, ...] = ()):
    return send_form(visitor, at, "block-form", values, without=without)


def stored(tenant: Tenant, id: str) -> dict:
    return tenant.ok("GET", f"/block_documents/{id}?include_secrets=true")["data"]


def id_of(answer) -> str:
    assert answer.status_code == 302, words_of(answer)
    return answer.headers["location"].rpartition("/")[2]


def test_a_new_block_is_what_was_filled_in(tenant, visitor, made):
    values = {
        **NEEDED, "name": "mine", "data/tags#rows": "0,4", "data/tags/0": "a", "data/tags/4": "b",
        "data/retries/attempts": "3", "data/retries/token": "s3cret-two", "data/headers#rows": "0",
        "data/headers/0#key": "x-key", "data/headers/0": "s3cret-three", "data/told#kind": "1",
        "data/told/@1/number": "112", "data/storage": made["here"], "data/since": "2026-03-01T08:30",
        "data/day": "2026-03-02", "data/wait": "1h 30m", "data/free": "[1, null]",
    }  # fmt: skip
    answer = send(
        visitor, f"{tenant.ui_url}/blocks/types/everything/new", {**values, "data/retries/token#secret": "new"}
    )
    assert stored(tenant, id_of(answer)) == {
        "title": "First", "password": "s3cret-one", "level": "high", "active": True, "limit": 5, "tags": ["a", "b"],
        "retries": {"attempts": 3, "token": "s3cret-two"}, "headers": {"x-key": "s3cret-three"},
        "told": {"kind": "call", "number": "112"}, "storage": {"path": "/tmp"}, "since": "2026-03-01T08:30:00Z",
        "day": "2026-03-02", "wait": 5400, "free": [1, None],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("_case", "values", "words"),
    [
        ("nothing", {"name": "mine"}, ["Title : This is needed.", "Password : This is needed.", "Level : This is needed."]),
        ("a name that is none", {**NEEDED, "name": "Not So"}, ["Use lowercase letters, numbers and dashes only."]),
        ("a limit", {**NEEDED, "name": "mine", "data/limit": "-1"}, ["Limit : This must be 0 or more."]),
        ("deep inside", {**NEEDED, "name": "mine", "data/retries/attempts": "10"}, ["Attempts : This must be 9 or less."]),
        ("no number", {**NEEDED, "name": "mine", "data/limit": "many"}, ["Limit : Write a whole number."]),
        ("a name that is taken", {"name": "here", "at": "place"}, ["There is a block of this type and name already."]),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_at_its_field_and_saves_nothing(tenant, visitor, made, _case, values, words):
    slug = values.get("at", "everything")
    answer = send(visitor, f"{tenant.ui_url}/blocks/types/{slug}/new", values)
    assert answer.status_code == 422
    for sentence in words:
        assert sentence in words_of(answer)
    assert "s3cret-one" not in answer.text
    for link in re.findall(r'<li><a href="#([^"]+)"', answer.text):
        assert f'id="{link}"' in answer.text
    assert tenant.ok("POST", "/block_documents/count", {}) == 1


def test_a_secret_that_nobody_touches_stays_and_is_never_shown(tenant, visitor, made):
    data = {
        "title": "a", "password": "s3cret-one", "level": "low", "steps": [{"attempts": 1, "token": "s3cret-two"}, {"attempts": 2, "token": "s3cret-three"}],
        "headers": {"k": "s3cret-four"},
    }  # fmt: skip
    id = make_block(tenant, made, "everything", "mine", data)
    at = f"{tenant.ui_url}/blocks/{id}"
    for page in (at, f"{at}/edit", f"{at}/clone", f"{at}/delete"):
        assert "s3cret" not in visitor.get(page).text
    # The first row goes; the second one keeps its own secret.
    answer = send(visitor, f"{at}/edit", {"data/title": "b", "data/steps#rows": "1"})
    assert id_of(answer) == id
    assert stored(tenant, id) == {
        **data, "title": "b", "steps": [{"attempts": 2, "token": "s3cret-three"}], "active": True, "limit": 5,
    }  # fmt: skip
    assert "block.updated" in words_of(visitor.get(at))
    answer = send(visitor, f"{at}/edit", {"data/password#secret": "replace", "data/password": "s3cret-new"})
    assert (id_of(answer), stored(tenant, id)["password"]) == (id, "s3cret-new")


def test_a_button_in_the_form_changes_it_and_saves_nothing(tenant, visitor, made):
    at = f"{tenant.ui_url}/blocks/types/everything/new"
    answer = send(visitor, at, {"data/title": "kept", "do": "add:data/tags"})
    assert answer.status_code == 200
    form = form_of(answer.text, "block-form")
    assert (form["data/title"], form["data/tags#rows"], form["data/tags/0"]) == ("kept", "0", "")
    assert tenant.ok("POST", "/block_documents/count", {}) == 1


def test_a_clone_has_the_secrets_of_the_first(tenant, visitor, made):
    data = {
        "title": "a",
        "password": "s3cret-one",
        "level": "low",
        "storage": {"$ref": {"block_document_id": made["here"]}},
    }
    id = make_block(tenant, made, "everything", "mine", data)
    clone = id_of(send(visitor, f"{tenant.ui_url}/blocks/{id}/clone", {"name": "other"}))
    assert clone != id
    assert stored(tenant, clone) == {**data, "storage": {"path": "/tmp"}, "active": True, "limit": 5}


def test_deleting_says_first_what_uses_the_block(tenant, visitor, made):
    data = {"title": "a", "password": "p", "level": "low", "storage": {"$ref": {"block_document_id": made["here"]}}}
    make_block(tenant, made, "everything", "uses-it", data)
    flow = make_flow(tenant)["id"]
    tenant.ok(
        "POST",
        "/deployments/",
        {"name": "by-text", "flow_id": flow, "job_variables": {"a": "{{ prefect.blocks.place.here }}"}},
    )
    tenant.ok(
        "POST", "/deployments/", {"name": "by-id", "flow_id": flow, "pull_steps": [{"step": {"block": made["here"]}}]}
    )
    tenant.ok("POST", "/deployments/", {"name": "innocent", "flow_id": flow})
    tenant.ok(
        "POST",
        "/deployments/",
        {"name": "innocent-of-another", "flow_id": flow, "job_variables": {"a": "{{ prefect.blocks.place.here-too }}"}},
    )
    planned = {
        "schedule": {"interval": 3600}, "active": False, "parameters": {"a": {"$ref": {"block_document_id": made["here"]}}}
    }  # fmt: skip
    tenant.ok("POST", "/deployments/", {"name": "by-schedule", "flow_id": flow, "schedules": [planned]})
    at = f"{tenant.ui_url}/blocks/{made['here']}/delete"
    words = words_of(visitor.get(at))
    for sentence in (
        "by-text job variables", "by-id pull steps", "by-schedule parameters of a schedule", "uses-it Everything, storage"
    ):  # fmt: skip
        assert sentence in words
    assert "innocent" not in words
    assert visitor.post(at).status_code == 302
    assert tenant.call("GET", f"/block_documents/{made['here']}").status_code == 404


def test_a_newer_schema_is_offered_and_the_values_come_along(tenant, visitor, made):
    fields = {
        "title": "Place", "type": "object", "block_type_slug": "place", "required": ["region"],
        "properties": {"path": {"type": "string"}, "region": {"type": "string"}}, "secret_fields": [],
        "block_schema_references": {},
    }  # fmt: skip
    newest = tenant.ok(
        "POST", "/block_schemas/", {"fields": fields, "block_type_id": made["place_type"], "version": "2"}
    )
    at = f"{tenant.ui_url}/blocks/{made['here']}"
    assert "region is new" in words_of(visitor.get(at))
    assert send(visitor, f"{at}/upgrade", {}).status_code == 422
    assert id_of(send(visitor, f"{at}/upgrade", {"data/region": "eu"})) == made["here"]
    found = tenant.ok("GET", f"/block_documents/{made['here']}")
    assert (found["block_schema_id"], found["data"]) == (newest["id"], {"path": "/tmp", "region": "eu"})
    assert "newer schema" not in words_of(visitor.get(at))


def test_the_page_says_how_to_use_the_block(tenant, visitor, made):
    page = visitor.get(f"{tenant.ui_url}/blocks/{made['here']}")
    assert 'Block.load("place/here")' in words_of(page)
    assert "{{ prefect.blocks.place.here }}" in words_of(page)


def test_the_fields_of_an_object_in_a_list_have_labels_to_see(tenant, visitor, made):
    data = {"title": "a", "password": "p", "level": "low", "steps": [{"attempts": 1}], "tags": ["x"]}
    block = make_block(tenant, made, "everything", "rows", data)
    shown = visitor.get(f"{tenant.ui_url}/blocks/{block}/edit").text
    labels = dict(re.findall(r'<label for="([^"]+)"( class="visually-hidden")?>', shown))
    hidden = {id: bool(words) for id, words in labels.items()}
    names = ("data_2f_steps_2f_0_2f_attempts", "data_2f_steps_2f_0_2f_token", "data_2f_tags_2f_0")
    assert [hidden[f"f-{name}"] for name in names] == [False, False, True]


def test_lists_show_blocks_and_types_in_use_first(tenant, visitor, made):
    assert "here Pl Place" in words_of(visitor.get(f"{tenant.ui_url}/blocks"))
    assert "No blocks match" in words_of(visitor.get(f"{tenant.ui_url}/blocks?q=nothing"))
    types = words_of(visitor.get(f"{tenant.ui_url}/blocks/types"))
    assert (
        types.index("In use") < types.index("Place Other · 1 block") < types.index("Others") < types.index("Everything")
    )
    secrets = words_of(visitor.get(f"{tenant.ui_url}/blocks/types?category=Secrets"))
    assert ("Secret" in secrets, "Everything" in secrets) == (True, False)
    assert "here" in words_of(visitor.get(f"{tenant.ui_url}/palette?q=here"))


def test_a_viewer_sees_and_may_not_change(tenant, viewer, made):
    id = make_block(tenant, made, "everything", "mine", {"title": "a", "password": "s3cret-one", "level": "low"})
    visitor, at = visit_as(viewer), f"{viewer.ui_url}/blocks/{id}"
    page = visitor.get(at)
    assert ("•••••••• set" in words_of(page), "Needs the Developer role" in words_of(page)) == (True, True)
    assert "s3cret" not in page.text
    token = TOKEN.search(page.text)[1]
    for path in ("edit", "clone", "upgrade", "delete", "test"):
        assert visitor.client.post(f"{at}/{path}", data={"csrfmiddlewaretoken": token}).status_code == 403
    assert stored(tenant, id)["title"] == "a"


def test_another_tenant_finds_no_block(tenant, stranger, made):
    at = f"{stranger.ui_url}/blocks/{made['here']}"
    assert [visit_as(stranger).get(f"{at}{end}").status_code for end in ("", "/edit", "/clone", "/delete")] == [404] * 4


def test_credentials_and_buckets_are_tried_out(tenant, visitor):
    with start_aws() as aws:
        client_of(aws, "s3").create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        ids = {}
        for slug in ("aws-credentials", "s3-bucket"):
            kind = tenant.ok("POST", "/block_types/", {"name": slug, "slug": slug})
            schema = tenant.ok(
                "POST", "/block_schemas/", {"fields": {"title": slug, "type": "object"}, "block_type_id": kind["id"]}
            )
            ids[slug] = {f"{slug}_type": kind["id"], f"{slug}_schema": schema["id"]}
        keys = {
            "aws_access_key_id": "AKIATEST", "aws_secret_access_key": "s3cret", "region_name": "eu-west-1",
            "aws_client_parameters": {"endpoint_url": aws},
        }  # fmt: skip
        mine = make_block(tenant, ids["aws-credentials"], "aws-credentials", "mine", keys)
        reference = {"credentials": {"$ref": {"block_document_id": mine}}}
        good = make_block(tenant, ids["s3-bucket"], "s3-bucket", "good", {"bucket_name": "data", **reference})
        bad = make_block(tenant, ids["s3-bucket"], "s3-bucket", "bad", {"bucket_name": "none", **reference})
        answers = [tenant.ok("POST", f"/block_documents/{id}/test") for id in (mine, good, bad)]
        page = visitor.post(f"{tenant.ui_url}/blocks/{good}/test", form_at=f"{tenant.ui_url}/blocks/{good}")
    assert [answer["works"] for answer in answers] == [True, True, False]
    assert "account 123456789012" in answers[0]["message"]
    assert answers[1]["message"] == "The bucket data is there and can be listed; it is empty."
    assert "404" in answers[2]["message"]
    assert "The test worked The bucket data is there" in words_of(page)
    assert "s3cret" not in json.dumps(answers) + page.text


@pytest.mark.parametrize(
    ("_case", "slug", "data", "words"),
    [
        (
            "what is asked of the role", "aws-credentials",
            {"aws_access_key_id": "AKIATEST", "aws_secret_access_key": "s3cret", "region_name": "eu-west-1",
             "assume_role_arn": "arn:aws:iam::123456789012:role/x", "assume_role_kwargs": {"seconds": 1}},
            "ParamValidationError",
        ),
        ("headers", "webhook", {"url": "https://example.com/", "headers": ["a"]}, "headers of the block are no object"),
    ],
)  # fmt: skip
def test_a_test_of_a_block_with_odd_values_says_what_is_wrong(tenant, _case, slug, data, words):
    found = tenant.ok("POST", "/block_types/filter", {"block_types": {"slug": {"any_": [slug]}}})
    kind = found[0] if found else tenant.ok("POST", "/block_types/", {"name": slug, "slug": slug})
    fields = {"title": f"Odd {slug}", "type": "object"}
    schema = tenant.ok("POST", "/block_schemas/", {"fields": fields, "block_type_id": kind["id"]})
    ids = {f"{slug}_type": kind["id"], f"{slug}_schema": schema["id"]}
    answer = tenant.ok("POST", f"/block_documents/{make_block(tenant, ids, slug, 'odd', data)}/test")
    assert (answer["works"], words in answer["message"]) == (False, True), answer


def test_a_type_that_cannot_be_tested_says_so(tenant, made):
    answer = tenant.call("POST", f"/block_documents/{made['here']}/test")
    assert (answer.status_code, answer.json()["detail"]) == (400, "Blocks of this type cannot be tested from here.")


# ---------------------------------------------------------------------------------------------------------- variables


def variables_of(tenant: Tenant) -> dict:
    rows = tenant.ok("POST", "/variables/filter", {"sort": "NAME_ASC"})
    return {row["name"]: (row["value"], sorted(row["tags"])) for row in rows}


def test_variables_are_made_changed_and_deleted(tenant, visitor):
    assert "No variables yet" in words_of(visitor.get(f"{tenant.ui_url}/variables"))
    visitor.post(f"{tenant.ui_url}/variables/new", name="limit", value='{"a": [1, null]}', tags="x, y, x")
    assert variables_of(tenant) == {"limit": ({"a": [1, None]}, ["x", "y"])}
    id = tenant.ok("GET", "/variables/name/limit")["id"]
    page = visitor.get(f"{tenant.ui_url}/variables?tag=x")
    assert "limit" in words_of(page)
    visitor.post(f"{tenant.ui_url}/variables/{id}", name="limit", value="null", tags="")
    assert variables_of(tenant) == {"limit": (None, [])}
    visitor.post(f"{tenant.ui_url}/variables/{id}/delete")
    assert variables_of(tenant) == {}


@pytest.mark.parametrize(
    ("_case", "sent", "words"),
    [
        ("no JSON", {"name": "b", "value": "{a"}, "This is not JSON"),
        ("a name that is none", {"name": "B c", "value": "1"}, "lowercase letters, numbers, dashes and underscores"),
        ("a name that is taken", {"name": "a", "value": "1"}, "already exists"),
        ("too large", {"name": "b", "value": json.dumps("x" * 5000)}, "at most 5000 bytes"),
        ("a number without end", {"name": "b", "value": "[1e999]"}, "The number 1e999 is too large"),
        ("half a character", {"name": "b", "value": '"\\ud800"'}, "half a character"),
    ],
)
def test_a_variable_that_cannot_be_is_explained_at_its_field(tenant, visitor, _case, sent, words):
    tenant.ok("POST", "/variables/", {"name": "a", "value": 1})
    answer = visitor.post(f"{tenant.ui_url}/variables/new", tags="", **sent)
    assert (answer.status_code, words in words_of(answer)) == (422, True)
    assert variables_of(tenant) == {"a": (1, [])}


@pytest.mark.parametrize(("conflicts", "a"), [("keep", 1), ("overwrite", 2)])
def test_a_file_shows_its_conflicts_before_it_is_brought_in(tenant, visitor, conflicts, a):
    tenant.ok("POST", "/variables/", {"name": "a", "value": 1, "tags": []})
    tenant.ok("POST", "/variables/", {"name": "same", "value": True, "tags": ["t"]})
    text = json.dumps({"a": {"value": 2}, "b": {"value": "new", "tags": ["x"]}, "same": {"value": True, "tags": ["t"]}})
    at = f"{tenant.ui_url}/variables/import"
    shown = visitor.post(at, text=text)
    assert "1 new, 1 different from what is here, 1 the same, 0 invalid" in words_of(shown)
    assert len(variables_of(tenant)) == 2
    visitor.post(at, text=text, do="apply", conflicts=conflicts)
    assert variables_of(tenant) == {"a": (a, []), "b": ("new", ["x"]), "same": (True, ["t"])}
    told = visitor.get(f"{tenant.ui_url}/variables/export.json").json()
    assert told["b"] == {"value": "new", "tags": ["x"]}


def test_a_file_with_something_invalid_changes_nothing(tenant, visitor):
    text = json.dumps({"good": {"value": 1}, "Not So": {"value": 1}})
    at = f"{tenant.ui_url}/variables/import"
    assert "1 invalid" in words_of(visitor.post(at, text=text))
    assert visitor.post(at, text=text, do="apply").status_code == 400
    assert "This is not JSON" in words_of(visitor.post(at, text="{"))
    assert variables_of(tenant) == {}


def test_a_viewer_changes_no_variable(tenant, viewer):
    tenant.ok("POST", "/variables/", {"name": "a", "value": 1})
    id = tenant.ok("GET", "/variables/name/a")["id"]
    visitor, at = visit_as(viewer), f"{viewer.ui_url}/variables"
    page = visitor.get(f"{at}/{id}")
    assert "Needs the Developer role" in words_of(page)
    token = TOKEN.search(page.text)[1]
    sent = {
        "csrfmiddlewaretoken": token,
        "name": "a",
        "value": "2",
        "tags": "",
        "text": '{"b": {"value": 1}}',
        "do": "apply",
    }
    paths = (f"/{id}", "/new", "/import", f"/{id}/delete")
    assert [visitor.client.post(f"{at}{path}", data=sent).status_code for path in paths] == [403] * 4
    assert variables_of(tenant) == {"a": (1, [])}


def test_a_secret_that_the_schema_does_not_describe_is_not_shown_either(tenant, visitor):
    """Named by `secret_fields` alone."""
    schema = make_schema(tenant, make_type(tenant, "odd"), {
        "title": "Odd", "type": "object", "block_type_slug": "odd", "block_schema_references": {},
        "properties": {"deep": {"type": "object", "properties": {"note": {"type": "string"}}}, "free": {"anyOf": [{"type": "array"}, {"type": "object"}]}},
        "secret_fields": ["password", "deep.token", "free.token"],
    })  # fmt: skip
    data = {
        "password": "s3cret-one",
        "deep": {"note": "n", "token": "s3cret-two"},
        "free": [{"token": "s3cret-three", "a": 1}],
    }
    id = make_document(tenant, schema, "mine", **data)["id"]
    at = f"{tenant.ui_url}/blocks/{id}"
    for page in (at, f"{at}/edit", f"{at}/clone"):
        assert "s3cret" not in visitor.get(page).text
    assert id_of(send(visitor, f"{at}/edit", {"data/deep/note": "m"})) == id
    assert stored(tenant, id) == {**data, "deep": {"note": "m", "token": "s3cret-two"}}


def test_a_variable_is_cloned_and_says_where_it_is_used_and_what_it_was(tenant, visitor):
    id = tenant.ok("POST", "/variables/", {"name": "limit", "value": {"max": 5}, "tags": ["prod"]})["id"]
    tenant.ok("POST", "/variables/", {"name": "limit_2", "value": 1})
    template = {
        "job_configuration": {},
        "variables": {"properties": {"env": {"default": "{{ prefect.variables.limit }}"}}},
    }
    tenant.ok("POST", "/work_pools/", {"name": "pool-l", "type": "process", "base_job_template": template})
    asks = {"limit": {"__prefect_kind": "workspace_variable", "variable_name": "limit"}}
    deploy = {"flow_id": make_flow(tenant)["id"], "parameters": {}}
    tenant.ok("POST", "/deployments/", {**deploy, "name": "asks", "parameters": asks})
    tenant.ok(
        "POST",
        "/deployments/",
        {**deploy, "name": "unrelated", "job_variables": {"a": "{{ prefect.variables.limit_2 }}"}},
    )
    at = f"{tenant.ui_url}/variables"
    tenant.ok("PATCH", f"/variables/{id}", {"value": {"max": 6}})
    words = words_of(visitor.get(f"{at}/{id}"))
    assert ("Deployment asks parameters" in words, "Work pool pool-l base job template" in words) == (True, True)
    assert "unrelated" not in words
    assert 'value: {"max":5} → {"max":6}' in words.replace('": ', '":')
    assert "Work pool pool-l" in words_of(visitor.get(f"{at}/{id}/delete"))
    page = visitor.get(at).text
    assert ("{{ prefect.variables.limit }}" in page, f"/variables/new?from={id}" in page) == (True, True)
    form = form_of(visitor.get(f"{at}/new?from={id}").text, "variable-form")
    assert (form["name"], json.loads(form["value"]), form["tags"]) == ("limit_copy", {"max": 6}, "prod")
    assert visitor.client.post(f"{at}/new", data=form).status_code == 302
    assert tenant.ok("GET", "/variables/name/limit_copy")["value"] == {"max": 6}


def test_a_secret_says_who_set_it_last(tenant, visitor, made):
    id = make_block(tenant, made, "everything", "mine", {"title": "a", "password": "s3cret-one", "level": "low"})
    name = tenant.user.email
    for path in (f"blocks/{id}", f"blocks/{id}/edit"):
        words = words_of(visitor.get(f"{tenant.ui_url}/{path}"))
        assert re.search(rf"•••••••• set \S.*? by {re.escape(name)}", words), words


def test_a_block_is_made_beside_a_form_and_handed_to_it(tenant, visitor, made):
    headers = {"HX-Request": "true"}
    at = f"{tenant.ui_url}/blocks/types/place/new?drawer=1"
    asked = visitor.get(f"{tenant.ui_url}/blocks/new?type=place&drawer=1", headers=headers)
    assert asked.headers["location"] == at.removeprefix(tenant.url)
    form = form_of(visitor.get(f"{tenant.ui_url}/blocks").text, "none")
    drawn = visitor.get(at, headers=headers)
    # Its fields have names of their own, so that both forms can stand in one page.
    assert ('id="nested-form"' in drawn.text, 'name="nested/path"' in drawn.text, 'id="block-name"' in drawn.text) == (
        True,
        True,
        False,
    )
    sent = {**form, "name": "there", "nested/path": "/srv", "do": "save"}
    answer = visitor.client.post(at, data=sent, headers=headers)
    (told,) = json.loads(answer.headers["hx-trigger"]).values()
    assert (answer.status_code, told["words"], told["group"]) == (204, "there", "Place")
    assert stored(tenant, told["id"]) == {"path": "/srv"}


def test_a_swap_without_a_session_leads_to_signing_in_and_back(tenant, visitor, made):
    at = f"{tenant.ui_url}/blocks/types/everything/new"
    form = form_of(visitor.get(at).text, "block-form")
    visitor.client.cookies.delete(settings.SESSION_COOKIE_NAME)
    headers = {"HX-Request": "true", "HX-Current-URL": at}
    answer = visitor.client.post(at, data={**form, "do": "add:data/tags"}, headers=headers)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (200, f"/login?next={at.removeprefix(tenant.url)}")
    assert tenant.ok("POST", "/block_documents/count", {}) == 1


def test_the_catalogue_draws_pictures_and_loads_none_from_elsewhere(tenant, visitor):
    for slug, logo in (("elsewhere", "https://cdn.example.com/logo.png"), ("s3-bucket", None)):
        tenant.ok("POST", "/block_types/", {"name": slug, "slug": slug, "logo_url": logo})
    html = visitor.get(f"{tenant.ui_url}/blocks/types").text
    assert ("cdn.example.com" in html, ".svg#bucket" in html, "<img" in html) == (False, True, False)
    found = words_of(visitor.get(f"{tenant.ui_url}/blocks/types?q=elsewh"))
    assert ("elsewhere" in found, "s3-bucket" in found) == (True, False)
