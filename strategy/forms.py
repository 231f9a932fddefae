"""Input of goals, beliefs and an admin's acts. Rules live in the services."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.forms import BaseFormSet, formset_factory

from common.forms import VersionForm
from common.quarters import FiscalCalendar, Quarter
from metrics.models import Metric
from strategy.content import GoalContent, TargetContent
from strategy.models import GoalVersion, MappingVersion
from teams.models import User

if TYPE_CHECKING:
    from teams.models import Product

QUARTERS = 12
FIRST_ROWS, MORE_ROWS = 4, 4


def people_of(product: Product, *, keep: int | None = None) -> Any:
    """Who can own something of the product: everybody with a membership in it, and `keep`."""
    members = User.objects.filter(memberships__team__product=product, is_active=True)
    return (
        (members | User.objects.filter(pk__in=[] if keep is None else [keep]))
        .distinct()
        .order_by("display_name")
    )


class GoalForm(forms.Form):
    """What a goal's version says, but for its targets."""

    title = forms.CharField(max_length=140, label="Title", help_text="The outcome in a few words.")
    bet = forms.CharField(
        label="Bet",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Why is reaching this the right strategy?",
    )
    owner = forms.ModelChoiceField(User.objects.none(), label="Owner", empty_label="Choose a person")
    metric = forms.ModelChoiceField(
        Metric.objects.none(),
        label="Impact metric",
        empty_label="Choose a metric",
        help_text="One metric tells whether the goal is met.",
    )
    direction = forms.ChoiceField(choices=GoalVersion.Direction.choices, label="Direction")
    baseline = forms.FloatField(label="Baseline", help_text="The metric's value where the goal starts.")
    tolerance = forms.FloatField(
        label="Tolerance",
        initial=0,
        min_value=0,
        help_text="How far short still counts as met, in the metric's unit. Usually 0.",
    )
    horizon = forms.ChoiceField(choices=GoalVersion.Horizon.choices, label="Horizon")
    guardrails = forms.ModelMultipleChoiceField(
        Metric.objects.none(),
        label="Guardrails",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Metrics that must not get worse on the way.",
    )

    def __init__(self, *args: Any, product: Product, owner_id: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        metrics = Metric.objects.of_product(product).active().order_by("name")
        self.choices_set("owner", people_of(product, keep=owner_id))
        self.choices_set("metric", metrics.filter(kind=Metric.Kind.IMPACT))
        self.choices_set("guardrails", metrics)
        if not metrics.exists():
            del self.fields["guardrails"]

    def choices_set(self, name: str, rows: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = rows


class GoalEditForm(GoalForm, VersionForm):
    """An edit says why."""

    reason = forms.CharField(
        label="Reason",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Why this change? It stays with the version.",
    )


class TargetForm(forms.Form):
    """One quarter's target: a value, or the two edges of a band."""

    quarter = forms.CharField(widget=forms.HiddenInput)
    value = forms.FloatField(required=False, label="Target")
    low = forms.FloatField(required=False, label="From")
    high = forms.FloatField(required=False, label="To")

    def __init__(self, *args: Any, calendar: FiscalCalendar, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.calendar = calendar
        label = self.label
        for name, word in (("value", "target"), ("low", "lower edge"), ("high", "upper edge")):
            self.fields[name].label = f"{label}: {word}"
            self.fields[name].widget.attrs |= {
                "aria-label": f"{label}: {word}",
                "step": "any",
                "class": "inp",
            }

    @property
    def label(self) -> str:
        """The quarter as people read it."""
        try:
            return self.calendar.parse(str(self["quarter"].value())).label
        except ValueError:
            return "Quarter"

    def clean_quarter(self) -> Quarter:
        try:
            return self.calendar.parse(self.cleaned_data["quarter"])
        except ValueError:
            raise forms.ValidationError("Not a quarter.") from None

    def content(self) -> TargetContent:
        data = self.cleaned_data
        quarter: Quarter = data["quarter"]
        return TargetContent(quarter.start, quarter.end, data.get("value"), data.get("low"), data.get("high"))


TargetFormSet: type[BaseFormSet[TargetForm]] = formset_factory(TargetForm, extra=0, max_num=QUARTERS * 2)


def targets_formset(
    *, calendar: FiscalCalendar, first: Quarter, content: GoalContent | None, data: Any = None, more: int = 0
) -> BaseFormSet[TargetForm]:
    """Rows from `first` on: enough for what is set, and at least four. `data` binds them.

    `more` rows are added to those that were sent, without checking or saving: the button that needs no script.
    """
    if data is not None and not more:
        return TargetFormSet(data, prefix="targets", form_kwargs={"calendar": calendar})
    sent = _sent(data) if data is not None else []
    known = [target for target in content.targets if target.quarter_start >= first.start] if content else []
    by_start = {target.quarter_start: target for target in known}
    rows = max(FIRST_ROWS, len(sent) + more, _reach(first, known))
    initial: list[dict[str, Any]] = []
    for offset in range(min(rows, QUARTERS)):
        quarter = first.shift(offset)
        target = by_start.get(quarter.start)
        row: dict[str, Any] = {"quarter": quarter.slug}
        if offset < len(sent):
            row |= sent[offset] | {"quarter": quarter.slug}
        elif target is not None:
            row |= {"value": target.value, "low": target.low, "high": target.high}
        initial.append(row)
    return TargetFormSet(initial=initial, prefix="targets", form_kwargs={"calendar": calendar})


def _sent(data: Any) -> list[dict[str, Any]]:
    total = data.get("targets-TOTAL_FORMS", "0")
    count = min(int(total), QUARTERS) if str(total).isdigit() else 0
    return [
        {name: data.get(f"targets-{index}-{name}", "") for name in ("value", "low", "high")}
        for index in range(count)
    ]


def _reach(first: Quarter, known: Sequence[TargetContent]) -> int:
    """How many quarters from `first` to the last target."""
    if not known:
        return 0
    last: date = max(target.quarter_start for target in known)
    return (last.year - first.start.year) * 4 + (last.month - first.start.month) // 3 + 1


class MappingForm(forms.Form):
    """A belief: that moving the metric moves the goal."""

    belief = forms.CharField(
        label="We believe that",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Why should the goal follow the metric?",
    )
    direction = forms.ChoiceField(
        choices=MappingVersion.Direction.choices, label="When the metric rises, the goal"
    )
    effect = forms.FloatField(
        label="Expected effect",
        required=False,
        help_text="How much the goal moves for one unit of the metric, in the goal's unit.",
    )
    lag_weeks = forms.IntegerField(
        label="Lag in weeks",
        required=False,
        min_value=0,
        max_value=104,
        help_text="Leave empty if you cannot say. Naming it shortens the wait for a verdict.",
    )
    strength = forms.TypedChoiceField(
        choices=MappingVersion.Strength.choices, coerce=int, initial=2, label="Strength"
    )
    falsifier = forms.CharField(
        label="What would prove us wrong", required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    owner = forms.ModelChoiceField(User.objects.none(), label="Owner", empty_label="Choose a person")
    review_on = forms.DateField(
        label="Next review", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, product: Product, owner_id: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["owner"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = people_of(product, keep=owner_id)


class MappingNewForm(MappingForm):
    """A new belief chooses its metric."""

    metric = forms.ModelChoiceField(
        Metric.objects.none(),
        label="Product metric",
        empty_label="Choose a metric",
        help_text="An outcome metric that teams can move.",
    )
    field_order = ["metric"]

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        super().__init__(*args, product=product, **kwargs)
        field = self.fields["metric"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = (
            Metric.objects.of_product(product).active().filter(kind=Metric.Kind.OUTCOME).order_by("name")
        )


class MappingEditForm(MappingForm, VersionForm):
    """A new wording says why."""

    reason = forms.CharField(
        label="Reason", required=False, widget=forms.Textarea(attrs={"rows": 2}), help_text="Why this change?"
    )


class ReasonForm(VersionForm):
    """An act that needs a reason."""

    reason = forms.CharField(label="Reason", required=False, widget=forms.Textarea(attrs={"rows": 3}))


class AddressForm(VersionForm):
    """Where a goal lives."""

    slug = forms.SlugField(
        label="Address", max_length=80, help_text="Links to the old address go on working."
    )


class ResultForm(forms.Form):
    """An admin's act on one quarter."""

    act = forms.ChoiceField(
        label="What to do",
        widget=forms.RadioSelect,
        choices=[
            ("figures", "Judge it afresh from the figures as they are now"),
            ("actual", "Judge it with the value below"),
            ("exempt", "Exempt the quarter: the streak passes over it"),
        ],
        initial="figures",
    )
    actual = forms.FloatField(label="Value", required=False)
    reason = forms.CharField(label="Reason", required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("act") == "actual" and data.get("actual") is None and "actual" not in self.errors:
            self.add_error("actual", "Give the value to judge with.")
        return data
