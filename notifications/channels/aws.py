"""Channels that are services of AWS: what they ask for, and what the answers mean for a message."""

import re
from typing import Annotated, Any, TypeVar
from uuid import UUID

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from django.conf import settings
from msgspec.structs import replace

from controlplane.egress import aws
from controlplane.egress.errors import Forbidden, Unreachable
from controlplane.wire.structs import BadField
from notifications.channels.contract import DeliveryFailed, Kind, Settings, secret, told
from notifications.channels.posting import BLOCKED, wait_of

KEY_ID = re.compile(r"[A-Z0-9]{16,128}")
ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,512}")
UNBOUND = "A role that trusts the machine is only taken on with the external ID of a workspace."
NO_MACHINE_ROLE = "Give an access key: the operator does not let channels use the machine's own role."


class AwsSettings(Settings, kw_only=True):
    """What every kind that is a service of AWS asks for."""

    region: Annotated[str, told("Region", "Like eu-central-1.")]
    access_key_id: Annotated[str, told("Access key ID", "Empty for the machine's own role, where it is allowed.")] = ""
    secret_access_key: Annotated[str, secret("Secret access key", max_length=200)] = ""
    role_arn: Annotated[str, told("Role", "The ARN of a role to take on before sending.")] = ""
    external_id: Annotated[
        str,
        told(
            "External ID",
            "What the role's trust policy asks for. Without an access key: signalbox- and the ID of the workspace.",
            max_length=1224,
        ),
    ] = ""

    def __post_init__(self) -> None:
        if not aws.REGION.fullmatch(self.region):
            raise BadField("region", "A region looks like eu-central-1.")
        if bool(self.access_key_id) != bool(self.secret_access_key):
            raise BadField("secret_access_key", "An access key has an ID and a secret.")
        if self.access_key_id and not KEY_ID.fullmatch(self.access_key_id):
            raise BadField("access_key_id", "An access key's ID is 16 or more capital letters and digits.")
        if self.role_arn and not ROLE.fullmatch(self.role_arn):
            raise BadField("role_arn", "A role looks like arn:aws:iam::123456789012:role/name.")


A = TypeVar("A", bound=AwsSettings)


class AwsKind(Kind[A]):
    """What the kinds that are services of AWS do alike."""

    def clean(self, settings: A) -> A:
        check_credentials(settings)
        return settings

    def bind(self, settings: A, workspace: UUID) -> A:
        """A role that trusts the machine is taken on with the workspace's external ID, whatever else was asked for."""
        if settings.access_key_id or not settings.role_arn:
            return settings
        return replace(settings, external_id=external_id_of(workspace))


def external_id_of(workspace: UUID) -> str:
    """What the owner of a role puts into its trust policy, so that no other workspace can take it on."""
    return f"signalbox-{workspace}"


def check_credentials(given: AwsSettings) -> None:
    if not given.access_key_id and not settings.AWS_MACHINE_ROLE:
        raise BadField("access_key_id", NO_MACHINE_ROLE)


def call(given: AwsSettings, service: str, operation: str, *, seconds: float, **parameters: Any) -> dict[str, Any]:
    """One call, signed as the role if there is one. Raises `DeliveryFailed`."""
    try:
        session = assume(given, seconds) if given.role_arn else signed_in(given)
        made = aws.client(session, service, given.region, seconds=seconds)
        answer: dict[str, Any] = getattr(made, operation)(**parameters)
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
        return aws.session_of(given.access_key_id, given.secret_access_key)
    if not settings.AWS_MACHINE_ROLE:
        raise DeliveryFailed(NO_MACHINE_ROLE, permanent="channel")
    # The only place where boto3 looks for credentials itself: environment, files, the machine's metadata service.
    return boto3.session.Session()


def assume(given: AwsSettings, seconds: float) -> boto3.session.Session:
    """With the installation's own credentials only by the external ID of a workspace (`AwsKind.bind`)."""
    if not given.access_key_id and not given.external_id:
        raise DeliveryFailed(UNBOUND, permanent="channel")
    outer = {"ExternalId": given.external_id} if given.external_id else {}
    return aws.assume(signed_in(given), given.role_arn, given.region, seconds=seconds, more=outer)


def explain(error: ClientError) -> DeliveryFailed:
    code = aws.code_of(error)
    met = error.response.get("ResponseMetadata", {})
    status, headers = met.get("HTTPStatusCode", 0), met.get("HTTPHeaders", {})
    words = f"AWS answered HTTP {status} {code}".rstrip()
    if code in aws.THROTTLED or status == 429:
        return DeliveryFailed(
            f"{words}. It asks to slow down; the message is sent again.", retry_after=wait_of(headers)
        )
    if status >= 500 or status == 408 or code == "RequestTimeTooSkewed":
        wait = wait_of(headers) if "retry-after" in headers else None
        return DeliveryFailed(f"{words}. AWS has a problem of its own; the message is tried again.", retry_after=wait)
    if code in aws.DENIED or status in (401, 403):
        return DeliveryFailed(f"{words}. Look at the key, the role and their policy.", permanent="channel", patience=3)
    if code in ("NotFound", "NotFoundException", "EndpointDisabled", "AccountSuspendedException") or status == 404:
        return DeliveryFailed(f"{words}. It is gone, or in another region.", permanent="channel")
    if code in ("MessageRejected", "MailFromDomainNotVerifiedException", "SendingPausedException"):
        return DeliveryFailed(f"{words}. SES may not send from this address, or to it.", permanent="channel")
    return DeliveryFailed(f"{words}. It could not read the message.", permanent="message")
