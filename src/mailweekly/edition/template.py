"""
The one door to Jinja: a theme's templates, in a sandbox, to text.

Templates see plain values only (dicts, lists, strings, numbers) and the function `field(name, default="")`. Undefined names are errors, everything
is escaped unless it was drawn by this stage, and nothing outside the theme can be included. An issue's text is never a template.

Errors: ThemeError with the template's file and line.
"""

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache
from types import TracebackType
from typing import Any, Final

from jinja2 import (
    BaseLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    meta,
    nodes,
)
from jinja2.environment import Template
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from mailweekly.edition.model import Theme
from mailweekly.errors import ThemeError

__all__ = ["MARK", "Templates", "markup", "templates"]

MARK: Final = (
    "\x02{}:{}:{}{}\x03"  # file number, line, column, put before each line of a traced template's text; "!": at its end
)
TEMPLATE: Final = ".j2"
MAIL: Final = ".mjml.j2"
QUOTED: Final = re.compile(r"'([^'\n]+)'")
COMMENT: Final = re.compile(r"\{#.*?#\}", re.DOTALL)
KEPT: Final = 8  # themes whose compiled templates stay in memory
FAULTS: Final = (TemplateError, ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


class Templates:
    """The templates of one theme, compiled as they are asked for."""

    def __init__(self, files: Mapping[str, str], origins: Mapping[str, str], *, traced: bool = False) -> None:
        self._origins = origins
        self._files = files
        self.given: set[str] = set()  # names of every value that a template was ever drawn with
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
            self._environment.traced = {  # type: ignore[attr-defined]
                path: (at, files[name]) for at, (name, path) in enumerate(zip(files, self.files, strict=True))
            }

    def has(self, name: str) -> bool:
        """Return whether the theme has a file of this name."""
        return name in self._origins

    def draw(self, name: str, values: Mapping[str, Any]) -> str:
        """Return a template, filled. Errors: ThemeError with file, line and column."""
        self.given.update(values)
        try:
            return self._template(name).render(values)
        except TemplateSyntaxError as error:
            raise self._unread(error, name) from None
        except TemplateNotFound as error:
            raise self._absent(str(error.name), self._place(error.__traceback__, name, str(error.name))) from None
        except ThemeError as error:  # of a function that the template called: it knows no place
            place = error.place or self._place(error.__traceback__, name, error.what)
            raise ThemeError(error.what, place=place, hint=error.hint) from None
        except FAULTS as error:
            said = _said(error)
            place = self._place(error.__traceback__, name, said)
            raise ThemeError(f"template: {said}", place=place, hint=_HINTS.get(type(error).__name__, "")) from None

    def faults(self, own: str, known: Collection[str]) -> Iterator[ThemeError]:
        """
        Yield what is wrong in any template without drawing it: syntax, and files that are not there.

        In the mail's templates of the theme `own` also names that are neither among `known` nor used by a theme it extends; without such, none.
        """
        given: set[str] = set()
        trees: dict[str, nodes.Template] = {}
        for name, path in sorted(self._origins.items()):
            if name.endswith(TEMPLATE) and path not in trees:
                try:
                    trees[path] = self._environment.parse(self._files[name], name, path)
                    self._environment.compile(trees[path], name, path)
                except TemplateSyntaxError as error:
                    yield self._unread(error, name)
                else:
                    given.update(one.name for one in trees[path].find_all(nodes.Name) if one.ctx == "store")
        ours = {path for name, path in self._origins.items() if name.startswith(f"{own}/") and name.endswith(MAIL)}
        for path, tree in trees.items():
            yield from self._absences(path, tree)
            given.update(() if path in ours else meta.find_undeclared_variables(tree))
        for path in ours & trees.keys() if known and ours < trees.keys() else ():
            yield from self._unnamed(path, trees[path], given | set(known))

    def _absences(self, path: str, tree: nodes.Template) -> Iterator[ThemeError]:
        for asking in tree.find_all((nodes.Include, nodes.Extends, nodes.Import, nodes.FromImport)):
            asked = asking.template  # type: ignore[attr-defined]
            absent = isinstance(asked, nodes.Const) and isinstance(asked.value, str) and asked.value not in self._files
            if absent and not getattr(asking, "ignore_missing", False):
                yield self._absent(asked.value, self._at(path, asking.lineno, f"{asked.value!r}"))

    def _unnamed(self, path: str, tree: nodes.Template, given: Collection[str]) -> Iterator[ThemeError]:
        for name in sorted(meta.find_undeclared_variables(tree) - set(given)):
            lineno = next((one.lineno for one in tree.find_all(nodes.Name) if one.name == name), 1)
            near = difflib.get_close_matches(name, list(given), n=1)
            hint = f"did you mean {near[0]!r}?" if near else _HINTS["UndefinedError"]
            yield ThemeError(f"template: {name!r} is undefined", place=self._at(path, lineno, repr(name)), hint=hint)

    def _unread(self, error: TemplateSyntaxError, name: str) -> ThemeError:
        path = error.filename or self._origins.get(error.name or name, name)
        place = self._at(path, error.lineno, error.message or "")
        return ThemeError(f"template: {error.message}", place=place, hint="see Jinja's template syntax")

    def _absent(self, name: str, place: str) -> ThemeError:
        hint = "add it, or extend a theme that has it"
        return ThemeError(f"the theme has no file {name!r}", place=place, hint=hint)

    def _at(self, path: str, line: int, said: str) -> str:
        """Return path, line and column: that of the first word which an error quotes, else of the line's first tag, else of its first letter."""
        name = next((name for name, origin in self._origins.items() if origin == path), "")
        lines = self._files.get(name, "").splitlines()
        text = lines[line - 1] if 0 < line <= len(lines) else ""
        words = [found[1] for found in QUOTED.finditer(said)]
        found = next((text.index(word) for word in words if word in text), -1)
        if found < 0:
            found = min((at for at in (text.find("{%"), text.find("{{")) if at >= 0), default=-1)
        return f"{path}:{line}:{(found if found >= 0 else len(text) - len(text.lstrip())) + 1}"

    def _template(self, name: str) -> Template:
        return self._environment.get_template(name)

    def _place(self, trace: TracebackType | None, name: str, said: str) -> str:
        known = set(self._origins.values())
        place = self._origins.get(name, name)
        while trace is not None:
            file = trace.tb_frame.f_code.co_filename
            if file in known:
                place = self._at(file, trace.tb_lineno, f"{said} {said!r}")
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
        number, source = self.environment.traced.get(stream.filename, (0, ""))  # type: ignore[attr-defined]
        finder = _Columns(source)
        for token in stream:
            if token.type != "data":
                finder.passed(token)
                yield token
                continue
            column = finder.column(token)
            lines = token.value.split("\n")
            marked = "\n".join(
                MARK.format(number, token.lineno + at, 1 if at else column, "") + line for at, line in enumerate(lines)
            )
            last = (column if len(lines) == 1 else 1) + len(lines[-1])
            yield Token(token.lineno, "data", marked + MARK.format(number, token.lineno + len(lines) - 1, last, "!"))


class _Columns:
    """Finds where in its line a piece of a template's text begins, which Jinja does not say."""

    def __init__(self, source: str) -> None:
        written = COMMENT.sub(lambda found: re.sub(r"[^\n]", "\0", found[0]), source.replace("\r\n", "\n"))
        self._source = written
        self._starts = [0, *(found.end() for found in re.finditer("\n", written))]
        self._at = 0

    def passed(self, token: Token) -> None:
        """Go on behind a tag's end."""
        if token.type in {"block_end", "variable_end"}:
            found = self._source.find(str(token.value), max(self._at, self._start(token.lineno)))
            self._at = found + len(str(token.value)) if found >= 0 else self._at

    def column(self, token: Token) -> int:
        """Return the column of a piece of text, counted from 1."""
        start = self._start(token.lineno)
        found = self._source.find(str(token.value), max(self._at, start))
        if found < 0:
            return 1
        self._at = found + len(str(token.value))
        return found - start + 1

    def _start(self, line: int) -> int:
        return self._starts[min(line, len(self._starts)) - 1]


def _said(error: BaseException) -> str:
    text = getattr(error, "message", "") or str(error) or type(error).__name__
    return " ".join(str(text).split())
