"""The builder's forms: what it waits for, what it does, and how both become the JSON of the wire."""
