"""Providers of single sign-on on loopback: OpenID Connect with its keys, Feishu's and Lark's OAuth 2; and somebody's browser."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection  # noqa: TID251 - a browser for the test's own servers
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "relay", "sso-client-secret"


def _key() -> Any:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class House:
    """Who is in it, and what it does wrong when a test wants it to."""

    url: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    """What is told of whoever signs in next."""
    told_by_userinfo: dict[str, Any] = field(default_factory=dict)
    key: Any = field(default_factory=_key)
    """What is signed with; the published one is `published`."""
    published: Any = None
    audience: str = CLIENT
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.published = self.key

    def configuration(self) -> dict[str, Any]:
        """OpenID Connect Discovery 1.0."""
        names = {
            "authorization_endpoint": "authorize",
            "token_endpoint": "token",
            "userinfo_endpoint": "userinfo",
            "jwks_uri": "jwks",
        }
        more = {"issuer": self.url, "token_endpoint_auth_methods_supported": ["client_secret_post"]}
        return {**{name: f"{self.url}/{path}" for name, path in names.items()}, **more}

    def jwks(self) -> dict[str, Any]:
        """The published key."""
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.published.public_key()))
        return {"keys": [{**public, "kid": "one", "alg": "RS256", "use": "sig"}]}

    def authorize(self, asked: dict[str, str]) -> str:
        """Where the browser is sent back to, with a code."""
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def _is_good(self, given: dict[str, str]) -> bool:
        asked = self.codes.pop(given.get("code", ""), None)
        digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        return bool(
            asked
            and (given["client_id"], given["client_secret"]) == (CLIENT, SECRET)
            and asked["redirect_uri"] == given["redirect_uri"]
            and asked["code_challenge"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")
        )

    def token(self, given: dict[str, str]) -> dict[str, Any]:
        """What a code is worth."""
        if not self._is_good(given):
            return {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.url, "aud": self.audience, "iat": now, "exp": now + 60, **self.person}
        id_token = jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "one"})
        return {"access_token": "access-1", "token_type": "Bearer", "expires_in": 60, "id_token": id_token}

    def feishu_token(self, given: dict[str, str]) -> dict[str, Any]:
        """The same in Feishu's words."""
        if not self._is_good(given):
            return {"code": 20003, "error": "invalid_grant"}
        return {"code": 0, "access_token": "access-1", "expires_in": 7200, "token_type": "Bearer"}

    def answer(self, method: str, path: str, given: dict[str, str], authorization: str) -> dict[str, Any]:
        """The JSON of every address but authorize."""
        if (method, path) == ("POST", "/token"):
            return self.token(given)
        if (method, path) == ("POST", "/open-apis/authen/v2/oauth/token"):
            return self.feishu_token(given)
        is_known = authorization == "Bearer access-1"
        return {
            "/.well-known/openid-configuration": self.configuration(),
            "/jwks": self.jwks(),
            "/userinfo": {**self.person, **self.told_by_userinfo} if is_known else {},
            "/open-apis/authen/v1/user_info": {"code": 0, "data": self.person} if is_known else {"code": 20005},
        }[path]


@contextmanager
def open_house() -> Iterator[House]:
    """A provider on a free port."""
    house = House()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            return

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(url.query).items()}
            if url.path.endswith("/authorize"):
                self.send_response(302)
                self.send_header("Location", house.authorize(asked))
                self.end_headers()
            else:
                self._json(house.answer("GET", url.path, asked, self.headers.get("Authorization", "")))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            is_json = self.headers["Content-Type"].startswith("application/json")
            given = json.loads(body) if is_json else {name: values[0] for name, values in parse_qs(body).items()}
            self._json(house.answer("POST", self.path, given, ""))

        def _json(self, content: dict[str, Any]) -> None:
            raw = json.dumps(content).encode()
            self.send_response(400 if "error" in content else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    house.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield house
    server.shutdown()
    thread.join(10)
    server.server_close()


@dataclass
class Page:
    """Where a browser ended up."""

    url: str
    status: int
    headers: dict[str, str]
    text: str


class Surfer:
    """A browser without scripts: follows redirects, keeps the cookies of each host."""

    def __init__(self, language: str = "en") -> None:
        self.language = language
        self.cookies: dict[str, dict[str, str]] = {}

    def go(self, url: str, form: dict[str, str] | None = None) -> Page:
        """Open an address, or send a form to it."""
        for _ in range(10):
            page = self._one(url, form)
            if page.status not in (301, 302):
                return page
            target = page.headers["location"]
            url = target if "://" in target else f"{url.partition('://')[0]}://{urlsplit(url).netloc}{target}"
            form = None
        raise AssertionError("too many redirects")

    def _one(self, url: str, form: dict[str, str] | None) -> Page:
        parts = urlsplit(url)
        jar = self.cookies.setdefault(parts.netloc, {})
        headers = {"Accept-Language": self.language, "Cookie": "; ".join(f"{k}={v}" for k, v in jar.items())}
        body = None
        if form is not None:
            body = urlencode({**form, "csrfmiddlewaretoken": jar.get("csrftoken", "")})
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Referer": url}
        connection = HTTPConnection(parts.netloc, timeout=20)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request("GET" if form is None else "POST", path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                jar.update({key: morsel.value for key, morsel in SimpleCookie(value).items()})
        return Page(url, answer.status, {name.lower(): value for name, value in answer.getheaders()}, text)
