"""The way to GitHub: what a person enters, where the API is, and what each refusal asks them to do."""

from __future__ import annotations

from urllib.parse import urlsplit

from django import forms

from common.errors import ApplicationError, PermanentError
from common.http import StatusError, base_url_check
from roadmap.boards.fields import AddressField, SecretField
from roadmap.boards.graphql import Problem

STATUS_FIELD = "Status"
_RIGHTS = frozenset({"FORBIDDEN", "INSUFFICIENT_SCOPES", "SAML"})


class GithubForm(forms.Form):
    """Where GitHub is, whose projects to read, and which of their fields makes the columns."""

    base_url = AddressField(
        initial="https://github.com",
        example="https://github.com",
        help_text="https://github.com, or where your own Enterprise Server opens.",
    )
    owner = forms.CharField(
        label="Owner",
        max_length=100,
        help_text="The organisation or person whose projects these are, as it is written in the project's address.",
    )
    token = SecretField(
        label="Access token",
    )
    status_field = forms.CharField(
        label="Field of the columns",
        max_length=100,
        initial=STATUS_FIELD,
        required=False,
        help_text=(
            "The single-select field whose options are the board's columns. Of “Status” GitHub tells every move, of "
            "any other only the last one."
        ),
    )

    def clean_base_url(self) -> str:
        """The address without blanks and path, refused with a reason when it cannot be one."""
        parts = urlsplit(self.cleaned_data["base_url"])
        return f"{parts.scheme}://{parts.netloc}"

    def clean_owner(self) -> str:
        """The bare name, also of "@acme" or of a whole address."""
        owner: str = self.cleaned_data["owner"].strip().rstrip("/").rpartition("/")[2].removeprefix("@")
        if not owner:
            raise forms.ValidationError("Enter the name of the organisation or person.")
        return owner

    def clean_status_field(self) -> str:
        """The field's name; the usual one when left empty."""
        return str(self.cleaned_data["status_field"] or "").strip() or STATUS_FIELD


def api_address(base_url: str) -> str:
    """The address of the GraphQL API for the page where GitHub opens: github.com, a ghe.com tenant, or a server."""
    parts = base_url_check(base_url)
    host = (parts.hostname or "").removeprefix("www.")
    if host in {"github.com", "api.github.com"}:
        return "https://api.github.com/graphql"
    if host.endswith(".ghe.com"):
        return f"https://{host if host.startswith('api.') else f'api.{host}'}/graphql"
    return f"{parts.scheme}://{parts.netloc}/api/graphql"


def explained(problem: Problem, words: str, *, owner: str) -> ApplicationError | None:
    """The sentence for a problem that GitHub names; None for one that is not known."""
    if problem.code == "NOT_FOUND":
        return owner_unknown(owner) if problem.path[:1] == ("repositoryOwner",) else project_unknown()
    if problem.code in _RIGHTS:
        return PermanentError(
            f"GitHub does not let this token read it: {words}. Give it read access to the owner's Projects and to "
            "the repositories' Issues and Pull requests, or use another token.",
            field="token",
        )
    return None


def owner_unknown(owner: str) -> PermanentError:
    """No such organisation or person, or none that the token may see."""
    return PermanentError(
        f"GitHub shows no organisation or person called {owner} to this token. Check the name, or use a token that "
        "may see it.",
        field="owner",
    )


def project_unknown() -> PermanentError:
    """No such project, or none that the token may see: GitHub does not tell which."""
    return PermanentError(
        "GitHub does not show this project to the token. It was removed, or the token has no read access to Projects. "
        "Choose a project from the list, or give the token access.",
        field="board",
    )


def refused(error: StatusError) -> PermanentError:
    """The sentence for a refusal that has only a status."""
    host = error.response.host
    if error.status == 401:
        return PermanentError(
            f"{host} refused the access token (401). It is mistyped, expired or revoked: enter a new one.",
            field="token",
        )
    if error.status == 403:
        return PermanentError(
            f"{host} knows this token but does not let it read (403). Give it the rights that are named beside the "
            "form, and allow it in the organisation if that asks for single sign-on.",
            field="token",
        )
    if error.status in {404, 405, 410}:
        return PermanentError(
            f"There is no GitHub API at this address ({host} answers {error.status}). Enter the page where GitHub "
            "opens.",
            field="base_url",
        )
    return error
