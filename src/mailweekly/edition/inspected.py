"""What looking a theme over with one issue has found; apart from what finds it, for who only reads it need not load the whole rendering."""

from dataclasses import dataclass

from mailweekly.edition.model import Edition

__all__ = ["Inspection", "ThemeFault"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ThemeFault:
    """One mistake of a theme. `kind`: toml, colour, css, template, mjml or mail."""

    kind: str
    what: str
    place: str = ""
    hint: str = ""
    is_warning: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Inspection:
    """What was found; the edition where one could be made all the same."""

    faults: tuple[ThemeFault, ...]
    edition: Edition | None = None
