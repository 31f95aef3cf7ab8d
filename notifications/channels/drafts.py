"""The parts of a message, in words: what every kind lays out in its own way, and the page's preview draws."""

import re
from collections.abc import Callable

from msgspec import Struct

from notifications.rules import first_line
from notifications.wire import Message

LONGEST_NAME = 200
LONGEST_DETAIL = 300
LONGEST_BODY = 10_000
# Control characters, and those that turn the writing direction round.
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
UNSEEN_IN_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


class Look(Struct, frozen=True):
    sign: str
    words: str
    color: str
    state: str
    """The key of the same state's colour on our pages."""


LOOKS = {
    "FAILED": Look("❌", "failed", "#cf2231", "failed"),
    "CRASHED": Look("💥", "crashed", "#c2410c", "crashed"),
    "COMPLETED": Look("✅", "completed", "#1a8547", "completed"),
    "CANCELLED": Look("🚫", "was cancelled", "#677181", "cancelled"),
    "PAUSED": Look("⏸️", "is paused", "#5b68a8", "paused"),
    "Late": Look("⏰", "is late", "#c87800", "late"),
}
NEUTRAL = Look("🔔", "", "#677181", "cancelled")
# Names that Prefect itself gives to states of these types; any other name is a person's own and is told.
USUAL_NAMES = frozenset({"Failed", "Crashed", "Completed", "Cancelled", "Paused", "Suspended", "Late"})


class Draft(Struct, frozen=True):
    """The parts of a message, unescaped. Only `detail` may have several lines; what there is not is empty."""

    headline: str
    detail: str
    facts: list[tuple[str, str]]
    unix_time: int
    clock: str
    run_url: str
    logs_url: str
    color: str
    state: str

    @property
    def links(self) -> list[tuple[str, str]]:
        """Words and address of what can be opened."""
        named = (("Open run" if self.logs_url else "Open", self.run_url), ("Logs", self.logs_url))
        return [(words, url) for words, url in named if url]

    def as_text(self, longest: int = LONGEST_BODY) -> str:
        """All of it but the headline, as lines of plain text."""
        facts = " · ".join(f"{name} {value}" for name, value in [*self.facts, ("since", self.clock)])
        ends = [facts, *(f"{words}: {url}" for words, url in self.links)]
        return "\n".join(filter(None, (cut(self.detail, longest - sum(map(len, ends)) - len(ends)), *ends)))


def draft(message: Message) -> Draft:
    look = look_of(message)
    headline = tidy(message.subject or message.headline) or headline_of(message, look)
    is_own = bool(message.subject or message.detail)
    detail = message.body if message.subject else message.detail or message.state_message
    facts = (("Deployment", message.deployment), ("Work pool", message.work_pool))
    place = "/".join(filter(None, (tidy(message.account), tidy(message.workspace))))
    return Draft(
        headline=f"{'TEST · ' if message.is_test else ''}{headline}",
        detail=tidy_lines(detail) if is_own else tidy(first_line(detail), LONGEST_DETAIL),
        facts=[(name, tidy(value)) for name, value in (*message.notes, *facts, ("Workspace", place)) if value],
        unix_time=int(message.occurred.timestamp()),
        clock=f"{message.occurred:%Y-%m-%d %H:%M:%S} UTC",
        run_url=message.url,
        logs_url=f"{message.url}/logs" if message.flow_run_id else "" if message.subject else message.url,
        color=look.color,
        state=look.state,
    )


def look_of(message: Message) -> Look:
    return LOOKS.get(message.state_name) or LOOKS.get(message.state_type) or NEUTRAL


def headline_of(message: Message, look: Look) -> str:
    """`❌ flow / run failed`, in the words of the run's state."""
    state_name = tidy(message.state_name)
    subject = " / ".join(filter(None, (tidy(message.flow), tidy(message.flow_run))))
    if look is NEUTRAL:
        return f"{look.sign} {subject} entered {state_name}"
    aside = "" if message.state_name in USUAL_NAMES else f" ({state_name})"
    return f"{look.sign} {subject} {look.words}{aside}"


def tidy(words: str, longest: int = LONGEST_NAME) -> str:
    """One line without characters that hide or turn words round."""
    return cut(UNSEEN.sub(" ", words).strip(), longest)


def tidy_lines(words: str, longest: int = LONGEST_BODY) -> str:
    lines = words.replace("\r\n", "\n").replace("\r", "\n")
    return cut(UNSEEN_IN_LINES.sub(" ", lines).strip(), longest)


def cut(words: str, longest: int) -> str:
    return words if len(words) <= longest else words[: max(longest - 1, 0)] + "…"


def fitted(words: str, longest: int, escape: Callable[[str], str]) -> str:
    """Escaped and short enough. It is cut before it is escaped, so that no escape is cut in two."""
    short = longest
    while len(escaped := escape(cut(words, short))) > longest and short > 0:
        short = min(short - 1, short * longest // len(escaped))
    return escaped
