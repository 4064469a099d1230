"""`subscribers`: its verbs as the command line knows them. Each verb's work is in a module of its own, imported when it is called."""

from pathlib import Path
from typing import Annotated

import typer

from mailweekly.cli import import_options
from mailweekly.cli.groups import JsonOption

__all__ = ["subscribers_app"]

AddressArgument = Annotated[str, typer.Argument(metavar="ADDRESS")]

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


@subscribers_app.command()
def add(
    address: AddressArgument,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Their name.")] = "",
    lists: Annotated[list[str] | None, typer.Option("--list", metavar="NAME", help="A list; repeatable.")] = None,
    tags: Annotated[list[str] | None, typer.Option("--tag", metavar="TAG", help="A tag; repeatable.")] = None,
    fields: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="A custom field; repeatable.")
    ] = None,
    pending: Annotated[
        bool, typer.Option("--pending", help="They have not confirmed: nothing is sent to them.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Though they left or were erased; needs --note.")] = False,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="How they agreed; kept with them.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Add somebody, or add to what is known of them."""
    from mailweekly.cli import people_add

    person = people_add.Person(
        address=address,
        name=name,
        lists=tuple(lists or ()),
        tags=tuple(tags or ()),
        fields=tuple(fields or ()),
        is_pending=pending,
        again=again,
        note=note,
    )
    people_add.add(person, as_json=as_json)


@subscribers_app.command()
def remove(
    address: AddressArgument,
    list_name: Annotated[str, typer.Option("--list", metavar="NAME", help="From this list only.")] = "",
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for whoever looks later.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Let somebody go: they get nothing more, and no file brings them back."""
    from mailweekly.cli import people_add

    people_add.remove(address, list_name=list_name, reason=reason, as_json=as_json)


@subscribers_app.command()
def show(
    who: Annotated[str, typer.Argument(metavar="ADDRESS", help="An address, or a number as logs have it: s1042.")],
    as_json: JsonOption = False,
) -> None:
    """Show all that is known of one person."""
    from mailweekly.cli import people_show

    people_show.show(who, as_json=as_json)


@subscribers_app.command("list")
def list_(
    lists: Annotated[list[str] | None, typer.Option("--list", metavar="NAME", help="On this list; repeatable.")] = None,
    tags: Annotated[list[str] | None, typer.Option("--tag", metavar="TAG", help="With this tag; repeatable.")] = None,
    status: Annotated[
        str, typer.Option("--status", metavar="WORD", help="active, pending, suppressed, or why: unsubscribed, dead …")
    ] = "",
    segment: Annotated[
        str, typer.Option("--segment", metavar="EXPR", help="In this segment: a name of the settings, or written out.")
    ] = "",
    limit: Annotated[int, typer.Option("--limit", min=0, metavar="N", help="So many at most; 0: all.")] = 100,
    as_json: JsonOption = False,
) -> None:
    """Show who there is, one a line."""
    from mailweekly.cli import people_show

    people_show.listed(lists=lists or [], tags=tags or [], status=status, segment=segment, limit=limit, as_json=as_json)


@subscribers_app.command()
def stats(
    list_name: Annotated[str, typer.Option("--list", metavar="NAME", help="Of this list only.")] = "",
    by: Annotated[str, typer.Option("--by", metavar="SPAN", help="The chart's columns: week or month.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Show how many there are, and how the audience grows."""
    from mailweekly.cli import people_stats

    people_stats.stats(list_name=list_name, by=by, as_json=as_json)


@subscribers_app.command()
def erase(
    address: AddressArgument,
    confirm: Annotated[bool, typer.Option("--confirm", help="Do it. Without this: only say what would go.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Take one person out of everything, for good."""
    from mailweekly.cli import people_erase

    people_erase.erase(address, confirm=confirm, as_json=as_json)
