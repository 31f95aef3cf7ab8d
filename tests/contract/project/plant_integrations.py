"""Saves blocks of the integration packages with secrets in them, loads them back and prints what was found."""

import json
import sys

from prefect.blocks.core import Block
from prefect.utilities.dispatch import get_registry_for_type
from prefect_aws import AwsCredentials, MinIOCredentials, S3Bucket
from prefect_aws.secrets_manager import AwsSecret
from prefect_aws.workers.ecs_worker import ECSWorker
from prefect_docker import DockerHost, DockerRegistryCredentials
from prefect_docker.worker import DockerWorker
from prefect_github import GitHubCredentials
from prefect_github.repository import GitHubRepository
from prefect_slack import SlackCredentials, SlackWebhook

PACKAGES = ("prefect_aws", "prefect_docker", "prefect_github", "prefect_slack")


def plain(block: Block) -> str:
    """Every value, secrets in clear, without the ids that saving gives."""
    return json.dumps(block.model_dump(mode="json", context={"include_secrets": True}), sort_keys=True)


def plant(secrets: list[str]) -> dict[str, bool]:
    fresh = iter(secrets).__next__
    aws = AwsCredentials(aws_access_key_id="AKIA", aws_secret_access_key=fresh(), region_name="eu-central-1")
    aws.save("aws")
    minio = MinIOCredentials(minio_root_user="root", minio_root_password=fresh())
    minio.save("minio")
    github = GitHubCredentials(token=fresh())
    github.save("github")
    blocks: dict[str, Block] = {
        "aws": aws,
        "minio": minio,
        "github": github,
        "bucket": S3Bucket(bucket_name="b", credentials=aws, bucket_folder="in"),
        "local-bucket": S3Bucket(bucket_name="b", credentials=minio),
        "secret": AwsSecret(aws_credentials=aws, secret_name="name"),
        "host": DockerHost(base_url="tcp://127.0.0.1:2375"),
        "registry": DockerRegistryCredentials(username="me", password=fresh(), registry_url="registry.example.com"),
        "repository": GitHubRepository(repository_url="https://github.com/a/b", credentials=github),
        "slack": SlackCredentials(token=fresh()),
        "webhook": SlackWebhook(url=f"https://hooks.slack.com/services/{fresh()}"),
    }
    for name, block in blocks.items():
        block.save(name, overwrite=True)
    return {name: plain(type(block).load(name)) == plain(block) for name, block in blocks.items()}


def checksums() -> dict[str, str]:
    """Of every block class of the packages, as the client itself computes them."""
    classes = [kind for kind in get_registry_for_type(Block).values() if kind.__module__.startswith(PACKAGES)]
    return {kind.get_block_type_slug(): kind._calculate_schema_checksum() for kind in classes}


def templates() -> dict[str, dict]:
    """The base job templates that the workers of the packages bring."""
    workers = (ECSWorker, DockerWorker)
    return {worker.type: worker.get_default_base_job_template() for worker in workers}


if __name__ == "__main__":
    told = {"checksums": checksums(), "templates": templates()} if sys.argv[1] == "schemas" else plant(sys.argv[2:])
    print(json.dumps(told))
