"""Talking to AWS: boto3 signs and reads, over connections of our gate."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError
from django.conf import settings

from controlplane.egress.gate import Gate, gate
from controlplane.egress.http import request

REGION = re.compile(r"[a-z]{2}(-[a-z]+){1,3}-\d{1,2}")
SESSION_SECONDS = 900  # the shortest that AWS gives
CODE = re.compile(r"[A-Za-z.]{1,60}")
# What AWS calls asking too often, in one service or another.
THROTTLED = frozenset({
    "Throttling", "ThrottlingException", "ThrottledException", "TooManyRequestsException", "LimitExceededException",
    "RequestLimitExceeded", "KMSThrottling", "KMSThrottlingException",
})  # fmt: skip
DENIED = frozenset({
    "AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException",
    "InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "ExpiredToken",
    "ExpiredTokenException", "NotAuthorized", "InvalidSecurityException", "InvalidSecurity", "OptInRequired",
    "MissingAuthenticationToken", "AuthFailure", "IncompleteSignature",
})  # fmt: skip


def session_of(key_id: str, key: str, token: str | None = None) -> boto3.session.Session:
    """Credentials that were given to us."""
    # A profile that the server's environment names is none of a tenant's.
    plain = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    return boto3.session.Session(
        aws_access_key_id=key_id, aws_secret_access_key=key, aws_session_token=token, botocore_session=plain
    )


def assume(
    session: boto3.session.Session, role_arn: str, region: str, *, seconds: float, endpoint: str | None = None,
    more: Mapping[str, Any],
) -> boto3.session.Session:  # fmt: skip
    """The role's own credentials. `more` is asked of AWS as it is. Raises what boto3 raises."""
    answer = client(session, "sts", region, seconds=seconds, endpoint=endpoint).assume_role(
        **{"RoleSessionName": "signalbox", "DurationSeconds": SESSION_SECONDS, **more, "RoleArn": role_arn}
    )
    taken = answer["Credentials"]
    return session_of(taken["AccessKeyId"], taken["SecretAccessKey"], taken["SessionToken"])


def client(
    session: boto3.session.Session, service: str, region: str, *, seconds: float, endpoint: str | None = None
) -> Any:
    """A client whose every request goes to a checked address within `seconds`, once.

    An `endpoint` of a tenant's has to pass the gate like any address; without one it is
    AWS, or where the operator says.
    """
    config = Config(
        retries={"total_max_attempts": 1}, ignore_configured_endpoint_urls=True, parameter_validation=True, proxies={}
    )
    where = endpoint or settings.AWS_ENDPOINT_URL or None
    made = session.client(service, region_name=region, endpoint_url=where, config=config)
    made._endpoint.http_session = PinnedSession(Gate(gate().allowed, total_seconds=seconds))
    return made


def code_of(error: ClientError) -> str:
    """AWS's name for what went wrong; empty if it is none that may be shown."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    return code if CODE.fullmatch(code) else ""


class PinnedSession:
    """Stands in for botocore's own HTTP session."""

    def __init__(self, through: Gate) -> None:
        self.through = through

    def send(self, prepared: AWSPreparedRequest) -> AWSResponse:
        body = prepared.body.read() if hasattr(prepared.body, "read") else prepared.body
        body = body.encode() if isinstance(body, str) else body
        headers = {
            name: value.decode() if isinstance(value, bytes) else str(value)
            for name, value in prepared.headers.items()
            if name.lower() != "content-length"
        }
        reply = request(self.through, prepared.method, prepared.url, body=body, headers=headers)
        return AWSResponse(prepared.url, reply.status, reply.headers, Read(reply.body))

    def close(self) -> None:
        """Every request has a connection of its own."""


class Read:
    """A body that was read already, as botocore reads one."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, *args: object, **named: object) -> Iterator[bytes]:
        yield self.body
