"""Writes `openapi/openapi.json`: the served document, without the sandbox (`make document`)."""

import json
from functools import cache
from pathlib import Path

from app.main import create_app
from app.settings import Settings

COMMITTED = Path(__file__).with_name("openapi.json")


@cache
def document() -> str:
    """The same whatever the settings: nothing is connected to."""
    app = create_app(Settings(database_url="postgresql://", secret_key="-" * 32))
    return json.dumps(app.openapi(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    COMMITTED.write_text(document(), encoding="utf-8")
