"""Configuration files that the tests start from."""

from routing.services.configuration.applying import apply
from routing.services.configuration.comparing import Changes
from routing.services.configuration.document import parse_file

HOOK = "https://open.feishu.cn/open-apis/bot/v2/hook/00000000-0000-4000-8000-00000000000"
PUSH = "https://api.flashcat.cloud/event/push/alert/standard?integration_key=0123456789abcdef0123"

FULL = f"""
version: 1
operations_target: duty
severity: {{triggered.info: drop}}
sources:
  - {{name: acme, title: Acme, hook_keys: [k-1, k-2], client_secrets: [s1, s2], issue_actions: [created], default_targets: [team]}}
projects:
  - {{source: acme, slug: web, title: Web shop, sentry_id: 4510703106785280, default_targets: [duty]}}
targets:
  - {{name: team, title: 交易组, kind: feishu, webhook_url: "{HOOK}1", secret: shh, keyword: 告警, mention: {{critical: [all]}},
     fallback: duty, fallback_after_minutes: 5, limits: {{per_second: 2, per_minute: 50}}}}
  - {{name: duty, kind: flashduty, push_url: "{PUSH}", enabled: false}}
rules:
  - name: production errors
    source: acme
    project: web
    when:
      - {{field: environment, op: in, value: [production]}}
      - any:
          - {{field: level, op: at_least, value: error}}
          - {{field: "tag:customer", op: is_set}}
    severity: {{triggered.fatal: critical}}
    targets: [team, duty]
    continue: true
    repeat_minutes: 15
    active: {{days: [mon, tue], from: "09:00", to: "18:00", timezone: Asia/Shanghai}}
  - {{name: the rest, targets: [team], enabled: false}}
silences:
  - {{name: deploy, when: [{{field: project, op: is, value: web}}], from: "2026-01-01T00:00:00+08:00", to: "2026-01-01T02:00:00+08:00", reason: release, summary: false}}
  - {{name: nightly, weekly: {{days: [mon], from: "23:00", to: "02:00", timezone: Europe/Berlin}}}}
"""


def applied(text: str, *, prune: bool = False) -> Changes:
    """Apply a file's text."""
    return apply(parse_file(text), actor="config apply", prune=prune)
