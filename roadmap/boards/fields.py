"""Fields that the settings forms of board tools share."""

from __future__ import annotations

from typing import Any

from django import forms

from common.errors import PermanentError
from common.http import base_url_check


class AddressField(forms.CharField):
    """Where a tool is: a plain address without blanks, credentials or a slash at its end; `example` is shown in it."""

    def __init__(self, *, example: str, label: str = "Address", **options: Any) -> None:
        widget = forms.URLInput(attrs={"placeholder": example})
        super().__init__(label=label, max_length=500, widget=widget, **options)

    def clean(self, value: Any) -> str:
        """The address, or "" where none is needed; refused with a reason when it cannot be one."""
        text: str = super().clean(value)
        if not text:
            return ""
        try:
            return base_url_check(text).geturl().rstrip("/")
        except PermanentError as error:
            raise forms.ValidationError(error.message) from None


class SecretField(forms.CharField):
    """A token or key: never filled in again by the browser, nor by the page."""

    def __init__(
        self,
        *,
        max_length: int = 500,
        help_text: str = "Kept encrypted and never shown again.",
        **options: Any,
    ) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": "off"})
        super().__init__(max_length=max_length, widget=widget, help_text=help_text, **options)
