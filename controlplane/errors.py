"""Domain words for what can go wrong; the doors translate them to the wire or to a page."""


class Problem(Exception):
    """Something the caller should know. `detail` is shown to the caller as it is.

    `envelope` names the key of the wire's answer: most are `{"detail": …}`, some not-found answers of
    Prefect's lower layers are `{"exception_message": …}`.
    """

    status = 400
    envelope = "detail"

    def __init__(self, detail: str, *, envelope: str | None = None, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = headers or {}
        if envelope is not None:
            self.envelope = envelope


class BadRequest(Problem):
    """The request contradicts itself or the state it speaks of (400)."""


class Unauthenticated(Problem):
    """No key, or one that is unknown, expired or revoked (401)."""

    status = 401

    def __init__(self, detail: str = "Invalid authentication credentials") -> None:
        super().__init__(detail)


class Refused(Problem):
    """Known caller, missing permission (403)."""

    status = 403


class NotFound(Problem):
    """No such thing in this workspace, or none that this caller may know of (404)."""

    status = 404


class Conflict(Problem):
    """A unique name is taken, or the change contradicts what is stored (409)."""

    status = 409


class Gone(Problem):
    """It was here and has ended (410)."""

    status = 410


class TooLarge(Problem):
    """The body is over the limit (413)."""

    status = 413


class Invalid(Problem):
    """Well-formed, but not acceptable (422)."""

    status = 422


class Locked(Problem):
    """No slot is free now (423). Clients wait for `Retry-After` seconds and crash without that header."""

    status = 423

    def __init__(self, detail: str, *, retry_after: float) -> None:
        super().__init__(detail, headers={"Retry-After": f"{retry_after:.3f}"})


class TooOften(Problem):
    """This caller has done it often enough for now (429)."""

    status = 429

    def __init__(self, detail: str, *, retry_after: float) -> None:
        super().__init__(detail, headers={"Retry-After": f"{retry_after:.0f}"})


class Unavailable(Problem):
    """Try again: nothing was stored, and a retry can succeed (503). Never for what the data made fail."""

    status = 503

    def __init__(self, detail: str = "Service Unavailable") -> None:
        super().__init__(detail, envelope="exception_message", headers={"Retry-After": "1"})


INTEGRITY_CONFLICT = (
    "Data integrity conflict. This usually means a unique or foreign key constraint was violated. "
    "See server logs for details."
)
