"""allauth's log-in form without the hints that our page already gives."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm as BaseLoginForm


class LoginForm(BaseLoginForm):
    """Labels above the fields say what they are; the way to reset a password is a button."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "E-mail"
        self.fields["password"].help_text = ""
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
