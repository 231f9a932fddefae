"""Input of what people add: explanations, insights and reviews. Rules live in the services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from common.forms import DayInput, VersionForm
from metrics.models import Event
from strategy.models import Insight, MappingReview
from strategy.selectors.insights import Subjects

if TYPE_CHECKING:
    from strategy.models import Goal, Mapping


class EventField(forms.ModelChoiceField):
    """Events by title and day."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.title} ({obj.starts_on:%-d %B %Y})"


class ExplanationForm(forms.Form):
    """What else could explain how metric and goal moved."""

    title = forms.CharField(
        max_length=140,
        label="What else could explain it?",
        help_text="In a few words, for instance The largest account left.",
    )
    text = forms.CharField(
        required=False,
        max_length=2000,
        label="How it could have moved the goal",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    event = EventField(
        Event.objects.none(),
        required=False,
        label="Event",
        empty_label="No event",
        help_text="Choose one if it stands on the charts already.",
    )
    happened_on = forms.DateField(
        required=False,
        label="Date",
        widget=DayInput(),
        help_text="When it happened. Leave it empty for the event's day, or for no day.",
    )

    def __init__(self, *args: Any, events: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["event"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = events


class ExplanationEditForm(ExplanationForm, VersionForm):
    """An explanation that several people may change."""


class InsightForm(forms.Form):
    """What somebody said or what was found, on a belief or a goal."""

    text = forms.CharField(
        max_length=2000,
        label="What was said or found",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="One thing, as short as it can be said.",
    )
    is_quote = forms.BooleanField(required=False, initial=True, label="These are somebody's own words")
    about = forms.ChoiceField(label="It is about", help_text="The belief, or the goal as a whole.")
    stance = forms.ChoiceField(
        label="Stance",
        choices=Insight.Stance.choices,
        widget=forms.RadioSelect,
        initial=Insight.Stance.NEUTRAL,
    )
    source = forms.CharField(
        max_length=140, label="Source", help_text="For instance exit call, interview, support ticket."
    )
    segment = forms.CharField(
        max_length=140,
        required=False,
        label="Who",
        help_text="The kind of customer, without a name: Roofing, 22 crews.",
    )
    dated = forms.DateField(label="Date", widget=DayInput(), help_text="When it was said or found.")

    def __init__(self, *args: Any, subjects: Subjects, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.subjects = subjects
        field = self.fields["about"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "Choose a belief or a goal"), *subjects.choices]

    def values(self) -> dict[str, Any]:
        """The cleaned fields as the services take them: `mapping` and `goal` for "about"."""
        data = dict(self.cleaned_data)
        kind, _, number = data.pop("about").partition("-")
        rows: list[Mapping] | list[Goal] = [
            *(self.subjects.mappings if kind == "mapping" else self.subjects.goals)
        ]
        chosen = next(row for row in rows if str(row.pk) == number)
        return data | {
            "mapping": chosen if kind == "mapping" else None,
            "goal": chosen if kind == "goal" else None,
        }


class InsightEditForm(InsightForm, VersionForm):
    """An insight that several people may change."""


class ReviewForm(VersionForm):
    """A look at a belief: keep, adjust or retire it, and why."""

    outcome = forms.ChoiceField(
        label="What follows?",
        widget=forms.RadioSelect,
        choices=[
            (MappingReview.Outcome.KEEP, "Keep it as it is"),
            (MappingReview.Outcome.ADJUST, "Adjust it: the next page asks for the new wording"),
            (MappingReview.Outcome.RETIRE, "Retire it: it weighs in no quarter from today on"),
        ],
    )
    reason = forms.CharField(
        required=False,
        label="Why",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What did you look at, and what did it say? A sentence; “still holds” is not enough.",
    )
    next_review_on = forms.DateField(
        required=False, label="Next review", widget=DayInput(), help_text="When it is kept."
    )
