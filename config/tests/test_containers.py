"""docker-compose.yml cannot run here; so its commands, variables and promises are checked against the code."""

import importlib
import re
import shutil
import sys
from pathlib import Path

import pytest
import yaml
from celery.bin.celery import celery as celery_cli
from django.core.management import get_commands, load_command_class

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
OURS = ["migrate", "web", "worker", "beat"]
ENV_EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")


def variables_of_the_example():
    return re.findall(r"^#? ?([A-Z_]{3,})=", ENV_EXAMPLE, re.MULTILINE)


def variables_read_by_the_settings():
    sources = (ROOT / "config" / "settings").glob("*.py")
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    return set(re.findall(r'env_(?:text|bool|int|list)\(\s*"([A-Z_]+)"', text)) | {"BEARING_MODE"}


def variables_in_the_table():
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE))


def test_it_runs_every_process_that_a_real_installation_needs():
    assert set(SERVICES) == {"db", "redis", *OURS}


@pytest.mark.parametrize("name", OURS)
def test_each_command_is_installed_with_the_locked_requirements(name):
    program = SERVICES[name]["command"][0]

    assert shutil.which(program, path=str(Path(sys.executable).parent)), program


def test_the_web_server_serves_a_wsgi_application_that_exists():
    module, _, attribute = SERVICES["web"]["command"][1].partition(":")

    assert callable(getattr(importlib.import_module(module), attribute))


def test_the_migration_is_a_command_of_ours():
    program, script, command, *options = SERVICES["migrate"]["command"]

    assert (program, (ROOT / script).exists()) == ("python", True)
    parser = load_command_class(get_commands()[command], command).create_parser("manage.py", command)
    parser.parse_args(options)


@pytest.mark.parametrize("name", ["worker", "beat"])
def test_celery_knows_the_command_and_each_of_its_options(name):
    program, dash_a, app, command, *options = SERVICES[name]["command"]

    assert (program, dash_a, app, command) == ("celery", "-A", "config", name)
    known = {option for parameter in celery_cli.commands[command].params for option in parameter.opts}
    assert {option for option in options if option.startswith("--")} <= known
    assert importlib.import_module(app).celery_app.main == "bearing"


def test_gunicorn_knows_each_option():
    from gunicorn.config import Config

    known = {option for setting in Config().settings.values() for option in setting.cli or []}

    assert {option for option in SERVICES["web"]["command"] if option.startswith("--")} <= known


def test_the_queue_is_kept_on_disk_and_never_evicted():
    command = SERVICES["redis"]["command"]

    assert command[command.index("--appendonly") + 1] == "yes"
    assert command[command.index("--maxmemory-policy") + 1] == "noeviction"


def test_nothing_starts_before_what_it_needs():
    for name in ("web", "worker", "beat"):
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
        assert SERVICES[name]["depends_on"]["redis"] == {"condition": "service_healthy"}
    assert SERVICES["migrate"]["depends_on"]["db"] == {"condition": "service_healthy"}
    assert {name for name, service in SERVICES.items() if "healthcheck" in service} == {"db", "redis", "web"}


def test_only_the_web_server_is_reached_and_only_from_this_machine():
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert ports == {"web": ["127.0.0.1:8000:8000"]}


def test_a_worker_gets_longer_to_stop_than_its_soft_shutdown(settings):
    grace = int(SERVICES["worker"]["stop_grace_period"].removesuffix("s"))

    assert grace > settings.CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT


def test_each_variable_of_a_container_is_read_by_somebody():
    given = {name for service in OURS for name in SERVICES[service].get("environment", {})}

    assert given - {"REMAP_SIGTERM"} <= variables_read_by_the_settings()
    celery_reads = Path(importlib.import_module("celery.apps.worker").__file__).read_text(encoding="utf-8")
    assert "REMAP_SIGTERM" in celery_reads


def test_each_variable_of_the_example_is_read_and_explained():
    used_by_compose = set(
        re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    )

    for name in variables_of_the_example():
        assert name in variables_read_by_the_settings() | used_by_compose, name
        assert name in variables_in_the_table(), name


def test_the_table_names_exactly_what_is_read():
    assert variables_in_the_table() - {"POSTGRES_PASSWORD"} == variables_read_by_the_settings()


def test_the_example_gives_what_production_cannot_do_without():
    assert {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_KEYS", "ALLOWED_HOSTS"} <= set(
        variables_of_the_example()
    )


def test_the_image_runs_as_nobody_special_on_the_supported_python():
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()

    assert "FROM python:3.11-slim" in lines
    assert "USER bearing" in lines
    assert any("--require-hashes" in line for line in lines)


def test_no_secret_and_no_data_goes_into_the_image():
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()

    assert {".git", ".env", "var", ".venv"} <= set(ignored)
