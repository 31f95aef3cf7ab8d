"""What a browser without JavaScript sends of the form that a page has."""

from html.parser import HTMLParser

from tests.visitor import TOKEN, Visitor


def form_of(html: str, id: str) -> dict[str, str]:
    """The names and texts of the form of that id, read from the HTML, with the page's token."""
    found: dict[str, str] = {"csrfmiddlewaretoken": TOKEN.search(html)[1]}

    class Reader(HTMLParser):
        inside, area, select = False, "", ""

        def handle_starttag(self, tag, attrs):
            given = dict(attrs)
            if tag == "form":
                self.inside = given.get("id") == id
            name = given.get("name", "")
            if not self.inside:
                return
            if tag == "input" and name and given.get("type") in ("checkbox", "radio"):
                if "checked" in given:
                    found[name] = given.get("value", "on")
            elif tag == "input" and name:
                found[name] = given.get("value") or ""
            elif tag == "textarea":
                self.area = name
                found[name] = ""
            elif tag == "select":
                self.select = name
            elif tag == "option" and "selected" in given:
                found[self.select] = given.get("value") or ""

        def handle_data(self, data):
            if self.area:
                found[self.area] += data

        def handle_endtag(self, tag):
            if tag == "textarea":
                found[self.area] = found[self.area].removeprefix("\n")
                self.area = ""

    Reader().feed(html)
    return found


def send_form(visitor: Visitor, at: str, id: str, values: dict[str, str], *, without: tuple[str, ...] = ()):
    """The form of a page as it stands, with other texts in it."""
    form = {key: text for key, text in form_of(visitor.get(at).text, id).items() if key not in without}
    return visitor.client.post(at, data={**form, "do": "save", **values})
