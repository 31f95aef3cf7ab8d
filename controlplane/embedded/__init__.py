"""The embedded PostgreSQL and Valkey of the default set-up, and `manage.py up`, which runs everything on one machine.

Nothing here imports Django: it works before the settings can be loaded.
"""
