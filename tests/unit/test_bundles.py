import re
from pathlib import Path

import pytest

from controlplane.ui import bundles

STATIC = Path(bundles.__file__).parent / "static" / "ui"


def read(path):
    return (STATIC / path).read_text()


def test_every_stylesheet_is_in_the_bundle_once_and_in_its_layer():
    imported = [found["path"] for found in bundles.CSS_IMPORT.finditer(read("app.css"))]
    assert sorted(imported) == sorted(f"css/{path.name}" for path in (STATIC / "css").glob("*.css"))
    flat = bundles.flatten_css(read("app.css"), read)
    assert "@import" not in flat
    assert flat.count("{") == flat.count("}")


def test_every_module_is_in_the_bundle_once():
    imported = [found["path"] for found in bundles.JS_IMPORT.finditer(read("app.js"))]
    assert sorted(imported) == sorted(f"js/{path.name}" for path in (STATIC / "js").glob("*.js"))
    assert "import " not in re.sub(r"//.*", "", bundles.flatten_js(read("app.js"), read))


def test_a_module_keeps_its_names_to_itself():
    assert bundles.flatten_js('import "./a.js";\n', {"a.js": "const a = 1;\n"}.get) == "{\nconst a = 1;\n}\n"


def test_a_module_that_imports_cannot_be_bundled():
    with pytest.raises(ValueError, match=r"a\.js imports or exports"):
        bundles.flatten_js('import "./a.js";\n', {"a.js": "export const a = 1;\n"}.get)


@pytest.mark.parametrize(("_case", "folder", "lines"), [("styles", "css", 100), ("modules", "js", 100)])
def test_files_stay_small(_case, folder, lines):
    long = [path.name for path in (STATIC / folder).iterdir() if len(path.read_text().splitlines()) > lines]
    assert long == []


def test_templates_have_no_inline_style_or_script():
    folder = Path(bundles.__file__).parent / "templates"
    guilty = [
        path.name
        for path in folder.rglob("*.html")
        if re.search(r"\sstyle=|<style|\son\w+=|<script>|hx-on", path.read_text())
    ]
    assert guilty == []
