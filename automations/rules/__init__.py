"""Pure decisions about automations."""
