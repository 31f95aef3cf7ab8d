"""What clients ask a server about itself."""


def test_there_is_no_default_result_storage(tenant, viewer):
    for caller in (tenant, viewer):
        answer = caller.call("GET", "/admin/storage")
        assert (answer.status_code, answer.json()) == (200, {"default_result_storage_block_id": None})


def test_settings_say_what_holds_here(tenant):
    assert tenant.ok("GET", "/admin/settings") == {
        "server": {"api": {"default_limit": 200, "csrf_protection_enabled": False}}
    }
