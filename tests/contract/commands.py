"""The commands of Prefect 3.8's CLI that talk to the API: what they print and what the API holds afterwards.

`{name}` stands for what an earlier step of the same chapter saved, or for a thing of the world (see `test_cli`).
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Step:
    """`says`: words of the output, in order, whatever the line breaks. `holds`: request -> its answer's status, or a
    part of what it answers. `save`: name -> (request, place in the answer). `typed`: what a person answers."""

    command: str
    says: tuple[str, ...] = ()
    status: int = 0
    holds: dict[str, Any] = field(default_factory=dict)
    save: dict[str, tuple[str, str]] = field(default_factory=dict)
    typed: str = ""


def step(command: str, *says: str, **more: Any) -> Step:
    return Step(command, says, **more)


CHAPTERS: dict[str, list[Step]] = {
    "variable": [
        step(
            "variable set color blue --tag a",
            "Set variable 'color'.",
            holds={"GET /variables/name/color": {"value": "blue", "tags": ["a"]}},
        ),
        step(
            "variable set color red",
            "Variable 'color' already exists.",
            status=1,
            holds={"GET /variables/name/color": {"value": "blue"}},
        ),
        step("variable set color red --overwrite", holds={"GET /variables/name/color": {"value": "red"}}),
        step("variable get color", '"red"'),
        step("variable inspect color", "name='color'", "value='red'"),
        step("variable inspect color -o json", '"value": "red"'),
        step("variable ls", "color", '"red"'),
        step("variable get nothing", "Variable 'nothing' not found.", status=1),
        step("variable unset color", "Unset variable 'color'.", holds={"GET /variables/name/color": 404}),
        step("variable delete color", "Variable 'color' not found.", status=1),
    ],
    "artifact": [
        step("artifact ls", "report", "weather"),
        step("artifact ls --all -o json", '"id": "{artifact}"'),
        step("artifact inspect weather", "'data': 'sunny'", "{artifact}"),
        step("artifact inspect nothing", "Artifact 'nothing' not found.", status=1),
        step(
            "artifact delete --id {artifact}",
            "Deleted artifact with id '{artifact}'.",
            holds={"GET /artifacts/{artifact}": 404},
        ),
        step(
            "artifact delete report",
            "Deleted 1 artifact(s) with key 'report'.",
            holds={"GET /artifacts/report/latest": 404},
        ),
    ],
    "block": [
        step(
            "block register --file blocks.py",
            "Successfully registered 1 block",
            "Door",
            holds={"GET /block_types/slug/door": {"name": "Door"}},
        ),
        step("block register --module prefect.blocks.notifications", "Successfully registered 9 blocks"),
        step("block type ls", "slack-webhook"),
        step("block type inspect door", "width", "default: 1"),
        step("block create slack-webhook", "Create a slack-webhook block:", "blocks/catalog/slack-webhook/create"),
        step("block ls", "secret/front", "local-file-system/files"),
        step("block ls -o json", '"id": "{block}"'),
        step("block inspect secret/front", "{block}", "********"),
        step("block inspect --id {block}", "secret/front", "********"),
        step("block delete secret/front", "Deleted Block 'secret/front'.", holds={"GET /block_documents/{block}": 404}),
        step("block delete secret/front", "Block 'secret/front' not found!", status=1),
        step("block type delete door", "Deleted Block Type 'door'.", holds={"GET /block_types/slug/door": 404}),
        step(
            "block type delete secret",
            "Block Type 'secret' is a protected block!",
            status=1,
            holds={"GET /block_types/slug/secret": 200},
        ),
    ],
    "concurrency-limit": [
        step(
            "concurrency-limit create db 3",
            "tag - 'db'",
            "concurrency_limit - 3",
            holds={"GET /concurrency_limits/tag/db": {"concurrency_limit": 3}},
        ),
        step("concurrency-limit inspect db", "db", "3", "Active Task Run IDs"),
        step("concurrency-limit ls", "db"),
        step("concurrency-limit reset db", "Reset concurrency limit set on the tag: db"),
        step(
            "concurrency-limit delete db",
            "Deleted concurrency limit set on the tag: db",
            holds={"GET /concurrency_limits/tag/db": 404},
        ),
        step("concurrency-limit inspect db", "No concurrency limit found for the tag: db", status=1),
    ],
    "global-concurrency-limit": [
        step(
            "gcl create api --limit 5 --slot-decay-per-second 0.5",
            "Created global concurrency limit with name 'api'",
            holds={"GET /v2/concurrency_limits/api": {"limit": 5, "slot_decay_per_second": 0.5, "active": True}},
        ),
        step("gcl create api --limit 5", "Global concurrency limit 'api' already exists.", status=1),
        step("gcl inspect api", "name='api'", "limit=5", "slot_decay_per_second=0.5"),
        step("gcl ls", "api", "True", "0.5"),
        step(
            "gcl update api --limit 7 --active-slots 2",
            "Updated global concurrency limit with name 'api'.",
            holds={"GET /v2/concurrency_limits/api": {"limit": 7}},
        ),
        step(
            "gcl disable api",
            "Disabled global concurrency limit with name 'api'.",
            holds={"GET /v2/concurrency_limits/api": {"active": False}},
        ),
        step(
            "gcl enable api",
            "Enabled global concurrency limit with name 'api'.",
            holds={"GET /v2/concurrency_limits/api": {"active": True}},
        ),
        step(
            "gcl delete api",
            "Deleted global concurrency limit with name 'api'.",
            holds={"GET /v2/concurrency_limits/api": 404},
        ),
        step("gcl delete api", "Global concurrency limit 'api' not found.", status=1),
    ],
    "work-pool": [
        step(
            "work-pool create cli --type process",
            "Created work pool 'cli'!",
            "Status: Not ready",
            holds={"GET /work_pools/cli": {"type": "process", "is_paused": False}},
        ),
        step("work-pool create cli --type process", "Work pool named 'cli' already exists.", status=1),
        step(
            "work-pool create cli --type process --overwrite --paused",
            "Updated work pool 'cli'!",
            "Status: Paused",
            holds={"GET /work_pools/cli": {"is_paused": True}},
        ),
        step(
            "work-pool create cli2 --type nonsense",
            "Unknown work pool type 'nonsense'.",
            "kubernetes, process",
            status=1,
            holds={"GET /work_pools/cli2": 404},
        ),
        step("work-pool resume cli", "Resumed work pool 'cli'", holds={"GET /work_pools/cli": {"is_paused": False}}),
        step(
            "work-pool pause cli",
            "Paused work pool 'cli'",
            holds={"GET /work_pools/cli": {"is_paused": True, "status": "PAUSED"}},
        ),
        step(
            "work-pool set-concurrency-limit cli 4",
            "Set concurrency limit for work pool 'cli' to 4",
            holds={"GET /work_pools/cli": {"concurrency_limit": 4}},
        ),
        step("work-pool slots cli", "Slots: 0 / 4", "No flow runs occupying slots."),
        step(
            "work-pool clear-concurrency-limit cli",
            "Cleared concurrency limit for work pool 'cli'",
            holds={"GET /work_pools/cli": {"concurrency_limit": None}},
        ),
        step(
            "work-pool update cli --description ours",
            "Updated work pool 'cli'",
            holds={"GET /work_pools/cli": {"description": "ours"}},
        ),
        step("work-pool get-default-base-job-template --type process", "job_configuration"),
        step("work-pool inspect cli", "name='cli'", "description='ours'"),
        step("work-pool inspect cli -o json", '"name": "cli"'),
        step("work-pool ls", "cli (**)", "world", "denotes a paused pool"),
        step("work-pool preview world", "{deployment}"),
        step("work-pool storage inspect cli", "No storage configuration found for work pool 'cli'"),
        step(
            "work-pool storage configure s3 cli --bucket b --aws-credentials-block-name nothing",
            "AWS credentials block 'nothing' does not exist.",
            status=1,
        ),
        step("work-pool delete cli", "Deleted work pool 'cli'", holds={"GET /work_pools/cli": 404}),
        step("work-pool inspect cli", "Work pool 'cli' not found!", status=1),
    ],
    "work-queue": [
        step(
            "work-queue create urgent --pool world --limit 2 --priority 1",
            "name - 'urgent'",
            "work pool - 'world'",
            "concurrency limit - 2",
            holds={"GET /work_pools/world/queues/urgent": {"concurrency_limit": 2, "priority": 1}},
        ),
        step("work-queue create urgent --pool world", "Work queue with name: 'urgent' already exists.", status=1),
        step("work-queue ls --pool world", "Work Queues in Work Pool 'world'", "urgent"),
        step("work-queue ls", "urgent", "world"),
        step("work-queue inspect urgent --pool world", "name='urgent'", "concurrency_limit=2"),
        step(
            "work-queue pause urgent --pool world",
            "Work queue 'urgent' in work pool 'world' paused",
            holds={"GET /work_pools/world/queues/urgent": {"is_paused": True}},
        ),
        step(
            "work-queue resume urgent --pool world",
            "Work queue 'urgent' in work pool 'world' resumed",
            holds={"GET /work_pools/world/queues/urgent": {"is_paused": False}},
        ),
        step(
            "work-queue set-concurrency-limit urgent 9 --pool world",
            "Concurrency limit of 9 set on work queue 'urgent'",
            holds={"GET /work_pools/world/queues/urgent": {"concurrency_limit": 9}},
        ),
        step("work-queue slots urgent --pool world", "Slots: 0 / 9"),
        step(
            "work-queue clear-concurrency-limit urgent --pool world",
            "Concurrency limits removed on work queue 'urgent'",
            holds={"GET /work_pools/world/queues/urgent": {"concurrency_limit": None}},
        ),
        step("work-queue preview urgent --pool world", "No runs found"),
        step("work-queue read-runs urgent --pool world", "Read 0 runs for work queue 'urgent' in work pool world: []"),
        step(
            "work-queue delete urgent --pool world",
            "Successfully deleted work queue 'urgent'",
            holds={"GET /work_pools/world/queues/urgent": 404},
        ),
        step(
            "work-queue inspect urgent --pool world",
            "No work queue named 'urgent' found in work pool 'world'.",
            status=1,
        ),
    ],
    "deployment": [
        step("deployment ls", "main/world", "{deployment}"),
        step("deployment inspect main/world", "'name': 'world'", "'cron': '* * * * *'"),
        step(
            "deployment run main/world --param n=2 --tag cli --flow-run-name by-hand --start-in 'in 3 hours'",
            "Created flow run 'by-hand'.",
            "Parameters: {'n': 2}",
        ),
        step("deployment run main/nothing", "Deployment 'main/nothing' not found!", status=1),
        step(
            "deployment schedule create main/world --cron '0 5 * * *' --timezone Europe/Paris",
            "Created deployment schedule!",
        ),
        step("deployment schedule create main/world --interval 3600"),
        step(
            "deployment schedule create main/world --rrule FREQ=DAILY",
            save={"schedule": ("GET /deployments/{deployment}/schedules", "0.id")},
        ),
        step("deployment schedule ls main/world", "cron: 0 5 * * *", "interval: 1:00:00s", "FREQ=DAILY"),
        step("deployment schedule pause main/world {schedule}", "Paused schedule rrule="),
        step("deployment schedule resume main/world {schedule}", "Resumed schedule rrule="),
        step("deployment schedule delete main/world {schedule} -y", "Deleted deployment schedule {schedule}"),
        step("deployment schedule pause --all", "Paused 3 deployment schedule(s)."),
        step("deployment schedule resume --all", "Resumed 3 deployment schedule(s)."),
        step(
            "deployment schedule clear main/world -y",
            "Cleared all schedules for deployment main/world",
            holds={"GET /deployments/{deployment}/schedules": []},
        ),
        step(
            "--no-prompt deploy flows.py:main --name second --pool world --interval 60 --concurrency-limit 1"
            " --collision-strategy CANCEL_NEW",
            "Deployment 'main/second' successfully created with id",
            save={"second": ("GET /deployments/name/main/second", "id")},
            holds={
                "GET /deployments/name/main/second": {
                    "concurrency_options": {"collision_strategy": "CANCEL_NEW", "grace_period_seconds": None}
                }
            },
        ),
        step("sdk generate --output generated.py", "SDK generated successfully!", "Deployments: 2"),
        step(
            "deployment delete main/second",
            "Deleted deployment 'main/second'.",
            holds={"GET /deployments/{second}": 404},
        ),
    ],
    "flow and flow-run": [
        step("flow ls", "empty", "report", "main"),
        step("flow-run ls", "main", "SCHEDULED", "COMPLETED"),
        step("flow-run ls --flow-name main --state Completed -o json", '"id": "{run}"'),
        step("flow-run inspect {run}", "id='{run}'", "state_name='Completed'"),
        step("flow-run inspect {nothing}", "404", status=1),
        step("flow-run logs {run}", "starting with 3", "Finished in state Completed()"),
        step("flow-run logs {run} --tail --num-logs 1", "Finished in state Completed()"),
        step("flow-run watch {run}", "Flow run already finished in 'Completed'."),
        step(
            "flow-run cancel {scheduled}",
            "Flow run '{scheduled}' was successfully scheduled for cancellation.",
            holds={"GET /flow_runs/{scheduled}": {"state_type": "CANCELLED"}},
        ),
        step(
            "flow-run execute {due}",
            "All deployment steps completed successfully",
            "Finished in state Completed()",
            holds={"GET /flow_runs/{due}": {"state_type": "COMPLETED"}},
        ),
        step(
            "flow-run retry {run} --entrypoint flows.py:main",
            "Executing flow run '{run}' locally...",
            "Finished in state Completed()",
        ),
        step("task-run ls", "extract", "flaky", "load", "COMPLETED"),
        step("task-run ls --state-type COMPLETED -o json", '"id": "{task}"'),
        step("task-run inspect {task}", "id='{task}'", "state_name='Completed'"),
        step("task-run logs {task}", "Finished in state Completed()"),
        step(
            "flow-run delete {scheduled}",
            "Successfully deleted flow run '{scheduled}'.",
            holds={"GET /flow_runs/{scheduled}": 404},
        ),
    ],
    "automation": [
        step(
            "automation create -j {made}",
            "Created automation 'quiet' with id",
            holds={"POST /automations/filter": [{"name": "quiet"}]},
            save={"automation": ("POST /automations/filter", "0.id")},
        ),
        step(
            "automation update --id {automation} -j {changed}",
            "Updated automation 'louder' ({automation})",
            holds={"GET /automations/{automation}": {"name": "louder"}},
        ),
        step("automation ls", "louder", "{automation}"),
        step("automation inspect louder", "name='louder'", "DoNothing()"),
        step(
            "automation pause louder",
            "Paused automation(s) with name 'louder'",
            holds={"GET /automations/{automation}": {"enabled": False}},
        ),
        step(
            "automation resume louder",
            "Resumed automation(s) with name 'louder'",
            holds={"GET /automations/{automation}": {"enabled": True}},
        ),
        step(
            "automation delete louder",
            "Deleted automation with name 'louder'",
            holds={"GET /automations/{automation}": 404},
        ),
    ],
    "events": [
        step(
            "event emit order.placed --resource-id shop.1 --payload {payload}",
            "Successfully emitted event 'order.placed' with ID",
            holds={"POST /events/filter": 200},
        ),
    ],
    "shell": [
        step("shell watch 'echo hello shell' --flow-name Echo --tag sh", "hello shell"),
    ],
}
