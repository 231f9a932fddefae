"""The way to Linear: what a person enters, and what each refusal asks them to do."""

from __future__ import annotations

from urllib.parse import urlsplit

from django import forms

from common.errors import ApplicationError, PermanentError
from common.http import StatusError
from roadmap.boards.fields import AddressField, SecretField
from roadmap.boards.graphql import Problem

_RIGHTS = frozenset({"FORBIDDEN", "FEATURE_NOT_ACCESSIBLE"})
_NOT_FOUND = frozenset({"INPUT_ERROR", "INVALID_INPUT"})


class LinearForm(forms.Form):
    """As whom to read Linear."""

    base_url = AddressField(
        initial="https://api.linear.app",
        example="https://api.linear.app",
        help_text="Leave it as it is, unless calls to Linear must take a way of your own.",
    )
    token = SecretField(
        label="API key",
    )

    def clean_base_url(self) -> str:
        """The address without blanks, refused with a reason when it cannot be one."""
        parts = urlsplit(self.cleaned_data["base_url"])
        if parts.hostname in {"linear.app", "www.linear.app"}:  # where Linear opens, its API is next door
            return "https://api.linear.app"
        return parts.geturl().rstrip("/").removesuffix("/graphql")


def explained(problem: Problem, words: str) -> ApplicationError | None:
    """The sentence for a problem that Linear names; None for one that is not known."""
    if problem.code == "AUTHENTICATION_ERROR":
        return _key_refused()
    if problem.code in _RIGHTS:
        return PermanentError(
            f"Linear does not let this key read it: {words}. Give the key the permission Read and access to the team, "
            "or use the key of a member of the team.",
            field="token",
        )
    if problem.code in _NOT_FOUND and (problem.path[:1] == ("team",) or "not found" in words.lower()):
        return team_unknown()
    return None


def _key_refused() -> PermanentError:
    return PermanentError(
        "Linear refused the API key. It is mistyped, expired or deleted: make a new one in Linear, Settings → Security & "
        "access.",
        field="token",
    )


def team_unknown() -> PermanentError:
    """No such team, or none that the key may see: Linear does not tell which."""
    return PermanentError(
        "Linear shows no such team to this key. It was deleted, or it is private and the key's owner is no member. "
        "Choose a team from the list, or use a member's key.",
        field="board",
    )


def refused(error: StatusError) -> PermanentError:
    """The sentence for a refusal that has only a status."""
    host = error.response.host
    if error.status == 401:
        return _key_refused()
    if error.status == 403:
        return PermanentError(
            f"{host} knows this key but does not let it read (403). Give it the permission Read, or use another one.",
            field="token",
        )
    if error.status in {404, 405, 410}:
        return PermanentError(
            f"There is no Linear API at this address ({host} answers {error.status}). It is https://api.linear.app.",
            field="base_url",
        )
    return error
