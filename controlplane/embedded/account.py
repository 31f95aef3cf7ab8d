"""The ordinary user under which the servers run when we are root: PostgreSQL refuses to run as root."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

# The first that exists is taken. A data folder that already has an owner keeps it.
CANDIDATES = ("signalbox", "postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """Who runs the servers; `drop` is false when that is simply who we are."""

    name: str
    uid: int
    gid: int
    drop: bool


def choose_account(data: Path) -> Account:
    """Ourselves, or as root the owner of `data`, or else the first of `CANDIDATES` that this machine has."""
    if os.geteuid() != 0:
        return Account(str(os.geteuid()), os.geteuid(), os.getegid(), drop=False)
    owner = data.stat() if data.exists() else None
    if owner and owner.st_uid != 0:
        return _account(pwd.getpwuid(owner.st_uid))
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in CANDIDATES:
        if name in known:
            return _account(known[name])
    return Account("65534", 65534, 65534, drop=True)


def become(account: Account) -> None:
    """Give up root for good; for the child, between fork and exec."""
    if account.drop:
        os.setgroups([])
        os.setgid(account.gid)
        os.setuid(account.uid)


def can_use(account: Account, path: Path, mode: int) -> bool:
    """Whether that account may use `path` in `mode` (os.X_OK, ...), asked of the kernel in a child of its own."""
    if not account.drop:
        return os.access(path, mode)
    child = os.fork()
    if child == 0:
        try:
            become(account)
            os._exit(0 if os.access(path, mode) else 1)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def give(account: Account, folder: Path) -> None:
    """Make a private folder of that account's; an existing one is only handed over, not emptied."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if account.drop:
        os.chown(folder, account.uid, account.gid)


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, drop=True)
