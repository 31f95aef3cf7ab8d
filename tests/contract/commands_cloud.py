"""The commands that only Prefect Cloud knows, and those about the client itself. See `commands`."""

from tests.contract.commands import Step, step

CLOUD_CHAPTERS: dict[str, list[Step]] = {
    "cloud": [
        step("cloud workspace ls", "{handle}"),
        step("cloud workspace set --workspace {handle}", "Successfully set workspace to '{handle}'"),
        step("cloud asset ls", "s3://lake/orders"),
        step("cloud asset ls --prefix s3://lake --search cust -o json", '"key": "s3://lake/customers"'),
        step(
            "cloud asset delete s3://lake/orders --force",
            "Deleted",
            holds={"GET /assets/key?key=s3://lake/orders": 404},
        ),
        step("cloud asset delete s3://nothing --force", status=1),
        step("cloud ip-allowlist ls", "not available", status=1),
        step("cloud ip-allowlist add 127.0.0.0/8 -d loopback", "not available", status=1),
        step("cloud ip-allowlist toggle 127.0.0.0/8", "not available", status=1),
        step("cloud ip-allowlist remove 127.0.0.0/8", "not available", status=1),
        step("cloud ip-allowlist enable", "not available", status=1),
        step("cloud ip-allowlist disable", "not available", status=1),
        step("cloud logout", "Current profile is not logged into Prefect Cloud.", status=1),
        step("dashboard open", "/account/{account}/workspace/{workspace}"),
    ],
    "cloud webhook": [
        step(
            "cloud webhook create orders --description ours --template {template}",
            "Successfully created webhook orders",
            holds={"POST /webhooks/filter": [{"name": "orders", "description": "ours", "enabled": True}]},
            save={"webhook": ("POST /webhooks/filter", "0.id"), "slug": ("POST /webhooks/filter", "0.slug")},
        ),
        step("cloud webhook ls", "orders", "{slug}"),
        step("cloud webhook get {webhook}", "orders"),
        step("cloud webhook toggle {webhook}", holds={"GET /webhooks/{webhook}": {"enabled": False}}),
        step(
            "cloud webhook update {webhook} --name sales",
            holds={"GET /webhooks/{webhook}": {"name": "sales", "description": "ours"}},
        ),
        step("cloud webhook rotate {webhook}", typed="y\n", save={"rotated": ("GET /webhooks/{webhook}", "slug")}),
        step("cloud webhook ls", "{rotated}"),
        step("cloud webhook delete {webhook}", holds={"GET /webhooks/{webhook}": 404}),
        step("cloud webhook get {webhook}", status=1),
    ],
    "api": [
        step("api GET /flows/{flow}", '"name": "empty"'),
        step("api POST /flows/filter --data {nothing_asked}", '"id": "{flow}"'),
        step("api GET /me/workspaces --root", '"workspace_id": "{workspace}"'),
        step("api GET /settings --account", '"enabled_feature_flags"'),
        step("api GET /flows/{nothing}", "404 Not Found", "Flow not found", status=4),
        step(
            "api POST /flows --data {named}", '"name": "by-api"', holds={"GET /flows/name/by-api": {"name": "by-api"}}
        ),
    ],
    "settings, profiles and storage": [
        step("version", "3.8.8", "Server type: cloud"),
        step("config view", "PREFECT_API_URL"),
        step("config set PREFECT_API_ENABLE_HTTP2=false", "Set 'PREFECT_API_ENABLE_HTTP2' to 'false'."),
        step("config validate", "Configuration valid!"),
        step("profile create other", "name - 'other'"),
        step("profile use other", "Connected to Prefect Cloud using profile 'other'"),
        step("profile ls", "other"),
        step("profile inspect", "defaulting to 'other'", "Profile 'other' is empty."),
        step("server status", "Server is available.", "Server version: 3.8.8"),
        step("experimental result-storage inspect", "No default result storage is configured."),
        step("experimental result-storage set local-file-system/files", "Set default result storage."),
        step("experimental result-storage inspect", "local-file-system/files"),
        step("experimental result-storage clear", "Cleared default result storage."),
    ],
}
