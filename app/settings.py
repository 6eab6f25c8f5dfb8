"""What a person chose and Visavis remembers: a small JSON file with a schema version."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from app import paths

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Settings:
    """Defaults for what a command line leaves open.

    Attributes:
        size: width and height of the rendered picture in pixels, chosen last in the window.
        backend: the renderer: auto, cpu, cuda or reference.
        threads: threads for rendering and training; 0 lets the backend choose.
    """

    size: int = 256
    backend: str = "auto"
    threads: int = 0


def load_settings(path: Path | None = None) -> Settings:
    """Reads the settings; the defaults when there are none yet.

    Args:
        path: the file; the user's own when not given.

    Raises:
        ValueError: the file is damaged or written by a newer Visavis.
    """
    path = path or paths.settings_file()
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"damaged settings, delete or mend them: {path}") from error
    if not isinstance(stored, dict) or not isinstance(stored.get("schema_version"), int):
        raise ValueError(f"damaged settings, delete or mend them: {path}")
    if stored["schema_version"] > SCHEMA_VERSION:
        raise ValueError(f"settings of a newer Visavis (schema {stored['schema_version']}): {path}")
    chosen: dict[str, Any] = {}
    for field in fields(Settings):
        value = stored.get(field.name, field.default)
        if type(value) is not type(field.default):
            raise ValueError(f"damaged settings ({field.name}), delete or mend them: {path}")
        chosen[field.name] = value
    return Settings(**chosen)


def save_settings(settings: Settings, path: Path | None = None) -> None:
    """Writes the settings, whole or not at all."""
    path = path or paths.settings_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    with paths.whole_file(path) as temporary:
        temporary.write_text(json.dumps({"schema_version": SCHEMA_VERSION, **asdict(settings)}, indent=2) + "\n")
