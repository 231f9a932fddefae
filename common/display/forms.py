"""Forms and paged lists: what their templates need, worked out once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.core.paginator import Page
from django.forms import (
    BaseForm,
    BaseFormSet,
    BoundField,
    CheckboxInput,
    CheckboxSelectMultiple,
    RadioSelect,
)
from django.http import QueryDict

from common.display.values import count_words


class FieldError(NamedTuple):
    """One line of the summary; `target` is the id of the control, empty for the form as a whole."""

    message: str
    target: str


class PageLink(NamedTuple):
    """One number of a pager; number 0 is a gap."""

    number: int
    query: str
    current: bool


def errors_of(sources: Iterable[BaseForm | BaseFormSet[Any]]) -> list[FieldError]:
    """Every error of forms and formsets, in the order of the page."""
    found: list[FieldError] = []
    for source in sources:
        if isinstance(source, BaseFormSet):
            if source.is_bound:
                found += [FieldError(str(message), "") for message in source.non_form_errors()]
                found += errors_of(source.forms)
        elif source.is_bound:
            found += _form_errors(source)
    return found


def _form_errors(form: BaseForm) -> list[FieldError]:
    found = [FieldError(str(message), "") for message in form.non_field_errors()]
    for name, messages in form.errors.items():
        if name in form.fields:
            bound = form[name]
            target = "" if bound.is_hidden else control_id(bound)
            found += [FieldError(_named(bound, str(message)), target) for message in messages]
    return found


def _named(bound: BoundField, message: str) -> str:
    """Django's shortest messages do not say which field they mean; in a summary they must."""
    generic = {
        str(text)
        for cls in type(bound.field).__mro__
        for text in getattr(cls, "default_error_messages", {}).values()
    }
    if message not in generic:
        return message
    name = str(bound.label)
    return f"{name} {message}" if name.endswith("?") else f"{name}: {message}"


def errors_title(count: int) -> str:
    """ "Two things need fixing"."""
    return f"{count_words(count).capitalize()} {'thing needs' if count == 1 else 'things need'} fixing"


def control_id(bound: BoundField) -> str:
    """The id of the element that takes focus; a group of choices has it on the first."""
    base = bound.auto_id
    return f"{base}_0" if _is_group(bound) else base


def field_context(
    bound: BoundField,
    *,
    hint: str = "",
    label: str = "",
    short: bool = False,
    optional: bool = True,
) -> dict[str, Any]:
    """Everything `components/_field.html` shows, the control rendered with its classes and descriptions."""
    hint = hint or str(bound.help_text)
    base = bound.auto_id
    described = [f"{base}-hint"] if hint else []
    described += [f"{base}-error"] if bound.errors else []
    attrs: dict[str, Any] = {}
    if not _is_group(bound):
        own = str(bound.field.widget.attrs.get("class", ""))
        attrs["class"] = " ".join(filter(None, ["inp", own, "short" if short else ""]))
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    return {
        "bound": bound,
        "base": base,
        "label": label or bound.label,
        "hint": hint,
        "errors": list(bound.errors),
        "control": bound.as_widget(attrs=attrs),
        "is_group": _is_group(bound),
        "is_check": isinstance(bound.field.widget, CheckboxInput),
        "optional": optional
        and not bound.field.required
        and not isinstance(bound.field.widget, CheckboxInput),
    }


def _is_group(bound: BoundField) -> bool:
    return isinstance(bound.field.widget, RadioSelect | CheckboxSelectMultiple)


def page_links(page: Page[Any], query: QueryDict | None, parameter: str) -> list[PageLink]:
    """First, last, and the neighbours of the current page, with gaps between."""
    last = page.paginator.num_pages
    wanted = sorted({1, last, *range(max(1, page.number - 2), min(last, page.number + 2) + 1)})
    links: list[PageLink] = []
    for number in wanted:
        if links and number - links[-1].number > 1:
            links.append(PageLink(0, "", current=False))
        links.append(
            PageLink(
                number,
                query_with(query or QueryDict(), {parameter: number}),
                number == page.number,
            )
        )
    return links


def query_with(query: QueryDict, changes: Mapping[str, Any]) -> str:
    """`query` with `changes`, as "?a=1&b=2"; None or "" takes a value away. Values are URL-encoded."""
    copy = query.copy()
    for name, value in changes.items():
        copy.pop(name, None)
        if isinstance(value, list | tuple):
            copy.setlist(name, [str(item) for item in value])
        elif value not in (None, ""):
            copy[name] = str(value)
    return "?" + copy.urlencode()
