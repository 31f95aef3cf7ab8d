"""Addresses below `w/<account>/<workspace>/`."""

from django.urls import path

from blocks.pages import encryption

urlpatterns = [
    path("encryption", encryption.encryption_page, name="encryption"),
    path("encryption/rotate", encryption.rotate, name="rotate_keys"),
    path("encryption/key", encryption.change_customer_key, name="change_customer_key"),
]
