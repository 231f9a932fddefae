"""When to try an outgoing call again: what the other side asks for, read from the headers in use."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_RESET_HEADER = re.compile(r"^(x-)?rate-?limit\b.*-reset$", re.IGNORECASE)
# The length of the window in which calls are counted, from tools that do not say when it ends.
_INTERVAL_HEADER = re.compile(r"^((?:x-)?rate-?limit\b.*-)interval-(ms|seconds)$", re.IGNORECASE)
_EPOCH_SECONDS_FROM = 1e9  # smaller numbers are a number of seconds to wait
_EPOCH_MILLISECONDS_FROM = 1e11


def seconds_until(text: str, *, now: datetime) -> float | None:
    """Seconds from `now` to the moment in `text`, at least 0; None when it cannot be read.

    Four ways of writing are in use: seconds to wait, seconds of the epoch, milliseconds of the epoch, and a date
    (ISO 8601, or that of HTTP).
    """
    text = text.strip()
    try:
        number = float(text)
    except ValueError:
        moment = _moment_parse(text)
        return None if moment is None else max(0.0, (moment - now).total_seconds())
    if not math.isfinite(number):
        return None
    if number >= _EPOCH_MILLISECONDS_FROM:
        number = number / 1000 - now.timestamp()
    elif number >= _EPOCH_SECONDS_FROM:
        number -= now.timestamp()
    return max(0.0, number)


def retry_after_read(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Seconds that the other side asks to wait, by Retry-After or else by its rate-limit headers; None if silent."""
    lowered = {name.lower(): value for name, value in headers.items()}
    if "retry-after" in lowered:
        asked = seconds_until(lowered["retry-after"], now=now)
        if asked is not None:
            return asked
    waits: dict[str, float] = {}
    for name, value in lowered.items():
        if _RESET_HEADER.match(name) and (wait := seconds_until(value, now=now)) is not None:
            waits[name] = wait
    # Tools with several limits (requests, complexity) give a reset for each: only the used-up ones matter.
    used_up = {
        name: wait
        for name, wait in waits.items()
        if _is_zero(lowered.get(f"{name[: -len('reset')]}remaining"))
    }
    return max((used_up or waits or _intervals_used_up(lowered)).values(), default=None)


def _intervals_used_up(lowered: Mapping[str, str]) -> dict[str, float]:
    """Seconds after which a used-up window has passed at the latest, by the name of its header."""
    waits: dict[str, float] = {}
    for name, value in lowered.items():
        match = _INTERVAL_HEADER.match(name)
        if match is None or not _is_zero(lowered.get(f"{match[1]}remaining")):
            continue
        if value.strip().isdecimal():
            waits[name] = float(value) / (1000 if match[2].lower() == "ms" else 1)
    return waits


def rate_limit_used_up(headers: Mapping[str, str]) -> bool:
    """True when the headers of a refusal say that it is about the rate of calls, not about rights."""
    lowered = {name.lower(): value for name, value in headers.items()}
    if "retry-after" in lowered:
        return True
    return any("ratelimit" in name.replace("-", "") and name.endswith("remaining") and _is_zero(value)
               for name, value in lowered.items())  # fmt: skip


def _is_zero(text: str | None) -> bool:
    return text is not None and text.strip() in {"0", "0.0"}


def _moment_parse(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
