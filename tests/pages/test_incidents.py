"""Incidents in a browser without JavaScript."""

from tests.visitor import visit_as, words_of

NASTY = "<script>alert(1)</script>"


def test_a_person_declares_an_incident_and_resolves_it(tenant):
    visitor, at = visit_as(tenant), f"{tenant.ui_url}/incidents"
    assert "No incidents" in words_of(visitor.get(at))
    bad = visitor.post(f"{at}/new", name="", severity="high")
    assert (bad.status_code, 'class="field-error"' in bad.text) == (422, True)
    made = visitor.post(f"{at}/new", name=NASTY, severity="high", description="two\nlines").headers["location"]
    assert NASTY not in visitor.get(at).text
    page = words_of(visitor.get(made))
    assert f"{NASTY} Resolve Open Severity high" in page
    assert f"Declared by {tenant.user}" in page
    resolved = visitor.post(f"{made}/resolve", made)
    assert resolved.status_code == 302
    assert "Resolved" in words_of(visitor.get(made))
    assert "Nothing is open" in words_of(visitor.get(at))
    visitor.post(f"{made}/resolve", made)
    assert "resolved already" in words_of(visitor.get(made))


def test_a_viewer_sees_incidents_and_resolves_none(tenant, viewer):
    made = tenant.ok("POST", "/incidents/", {"name": "slow"})
    bob, at = visit_as(viewer), f"{tenant.ui_url}/incidents"
    assert "this needs the Developer role" in words_of(bob.get(f"{at}/{made['id']}"))
    assert bob.post(f"{at}/{made['id']}/resolve", f"{at}/{made['id']}").status_code == 403
    assert bob.get(f"{at}/new").status_code == 403
    assert tenant.ok("GET", f"/incidents/{made['id']}")["status"] == "OPEN"
