"""Jinja of people we do not know: what a template may use, whether it is sound, and the one way to render it.

`checking` reads a template and never renders it; `rendering` renders it in a process of `controlplane.budget`, whose
limits of time and memory are the only ones; `templates` is what runs in there.
"""
