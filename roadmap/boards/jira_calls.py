"""Single calls to a Jira, and what to say when it refuses one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from common.errors import ApplicationError, PermanentError
from common.http import HttpClient, HttpResponse, StatusError
from roadmap.boards.jira_answers import UNKNOWN_SHAPE

GATEWAY = "api.atlassian.com"
SCOPES = (
    "read:jira-work, read:jira-user, read:board-scope:jira-software, read:board-scope.admin:jira-software and "
    "read:project:jira"
)
REFUSALS = (400, 401, 403, 404, 405, 410)
EMAIL_MISSING = (
    "Jira Cloud wants the e-mail of the token's owner beside the API token. Enter it.",
    "email",
)
_LOGIN_FAILED = ("AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED")

# What to say to a refusal, by status: a sentence, in which {host} and {reason} are filled in, and the form's field.
Words = Mapping[int, tuple[str, str | None]]


class JiraCalls:
    """Calls one Jira. Errors are sentences that say what to do, and name the form's field."""

    def __init__(self, client: HttpClient, *, is_cloud: bool, has_email: bool) -> None:
        self.client = client
        self.is_cloud = is_cloud
        self.has_email = has_email
        self.api = "rest/api/3" if is_cloud else "rest/api/2"

    @property
    def name(self) -> str:
        """What kind of Jira it is, for people."""
        return "Jira Cloud" if self.is_cloud else "Jira Data Center"

    def get(
        self,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        words: Words | None = None,
        raw: Iterable[int] = (),
    ) -> Any:
        """The JSON at `path`. A refusal of a status in `raw` is raised as StatusError, for the caller to look at."""
        try:
            response = self.client.get(path, params=params)
        except StatusError as error:
            raise self._refused(error, words or {}, raw) from None
        return self._read(response)

    def post(self, path: str, body: Any, *, words: Words | None = None, raw: Iterable[int] = ()) -> Any:
        """The JSON that a question answers, asked by POST because it is long; otherwise as `get`."""
        try:
            response = self.client.post_json(path, body=body, safe=True)
        except StatusError as error:
            raise self._refused(error, words or {}, raw) from None
        return self._read(response)

    def optional(self, path: str) -> Any:
        """The JSON at `path`, None where it is not shown."""
        try:
            return self.get(path, raw=REFUSALS)
        except StatusError:
            return None

    def login_words(self) -> dict[int, tuple[str, str | None]]:
        """What to say when the credentials are refused."""
        if self.is_cloud and not self.has_email:
            return dict.fromkeys((401, 403), EMAIL_MISSING)
        if self.is_cloud:
            sentence = (
                "{host} refused the e-mail or the API token. Make a new token at id.atlassian.com → Security → API "
                "tokens, as the person with this e-mail; tokens expire after a year at most. A token with scopes needs "
                f"{SCOPES}, and the address https://{GATEWAY}/ex/jira/ with the site's cloud id."
            )
            return dict.fromkeys((401, 403), (sentence, "token"))
        if self.has_email:
            sentence = (
                "{host} refused this user or the token. With a personal access token leave the e-mail empty; with a "
                "password enter the user name."
            )
            return dict.fromkeys((401, 403), (sentence, "email"))
        sentence = "{host} refused the personal access token. Make a new one in Jira: profile → Personal Access Tokens."
        return dict.fromkeys((401, 403), (sentence, "token"))

    def _read(self, response: HttpResponse) -> Any:
        # To a token that has expired, Jira Cloud gives what it gives to anybody, such as a search without issues.
        if any(word in response.headers.get("X-Seraph-LoginReason", "") for word in _LOGIN_FAILED):
            raise self._said(self.login_words()[401], response)
        return response.json()

    def _refused(self, error: StatusError, words: Words, raw: Iterable[int]) -> PermanentError:
        host = self.client.host
        if error.response.headers.get("X-Authentication-Denied-Reason", "").upper().startswith("CAPTCHA"):
            return PermanentError(
                f"{host} wants this user to solve a CAPTCHA after failed log-ins. Log in once in the browser as this "
                "user, then try again.",
                field="token",
            )
        if error.status in set(raw):
            return error
        if error.status in words:
            return self._said(words[error.status], error.response)
        if error.status in {401, 403}:
            return PermanentError(
                f"{host} knows this account but does not let it read boards and issues ({error.status}). Give it "
                f"access to the project; a token with scopes needs {SCOPES}.",
                field="token",
            )
        return error

    def _said(self, words: tuple[str, str | None], response: HttpResponse) -> PermanentError:
        sentence, field = words
        if "{reason}" in sentence:
            sentence = sentence.replace("{reason}", self._reason(response))
        return PermanentError(sentence.replace("{host}", self.client.host), field=field)

    def _reason(self, response: HttpResponse) -> str:
        """Jira's own words for a refusal, without secrets and without a full stop."""
        try:
            answer = response.json()
        except ApplicationError:
            answer = None
        told: list[str] = []
        if isinstance(answer, dict):
            messages, errors = answer.get("errorMessages"), answer.get("errors")
            told += [str(message) for message in messages] if isinstance(messages, list) else []
            told += [str(message) for message in errors.values()] if isinstance(errors, dict) else []
        words = self.client.scrub(" ".join(told)).strip()[:300].rstrip(".")
        return words or "it gives no reason"


def dict_require(answer: Any) -> Mapping[str, Any]:
    """`answer` when it is a JSON object, else PermanentError."""
    if not isinstance(answer, dict):
        raise PermanentError(UNKNOWN_SHAPE)
    return answer


def list_require(answer: Mapping[str, Any], name: str) -> list[Any]:
    """A list that must be there, else PermanentError: taken for an empty one, it would make every card vanish."""
    listed = answer.get(name)
    if not isinstance(listed, list):
        raise PermanentError(UNKNOWN_SHAPE)
    return listed
