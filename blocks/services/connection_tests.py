"""Whether a block leads where it should: a harmless question to the service that it is for."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from msgspec import json

from blocks.services.aws import Aws, AwsRefused
from blocks.services.block_documents import open_block_document
from blocks.wire.blocks import ConnectionTest
from controlplane.egress.errors import Forbidden, Unreachable
from controlplane.egress.gate import gate
from controlplane.egress.http import request
from controlplane.errors import BadRequest
from controlplane.sql.transactions import workspace_transaction

HELLO = "Signalbox: this block works."


def try_aws_credentials(data: Mapping[str, Any]) -> str:
    who = Aws(data).call("sts", "get_caller_identity")
    return f"AWS knows these credentials: {who.get('Arn', 'no name')} in account {who.get('Account', 'unknown')}."


def try_s3_bucket(data: Mapping[str, Any]) -> str:
    """Looks, and writes nothing."""
    bucket = str(data.get("bucket_name") or data.get("bucket_path") or "").partition("/")[0]
    credentials = data.get("credentials")
    signed_in = Aws(credentials if isinstance(credentials, Mapping) else data)
    if not bucket:
        raise AwsRefused("The block names no bucket.", is_lasting=True)
    signed_in.call("s3", "head_bucket", Bucket=bucket)
    found = signed_in.call("s3", "list_objects_v2", Bucket=bucket, MaxKeys=1)
    holds = "holds objects" if found.get("KeyCount") else "is empty"
    return f"The bucket {bucket} is there and can be listed; it {holds}."


def try_slack_webhook(data: Mapping[str, Any]) -> str:
    answer = request(
        gate(),
        "POST",
        address_of(data),
        body=json.encode({"text": HELLO}),
        headers={"Content-Type": "application/json"},
    )
    if answer.status != 200:
        raise AwsRefused(f"Slack refused the message (HTTP {answer.status}).", is_lasting=True)
    return "Slack took a message. Look into the channel."


def try_webhook(data: Mapping[str, Any]) -> str:
    """With the block's own method and headers; a GET asks, others send an empty object."""
    method = str(data.get("method") or "POST").upper()
    given = data.get("headers") or {}
    if not isinstance(given, Mapping):
        raise AwsRefused("The headers of the block are no object.", is_lasting=True)
    headers = {str(key): str(value) for key, value in given.items()}
    body = None if method in ("GET", "HEAD") else b"{}"
    answer = request(
        gate(), method, address_of(data), body=body, headers={"Content-Type": "application/json", **headers}
    )
    if answer.status >= 400:
        raise AwsRefused(f"The webhook answered HTTP {answer.status}.", is_lasting=True)
    return f"The webhook answered HTTP {answer.status}."


def address_of(data: Mapping[str, Any]) -> str:
    url = data.get("url")
    if not isinstance(url, str) or not url:
        raise AwsRefused("The block has no address.", is_lasting=True)
    return url


TESTS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "aws-credentials": try_aws_credentials,
    "s3-bucket": try_s3_bucket,
    "slack-webhook": try_slack_webhook,
    "slack-incoming-webhook": try_slack_webhook,
    "webhook": try_webhook,
}


def kind_of_test(type_slug: str, schema_fields: Mapping[str, Any]) -> str:
    """Empty for a type that cannot be tested from here."""
    slugs = (type_slug, str(schema_fields.get("block_type_slug") or ""))
    return next((slug for slug in slugs if slug in TESTS), "")


def try_block_document(workspace: UUID, document_id: UUID) -> ConnectionTest:
    """Ask the service that the block is for. Call it outside of a transaction: the answer may take its time."""
    with workspace_transaction(workspace):
        document = open_block_document(workspace, document_id)
    kind = kind_of_test(document.block_type.slug, document.block_schema.fields)
    if not kind:
        raise BadRequest("Blocks of this type cannot be tested from here.")
    try:
        return ConnectionTest(works=True, message=TESTS[kind](document.data))
    except AwsRefused as error:
        return ConnectionTest(works=False, message=str(error))
    except Forbidden as error:
        return ConnectionTest(works=False, message=error.detail)
    except Unreachable as error:
        return ConnectionTest(works=False, message=f"It was not reached: {error}")
