"""The one way out: every call to another program goes through `HttpClient`.

It keeps time limits and a size limit while reading, follows few redirects and only on the same host, refuses
private addresses unless the operator allows them, uses no proxy or password file of the machine, repeats what is
safe to repeat, and never puts a secret into a log line, a message or a repr.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
import tenacity
import urllib3
from django.conf import settings
from requests.auth import HTTPBasicAuth
from requests.structures import CaseInsensitiveDict

from common.addresses import AddressPolicy
from common.errors import PermanentError, TransientError
from common.retrying import rate_limit_used_up, retry_after_read
from common.transport import is_unconnected, port_of, session_make

logger = logging.getLogger(__name__)
# At DEBUG urllib3 writes whole request lines, and some tools take their token in the query.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)

MAX_BYTES = 10 * 1024 * 1024
MAX_REDIRECTS = 3
UNTOLD_WAIT = 60.0  # seconds, where `is_rate_limit` knows a refusal that does not say how long to wait
RETRIED_STATUSES = frozenset({429, 502, 503, 504})
_CHUNK = 64 * 1024
_HIDDEN = "[hidden]"


class StatusError(PermanentError):
    """The other side refused; `status` and `response` let a provider say more precisely what to do."""

    def __init__(self, message: str, *, response: HttpResponse, field: str | None = None) -> None:
        super().__init__(message, field=field)
        self.response = response
        self.status = response.status


class _TryAgainError(TransientError):
    """A failure that the client may repeat by itself when the call is safe to repeat."""

    def __init__(self, message: str, *, retry_after: float | None = None, refused: bool = False) -> None:
        super().__init__(message, retry_after=retry_after)
        self.refused = refused  # the other side did not act on the call, so even a write may be sent again


class NoAnswerError(_TryAgainError):
    """No whole answer came: a gateway gave up (502, 504), time ran out, or it broke off. Asking for less may help."""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A whole answer: its body is read, within the limits."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    host: str = ""

    @property
    def content_type(self) -> str:
        """The media type without parameters, lower case; "" when none is given."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        """The body as UTF-8, with a mark for each undecodable byte."""
        return self.body.decode("utf-8", errors="replace")

    def json(self) -> Any:
        """The body's JSON. PermanentError for a web page, TransientError for an empty or broken-off body."""
        if not self.body.strip():
            raise TransientError(
                f"{self.host} sent an empty answer. Try again; if it stays, look into the log of the tool."
            )
        if self.content_type != "application/json" and not self.content_type.endswith("+json"):
            kind = (
                "a web page"
                if "html" in self.content_type
                else (self.content_type or "something without a type")
            )
            raise PermanentError(
                f"{self.host} answered with {kind} instead of data: probably a sign-in page, or not the address of "
                "its API. Check the address and the credentials.",
                field="base_url",
            )
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise TransientError(
                f"The answer of {self.host} broke off or is not valid JSON. Try again."
            ) from None


class HttpClient:
    """Calls one tool at one address.

    `auth` is a user and password for Basic, `headers` go with every call; both count as secret. `timeout` is seconds
    to connect and between two bytes, `total_time` seconds for one call with its repeats. `allow_private` is in the
    form of OUTGOING_ALLOWED_HOSTS, which it is taken from when left out. A wait longer than `wait_ceiling` seconds is
    not slept through but handed on as TransientError with `retry_after`, for a worker to come back later.
    `is_rate_limit` knows answers that are about the rate of calls though neither their status nor a header says so.
    """

    def __init__(
        self,
        base_url: str,
        *,
        auth: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        secrets: Iterable[str] = (),
        timeout: tuple[float, float] = (5.0, 30.0),
        total_time: float = 120.0,
        max_bytes: int = MAX_BYTES,
        max_redirects: int = MAX_REDIRECTS,
        attempts: int = 4,
        wait_ceiling: float = 30.0,
        allow_private: Iterable[str] | None = None,
        is_rate_limit: Callable[[HttpResponse], bool] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._base = base_url_check(base_url)
        self.host = self._base.hostname or ""
        self.requests_made = 0
        self._secrets = _secrets_collect(auth, headers, secrets)
        self._timeout, self._total_time = timeout, total_time
        self._max_bytes, self._max_redirects = max_bytes, max_redirects
        self._attempts, self._wait_ceiling, self._sleep = attempts, wait_ceiling, sleep
        self._is_rate_limit = is_rate_limit
        entries = settings.OUTGOING_ALLOWED_HOSTS if allow_private is None else allow_private
        self._session = session_make(
            AddressPolicy.from_entries(entries), ca_bundle=settings.OUTGOING_CA_BUNDLE
        )
        # Bytes, so that a name outside Latin-1 is sent as UTF-8 instead of failing.
        self._session.auth = HTTPBasicAuth(auth[0].encode(), auth[1].encode()) if auth else None
        self._session.headers.update(headers or {})

    def __repr__(self) -> str:
        return f"<HttpClient {self._base.scheme}://{self._base.netloc}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def get(self, path: str = "", *, params: Mapping[str, str | int] | None = None) -> HttpResponse:
        """GET below the base address; errors as `request`."""
        return self.request("GET", path, params=params, safe=True)

    def post_json(self, path: str = "", *, body: Any, safe: bool = False) -> HttpResponse:
        """POST of JSON; `safe` says that the call only reads, so that it may be repeated. Errors as `request`."""
        return self.request("POST", path, json_body=body, safe=safe)

    def request(
        self,
        method: str,
        path: str = "",
        *,
        params: Mapping[str, str | int] | None = None,
        json_body: Any = None,
        safe: bool = False,
    ) -> HttpResponse:
        """One call with its repeats; returns any answer of the 200s.

        Raises StatusError for a refusal, PermanentError for an address that cannot be used, and TransientError (with
        `retry_after` in seconds when the other side said so) where a later try may succeed.
        """
        url = self._url(path)
        deadline = time.monotonic() + self._total_time

        def may_repeat(error: BaseException) -> bool:
            return isinstance(error, _TryAgainError) and (safe or error.refused)

        def give_up(state: tenacity.RetryCallState) -> bool:
            wait = state.upcoming_sleep
            too_long = wait > self._wait_ceiling or time.monotonic() + wait > deadline
            return state.attempt_number >= self._attempts or too_long

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(may_repeat),
            wait=self._wait,
            stop=give_up,
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(
            self._send,
            method,
            url,
            params=params,
            json_body=json_body,
            deadline=deadline,
        )

    def pause(self, seconds: float) -> None:
        """Waits before the next call as a good answer asked; TransientError when that is beyond `wait_ceiling`."""
        if seconds > self._wait_ceiling:
            raise TransientError(
                f"{self.host} asks for fewer calls at the moment. The next try waits as long as it asks.",
                retry_after=seconds,
            )
        self._sleep(seconds)

    def scrub(self, text: str) -> str:
        """`text` with every secret of this client hidden: for words of the other side that go into a message."""
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return text

    @staticmethod
    def _wait(state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, TransientError) and error.retry_after is not None:
            return error.retry_after
        return tenacity.wait_random_exponential(multiplier=0.5, max=10)(state)

    def _url(self, path: str) -> str:
        """An address below the base; a full one (a link to the next page) only on the same host."""
        base = self._base.geturl().rstrip("/")
        if not path:
            return base
        if "://" not in path:
            return f"{base}/{path.lstrip('/')}"
        if not _same_origin(urlsplit(path), self._base):
            raise PermanentError(f"{self.host} pointed to another host for more data, which is not followed.")
        return path

    def _send(self, method: str, url: str, *, params: Any, json_body: Any, deadline: float) -> HttpResponse:
        for _ in range(self._max_redirects + 1):
            started = time.monotonic()
            response = self._call(method, url, params=params, json_body=json_body, deadline=deadline)
            path = urlsplit(url).path or "/"  # without its query, which may hold a token
            logger.info(
                "%s %s%s answered %s in %.2f s",
                method,
                self.host,
                path,
                response.status,
                time.monotonic() - started,
            )
            if not 300 <= response.status < 400:
                return self._judge(response)
            url, params = self._redirect_target(method, url, response), None
        raise PermanentError(
            f"{self.host} redirects more than {self._max_redirects} times. Enter the address it leads to.",
            field="base_url",
        )

    def _call(self, method: str, url: str, *, params: Any, json_body: Any, deadline: float) -> HttpResponse:
        """One exchange. Library errors are cut off (`from None`): they carry the whole address with its query."""
        remaining = deadline - time.monotonic()
        connect, read = (max(0.1, min(limit, remaining)) for limit in self._timeout)
        self.requests_made += 1
        try:
            with self._session.request(
                method,
                url,
                params=params,
                json=json_body,
                timeout=(connect, read),
                stream=True,
                allow_redirects=False,
            ) as answer:
                body = self._body(answer, deadline)
                return HttpResponse(
                    status=answer.status_code,
                    headers=CaseInsensitiveDict(answer.headers),
                    body=body,
                    host=self.host,
                )
        except (requests.exceptions.SSLError, urllib3.exceptions.SSLError):
            raise PermanentError(
                f"{self.host} has no certificate that can be trusted. Check the address, or ask the operator to set "
                "OUTGOING_CA_BUNDLE to your own authority's file.",
                field="base_url",
            ) from None
        except (requests.Timeout, urllib3.exceptions.TimeoutError):
            raise NoAnswerError(f"{self.host} did not answer in time. Try again later.") from None
        except (
            requests.ConnectionError,
            urllib3.exceptions.ProtocolError,
            urllib3.exceptions.DecodeError,
        ) as error:
            unconnected = isinstance(error, requests.ConnectionError) and is_unconnected(error)
            if unconnected:
                raise _TryAgainError(
                    f"{self.host} could not be reached. Check that it runs, then try again.", refused=True
                ) from None
            raise NoAnswerError(
                f"{self.host} broke off in the middle of its answer. Check that it runs, then try again."
            ) from None
        except (requests.RequestException, UnicodeError):
            raise PermanentError(
                f"The call to {self.host} could not be made. Check the address and the credentials for stray characters."
            ) from None

    def _body(self, answer: requests.Response, deadline: float) -> bytes:
        """The unpacked body within the size and time limits, however slowly it drips in."""
        too_large = PermanentError(
            f"{self.host} sent more than {self._max_bytes // (1024 * 1024) or 1} MB. Ask for a smaller board or file."
        )
        if int(answer.headers.get("Content-Length") or 0) > self._max_bytes:
            raise too_large
        parts: list[bytes] = []
        size = 0
        # read1 returns after one read of the socket: a larger read would wait until its buffer is full.
        while part := answer.raw.read1(_CHUNK, decode_content=True):
            size += len(part)
            if size > self._max_bytes:
                raise too_large
            if time.monotonic() > deadline:
                raise TransientError(f"{self.host} answers too slowly. Try again later.")
            parts.append(part)
        return b"".join(parts)

    def _redirect_target(self, method: str, url: str, response: HttpResponse) -> str:
        target = urljoin(url, response.headers.get("Location", ""))
        parts = urlsplit(target)
        shown = self.scrub(f"{parts.scheme}://{parts.hostname or ''}{parts.path}")
        if self._max_redirects == 0 or not response.headers.get("Location"):
            raise StatusError(
                f"{self.host} redirects to another page, probably to sign in. Check the address and the credentials.",
                response=response,
                field="base_url",
            )
        if parts.hostname != self._base.hostname or (
            urlsplit(url).scheme == "https" and parts.scheme != "https"
        ):
            raise StatusError(
                f"{self.host} redirects to {shown}, which is not followed because the credentials would go along. "
                "If that is right, enter that address.",
                response=response,
                field="base_url",
            )
        # A redirected write would become a read (301, 302, 303) and lose its content without a sign.
        if method != "GET" and response.status not in {307, 308}:
            raise StatusError(
                f"{self.host} redirects to {shown}. Enter that address.",
                response=response,
                field="base_url",
            )
        return target

    def _judge(self, response: HttpResponse) -> HttpResponse:
        status = response.status
        known = self._is_rate_limit is not None and self._is_rate_limit(response)
        if 200 <= status < 300 and not known:
            return response
        retry_after = retry_after_read(response.headers, now=datetime.now(UTC))
        if known or status == 429 or (status == 403 and rate_limit_used_up(response.headers)):
            raise _TryAgainError(
                f"{self.host} asks for fewer calls at the moment. The next try waits as long as it asks.",
                retry_after=UNTOLD_WAIT if known and retry_after is None else retry_after,
                refused=True,
            )
        unavailable = f"{self.host} is not available at the moment (status {status}). Try again later."
        if status == 503:
            raise _TryAgainError(unavailable, retry_after=retry_after, refused=True)
        if status in RETRIED_STATUSES:
            raise NoAnswerError(unavailable)
        if status >= 500:
            raise TransientError(
                f"{self.host} failed inside (status {status}). Try again; if it stays, see its log."
            )
        sentences = {
            401: "refused the credentials (401). Enter the user and the token again.",
            403: "knows the credentials but does not let them read this (403). Give them access, or use others.",
            404: "has nothing at this address (404). Check the address.",
            410: "no longer offers this (410). It was removed there.",
        }
        sentence = sentences.get(
            status,
            f"refused the call (status {status}). Check the address and the settings.",
        )
        raise StatusError(f"{self.host} {sentence}", response=response)


def base_url_check(base_url: str) -> SplitResult:
    """The address taken apart; PermanentError on `base_url` when it is not a plain http(s) address."""
    try:
        parts = urlsplit(base_url.strip())
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        raise PermanentError("The address is not valid. Write it like https://board.example.org.", field="base_url") from None  # fmt: skip
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_fine:
        raise PermanentError("Write the whole address, like https://board.example.org.", field="base_url")
    if parts.username is not None or parts.password is not None:
        raise PermanentError(
            "Leave the user and the password out of the address: they have fields of their own.",
            field="base_url",
        )
    return parts._replace(query="", fragment="")


def _secrets_collect(
    auth: tuple[str, str] | None,
    headers: Mapping[str, str] | None,
    secrets: Iterable[str],
) -> tuple[str, ...]:
    """The texts to hide, longest first; tiny ones are left alone, for hiding them would garble every message."""
    texts = {*secrets, *(headers or {}).values()}
    texts.update(
        value.rpartition(" ")[2] for value in (headers or {}).values()
    )  # "Bearer x": x by itself too
    if auth:
        texts.add(auth[1])
    return tuple(sorted((text for text in texts if len(text) >= 4), key=len, reverse=True))


def _same_origin(one: SplitResult, other: SplitResult) -> bool:
    return (one.scheme, one.hostname, port_of(one)) == (
        other.scheme,
        other.hostname,
        port_of(other),
    )
