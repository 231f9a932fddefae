"""What people type into the pages of this app; the rules are the services'."""

from __future__ import annotations

from typing import Any

from django import forms

from common.forms import DayInput, VersionForm
from common.quarters import Quarter
from metrics.calculations.tables import DECIMALS, ENCODINGS, LAYOUTS, ORDERS, SEPARATORS, FileOptions
from metrics.models import Event, Metric
from teams.models import Product, User

_SHORT = {"class": "short"}


class NumberInput(forms.TextInput):
    """Digits on phones; a point or a comma as the reader writes them."""

    def __init__(self) -> None:
        super().__init__({"inputmode": "decimal", "class": "short", "autocomplete": "off"})


class FigureField(forms.FloatField):
    """A finite number. Takes 1 234.5 and 1234,5."""

    widget = NumberInput
    default_error_messages = {"invalid": "Write a number such as 46.5, without unit."}

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = value.replace("\u202f", "").replace("\xa0", "").replace(" ", "").replace("−", "-")
            if "," in value and "." not in value:
                value = value.replace(",", ".")
        return super().to_python(value)


class MetricForm(forms.Form):
    name = forms.CharField(label="Name", max_length=120, help_text="For instance Activation rate.")
    key = forms.SlugField(
        label="Key",
        max_length=80,
        required=False,
        help_text="How files, the API and boards name it. Made of the name when left empty.",
    )
    definition = forms.CharField(
        label="Definition",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What exactly is counted, and where the figure comes from.",
    )
    kind = forms.ChoiceField(
        label="Kind",
        choices=Metric.Kind.choices,
        initial=Metric.Kind.OUTCOME,
        help_text="Impact metrics belong to goals, outcome metrics to Stream Teams. Output and effort are never targets.",
    )
    unit = forms.CharField(
        label="Unit",
        max_length=20,
        required=False,
        help_text="For instance %, EUR, accounts.",
        widget=forms.TextInput(_SHORT),
    )
    decimals = forms.IntegerField(
        label="Decimals", min_value=0, max_value=6, initial=0, widget=forms.NumberInput(_SHORT)
    )
    direction = forms.ChoiceField(label="Direction", choices=Metric.Direction.choices)
    aggregation = forms.ChoiceField(
        label="Value of a quarter",
        choices=Metric.Aggregation.choices,
        help_text="How a quarter's figures become one value.",
    )
    frequency = forms.ChoiceField(
        label="A figure comes", choices=Metric.Frequency.choices, initial=Metric.Frequency.WEEKLY
    )
    numerator = forms.ModelChoiceField(
        label="Ratio: numerator",
        queryset=Metric.objects.none(),
        required=False,
        help_text="Only for a quotient of two other metrics; it then has no figures of its own.",
    )
    denominator = forms.ModelChoiceField(
        label="Ratio: denominator", queryset=Metric.objects.none(), required=False
    )
    owner = forms.ModelChoiceField(
        label="Owner", queryset=User.objects.none(), required=False, help_text="Who looks after its figures."
    )

    def __init__(self, *args: Any, product: Product, metric: Metric | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parts = Metric.objects.filter(
            product=product if metric is None else metric.product, numerator=None
        ).active()
        people = User.objects.filter(memberships__team__product=product, is_active=True).distinct()
        for name, rows in (("numerator", parts), ("denominator", parts), ("owner", people)):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = rows.exclude(pk=metric.pk) if metric is not None and name != "owner" else rows


class MetricEditForm(MetricForm, VersionForm):
    reason = forms.CharField(
        label="Reason",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Needed when the definition, kind, unit, direction, value of a quarter or ratio changes.",
    )


class FigureForm(forms.Form):
    date = forms.DateField(label="Date", widget=DayInput(), help_text="Any day of its period.")
    value = FigureField(label="Value")


class UploadForm(forms.Form):
    file = forms.FileField(label="CSV file", required=False, allow_empty_file=True)
    pasted = forms.CharField(
        label="Or paste rows",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "class": "mono", "spellcheck": "false"}),
        help_text="With a row of column names: metric, date, value; or date and one column a metric.",
    )
    metric = forms.ModelChoiceField(
        label="Metric",
        queryset=Metric.objects.none(),
        required=False,
        empty_label="As the file says",
        help_text="Choose one when the file has only dates and values.",
    )

    def __init__(self, *args: Any, metrics: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["metric"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = metrics

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("file") and not (data.get("pasted") or "").strip():
            if "file" not in self.errors:
                self.add_error("file", "Choose a file, or paste rows below.")
        elif data.get("file") and (data.get("pasted") or "").strip():
            self.add_error("pasted", "Choose a file or paste rows, not both.")
        return data


class FileOptionsForm(forms.Form):
    """How to read a file: what was guessed, to be changed."""

    layout = forms.ChoiceField(label="Layout", choices=list(LAYOUTS.items()))
    metric = forms.ChoiceField(label="Metric", required=False)
    separator = forms.ChoiceField(label="Columns are separated by", choices=list(SEPARATORS.items()))
    decimal = forms.ChoiceField(label="Decimal sign", choices=list(DECIMALS.items()))
    order = forms.ChoiceField(label="Dates", choices=list(ORDERS.items()))
    encoding = forms.ChoiceField(label="Encoding", choices=list(ENCODINGS.items()))

    def __init__(self, *args: Any, metrics: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["metric"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "–"), *((metric.key, metric.name) for metric in metrics)]
        separator = self.fields["separator"]
        assert isinstance(separator, forms.ChoiceField)
        # a tab would be stripped as an empty choice
        separator.choices = [(_separator_name(sign), word) for sign, word in SEPARATORS.items()]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("separator") == "comma" and data.get("decimal") == ",":
            self.add_error("decimal", "The decimal sign cannot be the separator as well.")
        if data.get("layout") == "single" and not data.get("metric"):
            self.add_error("metric", "Choose the metric that these figures are of.")
        return data

    def options(self) -> FileOptions:
        """The chosen options."""
        signs = {_separator_name(sign): sign for sign in SEPARATORS}
        return FileOptions.from_dict(self.cleaned_data | {"separator": signs[self.cleaned_data["separator"]]})

    @classmethod
    def initial_of(cls, options: FileOptions) -> dict[str, str]:
        """Initial values that show `options`."""
        return options.as_dict() | {"separator": _separator_name(options.separator)}


def _separator_name(sign: str) -> str:
    return SEPARATORS[sign]


class OfferForm(VersionForm):
    """A counter-offer on a target."""

    baseline = FigureField(label="Baseline", help_text="Where it starts from.")
    commit = FigureField(label="Commit", help_text="What the team promises to reach.")
    stretch = FigureField(label="Stretch", required=False, help_text="What would be more than that.")
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea(attrs={"rows": 2}))
    side = forms.ChoiceField(label="You speak for the", required=False)

    def __init__(self, *args: Any, sides: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sides_set(self, sides)


class TargetForm(forms.Form):
    """A new target of a team."""

    metric = forms.ModelChoiceField(label="Metric", queryset=Metric.objects.none())
    quarter = forms.ChoiceField(label="Quarter")
    baseline = FigureField(label="Baseline", help_text="Where it starts from.")
    commit = FigureField(label="Commit", help_text="What the team promises to reach.")
    stretch = FigureField(label="Stretch", required=False, help_text="What would be more than that.")
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea(attrs={"rows": 2}))
    override_reason = forms.CharField(
        label="Why an impact metric",
        required=False,
        help_text="Only needed for an impact metric, which is usually too far from one team's work.",
    )
    side = forms.ChoiceField(label="You speak for the", required=False)

    def __init__(
        self, *args: Any, metrics: Any, quarters: list[Quarter], sides: list[str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        metric, quarter = self.fields["metric"], self.fields["quarter"]
        assert isinstance(metric, forms.ModelChoiceField)
        assert isinstance(quarter, forms.ChoiceField)
        metric.queryset = metrics
        quarter.choices = [(one.slug, one.label) for one in quarters]
        sides_set(self, sides)


def sides_set(form: forms.Form, sides: list[str]) -> None:
    """Asks for which side somebody speaks only when they may speak for both."""
    if len(sides) < 2:
        form.fields["side"].widget = forms.HiddenInput()
    field = form.fields["side"]
    assert isinstance(field, forms.ChoiceField)
    words = {"product": "Product Team", "team": "Stream Team"}
    field.choices = [(side, words[side]) for side in sides]
    field.initial = sides[0] if sides else ""


class EventForm(forms.Form):
    """Something dated that people know of."""

    title = forms.CharField(
        label="What happened",
        max_length=120,
        help_text="In a few words, for instance Seat price raised above ten crews.",
    )
    starts_on = forms.DateField(label="First day", widget=DayInput())
    ends_on = forms.DateField(
        label="Last day",
        required=False,
        widget=DayInput(),
        help_text="Leave it empty for a single day.",
    )
    metric = forms.ModelChoiceField(
        label="Metric",
        queryset=Metric.objects.none(),
        required=False,
        empty_label="All metrics of the product",
        help_text="Choose one when only that one was touched.",
    )
    kind = forms.ChoiceField(label="Kind", choices=Event.Kind.choices, initial=Event.Kind.OTHER)
    text = forms.CharField(
        label="Details", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    set_aside = forms.BooleanField(
        label="Set these days aside when a belief is tested",
        required=False,
        initial=True,
        help_text="For days that say nothing about the belief, such as an outage. Charts show them all the same.",
    )

    def __init__(self, *args: Any, metrics: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["metric"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = metrics


class EventEditForm(EventForm, VersionForm):
    """An event that several people may change."""
