"""A worker of a type that can stop what it has started, as those of Docker or Kubernetes can."""

import asyncio
import os
import signal
import sys

from prefect.exceptions import InfrastructureNotFound
from prefect.workers.process import ProcessWorker


class KillingWorker(ProcessWorker):
    type = "killing"

    async def kill_infrastructure(
        self, infrastructure_pid: str, configuration: object, grace_seconds: int = 30
    ) -> None:
        print("TEARING DOWN", infrastructure_pid, flush=True)
        try:
            os.kill(int(infrastructure_pid.rpartition(":")[2]), signal.SIGKILL)
        except ProcessLookupError as error:
            raise InfrastructureNotFound(infrastructure_pid) from error


asyncio.run(KillingWorker(work_pool_name=sys.argv[1], name="w", create_pool_if_not_found=True).start())
