"""Many small files while we write, one stylesheet and one module on the wire.

There is no front-end build: `collectstatic` puts the imported files in the place of their import. In development the
same files are served one by one.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

BUNDLES = ("ui/app.css", "ui/app.js")

CSS_IMPORT = re.compile(r'^@import url\("(?P<path>[^"]+)"\) layer\((?P<layer>\w+)\);$', re.MULTILINE)
JS_IMPORT = re.compile(r'^import "\./(?P<path>[^"]+)";$', re.MULTILINE)
JS_LINK = re.compile(r"^\s*(import|export)\b", re.MULTILINE)


class BundledStaticStorage(CompressedManifestStaticFilesStorage):
    """Whitenoise's hashed, compressed files, with `BUNDLES` flattened first."""

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        if not dry_run:
            for name in BUNDLES:
                self._flatten(name)
                # Hashed from the flattened copy, not from the file it was collected from.
                paths = {**paths, name: (self, name)}
        yield from super().post_process(paths, dry_run=dry_run, **options)

    def _flatten(self, name: str) -> None:
        folder = PurePosixPath(name).parent
        flatten = flatten_css if name.endswith(".css") else flatten_js
        text = flatten(self._read(name), lambda path: self._read(str(folder / path)))
        self.delete(name)
        self._save(name, ContentFile(text.encode()))

    def _read(self, name: str) -> str:
        with self.open(name) as file:
            text: str = file.read().decode()
        return text


def flatten_css(text: str, read: Any) -> str:
    """Each `@import url("x.css") layer(y);` becomes `@layer y { ... }`."""
    return CSS_IMPORT.sub(lambda found: f"@layer {found['layer']} {{\n{read(found['path'])}}}", text)


def flatten_js(text: str, read: Any) -> str:
    """Each `import "./x.js";` becomes a block `{ ... }`, which keeps the module's names to itself.

    Only for modules that import and export nothing: they speak to each other through DOM events.
    """

    def block(found: re.Match[str]) -> str:
        body: str = read(found["path"])
        if JS_LINK.search(body):
            raise ValueError(f"{found['path']} imports or exports, so it cannot be put into the bundle.")
        return f"{{\n{body}}}"

    return JS_IMPORT.sub(block, text)
