"""A trigger as the fields of a sentence, and back. What no sentence says whole is left to JSON: nothing is lost."""

from collections.abc import Sequence
from typing import Any, Literal

from msgspec import Struct, to_builtins

from automations.wire.triggers import EventTrigger, MetricTrigger, Trigger
from controlplane.wire.id_texts import ID_TEXT
from controlplane.wire.lengths import format_length

ID, ROLE = "prefect.resource.id", "prefect.resource.role"
Kind = Literal["run", "pool", "queue", "deployment", "event", "metric"]
How = Literal["enters", "stays", "missing"]
PREFIXES = {
    "run": "prefect.flow-run", "pool": "prefect.work-pool", "queue": "prefect.work-queue",
    "deployment": "prefect.deployment",
}  # fmt: skip
STATES = {
    "run": (
        "Failed", "Crashed", "TimedOut", "Completed", "Cancelled", "Late", "Scheduled", "AwaitingRetry", "Pending",
        "Running", "Retrying", "Paused", "Suspended", "Cancelling",
    ),
    "pool": ("not-ready", "ready", "paused"),
    "queue": ("not-ready", "ready", "paused"),
    "deployment": ("not-ready", "ready"),
}  # fmt: skip
EACH = {"": [], "each": [ID], "deployment": ["related:deployment:prefect.resource.id"]}


class Sentence(Struct, kw_only=True):
    """The fields of the builder's sentence. `which` is the id of a pool, queue or deployment; empty means any."""

    kind: Kind
    how: How = "enters"
    names: list[str] = []
    after: list[str] = []
    which: str = ""
    resource: str = ""
    deployment: str = ""
    flow: str = ""
    tag: str = ""
    each: str = ""
    threshold: int = 1
    within: float = 0.0
    metric: str = "lateness"
    operator: str = ">"
    number: float = 0.0
    range: float = 300.0
    firing_for: float = 300.0


def write_trigger(sentence: Sentence) -> dict[str, Any]:
    """The trigger on the wire, with every default."""
    if sentence.kind == "metric":
        return {
            "type": "metric", "id": None, "match": {ID: "prefect.flow-run.*"}, "match_related": related(sentence),
            "posture": "Metric",
            "metric": {
                "name": sentence.metric, "threshold": sentence.number, "operator": sentence.operator,
                "range": sentence.range, "firing_for": sentence.firing_for,
            },
        }  # fmt: skip
    names, after, match = list(sentence.names), list(sentence.after), {}
    if sentence.kind == "event":
        match = {ID: sentence.resource} if sentence.resource else {}
    else:
        prefix = PREFIXES[sentence.kind]
        names = [f"{prefix}.{name}" for name in sentence.names]
        match = {ID: f"{prefix}.{sentence.which or '*'}"}
        if sentence.how == "stays":
            names, after = [f"{prefix}.*"], names
    return {
        "type": "event", "id": None, "match": match, "match_related": related(sentence), "after": sorted(set(after)),
        "expect": sorted(set(names)), "for_each": list(EACH[sentence.each]),
        "posture": "Reactive" if sentence.how == "enters" else "Proactive", "threshold": sentence.threshold,
        "within": sentence.within,
    }  # fmt: skip


def related(sentence: Sentence) -> dict[str, str] | list[dict[str, str]]:
    asked = [("deployment", sentence.deployment), ("flow", sentence.flow), ("tag", sentence.tag)]
    labels = [{ROLE: kind, ID: f"prefect.{kind}.{value}"} for kind, value in asked if value]
    return labels if len(labels) > 1 else labels[0] if labels else {}


def read_trigger(trigger: Trigger) -> Sentence | None:
    """The sentence that says exactly this trigger; None if there is none."""
    wanted = {**to_builtins(trigger), "id": None}
    for sentence in guesses(trigger):
        if write_trigger(sentence) == wanted:
            return sentence
    return None


def guesses(trigger: Trigger) -> list[Sentence]:
    if isinstance(trigger, MetricTrigger):
        query = trigger.metric
        return [
            Sentence(
                kind="metric", metric=query.name, operator=query.operator, number=query.threshold, range=query.range,
                firing_for=query.firing_for, **read_related(trigger.match_related),
            )
        ]  # fmt: skip
    if not isinstance(trigger, EventTrigger):
        return []
    each = next((word for word, labels in EACH.items() if labels == trigger.for_each), None)
    if each is None:
        return []
    shared: dict[str, Any] = {
        "each": each, "threshold": trigger.threshold, "within": trigger.within or 0.0,
        **read_related(trigger.match_related),
    }  # fmt: skip
    resource = trigger.match.get(ID, "")
    resource = resource if isinstance(resource, str) else ""
    reactive = trigger.posture == "Reactive"
    found: list[Sentence] = []
    for kind, prefix in PREFIXES.items():
        which = resource.removeprefix(f"{prefix}.") if resource.startswith(f"{prefix}.") else ""
        which = "" if which == "*" else which
        hows: list[tuple[How, list[str]]] = [("enters", trigger.expect)] if reactive else [("missing", trigger.expect)]
        if not reactive:
            hows.append(("stays", trigger.after))
        for how, names in hows:
            short = short_names(names, prefix, STATES[kind])
            if short is not None and not (kind == "run" and which):
                found.append(Sentence(kind=kind, how=how, names=short, which=which, **shared))  # type: ignore[arg-type]
    how = "enters" if reactive else "missing"
    plain = Sentence(kind="event", how=how, names=trigger.expect, after=trigger.after, resource=resource, **shared)
    return [*found, plain]


def short_names(names: Sequence[str], prefix: str, known: Sequence[str]) -> list[str] | None:
    short = [name.removeprefix(f"{prefix}.") for name in names]
    return short if short and all(name in known for name in short) else None


def read_related(labels: Any) -> dict[str, Any]:
    found = {}
    for one in labels if isinstance(labels, list) else [labels]:
        kind, id = one.get(ROLE), one.get(ID)
        if kind in ("deployment", "flow", "tag") and isinstance(id, str):
            found[kind] = id.removeprefix(f"prefect.{kind}.")
    return found


# ------------------------------------------------------------------------------------------------------------- words

OUTCOMES = {
    "pool": {"not-ready": "has no worker", "ready": "is ready", "paused": "is paused"},
    "queue": {"not-ready": "is not polled", "ready": "is ready", "paused": "is paused"},
    "deployment": {"not-ready": "is not ready", "ready": "is ready"},
}
THINGS = {"run": "a flow run", "pool": "a work pool", "queue": "a work queue", "deployment": "a deployment"}
METRICS = {"lateness": "average lateness", "duration": "average duration", "successes": "success rate"}


def say(trigger: Trigger, names: dict[str, str] | None = None) -> str:
    """When it fires, in a line. `names` are the names of the ids that occur."""
    sentence = read_trigger(trigger)
    if sentence is None:
        return say_other(trigger, names)
    scope = say_scope(sentence, names)
    if sentence.kind == "metric":
        return (
            f"the {METRICS[sentence.metric]} of runs{scope} is {sentence.operator} {sentence.number:g}"
            f" over {format_length(sentence.range)}, for {format_length(sentence.firing_for)}"
        )
    often = ""
    if sentence.how == "enters" and sentence.threshold != 1:
        often = f" {sentence.threshold} times" + (f" in {format_length(sentence.within)}" if sentence.within else "")
    span = format_length(sentence.within)
    if sentence.kind == "event":
        words = one_of(sentence.names) or "anything"
        about = f" about {sentence.resource}" if sentence.resource else ""
        behind = f" after {one_of(sentence.after)}" if sentence.after else ""
        if sentence.how == "enters":
            return f"{words} happens{about}{scope}{behind}{often}"
        return f"{words} does not happen{about}{scope} within {span}{behind}"
    thing = THINGS[sentence.kind] + scope
    if sentence.which:
        thing = f"{THINGS[sentence.kind].removeprefix('a ')} {name_of(sentence.which, names)}"
    if sentence.kind in OUTCOMES and sentence.how == "enters":
        return f"{thing} {one_of([OUTCOMES[sentence.kind][name] for name in sentence.names])}{often}"
    states = one_of(sentence.names)
    return {
        "enters": f"{thing} enters {states}{often}", "stays": f"{thing} stays in {states} for {span}",
        "missing": f"{thing} does not enter {states} within {span}",
    }[sentence.how]  # fmt: skip


def name_of(id: str, names: dict[str, str] | None) -> str:
    """What is called by an id. Of a pattern, or where no names are given, the text itself."""
    if names is None or not ID_TEXT.fullmatch(id):
        return id
    return names.get(id, f"{id} (gone)")


def say_scope(sentence: Sentence, names: dict[str, str] | None) -> str:
    words = ""
    if sentence.deployment:
        words += f" of {name_of(sentence.deployment, names)}"
    if sentence.flow:
        words += f" of flow {name_of(sentence.flow, names)}"
    return words + (f" tagged {sentence.tag}" if sentence.tag else "")


def say_other(trigger: Trigger, names: dict[str, str] | None) -> str:
    if isinstance(trigger, EventTrigger):
        words, behind = one_of(trigger.expect) or "anything", f" after {one_of(trigger.after)}" if trigger.after else ""
        if trigger.posture == "Reactive":
            return f"{words} happens{behind}, with the labels it asks for"
        return f"{words} does not happen within {format_length(trigger.within or 0)}{behind}"
    if isinstance(trigger, MetricTrigger):
        return f"the {METRICS[trigger.metric.name]} is {trigger.metric.operator} {trigger.metric.threshold:g}"
    inner = [say(child, names) for child in trigger.triggers]
    span = f" within {format_length(trigger.within)}" if trigger.within else ""
    if trigger.__struct_config__.tag == "sequence":
        return ", then ".join(inner) + span
    require = getattr(trigger, "require", "all")
    joined = {"any": " or ", "all": " and "}.get(str(require))
    return (joined.join(inner) if joined else f"{require} of: " + "; ".join(inner)) + span


def outline(trigger: Trigger, names: dict[str, str] | None = None, depth: int = 0) -> list[tuple[int, str]]:
    """The trigger as a tree: (depth, line)."""
    children = getattr(trigger, "triggers", None)
    if children is None:
        return [(depth, say(trigger, names))]
    span = f" within {format_length(trigger.within)}" if trigger.within else ""  # type: ignore[union-attr]
    require = getattr(trigger, "require", None)
    head = "these in this order" if require is None else f"{require} of these"
    lines = [(depth, head + span)]
    for child in children:
        lines += outline(child, names, depth + 1)
    return lines


def one_of(words: Sequence[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
