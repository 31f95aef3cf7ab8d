"""Pages of deployments, work pools and workers."""
