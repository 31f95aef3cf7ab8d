"""What can be done with automations: they are kept and shown, evaluated, and their actions carried out."""
