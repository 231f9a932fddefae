"""The contest app's part of the REST API."""
