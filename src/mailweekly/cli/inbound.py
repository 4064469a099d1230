"""`inbound`: its verbs as the command line knows them. Each verb's work is in `incoming`, imported when it is called."""

from pathlib import Path
from typing import Annotated

import typer

from mailweekly.cli.groups import JsonOption

__all__ = ["inbound_app"]

inbound_app = typer.Typer(invoke_without_command=True, rich_markup_mode=None)


@inbound_app.callback(help="Read what comes back: bounces, complaints, unsubscribe mails.")
def inbound(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Look once and end; the default.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on looking, until told to end.")] = False,
    stdin: Annotated[
        bool, typer.Option("--stdin", help="Take one mail from stdin, as a mail server pipes it.")
    ] = False,
    maildir: Annotated[
        Path | None, typer.Option("--maildir", metavar="DIR", help="Read this Maildir, not the settings' mailbox.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Take in what is there."""
    if context.invoked_subcommand is not None:
        return
    from mailweekly.cli import incoming

    incoming.inbound(once=once, watch=watch, stdin=stdin, maildir=maildir, as_json=as_json)


@inbound_app.command()
def review(
    number: Annotated[int, typer.Argument(metavar="[NUMBER]", min=0, help="A notice: shown whole; else all.")] = 0,
    done: Annotated[bool, typer.Option("--done", help="Put it aside; without a number: all.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what was not understood."""
    from mailweekly.cli import reviewing

    reviewing.review(number, done=done, as_json=as_json)
