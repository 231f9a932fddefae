"""Creating and changing metrics. What defines the figure is versioned: such a change needs a reason."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.text import slugify

from common.audit import audit_record, changes
from common.errors import ApplicationError
from common.locking import version_claim
from metrics.guards import ratio_refusal
from metrics.models import Metric, MetricDefinition, Observation, Target
from teams.models import Product

FIELDS = (
    "name",
    "key",
    "definition",
    "kind",
    "unit",
    "decimals",
    "direction",
    "aggregation",
    "frequency",
    "numerator",
    "denominator",
    "owner",
)
# What the figure is. Name, decimals and owner only say how it is shown and who looks after it.
DEFINING = ("definition", "kind", "unit", "direction", "aggregation", "frequency", "numerator", "denominator")


class MetricRefusedError(ApplicationError):
    """A metric cannot be saved like this."""


def metric_key_free(name: str) -> str:
    """A free key made of the name: "Activation rate" gives activation-rate, or activation-rate-2 if taken."""
    stem = slugify(name)[:70] or "metric"
    taken = set(Metric.objects.filter(key__startswith=stem).values_list("key", flat=True))
    key, number = stem, 2
    while key in taken:
        key, number = f"{stem}-{number}", number + 1
    return key


def definition_content(metric: Metric) -> dict[str, Any]:
    """The defining fields as kept in a MetricDefinition: plain values, other metrics by key."""
    content: dict[str, Any] = {}
    for name in DEFINING:
        value = getattr(metric, name)
        content[name] = value.key if isinstance(value, Metric) else value
    return content


@transaction.atomic
def metric_create(*, product: Product | None, actor: models.Model | None, name: str, **fields: Any) -> Metric:
    """Creates a metric of `product` (None: the organisation's) with its first definition.

    `fields` are those of FIELDS; a missing key is made of the name. MetricRefusedError names the field.
    """
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise TypeError(f"Metric has no {', '.join(sorted(unknown))}.")
    metric = Metric(product=product, name=name, **fields)
    metric.key = metric.key or metric_key_free(name)
    _validate(metric)
    metric.save()
    MetricDefinition.objects.create(
        metric=metric, number=1, content=definition_content(metric), author_id=_pk(actor)
    )
    audit_record(
        actor=actor,
        action="metric created",
        subject=metric,
        after=_values(metric),
        product_id=metric.product_id,
    )
    return metric


@transaction.atomic
def metric_update(
    *,
    metric: Metric,
    actor: models.Model | None,
    changes_wanted: dict[str, Any],
    reason: str = "",
    expected_version: int | None,
) -> Metric:
    """Changes fields of FIELDS. A defining field needs a `reason` and makes the next definition.

    MetricRefusedError when a reason is missing, when frequency or ratio would change under figures that are there, or
    when a belief about it would be left with nothing to test. ConflictError when somebody saved first.
    """
    current = Metric.objects.select_related("numerator", "denominator", "owner").get(pk=metric.pk)
    before = _values(current)
    version_claim(current, expected_version)
    for name, value in changes_wanted.items():
        if name not in FIELDS:
            raise TypeError(f"Metric has no {name}.")
        setattr(current, name, value)
    old, new = changes(before, _values(current))
    if not new:
        return current
    _validate(current)
    defining = [name for name in DEFINING if name in new]
    _refuse_under_figures(current, new)
    if ("numerator" in new or "denominator" in new) and (refusal := ratio_refusal(current)):
        raise MetricRefusedError(refusal, field="numerator" if "numerator" in new else "denominator")
    if defining:
        if not reason.strip():
            raise MetricRefusedError(
                f"Say why: {_words(defining)} defines what the figure is, so the change needs a reason.",
                field="reason",
            )
        current.definition_number += 1
        MetricDefinition.objects.create(
            metric=current,
            number=current.definition_number,
            content=definition_content(current),
            reason=reason,
            author_id=_pk(actor),
        )
    current.save()
    audit_record(
        actor=actor,
        action="metric changed",
        subject=current,
        before=old,
        after=new,
        reason=reason,
        product_id=current.product_id,
    )
    return current


@transaction.atomic
def metric_archive(
    *, metric: Metric, actor: models.Model | None, now: datetime, expected_version: int | None = None
) -> Metric:
    """Takes the metric out of lists and choices; its figures stay. Refused while a running target is on it."""
    version_claim(metric, expected_version)
    running = Target.objects.filter(metric=metric, quarter_end__gt=now.date()).exclude(
        state=Target.State.CLOSED
    )
    if teams := sorted({target.team.name for target in running.select_related("team")}):
        raise MetricRefusedError(
            f"{', '.join(teams)} has a target on it this quarter or later. Withdraw that first."
        )
    ratios = Metric.objects.active().filter(models.Q(numerator=metric) | models.Q(denominator=metric))
    if ratio := ratios.first():
        raise MetricRefusedError(f"The ratio “{ratio}” is computed from it. Archive that one first.")
    metric.archived_at = now
    metric.save(update_fields=["archived_at", "updated_at"])
    audit_record(actor=actor, action="metric archived", subject=metric, product_id=metric.product_id)
    return metric


@transaction.atomic
def metric_restore(
    *, metric: Metric, actor: models.Model | None, expected_version: int | None = None
) -> Metric:
    """Brings an archived metric back."""
    version_claim(metric, expected_version)
    metric.archived_at = None
    metric.save(update_fields=["archived_at", "updated_at"])
    audit_record(actor=actor, action="metric brought back", subject=metric, product_id=metric.product_id)
    return metric


def _validate(metric: Metric) -> None:
    parts = [part for part in (metric.numerator, metric.denominator) if part is not None]
    if len(parts) == 1:
        field = "denominator" if metric.numerator is not None else "numerator"
        raise MetricRefusedError(
            "A ratio needs both a numerator and a denominator. Choose the other one.", field=field
        )
    if parts and "%" in metric.unit:
        raise MetricRefusedError(
            "A ratio's value is the plain quotient, such as 0.71, so its unit cannot be %. Leave it empty.",
            field="unit",
        )
    for field, part in (("numerator", metric.numerator), ("denominator", metric.denominator)):
        if part is None:
            continue
        if part.pk is not None and part.pk == metric.pk:
            raise MetricRefusedError("A ratio cannot be made of itself.", field=field)
        if part.is_ratio:
            raise MetricRefusedError(f"“{part}” is a ratio itself. Choose a plain metric.", field=field)
        if part.product_id != metric.product_id:
            raise MetricRefusedError(
                f"“{part}” belongs to another product. Choose one of the same.", field=field
            )
    if (
        parts
        and metric.pk
        and Metric.objects.filter(models.Q(numerator=metric) | models.Q(denominator=metric)).exists()
    ):
        raise MetricRefusedError(
            "Another ratio is computed from this metric, so it stays plain.", field="numerator"
        )
    try:
        metric.full_clean()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise MetricRefusedError(messages[0], field=None if field == "__all__" else field) from error


def _refuse_under_figures(metric: Metric, new: dict[str, Any]) -> None:
    became_ratio = metric.is_ratio and ("numerator" in new or "denominator" in new)
    if (
        not ("frequency" in new or became_ratio)
        or not Observation.objects.filter(metric_id=metric.pk).exists()
    ):
        return
    if became_ratio:
        raise MetricRefusedError(
            "It has figures of its own, and a ratio has none. Make a new metric for the ratio.",
            field="numerator",
        )
    raise MetricRefusedError(
        "Its figures stand on the days of the present frequency. Make a new metric for another one.",
        field="frequency",
    )


def _values(metric: Metric) -> dict[str, Any]:
    values = {name: getattr(metric, name) for name in FIELDS}
    return {name: str(value) if isinstance(value, models.Model) else value for name, value in values.items()}


def _words(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def _pk(actor: models.Model | None) -> Any:
    return actor.pk if actor is not None else None
