"""`manage.py up`: everything in one process, from an empty folder to a page that answers."""

from __future__ import annotations

import ipaddress
import json
import logging
import os
import signal
import socket
import sys
import time
from argparse import ArgumentParser
from types import FrameType
from typing import Any

import waitress.server
from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError
from django.core.wsgi import get_wsgi_application
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from common.jobs import job_request
from config.celery import app
from config.embedded import EmbeddedWorker
from teams.models import Product, User

WEB_THREADS = 8
STOP_SECONDS = 6.0
LOGINS = "sample-logins.json"


class Command(BaseCommand):
    help = "Prepares the database and runs web server, worker and scheduler in one process until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (default 8000)")
        parser.add_argument("--no-sample", action="store_true", help="leave an empty database empty")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        _stop_on_signals()
        if "LOG_LEVEL" not in os.environ:
            logging.getLogger("celery").setLevel(logging.WARNING)  # every tick would write two lines
        listener = _listener(options["host"], options["port"])
        self._migrate()
        if settings.EMBEDDED:
            self._sample_guard(options["host"])
            if _is_loopback(options["host"]) and not options["no_sample"]:
                self._sample()
        worker = None if settings.REDIS_URL else EmbeddedWorker(app)
        server = waitress.server.create_server(
            get_wsgi_application(),
            sockets=[listener],
            threads=WEB_THREADS,
            ident=None,
            clear_untrusted_proxy_headers=True,
        )
        if worker is not None:
            worker.start()
        self._tell(options["host"], options["port"], time.monotonic() - started)
        server.run()  # returns on SIGTERM and Ctrl-C
        self._stop(server, worker)

    def _migrate(self) -> None:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if waiting:
            self._say(f"Preparing the database ({len(waiting)} migrations).")
            call_command("migrate", verbosity=0, interactive=False)

    def _sample_guard(self, host: str) -> None:
        """The sample's logins stand in a file and on the screen: they are for this machine alone."""
        if not _is_loopback(host) and (settings.VAR_DIR / LOGINS).exists():
            raise CommandError(
                "The sample organisation's logins work on 127.0.0.1 only. Remove the sample first: "
                "manage.py sample_remove"
            )

    def _sample(self) -> None:
        if "sample_create" in get_commands() and not User.objects.exists():
            self._say("Making the sample organisation. This happens once.")
            call_command("sample_create", verbosity=0)
            # Once at the first start, so that the jobs page shows each of them done.
            for product in Product.objects.filter(is_sample=True):
                for kind in ("roadmap_collation", "forecasts", "mapping_test"):
                    job_request(kind=kind, subject=str(product.pk))
            for kind in ("quarter_evaluation", "contest_check"):
                job_request(kind=kind)

    def _tell(self, host: str, port: int, seconds: float) -> None:
        shown = f"[{host}]" if ":" in host else host
        self._say(
            f"\nBearing runs at http://{shown}:{port}/ (ready in {seconds:.0f} s). Stop it with Ctrl-C."
        )
        if settings.REDIS_URL:
            self._say(
                "\nREDIS_URL is set, so this process runs no background work. Run beside it:\n"
                "  celery -A config worker --loglevel INFO\n"
                "  celery -A config beat --loglevel INFO\n"
                "and for more than a trial, instead of it:\n"
                "  gunicorn config.wsgi:application --bind 127.0.0.1:8000 --workers 2 --threads 4"
            )
        if settings.EMBEDDED:
            self._tell_logins()
        self._say("")

    def _tell_logins(self) -> None:
        path = settings.VAR_DIR / LOGINS
        if not path.exists():
            self._say("There are no people yet. Make the first with: manage.py createsuperuser")
            return
        self._say("\nSample logins (random passwords, kept in var/):")
        for role, email, password in sample_logins(path.read_text(encoding="utf-8")):
            self._say(f"  {role:<22} {email:<38} {password}")

    def _stop(self, server: Any, worker: EmbeddedWorker | None) -> None:
        self._say("\nStopping.")
        server.close()
        finished = worker is None or worker.stop(seconds=STOP_SECONDS)
        connections.close_all()
        if not finished:
            self._say("A job was still running. It is taken up again at the next start.")
            logging.shutdown()
            sys.stdout.flush()
            os._exit(0)  # its thread cannot be interrupted and would keep the process for as long as it takes

    def _say(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def sample_logins(text: str) -> list[tuple[str, str, str]]:
    """Role, e-mail and password of each login in the file that sample_create writes."""
    return [(login["role"], login["email"], login["password"]) for login in json.loads(text)]


def _listener(host: str, port: int) -> socket.socket:
    """A socket bound to the address before anything else is done, so that a taken port is told at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.settimeout(1)
            taken = port != 0 and probe.connect_ex((host, port)) == 0
    except OSError as error:
        listener.close()
        raise CommandError(
            f"{host}:{port} cannot be used ({error.strerror}). Choose another port: make run PORT=8123"
        ) from None
    if taken:
        listener.close()
        raise CommandError(
            f"Something already answers at {host}:{port}. Choose another port: make run PORT=8123"
        )
    return listener


def _stop_on_signals() -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
