"""What people type into the pages of this room."""

from typing import Any
from uuid import UUID

from allauth.account import forms as allauth
from django import forms

from workspaces.models import Account
from workspaces.services.accounts import RESERVED_HANDLES, slugify

PASSWORD_HINT = "At least 10 characters. A sentence is good."
PURPOSES = (("machine", "This machine"), ("ci", "CI"), ("worker", "Worker"))
DAYS_OF_PURPOSE = {"machine": 30, "ci": 90, "worker": 365}
EXPIRIES = (
    ("purpose", "What fits the purpose: 30 days, CI 90 days, worker 1 year"),
    ("7", "7 days"),
    ("30", "30 days"),
    ("90", "90 days"),
    ("365", "1 year"),
)


def dress(field: forms.Field, label: str, hint: str = "") -> None:
    """Our words on a field of allauth: a label above it instead of a placeholder that goes when one types."""
    field.label, field.help_text = label, hint
    field.widget.attrs.pop("placeholder", None)


class SignInForm(allauth.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self.fields["login"], "E-mail address")
        dress(self.fields["password"], "Password")


class SignUpForm(allauth.SignupForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self.fields["email"], "E-mail address")
        dress(self.fields["password1"], "Password", PASSWORD_HINT)


class ForgottenPasswordForm(allauth.ResetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self.fields["email"], "E-mail address")


class NewPasswordForm(allauth.ResetPasswordKeyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self.fields["password1"], "New password", PASSWORD_HINT)
        dress(self.fields["password2"], "New password, once more")


class WorkspaceForm(forms.Form):
    """A new workspace. The organisation is asked for only when there are several."""

    account = forms.ChoiceField(label="Organisation")
    name = forms.CharField(label="Name", max_length=100, help_text="Most teams begin with dev, and add prod later.")
    handle = forms.SlugField(
        label="Handle",
        max_length=40,
        required=False,
        help_text="Its name in addresses: lowercase letters, digits and dashes. Left empty, it is made from the name.",
    )

    def __init__(self, *args: Any, accounts: list[Account], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["account"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [(str(account.id), account.name) for account in accounts]
        if len(accounts) == 1:
            choice.required = False
            choice.widget = forms.HiddenInput()
            choice.initial = str(accounts[0].id)
        self.accounts = accounts

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if not slugify(name):
            raise forms.ValidationError("The name needs at least one letter or digit of the Latin alphabet.")
        return name

    def clean_handle(self) -> str:
        handle: str = self.cleaned_data["handle"]
        if handle and handle != slugify(handle):
            raise forms.ValidationError("Use lowercase letters, digits and single dashes, such as data-team.")
        if (handle or slugify(self.cleaned_data.get("name", ""))) in RESERVED_HANDLES:
            raise forms.ValidationError("This word is taken by the addresses of Signalbox itself. Choose another one.")
        return handle

    def chosen_account(self) -> Account:
        chosen = self.cleaned_data.get("account") or str(self.accounts[0].id)
        return next(account for account in self.accounts if str(account.id) == chosen)


class KeyForm(forms.Form):
    """A new API key. `key_id` is the id that it gets: the same form sent twice makes one key."""

    key_id = forms.UUIDField(widget=forms.HiddenInput())
    name = forms.CharField(label="Name", max_length=200, help_text="So that you know later what uses it.")
    purpose = forms.ChoiceField(
        label="What is it for?", choices=PURPOSES, widget=forms.RadioSelect(), initial="machine"
    )
    expires = forms.ChoiceField(label="Expires after", choices=EXPIRIES, initial="purpose")

    def chosen_days(self) -> int:
        days: str = self.cleaned_data["expires"]
        return DAYS_OF_PURPOSE[self.cleaned_data["purpose"]] if days == "purpose" else int(days)

    def chosen_id(self) -> UUID:
        chosen: UUID = self.cleaned_data["key_id"]
        return chosen


class AnswerForm(forms.Form):
    """Yes or no to a command that asks to sign in."""

    key_id = forms.UUIDField(widget=forms.HiddenInput())
    answer = forms.ChoiceField(choices=(("approve", "Approve"), ("deny", "Deny")))
