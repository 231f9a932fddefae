"""The commands of the README exist, and say so themselves."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TARGETS = ["venv", "run", "test", "check", "lock", "bench", "clean"]


def made(*arguments):
    return subprocess.run(["make", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.fixture(autouse=True)
def _make():
    assert shutil.which("make"), "make is needed"


def test_it_lists_what_can_be_done():
    listed = re.findall(r"^make (\S+)", made("help"), re.MULTILINE)

    assert set(TARGETS) <= set(listed)


def test_it_starts_on_the_port_that_is_asked_for():
    assert "--port 8123" in made("--dry-run", "run", "PORT=8123")


def test_it_tests_on_sqlite_first_and_then_on_the_servers():
    recipe = made("--dry-run", "test")

    assert recipe.index("-u DATABASE_URL -u REDIS_URL") < recipe.index('-m "not browser and not redmine"')


@pytest.mark.parametrize("script", ["config/check.sh", ".ci/run"])
def test_each_script_reads_as_shell(script):
    shell = (ROOT / script).read_text(encoding="utf-8").splitlines()[0].rpartition("/")[2].split()[-1]

    subprocess.run([shell, "-n", script], cwd=ROOT, check=True)
    assert (ROOT / script).stat().st_mode & 0o111
