"""Jinja for people we do not know: the sandbox guards our objects, these limits guard our time and memory.

What is not on the lists here is refused: no arithmetic that multiplies strings, no assignment, no calls but
`range(…)`, short loops, harmless filters.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from jinja2 import TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

LONGEST_SOURCE = 4096
LONGEST_OUTPUT = 65_536
LONGEST_RANGE = 100
MOST_LOOPS = 10
MOST_TURNS = 1000
"""Of loops within loops, multiplied."""
MOST_FILTERS = 50
DEEPEST_FILTERS = 3

FILTERS = {
    "abs", "capitalize", "d", "default", "e", "escape", "first", "float", "int", "last", "length", "list", "lower",
    "max", "min", "reverse", "round", "safe", "sort", "string", "sum", "title", "tojson", "trim", "unique", "upper",
}  # fmt: skip
NODES = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Const, nodes.Name, nodes.Getattr, nodes.Getitem,
    nodes.Slice, nodes.Filter, nodes.Test, nodes.If, nodes.CondExpr, nodes.For, nodes.Call, nodes.And, nodes.Or,
    nodes.Not, nodes.Compare, nodes.Operand, nodes.Add, nodes.Sub, nodes.Div, nodes.FloorDiv, nodes.Neg, nodes.Pos,
    nodes.Concat, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair, nodes.Keyword,
)  # fmt: skip


class InvalidTemplate(Exception):
    """The template is wrong or asks for too much."""


FAULTS = (
    TypeError, ValueError, ArithmeticError, AttributeError, LookupError, RecursionError, MemoryError, SyntaxError,
)  # fmt: skip
environment = ImmutableSandboxedEnvironment(autoescape=False)
environment.globals = {"range": range}


def render(source: str, context: Mapping[str, Any]) -> str:
    """The text of a template. Raises InvalidTemplate."""
    if len(source) > LONGEST_SOURCE:
        raise InvalidTemplate(f"a template has at most {LONGEST_SOURCE} characters")
    try:
        check(environment.parse(source))
        return "".join(limited(environment.from_string(source).generate(**context)))
    except TemplateError as error:
        raise InvalidTemplate(str(error)) from error
    except FAULTS as error:
        raise InvalidTemplate(f"{type(error).__name__}: {error}") from error


def limited(pieces: Iterator[str]) -> Iterator[str]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > LONGEST_OUTPUT:
            raise InvalidTemplate(f"the text is longer than {LONGEST_OUTPUT} characters")
        yield piece


def check(template: nodes.Template) -> None:
    for node in walk(template):
        if not isinstance(node, NODES):
            raise InvalidTemplate(f"{type(node).__name__.lower()} is not allowed here")
        if isinstance(node, nodes.Call) and not is_short_range(node):
            raise InvalidTemplate(f"only range(…) of at most {LONGEST_RANGE} may be called")
        if isinstance(node, nodes.Filter) and (node.name not in FILTERS or filters_within(node) > DEEPEST_FILTERS):
            raise InvalidTemplate(f"the filter {node.name!r} is not allowed here")
    if sum(1 for _ in template.find_all(nodes.Filter)) > MOST_FILTERS:
        raise InvalidTemplate(f"a template has at most {MOST_FILTERS} filters")
    if sum(1 for _ in template.find_all(nodes.For)) > MOST_LOOPS:
        raise InvalidTemplate(f"a template has at most {MOST_LOOPS} loops")
    check_turns(template, 1)


def walk(node: nodes.Node) -> Iterator[nodes.Node]:
    todo = [node]
    while todo:
        item = todo.pop()
        yield item
        todo.extend(item.iter_child_nodes())


def check_turns(node: nodes.Node, turns: int) -> None:
    for child in node.iter_child_nodes():
        inner = turns
        if isinstance(child, nodes.For):
            inner = turns * turns_of(child.iter)
            if inner > MOST_TURNS:
                raise InvalidTemplate(f"loops within loops make at most {MOST_TURNS} turns")
        check_turns(child, inner)


def turns_of(source: nodes.Node) -> int:
    """How often a loop runs at most: what it runs over has to be written out."""
    if isinstance(source, nodes.Call) and is_short_range(source):
        return LONGEST_RANGE
    if isinstance(source, (nodes.List, nodes.Tuple)):
        return len(source.items)
    raise InvalidTemplate("a loop runs over range(…) or a list that is written out")


def is_short_range(node: nodes.Call) -> bool:
    if (
        not isinstance(node.node, nodes.Name)
        or node.node.name != "range"
        or node.kwargs
        or node.dyn_args
        or node.dyn_kwargs
    ):
        return False
    numbers = [argument.value for argument in node.args if isinstance(argument, nodes.Const)]
    if (
        len(numbers) != len(node.args)
        or not all(type(number) is int for number in numbers)
        or not 1 <= len(numbers) <= 3
    ):
        return False
    if any(abs(number) > 1_000_000_000 for number in numbers) or (len(numbers) == 3 and numbers[2] == 0):
        return False
    return len(range(*numbers)) <= LONGEST_RANGE


def filters_within(node: nodes.Filter) -> int:
    """How many filters stand one upon the other."""
    depth, inner = 1, node.node
    while isinstance(inner, nodes.Filter):
        depth, inner = depth + 1, inner.node
    return depth
