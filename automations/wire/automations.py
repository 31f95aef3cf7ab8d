"""Automations on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from automations.wire.actions import Action
from automations.wire.triggers import Trigger
from controlplane.wire.structs import UNSET, Body, Out, Raw, UnsetType
from runs.wire.flow_runs import GIVEN

MOST_ACTIONS = 100

Actions = Annotated[list[Action], Meta(max_length=MOST_ACTIONS)]


class AutomationUpdate(Body, kw_only=True):
    """A PUT: the whole automation."""

    confidential = GIVEN

    name: str
    description: str = ""
    enabled: bool = True
    tags: list[str] = []
    trigger: Trigger
    actions: Actions
    actions_on_trigger: Actions = []
    actions_on_resolve: Actions = []


class AutomationCreate(AutomationUpdate, kw_only=True):
    owner_resource: str | None = None


class AutomationPartialUpdate(Body, kw_only=True):
    """A PATCH: an automation is only paused and resumed."""

    enabled: bool | UnsetType = UNSET


class Automation(Out, kw_only=True):
    """Triggers and actions are passed on as they are stored."""

    name: str
    description: str
    enabled: bool
    tags: list[str]
    trigger: Raw
    actions: Raw
    actions_on_trigger: Raw
    actions_on_resolve: Raw
    id: UUID
    created: datetime
    updated: datetime


class TemplateFault(Out, kw_only=True):
    """Where a template is wrong; line 0 stands for the whole of it."""

    line: int
    message: str
    source: str


class InvalidTemplate(Out, kw_only=True):
    error: TemplateFault
