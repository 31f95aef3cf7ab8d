"""What can be done with automations: they are kept and shown here.

Their evaluation is not here yet: nothing watches the events for triggers, and no action is carried out.
"""
