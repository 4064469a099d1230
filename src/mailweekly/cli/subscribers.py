"""`subscribers`: its verbs as the command line knows them. Each verb's work is in a module of its own, imported when it is called."""

from pathlib import Path
from typing import Annotated

import typer

from mailweekly.cli import import_options
from mailweekly.cli.groups import JsonOption

__all__ = ["subscribers_app"]

subscribers_app = typer.Typer(
    help="The audience: bring people in, take them out, look at them.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@subscribers_app.command()
def export(
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="DIR|FILE", help="The folder; of our own format also one .csv file."),
    ],
    to: Annotated[
        str,
        typer.Option(
            "--as", metavar="NAME", help="For whom: mailweekly (complete), listmonk, keila, mailchimp, ghost …"
        ),
    ] = "mailweekly",
    list_name: Annotated[str, typer.Option("--list", metavar="NAME", help="Only the people on this list.")] = "",
    excel: Annotated[
        bool, typer.Option("--excel", help="With a mark and semicolons, as a spreadsheet opens it by itself.")
    ] = False,
    raw: Annotated[
        bool, typer.Option("--raw", help="Guard nothing against formulas: for machines, never for a spreadsheet.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write everybody to files that another product takes, or that we take back."""
    from mailweekly.cli import exporting

    exporting.export(output, to=to, list_name=list_name, excel=excel, raw=raw, as_json=as_json)


@subscribers_app.command("import")
def import_(  # noqa: PLR0917 - each is an option
    files: import_options.Files,
    list_name: import_options.ListName = "",
    origin: import_options.From = "",
    standing: import_options.As = "",
    columns: import_options.Map = None,
    delimiter: import_options.Delimiter = "",
    encoding: import_options.Encoding = "",
    update: import_options.Update = False,
    consent: import_options.Consent = "",
    keep_tracking: import_options.KeepTracking = False,
    repair: import_options.Repair = False,
    unguard: import_options.Unguard = False,
    strict: import_options.Strict = False,
    rejects: import_options.Rejects = None,
    dry_run: import_options.DryRun = False,
    as_json: JsonOption = False,
) -> None:
    """Bring people in from any product's files, with those who must never be mailed."""
    said = dict(locals())  # the options have the names of the call's fields
    from mailweekly.cli import importing

    if code := importing.bring(importing.Call(**said)):
        raise typer.Exit(code)
