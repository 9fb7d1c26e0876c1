"""Hands messages to Airflow's notifiers: SMTP, Slack's webhook, and whatever class the settings name."""

from __future__ import annotations

import importlib
import re
import smtplib
from collections.abc import Mapping
from socket import gaierror
from typing import Any

from airflow.configuration import conf
from airflow.exceptions import AirflowNotFoundException

from import_export.addresses import SLACK, Address
from import_export.errors import SettingsError
from import_export.notices.letters import Letter
from import_export.settings import Settings

_SLACK_CLASS = "airflow.providers.slack.notifications.slack_webhook.SlackWebhookNotifier"
_SLACK_PACKAGE = "apache-airflow-providers-slack"
_SLACK_CONNECTION = "slack_default"
_PLACE = re.compile(r"\{(subject|text|html|link|address)\}")
_SPEAKING = (
    *(AirflowNotFoundException, SettingsError),
    *(smtplib.SMTPException, ConnectionError, TimeoutError, gaierror),
)
"""Faults whose words hold no secret; those of others may quote a webhook's address, which is one."""


def base_url() -> str:
    """Where Airflow's pages are reached, as its configuration says; without a slash at the end."""
    return str(conf.get("api", "base_url", fallback="")).rstrip("/")


def deliver(settings: Settings, address: Address, letter: Letter, message_id: str) -> None:
    """Hand one message to its notifier; raises whatever the notifier raises, `SettingsError` for one that is not there.

    The notifier's own templating is left out (`notify` instead of calling it): a file's name may look like a template.
    """
    _notifier(settings, address, letter, message_id).notify({})


def reason_of(fault: Exception) -> str:
    """Why a message could not be delivered, in words that may be shown."""
    name = type(fault).__name__
    return f"{name}: {fault}" if isinstance(fault, _SPEAKING) else f"{name}, see the task's log"


def _notifier(settings: Settings, address: Address, letter: Letter, message_id: str) -> Any:
    if address.notifier is None:
        return _loaded("airflow.providers.smtp.notifications.smtp.SmtpNotifier", address)(
            to=address.rest,
            from_email=settings.notify_email_from or None,
            subject=letter.subject,
            html_content=letter.html,
            smtp_conn_id=settings.notify_smtp_conn_id,
            # A mail server that gets the same message twice can tell.
            custom_headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"},
        )
    if address.notifier == SLACK:
        text = f"*{_for_slack(letter.subject)}*\n{_for_slack(letter.text)}"
        connection = address.rest or _SLACK_CONNECTION
        return _loaded(_SLACK_CLASS, address, _SLACK_PACKAGE)(slack_webhook_conn_id=connection, text=text)
    spec = next((each for each in settings.notifiers if each.name == address.notifier), None)
    if spec is None:
        raise SettingsError(
            f"address '{address.text}': the setting 'notifiers' has no '{address.notifier}' (it has: "
            f"{', '.join(each.name for each in settings.notifiers) or 'none'})"
        )
    values = {
        "subject": letter.subject,
        "text": letter.text,
        "html": letter.html,
        "link": letter.link,
        "address": address.rest,
    }
    return _loaded(spec.path, address)(**_filled(spec.kwargs, values))


def _loaded(path: str, address: Address, package: str | None = None) -> Any:
    """The notifier's class; each installation has those of its own packages only."""
    module, _, name = path.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as fault:
        help_ = f": install {package}" if package else f" ({fault})"
        raise SettingsError(f"address '{address.text}': {path} is not there{help_}") from fault


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    """The kwargs with the message in the places that are meant for it; what is filled in is not looked at again."""
    if isinstance(value, str):
        return _PLACE.sub(lambda found: values[found[1]], value)
    if isinstance(value, Mapping):
        return {key: _filled(each, values) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, values) for each in value]
    return value


def _for_slack(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
