"""Flows that are paused, suspended or cancelled: they say how far they came in files beside this one."""

import os
import sys
import time
from pathlib import Path

from prefect import flow, pause_flow_run, serve, suspend_flow_run, task

HERE = Path(__file__).parent


def tell(word: str) -> None:
    with (HERE / "told.txt").open("a") as told:
        told.write(f"{word}\n")


@flow
def paused(timeout: int = 60) -> None:
    tell("before the pause")
    pause_flow_run(timeout=timeout, poll_interval=1)
    tell("after the pause")


@flow
def suspended() -> None:
    tell("before")
    suspend_flow_run(timeout=120, key="once")
    tell("after")


@task
def sleep() -> None:
    tell("sleeping")
    time.sleep(300)


@flow
def endless() -> None:
    sleep()
    tell("never")


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(*(each.to_deployment("served") for each in (endless, suspended)), pause_on_shutdown=False)
    (HERE / "pid.txt").write_text(str(os.getpid()))
    if sys.argv[1] == "endless":
        endless()
    if sys.argv[1] == "pause":
        paused(int(sys.argv[2]))
