"""The endpoint kit: Django REST framework's machinery around msgspec Structs.

Nothing is imported here, so that `controlplane.wire.structs` stays free of Django.
"""
