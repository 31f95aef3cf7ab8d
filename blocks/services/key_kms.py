"""Data keys wrapped by a customer's own key in AWS KMS. Whoever closes that key to us closes what it wrapped."""

import re
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from controlplane.egress import aws
from controlplane.egress.errors import Forbidden, Unreachable
from controlplane.errors import Problem, Unavailable

KEY_ARN = re.compile(r"arn:aws(?:-[a-z]+)*:kms:([a-z]{2}(?:-[a-z]+)+-\d):\d{12}:key/[A-Za-z0-9-]{1,64}")
ROLE_ARN = re.compile(r"arn:aws(?:-[a-z]+)*:iam::\d{12}:role/[\w+=,.@/-]{1,512}")
# A request waits this long at most; the address is AWS's own or the operator's, never the customer's.
SECONDS = 4.0
SEEN_AS_AWAY = {"ThrottlingException", "KMSInternalException", "DependencyTimeoutException", "RequestLimitExceeded"}
REASONS = {
    "DisabledException": "it is disabled",
    "KMSInvalidStateException": "it is disabled, or about to be deleted",
    "NotFoundException": "it does not exist any more",
    "AccessDeniedException": "its policy refuses us",
    "AccessDenied": "the role that we should take is refused to us",
    "InvalidCiphertextException": "the wrapped key was changed, or belongs to another workspace",
    "IncorrectKeyException": "the data key was wrapped by another key",
}


class KeyRefused(Problem):
    """The customer's key is closed to us. Trying again does not help, so this is no 5xx."""

    status = 424

    def __init__(self, arn: str, reason: str) -> None:
        super().__init__(f"The key {arn} cannot be used: {reason}. Nothing that it protects can be read or stored.")


class KmsKey:
    """One customer key, used with the role that the customer gave us or with the operator's own credentials."""

    def __init__(self, arn: str, role: str, external_id: str) -> None:
        self.arn = arn
        self.role = role
        self.external_id = external_id

    def name(self) -> str:
        return f"kms:{self.arn}"

    def wrap(self, plain: bytes, *, context: dict[str, str]) -> bytes:
        return bytes(self.ask("encrypt", Plaintext=plain, EncryptionContext=context)["CiphertextBlob"])

    def unwrap(self, wrapped: bytes, *, provider: str, context: dict[str, str]) -> bytes:
        return bytes(self.ask("decrypt", CiphertextBlob=wrapped, EncryptionContext=context)["Plaintext"])

    def check(self) -> None:
        """Whether the key lets us wrap and unwrap now. KeyRefused or Unavailable if not."""
        context = {"purpose": "signalbox check", "account": self.external_id}
        self.unwrap(self.wrap(b"signalbox", context=context), provider=self.name(), context=context)

    def ask(self, operation: str, **parameters: Any) -> dict[str, Any]:
        try:
            client = self.client()
            answer: dict[str, Any] = getattr(client, operation)(KeyId=self.arn, **parameters)
            return answer
        except ClientError as error:
            code = aws.code_of(error)
            if code in SEEN_AS_AWAY:
                raise Unavailable from error
            raise KeyRefused(self.arn, REASONS.get(code, f"KMS answers {code}")) from None
        except (BotoCoreError, Forbidden, Unreachable) as error:
            raise Unavailable from error

    def client(self) -> Any:
        match = KEY_ARN.fullmatch(self.arn)
        if match is None:
            raise KeyRefused(self.arn, "that is not the ARN of a key")
        # The operator's own credentials: from the environment, a file, or the machine.
        session = boto3.session.Session(region_name=match[1])
        if self.role:
            # The external id keeps one customer from naming another's role.
            session = aws.assume(session, self.role, match[1], seconds=SECONDS, more={"ExternalId": self.external_id})
        return aws.client(session, "kms", match[1], seconds=SECONDS)
