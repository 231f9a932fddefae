"""Reads of forecasts: the newest of a goal or target, and how well past ones came true."""

from __future__ import annotations

from datetime import datetime

from metrics.analysis.forecast import CALIBRATION
from metrics.analysis.forecast_record import RECORD_NEEDED, calibration_fit
from strategy.models import Forecast

# The newest scored forecasts that a calibration is fitted to: enough for any precision, and a bounded read.
MOST_FITTED = 50_000


def calibrations_read(*, now: datetime) -> dict[str, float]:
    """The calibration constant of each frequency, fitted to the organisation's own scored forecasts.

    With at most 200 of a frequency (one a goal or target and ISO week, since nightly ones repeat each other)
    it is the one measured on public series. Only what was scored by `now` counts.
    """
    found = dict(CALIBRATION)
    for frequency in CALIBRATION:
        record = Forecast.objects.recorded().filter(
            frequency=frequency, scored_at__lte=now, standardised__isnull=False
        )
        fitted = list(record.order_by("-quarter_end").values_list("standardised", flat=True)[:MOST_FITTED])
        if len(fitted) > RECORD_NEEDED:
            found[frequency] = calibration_fit(fitted)
    return found
