"""The view of one route: Django REST framework's machinery around the doors of that route.

What costs there is replaced: content negotiation, parsers, serializers and renderers. Authentication,
permissions, throttles and exception handling are DRF's hooks and stay replaceable.
"""

import logging
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from django.db import DatabaseError, IntegrityError
from django.http import HttpRequest, HttpResponse
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from controlplane.acting import acting, of_request
from controlplane.errors import INTEGRITY_CONFLICT, Conflict, Invalid, Problem, Refused, Unavailable
from controlplane.sql.transactions import workspace_transaction
from controlplane.wire.doors import OPEN, SIGNED_IN, Call, Door, Reply
from controlplane.wire.front_door import read_again, read_body
from controlplane.wire.invalid import InvalidBody

log = logging.getLogger(__name__)
NOTHING = b""
NOWHERE = UUID(int=0)


def encode_special(value: Any) -> Any:
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value)} does not go on the wire")


encoder = msgspec.json.Encoder(enc_hook=encode_special)


class KeyAuthentication(BaseAuthentication):  # type: ignore[misc]
    """The caller was found before the route was known (an unknown key is 401 on every path)."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        caller = request._request.caller
        return None if caller is None else (caller, None)


class HasGrant(BasePermission):  # type: ignore[misc]
    """The caller's role in this workspace grants what the door needs."""

    def has_permission(self, request: Request, view: Any) -> bool:
        needs = view.door.needs
        if needs in (OPEN, SIGNED_IN) or needs in request._request.place.grants:
            return True
        # The front tells of it in the audit trail.
        request._request.denied = needs
        raise Refused(f"Your role in this workspace does not include '{needs}'.")


class Endpoint(APIView):  # type: ignore[misc]
    """Answers one route. Subclassed once for each route with its doors by method."""

    authentication_classes = [KeyAuthentication]
    permission_classes = [HasGrant]
    doors: dict[str, Door] = {}
    door: Door

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            door = self.doors.get(request.method or "")
            if door is None:
                return answer({"detail": "Method Not Allowed"}, 405, {"Allow": ", ".join(sorted(self.doors))})
            self.door = door
            drf = Request(request, authenticators=[KeyAuthentication()])
            self.perform_authentication(drf)
            self.check_permissions(drf)
            self.check_throttles(drf)
            return self.answer_door(door, request, kwargs)
        except Exception as error:
            return translate(error)

    def answer_door(self, door: Door, request: Any, kwargs: dict[str, Any]) -> HttpResponse:
        try:
            return self.pass_through(door, request, kwargs)
        except InvalidBody as error:
            if door.confidential:
                raise error.concealing(door.confidential) from None
            raise

    def pass_through(self, door: Door, request: Any, kwargs: dict[str, Any]) -> HttpResponse:
        if door.decoder is not None:
            kwargs["body"], raw = read_body(door, request.content, strip_nul=door.keep_nul)
            if door.raw:
                kwargs["raw"] = raw
        if door.query_type is not None:
            kwargs["query"] = read_query(door.query_type, request.GET)
        call = make_call(request)
        with acting(of_request(request, "api")):
            if not door.transaction:
                return render(door, door.function(call, **kwargs))
            with workspace_transaction(call.workspace):
                result = door.function(call, **kwargs)
        return render(door, result)


def make_call(request: Any) -> Call:
    place = request.place
    return Call(
        # Without a workspace only doors that need none are opened.
        workspace=place.workspace_id if place is not None else NOWHERE,
        place=place,
        caller=request.caller,
        grants=place.grants if place is not None else frozenset(),
        now=datetime.now(UTC),
        headers=request.headers,
        client_version=request.client_version,
        root_url=request.root_url,
    )


def read_query(kind: type, values: Any) -> Any:
    """The query string as a Struct; several values of a name are a list where the Struct has one."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    plain: dict[str, Any] = {}
    for name in values:
        if name in fields:
            plain[name] = values.getlist(name) if "list" in str(fields[name].type) else values[name]
    try:
        return msgspec.convert(plain, kind, strict=False)
    except ValueError as error:
        return read_again(kind, plain, error, "query")[0]


def render(door: Door, result: Any) -> HttpResponse:
    if type(result) is Reply:
        status = result.status or door.status
        if result.content_type != "application/json":
            return HttpResponse(result.body, status=status, content_type=result.content_type, headers=result.headers)
        return answer(result.body, status, result.headers)
    return answer(result, door.status)


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    """A JSON answer; 204 has no body."""
    content = NOTHING if status == 204 else encoder.encode(body)
    return HttpResponse(content, status=status, content_type="application/json", headers=headers)


def translate(error: Exception) -> HttpResponse:
    """An error as the wire says it. Data never makes a 5xx: clients retry those."""
    if isinstance(error, InvalidBody):
        return answer(error.as_json(), 422)
    if isinstance(error, Problem):
        return answer({error.envelope: error.detail}, error.status, error.headers)
    if isinstance(error, (IntegrityError, psycopg.errors.IntegrityError)):
        return translate(Conflict(INTEGRITY_CONFLICT))
    if isinstance(error, (psycopg.Error, DatabaseError)):
        return translate(database_problem(error))
    if isinstance(error, (RecursionError, UnicodeEncodeError, OverflowError)):
        log.error("The front door let something through", exc_info=error)
        return translate(Invalid("The request holds a value that cannot be stored."))
    log.error("A door failed", exc_info=error)
    return answer({"exception_message": "Internal Server Error"}, 500)


RETRY_HELPS = (
    psycopg.errors.SerializationFailure,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.LockNotAvailable,
    psycopg.errors.QueryCanceled,
    psycopg.errors.TooManyConnections,
    psycopg.errors.AdminShutdown,
    psycopg.errors.CrashShutdown,
    psycopg.errors.CannotConnectNow,
    psycopg.errors.IdleInTransactionSessionTimeout,
)


def database_problem(error: Exception) -> Problem:
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    if isinstance(cause, (psycopg.DataError, psycopg.errors.ProgramLimitExceeded)):
        log.error("The front door let something through", exc_info=error)
        return Invalid("The request holds a value that cannot be stored.")
    if isinstance(cause, RETRY_HELPS) or (
        isinstance(cause, (psycopg.OperationalError, psycopg.InterfaceError)) and cause.sqlstate is None
    ):
        log.warning("The database asks to try again", exc_info=error)
        return Unavailable()
    log.error("A statement failed", exc_info=error)
    return Problem500()


class Problem500(Problem):
    """A fault of ours."""

    status = 500

    def __init__(self) -> None:
        super().__init__("Internal Server Error", envelope="exception_message")
