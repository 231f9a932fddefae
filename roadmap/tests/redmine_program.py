"""Debian's Redmine, run for real: its own copy, database and port below one folder, and a key to its API.

Needs the packages that `.ci/redmine` installs, and nothing else of the machine: what the package set up is not touched.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

PROGRAM = Path("/usr/share/redmine")
START_SECONDS = 240  # of two busy processors; alone it takes a tenth
# Rake keeps what it learnt of a table while it migrates, so the default data would miss the later columns.
_PREPARE = """
task prepare: "db:migrate" do
  ActiveRecord::Base.descendants.each { |model| model.reset_column_information unless model.abstract_class? }
  Redmine::DefaultData::Loader.load("en")
  Setting.rest_api_enabled = "1"
  Setting.notified_events = []  # half the time of a change goes into letters that nobody gets
  Token.create!(user: User.find(1), action: "api").update_column(:value, ENV.fetch("API_KEY"))
end
"""
_DATABASE = """
production:
  adapter: sqlite3
  database: {path}
  encoding: utf8
  timeout: 10000
"""


@dataclass(frozen=True)
class RedmineProgram:
    """A running Redmine. `key` is its administrator's."""

    base_url: str
    key: str

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """One call of the API; the answer's JSON, None where there is none. Fails on a refusal."""
        answer = requests.request(
            method, f"{self.base_url}/{path}", json=body, headers={"X-Redmine-API-Key": self.key}, timeout=60
        )
        assert answer.ok, f"{method} {path} answered {answer.status_code}: {answer.text[:300]}"
        return answer.json() if answer.content else None

    def project(self, name: str, **fields: Any) -> int:
        """Makes a project and gives its number."""
        project = {
            "name": name,
            "identifier": name.lower(),
            "is_public": False,
            "tracker_ids": [1, 2, 3],
            **fields,
        }
        number: int = self.call("POST", "projects.json", {"project": project})["project"]["id"]
        return number

    def issue(self, project: int, subject: str, **fields: Any) -> int:
        """Makes an issue and gives its number."""
        body = {"issue": {"project_id": project, "subject": subject, **fields}}
        number: int = self.call("POST", "issues.json", body)["issue"]["id"]
        return number

    def change(self, issue: int, **fields: Any) -> None:
        """Changes fields of an issue."""
        self.call("PUT", f"issues/{issue}.json", {"issue": fields})

    def delete(self, issue: int) -> None:
        """Removes an issue for good."""
        self.call("DELETE", f"issues/{issue}.json")


@contextmanager
def redmine_run(folder: Path) -> Iterator[RedmineProgram]:
    """Makes a Redmine with its default data in `folder` and runs it until the block ends."""
    key = secrets.token_hex(20)
    root = _copy(folder / "redmine")
    # Rails would take DATABASE_URL, which is Bearing's, for its own.
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("BUNDLE", "GEM", "RAILS", "RUBY", "DATABASE"))
    } | {
        "HOME": str(folder),
        "BUNDLE_GEMFILE": str(root / "Gemfile"),
        "RAILS_ENV": "production",
        "REDMINE_INSTANCE": "default",
        "SCHEMA": os.devnull,
        "API_KEY": key,
    }
    _run(["bundle", "exec", "rake", "prepare"], root, environment)
    port = _port_free()
    log = root / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            ["bundle", "exec", "rails", "server", "-u", "puma", "-b", "127.0.0.1", "-p", str(port)],
            cwd=root,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            program = RedmineProgram(base_url=f"http://127.0.0.1:{port}", key=key)
            _wait(program, server, log)
            yield program
        finally:
            server.terminate()
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _copy(root: Path) -> Path:
    """The package's program with configuration, database and temporary files of its own."""
    shutil.copytree(
        PROGRAM, root, symlinks=True, ignore=shutil.ignore_patterns("instances", "Gemfile.lock", "help")
    )
    (root / "config" / "database.yml").unlink(missing_ok=True)
    instance = root / "instances" / "default"
    for name in ("config", "tmp", "log", "files", "public/plugin_assets"):
        (instance / name).mkdir(parents=True)
    (root / "tmp").mkdir(exist_ok=True)
    (instance / "config" / "database.yml").write_text(_DATABASE.format(path=instance / "redmine.sqlite3"))
    (instance / "config" / "secret_key.txt").write_text(secrets.token_hex(32))
    gemfile = root / "Gemfile"
    gemfile.write_text(gemfile.read_text().replace(f"{PROGRAM}/", f"{root}/"))
    (root / "Gemfile.local").write_text("gem 'puma'\n")
    (root / "lib" / "tasks" / "prepare.rake").write_text(_PREPARE)
    return root


def _run(command: list[str], root: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, timeout=START_SECONDS
    )
    assert done.returncode == 0, f"{' '.join(command)} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"


def _port_free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(program: RedmineProgram, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert server.poll() is None, f"Redmine stopped at its start:\n{log.read_text()[-4000:]}"
        try:
            requests.get(f"{program.base_url}/users/current.json", timeout=30)
        except requests.ConnectionError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError(f"Redmine did not answer within {START_SECONDS} s:\n{log.read_text()[-4000:]}")
