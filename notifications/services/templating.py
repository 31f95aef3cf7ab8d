"""A policy's own words: their context is kept with the message, and they are rendered when it is sent or shown.

Rendering waits for another process, so it has no place in the transaction that decides.
"""

from msgspec.structs import replace

from controlplane.sandbox.checking import is_template
from controlplane.sandbox.rendering import RenderingFailed, render
from notifications.rules.deciding import Alert, What
from notifications.rules.wording import Told, context_of
from notifications.wire import Message, OwnWords
from notifications.wire.policies import Policy


def with_own_words(policy: Policy, alert: Alert, what: What, message: Message, story: Told) -> Message:
    """The message with the policy's templates and what they are given, if it has any."""
    if policy.subject_template is None and policy.body_template is None:
        return message
    context = context_of(alert, what, message, story, policy=policy.name, severity=policy.severity)
    own = OwnWords(subject=policy.subject_template or "", body=policy.body_template or "", context=context)
    return replace(message, own=own)


def worded(message: Message) -> Message:
    """The message in its own words. Ours stand where a template cannot be rendered, and say so: nothing is lost."""
    own = message.own
    if own is None:
        return message
    try:
        headline = filled(own.subject, own) if own.subject else message.headline
        detail = filled(own.body, own) if own.body else message.detail
    except RenderingFailed as failed:
        notes = (*message.notes, ("Template", f"could not be rendered: {failed}"))
        return replace(message, own=None, notes=notes)
    return replace(message, own=None, headline=headline.strip() or message.headline, detail=detail)


def filled(source: str, own: OwnWords) -> str:
    return render(source, own.context) if is_template(source) else source
