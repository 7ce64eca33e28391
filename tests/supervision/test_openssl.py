"""Supervisord is spared OpenSSL's memory, and whoever needs OpenSSL in it finds it whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.supervision.supervision_house import House

ROOT = Path(__file__).parents[2]


def run(script: str) -> str:
    prelude = (
        "from tuiconsole import openssl; openssl.leave_out()\n"
        "import hashlib, http.client, xmlrpc.client\n"
        "openssl.let_in_when_asked()\n"
    )
    return subprocess.run(
        [sys.executable, "-c", prelude + script], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()


def mapped(pid: int | None) -> str:
    return Path(f"/proc/{pid}/maps").read_text()


async def test_a_supervisord_and_its_plugin_run_without_openssl(house: House) -> None:
    house.configure()
    supervision = await house.up()
    maps = mapped(supervision.pids.supervisord)
    assert "libpython" in maps or "python" in maps
    assert "libssl" not in maps
    assert "libcrypto" not in maps


@pytest.mark.parametrize(
    "script",
    [
        "import ssl; print(ssl.create_default_context().check_hostname)",
        "print(issubclass(http.client.HTTPSConnection, http.client.HTTPConnection))",
        "import urllib.request; print(hasattr(urllib.request, 'HTTPSHandler'))",
        "xmlrpc.client.SafeTransport().make_connection('localhost'); print(True)",
        "print(callable(hashlib.pbkdf2_hmac))",
        "print('sha512_256' in hashlib.algorithms_available)",
        "print(hashlib.new('sha512_256').digest_size == 32)",
    ],
)
def test_a_plugin_of_others_finds_openssl_when_it_asks(script: str) -> None:
    assert run(script) == "True"


def test_what_no_module_has_is_still_an_attribute_error() -> None:
    assert run("print(hasattr(hashlib, 'nonsense'), hasattr(http.client, '__nonsense__'))") == "False False"
    assert run("print(hashlib.sha256(b'abc').hexdigest()[:8])") == "ba7816bf"
