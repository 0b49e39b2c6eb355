"""The set-up pages call buttons, menus and fields what the screen calls them, in both languages."""

import re
from pathlib import Path

import pytest

from integrations.registry import DESTINATIONS

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = (ROOT / "routing/locale/zh_Hans/LC_MESSAGES/django.po").read_text(encoding="utf-8")
PAGES = sorted((ROOT / "docs/setup").glob("*.md"))
CHINESE = [*sorted((ROOT / "docs").rglob("*.zh-CN.md")), ROOT / "README.zh-CN.md"]

DJANGOS = {"Add", "Save", "Go", "增加", "保存", "执行"}
SENTRYS = {
    "Settings", "Custom Integrations", "Create New Integration", "Internal Integration", "Webhook URL", "Alert Rule Action",
    "Schema", "Permissions", "Issue & Event", "Save Changes", "Create Alert", "A new issue is created",
    "The issue changes state from resolved to unresolved", "Send a notification via …", "Send a notification via",
    "Send a notification via an integration", "60 minutes", "Save Rule", "Send Test Notification",
}  # fmt: skip
"""docs.sentry.io, organization/integrations/integration-platform and alerts."""
FEISHUS = {
    "Settings", "BOTs", "Add Bot", "Custom Bot", "Security settings", "Signature verification", "Custom keywords", "IP allow-list",
    "设置", "群机器人", "添加机器人", "自定义机器人", "安全设置", "签名校验", "自定义关键词", "IP 白名单",
}  # fmt: skip
"""open.feishu.cn, custom bot guide."""
FLASHDUTYS = {
    "Channel", "your channel", "Configuration", "Integrations", "Private integration", "Add an integration", "Standard alert event",
    "push URL", "escalation rule", "Integration Center", "Alert Events", "default route",
    "协作空间", "您的空间", "配置", "集成数据", "专属集成", "新增一个集成", "标准告警事件", "推送地址", "分派策略", "集成中心", "告警事件", "默认路由",
}  # fmt: skip
"""flashcatcloud/flashduty-docs, on-call/channel/integrate-data and alert-sources/sentry, in both languages."""
STRESSED = {
    "not", "Card", "without an error", "Never both", "Never send the same project through both", "same push address",
    "standard alert event (标准告警事件)", "Self-hosted Sentry 25.9 and newer refuses private addresses.",
    "不要", "两级", "卡片", "@人", "不报错直接丢弃", "不要两边都发", "同一项目不要同时走两种", "同一个推送地址", "自建 Sentry 25.9 起默认拒绝内网地址。",
}  # fmt: skip
"""In bold to be noticed, no word of any screen."""


def folded(word: str) -> str:
    return word.lower().rstrip("… ")


def screen() -> set[str]:
    """Every word of our own pages."""
    texts = [text for kind in DESTINATIONS.values() for text in (kind.label, *(field.label for field in kind.fields))]
    written = re.findall(r'^msg(?:id|str) "(.+)"$', CATALOGUE, re.MULTILINE)
    return {folded(word) for word in [*written, *DJANGOS, *(each for text in texts for each in (text.en, text.zh))]}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_stands_in_bold_is_on_a_screen(page: Path) -> None:
    known = screen() | {folded(word) for word in SENTRYS | FEISHUS | FLASHDUTYS | STRESSED}
    named = re.findall(r"\*\*(.+?)\*\*", page.read_text(encoding="utf-8"), re.DOTALL)
    words = {" ".join(part.split()) for found in named for part in found.split("→")}
    assert {word for word in words if folded(word) not in known} == set()


@pytest.mark.parametrize("page", CHINESE, ids=lambda page: page.name)
def test_chinese_pages_use_one_word_for_one_thing(page: Path) -> None:
    others = "中继|本系统|首页|审计记录|被拒绝的请求|监管进程|操作员|压下"
    assert re.findall(others, page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", CHINESE, ids=lambda page: page.name)
def test_a_chinese_page_names_the_chinese_page_that_it_links_to(page: Path) -> None:
    links = re.findall(r"\[([\w/.-]+\.md)\]\(([^)]+\.zh-CN\.md)\)", page.read_text(encoding="utf-8"))
    assert [name for name, target in links if not name.endswith(".zh-CN.md")] == []
