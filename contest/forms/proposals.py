"""Input of contest pages. The services decide what is right; these only read what was typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from common.errors import ApplicationError
from contest.calculations.changes import TITLE_MOST, ChangeInvalidError
from contest.forms.changes import CHANGE_FORMS, ChangeForm
from contest.models import Proposal
from contest.selectors.facts import GoalToday
from contest.services.proposals import WORDS
from teams.models import User


def _area(label: str, help_text: str, rows: int = 3) -> forms.CharField:
    return forms.CharField(
        label=label, help_text=help_text, required=False, widget=forms.Textarea(attrs={"rows": rows})
    )


class WordsForm(forms.Form):
    """What every proposal says, whatever it changes. Only the title is needed for a draft."""

    title = forms.CharField(
        label="Title",
        max_length=TITLE_MOST,
        help_text="The change in one line, as it will stand among the entries.",
    )
    why = _area("Why this change is right", "What the missed quarters tell you, and how this answers it.", 5)
    evidence = _area(
        "Evidence", "Figures, findings or insights that speak for it, and any that speak against it."
    )
    outcome_1_quarter = _area("Expected after 1 quarter", "What you expect to see first.", 2)
    outcome_4_quarters = _area("Expected after 4 quarters", "What should be different after a year.", 2)
    outcome_12_quarters = _area("Expected after 12 quarters", "What it is worth in the long run.", 2)
    risks = _area("Risks", "What could go wrong, and how you would notice.")
    co_authors = forms.ModelMultipleChoiceField(
        label="Proposed together with",
        queryset=User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="They see the draft and can edit it. Authors stay hidden until the decision.",
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, people: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["co_authors"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = User.objects.filter(pk__in=[person.pk for person in people])
        if not people:
            del self.fields["co_authors"]


class ProposalForms:
    """The two halves of a proposal's page: its words and its change."""

    def __init__(
        self,
        kind: str,
        today: GoalToday,
        *,
        people: Sequence[User],
        data: Mapping[str, Any] | None = None,
        proposal: Proposal | None = None,
    ) -> None:
        self.kind = kind
        self.words = WordsForm(data, people=people, initial=_initial(proposal))
        change = proposal.change if proposal else {}
        self.change: ChangeForm = CHANGE_FORMS[kind](data, today=today, change=change, prefix="change")

    def is_valid(self) -> bool:
        """Both, always, so that all errors show at once."""
        return all([self.words.is_valid(), self.change.is_valid()])

    def values(self) -> dict[str, Any]:
        """Arguments of the proposal services."""
        clean = self.words.cleaned_data
        return {
            **{name: clean.get(name, "") for name in WORDS},
            "change": self.change.change(),
            "co_authors": list(clean.get("co_authors", [])),
        }

    def error_add(self, error: ApplicationError) -> None:
        """Puts a service's refusal where it belongs."""
        if isinstance(error, ChangeInvalidError):
            self.change.problems_add(error.problems)
        elif error.field == "change":
            self.change.add_error(None, error.message)
        else:
            self.words.add_error(error.field if error.field in self.words.fields else None, error.message)


def _initial(proposal: Proposal | None) -> dict[str, Any]:
    if proposal is None:
        return {}
    authors = proposal.authors.values_list("pk", flat=True)
    return {
        **{name: getattr(proposal, name) for name in WORDS},
        "co_authors": list(authors),
        "version": proposal.version,
    }


class ReasonForm(forms.Form):
    """A public reason, and the version of the contest that the person saw."""

    reason = forms.CharField(
        label="Reason",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Everybody in the product can read it, now and later.",
        error_messages={"required": "Give a reason. Everybody in the product can read it."},
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
