"""Talking to AWS: boto3 signs and reads, over connections of our gate."""

import re
from collections.abc import Iterator
from typing import Annotated, Any

import boto3
import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from django.conf import settings

from controlplane.egress.errors import Forbidden, Unreachable
from controlplane.egress.gate import Gate, gate
from controlplane.egress.http import request
from controlplane.wire.structs import BadField
from notifications.channels.contract import DeliveryFailed, Settings, secret, told
from notifications.channels.posting import BLOCKED, DEFAULT_RETRY_AFTER

REGION = re.compile(r"[a-z]{2}(-[a-z]+){1,3}-\d{1,2}")
KEY_ID = re.compile(r"[A-Z0-9]{16,128}")
ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,512}")
SESSION_SECONDS = 900  # the shortest that AWS gives
# What AWS calls asking too often, in one service or another.
THROTTLED = frozenset({
    "Throttling", "ThrottlingException", "ThrottledException", "TooManyRequestsException", "LimitExceededException",
    "RequestLimitExceeded", "KMSThrottling", "KMSThrottlingException",
})  # fmt: skip
DENIED = frozenset({
    "AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException",
    "InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "ExpiredToken",
    "ExpiredTokenException", "NotAuthorized",
    "InvalidSecurityException", "InvalidSecurity", "OptInRequired", "MissingAuthenticationToken", "AuthFailure",
    "IncompleteSignature",
})  # fmt: skip
NO_MACHINE_ROLE = "Give an access key: the operator does not let channels use the machine's own role."


class AwsSettings(Settings, kw_only=True):
    """What every kind that is a service of AWS asks for."""

    region: Annotated[str, told("Region", "Like eu-central-1.")]
    access_key_id: Annotated[str, told("Access key ID", "Empty for the machine's own role, where it is allowed.")] = ""
    secret_access_key: Annotated[str, secret("Secret access key", max_length=200)] = ""
    role_arn: Annotated[str, told("Role", "The ARN of a role to take on before sending.")] = ""
    external_id: Annotated[str, secret("External ID", "What the role's trust policy asks for.", max_length=1224)] = ""

    def __post_init__(self) -> None:
        if not REGION.fullmatch(self.region):
            raise BadField("region", "A region looks like eu-central-1.")
        if bool(self.access_key_id) != bool(self.secret_access_key):
            raise BadField("secret_access_key", "An access key has an ID and a secret.")
        if self.access_key_id and not KEY_ID.fullmatch(self.access_key_id):
            raise BadField("access_key_id", "An access key's ID is 16 or more capital letters and digits.")
        if self.role_arn and not ROLE.fullmatch(self.role_arn):
            raise BadField("role_arn", "A role looks like arn:aws:iam::123456789012:role/name.")


def check_credentials(given: AwsSettings) -> None:
    if not given.access_key_id and not settings.AWS_MACHINE_ROLE:
        raise BadField("access_key_id", NO_MACHINE_ROLE)


def call(given: AwsSettings, service: str, operation: str, *, seconds: float, **parameters: Any) -> dict[str, Any]:
    """One call, signed as the role if there is one. Raises `DeliveryFailed`."""
    try:
        session = assume(given, seconds) if given.role_arn else signed_in(given)
        answer: dict[str, Any] = getattr(client(session, service, given.region, seconds), operation)(**parameters)
    except Forbidden as error:
        raise DeliveryFailed(error.detail, permanent="channel") from None
    except Unreachable as error:
        raise DeliveryFailed(f"{error} {BLOCKED}") from None
    except ClientError as error:
        raise explain(error) from None
    except NoCredentialsError:
        raise DeliveryFailed(NO_MACHINE_ROLE, permanent="channel") from None
    except BotoCoreError as error:
        raise DeliveryFailed(f"The answer could not be read ({type(error).__name__}). {BLOCKED}") from None
    return answer


def signed_in(given: AwsSettings) -> boto3.session.Session:
    if given.access_key_id:
        return session_of(given.access_key_id, given.secret_access_key)
    if not settings.AWS_MACHINE_ROLE:
        raise DeliveryFailed(NO_MACHINE_ROLE, permanent="channel")
    # The only place where boto3 looks for credentials itself: environment, files, the machine's metadata service.
    return boto3.session.Session()


def assume(given: AwsSettings, seconds: float) -> boto3.session.Session:
    """Where the installation's own credentials would be used, a role is bound to its external ID."""
    outer = {"ExternalId": given.external_id} if given.external_id else {}
    answer = client(signed_in(given), "sts", given.region, seconds).assume_role(
        RoleArn=given.role_arn, RoleSessionName="signalbox", DurationSeconds=SESSION_SECONDS, **outer
    )
    taken = answer["Credentials"]
    return session_of(taken["AccessKeyId"], taken["SecretAccessKey"], taken["SessionToken"])


def session_of(key_id: str, key: str, token: str | None = None) -> boto3.session.Session:
    # A profile that the server's environment names is none of a tenant's.
    plain = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    return boto3.session.Session(
        aws_access_key_id=key_id, aws_secret_access_key=key, aws_session_token=token, botocore_session=plain
    )


def client(session: boto3.session.Session, service: str, region: str, seconds: float) -> Any:
    config = Config(
        retries={"total_max_attempts": 1}, ignore_configured_endpoint_urls=True, parameter_validation=True, proxies={}
    )
    endpoint = settings.AWS_ENDPOINT_URL or None
    made = session.client(service, region_name=region, endpoint_url=endpoint, config=config)
    made._endpoint.http_session = PinnedSession(Gate(gate().allowed, total_seconds=seconds))
    return made


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


def explain(error: ClientError) -> DeliveryFailed:
    code = str(error.response.get("Error", {}).get("Code", ""))
    code = code if re.fullmatch(r"[A-Za-z.]{1,60}", code) else ""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    words = f"AWS answered HTTP {status} {code}".rstrip()
    if code in THROTTLED or status == 429:
        return DeliveryFailed(
            f"{words}. It asks to slow down; the message is sent again.", retry_after=DEFAULT_RETRY_AFTER
        )
    if status >= 500 or status == 408 or code == "RequestTimeTooSkewed":
        return DeliveryFailed(f"{words}. AWS has a problem of its own; the message is tried again.")
    if code in DENIED or status in (401, 403):
        return DeliveryFailed(f"{words}. Look at the key, the role and their policy.", permanent="channel", patience=3)
    if code in ("NotFound", "NotFoundException", "EndpointDisabled", "AccountSuspendedException") or status == 404:
        return DeliveryFailed(f"{words}. It is gone, or in another region.", permanent="channel")
    if code in ("MessageRejected", "MailFromDomainNotVerifiedException", "SendingPausedException"):
        return DeliveryFailed(f"{words}. SES may not send from this address, or to it.", permanent="channel")
    return DeliveryFailed(f"{words}. It could not read the message.", permanent="message")
