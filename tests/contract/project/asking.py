"""A flow that asks a person before it goes on."""

from datetime import date
from enum import Enum
from pathlib import Path

from prefect import flow, pause_flow_run
from prefect.input import RunInput

HERE = Path(__file__).parent


class Size(Enum):
    small = "small"
    large = "large"


class Approval(RunInput):
    reason: str
    amount: int
    when: date
    size: Size
    sure: bool = True


@flow
def asking() -> None:
    wanted = Approval.with_initial_data(description="**Shall we?**", amount=2)
    given = pause_flow_run(wait_for_input=wanted, timeout=120, poll_interval=1)
    words = (given.reason, given.amount, given.when, given.size.value, given.sure)
    (HERE / "answered.txt").write_text(" ".join(map(str, words)))


if __name__ == "__main__":
    asking()
