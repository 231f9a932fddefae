"""Sessions read by a statement of our own are those that Django wrote."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from common.sessions import SessionStore

pytestmark = pytest.mark.django_db


def written(**held: str) -> str:
    session = DatabaseSessionStore()
    session.update(held)
    session.save()
    assert session.session_key is not None
    return session.session_key


def test_a_session_that_django_wrote_is_read_in_one_query(django_assert_num_queries: Any) -> None:
    session = SessionStore(written(colour="green"))

    with django_assert_num_queries(1):
        assert session["colour"] == "green"


def test_what_it_writes_django_reads() -> None:
    session = SessionStore()
    session["colour"] = "blue"
    session.save()

    assert DatabaseSessionStore(session.session_key)["colour"] == "blue"


@pytest.mark.parametrize("seconds", [-3600, -1])
def test_a_session_whose_time_is_over_holds_nothing_and_loses_its_key(seconds: int) -> None:
    key = written(colour="green")
    Session.objects.update(expire_date=timezone.now() + timedelta(seconds=seconds))
    session = SessionStore(key)

    assert session.get("colour") is None
    assert session.session_key is None


def test_a_session_with_a_minute_left_is_read() -> None:
    key = written(colour="green")
    Session.objects.update(expire_date=timezone.now() + timedelta(minutes=1))

    assert SessionStore(key).get("colour") == "green"


def test_a_key_that_nobody_was_given_opens_nothing() -> None:
    session = SessionStore("a" * 32)

    assert session.get("colour") is None
    assert session.session_key is None


def test_a_session_written_with_another_secret_holds_nothing(settings: Any) -> None:
    key = written(colour="green")
    settings.SECRET_KEY = "another"

    assert SessionStore(key).get("colour") is None
