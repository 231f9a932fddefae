"""Takes the sample organisation away: exactly its product, what stands in it, and its people."""

from __future__ import annotations

from dataclasses import dataclass

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.db.models import ProtectedError, Q

from common.audit import subject_of
from common.models import AuditEvent, JobRun, SlugRedirect
from contest.models import Contest
from metrics.models import Event, ImportRun, Metric, MetricQuarter, Observation, Target
from roadmap.models import Board, Connection, Edition
from strategy.models import Goal, Insight, Mapping, QuarterResult
from teams.models import Product, User

LOGINS_FILE = "sample-logins.json"


@dataclass(frozen=True)
class Removal:
    """What was removed; `kept` are sample people who own something outside the sample."""

    products: int
    people: int
    kept: tuple[str, ...]


def sample_products() -> list[Product]:
    """The products that the sample made."""
    return list(Product.objects.filter(is_sample=True))


@transaction.atomic
def sample_remove(*, actor: User | None) -> Removal:
    """Deletes the sample's rows and nothing else.

    Whatever people have added inside a sample product goes with it. A sample person who owns something elsewhere
    stays, and so does `actor`, who would otherwise be locked out; both count as ordinary people from then on.
    """
    products = sample_products()
    for product in products:
        _product_remove(product)
    kept = []
    removed = 0
    for user in User.objects.filter(is_sample=True):
        if user == actor or not _person_remove(user):
            User.objects.filter(pk=user.pk).update(is_sample=False)
            kept.append(str(user))
        else:
            removed += 1
    (settings.VAR_DIR / LOGINS_FILE).unlink(missing_ok=True)
    return Removal(products=len(products), people=removed, kept=tuple(kept))


def _product_remove(product: Product) -> None:
    """From the top floor down, since a row that others lean on is protected."""
    subjects = _subjects(product)
    Contest.objects.filter(goal__product=product).delete()
    Edition.objects.filter(product=product).delete()
    Board.objects.filter(team__product=product).delete()
    Connection.objects.filter(product=product).delete()
    QuarterResult.objects.filter(goal__product=product).delete()
    Mapping.objects.filter(goal__product=product).delete()
    Goal.objects.filter(product=product).delete()
    Target.objects.filter(team__product=product).delete()
    ImportRun.objects.filter(product=product).delete()
    metrics = list(Metric.objects.filter(product=product).values_list("pk", flat=True))
    Observation.objects.filter(metric_id__in=metrics).delete()
    MetricQuarter.objects.filter(metric_id__in=metrics).delete()
    Metric.objects.filter(pk__in=metrics).exclude(numerator=None).delete()
    Metric.objects.filter(pk__in=metrics).delete()
    SlugRedirect.objects.filter(Q(scope=product.pk) | Q(kind="teams.product", object_id=product.pk)).delete()
    AuditEvent.objects.filter(Q(product_id=product.pk) | Q(subject__in=subjects)).delete()
    product.delete()


def _subjects(product: Product) -> list[str]:
    """How the audit trail names the product's own rows."""
    found = [subject_of(product)]
    for label, path in (
        ("teams.Team", "product"),
        ("metrics.Metric", "product"),
        ("strategy.Goal", "product"),
    ):
        found += [subject_of(row) for row in apps.get_model(label)._default_manager.filter(**{path: product})]
    return found


def _person_remove(user: User) -> bool:
    """Deletes the person and the trail of what they did in the sample; False when something else needs them."""
    try:
        with transaction.atomic():
            AuditEvent.objects.filter(subject=subject_of(user)).delete()
            JobRun.objects.filter(requested_by=user).update(requested_by=None)
            user.delete()
    except ProtectedError:
        return False
    return True


def sample_counts() -> list[tuple[str, int]]:
    """(what, how many) of the sample's rows; empty when there is no sample."""
    products = Product.objects.filter(is_sample=True)
    people = User.objects.filter(is_sample=True).count()
    if not products.exists() and not people:
        return []
    return [
        ("people", people),
        ("metrics", Metric.objects.filter(product__in=products).count()),
        ("observations", Observation.objects.filter(metric__product__in=products).count()),
        ("goals", Goal.objects.filter(product__in=products).count()),
        ("events", Event.objects.filter(product__in=products).count()),
        ("insights", Insight.objects.filter(product__in=products).count()),
        ("judged quarters", QuarterResult.objects.filter(goal__product__in=products).count()),
        ("boards", Board.objects.filter(team__product__in=products).count()),
        ("contests", Contest.objects.filter(goal__product__in=products).count()),
    ]
