"""Saves blocks of every kind with 24 secrets in them, loads them back and prints the secrets that were found."""

import json
import sys

from prefect.blocks.core import Block
from prefect.blocks.notifications import SlackWebhook
from prefect.blocks.system import Secret
from prefect.blocks.webhook import Webhook
from prefect.filesystems import LocalFileSystem
from prefect.types import SecretDict
from pydantic import BaseModel, SecretStr


class Token(BaseModel):
    token: SecretStr
    scope: str = "all"


class Login(Block):
    """Somebody's login."""

    user: str
    password: SecretStr


class Other(Block):
    url: str = "https://example.com"


class Project(Block):
    _block_type_name = "Project of ours"

    login: Login
    either: Login | Other | None = None
    headers: SecretDict | None = None
    token: Token | None = None
    tokens: list[Token] = []
    keys: dict[str, SecretStr] = {}
    ratio: float = 1.0


class Company(Block):
    project: Project
    password: SecretStr


class Keeper(Block):
    """Secrets in dictionaries, whose keys no schema knows."""

    tokens: dict[str, Token] = {}
    logins: dict[str, Login] = {}
    rows: list[dict[str, Token]] = []


def plant(secrets: list[str]) -> None:
    fresh = iter(secrets).__next__
    Secret(value=fresh()).save("text")
    Secret(value={"user": "me", "password": fresh(), "more": [fresh()]}).save("structured")
    SlackWebhook(url=f"https://hooks.slack.com/services/{fresh()}").save("slack")
    Webhook(url=f"https://example.com/{fresh()}", headers={"x": fresh(), "y": fresh()}).save("hook")
    LocalFileSystem(basepath="results").save("folder")
    login = Login(user="me", password=fresh())
    login.save("login")
    project = Project(
        login=login,
        either=Login(user="you", password=fresh()),
        headers={"a": fresh(), "b": {"c": fresh()}},
        token=Token(token=fresh()),
        tokens=[Token(token=fresh()), Token(token=fresh())],
        keys={"one": fresh(), "two": fresh()},
    )
    project.save("project")
    Company(project=project, password=fresh()).save("company")
    # Saved again: what is overwritten may not stay anywhere either.
    Secret(value=fresh()).save("text", overwrite=True)
    project.keys = {"one": SecretStr(fresh()), "two": SecretStr(fresh())}
    project.save("project", overwrite=True)
    Keeper(
        tokens={"token": Token(token=fresh()), "other": Token(token=fresh())},
        logins={"b": Login(user="them", password=fresh())},
        rows=[{"c": Token(token=fresh())}],
    ).save("keeper")


def harvest() -> list[str]:
    company = Company.load("company")
    project = Project.load("project")
    assert company.project.model_dump() == project.model_dump()
    hook, structured = Webhook.load("hook"), Secret.load("structured").get()
    headers = project.headers.get_secret_value()
    keeper = Keeper.load("keeper")
    return [
        Secret.load("text").get(), structured["password"], structured["more"][0],
        SlackWebhook.load("slack").url.get_secret_value().rpartition("/")[2],
        hook.url.get_secret_value().rpartition("/")[2], *hook.headers.get_secret_value().values(),
        Login.load("login").password.get_secret_value(), project.login.password.get_secret_value(),
        project.either.password.get_secret_value(), headers["a"], headers["b"]["c"],
        project.token.token.get_secret_value(), *(token.token.get_secret_value() for token in project.tokens),
        *(key.get_secret_value() for key in project.keys.values()), company.password.get_secret_value(),
        *(token.token.get_secret_value() for token in keeper.tokens.values()),
        keeper.logins["b"].password.get_secret_value(), keeper.rows[0]["c"].token.get_secret_value(),
    ]  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1] == "plant":
        plant(sys.argv[2:])
    print(json.dumps(harvest()))
