"""
`subscribers`: its verbs as the command line knows them. Each verb's work is in a module of its own, imported when it is called.
"""

import typer

__all__ = ["subscribers_app"]

subscribers_app = typer.Typer(
    help="The audience: bring people in, take them out, look at them.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
