"""Everything a Feishu message says in words of our own, in both languages."""

from dataclasses import dataclass

from integrations.contract import MessageType, Severity

DEFAULT_PREFIX = "网站服务"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One language's sentences; the braces are filled by `title` and `compose`."""

    default_prefix: str
    """Stands for `DEFAULT_PREFIX` where a target was left with it."""
    joiner: str
    """Between a title's prefix and its word."""
    test: str
    firing: str
    recovery: str
    recovered: str
    metric: str
    listing: str
    listing_tags: dict[MessageType, str]
    time: str
    project: str
    environment: str
    issue: str
    fact: str
    message: str
    button: str
    open: str
    note: str
    relay_note: str
    why: str
    mute: str
    late: str
    fallback: str
    total: str
    per_project: str
    more_projects: str
    more_alerts: str
    row: str
    severities: dict[Severity, str]


ZH = Words(
    default_prefix=DEFAULT_PREFIX,
    joiner="",
    test="【测试】",
    firing="{tag} {project}项目在{environment}环境出现异常",
    recovery="{tag} {project}项目在{environment}环境的异常已恢复",
    recovered="恢复",
    metric="{tag} {project}项目触发指标告警：{rule}",
    listing="{tag} {title}",
    listing_tags={MessageType.SUMMARY: "汇总", MessageType.DIGEST: "合并", MessageType.OPERATIONS: "运维"},
    time="🕐 时间",
    project="📋 项目",
    environment="📍 部署环境",
    issue="🔢 事件 ID",
    fact="{label}：{value}",
    message="Message:\n{message}",
    button="开始处理",
    open="查看",
    note="来自Sentry日志平台",
    relay_note="来自 Alert Relay",
    why="为什么收到",
    mute="静默 1 小时",
    late="⏰ 延迟送达：比收到告警晚了 {minutes} 分钟",
    fallback="↪️ 备用目标代收：未能及时推送到「{name}」",
    total="共 {total} 条告警",
    per_project="{project}：{count} 条",
    more_projects="… 其余 {projects} 个项目：{count} 条",
    more_alerts="… 另有 {count} 项未列出",
    row="[{severity}] {project}：{title}{times}",
    severities={Severity.CRITICAL: "严重", Severity.WARNING: "警告", Severity.INFO: "提示", Severity.OK: "恢复"},
)

EN = Words(
    default_prefix="Website",
    joiner=" ",
    test="【TEST】",
    firing="{tag} Project {project}: exception in environment {environment}",
    recovery="{tag} Project {project}: exception in environment {environment} has recovered",
    recovered="RECOVERED",
    metric="{tag} Project {project}: metric alert triggered: {rule}",
    listing="{tag} {title}",
    listing_tags={MessageType.SUMMARY: "SUMMARY", MessageType.DIGEST: "DIGEST", MessageType.OPERATIONS: "OPERATIONS"},
    time="🕐 Time",
    project="📋 Project",
    environment="📍 Environment",
    issue="🔢 Event ID",
    fact="{label}: {value}",
    message="Message:\n{message}",
    button="Start handling",
    open="Open",
    note="From the Sentry log platform",
    relay_note="From Alert Relay",
    why="Why am I seeing this",
    mute="Mute for 1 h",
    late="⏰ Delivered late: {minutes} minutes after the alert was received",
    fallback="↪️ Sent here as the fallback: “{name}” could not be told in time",
    total="{total} alerts in all",
    per_project="{project}: {count}",
    more_projects="… {projects} more projects: {count}",
    more_alerts="… {count} more not listed",
    row="[{severity}] {project}: {title}{times}",
    severities={
        Severity.CRITICAL: "Critical",
        Severity.WARNING: "Warning",
        Severity.INFO: "Info",
        Severity.OK: "Ok",
    },
)


def words_for(language: str) -> Words:
    """The words of a target's language."""
    return ZH if language == "zh-hans" else EN
