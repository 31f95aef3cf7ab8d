"""The pages of automations: the list, the builder, and one automation with its history."""
