"""The elements pages are built from; `{% load ui %}`. docs/ui.md has an example of each.

Inclusion tags draw a template of `ui/elements/`; block tags (`{% panel %}...{% endpanel %}`) wrap what stands inside.
"""

from datetime import datetime
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput
from django.template import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from controlplane.ui import moments, shell, states

register = template.Library()


# Small words


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A drawing of the sprite; silent unless it stands alone and needs a `label`."""
    sprite = static("ui/icons.svg")
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}#{}"/></svg>', label, sprite, name
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', sprite, name)


@register.inclusion_tag("ui/elements/state_badge.html")
def state_badge(state_type: str | None, name: str | None = None, detail: str = "") -> dict[str, Any]:
    return {"look": states.look(state_type, name), "detail": detail}


@register.inclusion_tag("ui/elements/status_word.html")
def status_word(name: str, words: str = "") -> dict[str, Any]:
    """A worker's, pool's, channel's or key's status: `online`, `paused`, `failing`... in words and shape."""
    return {"look": states.status(name, words)}


@register.inclusion_tag("ui/elements/time.html", name="time")
def time_tag(moment: datetime | None, absent: str = "never") -> dict[str, Any]:
    return _time(moment, absent)


@register.inclusion_tag("ui/elements/clock.html")
def clock(moment: datetime | None, absent: str = "—") -> dict[str, Any]:
    """Time of day with milliseconds, for logs."""
    return _time(moment, absent)


@register.simple_tag
def duration(seconds: float | None) -> SafeString:
    return format_html('<span class="number">{}</span>', moments.duration(seconds))


@register.inclusion_tag("ui/elements/elapsed.html")
def elapsed(since: datetime | None) -> dict[str, Any]:
    """A duration that still grows; it ticks while the page is open."""
    seconds = (timezone.now() - since).total_seconds() if since else None
    return {"since": since, "words": moments.duration(None if seconds is None else int(seconds))}


@register.inclusion_tag("ui/elements/live_pill.html")
def live_pill() -> dict[str, Any]:
    return {}


# Things to press


@register.inclusion_tag("ui/elements/button.html")
def button(text: str, **options: Any) -> dict[str, Any]:
    """`kind` primary|danger|quiet|small, `icon`, `type`, `name`, `value`, `form`, `label`, `shortcut` (a letter).

    `dialog` is the id of the dialog it opens; `refused` is the reason why this person may not press it.
    """
    return {"text": text, "type": "submit", **options}


@register.inclusion_tag("ui/elements/link_button.html")
def link_button(text: str, url: str, **options: Any) -> dict[str, Any]:
    return {"text": text, "url": url, **options}


@register.inclusion_tag("ui/elements/copy.html")
def copy(text: str, label: str = "Copy", shown: bool = False) -> dict[str, Any]:
    """A button that copies `text`; `shown` puts the text before it, as for an id."""
    return {"text": text, "label": label, "shown": shown}


@register.inclusion_tag("ui/elements/secret.html")
def secret(text: str, label: str, name: str = "secret") -> dict[str, Any]:
    """A value shown once: masked, with Show and Copy."""
    return {"text": text, "label": label, "name": name}


@register.inclusion_tag("ui/elements/chip.html")
def chip(text: str, remove_url: str = "", url: str = "") -> dict[str, Any]:
    return {"text": text, "remove_url": remove_url, "url": url}


@register.inclusion_tag("ui/elements/pager.html")
def pager(older_url: str = "", newer_url: str = "", summary: str = "") -> dict[str, Any]:
    return {"older_url": older_url, "newer_url": newer_url, "summary": summary}


# Forms


@register.inclusion_tag("ui/elements/field.html")
def field(bound: BoundField, hint: str = "", reveal: bool = False, optional: bool = True) -> dict[str, Any]:
    """Label, control, hint and error of one form field; `reveal` adds an eye to a password field.

    `optional=False` does not say so where one of several fields is needed.
    """
    return {
        "field": bound,
        "hint": hint or bound.help_text,
        # A hint given here is not known to Django, which links only its own help text to the control.
        "control": bound.as_widget(attrs=_described(bound, hint)),
        "is_checkbox": isinstance(bound.field.widget, CheckboxInput),
        "reveal": reveal,
        "says_optional": optional and not bound.field.required,
    }


def _described(bound: BoundField, hint: str) -> dict[str, Any]:
    if not hint or bound.help_text:
        return {}
    named = [f"{bound.auto_id}_helptext", f"{bound.auto_id}_error" if bound.errors else ""]
    return {"aria-describedby": " ".join(filter(None, named))}


@register.inclusion_tag("ui/elements/form_errors.html")
def form_errors(form: Any) -> dict[str, Any]:
    """The summary on top of a form: each error with a link to its field."""
    return {"form": form, "fields": [form[name] for name in form.errors if name in form.fields]}


# Navigation


@register.inclusion_tag("ui/elements/navigation.html", takes_context=True)
def navigation(context: Context) -> dict[str, Any]:
    return {"groups": _marked(context)}


@register.inclusion_tag("ui/elements/bottom_bar.html", takes_context=True)
def bottom_bar(context: Context) -> dict[str, Any]:
    """The four first entries, for phones."""
    return {"entries": [entry for group in _marked(context) for entry in group.entries][:4]}


def _marked(context: Context) -> list[shell.Group]:
    request = context.get("request")
    path = request.path if request else ""
    return shell.marked(context.get("navigation") or [], path, context.get("section") or "")


@register.inclusion_tag("ui/elements/crumbs.html")
def crumbs(*pairs: str) -> dict[str, Any]:
    """`{% crumbs "Runs" runs_url flow.name flow_url %}`: text and address in turn."""
    return {"links": [{"text": text, "url": url} for text, url in zip(pairs[::2], pairs[1::2], strict=True)]}


@register.inclusion_tag("ui/elements/tab.html")
def tab(text: str, url: str, current: bool = False, count: int | None = None) -> dict[str, Any]:
    return {"text": text, "url": url, "current": current, "count": count}


# Blocks: what stands between tag and end tag is their content


def _block(name: str, **values: Any) -> SafeString:
    return render_to_string(f"ui/elements/{name}.html", values)


@register.simple_block_tag
def tabs(content: SafeString, label: str) -> SafeString:
    return _block("tabs", content=content, label=label)


@register.simple_block_tag
def page_header(content: SafeString, title: str, **options: Any) -> SafeString:
    """Title line; the content is the actions on the right.

    Beside the title: a badge from `state_type`, `state_name`, `state_detail`, and with `live=True` the live pill.
    """
    return _block("page_header", content=content, title=title, **options)


@register.simple_block_tag
def panel(content: SafeString, title: str = "", **options: Any) -> SafeString:
    """A card. `hint` on the right of its title, `id`, `flush` (no padding), `link_url` with `link_text`."""
    return _block("panel", content=content, title=title, **options)


@register.simple_block_tag
def notice(content: SafeString, tone: str, title: str = "", **options: Any) -> SafeString:
    """A card that says something: `failed`, `warning`, `info` or `done`."""
    return _block("notice", content=content, tone=tone, title=title, **options)


@register.simple_block_tag
def snippet(content: SafeString, label: str = "Command") -> SafeString:
    """Code to copy. Leading and trailing blank lines are dropped."""
    # The content is escaped already; stripping makes a plain str of it, which would be escaped again.
    return _block("snippet", content=SafeString(content.strip("\n").rstrip()), label=label)


@register.simple_block_tag
def empty(content: SafeString, title: str, **options: Any) -> SafeString:
    """`icon`, `text`, `action_text` with `action_url`; the content is usually a snippet."""
    return _block("empty", content=content, title=title, **options)


@register.simple_block_tag
def table(content: SafeString, label: str) -> SafeString:
    """A table that scrolls inside itself; the content is thead and tbody."""
    return _block("table", content=content, label=label)


@register.simple_block_tag
def menu(content: SafeString, text: str, **options: Any) -> SafeString:
    """A button that unfolds a list; the content is `<li>`s. `icon`, `kind`, `label` where the text says too little."""
    return _block("menu", content=content, text=text, **options)


@register.simple_block_tag
def dialog(content: SafeString, id: str, title: str) -> SafeString:
    """A native dialog, opened by `{% button "Delete…" type="button" dialog="the-id" %}`."""
    return _block("dialog", content=content, id=id, title=title)


@register.simple_block_tag
def facts(content: SafeString) -> SafeString:
    """A list of name and value; the content is `{% fact %}`s."""
    return format_html('<dl class="facts">{}</dl>', content)


@register.simple_block_tag
def fact(content: SafeString, name: str) -> SafeString:
    return format_html("<div><dt>{}</dt><dd>{}</dd></div>", name, content)


@register.simple_block_tag
def steps(content: SafeString) -> SafeString:
    """A checklist; the content is `{% step %}`s."""
    return format_html('<ol class="steps">{}</ol>', content)


@register.simple_block_tag
def step(content: SafeString, title: str, state: str = "open", id: str = "") -> SafeString:
    """`state`: done, current or open."""
    words = {"done": "Done", "current": "Now", "open": "Not done yet"}[state]
    return _block("step", content=content, title=title, state=state, id=id, words=words)


@register.inclusion_tag("ui/elements/meter.html")
def meter(used: int, limit: int | None, label: str = "used") -> dict[str, Any]:
    """ "2 of 4 used" with a bar; without a limit only the words."""
    share = min(100.0, 100 * used / limit) if limit else 0
    return {"used": used, "limit": limit, "label": label, "share": f"{share:.4g}", "is_full": limit and used >= limit}


@register.inclusion_tag("ui/elements/log_line.html")
def log_line(number: int, moment: datetime, level: int, message: str, source: str = "") -> dict[str, Any]:
    """One line of a log; `level` is Python's number."""
    return {"number": number, "level": _level(level), "message": message, "source": source, **_time(moment, "")}


LEVELS = ((50, "CRITICAL"), (40, "ERROR"), (30, "WARNING"), (20, "INFO"), (0, "DEBUG"))


def _level(number: int) -> str:
    return next((word for least, word in LEVELS if number >= least), "DEBUG")


def _time(moment: datetime | None, absent: str) -> dict[str, Any]:
    if moment is None:
        return {"moment": None, "absent": absent}
    local = timezone.localtime(moment)
    return {
        "moment": moment,
        "words": moments.relative(moment, timezone.now()),
        "exact": moments.exact(moment),
        "clock": f"{local:%H:%M:%S}.{local.microsecond // 1000:03d}",
        "machine": moment.isoformat(timespec="milliseconds"),
    }
