"""A listing as JSON, as it is kept on a delivery, and back."""

from typing import Any

from integrations.contract import ListedAlert, Listing, Severity, Text


def listing_to_json(listing: Listing) -> dict[str, Any]:
    """Every part of the listing; texts as {"en", "zh"}."""
    return {
        "title": text_to_json(listing.title),
        "total": listing.total,
        "per_project": [[slug, count] for slug, count in listing.per_project],
        "alerts": [
            {
                "title": alert.title,
                "project_slug": alert.project_slug,
                "severity": alert.severity.value,
                "link": alert.link,
                "count": alert.count,
            }
            for alert in listing.alerts
        ],
        "lines": [text_to_json(line) for line in listing.lines],
        "link": listing.link,
    }


def listing_from_json(plain: dict[str, Any]) -> Listing:
    """The listing that `listing_to_json` wrote."""
    return Listing(
        title=_text(plain["title"]),
        total=plain.get("total", 0),
        per_project=tuple((slug, count) for slug, count in plain.get("per_project", ())),
        alerts=tuple(
            ListedAlert(
                title=alert["title"],
                project_slug=alert.get("project_slug"),
                severity=Severity(alert["severity"]),
                link=alert.get("link"),
                count=alert.get("count", 1),
            )
            for alert in plain.get("alerts", ())
        ),
        lines=tuple(_text(line) for line in plain.get("lines", ())),
        link=plain.get("link"),
    )


def text_to_json(text: Text) -> dict[str, str]:
    """A sentence in both languages."""
    return {"en": text.en, "zh": text.zh}


def _text(plain: dict[str, str]) -> Text:
    return Text(plain["en"], plain["zh"])
