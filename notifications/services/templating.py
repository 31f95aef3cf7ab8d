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
    return worded_or_why(message)[0]


def worded_or_why(message: Message) -> tuple[Message, dict[str, str]]:
    """The same, with what is wrong in the templates `subject` and `body`."""
    own = message.own
    if own is None:
        return message, {}
    texts, faults = {"subject": message.headline, "body": message.detail}, {}
    for name, source in (("subject", own.subject), ("body", own.body)):
        try:
            texts[name] = filled(source, own) if source else texts[name]
        except RenderingFailed as failed:
            faults[name] = str(failed)
    if faults:
        notes = (*message.notes, ("Template", f"could not be rendered: {next(iter(faults.values()))}"))
        return replace(message, own=None, notes=notes), faults
    headline = texts["subject"].strip() or message.headline
    return replace(message, own=None, headline=headline, detail=texts["body"]), {}


def filled(source: str, own: OwnWords) -> str:
    return render(source, own.context) if is_template(source) else source
