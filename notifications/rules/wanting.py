"""Which facts a policy wants, and which of them belong together."""

from fnmatch import fnmatchcase

from notifications.rules.facts import RUN_STATE, Fact, about, family
from notifications.wire.policies import Policy, Watch


def wants(policy: Policy, fact: Fact) -> bool:
    watch = policy.watch
    return (
        (fact.rule_id is None or fact.rule_id == policy.id)
        and wants_kind(watch, fact)
        and fits_tags(watch, fact)
        and fits_places(watch, fact)
        and fits_names(watch, fact)
        # A channel that fails is not told that it does.
        and (fact.channel_id is None or fact.channel_id not in policy.channel_ids)
    )


def wants_kind(watch: Watch, fact: Fact) -> bool:
    if fact.kind != RUN_STATE:
        return fact.kind in watch.kinds
    # By the event's name too, as the state of an event that a client made up is.
    named = fact.event.removeprefix("prefect.flow-run.")
    return fact.state_type in watch.state_types or named in watch.state_names


def fits_tags(watch: Watch, fact: Fact) -> bool:
    if not watch.tags:
        return True
    found = set(watch.tags) & set(fact.tags)
    return len(found) == len(set(watch.tags)) if watch.match_tags == "all" else bool(found)


def fits_places(watch: Watch, fact: Fact) -> bool:
    return (
        (not watch.deployment_ids or fact.deployment_id in watch.deployment_ids)
        and (not watch.flow_ids or fact.flow_id in watch.flow_ids)
        and (not watch.work_pools or any(fnmatchcase(fact.work_pool, pool) for pool in watch.work_pools))
    )


def fits_names(watch: Watch, fact: Fact) -> bool:
    """Of the run, the flow, the deployment; of a resource that is none of these, its own."""
    names = (fact.flow_run, fact.flow, fact.deployment, fact.resource_name)
    return not watch.names or any(fnmatchcase(name, glob) for glob in watch.names for name in names if name)


def group_key(policy: Policy, fact: Fact) -> str:
    """What an alert is found by: facts with the same key are one alert.

    A run without a deployment counts by its flow; one tag groups by the first that the policy asks for.
    """
    by = policy.group.by
    if by == "none":
        return f"event:{fact.event_id}"
    if by == "tag":
        wanted = [tag for tag in fact.tags if not policy.watch.tags or tag in policy.watch.tags]
        return f"{family(fact)}:tag:{min(wanted, default='')}"
    if by == "flow" and fact.flow_id is not None:
        return f"{family(fact)}:flow:{fact.flow_id}"
    place = about(fact)
    if fact.deployment_id is not None:
        place = f"deployment:{fact.deployment_id}"
    elif fact.flow_id is not None:
        place = f"flow:{fact.flow_id}"
    return f"{family(fact)}:{place}"
