"""Who is shown secrets: whoever asks for them and may see them. To everybody else they are masked, without an error."""

from controlplane.wire.doors import Call
from workspaces.permissions import Permission


def may_show(call: Call, asked: bool | None) -> bool:
    return bool(asked) and Permission.SEE_SECRET_BLOCKS in call.grants
