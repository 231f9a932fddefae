"""Encrypted calls: the certificate is checked against the name, though the connection goes to a judged address."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_httpserver import HTTPServer

from common.errors import PermanentError
from common.http import HttpClient


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a certificate for localhost that is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "example authority")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "authority.pem"
    path.write_bytes(
        built.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return path


@pytest.fixture
def tool(certificate: Path) -> Iterator[HTTPServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with HTTPServer(host="127.0.0.1", ssl_context=context) as server:
        server.expect_request("/").respond_with_json({"ok": True})
        yield server


def client_make(host: str, port: int) -> HttpClient:
    return HttpClient(f"https://{host}:{port}", allow_private=["127.0.0.1"], attempts=1)


def test_it_refuses_a_certificate_that_nobody_vouches_for(tool: HTTPServer) -> None:
    with pytest.raises(PermanentError, match="OUTGOING_CA_BUNDLE"):
        client_make("localhost", tool.port).get("/")


def test_it_trusts_the_operators_own_authority(tool: HTTPServer, certificate: Path, settings: Any) -> None:
    settings.OUTGOING_CA_BUNDLE = str(certificate)

    assert client_make("localhost", tool.port).get("/").json() == {"ok": True}


def test_it_refuses_a_certificate_of_another_name(tool: HTTPServer, certificate: Path, settings: Any) -> None:
    settings.OUTGOING_CA_BUNDLE = str(certificate)

    with pytest.raises(PermanentError, match="no certificate that can be trusted"):
        client_make("127.0.0.1", tool.port).get("/")
