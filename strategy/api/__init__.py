"""Goals and mappings over the REST API."""
