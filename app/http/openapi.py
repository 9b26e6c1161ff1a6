"""The command that writes the OpenAPI document, `openapi.json`.

The server imports this module for the command's sake, so what makes the document (apispec and all
that comes with it) is imported only when the command runs.
"""

from __future__ import annotations

import json
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from app.http.documentation import DOCUMENT


def document_text(app: Flask) -> str:
    """The document of `app`'s routes, as it is committed."""
    from app.http.openapi_document import build

    return json.dumps(build(app), indent=2, ensure_ascii=False) + "\n"


def is_current(text: str, file: Path) -> bool:
    return file.is_file() and file.read_text(encoding="utf-8") == text


@click.command("openapi", help="Write the OpenAPI document to openapi.json.")
@click.option("--check", is_flag=True, help="Write nothing; fail if the file is not current.")
@with_appcontext
def openapi_command(check: bool) -> None:
    text = document_text(current_app)
    if is_current(text, DOCUMENT):
        click.echo(f"{DOCUMENT.name} is current.")
    elif check:
        raise click.ClickException(f"{DOCUMENT.name} is not current: run 'flask openapi'.")
    else:
        DOCUMENT.write_text(text, encoding="utf-8")
        click.echo(f"{DOCUMENT.name} is written.")
