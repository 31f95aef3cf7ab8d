#!/usr/bin/env python
"""The one command: `manage.py up` runs everything on this machine, anything else is a Django command."""

import os
import sys


def main() -> int:
    if sys.argv[1:2] == ["up"]:
        from controlplane.embedded.up import main as up  # before Django: there may be no database yet

        return up(sys.argv[2:])
    from controlplane.embedded.running import adopt

    adopt(os.environ)  # a command in another terminal works on what `up` runs in this one
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controlplane.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
    return 0


if __name__ == "__main__":
    sys.exit(main())
