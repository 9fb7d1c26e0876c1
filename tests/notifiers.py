"""A notifier of nobody's: it keeps what it is told, as any class of Airflow's notifiers could be one."""

from typing import Any, ClassVar

from airflow.sdk import BaseNotifier


class KeepingNotifier(BaseNotifier):
    """Keeps what it was made with, for each message."""

    template_fields = ("message",)
    told: ClassVar[list[dict[str, Any]]] = []

    def __init__(self, message: str, **more: Any) -> None:
        super().__init__()
        self.message = message
        self.more = more

    def notify(self, context: Any) -> None:
        self.told.append({"message": self.message, **self.more})
