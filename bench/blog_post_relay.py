"""What people run today: a FastAPI function that posts to the bot of its URL while Sentry waits for the answer.

    uvicorn bench.blog_post_relay:app --port 8001

The blocking call inside the async handler is what such scripts do, and what makes one slow bot hold up every alert.
"""

from typing import Any

import requests  # noqa: TID251 - what is compared with does what it does
from fastapi import FastAPI, Request

from bench.loopback import checked

app = FastAPI()


def _column(label: str, value: Any) -> dict[str, Any]:
    text = {"tag": "lark_md", "content": f"**{label}**\n{value}"}
    return {"is_short": True, "text": text}


def card(event: dict[str, Any]) -> dict[str, Any]:
    """The card of an event."""
    level = str(event.get("level") or "error").upper()
    project, environment = event.get("project_slug") or event.get("project"), event.get("environment", "UNKNOWN")
    link = {
        "tag": "button",
        "type": "primary",
        "url": event.get("web_url", ""),
        "text": {"tag": "plain_text", "content": "开始处理"},
    }
    return {
        "header": {
            "template": "red",
            "title": {"tag": "plain_text", "content": f"【网站服务{level}】 {project}项目在{environment}环境出现异常"},
        },
        "elements": [
            {
                "tag": "div",
                "fields": [
                    _column("🕐 时间", event.get("datetime")),
                    _column("📋 项目", project),
                    _column("📍 部署环境", environment),
                    _column("🔢 事件 ID", event.get("issue_id")),
                ],
            },
            {"tag": "div", "text": {"tag": "plain_text", "content": f"{event.get('culprit')}\n{event.get('title')}"}},
            {"tag": "action", "actions": [link]},
        ],
    }


@app.post("/hook")
async def hook(request: Request, feishu: str) -> dict[str, Any]:
    """Tell the bot, then Sentry."""
    checked(feishu)
    payload = await request.json()
    event = payload.get("event") or payload["data"]["event"]
    answer = requests.post(feishu, json={"msg_type": "interactive", "card": card(event)})
    return {"feishu": answer.json()}
