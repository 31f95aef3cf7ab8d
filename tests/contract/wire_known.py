"""Where our document differs from Prefect's on purpose. Each line has to differ still, or it is struck off."""

SAME_EFFECT = "the default of theirs and leaving it out do the same"
DISABLED = "CSRF protection is off for API keys: 422 with and without a client"
LENIENT = "docs/adr/0009-kinder-than-the-real-server.md"
NEVER = "always null, as the real server answers"
OLDER = "2.20's models have it as optional and read it nowhere; the real 3.8 server has dropped it, too"
TO_2 = "answered to 2.x clients only (`OlderDeployment`), who are told apart by their User-Agent"
AS_IT_ANSWERS = "the document of theirs says 200, the server answers as we do"
UNSENT = "no client sends it: the server has always chosen them"
CLOUD = "cloud.md 2.9: false in Cloud, which is what its clients take us for; true when a 3.x client leaves it out"

KNOWN = {
    "*": {
        "POST /artifacts/: answers 201 for 200": AS_IT_ANSWERS,
        "GET /csrf-token ?.client: missing": DISABLED,
        "POST /block_documents/count <.block_documents.is_anonymous: default nothing for {\"eq_\": false}": SAME_EFFECT,
        "POST /templates/validate: answers 204 for 200": AS_IT_ANSWERS,
        "POST /ui/task_runs/dashboard/counts <.task_runs: is not required": "refused with a 422 by the service",
        "POST /work_pools/{name}/get_scheduled_flow_runs >[].flow_run.state: no #State": NEVER,
    },
    "3.8": {
        "POST /automations/templates/validate: answers 204 for 200": AS_IT_ANSWERS,
        "POST /deployments/ <.enforce_parameter_schema: default nothing for true": CLOUD,
        "POST /deployments/ >.concurrency_limit: no int": NEVER,
        "GET /flow_runs/{id}/graph-v2 ?.since: default null for \"0001-01-01T00:00:00+00:00\"": SAME_EFFECT,
    },
    "2.20": {
        "POST /deployments/ <.enforce_parameter_schema: default nothing for false": CLOUD,
        "POST /deployments/ <.is_schedule_active: default null for true": SAME_EFFECT,
        "POST /deployments/ <.schedules[].catchup: default null for false": SAME_EFFECT,
        "POST /deployments/ >.infra_overrides: missing": TO_2,
        "POST /deployments/ >.is_schedule_active: missing": TO_2,
        "POST /deployments/ >.manifest_path: missing": TO_2,
        "POST /deployments/ >.schedule: missing": TO_2,
        "PATCH /deployments/{id} <.schedules[].schedule: is not required": LENIENT,
        "POST /deployments/{id}/create_flow_run <.state.id: missing": UNSENT,
        "POST /deployments/{id}/create_flow_run <.state.timestamp: missing": UNSENT,
        "GET /deployments/{id}/schedules >[].catchup: missing": OLDER,
        "GET /deployments/{id}/schedules >[].max_active_runs: missing": OLDER,
        "POST /flow_run_notification_policies/filter <.flow_run_notification_policy_filter.is_active: default null for"
        " {\"eq_\": false}": "cloud.md 6.3: a filter that does not say so means all, active or not",
        "GET /flow_runs/{id}/graph-v2 ?.since: default null for \"0001-01-01T00:00:00\"": SAME_EFFECT,
    },
}  # fmt: skip
