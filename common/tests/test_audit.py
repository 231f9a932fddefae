"""The audit trail tells what was done, by whom, and is never rewritten."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from common.audit import audit_list, audit_record, changes


def test_it_tells_who_changed_what(product: Any, alice: Any) -> None:
    audit_record(
        actor=alice,
        action="product renamed",
        subject=product,
        before={"name": "Old", "since": date(2026, 1, 1)},
        after={"name": "New"},
        product_id=product.pk,
    )

    event = audit_list(product).get()
    assert (event.actor, event.action, event.before["name"], event.after["name"]) == (
        alice,
        "product renamed",
        "Old",
        "New",
    )
    assert event.before["since"] == "2026-01-01"


def test_it_names_the_service_when_no_person_acted(product: Any) -> None:
    event = audit_record(actor=None, action="edition published", subject=product)

    assert event.service == "system"


def test_an_event_is_never_changed_or_deleted(product: Any) -> None:
    event = audit_record(actor=None, action="edition published", subject=product)

    with pytest.raises(ValueError, match="never changed"):
        event.save()
    with pytest.raises(ValueError, match="never deleted"):
        event.delete()


def test_it_keeps_only_what_differs() -> None:
    assert changes({"a": 1, "b": 2}, {"a": 1, "b": 3}) == ({"b": 2}, {"b": 3})
