"""Pages of goals and beliefs."""
