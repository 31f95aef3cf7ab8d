"""Is a template sound? It is read, never rendered: sandbox and budgets of rendering belong to the evaluation."""

from jinja2 import TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from automations.wire.automations import TemplateFault

LONGEST_SOURCE = 65_536
MOST_LOOPS = 10
DEEPEST_LOOPS = 2

environment = ImmutableSandboxedEnvironment(autoescape=False)


def find_fault(source: str) -> TemplateFault | None:
    """The first thing that is wrong; None if the template can be rendered."""
    if not is_template(source):
        return None
    if len(source) > LONGEST_SOURCE:
        return fault(source, f"Templates can contain no more than {LONGEST_SOURCE} characters.")
    try:
        tree = environment.parse(source)
        loops, depth = sum(1 for _ in tree.find_all(nodes.For)), depth_of(tree)
    except TemplateSyntaxError as error:
        return TemplateFault(line=error.lineno, message=error.message or "", source=source)
    except RecursionError:
        return fault(source, "Templates can not be nested this deeply.")
    if loops > MOST_LOOPS:
        return fault(source, f"Contains {loops} for loops. Templates can contain no more than {MOST_LOOPS} for loops.")
    if depth > DEEPEST_LOOPS:
        return fault(
            source,
            f"Contains nested for loops at a depth of {depth}. "
            f"Templates can nest for loops no more than {DEEPEST_LOOPS} loops deep.",
        )
    return None


def is_template(source: str) -> bool:
    """Text without a mark of Jinja is left alone."""
    return "{{" in source or "{%" in source


def fault(source: str, message: str) -> TemplateFault:
    return TemplateFault(line=0, message=message, source=source)


def depth_of(node: nodes.Node) -> int:
    """How many loops stand one within the other."""
    deepest = max((depth_of(child) for child in node.iter_child_nodes()), default=0)
    return deepest + isinstance(node, nodes.For)
