"""What every page is held to: no violation of axe's rules in either theme, and no scrolling sideways on a phone."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


def check_accessibility(page: Page) -> None:
    """As the page looks now."""
    check_rules(page)
    check_width_of_a_phone(page)


def check_both_themes(page: Page) -> None:
    for theme in ("light", "dark"):
        page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        check_rules(page)
    check_width_of_a_phone(page)


def check_rules(page: Page) -> None:
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(item["id"], [node["target"] for node in item["nodes"]]) for item in found] == []


def check_width_of_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{page.url} scrolls sideways"
    page.set_viewport_size({"width": 1440, "height": 900})
