"""What is shown of a document to somebody who may not see its secrets.

Secret is what `secret_fields` name, and what the schema marks where they do not: types are also registered by hand.
A secret becomes eight asterisks, whatever its type, and null stays null. Of what is secret with everything below it
(`headers.*`) the keys can be seen.
"""

from typing import Any

from controlplane.schema_forms.fields import MASK
from controlplane.schema_forms.secret_paths import spell_out
from controlplane.schema_forms.secret_places import find_secrets, has_marks, put_back
from controlplane.schema_forms.secrets import mask
from controlplane.schema_forms.validation import TooExpensive


def may_hold_secrets(fields: dict[str, Any]) -> bool:
    return bool(spell_out(fields)) or has_marks(fields)


def mask_document(data: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    """A copy of `data` with its secrets masked."""
    shown: dict[str, Any] = mask(data, [path.split(".") for path in spell_out(fields)])
    try:
        marked = find_secrets(shown, fields)
    except TooExpensive:
        return dict.fromkeys(data, MASK)
    if marked:
        shown = put_back(shown, [(path, MASK) for path in marked])
    return shown


def keep_masked(sent: Any, stored: Any, shown: Any) -> Any:
    """`sent` with the stored secret wherever the mask itself came back: somebody saved what they were shown.

    Only where the stored value was shown as the mask: eight asterisks elsewhere are just text.
    """
    if sent == MASK and shown == MASK:
        return stored
    if isinstance(sent, dict) and isinstance(stored, dict) and isinstance(shown, dict):
        return {
            key: keep_masked(item, stored[key], shown[key]) if key in stored and key in shown else item
            for key, item in sent.items()
        }
    if isinstance(sent, list) and isinstance(stored, list) and isinstance(shown, list):
        known = list(zip(sent, stored, shown, strict=False))
        return [keep_masked(*three) for three in known] + sent[len(known) :]
    return sent


def secret_texts(data: dict[str, Any], fields: dict[str, Any]) -> set[str]:
    """The texts that stand where secrets do."""
    return hidden_texts(data, mask_document(data, fields))


def hidden_texts(value: Any, shown: Any) -> set[str]:
    """What is seen of `value` and not of what is `shown` of it."""
    if isinstance(value, str):
        return set() if value == shown else {value}
    if isinstance(value, dict):
        seen = shown if isinstance(shown, dict) else {}
        return {text for key, item in value.items() for text in hidden_texts(item, seen.get(key))}
    if isinstance(value, list):
        rest = shown if isinstance(shown, list) else [None] * len(value)
        return {text for pair in zip(value, rest, strict=True) for text in hidden_texts(*pair)}
    return set()
