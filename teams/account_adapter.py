"""How people get in: by invitation only, with mail that is sent in the background."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse

from teams.services.mail import private_email_add


class AccountAdapter(DefaultAccountAdapter):
    """Closes self sign-up and sends through the outbox; everything else is allauth's."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's name
        return False

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "The e-mail address and the password do not fit together.",
        "too_many_login_attempts": "Too many attempts failed. Wait five minutes, or reset your password.",
        "account_inactive": "This account is deactivated. Ask an admin of your organisation.",
        "enter_current_password": "This is not your current password.",
        "incorrect_password": "This is not your password.",
        "rate_limited": "Too many requests. Wait a minute and try again.",
    }

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002 - allauth's name
        return reverse("teams:me")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Adds the message to the outbox: a mail server that is down or slow neither fails the page nor tells,
        by the time it takes, whether an address has an account. The link in it is kept sealed."""
        message = self.render_mail(template_prefix, email, {"email": email, **context})
        with transaction.atomic():
            private_email_add(
                to=email,
                subject=str(message.subject),
                text=str(message.body),
                dedupe_key=f"account:{uuid.uuid4().hex}",
            )
