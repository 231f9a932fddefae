"""The written payloads of a tool, below fixtures/<kind>/."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from werkzeug import Response

FIXTURES = Path(__file__).parent / "fixtures"


def payload(kind: str, name: str) -> Any:
    """One of the tool's payloads by its file's name without ending, fresh."""
    return json.loads((FIXTURES / kind / f"{name}.json").read_text())


def refusal(kind: str, case: str) -> Response:
    """One of the refusals in the tool's errors.json, by the name of its case."""
    answer = payload(kind, "errors")[case]
    body = answer["body"] if isinstance(answer["body"], str) else json.dumps(answer["body"])
    response = Response(body, status=answer["status"], headers=answer.get("headers"))
    response.headers["Content-Type"] = answer["content_type"]
    return response
