"""Fields of every form; and forms whose objects several people may edit, with both versions shown when two saved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django import forms
from django.db import models
from django.http import QueryDict

from common.audit import subject_of
from common.display.parts import BothVersions
from common.errors import ApplicationError, ConflictError
from common.models import AuditEvent

T = TypeVar("T")


class DayInput(forms.DateInput):
    """A browser's own field for a day."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__({"class": "short"}, format="%Y-%m-%d")


@dataclass(frozen=True)
class Conflict:
    """What `{% conflict_notice conflict.rows conflict.saved_by conflict.saved_at %}` needs."""

    rows: list[BothVersions]
    saved_by: str
    saved_at: datetime | None


class VersionForm(forms.Form):
    """A form about one stored object. `conflict` is set when somebody saved first; see `form_save`."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    conflict: Conflict | None = None


def form_save(
    form: forms.Form, save: Callable[[], T], stored: Callable[[Any], Mapping[str, Any]] | None = None
) -> T | None:
    """Calls `save`; None when it refused, with the reason on the form.

    A ConflictError puts both versions on a VersionForm and the stored version in its hidden field, so that sending
    the form again replaces what is stored. `stored` gives the current object's values by field name; without it
    the object's attributes of the same names are taken.
    """
    try:
        return save()
    except ConflictError as error:
        if isinstance(form, VersionForm):
            _conflict_note(form, error.current, stored)
        else:
            form.add_error(None, error.message)
    except ApplicationError as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
    return None


def form_status(form: forms.Form) -> int:
    """200 for a fresh form, 409 after a conflict, 422 when something needs fixing."""
    if getattr(form, "conflict", None) is not None:
        return 409
    return 422 if form.is_bound and form.errors else 200


def _conflict_note(
    form: VersionForm, current: models.Model, stored: Callable[[Any], Mapping[str, Any]] | None
) -> None:
    theirs = (
        stored(current)
        if stored is not None
        else {name: getattr(current, name, None) for name in form.fields}
    )
    rows = [
        BothVersions(
            label=str(form[name].label),
            yours=_words(form.fields[name], form.cleaned_data.get(name)),
            theirs=_words(form.fields[name], theirs.get(name)),
        )
        for name in form.fields
        if name != "version" and name in theirs
    ]
    event = AuditEvent.objects.filter(subject=subject_of(current)).select_related("actor").first()
    form.conflict = Conflict(
        rows=rows,
        saved_by=str(event.actor) if event is not None and event.actor_id else "",
        saved_at=event.at if event is not None else None,
    )
    data = form.data.copy() if isinstance(form.data, QueryDict) else dict(form.data)
    data[form.add_prefix("version")] = str(getattr(current, "version", 1))
    form.data = data


def _words(field: forms.Field, value: Any) -> str:
    """A value as the reader knows it: the word of a choice, yes and no, nothing for nothing."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    choices: Iterable[Any] = getattr(field, "choices", ()) or ()
    for choice in choices:
        key, label = choice[0], choice[1]
        if str(key) == str(value):
            return str(label)
    return str(value)
