"""The options of `subscribers import`, as the command line knows them; each parameter has the name of its field in `importing.Call`."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "As",
    "Consent",
    "Delimiter",
    "DryRun",
    "Encoding",
    "Files",
    "From",
    "KeepTracking",
    "ListName",
    "Map",
    "Rejects",
    "Repair",
    "Strict",
    "Unguard",
    "Update",
]

Files = Annotated[
    list[str], typer.Argument(metavar="FILE…", help="Lists, exports, ZIPs, workbooks (XLSX); -: standard input.")
]
ListName = Annotated[str, typer.Option("--list", metavar="NAME", help="The list they join; else the usual one.")]
From = Annotated[
    str, typer.Option("--from", metavar="NAME", help="Where it comes from, if the columns do not tell: ghost, kit …")
]
As = Annotated[
    str, typer.Option("--as", metavar="active|pending", help="Where they stand, if the file does not say it.")
]
Map = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="FIELD=COLUMN", help="What a column is, by its name or number; repeatable."),
]
Delimiter = Annotated[str, typer.Option("--delimiter", metavar="X", help="What parts the columns: ';', tab …")]
Encoding = Annotated[str, typer.Option("--encoding", metavar="E", help="If it is not UTF-8: cp1252, mac_roman …")]
Update = Annotated[bool, typer.Option("--update", help="The file's fields beat those that are filled here.")]
Consent = Annotated[str, typer.Option("--consent", metavar="TEXT", help="How these people agreed; kept with each.")]
KeepTracking = Annotated[bool, typer.Option("--keep-tracking", help="Take opens, clicks, places, ratings as well.")]
Repair = Annotated[bool, typer.Option("--repair", help="Mend names that were encoded twice.")]
Unguard = Annotated[
    bool, typer.Option("--unguard", help="Take the guard against formulas off: an export of ours for somebody else.")
]
Strict = Annotated[bool, typer.Option("--strict", help="Take all rows or nothing.")]
Rejects = Annotated[
    Path | None, typer.Option("--rejects", metavar="FILE", help="Write the rejected rows there, to mend and import.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen; change nothing.")]
