"""Nothing here ever speaks to another machine."""

import ipaddress
import socket
import time
from urllib.parse import urlsplit

HOST = "127.0.0.1"


def checked(url: str) -> tuple[str, int]:
    """(host, port) of an address on this machine; raises SystemExit for any other."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        is_ours = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_ours = False
    if not is_ours or not parts.port:
        raise SystemExit(f"only http://127.0.0.1:PORT is called, not {url}")
    return host, parts.port


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server((HOST, 0)) as listening:
        return int(listening.getsockname()[1])


def wait_until_open(port: int, seconds: float = 60) -> None:
    """Return once somebody listens; raises TimeoutError."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        with socket.socket() as client:
            if client.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nobody listens on port {port}")


def answers(port: int, path: str, seconds: float = 1.0) -> bool:
    """True when somebody answers 200 within so long."""
    try:
        with socket.create_connection((HOST, port), timeout=seconds) as client:
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
            return client.recv(64).split(b" ")[1:2] == [b"200"]
    except OSError:
        return False
