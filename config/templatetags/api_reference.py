"""What the API reference needs beyond the common tags."""

from __future__ import annotations

import re

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from config.api_guide import inline

register = template.Library()


@register.filter
def marked(text: str) -> SafeString:
    """Paragraphs of a description, with its code and stressed words as elements; everything else is escaped."""
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip())]
    return format_html_join("", "<p>{}</p>", ((inline(part),) for part in paragraphs if part))
