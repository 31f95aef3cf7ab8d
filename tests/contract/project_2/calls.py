"""Calls of the 2.20 client that no command of its CLI makes. Prints a line for each answer."""

import asyncio

from prefect.blocks.system import Secret
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import DeploymentFilter, FlowRunNotificationPolicyFilter
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound


async def policies(client: PrefectClient) -> None:
    block = await Secret(value="x").save("for-policies")
    policy = await client.create_flow_run_notification_policy(
        block_document_id=block, state_names=["Failed"], tags=["prod"],
        message_template="{flow_run_name} is {flow_run_state_name}",
    )  # fmt: skip
    (found,) = await client.read_flow_run_notification_policies(filter_by(True))
    print("policies", found.is_active, found.state_names, found.tags, found.message_template)
    await client.update_flow_run_notification_policy(policy, is_active=False, state_names=["Failed", "Crashed"])
    (found,) = await client.read_flow_run_notification_policies(filter_by(False))
    print("inactive policies", found.is_active, found.state_names, found.tags)
    await client.delete_flow_run_notification_policy(policy)
    print("policies left", len(await client.read_flow_run_notification_policies(None)))
    try:
        await client.delete_flow_run_notification_policy(policy)
    except ObjectNotFound as error:
        print("no such policy", type(error).__name__)


def filter_by(is_active: bool) -> FlowRunNotificationPolicyFilter:
    return FlowRunNotificationPolicyFilter(is_active={"eq_": is_active})


async def queues(client: PrefectClient) -> None:
    queue = await client.create_work_queue("first", concurrency_limit=3)
    print("queue", queue.work_pool_name, queue.name, queue.concurrency_limit, queue.is_paused)
    await client.get_runs_in_work_queue(queue.id)
    status = await client.read_work_queue_status(queue.id)
    print("queue polled", status.healthy, status.late_runs_count)
    try:
        await client.create_work_queue("first")
    except ObjectAlreadyExists as error:
        print("queue again", type(error).__name__)


async def deployments(client: PrefectClient) -> None:
    classic = await client.read_deployment_by_name("main/classic")
    print("deployment", classic.schedule.cron, classic.is_schedule_active, classic.job_variables)
    await client.set_deployment_paused_state(classic.id, True)
    await client.update_deployment(await client.read_deployment(classic.id))
    paused = await client.read_deployment(classic.id)
    print("paused", paused.is_schedule_active, paused.paused, len(paused.schedules))
    await client.set_deployment_paused_state(classic.id, False)
    resumed = await client.read_deployment(classic.id)
    print("resumed", resumed.is_schedule_active, resumed.paused)
    active = DeploymentFilter(is_schedule_active={"eq_": True}, name={"any_": ["classic"]})
    print("active", *[found.name for found in await client.read_deployments(deployment_filter=active)])


async def main() -> None:
    async with get_client() as client:
        await policies(client)
        await queues(client)
        await deployments(client)
        print("variables", *[f"{found.name}={found.value}" for found in await client.read_variables()])
        print("slots", (await client.increment_concurrency_slots(["unknown"], 1, "concurrency")).json())


if __name__ == "__main__":
    asyncio.run(main())
