"""Reads of the roadmap; what other apps and pages ask stands here by name."""
