"""What may be done, and which role may do it. The names are the scopes of Prefect Cloud's roles."""

from enum import StrEnum


class Permission(StrEnum):
    """One alphabetised list; every door declares the one it needs."""

    MANAGE_ARTIFACTS = "manage_artifacts"
    MANAGE_AUTOMATIONS = "manage_automations"
    MANAGE_BLOCKS = "manage_blocks"
    MANAGE_CONCURRENCY_LIMITS = "manage_concurrency_limits"
    MANAGE_DEPLOYMENTS = "manage_deployments"
    MANAGE_FLOWS = "manage_flows"
    MANAGE_NOTIFICATIONS = "manage_notifications"
    MANAGE_VARIABLES = "manage_variables"
    MANAGE_WEBHOOKS = "manage_webhooks"
    MANAGE_WORKERS = "manage_workers"
    MANAGE_WORKSPACE_SERVICE_ACCOUNTS = "manage_workspace_service_accounts"
    MANAGE_WORKSPACE_USERS = "manage_workspace_users"
    MANAGE_WORK_POOLS = "manage_work_pools"
    MANAGE_WORK_QUEUES = "manage_work_queues"
    RUN_DEPLOYMENTS = "run_deployments"
    RUN_FLOWS = "run_flows"
    SEE_ARTIFACTS = "see_artifacts"
    SEE_AUDIT_LOG = "see_audit_log"
    SEE_AUTOMATIONS = "see_automations"
    SEE_BLOCKS = "see_blocks"
    SEE_CONCURRENCY_LIMITS = "see_concurrency_limits"
    SEE_DEPLOYMENTS = "see_deployments"
    SEE_EVENTS = "see_events"
    SEE_FLOWS = "see_flows"
    SEE_INCIDENTS = "see_incidents"
    SEE_NOTIFICATIONS = "see_notifications"
    SEE_SECRET_BLOCKS = "see_secret_blocks"
    SEE_VARIABLES = "see_variables"
    SEE_WEBHOOKS = "see_webhooks"
    SEE_WORKERS = "see_workers"
    SEE_WORKSPACE_SETTINGS = "see_workspace_settings"
    SEE_WORKSPACE_USERS = "see_workspace_users"
    SEE_WORK_POOLS = "see_work_pools"
    SEE_WORK_QUEUES = "see_work_queues"
    WRITE_ARTIFACTS = "write_artifacts"
    WRITE_DEPLOYMENTS = "write_deployments"
    WRITE_EVENTS = "write_events"
    WRITE_INCIDENTS = "write_incidents"
    WRITE_VARIABLES = "write_variables"
    WRITE_WORKERS = "write_workers"
    WRITE_WORKSPACE_SETTINGS = "write_workspace_settings"
    WRITE_WORK_POOLS = "write_work_pools"
    WRITE_WORK_QUEUES = "write_work_queues"


P = Permission

VIEWER = frozenset(p for p in Permission if p.startswith("see_")) - {P.SEE_AUDIT_LOG, P.SEE_SECRET_BLOCKS}
# The least that lets a machine poll, run and report.
WORKER = frozenset(
    {
        P.SEE_FLOWS, P.RUN_FLOWS, P.SEE_DEPLOYMENTS, P.RUN_DEPLOYMENTS, P.SEE_WORK_POOLS, P.WRITE_WORK_POOLS,
        P.SEE_WORK_QUEUES, P.WRITE_WORK_QUEUES, P.SEE_WORKERS, P.WRITE_WORKERS, P.SEE_BLOCKS, P.SEE_SECRET_BLOCKS,
        P.SEE_VARIABLES, P.SEE_ARTIFACTS, P.WRITE_ARTIFACTS, P.SEE_EVENTS, P.WRITE_EVENTS, P.SEE_CONCURRENCY_LIMITS,
        P.SEE_WORKSPACE_SETTINGS,
    }
)  # fmt: skip
RUNNER = VIEWER | {P.RUN_FLOWS, P.RUN_DEPLOYMENTS, P.WRITE_EVENTS, P.WRITE_ARTIFACTS}
OWNERS_ONLY = {
    P.MANAGE_WORKSPACE_SERVICE_ACCOUNTS, P.MANAGE_WORKSPACE_USERS, P.SEE_AUDIT_LOG,
    P.WRITE_WORKSPACE_SETTINGS,
}  # fmt: skip
OWNER = frozenset(Permission)
DEVELOPER = OWNER - OWNERS_ONLY

ROLES: dict[str, frozenset[Permission]] = {
    "Owner": OWNER,
    "Developer": frozenset(DEVELOPER),
    "Runner": frozenset(RUNNER),
    "Viewer": frozenset(VIEWER),
    "Worker": WORKER,
}

WORKSPACE_ROLES = tuple(ROLES)
# Whoever runs the account owns every workspace in it.
ACCOUNT_ROLES_THAT_OWN_WORKSPACES = frozenset({"Owner", "Admin"})
