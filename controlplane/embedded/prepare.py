"""Prepare a database server that is not embedded, for containers: `python -m controlplane.embedded.prepare ...`.

`roles` makes the three roles and the database, with the passwords that are in their addresses.
`secrets FOLDER` makes up what compose.yaml hands out, one file each; what is there stays.
"""

import base64
import os
import secrets
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

from controlplane.embedded.errors import CannotStart
from controlplane.embedded.keepsakes import write_private
from controlplane.embedded.roles import APP, DATABASE, OWNER, SYSTEM, prepare_database
from controlplane.embedded.wishes import Wishes


def main(arguments: list[str]) -> int:
    try:
        match arguments:
            case ["roles"]:
                prepare_roles(Wishes.read(os.environ))
            case ["secrets", folder]:
                make_secrets(Path(folder))
            case _:
                raise CannotStart("usage: prepare roles | prepare secrets FOLDER")
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def prepare_roles(wishes: Wishes) -> None:
    """Nothing to do without a DATABASE_URL: then an administrator has made the roles."""
    if not wishes.database_url:
        return
    if wishes.role_urls is None:
        raise CannotStart(
            "Set SIGNALBOX_DATABASE_APP_URL, SIGNALBOX_DATABASE_SYSTEM_URL and SIGNALBOX_DATABASE_OWNER_URL."
        )
    named = {APP: wishes.role_urls.app, SYSTEM: wishes.role_urls.system, OWNER: wishes.role_urls.owner}
    for role, url in named.items():
        if urlsplit(url).username != role:
            raise CannotStart(f"The address of the role {role} names {urlsplit(url).username!r} as its user.")
    passwords = {role: unquote(urlsplit(url).password or "") for role, url in named.items()}
    prepare_database(wishes.database_url, urlsplit(wishes.role_urls.owner).path.lstrip("/"), passwords=passwords)


def make_secrets(folder: Path, server: str = "postgres:5432") -> None:
    """Files for a PostgreSQL at `server`: its superuser's password, four addresses, and the secret key."""

    def address(role: str, password: str, database: str) -> str:
        return f"postgresql://{role}:{password}@{server}/{database}"

    _keep(folder / "secret_key", secrets.token_urlsafe(50))
    # The key that wraps the workspaces' data keys: 32 bytes, shared by web and worker.
    _keep(folder / "master.key", base64.urlsafe_b64encode(os.urandom(32)).decode())
    password = _keep(folder / "postgres_password", secrets.token_urlsafe(24))
    _keep(folder / "database_url", address("postgres", password, "postgres"))
    for file, role in (("app_url", APP), ("system_url", SYSTEM), ("owner_url", OWNER)):
        _keep(folder / file, address(role, secrets.token_urlsafe(24), DATABASE))


def _keep(file: Path, fresh: str) -> str:
    if not file.exists():
        write_private(file, fresh)
    return file.read_text()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
