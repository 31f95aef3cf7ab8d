"""A notification policy of 2.20 through a Slack block, and two runs that fail: one of them has the policy's tag."""

import asyncio
import sys

from prefect import flow, tags
from prefect.blocks.notifications import SlackWebhook
from prefect.client.orchestration import get_client

TEMPLATE = "{flow_name} is {flow_run_state_name} ({flow_run_parameters}): {flow_run_state_message}"


@flow
def doomed(day: str) -> None:
    raise ValueError(f"no data for {day}")


async def watch(url: str) -> None:
    block = await SlackWebhook(url=url).save("for-telling")
    async with get_client() as client:
        await client.create_flow_run_notification_policy(
            block_document_id=block, state_names=["Failed"], tags=["prod", "core"], message_template=TEMPLATE
        )


if __name__ == "__main__":
    asyncio.run(watch(sys.argv[1]))
    doomed("monday", return_state=True)
    with tags("prod"):
        doomed("tuesday", return_state=True)
