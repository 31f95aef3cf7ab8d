"""AWS on behalf of a workspace, with the credentials of one of its blocks (prefect-aws's `aws-credentials`)."""

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from controlplane.egress import aws
from controlplane.egress.errors import Forbidden, Unreachable

SECONDS = 10.0
DEFAULT_REGION = "us-east-1"


class AwsRefused(Exception):
    """AWS, or the way to it, said no. The text is for people and holds no secret.

    `is_lasting`: trying again changes nothing.
    """

    def __init__(self, words: str, *, is_lasting: bool, code: str = "") -> None:
        super().__init__(words)
        self.is_lasting = is_lasting
        self.code = code


class Aws:
    """Signed in with a block's data. Every call goes through the gate; none is repeated here."""

    def __init__(self, block: Mapping[str, Any], *, seconds: float = SECONDS) -> None:
        parameters = block.get("aws_client_parameters")
        endpoint = parameters.get("endpoint_url") if isinstance(parameters, Mapping) else None
        self.endpoint = endpoint if isinstance(endpoint, str) and endpoint else None
        self.region = str(block.get("region_name") or DEFAULT_REGION)
        self.seconds = seconds
        self.block = block
        if not aws.REGION.fullmatch(self.region):
            raise AwsRefused("The region of the AWS credentials looks like no region.", is_lasting=True)
        self.session: boto3.session.Session | None = None

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """One operation. Raises AwsRefused."""
        try:
            if self.session is None:
                self.session = self.sign_in()
            made = aws.client(self.session, service, self.region, seconds=self.seconds, endpoint=self.endpoint)
            answer: dict[str, Any] = getattr(made, operation)(**parameters)
        except Forbidden as error:
            raise AwsRefused(error.detail, is_lasting=True) from None
        except Unreachable as error:
            raise AwsRefused(f"AWS was not reached: {error}", is_lasting=False) from None
        except ClientError as error:
            raise explain(error) from None
        except BotoCoreError as error:
            # What boto3 says of parameters may quote them.
            raise AwsRefused(f"The request could not be made ({type(error).__name__}).", is_lasting=True) from None
        return answer

    def sign_in(self) -> boto3.session.Session:
        key_id, key = self.block.get("aws_access_key_id"), self.block.get("aws_secret_access_key")
        if not (isinstance(key_id, str) and isinstance(key, str) and key_id and key):
            raise AwsRefused(
                "The AWS credentials block has no access key; a profile or a role of a machine is of no use from here.",
                is_lasting=True,
            )
        token = self.block.get("aws_session_token")
        session = aws.session_of(key_id, key, token if isinstance(token, str) and token else None)
        role = self.block.get("assume_role_arn")
        if not role:
            return session
        more = self.block.get("assume_role_kwargs")
        return aws.assume(
            session, str(role), self.region, seconds=self.seconds, endpoint=self.endpoint,
            more=more if isinstance(more, dict) else {},
        )  # fmt: skip


def explain(error: ClientError) -> AwsRefused:
    code = aws.code_of(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    said = str(error.response.get("Error", {}).get("Message", ""))[:300]
    words = " ".join(part for part in (f"AWS answered {code or f'HTTP {status}'}", said and f": {said}") if part)
    is_lasting = not (code in aws.THROTTLED or status == 429 or status >= 500 or code in ("ServerException",))
    return AwsRefused(words.replace(" :", ":"), is_lasting=is_lasting, code=code)
