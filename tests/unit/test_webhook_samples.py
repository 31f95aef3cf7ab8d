"""A request as people paste it."""

import pytest

from events.rules.sample_requests import JSON, read_sample, write_sample
from events.rules.webhook_requests import excerpt, read_body


@pytest.mark.parametrize(
    ("_case", "text", "method", "headers", "content"),
    [
        ("a body alone", '{"a": 1}', "POST", JSON, b'{"a": 1}'),
        ("nothing", "", "POST", JSON, b""),
        ("as on the wire", "PUT /x HTTP/1.1\r\nX-Event: push\r\nHost: h\r\n\r\na\r\n\r\nb", "PUT",
         {"x-event": "push", "host": "h"}, b"a\n\nb"),
        ("a line and a body", "GET /x\n\nq", "GET", JSON, b"q"),
        ("headers and a body", "X-Event: push\nContent-Type: text/plain\n\nhello", "POST",
         {"x-event": "push", "content-type": "text/plain"}, b"hello"),
        ("text of several parts", "hello world\n\nmore", "POST", JSON, b"hello world\n\nmore"),
        ("json of several lines", '{\n"a": 1\n\n}', "POST", JSON, b'{\n"a": 1\n\n}'),
    ],
)  # fmt: skip
def test_what_was_pasted_is_read_as_a_request(_case, text, method, headers, content):
    sample = read_sample(text)
    assert (sample.method, sample.headers, sample.content) == (method, headers, content)


@pytest.mark.parametrize("body", [{"a": [1, "ü"]}, "plain text", []])
def test_a_request_that_an_event_shows_can_be_tried_again(body):
    shown = excerpt("PATCH", {"x-a": "b: c", "content-type": "application/json"}, body)
    sample = read_sample(write_sample(shown))
    assert (sample.method, sample.headers) == ("PATCH", shown["headers"])
    assert read_body(sample.content, "application/json") == body


def test_what_a_sender_proves_itself_by_is_not_shown():
    headers = {"x-gitlab-token": "t", "X-Api-Key": "k", "x-hub-signature-256": "s", "x-github-event": "push"}
    assert excerpt("POST", headers, "")["headers"] == {
        "x-gitlab-token": "********", "X-Api-Key": "********", "x-hub-signature-256": "********",
        "x-github-event": "push",
    }  # fmt: skip
