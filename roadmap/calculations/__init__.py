"""Pure rules of the roadmap: no database, no clock, no settings."""
