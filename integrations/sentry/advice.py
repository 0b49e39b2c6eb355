"""What to do when the call shows a wrong set-up."""

from collections.abc import Mapping

from integrations.contract import MalformedPayload, Text
from integrations.sentry.parsing import parse
from integrations.sentry.resources import ALERTS, GLITCHTIP, LEGACY, SERVICE_HOOK, recognise
from integrations.sentry.signature import COMPONENT_HEADER, SERVICE_HOOK_HEADER, WEBHOOK_HEADER

_MAX_SNIFFED = 256 * 1024
"""A body that nobody vouches for is only looked into while that is cheap."""

_USE_INTEGRATION = Text(
    "In Sentry open Settings > Custom Integrations, create an Internal Integration with this address as its Webhook URL,"
    " switch Alert Rule Action on, and enter its Client Secret here.",
    "请在 Sentry 的 Settings > Custom Integrations 中新建 Internal Integration，把本地址填入 Webhook URL，"
    "打开 Alert Rule Action，并把它的 Client Secret 填到这里。",
)

_ABOUT = {
    SERVICE_HOOK: Text(
        f"This is one of Sentry's project service hooks, which are not supported. {_USE_INTEGRATION.en}",
        f"收到的是 Sentry 的 project service hook，不支持这种方式。{_USE_INTEGRATION.zh}",
    ),
    GLITCHTIP: Text(
        "This is GlitchTip's webhook, a ready chat message that names neither project nor issue. Send it to the chat"
        " directly, or report the application's errors to Sentry.",
        "收到的是 GlitchTip 的 webhook，它是现成的聊天消息，没有项目和 issue 信息。请让 GlitchTip 直接推送到群机器人，"
        "或改用 Sentry 收集该应用的错误。",
    ),
    LEGACY: Text(
        "This is the legacy WebHooks payload, which Sentry does not sign. Allow unsigned calls on this source, or better:"
        f" {_USE_INTEGRATION.en}",
        f"收到的是旧版 WebHooks 插件的请求，Sentry 不对它签名。请在该接入上允许未签名请求；更好的做法：{_USE_INTEGRATION.zh}",
    ),
}

_WRONG_SECRET = Text(
    "The signature does not match any active client secret. Copy the Client Secret of this integration from Sentry"
    " (Settings > Custom Integrations); each integration has its own. If a proxy stands in between, it must not change"
    " the body.",
    "签名与任何有效的 Client Secret 都不匹配。请从 Sentry（Settings > Custom Integrations）复制该集成自己的 Client Secret，"
    "每个集成各不相同；中间如有代理，不得改动请求体。",
)
_COMPONENT_CALL = Text(
    "This is a call of Sentry's alert rule action form, but it came to the webhook address. Paste the schema of this"
    " source into the integration again.",
    "这是 Sentry 告警规则动作表单的请求，却发到了 webhook 地址。请把该接入的 schema 重新粘贴到集成设置中。",
)
_UNSIGNED = Text(
    f"The call is not signed, so nobody knows who sent it. {_USE_INTEGRATION.en}",
    f"请求没有签名，无法确认发送者。{_USE_INTEGRATION.zh}",
)
_NO_RESOURCE = Text(
    "The call names no resource and its body has no known shape. If a proxy stands before this address, let it pass"
    " the headers that begin with Sentry-Hook.",
    "请求没有说明资源类型，请求体也无法识别。如果本地址前有代理，请让它保留以 Sentry-Hook 开头的请求头。",
)
_RENAMED_ALERT = Text(
    "The resource is unknown, but the body has the shape of an alert. If a proxy stands before this address, let it"
    " pass the header Sentry-Hook-Resource unchanged; if Sentry itself sends this name, update Alert Relay.",
    "资源类型未知，但请求体是告警的格式。如果本地址前有代理，请让它原样保留 Sentry-Hook-Resource 请求头；"
    "如果这个名称来自 Sentry 本身，请升级 Alert Relay。",
)


def about(resource: str, evident: str) -> Text | None:
    """What to change when an ignored call should not have come like this; None for what is fine as it is."""
    if not resource:
        return _NO_RESOURCE
    if resource in (SERVICE_HOOK, GLITCHTIP):
        return _ABOUT[resource]
    return _RENAMED_ALERT if evident in ALERTS else None


def advise(body: bytes, headers: Mapping[str, str]) -> Text:
    """What the operator should change, for a call that was refused; never raises."""
    if SERVICE_HOOK_HEADER in headers:
        return _ABOUT[SERVICE_HOOK]
    if WEBHOOK_HEADER in headers:
        return _WRONG_SECRET
    if COMPONENT_HEADER in headers:
        return _COMPONENT_CALL
    return _ABOUT.get(_sniff(body, headers), _UNSIGNED)


def _sniff(body: bytes, headers: Mapping[str, str]) -> str:
    if len(body) > _MAX_SNIFFED:
        return ""
    try:
        return recognise(parse(body), headers, "", body).resource
    except MalformedPayload:
        return ""
