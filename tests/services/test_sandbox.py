"""Templates of strangers: what they may, and what ends them."""

import json
import time

import pytest

from controlplane.sandbox.rendering import RenderingFailed, folded, record, render

RUN = record({"name": "strange-sawfly", "state": {"name": "Failed"}}, ui_url="http://here/runs/1", id="1")


@pytest.mark.parametrize(
    ("_case", "source", "text"),
    [
        ("a value", "{{ flow_run.name }} {{ flow_run.state.name }}", "strange-sawfly Failed"),
        ("nothing there, however deep", "[{{ nobody.here.at['all'] }}]", "[]"),
        ("an attribute beside the keys", "{{ flow_run.id }}", "1"),
        ("a filter that reads one", "{{ flow_run|ui_url }} [{{ nobody|ui_url }}]", "http://here/runs/1 []"),
        ("JSON has the keys only", "{{ flow_run|tojson }}", '{"name": "strange-sawfly", "state": {"name": "Failed"}}'),
        ("headers in any case", "{{ headers['X-Kind'] }}{{ headers.get('x-KIND') }}", "aa"),
        ("humanized", "{{ 1234567|humanize_intcomma }}", "1,234,567"),
        ("a loop", "{% for tag in tags %}{{ tag }},{% endfor %}", "a,b,"),
    ],
)
def test_templates_see_what_they_are_given(_case, source, text):
    context = {"flow_run": RUN, "headers": folded({"x-kind": "a"}), "tags": ["a", "b"]}
    assert render(source, context, attribute_filters=["ui_url"]) == text


@pytest.mark.parametrize(
    ("_case", "source", "words"),
    [
        ("a class", "{{ ''.__class__.__mro__[1].__subclasses__() }}", "SecurityError"),
        ("memory", "{{ ('a' * 10000000000)|length }}", "memory"),
        ("time", "{% for a in range(100) %}{% for b in range(100) %}{% for c in range(100) %}{% for d in range(100) %}"
         "{% endfor %}{% endfor %}{% endfor %}{% endfor %}", "too much"),
        ("time inside one call", "{{ 10 ** (10 ** 9) }}", "too much"),
        ("a long range", "{% for a in range(101) %}{% endfor %}", "range() may not count more than 100"),
        ("a long text", "{% for a in range(100) %}{{ 'a' * 100000 }}{% endfor %}", "longer than"),
        ("bad syntax", "{{ ", "line 1"),
        ("an error", "{{ 1 / 0 }}", "ZeroDivisionError"),
    ],
)  # fmt: skip
def test_what_a_template_may_not_do_ends_with_words_and_the_next_one_works(_case, source, words):
    began = time.monotonic()
    with pytest.raises(RenderingFailed, match=words.replace("(", r"\(").replace(")", r"\)")):
        render(source, {})
    assert time.monotonic() - began < 8
    assert render("{{ 1 + 1 }}", {}) == "2"


def test_a_cloud_event_becomes_an_event():
    headers = folded({"ce-type": "made", "ce-source": "shop", "ce-subject": "cart"})
    made = json.loads(render("{{ body|from_cloud_event(headers) }}", {"body": {"n": 1}, "headers": headers}))
    assert made == {
        "event": "made",
        "resource": {"prefect.resource.id": "shop/cart", "prefect.resource.name": "cart"},
        "payload": {"n": 1},
    }
