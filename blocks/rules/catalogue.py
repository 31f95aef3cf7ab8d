"""The catalogue of block types: what each is for, what its tile shows, and the code that loads a block."""

import re
from collections.abc import Sequence

CATEGORIES = ("Notify", "Secrets", "Storage", "Databases", "Infrastructure", "Other")
WORDS = {
    "Notify": "notify notification slack teams discord email webhook pager opsgenie sendgrid twilio mattermost",
    "Storage": "get-directory put-directory read-path write-path storage bucket gcs azure blob filesystem file-system "
    "github gitlab git bitbucket repository s3 smb",
    "Databases": "database snowflake bigquery sql sqlalchemy postgres redshift databricks mongo",
    "Infrastructure": "run-infrastructure infrastructure kubernetes docker ecs job process container cluster",
    "Secrets": "secret credentials token password key registry",
}
# What is drawn for a type, by the first word of its slug that is here; otherwise by its category.
PICTURES = {
    "chat": "slack teams discord mattermost", "mail": "email smtp sendgrid", "webhook": "webhook custom-webhook",
    "bucket": "bucket s3 gcs", "cloud": "aws gcp azure minio", "container": "docker kubernetes ecs container",
    "branch": "git github gitlab bitbucket", "database": "database sqlalchemy snowflake bigquery postgres",
    "variable": "json", "folder": "file filesystem", "calendar": "date", "terminal": "process shell",
}  # fmt: skip
OF_CATEGORY = {
    "Notify": "bell",
    "Secrets": "key",
    "Storage": "folder",
    "Databases": "database",
    "Infrastructure": "pool",
}
COLOURS = 8
# What a class of a known package is imported from, by the slug of its type.
IMPORTS = {
    "secret": ("prefect.blocks.system", "Secret"),
    "json": ("prefect.blocks.system", "JSON"),
    "slack-webhook": ("prefect.blocks.notifications", "SlackWebhook"),
    "microsoft-teams-webhook": ("prefect.blocks.notifications", "MicrosoftTeamsWebhook"),
    "webhook": ("prefect.blocks.webhook", "Webhook"),
    "local-file-system": ("prefect.filesystems", "LocalFileSystem"),
    "remote-file-system": ("prefect.filesystems", "RemoteFileSystem"),
    "aws-credentials": ("prefect_aws", "AwsCredentials"),
    "minio-credentials": ("prefect_aws", "MinIOCredentials"),
    "aws-secret": ("prefect_aws", "AwsSecret"),
    "s3-bucket": ("prefect_aws", "S3Bucket"),
    "slack-credentials": ("prefect_slack", "SlackCredentials"),
    "slack-incoming-webhook": ("prefect_slack", "SlackWebhook"),
    "github-credentials": ("prefect_github", "GitHubCredentials"),
    "github-repository": ("prefect_github", "GitHubRepository"),
    "docker-host": ("prefect_docker", "DockerHost"),
    "docker-registry-credentials": ("prefect_docker", "DockerRegistryCredentials"),
}
IMPORTED = re.compile(r"^\s*from\s+([\w.]+)\s+import\s+(\w+)\s*$", re.MULTILINE)


def category_of(slug: str, capabilities: Sequence[str]) -> str:
    """By what it is capable of, then by its name."""
    for wanted in (set(capabilities), set(slug.split("-")) | {slug}):
        for category, words in WORDS.items():
            if wanted & set(words.split()):
                return category
    return "Other"


def letters_of(name: str) -> str:
    """Two letters for a tile: of two words their first ones."""
    words = re.findall(r"[A-Za-z0-9]+", name)
    initials = "".join(word[0] for word in words[:2])
    return (initials if len(initials) == 2 else "".join(words)[:2] or "?").capitalize()


def picture_of(slug: str) -> str:
    """The icon of a type; empty where only its letters stand for it."""
    words = [*slug.split("-"), slug]
    for picture, known in PICTURES.items():
        if set(words) & set(known.split()):
            return picture
    return OF_CATEGORY.get(category_of(slug, ()), "")


def colour_of(slug: str) -> int:
    """One of a few tiles, always the same for a type."""
    return sum(ord(letter) * (place + 1) for place, letter in enumerate(slug)) % COLOURS


def loading_code(slug: str, name: str, example: str | None) -> str:
    """Python that loads the block: with its own class where that is known, else by its type's slug."""
    found = IMPORTS.get(slug)
    if found is None and example and (match := IMPORTED.search(example)):
        found = (match[1], match[2])
    if found is None:
        return f'from prefect.blocks.core import Block\n\nblock = Block.load("{slug}/{name}")'
    module, title = found
    return f'from {module} import {title}\n\nblock = {title}.load("{name}")'


def reference_text(slug: str, name: str) -> str:
    return f"{{{{ prefect.blocks.{slug}.{name} }}}}"


def block_pattern(slug: str, name: str) -> str:
    """What PostgreSQL looks for in JSON: the template of a block, which may go on with one of its fields."""
    return rf"prefect\.blocks\.{slug}\.{name}(?![a-z0-9-])"


def variable_reference(name: str) -> str:
    return f"{{{{ prefect.variables.{name} }}}}"


def variable_pattern(name: str) -> str:
    """What PostgreSQL looks for in JSON: the template of a variable, or a parameter that asks for it by name."""
    return rf'prefect\.variables\.{name}(?![a-z0-9_-])|"variable_name": ?"{name}"'
