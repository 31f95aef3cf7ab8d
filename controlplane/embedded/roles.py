"""The three roles of the database: one owns and migrates, one serves tenants' requests, one sweeps over all tenants.

None of them is a superuser and none bypasses row-level security. Everything here may be run again and again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, LiteralString
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from controlplane.embedded.errors import CannotStart
from controlplane.embedded.keepsakes import Keepsakes

DATABASE = "signalbox"
OWNER, APP, SYSTEM = "signalbox_owner", "signalbox_app", "signalbox_system"
ROLES = (OWNER, APP, SYSTEM)
Connection = psycopg.Connection[tuple[Any, ...]]
# Any number will do, as long as it is this one everywhere: two who prepare one server at the same time take turns.
TURN = 7_426_541_001

# As the owner of the database, and so of its schema `public`. The app's role is granted each tenant table by the
# migration that protects it, and nothing else: people, keys and sessions are not its business.
GRANTS = f"""
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO {APP}, {SYSTEM};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {SYSTEM};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {SYSTEM};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO {APP}, {SYSTEM};
"""


@dataclass(frozen=True)
class Urls:
    """One address for each Django alias: `default`, `system`, `owner`."""

    app: str
    system: str
    owner: str


def role_passwords(keepsakes: Keepsakes) -> dict[str, str]:
    return {role: keepsakes.secret(f"{role}_password") for role in ROLES}


def prepare_database(superuser_url: str, name: str = DATABASE, *, passwords: Mapping[str, str]) -> Urls:
    """Make the roles and the database `name` where they are missing, and set the roles' passwords to these.

    `superuser_url` may be any role that may create roles and databases. Raises CannotStart with the SQL for an
    administrator when it may not.
    """
    urls = Urls(*(_address(superuser_url, name, role, passwords[role]) for role in (APP, SYSTEM, OWNER)))
    try:
        _make_roles_and_database(superuser_url, name, passwords)
        with psycopg.connect(urls.owner, autocommit=True, connect_timeout=10) as owner:
            owner.execute(GRANTS)
    except psycopg.errors.InsufficientPrivilege as error:
        raise CannotStart(_ask_an_administrator(superuser_url, name, str(error.diag.message_primary))) from None
    except psycopg.OperationalError as error:
        where = urlsplit(superuser_url).hostname
        words = " ".join(str(error).split()).rstrip(".")
        raise CannotStart(f"The database server at {where} cannot be used: {words}. Look at DATABASE_URL.") from None
    return urls


def _make_roles_and_database(superuser_url: str, name: str, passwords: Mapping[str, str]) -> None:
    database, owner, app, system = (sql.Identifier(word) for word in (name, OWNER, APP, SYSTEM))
    with _connect(superuser_url) as admin:
        admin.execute("SELECT pg_advisory_lock(%s)", [TURN])
        for role in ROLES:
            verb = sql.SQL("ALTER" if _one(admin, "SELECT true FROM pg_roles WHERE rolname = %s", role) else "CREATE")
            command = sql.SQL("{} ROLE {} LOGIN NOCREATEDB NOCREATEROLE PASSWORD {}")
            admin.execute(command.format(verb, sql.Identifier(role), sql.Literal(passwords[role])))
        if not _one(admin, "SELECT pg_has_role(CURRENT_USER, %s, 'USAGE')", OWNER):
            # Without being a superuser, one must be a member of a role to give it a database.
            admin.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(owner))
        holder = _one(admin, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", name)
        if holder is None:
            command = sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0")
            admin.execute(command.format(database, owner))
        elif holder != OWNER:
            admin.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(database, owner))
        admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
        admin.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}, {}").format(database, app, system))


def _connect(url: str) -> Connection:
    """A connection to the database of the address or, while that does not exist, to the one every server has."""
    try:
        return psycopg.connect(url, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        if f'database "{urlsplit(url).path.lstrip("/")}" does not exist' not in str(error):
            raise
    return psycopg.connect(urlunsplit(urlsplit(url)._replace(path="/postgres")), autocommit=True, connect_timeout=10)


def _one(connection: Connection, query: LiteralString, *values: str) -> object:
    row = connection.execute(query, values).fetchone()
    return row[0] if row else None


def _address(url: str, name: str, role: str, password: str) -> str:
    parts = urlsplit(url)
    where = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{quote(password, safe='')}@{where}", path=f"/{name}"))


def _ask_an_administrator(url: str, name: str, refusal: str) -> str:
    return f"""The role of DATABASE_URL ({urlsplit(url).username}) may not prepare the database: {refusal}.
Either give a DATABASE_URL of a role that may create roles and databases, or let an administrator run this once:

    CREATE ROLE {OWNER} LOGIN PASSWORD '...';
    CREATE ROLE {APP} LOGIN PASSWORD '...';
    CREATE ROLE {SYSTEM} LOGIN PASSWORD '...';
    CREATE DATABASE {name} OWNER {OWNER} ENCODING 'UTF8' TEMPLATE template0;
    REVOKE ALL ON DATABASE {name} FROM PUBLIC;
    GRANT CONNECT ON DATABASE {name} TO {APP}, {SYSTEM};
    \\connect {name} {OWNER}
    {GRANTS.strip().replace(chr(10), chr(10) + "    ")}

and put their addresses into SIGNALBOX_DATABASE_APP_URL, SIGNALBOX_DATABASE_SYSTEM_URL and
SIGNALBOX_DATABASE_OWNER_URL."""
