"""A message as a letter: subject, plain text and HTML."""

import re
from email.message import EmailMessage
from email.policy import SMTP
from html import escape

from controlplane.wire.structs import BadField
from notifications.channels.contract import Rendered
from notifications.channels.drafts import Draft, draft
from notifications.wire import Message

ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")
MARKED = 'style="border-left:4px solid {color};padding:4px 12px;font-family:sans-serif"'


def check_address(field: str, address: str) -> None:
    if not ADDRESS.fullmatch(address):
        raise BadField(field, f"{address!r} is not an e-mail address.")


def letter(parts: Draft, *, sender: str, to: list[str], message_id: str) -> EmailMessage:
    """`message_id` is the same for every try, so that a mailbox which gets the letter twice shows it once."""
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = parts.headline
    mail["From"] = f"Signalbox <{sender}>"
    mail["To"] = ", ".join(to)
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = "auto-generated"  # nobody's absence is answered to
    mail.set_content(text_of(parts))
    mail.add_alternative(html_of(parts), subtype="html")
    return mail


def rendered(message: Message) -> Rendered:
    parts = draft(message)
    return Rendered(subject=parts.headline, text=text_of(parts), html=html_of(parts))


def text_of(parts: Draft) -> str:
    return f"{parts.headline}\n\n{parts.as_text()}\n"


def html_of(parts: Draft) -> str:
    """Everything that a run says is text; nothing is loaded from anywhere."""
    facts = "".join(f"<li>{escape(name)}: <b>{escape(value)}</b></li>" for name, value in parts.facts)
    links = " · ".join(f'<a href="{escape(url)}">{escape(words)}</a>' for words, url in parts.links)
    detail = f'<pre style="white-space:pre-wrap">{escape(parts.detail)}</pre>' if parts.detail else ""
    return (
        f"<div {MARKED.format(color=parts.color)}><p><b>{escape(parts.headline)}</b></p>{detail}"
        f"<ul>{facts}<li>Since: {escape(parts.clock)}</li></ul><p>{links}</p></div>"
    )
