"""Writes, one function a use case, split by noun. Permissions are checked by whoever calls (views, API)."""
