"""The example of a reverse proxy in front of a whole relay: nginx itself, its ports and paths put where a test may write."""

import re
import shutil
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from time import monotonic
from typing import NamedTuple
from urllib.parse import urlencode

import pytest

from integrations.sentry.signature import sign
from routing.management.serving.sockets import listen
from tests.asking import ask, read_all
from tests.relaying import ROOT, Relay, Sentry, own_database
from tests.waiting import eventually

pytestmark = pytest.mark.skipif(not shutil.which("nginx"), reason="needs nginx")
EXAMPLE = ROOT / "deploy" / "nginx"
HOST = "relay.example.com"
MOST = 8 * 1024 * 1024
CALLER = "198.51.100.7"
MAIN = """daemon off; user root; worker_processes 1; pid {folder}/pid; error_log {folder}/main.log;
events {{ worker_connections 2048; }}
http {{
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  include {folder}/alert-relay.conf;
}}
"""


def free_port() -> int:
    listening = listen("127.0.0.1", 0)
    port: int = listening.getsockname()[1]
    listening.close()
    return port


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: Message
    text: str


class Nginx:
    """The example with ports, paths and a certificate of its own."""

    def __init__(self, folder: Path, relay_port: int) -> None:
        self.folder, self.plain, self.secure = folder, free_port(), free_port()
        moved = {
            "/etc/nginx/": f"{folder}/",
            "/var/log/nginx": str(folder),
            "127.0.0.1:8000": f"127.0.0.1:{relay_port}",
            "listen 80;": f"listen 127.0.0.1:{self.plain};",
            "listen 443 ssl;": f"listen 127.0.0.1:{self.secure} ssl;",
        }
        for file in EXAMPLE.iterdir():
            text = re.sub(r"    listen \[::\].*\n", "", file.read_text(encoding="utf-8"))
            for old, new in moved.items():
                text = text.replace(old, new)
            (folder / file.name).write_text(text, encoding="utf-8")
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder), encoding="utf-8")
        subject = ["-subj", f"/CN={HOST}", "-keyout", f"{folder}/relay.key", "-out", f"{folder}/relay.crt"]
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject], check=True, capture_output=True
        )

    def checked(self) -> str:
        """What nginx says about the configuration; fails where it refuses it."""
        command = ["nginx", "-t", "-c", f"{self.folder}/nginx.conf"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stderr

    def start(self) -> "subprocess.Popen[bytes]":
        """The running server."""
        process = subprocess.Popen(["nginx", "-c", f"{self.folder}/nginx.conf"], stderr=subprocess.DEVNULL)
        eventually(self._listens)
        return process

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.secure), timeout=1).close()
        except OSError:
            return False
        return True

    def logged(self) -> str:
        """The access log."""
        return (self.folder / "relay.log").read_text(encoding="utf-8")

    def tls(self) -> ssl.SSLContext:
        """What trusts nothing but this certificate."""
        context = ssl.create_default_context(cafile=f"{self.folder}/relay.crt")
        context.check_hostname = False
        return context

    def ask(
        self, path: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes = b"",
        is_secure: bool = True,
    ) -> Answer:  # fmt: skip
        """The answer to one call over a connection of its own."""
        lines = [f"{method} {path} HTTP/1.1", "Connection: close"]
        if "Transfer-Encoding" not in (headers or {}):
            headers = {"Content-Length": str(len(body)), **(headers or {})}
        lines += [f"{name}: {value}" for name, value in {"Host": HOST, **headers}.items()]
        with self._connected(is_secure) as sock, suppress(ConnectionError):  # who is refused early may be cut off
            sock.sendall("\r\n".join([*lines, "", ""]).encode() + body)
            first, _, rest = read_all(sock).partition(b"\r\n")
        said, _, text = rest.partition(b"\r\n\r\n")
        return Answer(int(first.split()[1]), message_from_bytes(said), text.decode())

    def _connected(self, is_secure: bool) -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", self.secure if is_secure else self.plain), timeout=30)
        return self.tls().wrap_socket(sock) if is_secure else sock


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Nginx, Relay, Sentry]]:
    """Nginx before a relay that trusts it."""
    with own_database() as url:
        relay = Relay(tmp_path_factory.mktemp("relay"), url, shows_pages=True)
        relay.environment |= {"TRUSTED_PROXIES": "127.0.0.1", "PUBLIC_URL": f"https://{HOST}"}
        nginx = None
        try:
            port = free_port()
            relay.start("--demo", "--port", str(port))
            relay.port = port  # it calls itself by its public address
            nginx = Nginx(tmp_path_factory.mktemp("nginx"), port)
            nginx.checked()
            process = nginx.start()
            try:
                yield nginx, relay, Sentry(relay)
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(20)
        finally:
            relay.destroy()


@pytest.fixture
def nginx(site: tuple[Nginx, Relay, Sentry]) -> Nginx:
    return site[0]


@pytest.fixture
def sentry(site: tuple[Nginx, Relay, Sentry]) -> Sentry:
    return site[2]


def large(sentry: Sentry, size: int) -> tuple[dict[str, str], bytes]:
    """A signed webhook of so many bytes, its JSON padded with what JSON allows."""
    headers, body = sentry.signed()
    body += b" " * (size - len(body))
    return {**headers, "sentry-hook-signature": sign(body, sentry.secret)}, body


def test_nothing_in_the_example_is_doubted(tmp_path: Path) -> None:
    said = Nginx(tmp_path, 8000).checked()
    assert [line for line in said.splitlines() if "warn" in line and '"user" directive' not in line] == []


@pytest.mark.parametrize("is_secure", [True, False], ids=["https", "http"])
@pytest.mark.parametrize("size", [2_000, 300_000, 4_000_000])
def test_a_call_of_any_size_that_sentry_sends_is_stored(nginx, sentry, size, is_secure) -> None:
    headers, body = large(sentry, size)
    answer = nginx.ask(sentry.path, method="POST", headers=headers, body=body, is_secure=is_secure)
    assert (answer.status, '"id"' in answer.text) == (202, True)


def test_a_chunked_call_is_stored(nginx, sentry) -> None:
    headers, body = large(sentry, 1_000_000)
    parts = [body[start : start + 50_000] for start in range(0, len(body), 50_000)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in [*parts, b""])
    answer = nginx.ask(sentry.path, method="POST", headers={**headers, "Transfer-Encoding": "chunked"}, body=chunks)
    assert answer.status == 202


def test_what_is_larger_than_the_relay_takes_is_refused_as_the_relay_does(nginx, sentry) -> None:
    headers, body = large(sentry, MOST)
    assert nginx.ask(sentry.path, method="POST", headers=headers, body=body, is_secure=False).status != 413
    headers, body = large(sentry, MOST + 1)
    assert nginx.ask(sentry.path, method="POST", headers=headers, body=body, is_secure=False).status == 413


def test_slow_callers_take_nothing_from_the_others(nginx, sentry) -> None:
    with ExitStack() as held:
        for _ in range(300):
            slow = held.enter_context(socket.create_connection(("127.0.0.1", nginx.plain), timeout=10))
            start = f"POST {sentry.path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 100000\r\n\r\n" + '{"a": "'
            slow.sendall(start.encode())
        headers, body = sentry.signed()
        began = monotonic()
        assert nginx.ask(sentry.path, method="POST", headers=headers, body=body).status == 202
        assert monotonic() - began < 5


@pytest.mark.parametrize("path", ["{key}", "{bare}", "/hook", "/hook/"])
def test_no_call_is_redirected(nginx, sentry, path) -> None:
    path = path.format(key=sentry.path, bare=sentry.path.rstrip("/"))
    for is_secure in (True, False):
        headers, body = sentry.signed()
        answer = nginx.ask(path, method="POST", headers=headers, body=body, is_secure=is_secure)
        assert answer.status < 300 or answer.status >= 400


def test_people_are_led_to_https_and_log_in_there(nginx, site) -> None:
    led = nginx.ask("/admin/?next=x", is_secure=False)
    assert (led.status, led.headers["Location"]) == (301, f"https://{HOST}/admin/?next=x")
    site[1].manage("shell", "--no-imports", "-c", MAKE_USER)
    page = nginx.ask("/admin/login/")
    cookie = page.headers["Set-Cookie"]
    assert "Secure" in cookie
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    form = {"csrfmiddlewaretoken": token[1], "username": "olga", "password": "correct-horse-9"}
    headers = {
        "Cookie": cookie.partition(";")[0],
        "Content-Type": "application/x-www-form-urlencoded",
        "Origin": f"https://{HOST}",
        "Referer": f"https://{HOST}/admin/login/",
    }
    entered = nginx.ask("/admin/login/?next=/admin/", method="POST", headers=headers, body=urlencode(form).encode())
    assert (entered.status, entered.headers["Location"]) == (302, "/admin/")
    assert "Strict-Transport-Security" in page.headers


MAKE_USER = "from django.contrib.auth.models import User; User.objects.create_superuser('olga', '', 'correct-horse-9')"


def test_what_a_caller_claims_about_itself_is_not_passed_on(nginx, site, sentry) -> None:
    claims = {
        "X-Forwarded-For": CALLER, "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http",
        "Forwarded": f"for={CALLER};host=evil.example", "X-Real-IP": CALLER,
    }  # fmt: skip
    assert nginx.ask("/admin/login/", headers=claims).status == 200
    refused = nginx.ask("/metrics", headers={**claims, "X-Forwarded-For": "127.0.0.1"})
    assert refused.status == 403
    assert nginx.ask("/api/v1/rules/", headers=claims).status == 401
    assert "evil.example" not in nginx.ask("/api/v1/openapi.json", headers=claims).text
    assert ask(site[1].port, "/metrics")[0] == 200, "from the machine itself, past the proxy"


def test_a_balancer_can_ask_for_health(nginx) -> None:
    assert [nginx.ask(f"/health/{name}").status for name in ("live", "ready", "worker")] == [200] * 3


def test_a_name_that_is_not_ours_is_refused_but_for_webhooks(nginx, sentry) -> None:
    assert nginx.ask("/admin/login/", headers={"Host": "other.example"}).status == 400
    headers, body = sentry.signed()
    answer = nginx.ask(sentry.path, method="POST", headers={**headers, "Host": "10.0.0.1"}, body=body)
    assert answer.status == 202


def test_neither_log_holds_a_key(nginx, sentry) -> None:
    key = sentry.path.split("/")[3]
    nginx.ask(sentry.path, method="POST", body=b"{}")
    nginx.ask("/hook?feishu=https://open.feishu.cn/open-apis/bot/v2/hook/secret-part", method="POST", body=b"{}")
    eventually(lambda: "POST /hook" in nginx.logged())
    logs = "".join(file.read_text(encoding="utf-8") for file in nginx.folder.glob("*.log"))
    assert "/webhooks/sentry/***" in logs
    assert key not in logs
    assert "secret-part" not in logs


def test_a_relay_that_is_down_is_answered_within_sentrys_second(nginx, site, sentry) -> None:
    headers, body = sentry.signed()
    site[1].end()
    began = monotonic()
    answer = nginx.ask(sentry.path, method="POST", headers=headers, body=body, is_secure=False)
    assert (answer.status, monotonic() - began < 2) == (502, True)
    assert sentry.path.split("/")[3] not in (nginx.folder / "main.log").read_text(encoding="utf-8")
