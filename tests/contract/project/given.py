"""A flow that is given secrets, and tells only their digests."""

from hashlib import sha256

from prefect import flow, get_run_logger, task
from pydantic import BaseModel, SecretStr


class Login(BaseModel):
    user: str
    password: SecretStr


def digest(secret: SecretStr) -> str:
    return sha256(secret.get_secret_value().encode()).hexdigest()


@task
def sign_in(login: Login) -> str:
    return digest(login.password)


@flow
def keeps(token: SecretStr, login: Login, headers: dict[str, SecretStr] | None = None) -> None:
    headers = headers or {}
    told = [digest(token), sign_in(login), *(digest(headers[name]) for name in sorted(headers))]
    get_run_logger().info("saw %s", " ".join(told))
