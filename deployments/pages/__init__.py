"""Pages of deployments and work pools; the page of a run asks `why`."""

from deployments.services import why as why
