"""Every schema that comes with the server makes a form, and the form does what it should."""

import pytest

from blocks.rules.system_types import SYSTEM_TYPES
from blocks.services.collections import PACKAGES
from deployments.rules.job_templates import variables_of
from tests.pages.blocks_made import EVERYTHING
from tests.pages.parameters_made import PARAMETERS, TEMPLATE
from tests.schema_samples import faults_of

BLOCKS = [(kind.type.slug, kind.fields) for kind in SYSTEM_TYPES.values()]
POOLS = [
    (kind["type"], variables_of(kind["default_base_job_configuration"]))
    for kinds in PACKAGES.values()
    for kind in kinds
]


@pytest.mark.parametrize(("_case", "schema"), [*BLOCKS, ("everything", EVERYTHING)])
def test_the_form_of_a_block(_case, schema):
    assert faults_of(schema) == []


@pytest.mark.parametrize(
    ("_case", "schema"), [*POOLS, ("template", variables_of(TEMPLATE)), ("parameters", PARAMETERS)]
)
def test_the_form_of_job_variables_and_parameters(_case, schema):
    assert faults_of(schema) == []
