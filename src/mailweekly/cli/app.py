"""
The command line: which commands there are, and what becomes of an error.

Each verb's work is in the module of its group and imported when it is called, so that `--help` costs next to nothing.

Errors: every MailweeklyError ends as three lines on stderr (what, where, what to do) and its exit code; anything else is a fault of ours and says so,
with the traceback only under --debug.
"""

import io
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from mailweekly import __version__
from mailweekly.cli import terminal
from mailweekly.cli.groups import JsonOption, issues_app, publish, report, theme_app
from mailweekly.cli.inbound import inbound_app
from mailweekly.cli.subscribers import subscribers_app
from mailweekly.errors import MailweeklyError

__all__ = ["app", "run"]

INTERRUPTED: Final = 130  # 128 + SIGINT, as shells have it
FAULT: Final = 70  # EX_SOFTWARE

app = typer.Typer(
    name="mailweekly",
    help="A newsletter as code: Markdown in, responsive email out, sent in paced batches.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(theme_app, name="theme")
app.add_typer(issues_app, name="issues")
app.command()(publish)
app.command()(report)
app.add_typer(subscribers_app, name="subscribers")
app.add_typer(inbound_app, name="inbound")

IssueArgument = Annotated[str, typer.Argument(metavar="ISSUE", help="A number (78) or a path.")]
ListOption = Annotated[
    str, typer.Option("--audience", metavar="LIST", help="The list it goes to, if not the issue's own.")
]

LinksOption = Annotated[bool, typer.Option("--links", help="Ask the net whether its links are good.")]
WaitOption = Annotated[str, typer.Option("--wait", metavar="TIME", help="Stay for deferred readers due within this.")]
CorrectionOption = Annotated[
    bool, typer.Option("--correction", help="To those who got the issue already, and only them.")
]
CanaryOption = Annotated[
    str, typer.Option("--canary", metavar="SIZE", help="So many go first: 1% or 50, and the seeds.")
]
HoldOption = Annotated[
    str, typer.Option("--hold", metavar="TIME", help="How long the others wait for the canary (30m).")
]


@app.callback()
def options(
    directory: Annotated[
        Path, typer.Option("-C", metavar="DIR", help="The publication's folder; else this one or above.")
    ] = Path(),
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of unexpected faults.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Show the version and end.")] = False,
) -> None:
    """Take the options that stand before the command."""
    terminal.STATE.directory = directory
    terminal.STATE.debug = debug
    if version:
        print(f"mailweekly {__version__}")
        raise typer.Exit


@app.command()
def init(directory: Annotated[Path, typer.Argument(metavar="[DIR]")] = Path(), as_json: JsonOption = False) -> None:
    """Make a publication that works at once."""
    from mailweekly.cli import setup

    setup.init(terminal.STATE.directory / directory, as_json=as_json)


@app.command()
def new(
    title: Annotated[str, typer.Argument(metavar="[TITLE]")] = "",
    number: Annotated[int | None, typer.Option("--number", min=1, help="Its number, if not the next one.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Begin the next issue."""
    from mailweekly.cli import setup

    setup.new(title, number, as_json=as_json)


@app.command()
def check(
    issues: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ISSUE]...", help="Numbers (78) or paths; with --all alone: every one."),
    ] = None,
    since: Annotated[
        str, typer.Option("--changed-since", metavar="REF", help="The issues that differ from this commit, by git.")
    ] = "",
    fmt: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="text, json, sarif, github or junit.")
    ] = "text",
    outputs: Annotated[
        list[str] | None,
        typer.Option("-o", "--output", metavar="FILE", help="Also into a file: .sarif, .json, .xml, .txt; repeatable."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Infos and silenced findings too.")] = False,
    fail_on: Annotated[
        str,
        typer.Option("--fail-on", metavar="LEVEL", help="error, warning, info or never: ends with 1 from there on."),
    ] = "error",
    links: LinksOption = False,
    spam: Annotated[bool, typer.Option("--spam", help="Ask the spam filters of this machine, if any run.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show every fault, with its line and how to mend it."""
    from mailweekly.cli import checking

    worst = checking.check(
        issues or [],
        fmt="json" if as_json else fmt,
        everything=everything,
        fail_on=fail_on,
        since=since,
        outputs=outputs or [],
        links=links,
        spam=spam,
    )
    if worst:
        raise typer.Exit(worst)


@app.command()
def rules(
    rule: Annotated[
        str, typer.Argument(metavar="[RULE]", help="A rule (link.insecure) or a group (link); else all.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Show the rules of check: level, reason, remedy, an example."""
    from mailweekly.cli import rulebook

    rulebook.rules(rule, as_json=as_json)


@app.command()
def fix(
    issue: IssueArgument,
    write: Annotated[bool, typer.Option("--write", help="Make the repairs; without it they are only shown.")] = False,
    links: LinksOption = False,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="RULE", help="Mend what this rule finds, and no more; repeatable."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what can be mended safely; --write mends it."""
    from mailweekly.cli import mend

    mend.fix(issue, write=write, links=links, only=only or [], as_json=as_json)


@app.command()
def build(
    issue: IssueArgument,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="DIR", help="Where the files go; else out/ISSUE.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write the issue's HTML, text, MJML and a sample message."""
    from mailweekly.cli import edit

    edit.build(issue, output, as_json=as_json)


@app.command()
def plan(
    issue: IssueArgument,
    audience: ListOption = "",
    correction: CorrectionOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say who will get it and who not; sends nothing."""
    from mailweekly.cli import plan as planning

    planning.plan(issue, audience=audience, correct=correction, as_json=as_json)


@app.command()
def send(
    issue: IssueArgument,
    confirm: Annotated[bool, typer.Option("--confirm", help="Send it. Without this: a dry run.")] = False,
    to: Annotated[
        list[str] | None, typer.Option("--to", metavar="ADDRESS", help="A test copy to this address only; repeatable.")
    ] = None,
    edition: Annotated[
        str, typer.Option("--edition", metavar="DIGEST", help="Refuse if it is no longer this edition.")
    ] = "",
    wait: WaitOption = "10m",
    audience: ListOption = "",
    correction: CorrectionOption = False,
    canary: CanaryOption = "",
    hold: HoldOption = "",
    here: Annotated[
        bool, typer.Option("--here", help="This ledger is the one to go on with, though it was moved or put back.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Send the issue, or go on with it. Dry run unless --confirm."""
    from mailweekly.cli import send as sending

    sending.send(
        issue,
        confirm=confirm,
        to=to or [],
        edition=edition,
        wait=wait,
        audience=audience,
        here=here,
        correct=correction,
        canary=canary,
        hold=hold,
        as_json=as_json,
    )


@app.command()
def status(
    issue: Annotated[str, typer.Argument(metavar="[ISSUE]", help="A number or a path; else all.")] = "",
    state: Annotated[str, typer.Option("--list", metavar="STATE", help="Name the people in this state.")] = "",
    watch: Annotated[bool, typer.Option("--watch", help="Look again every second, until nobody is sending.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show where each send stands; --list names people."""
    if watch:
        from mailweekly.cli import watch as watching

        watching.watch(issue, state=state, as_json=as_json)
        return
    from mailweekly.cli import ledger

    ledger.status(issue, state=state, as_json=as_json)


@app.command()
def pause(issue: IssueArgument, audience: ListOption = "", as_json: JsonOption = False) -> None:
    """Stop a send before its next message; resume goes on."""
    from mailweekly.cli import steer

    steer.pause(issue, audience=audience, as_json=as_json)


@app.command()
def resume(
    issue: IssueArgument,
    wait: WaitOption = "10m",
    audience: ListOption = "",
    as_json: JsonOption = False,
) -> None:
    """Go on with a paused send, as send --confirm does."""
    from mailweekly.cli import steer

    steer.resume(issue, wait=wait, audience=audience, as_json=as_json)


@app.command()
def cancel(issue: IssueArgument, audience: ListOption = "", as_json: JsonOption = False) -> None:
    """Call a send off: whoever still waits is skipped, for good."""
    from mailweekly.cli import steer

    steer.cancel(issue, audience=audience, as_json=as_json)


@app.command()
def resolve(
    issue: IssueArgument,
    assume_accepted: Annotated[
        bool, typer.Option("--assume-accepted", help="Take the unknown ones as accepted.")
    ] = False,
    resend: Annotated[
        bool, typer.Option("--resend", help="Mail the unknown ones again; some may get it twice.")
    ] = False,
    rejected: Annotated[
        bool, typer.Option("--rejected", help="With --resend: instead, those whose refusals stopped the send.")
    ] = False,
    audience: ListOption = "",
    as_json: JsonOption = False,
) -> None:
    """Settle the unknown ones by your word."""
    from mailweekly.cli import ledger

    ledger.resolve(
        issue, assume_accepted=assume_accepted, resend=resend, rejected=rejected, audience=audience, as_json=as_json
    )


@app.command()
def preview(
    issue: Annotated[str, typer.Argument(metavar="[ISSUE]", help="A number or a path; else the newest.")] = "",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any free one.")] = 8025,
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open a browser.")] = False,
    blind: Annotated[
        bool | None,
        typer.Option(
            "--blind/--no-blind", help="Hide readers' addresses; the default where --host is not this machine."
        ),
    ] = None,
    edit: Annotated[bool, typer.Option("--edit", help="Let the Markdown be written there, too.")] = False,
    no_send: Annotated[bool, typer.Option("--no-send", help="Send no test from there.")] = False,
    export: Annotated[
        Path | None, typer.Option("--export", metavar="DIR", help="Write a review page there instead, to pass on.")
    ] = None,
) -> None:
    """Show the issue in the browser, live."""
    if export is not None:
        from mailweekly.cli import review

        review.export(issue, export)
        return
    from mailweekly.cli import preview as previewing

    previewing.preview(issue, port=port, host=host, no_open=no_open, blind=blind, can_test=not no_send, can_edit=edit)


@app.command()
def serve(
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any free one.")] = 8026,
    workers: Annotated[int, typer.Option("--workers", metavar="N", help="Processes that share the port.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Serve the public pages: subscribe, confirm, unsubscribe, archive."""
    from mailweekly.cli import serve as serving

    serving.serve(host=host, port=port, workers=workers, as_json=as_json)


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """Look at settings, database and relay, each with a verdict."""
    from mailweekly.cli import doctor as diagnosis

    diagnosis.doctor(as_json=as_json)


@app.command()
def demo(
    keep: Annotated[
        Path | None,
        typer.Option("--keep", metavar="DIR", help="Make the publication here, if not in a temporary folder."),
    ] = None,
) -> None:
    """Run the whole line on the sample, into a local outbox."""
    from mailweekly.cli import demo as demonstration

    demonstration.demo(keep)


def run(arguments: list[str]) -> int:
    """Run one command; its exit code."""
    terminal.STATE.reset("--json" in arguments or "json" in arguments or "--format=json" in arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that is not UTF-8 shows the escape
    usage_error: Any = typer.BadParameter.__mro__[1]  # click's UsageError, which typer carries but does not name
    try:
        result = app(arguments or ["--help"], prog_name="mailweekly", standalone_mode=False)
    except MailweeklyError as error:
        terminal.show_error(error)
        return error.exit_code
    except usage_error as error:
        terminal.show_usage(error.format_message(), error.ctx.command_path if error.ctx else "mailweekly")
        return 64
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last line of defence
        if terminal.STATE.debug:
            traceback.print_exc()
        terminal.show_fault(error)
        return FAULT
    finally:
        terminal.leave()
    return result if isinstance(result, int) else 0
