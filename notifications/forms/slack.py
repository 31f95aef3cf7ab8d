"""The forms of the notification pages."""

from django import forms

from notifications.services.alert_rules import CHOICES
from notifications.services.channels import LONGEST_NAME

RULE_CHOICES = [(choice.key, choice.words) for choice in CHOICES]


class SlackForm(forms.Form):
    """Connect Slack. The address goes back into a page that shows it again unsaved; once saved it is never shown."""

    address = forms.CharField(
        label="Webhook URL",
        max_length=2000,
        help_text="Starts with https://hooks.slack.com/services/. Stored encrypted, never shown again.",
        widget=forms.PasswordInput(render_value=True, attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Paste the webhook's address."},
    )
    name = forms.CharField(
        label="Name",
        max_length=LONGEST_NAME,
        help_text="How the channel is listed here, such as #data-alerts.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Give the channel a name."},
    )
    rules = forms.MultipleChoiceField(
        label="Tell it when a run is",
        choices=RULE_CHOICES,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def forget_name(self) -> None:
        """A test needs no name yet."""
        self.errors.pop("name", None)


class SlackTokenForm(forms.Form):
    """The other way to connect the app: for where Slack's dialog cannot lead back to us."""

    token = forms.CharField(
        label="Bot token",
        max_length=300,
        help_text="Starts with xoxb-. Stored encrypted, never shown again.",
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Paste the bot's token."},
    )


class SlackChannelForm(forms.Form):
    """Where in a connected Slack the messages go."""

    channel = forms.CharField(
        label="Slack channel",
        max_length=300,
        help_text="Its name such as #data-alerts, its link, or its id. Invite the app to a private channel first.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Say which channel."},
    )
    name = forms.CharField(
        label="Name",
        max_length=LONGEST_NAME,
        help_text="How the channel is listed here.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Give the channel a name."},
    )
    rules = forms.MultipleChoiceField(
        label="Tell it when a run is",
        choices=RULE_CHOICES,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def forget_name(self) -> None:
        """A test needs no name yet."""
        self.errors.pop("name", None)
