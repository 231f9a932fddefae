"""Reading how long the other side wants to be left alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from common.retrying import rate_limit_used_up, retry_after_read, seconds_until

NOW = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
EPOCH = int(NOW.timestamp())


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30", 30),
        ("0", 0),
        ("1.5", 1.5),
        (str(EPOCH + 90), 90),
        (str(EPOCH - 90), 0),
        (str((EPOCH + 90) * 1000), 90),
        ("2026-11-18T09:02:00Z", 120),
        ("2026-11-18T10:02:00+01:00", 120),
        ("2026-11-18T08:00:00Z", 0),
        ("Wed, 18 Nov 2026 09:01:00 GMT", 60),
        ("-5", 0),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("inf", None),
    ],
)
def test_it_reads_every_way_of_writing_a_wait(text: str, seconds: float | None) -> None:
    assert seconds_until(text, now=NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "12", "X-RateLimit-Reset": "99"}, 12),
        ({"Retry-After": "later", "X-RateLimit-Reset": "99"}, 99),
        ({"x-ratelimit-reset": str(EPOCH + 60)}, 60),
        ({"RateLimit-Reset": "45"}, 45),
        ({"X-Rate-Limit-Api-Token-Reset": "45"}, 45),
        (
            {
                "X-RateLimit-Requests-Reset": str((EPOCH + 10) * 1000),
                "X-RateLimit-Requests-Remaining": "0",
                "X-RateLimit-Complexity-Reset": str((EPOCH + 900) * 1000),
                "X-RateLimit-Complexity-Remaining": "1200",
            },
            10,
        ),
        ({"X-Reset": "45"}, None),
        (
            {
                "X-Rate-Limit-Api-Token-Interval-Ms": "10000",
                "X-Rate-Limit-Api-Token-Remaining": "0",
                "X-Rate-Limit-Member-Interval-Ms": "900000",
                "X-Rate-Limit-Member-Remaining": "57",
            },
            10,
        ),
        ({"X-RateLimit-Interval-Seconds": "60", "X-RateLimit-Remaining": "0"}, 60),
        ({"X-RateLimit-Interval-Seconds": "60", "X-RateLimit-Remaining": "3"}, None),
        ({"X-RateLimit-Interval-Seconds": "soon", "X-RateLimit-Remaining": "0"}, None),
    ],
)
def test_it_takes_the_wait_from_the_headers_in_use(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_read(headers, now=NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "used_up"),
    [
        ({}, False),
        ({"Retry-After": "60"}, True),
        ({"X-RateLimit-Remaining": "0"}, True),
        ({"x-rate-limit-api-key-remaining": "0"}, True),
        ({"X-RateLimit-Remaining": "17"}, False),
    ],
)
def test_it_tells_a_rate_limit_from_missing_rights(headers: dict[str, str], used_up: bool) -> None:
    assert rate_limit_used_up(headers) is used_up
