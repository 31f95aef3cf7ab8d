"""What hostile or careless people program: each costs the stock libraries seconds, gigabytes or their lives.

Those at the door `create_flow_run` go there by a deployment that has their schema, `plain_run` is one without.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

DEEP = 30
A = "a" * 30


class Bomb(NamedTuple):
    """`status`: the answer's. What is taken (a date that never comes, a template that is only read) costs nothing."""

    name: str
    door: str
    body: dict[str, Any]
    status: int


CIRCULAR = {"a reference to itself", "two that refer to each other"}
FITTING = {"dynamic references"}
# A form is told what is wrong, where that is found out in time.
TOLD = {
    "enumerations of large things", "unique things", "a part in another dialect", "patterns of names",
    "a division by almost nothing", "a deep schema",
}  # fmt: skip
UNTOLD = {"a large repetition", "a pattern that looks back"}
TAKEN = {
    "30 February", "a week that never comes", "an Easter in December", "seconds", "a long template",
    "many open comments",
}  # fmt: skip
UNREAD = {"loops within loops", "many loops", "deep brackets", "deep lists", "many additions"}


def schemas() -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Schemas with a value of theirs."""
    loop = {"$ref": "#/definitions/x"}
    yield "a reference to itself", {"properties": {"v": loop}, "definitions": {"x": loop}}, 1
    ping, pong = {"$ref": "#/definitions/b"}, {"$ref": "#/definitions/a"}
    yield "two that refer to each other", {"properties": {"v": pong}, "definitions": {"a": ping, "b": pong}}, 1
    for word in ("allOf", "anyOf", "oneOf"):
        doubled = {f"d{n}": {word: [{"$ref": f"#/definitions/d{n + 1}"}] * 2} for n in range(DEEP)}
        doubled[f"d{DEEP}"] = {"type": "string"}
        yield f"{word} that doubles", {"properties": {"v": {"$ref": "#/definitions/d0"}}, "definitions": doubled}, 1
    nots = {f"d{n}": {"not": {"allOf": [{"$ref": f"#/definitions/d{n + 1}"}] * 2}} for n in range(DEEP)}
    nots[f"d{DEEP}"] = {"type": "string"}
    yield "not that doubles", {"properties": {"v": {"$ref": "#/definitions/d0"}}, "definitions": nots}, "x"
    ifs = {f"d{n}": {"if": loop_to(n), "then": loop_to(n), "else": loop_to(n)} for n in range(DEEP)}
    ifs[f"d{DEEP}"] = {"type": "string"}
    yield "if and then that double", {"properties": {"v": {"$ref": "#/definitions/d0"}}, "definitions": ifs}, 1
    uneval = {f"d{n}": {"allOf": [{"$ref": f"#/definitions/d{n + 1}"}] * 2} for n in range(DEEP)}
    uneval[f"d{DEEP}"] = {"type": "object"}
    top = {"$ref": "#/definitions/d0", "unevaluatedProperties": False}
    yield "what is not evaluated, doubled", {"properties": {"v": top}, "definitions": uneval}, {"a": 1}
    top = {"$ref": "#/definitions/d0", "unevaluatedItems": False}
    yield "items that are not evaluated", {"properties": {"v": top}, "definitions": uneval}, [1]
    yield "dynamic references", {"properties": {"v": {"$dynamicAnchor": "n", "items": {"$dynamicRef": "#n"}}}}, nest(60)
    fat = ["y" * 200 for _ in range(2000)]
    yield "errors that each print a large value", {"properties": {"v": {"allOf": [{"maxItems": 1}] * 3000}}}, fat
    many = {"properties": {"v": {"items": {"allOf": [True] * 3000}}}}
    yield "many schemas that say nothing", many, list(range(5000))
    yield "many choices", {"properties": {"v": {"items": {"oneOf": [{"const": n} for n in range(1000)]}}}}, [-1] * 2000
    yield "long enumerations", {"properties": {"v": {"items": {"enum": list(range(9000))}}}}, [-1] * 9000
    yield (
        "contains",
        {"properties": {"v": {"contains": {"const": -1}, "items": {"contains": {"const": 0}}}}},
        [[1] * 900] * 90,
    )
    yield (
        "enumerations of large things",
        {"properties": {"v": {"items": {"enum": [[1] * 3000] * 9}}}},
        [[1] * 2999 + [2]] * 40,
    )
    twins = [{"a": {"b": n % 2999}} for n in range(3000)]
    yield "unique things", {"properties": {"v": {"uniqueItems": True}}}, twins
    yield "unique things, often", {"properties": {"v": {"allOf": [{"uniqueItems": True}] * 500}}}, twins
    for name, pattern in (
        ("nested quantifiers", "^(a+)+$"), ("alternatives that overlap", "^(a|a)*$"), ("dots", "^(.*)*x$"),
        ("many optional letters", f"^{'a?' * 30}{'a' * 30}$"), ("spaces", r"^(\s*)*\S$"), ("words", r"^(\w+\s?)*$"),
        ("groups of groups", "^(([a-z])+.)+[A-Z]([a-z])+$"),
    ):  # fmt: skip
        yield f"a pattern of {name}", {"properties": {"v": {"pattern": pattern}}}, A * 100 + "!"
    yield "a large repetition", {"properties": {"v": {"pattern": "(a{1000}){1000}"}}}, A
    yield "a pattern that looks back", {"properties": {"v": {"pattern": r"(a*)\1b"}}}, A
    other = {"$schema": "http://json-schema.org/draft-07/schema#", "pattern": "^(a+)+$"}
    yield "a part in another dialect", {"properties": {"v": other}}, A + "!"
    yield "patterns of names", {"properties": {"v": {"patternProperties": {"^(a+)+$": {"type": "null"}}}}}, {A + "a": 1}
    names = {f"k{n}": n for n in range(2000)}
    yield (
        "many names, many patterns",
        {"properties": {"v": {"patternProperties": {f"^k.*{n}$": {"type": "null"} for n in range(300)}}}},
        names,
    )
    yield (
        "names that are looked at",
        {"properties": {"v": {"propertyNames": {"allOf": [{"pattern": "^z"}] * 60}}}},
        names,
    )
    yield "a reference to another host", {"properties": {"v": {"$ref": "http://127.0.0.1:9/x.json"}}}, 1
    yield "a reference to a file", {"properties": {"v": {"$ref": "file:///etc/passwd"}}}, 1
    deep: Any = {"type": "string"}
    for _ in range(12):
        deep = {"properties": {"a": deep}, "anyOf": [{"type": "null"}]}
    yield "a deep schema", {"properties": {"v": deep}}, nest_in("a", 12)
    yield "a division by almost nothing", {"properties": {"v": {"multipleOf": 1e-300}}}, 1e300


def loop_to(n: int) -> dict[str, str]:
    return {"$ref": f"#/definitions/d{n + 1}"}


def nest(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value, value] if depth < 8 else [value]
    return value


def nest_in(name: str, depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {name: value}
    return value


LOOP = "{% for i in range(100) %}"
END = "{% endfor %}"
SORTING = "{{ ('" + "zyx" * 60 + "' ~ i)|list|sort|unique }}"
TEMPLATES = (
    ("loops within loops", f"{LOOP * 3}x{END * 3}"),
    ("many loops", f"{LOOP}x{END}" * 11),
    ("a long range", "{% for i in range(10**9) %}x{% endfor %}"),
    ("a long range, written out", "{{ range(1000000000)|list }}"),
    ("a sum over a range", "{{ range(999999999)|sum }}"),
    ("a text times a number", "{{ 'a' * 10**9 }}"),
    ("a list times a number", "{{ ([0] * 10**9)|length }}"),
    ("a power", "{{ 9**9**9 }}"),
    ("padding", "{{ 'a'.center(10**9) }}"),
    ("a filter that pads", "{{ 'a'|center(1000000000) }}"),
    ("a format with a width", "{{ '%1000000000d' % 1 }}"),
    ("a format filter", "{{ '%1000000000d'|format(1) }}"),
    ("format with braces", "{{ '{:1000000000}'.format(1) }}"),
    ("indentation", "{{ 'a\n'|indent(1000000000) }}"),
    ("lorem ipsum", "{{ lipsum(n=100000) }}"),
    ("a text that doubles", "{% set a = 'aaaaaaaaaa' %}" + "{% set a = a ~ a %}" * 40 + "{{ a }}"),
    ("nested joins", "{{ range(100)|join(range(100)|join(range(100)|join('a' * 1000000))) }}"),
    ("replacements", "{{ 'aaaaaaaaaa'" + "|replace('a', 'aaaaaaaaaa')" * 9 + " }}"),
    ("a macro that calls itself", "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}"),
    ("a recursive loop", "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}"),
    ("many filters", "{{ 'a'" + "|upper" * 60 + " }}"),
    ("sorting in loops", LOOP + "{% for j in [1,2,3,4,5,6,7,8,9,10] %}" + SORTING * 10 + END * 2),
    ("deep brackets", "{{ " + "(" * 400 + "1" + ")" * 400 + " }}"),
    ("deep lists", "{{ " + "[" * 400 + "]" * 400 + " }}"),
    ("many additions", "{{ 1" + "+1" * 1900 + " }}"),
    ("a walk to the interpreter", "{{ ''.__class__.__mro__[1].__subclasses__() }}"),
)  # fmt: skip
ROOMY_TEMPLATES = (
    ("a long template", "{{ a }}" * 9000),
    ("deep brackets", "{{ " + "(" * 20000 + "1" + ")" * 20000 + " }}"),
    ("deep conditions", "{% if a %}" * 4000 + "{% endif %}" * 4000),
    ("a chain of attributes", "{{ a" + ".b" * 30000 + " }}"),
    ("many open comments", "{#" * 30000),
    ("many open texts", "{{ '" * 15000),
    ("loops within loops", f"{LOOP * 3}x{END * 3}"),
    ("many loops", f"{LOOP}x{END}" * 2000),
)
RRULES = (
    ("30 February", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"),
    ("each second of 30 February", "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"),
    ("no step", "FREQ=DAILY;INTERVAL=0"),
    ("a step back", "FREQ=DAILY;INTERVAL=-1"),
    ("each second since 1970", "DTSTART:19700101T000000\nRRULE:FREQ=SECONDLY"),
    ("a billion times", "FREQ=SECONDLY;COUNT=1000000000"),
    ("each minute, the last of them", "FREQ=MINUTELY;COUNT=1000000000;BYSETPOS=-1"),
    ("exceptions", "DTSTART:20200101T000000\nRRULE:FREQ=DAILY\nEXRULE:FREQ=DAILY"),
    ("a week that never comes", "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;BYMONTH=6"),
    ("an Easter in December", "FREQ=YEARLY;BYEASTER=0;BYMONTH=12"),
    ("an enormous step", "FREQ=DAILY;INTERVAL=99999999999999999999"),
    ("an enormous text", "FREQ=DAILY;BYHOUR=" + ",".join(["1"] * 20000)),
)  # fmt: skip
CRONS = (
    ("30 February", "0 0 30 2 *"),
    ("a very long list", ",".join(["1"] * 30000) + " * * * *"),
    ("a range beyond the calendar", "0-999999999 * * * *"),
    ("a step of nothing", "*/0 * * * *"),
    ("seconds", "* * * * * *"),
)  # fmt: skip


def bombs() -> Iterator[Bomb]:
    for name, schema, value in schemas():
        run = 201 if name in FITTING else 422 if name in CIRCULAR else 409
        told = name in TOLD | FITTING or (name.startswith("a pattern of") and name not in UNTOLD)
        yield Bomb(f"a schema: {name}", "create_flow_run", {"schema": schema, "parameters": {"v": value}}, run)
        form = {"schema": schema, "values": {"v": value}}
        yield Bomb(f"a form: {name}", "ui/schemas/validate", form, 200 if told else 422)
    for name, source in TEMPLATES:
        template = {"__prefect_kind": "jinja", "template": source}
        yield Bomb(f"a parameter: {name}", "plain_run", {"parameters": {"p": template}}, 400)
        read = {"source": source}
        yield Bomb(f"a template: {name}", "templates/validate", read, 422 if name in UNREAD else 204)
    for name, source in ROOMY_TEMPLATES:
        read = {"source": source}
        yield Bomb(f"a large template: {name}", "templates/validate", read, 204 if name in TAKEN else 422)
    for name, rule in RRULES:
        schedule = {"schedules": [{"schedule": {"rrule": rule}}]}
        yield Bomb(f"an RRULE: {name}", "deployments", schedule, 201 if name in TAKEN else 422)
    for name, cron in CRONS:
        schedule = {"schedules": [{"schedule": {"cron": cron}}]}
        yield Bomb(f"a cron line: {name}", "deployments", schedule, 201 if name in TAKEN else 422)
