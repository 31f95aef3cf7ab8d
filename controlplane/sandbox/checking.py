"""Is a template sound? It is read, never rendered."""

from collections.abc import Collection

from jinja2 import TemplateSyntaxError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from msgspec import Struct

LONGEST_SOURCE = 65_536
MOST_LOOPS = 10
DEEPEST_LOOPS = 2

environment = ImmutableSandboxedEnvironment(autoescape=False)


class Fault(Struct, frozen=True):
    """What is wrong, and in which line; 0 if it is the whole."""

    line: int
    message: str


def find_fault(source: str, *, names: Collection[str] | None = None) -> Fault | None:
    """The first thing that is wrong; None if the template can be rendered. `names` are those that it may ask for."""
    if not is_template(source):
        return None
    if len(source) > LONGEST_SOURCE:
        return Fault(0, f"Templates can contain no more than {LONGEST_SOURCE} characters.")
    try:
        tree = environment.parse(source)
        loops, depth = sum(1 for _ in tree.find_all(nodes.For)), depth_of(tree)
        asked = meta.find_undeclared_variables(tree) if names is not None else set()
    except TemplateSyntaxError as error:
        return Fault(error.lineno, error.message or "")
    except RecursionError:
        return Fault(0, "Templates can not be nested this deeply.")
    if loops > MOST_LOOPS:
        return Fault(0, f"Contains {loops} for loops. Templates can contain no more than {MOST_LOOPS} for loops.")
    if depth > DEEPEST_LOOPS:
        return Fault(
            0,
            f"Contains nested for loops at a depth of {depth}. "
            f"Templates can nest for loops no more than {DEEPEST_LOOPS} loops deep.",
        )
    unknown = asked - set(names or ())
    return unknown_name(tree, unknown, names or ()) if unknown else None


def unknown_name(tree: nodes.Template, unknown: set[str], names: Collection[str]) -> Fault:
    found = next(name for name in tree.find_all(nodes.Name) if name.name in unknown)
    return Fault(found.lineno, f"There is nothing called {found.name}. Known are {', '.join(sorted(names))}.")


def is_template(source: str) -> bool:
    """Text without a mark of Jinja is left alone."""
    return "{{" in source or "{%" in source


def depth_of(node: nodes.Node) -> int:
    """How many loops stand one within the other."""
    deepest = max((depth_of(child) for child in node.iter_child_nodes()), default=0)
    return deepest + isinstance(node, nodes.For)
