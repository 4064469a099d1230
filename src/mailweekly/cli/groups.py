"""The commands that have a name of their own before them: `theme list`, `issues list`. Each verb's work is imported when it is called."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["JsonOption", "issues_app", "publish", "report", "theme_app"]

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, nothing else there.")]

theme_app = typer.Typer(no_args_is_help=True, help="Themes: what there is, one of your own, what is wrong with one.")
issues_app = typer.Typer(no_args_is_help=True, help="The archive.")


@theme_app.command("list")
def theme_list(as_json: JsonOption = False) -> None:
    """Show the themes there are."""
    from mailweekly.cli import theme

    theme.listed(as_json=as_json)


@theme_app.command("new")
def theme_new(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    source: Annotated[str, typer.Option("--from", metavar="THEME", help="The theme it extends.")] = "digest",
    as_json: JsonOption = False,
) -> None:
    """Begin a theme of your own."""
    from mailweekly.cli import theme

    theme.new(name, source, as_json=as_json)


@theme_app.command("check")
def theme_check(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="A theme; else the settings' own.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Every theme there is.")] = False,
    fmt: Annotated[str, typer.Option("--format", metavar="FORMAT", help="text, json or github.")] = "text",
    fail_on: Annotated[
        str, typer.Option("--fail-on", metavar="LEVEL", help="error or warning: ends with 1 from there on.")
    ] = "error",
    as_json: JsonOption = False,
) -> None:
    """Show everything that is wrong with a theme, with file, line and column."""
    from mailweekly.cli import theme

    worst = theme.check(name, every=every, fmt="json" if as_json else fmt, fail_on=fail_on)
    if worst:
        raise typer.Exit(1)


@issues_app.command("list")
def issues_list(as_json: JsonOption = False) -> None:
    """Show the archive: number, date, title, entries, state."""
    from mailweekly.cli import archive

    archive.listed(as_json=as_json)


def publish(
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DIR", help="Where it goes; else where serve shows it from."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Issues too that were never sent and have no date, or one ahead; no drafts.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Draw everything again, changed or not.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write the archive as a static site with feeds and a search."""
    from mailweekly.cli import publish as publishing

    if code := publishing.publish(output, everything=everything, force=force, as_json=as_json):
        raise typer.Exit(code)


def report(
    issue: Annotated[str, typer.Argument(metavar="ISSUE", help="A number (78) or a path.")],
    audience: Annotated[
        str, typer.Option("--audience", metavar="LIST", help="Of the send to this list only; else of each.")
    ] = "",
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Also as a page of its own, with charts.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what became of an issue, with charts."""
    from mailweekly.cli import report as reporting

    reporting.report(issue, audience=audience, html=html, as_json=as_json)
