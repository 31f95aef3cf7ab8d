"""What a service level promises, in words."""

from collections.abc import Mapping
from typing import Any

from controlplane.wire.lengths import format_length

WORDS = {
    "TimeToCompletionSla": "A run takes at most {duration}", "LatenessSla": "A run starts at most {within} late",
    "FrequencySla": "A run completes every {stale_after}", "FreshnessSla": "{expected_event} at least every {within}",
    "StartBySla": "A run starts by {start_by} {timezone}", "FinishBySla": "A run completes by {finish_by} {timezone}",
    "SilenceSla": "A run is never silent for {longest_silence}",
}  # fmt: skip


def say_promise(kind: str, details: Mapping[str, Any]) -> str:
    fields = {key: format_length(value) if isinstance(value, int | float) else value for key, value in details.items()}
    return WORDS[kind].format(**fields)
