"""Addresses of blocks, variables and how they are sealed, below a workspace."""

from django.urls import path

from blocks.pages import encryption
from blocks.pages.document import block_page, delete_block_page, test_block_page
from blocks.pages.forms import clone_block_page, edit_block_page, new_block_of_page, new_block_page, upgrade_block_page
from blocks.pages.listing import block_types_page, blocks_page
from blocks.pages.variable_files import export_variables_page, import_variables_page
from blocks.pages.variables import delete_variable_page, new_variable_page, variable_page, variables_page

urlpatterns = [
    path("encryption", encryption.encryption_page, name="encryption"),
    path("encryption/rotate", encryption.rotate, name="rotate_keys"),
    path("encryption/key", encryption.change_customer_key, name="change_customer_key"),
    path("blocks", blocks_page, name="blocks"),
    path("blocks/types", block_types_page, name="block_types"),
    path("blocks/new", new_block_of_page, name="new_block_of"),
    path("blocks/types/<slug:slug>/new", new_block_page, name="new_block"),
    path("blocks/<uuid:id>", block_page, name="block"),
    path("blocks/<uuid:id>/edit", edit_block_page, name="edit_block"),
    path("blocks/<uuid:id>/clone", clone_block_page, name="clone_block"),
    path("blocks/<uuid:id>/upgrade", upgrade_block_page, name="upgrade_block"),
    path("blocks/<uuid:id>/test", test_block_page, name="test_block"),
    path("blocks/<uuid:id>/delete", delete_block_page, name="delete_block"),
    path("variables", variables_page, name="variables"),
    path("variables/new", new_variable_page, name="new_variable"),
    path("variables/export.json", export_variables_page, name="export_variables"),
    path("variables/import", import_variables_page, name="import_variables"),
    path("variables/<uuid:id>", variable_page, name="variable"),
    path("variables/<uuid:id>/delete", delete_variable_page, name="delete_variable"),
]
