"""Pure rules of a contest: no database, no clock, no settings."""
