"""Statistics without Django: figures in, findings out. Nothing here reads a clock or a database."""
