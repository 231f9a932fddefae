"""What the one HTTP client does with answers, slow answers and no answers."""

from __future__ import annotations

import gzip
import logging
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from common.errors import ApplicationError, PermanentError, TransientError
from common.http import HttpClient, NoAnswerError, StatusError

SECRET = "planted-secret-8472"


@pytest.fixture
def waits() -> list[float]:
    """What the client slept, without the sleeping."""
    return []


@pytest.fixture
def client(httpserver: HTTPServer, waits: list[float]) -> HttpClient:
    return client_make(httpserver, waits)


def client_make(httpserver: HTTPServer, waits: list[float] | None = None, **options: Any) -> HttpClient:
    sleep = waits.append if waits is not None else (lambda seconds: None)
    return HttpClient(
        f"http://127.0.0.1:{httpserver.port}", allow_private=["127.0.0.1"], sleep=sleep, **options
    )


@pytest.fixture
def hanging(httpserver: HTTPServer) -> Iterator[None]:
    """A page that answers only when the test is over."""
    released = threading.Event()

    def wait(request: Request) -> Response:
        released.wait(30)
        return Response("")

    httpserver.expect_request("/hang").respond_with_handler(wait)
    yield
    released.set()


def test_it_reads_json(httpserver: HTTPServer, client: HttpClient) -> None:
    httpserver.expect_request("/items", query_string="page=2").respond_with_json({"items": [1]})

    assert client.get("items", params={"page": 2}).json() == {"items": [1]}
    assert client.requests_made == 1


def test_it_sends_the_credentials(httpserver: HTTPServer) -> None:
    httpserver.expect_request(
        "/", headers={"Authorization": "Basic anNvbnJwYzrDvG7Dr2NvZGU="}
    ).respond_with_json({})

    client_make(httpserver, auth=("jsonrpc", "ünïcode")).get("/")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "status 400"),
        (401, "refused the credentials"),
        (403, "Give them access"),
        (404, "nothing at this address"),
        (410, "no longer offers"),
    ],
)
def test_it_tells_what_a_refusal_means(
    httpserver: HTTPServer, client: HttpClient, status: int, words: str
) -> None:
    httpserver.expect_request("/").respond_with_data("", status=status)

    with pytest.raises(StatusError, match=words) as refused:
        client.get("/")

    assert refused.value.status == status
    assert client.requests_made == 1


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_it_tries_again_what_may_pass(
    httpserver: HTTPServer, client: HttpClient, waits: list[float], status: int
) -> None:
    for _ in range(3):
        httpserver.expect_ordered_request("/").respond_with_data("", status=status)
    httpserver.expect_ordered_request("/").respond_with_json({"ok": True})

    answer = client.get("/")

    assert answer.json() == {"ok": True}
    assert len(waits) == 3


def test_it_gives_up_after_four_tries(httpserver: HTTPServer, client: HttpClient) -> None:
    httpserver.expect_request("/").respond_with_data("", status=502)

    with pytest.raises(TransientError, match="not available at the moment"):
        client.get("/")

    assert client.requests_made == 4


def test_it_waits_as_long_as_asked(httpserver: HTTPServer, client: HttpClient, waits: list[float]) -> None:
    httpserver.expect_ordered_request("/").respond_with_data("", status=429, headers={"Retry-After": "7"})
    httpserver.expect_ordered_request("/").respond_with_json({})

    client.get("/")

    assert waits == [7.0]


def test_it_hands_a_long_wait_on_instead_of_sleeping(
    httpserver: HTTPServer, client: HttpClient, waits: list[float]
) -> None:
    reset = datetime.now(UTC) + timedelta(minutes=20)
    httpserver.expect_request("/").respond_with_data(
        "", status=429, headers={"X-RateLimit-Reset": reset.isoformat()}
    )

    with pytest.raises(TransientError) as refused:
        client.get("/")

    assert refused.value.retry_after == pytest.approx(1200, abs=30)
    assert waits == []


def test_it_takes_a_refusal_for_too_many_calls_as_passing(httpserver: HTTPServer, client: HttpClient) -> None:
    httpserver.expect_ordered_request("/").respond_with_data(
        "", status=403, headers={"X-RateLimit-Remaining": "0"}
    )
    httpserver.expect_ordered_request("/").respond_with_json({"ok": True})

    assert client.get("/").json() == {"ok": True}


@pytest.mark.parametrize("status", [200, 400, 403])
def test_it_takes_an_answer_for_too_many_calls_that_only_its_tool_knows(
    httpserver: HTTPServer, waits: list[float], status: int
) -> None:
    client = client_make(httpserver, waits, is_rate_limit=lambda answer: b"slow down" in answer.body)
    httpserver.expect_ordered_request("/").respond_with_data(
        "slow down", status=status, headers={"Retry-After": "3"}
    )
    httpserver.expect_ordered_request("/").respond_with_json({"ok": True})

    answer = client.post_json(body={})

    assert answer.json() == {"ok": True}
    assert waits == [3.0]


def test_it_hands_a_minute_on_when_such_an_answer_tells_no_time(httpserver: HTTPServer) -> None:
    client = client_make(httpserver, is_rate_limit=lambda answer: answer.status == 400)
    httpserver.expect_request("/").respond_with_data("", status=400)

    with pytest.raises(TransientError, match="fewer calls") as refused:
        client.get("/")

    assert refused.value.retry_after == 60


@pytest.mark.parametrize("status", [502, 504])
def test_it_tells_a_question_too_heavy_from_one_refused(httpserver: HTTPServer, status: int) -> None:
    client = client_make(httpserver, attempts=1)
    httpserver.expect_request("/heavy").respond_with_data("", status=status)
    httpserver.expect_request("/refused").respond_with_data("", status=503)

    with pytest.raises(NoAnswerError):
        client.get("heavy")
    with pytest.raises(TransientError) as refused:
        client.get("refused")

    assert not isinstance(refused.value, NoAnswerError)


def test_it_never_repeats_a_write_that_may_have_been_done(httpserver: HTTPServer, client: HttpClient) -> None:
    httpserver.expect_request("/", method="POST").respond_with_data("", status=504)

    with pytest.raises(TransientError):
        client.post_json("/", body={})

    assert client.requests_made == 1


def test_it_repeats_a_post_that_only_reads(httpserver: HTTPServer, client: HttpClient) -> None:
    httpserver.expect_ordered_request("/", method="POST").respond_with_data("", status=504)
    httpserver.expect_ordered_request("/", method="POST").respond_with_json({"ok": True})

    assert client.post_json("/", body={}, safe=True).json() == {"ok": True}


@pytest.mark.usefixtures("hanging")
def test_it_does_not_wait_for_ever(httpserver: HTTPServer) -> None:
    client = client_make(httpserver, timeout=(1, 0.1), attempts=1)

    with pytest.raises(TransientError, match="did not answer in time"):
        client.get("hang")


def test_it_stops_reading_an_answer_that_drips(httpserver: HTTPServer) -> None:
    stop = threading.Event()

    def drip(request: Request) -> Response:
        def parts() -> Iterator[bytes]:
            while not stop.wait(0.02):
                yield b" "

        return Response(parts(), content_type="application/json")

    httpserver.expect_request("/").respond_with_handler(drip)

    try:
        with pytest.raises(TransientError, match="too slowly"):
            client_make(httpserver, total_time=0.3, attempts=1).get("/")
    finally:
        stop.set()


def test_it_tells_when_nothing_listens() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    client = HttpClient(f"http://127.0.0.1:{port}", allow_private=["127.0.0.1"], sleep=lambda seconds: None)

    with pytest.raises(TransientError, match="could not be reached"):
        client.get()

    assert client.requests_made == 4


def test_it_stops_at_the_size_limit_whatever_the_header_says(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/told").respond_with_data(b"x" * 2000)
    httpserver.expect_request("/untold").respond_with_handler(
        lambda request: Response((b"x" * 500 for _ in range(10)), content_type="application/json")
    )
    packed = gzip.compress(b" " * 5_000_000)
    httpserver.expect_request("/bomb").respond_with_data(packed, headers={"Content-Encoding": "gzip"})
    client = client_make(httpserver, max_bytes=1000)

    for path in ("told", "untold", "bomb"):
        with pytest.raises(PermanentError, match="sent more than"):
            client.get(path)


def test_it_unpacks_what_is_within_the_limit(httpserver: HTTPServer, client: HttpClient) -> None:
    httpserver.expect_request("/").respond_with_data(
        gzip.compress(b'{"ok": true}'),
        headers={"Content-Encoding": "gzip", "Content-Type": "application/json"},
    )

    assert client.get("/").json() == {"ok": True}


def test_it_notices_an_answer_that_breaks_off() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n[1, 2"
            )

    thread = threading.Thread(target=serve)
    thread.start()
    port = listener.getsockname()[1]

    with pytest.raises(TransientError, match="broke off"):
        HttpClient(f"http://127.0.0.1:{port}", allow_private=["127.0.0.1"], attempts=1).get()

    thread.join()
    listener.close()


@pytest.mark.parametrize(
    ("body", "content_type", "error", "words"),
    [
        ("<html>Sign in</html>", "text/html; charset=utf-8", PermanentError, "a web page instead of data"),
        ("[]", "text/plain", PermanentError, "text/plain instead of data"),
        ("", "application/json", TransientError, "an empty answer"),
        ('{"a": ', "application/json", TransientError, "broke off"),
        ("[" * 100_000, "application/json", TransientError, "broke off"),
    ],
)
def test_it_looks_before_it_parses(
    httpserver: HTTPServer, client: HttpClient, body: str, content_type: str,
    error: type[ApplicationError], words: str,
) -> None:  # fmt: skip
    httpserver.expect_request("/").respond_with_data(body, content_type=content_type)

    with pytest.raises(error, match=words):
        client.get("/").json()


def test_it_follows_a_redirect_on_the_same_host(httpserver: HTTPServer, client: HttpClient) -> None:
    httpserver.expect_request("/old").respond_with_data("", status=301, headers={"Location": "/new"})
    httpserver.expect_request("/new").respond_with_json({"ok": True})

    assert client.get("old").json() == {"ok": True}


@pytest.mark.parametrize(
    "location", ["http://169.254.169.254/latest", "http://localhost:1/x", "//10.0.0.1/", "file:///etc/passwd"]
)
def test_it_follows_no_redirect_to_another_host(
    httpserver: HTTPServer, client: HttpClient, location: str
) -> None:
    httpserver.expect_request("/").respond_with_data("", status=302, headers={"Location": location})

    with pytest.raises(StatusError, match="not followed because the credentials would go along"):
        client.get("/")


def test_it_stops_after_three_redirects(httpserver: HTTPServer, client: HttpClient) -> None:
    httpserver.expect_request("/").respond_with_data("", status=302, headers={"Location": "/"})

    with pytest.raises(PermanentError, match="redirects more than 3 times"):
        client.get("/")

    assert client.requests_made == 4


def test_it_follows_none_when_told_so(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("", status=302, headers={"Location": "/login"})

    with pytest.raises(StatusError, match="probably to sign in"):
        client_make(httpserver, max_redirects=0).get("/")


def test_it_does_not_turn_a_redirected_post_into_a_get(httpserver: HTTPServer, client: HttpClient) -> None:
    httpserver.expect_request("/api").respond_with_data("", status=302, headers={"Location": "/other"})

    with pytest.raises(StatusError, match="Enter that address"):
        client.post_json("api", body={}, safe=True)


def test_it_follows_a_link_to_the_next_page_on_the_same_host_only(
    httpserver: HTTPServer, client: HttpClient
) -> None:
    httpserver.expect_request("/items").respond_with_json([])

    client.get(f"http://127.0.0.1:{httpserver.port}/items")

    with pytest.raises(PermanentError, match="another host"):
        client.get("http://127.0.0.1:1/items")


def test_it_never_shows_a_secret(httpserver: HTTPServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    httpserver.expect_request("/moved").respond_with_data(
        "", status=302, headers={"Location": f"http://elsewhere.example/{SECRET}"}
    )
    httpserver.expect_request("/refused").respond_with_data("", status=401)
    client = client_make(
        httpserver,
        auth=("user", SECRET),
        headers={"X-Key": SECRET, "X-Other": f"Bearer {SECRET}"},
        attempts=1,
    )
    shown = [repr(client), str(vars(client).get("_session"))]

    for path in ("moved", "refused", "missing"):
        with pytest.raises(ApplicationError) as failed:
            client.get(path, params={"token": SECRET})
        error: BaseException | None = failed.value
        while error is not None:
            shown.append(f"{error!r} {error}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)

    assert SECRET not in " ".join(shown)
    assert SECRET not in "\n".join(
        record.getMessage() for record in caplog.records if record.name != "werkzeug"
    )
    assert client.scrub(f"bad token {SECRET}") == "bad token [hidden]"


def test_it_pauses_as_a_good_answer_asked(client: HttpClient, waits: list[float]) -> None:
    client.pause(7)

    assert waits == [7]


def test_it_hands_a_long_pause_on_instead_of_sleeping(client: HttpClient, waits: list[float]) -> None:
    with pytest.raises(TransientError, match="fewer calls") as failed:
        client.pause(600)

    assert failed.value.retry_after == 600
    assert waits == []
