"""One stack per data folder: a lock that the kernel lets go of when its holder ends, however it ends."""

import fcntl
import os
import time
from pathlib import Path
from typing import IO

from controlplane.embedded.errors import CannotStart
from controlplane.embedded.processes import is_alive

# How long those left behind by a killed holder may take to end.
PATIENCE_SECONDS = 20.0


def lock_folder(folder: Path) -> IO[str]:
    """Hold the folder until the returned file is closed. Raises CannotStart when somebody else holds it."""
    file = (folder / "lock").open("a+")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip()
            if (holder.isdecimal() and is_alive(int(holder))) or time.monotonic() > deadline:
                file.close()
                raise CannotStart(
                    f"Signalbox already runs on the data folder {folder} (process {holder}). "
                    "Stop that one first, or set SIGNALBOX_DATA to another folder."
                ) from None
            time.sleep(0.1)
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file
