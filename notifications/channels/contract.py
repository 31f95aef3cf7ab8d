"""What every channel kind answers with."""

from typing import Literal

from msgspec import Struct

SEND_SECONDS = 10.0


class Answer(Struct, frozen=True):
    """Delivered; `words` are the receiver's."""

    words: str


class DeliveryFailed(Exception):
    """The message did not arrive.

    `reason` is for people: the receiver's words and our advice. `permanent` says what can never work again: this
    `message`, the whole `channel`, or (empty) nothing, so that it is tried again. What the receiver may revoke
    counts as permanent only after `patience` attempts. `retry_after` is how many seconds the receiver asks for.
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: Literal["", "message", "channel"] = "",
        retry_after: float | None = None,
        patience: int = 1,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after
        self.patience = patience
