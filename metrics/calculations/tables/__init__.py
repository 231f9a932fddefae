"""Tables of figures: from a file's bytes or an API's body to columns of points, all errors named."""

from __future__ import annotations

from metrics.calculations.tables.body import Body, BodyRefusedError, json_columns, text_columns
from metrics.calculations.tables.columns import Column, MetricNames, columns_parse
from metrics.calculations.tables.csv import (
    DECIMALS,
    ENCODINGS,
    LAYOUTS,
    ORDERS,
    SEPARATORS,
    FileOptions,
    ParsedFile,
    TableRefusedError,
    csv_guess,
    csv_parse,
)
from metrics.calculations.tables.export import cell_escape, csv_write

__all__ = [
    "DECIMALS",
    "ENCODINGS",
    "LAYOUTS",
    "ORDERS",
    "SEPARATORS",
    "Body",
    "BodyRefusedError",
    "Column",
    "FileOptions",
    "MetricNames",
    "ParsedFile",
    "TableRefusedError",
    "cell_escape",
    "columns_parse",
    "csv_guess",
    "csv_parse",
    "csv_write",
    "json_columns",
    "text_columns",
]
