"""
The one door to Jinja: a theme's templates, in a sandbox, to text.

Templates see plain values only (dicts, lists, strings, numbers) and the function `field(name, default="")`. Undefined names are errors, everything
is escaped unless it was drawn by this stage, and nothing outside the theme can be included. An issue's text is never a template.

Errors: ThemeError with the template's file and line.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from types import TracebackType
from typing import Any, Final

from jinja2 import BaseLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.environment import Template
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from mailweekly.edition.model import Theme
from mailweekly.errors import ThemeError

__all__ = ["MARK", "Templates", "markup", "templates"]

MARK: Final = "\x02{}:{}\x03"  # file number and line, put before each line of a traced template's text
KEPT: Final = 8  # themes whose compiled templates stay in memory
FAULTS: Final = (TemplateError, ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


class Templates:
    """The templates of one theme, compiled as they are asked for."""

    def __init__(self, files: Mapping[str, str], origins: Mapping[str, str], *, traced: bool = False) -> None:
        self._origins = origins
        self.files = [origins.get(name, name) for name in files]
        self._environment = ImmutableSandboxedEnvironment(
            loader=_Loader(files, origins),
            extensions=[_Trace] if traced else [],
            undefined=StrictUndefined,
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            cache_size=-1,
        )
        del self._environment.globals["lipsum"], self._environment.filters["random"]  # the same theme, the same bytes
        if traced:
            self._environment.file_numbers = {name: at for at, name in enumerate(self.files)}  # type: ignore[attr-defined]

    def has(self, name: str) -> bool:
        """Return whether the theme has a file of this name."""
        return name in self._origins

    def draw(self, name: str, values: Mapping[str, Any]) -> str:
        """Return a template, filled. Errors: ThemeError with file and line."""
        try:
            return self._template(name).render(values)
        except TemplateSyntaxError as error:
            place = f"{error.filename or error.name or name}:{error.lineno}"
            raise ThemeError(f"template: {error.message}", place=place, hint="see Jinja's template syntax") from None
        except TemplateNotFound as error:
            place = self._place(error.__traceback__, name)
            raise ThemeError(
                f"the theme has no file {error.name!r}", place=place, hint="add it, or extend a theme that has it"
            ) from None
        except FAULTS as error:
            place = self._place(error.__traceback__, name)
            raise ThemeError(
                f"template: {_said(error)}", place=place, hint=_HINTS.get(type(error).__name__, "")
            ) from None

    def _template(self, name: str) -> Template:
        return self._environment.get_template(name)

    def _place(self, trace: TracebackType | None, name: str) -> str:
        known = set(self._origins.values())
        place = self._origins.get(name, name)
        while trace is not None:
            file = trace.tb_frame.f_code.co_filename
            if file in known:
                place = f"{file}:{trace.tb_lineno}"
            trace = trace.tb_next
        return place


def markup(drawn: str) -> str:
    """Return markup drawn by this stage as a string that templates do not escape again."""
    return Markup(drawn)  # noqa: S704 (every part of it has been escaped where it was drawn)


def templates(theme: Theme) -> Templates:
    """Return the theme's templates; those of the last few themes stay compiled."""
    return _templates(tuple(sorted(theme.files.items())), tuple(sorted(theme.origins.items())))


_HINTS: Final = {
    "UndefinedError": "check the name's spelling; the names there are: the theme reference",
    "SecurityError": "templates may read values, and no more",
    "RecursionError": "a template includes itself",
}


@lru_cache(maxsize=KEPT)
def _templates(files: tuple[tuple[str, str], ...], origins: tuple[tuple[str, str], ...]) -> Templates:
    return Templates(dict(files), {**{name: name for name, _ in files}, **dict(origins)})


class _Loader(BaseLoader):
    """Templates out of a mapping; a template's file name is the path the editor knows."""

    def __init__(self, files: Mapping[str, str], origins: Mapping[str, str]) -> None:
        self._files = files
        self._origins = origins

    def get_source(self, _environment: Any, template: str) -> tuple[str, str, Callable[[], bool]]:
        """Return source, path and an answer to "is it still fresh?". Errors: TemplateNotFound."""
        if template not in self._files:
            raise TemplateNotFound(template)
        return self._files[template], self._origins.get(template, template), lambda: True


class _Trace(Extension):
    """Puts a mark before each line of a template's own text, so that a place in the output can be followed back."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Yield the template's tokens, marks put into its text."""
        number = self.environment.file_numbers.get(stream.filename, 0)  # type: ignore[attr-defined]
        for token in stream:
            if token.type == "data":
                lines = token.value.split("\n")
                marked = "\n".join(MARK.format(number, token.lineno + at) + line for at, line in enumerate(lines))
                yield Token(token.lineno, "data", marked)
            else:
                yield token


def _said(error: BaseException) -> str:
    text = getattr(error, "message", "") or str(error) or type(error).__name__
    return " ".join(str(text).split())
