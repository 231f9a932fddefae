"""Another address to log in with."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.urls import reverse

from common.models import AuditEvent
from common.outbox import outbox_send_due

pytestmark = pytest.mark.usefixtures("frozen_today")
PASSWORD = "correct horse battery"


@pytest.fixture
def somebody(alice: Any) -> Any:
    alice.set_password(PASSWORD)
    alice.save()
    return alice


def _ask(client: Any, **values: str) -> Any:
    return client.post(
        reverse("teams:me-email"), {"email": "New@Example.com", "password": PASSWORD, **values}
    )


def test_the_new_address_logs_in_and_the_old_one_is_told(
    somebody: Any, logged_in: Any, client: Any, now: Any
) -> None:
    answer = _ask(logged_in(somebody))
    outbox_send_due(now)
    login = reverse("account_login")
    old = client.post(login, {"login": "alice@example.com", "password": PASSWORD})
    new = client.post(login, {"login": "new@example.com", "password": PASSWORD})

    somebody.refresh_from_db()
    assert answer.status_code == 302
    assert somebody.email == "new@example.com"
    assert (old.status_code, new.status_code) == (200, 302)
    assert mail.outbox[0].to == ["alice@example.com"]
    assert "new@example.com" in mail.outbox[0].body
    event = AuditEvent.objects.get(action="e-mail address changed")
    assert (event.before, event.after) == ({"email": "alice@example.com"}, {"email": "new@example.com"})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"password": "wrong"}, "That is not your password"),
        ({"email": "bob@example.com"}, "Somebody with this address is here already"),
        ({"email": "alice@example.com"}, "This is your address already"),
        ({"email": "nonsense"}, "valid email address"),
        ({"email": ""}, "required"),
    ],
)
def test_nothing_changes_when_something_is_wrong(
    values: dict[str, str], words: str, somebody: Any, bob: Any, logged_in: Any
) -> None:
    answer = _ask(logged_in(somebody), **values)

    somebody.refresh_from_db()
    assert answer.status_code == 422
    assert words in answer.text
    assert somebody.email == "alice@example.com"
    assert not AuditEvent.objects.filter(action="e-mail address changed").exists()
