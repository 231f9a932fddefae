"""What explanations and insights have in common: texts within limits, removed and brought back."""

from __future__ import annotations

from datetime import date, datetime
from typing import TypeVar

from common.audit import audit_record
from common.display.values import long_date
from common.removal import row_bring_back, row_remove
from strategy.errors import UnableToChangeVoiceError
from strategy.models import Explanation, Insight
from teams.models import User

SHORT_MAX, TEXT_MAX = 140, 2000
V = TypeVar("V", Explanation, Insight)


def text_check(value: str, field: str, *, most: int, missing: str = "") -> str:
    """The text without blanks around it; refused when it is too long, or empty where `missing` says what to do."""
    text = value.strip()
    if missing and not text:
        raise UnableToChangeVoiceError(missing, field=field)
    if len(text) > most:
        raise UnableToChangeVoiceError(f"Keep it within {most} characters; it has {len(text)}.", field=field)
    return text


def past_check(day: date | None, field: str, today: date) -> None:
    """Refuses a day that is still to come."""
    if day is not None and day > today:
        raise UnableToChangeVoiceError(
            f"{long_date(day)} is still to come. Give the day on which it happened.", field=field
        )


def voice_remove(
    voice: V, word: str, product_id: int, *, actor: User | None, now: datetime, expected_version: int | None
) -> V:
    """Takes it away, in the caller's transaction; refused when it is away already."""
    row_remove(voice, word, now=now, expected_version=expected_version)
    audit_record(
        actor=actor,
        action=f"{word} removed",
        subject=voice,
        before={"text": str(voice)},
        product_id=product_id,
    )
    return voice


def voice_restore(
    voice: V, word: str, product_id: int, *, actor: User | None, expected_version: int | None
) -> V:
    """Brings it back, in the caller's transaction; refused when it is there."""
    row_bring_back(voice, word, expected_version=expected_version)
    audit_record(
        actor=actor,
        action=f"{word} brought back",
        subject=voice,
        after={"text": str(voice)},
        product_id=product_id,
    )
    return voice
