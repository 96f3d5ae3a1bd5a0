"""A scene as one HTML page that reads like its channel: faces, names, times and rendered markup.

Law: the page is one file and loads nothing, which its own Content Security Policy holds it to: no script, no
font, no picture but those inside it. Whatever people named themselves or wrote is text.
"""

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from html import escape
from typing import Final

import regex

from bot.core.transfer.chat import Head, Line
from bot.core.transfer.markup import to_html
from bot.core.transfer.page_style import HUES, style

TOGETHER: Final = timedelta(minutes=7)
"""The time within which turns of one speaker stand under one name, as in Discord's own client."""

_LETTER: Final = regex.compile(r"[\p{L}\p{N}]\p{M}*")
_GRAPHEME: Final = regex.compile(r"\X")


class PageWriter:
    """Writes the page."""

    def __init__(self, head: Head) -> None:
        self._head = head
        cast = dict.fromkeys([*head.personas, *head.people])
        self._hues = {name: number % HUES for number, name in enumerate(cast)}
        self._faces = {name: number for number, name in enumerate(head.pictures)}
        self._day = ""
        self._last: Line | None = None

    def begin(self) -> str:
        """Return the head, with the style sheet and the pictures."""
        title, wording = escape(self._head.title), self._head.wording
        sheet = style(list(self._head.pictures.values()))
        digest = b64encode(sha256(sheet.encode()).digest()).decode()
        policy = (
            f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; "
            "form-action 'none'"
        )
        return (
            f'<!DOCTYPE html>\n<html lang="{escape(wording.language)}">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="referrer" content="no-referrer">\n<meta name="color-scheme" content="light dark">\n'
            f"<title>{title}</title>\n<style>{sheet}</style>\n</head>\n<body>\n"
            f'<header>\n<h1 dir="auto">{title}</h1>\n'
            f'<p class="about">{escape(wording.subtitle)}</p>\n</header>\n<main>\n'
        )

    def write(self, lines: Sequence[Line]) -> str:
        """Return turns, with a heading before the first of each day."""
        return "".join(map(self._turn, lines))

    def end(self) -> str:
        """Return the small print."""
        return f"</main>\n<footer>{escape(self._head.wording.footer)}</footer>\n</body>\n</html>\n"

    def _turn(self, line: Line) -> str:
        day = self._head.wording.day(line.at)
        heading = f"<h2>{escape(day)}</h2>\n" if day != self._day else ""
        last, self._last, self._day = self._last, line, day
        words = to_html(line.text) + "".join(f'<p class="note">{escape(each)}</p>\n' for each in line.notes)
        said = f'<div class="words" dir="auto">{words}</div>\n</article>\n'
        if last is not None and not heading and _goes_on(last, line):
            return f'<article class="more">{_time(line.at, f"{line.at:%H:%M}", "late")}\n{said}'
        mark = (
            ""
            if line.is_person or line.by_hand
            else f' <span class="ai">{escape(self._head.wording.ai)}</span>'
        )
        hue = self._hues.get(line.name, 0)
        return (
            f"{heading}<article>{self._face(line.name, hue)}"
            f'<p class="by"><b class="name n{hue}" dir="auto">{escape(line.name)}</b>{mark} '
            f"{_time(line.at, f'{line.at:%H:%M} UTC')}</p>\n{said}"
        )

    def _face(self, name: str, hue: int) -> str:
        picture = self._faces.get(name)
        if picture is not None:
            return f'<span class="face p{picture}" aria-hidden="true"></span>'
        return f'<span class="face n{hue}" aria-hidden="true"><i>{escape(_initial(name))}</i></span>'


def _goes_on(last: Line, line: Line) -> bool:
    together = abs(line.at - last.at) <= TOGETHER
    return (last.name, last.is_person, last.by_hand) == (line.name, line.is_person, line.by_hand) and together


def _time(at: datetime, shown: str, kind: str = "") -> str:
    exact = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    named = f' class="{kind}"' if kind else ""
    return f'<time{named} datetime="{exact}" title="{exact}">{shown}</time>'


def _initial(name: str) -> str:
    found = _LETTER.search(name) or _GRAPHEME.search(name)
    return found[0].upper() if found else ""
