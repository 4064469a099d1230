"""
Every error a user can see: what happened, where, what to do, and the exit code.

MailweeklyError                 70  (never raised bare)
    UsageError                  64  the command was called wrongly
    DataError                   65  an issue, a theme or a list file that cannot be used
        IssueError                  the Markdown or its front matter
        ThemeError                  a template or its tokens
        ListError                   a list file refused whole
    MissingFileError            66  a file or folder that should be there
    UnreachableError            69  relay or database not reachable, or its TLS not trusted
    UnfinishedError             75  not finished; the same command goes on
    RefusedError                77  not allowed: already sent, findings, another edition than the one named
    SettingsError               78  bad settings
        LoginError                  the relay refused the login

Raised by any stage and shown by `cli` as three lines: what, where, what to do. An error never holds a secret: whoever raises it names the key, not
the value.

Source: exit codes of sysexits.h.
"""

__all__ = [
    "DataError",
    "IssueError",
    "ListError",
    "LoginError",
    "MailweeklyError",
    "MissingFileError",
    "RefusedError",
    "SettingsError",
    "ThemeError",
    "UnfinishedError",
    "UnreachableError",
    "UsageError",
]


class MailweeklyError(Exception):
    """What happened (`what`), where (`place`: `issues/078-title.md:14`), what to do (`hint`), and the process's `exit_code`."""

    exit_code = 70

    def __init__(self, what: str, *, place: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.place = place
        self.hint = hint

    def __str__(self) -> str:
        return "\n".join(line for line in (self.what, self.place, self.hint) if line)

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuilt, (type(self), self.what, self.place, self.hint))


class UsageError(MailweeklyError):
    """The command was called wrongly."""

    exit_code = 64


class DataError(MailweeklyError):
    """An issue, a theme or a list file that cannot be used."""

    exit_code = 65


class IssueError(DataError):
    """The Markdown or its front matter cannot be read."""


class ThemeError(DataError):
    """A template or its tokens cannot be used."""


class ListError(DataError):
    """A list file was refused whole; nothing of it was taken."""


class MissingFileError(MailweeklyError):
    """A file or folder that should be there is not."""

    exit_code = 66


class UnreachableError(MailweeklyError):
    """The relay or the database is not reachable, or its TLS is not trusted."""

    exit_code = 69


class UnfinishedError(MailweeklyError):
    """Readers are still waiting; the same command goes on."""

    exit_code = 75


class RefusedError(MailweeklyError):
    """Not allowed: already sent, findings that must be mended, another edition than the one named."""

    exit_code = 77


class SettingsError(MailweeklyError):
    """A setting is missing, unknown or of the wrong form."""

    exit_code = 78


class LoginError(SettingsError):
    """The relay refused the login."""


def _rebuilt(kind: type[MailweeklyError], what: str, place: str, hint: str) -> MailweeklyError:
    return kind(what, place=place, hint=hint)
