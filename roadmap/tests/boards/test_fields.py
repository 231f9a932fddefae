"""The fields that the forms of board tools share."""

from __future__ import annotations

import pytest
from django import forms

from roadmap.boards.fields import AddressField, SecretField


def test_an_address_is_kept_without_blanks_query_and_last_slash() -> None:
    field = AddressField(example="https://board.example.org")

    assert field.clean(" https://board.example.org/kanban/?page=2 ") == "https://board.example.org/kanban"


@pytest.mark.parametrize(
    "address", ["board.example.org", "ftp://board.example.org", "https://me:pw@board.example.org"]
)
def test_what_cannot_be_an_address_is_refused_with_the_mend(address: str) -> None:
    with pytest.raises(forms.ValidationError, match=r"Write|Leave"):
        AddressField(example="https://board.example.org").clean(address)


def test_an_address_that_is_not_needed_may_be_left_empty() -> None:
    assert AddressField(example="https://board.example.org", required=False).clean("") == ""


def test_a_secret_is_never_filled_in_again() -> None:
    class Form(forms.Form):
        token = SecretField(label="Token")

    assert "planted" not in Form(data={"token": "planted"}).as_p()
