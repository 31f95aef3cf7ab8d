"""`{% load place %}`: addresses inside the workspace of the page."""

import shlex
from typing import Any

from django import template
from django.template import Context
from django.urls import NoReverseMatch, reverse

register = template.Library()


@register.filter
def shell(text: str) -> str:
    """A name as one word of a command that people paste."""
    return shlex.quote(text)


@register.simple_tag(takes_context=True)
def here(context: Context, name: str, *args: Any) -> str:
    """`{% here "run" run.id %}`: the address of a page of this workspace; empty if there is no such page.

    A live stream renders without a request, so its context brings `place`.
    """
    place = context.get("place") or context["request"].place
    try:
        return reverse(name, args=[place.account_handle, place.workspace_handle, *args])
    except NoReverseMatch:
        return ""
