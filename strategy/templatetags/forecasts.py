"""The drawing and the tables of the track record."""

from __future__ import annotations

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from common.display.parts import Table
from common.display.reliability_svg import reliability_chart

register = template.Library()
register.simple_tag(reliability_chart)


@register.simple_tag
def record_table(table: Table, label: str, stack: bool = True) -> SafeString:
    """A table whose first column heads the rows; with `stack` it becomes a list of named figures on a phone."""
    kind = "stackable" if stack else "compact"
    heads = "".join(
        f'<th scope="col"{" class=r" if index else ""}>{escape(column)}</th>'
        for index, column in enumerate(table.columns)
    )
    rows = "".join(
        f'<tr><th scope="row" class="full num">{_together(row[0])}</th>'
        + "".join(
            f'<td class="r num" data-l="{escape(column)}">{escape(cell)}</td>'
            for column, cell in zip(table.columns[1:], row[1:], strict=True)
        )
        + "</tr>"
        for row in table.rows
    )
    return mark_safe(  # noqa: S308 - every cell is escaped above
        f'<table class="tbl {kind}"><caption class="vh">{escape(label)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _together(text: str) -> str:
    """Escaped, with "60 to 70%" on one line."""
    return escape(text).replace(" ", "&nbsp;") if text.endswith("%") else escape(text)
