"""A headless Chromium that looks at simcord's preview, and what is made of its shots.

Only `bench.pictures` needs it, and only to make pictures: Playwright and Pillow come with the dependency
group `pictures`, Chromium is the system's own.

Law: it shows what stands in the simulated Discord and adds nothing but faces. What is hidden is the
preview's own workbench around the conversation, and the day, which is simcord's and no real one. What the
preview draws otherwise than Discord is drawn as Discord does.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, Final

from PIL import Image, ImageDraw, ImageFont
from playwright.async_api import Browser, Page, async_playwright
from simcord.backend.cdn import CDN_BASE

from bench.portraits import browser_on_path
from bench.shipped import picture

WIDE, NARROW = 800, 700
"""CSS pixels of a conversation's width, for which a README has room, and of a single answer's."""

SCALE: Final = 2
"""Pixels of a picture to one of CSS: letters stay sharp on fine screens, and where a page shrinks them."""

ZONE: Final = "America/Santiago"
"""simcord's clock begins at midnight UTC; there it is nine in the evening, when people play."""

GROUND: Final = "#323339"
"""The preview's colour behind a conversation."""

_STYLE: Final = """
[data-workbench], .drawer-scrim, #channel-composer, .history-button, .timeline-day-divider,
.message-context-actions { display: none !important; }
html, body, .preview-shell, .preview-workspace, .preview-stage, .preview-app, .channel-layout,
.channel-timeline { display: block !important; height: auto !important; overflow: visible !important; }
.preview-app { margin: 0 !important; }
#channel-layout, #focused-content { max-height: none !important; padding-bottom: 18px !important; }
#focused-content { width: 100% !important; padding-top: 18px !important; }
#channel-timeline { padding-top: 18px; }
.reply-avatar img { width: 100%; height: 100%; }
button.component-button[aria-disabled="true"]:not(:disabled) { opacity: 1 !important; }
.button-label { font-family: "Noto Sans", "DejaVu Sans", var(--preview-font-sans) !important; }
.preview-stage { background: var(--discord-bg) !important; }
.modal-root, .modal-backdrop { position: static !important; height: auto !important; }
.modal-dialog, .modal-body, .modal-fields, .modal-surface { max-height: none !important; }
.modal-dialog, .modal-body, .modal-fields, .modal-surface { overflow: visible !important; }
.modal-dialog { position: static !important; margin: 0 !important; }
.modal-dialog { width: 700px !important; max-width: none !important; }
.modal-dialog textarea { height: 112px !important; }
.modal-close { outline: none !important; box-shadow: none !important; border-color: transparent !important; }
#empty-state, .empty-state, .preview-empty { display: none !important; }
[hidden] { display: none !important; }
"""

_BADGES: Final = """
for (const badge of document.querySelectorAll(".message-app-badge")) badge.textContent = "APP";
"""
"""The preview marks a webhook's posts as such; Discord calls an application's webhook an app too."""

_PEOPLE: Final = ("#5865f2", "#d8597c", "#2f9e6e", "#c98a1b", "#8e5ad1", "#2b8fb8")
_WHITE: Final = "#ffffff"

_FACE: Final = 80
"""Pixels of a face's side: twice what Discord shows, for screens that are twice as fine."""


class View:
    """A page of the preview, as one member sees it. Each shot shows what stands there now."""

    def __init__(self, page: Page, part: str) -> None:
        """Look at `part` (a CSS selector) of a page that is open."""
        self._page = page
        self._part = part

    async def shot(self) -> bytes:
        """Return what is there now, as PNG, no larger than what it shows.

        Raises:
            RuntimeError: the preview says that it could not show everything.
        """
        await self._page.reload()  # the preview settles the bot only when it is asked to refresh: not here
        await self._page.wait_for_function("window.simcordPreview?.ready")
        await self._page.add_style_tag(content=_STYLE)
        await self._page.evaluate(_BADGES)
        found = await self._page.evaluate("window.simcordPreview.diagnostics")
        wrong = [
            item["message"]
            for item in found
            if not item.get("complete", True) and item.get("category") != "transport"
        ]
        if wrong:
            raise RuntimeError("; ".join(wrong))
        png: bytes = await self._page.locator(self._part).screenshot(animations="disabled")
        return png

    async def still(self) -> bytes:
        """Return what is there now with the 255 colours that it needs most, in half the bytes."""
        image = Image.open(BytesIO(await self.shot())).convert("RGB")
        out = BytesIO()
        image.quantize(255, kmeans=1, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        return out.getvalue()


class Camera:
    """Looks at one tavern after the other."""

    def __init__(self, browser: Browser, portraits: Mapping[str, str]) -> None:
        """Take pictures with `browser`; `portraits` are the addresses of personas' pictures, by key."""
        self._browser = browser
        self._portraits = _portraits(portraits)

    @asynccontextmanager
    async def look(
        self,
        env: Any,  # noqa: ANN401 - simcord's
        channel: Any,  # noqa: ANN401 - simcord's
        viewer: Any,  # noqa: ANN401 - simcord's
        shown: Any = None,  # noqa: ANN401 - simcord's
        at: datetime | None = None,
    ) -> AsyncIterator[View]:
        """Look at a channel as `viewer` sees it; with `shown`, at that one message or answer alone.

        `at` is the time from which others are told, such as "in two hours"; now, unless told otherwise.
        """
        layout, width = ("channel", WIDE) if shown is None else ("message", NARROW)
        preview = env.preview(
            channel,
            viewers=[viewer],
            layout=layout,
            display="fixed",
            width=width,
            timezone=ZONE,
            assets=_faces(env) | self._portraits,
            presentation_time=at or datetime.now(UTC),
        )
        context = await self._browser.new_context(
            viewport={"width": width, "height": 720}, device_scale_factor=SCALE, bypass_csp=True
        )
        async with preview, context:
            page = await context.new_page()
            if shown is None:
                # The page would tell simcord its size, and simcord would wait until the bot has settled.
                await page.route("**/api/action", lambda route: route.abort())
            else:
                await preview.show(shown)
            await page.goto(preview.url)
            part = "#focused-content" if getattr(shown, "modal", None) is None else ".modal-dialog"
            yield View(page, "#channel-layout" if shown is None else part)

    async def page(self, html: str) -> bytes:
        """Return an exported page as its reader's browser shows it, as PNG."""
        context = await self._browser.new_context(
            viewport={"width": NARROW, "height": 600}, device_scale_factor=SCALE, color_scheme="light"
        )
        async with context:
            page = await context.new_page()
            await page.set_content(html)
            png: bytes = await page.screenshot(full_page=True, animations="disabled")
            return png


@asynccontextmanager
async def open_camera(portraits: Mapping[str, str]) -> AsyncIterator[Camera]:
    """Start the browser; `portraits` are the addresses of personas' pictures, by key.

    Raises:
        SystemExit: there is none; the text says how to get one.
    """
    browser = browser_on_path()
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=browser)
        yield Camera(chromium, portraits)
        await chromium.close()


def moving(frames: Sequence[tuple[bytes, float]]) -> bytes:
    """Return an endless GIF of stills, each with the seconds it stays; all as high as the highest."""
    images = [Image.open(BytesIO(png)).convert("RGB") for png, _ in frames]
    size = max(image.width for image in images), max(image.height for image in images)
    palette = _stacked(images).quantize(255, kmeans=1)  # of all: a button that goes has its colour too
    first, *rest = (
        _on_ground(image, size).quantize(palette=palette, dither=Image.Dither.NONE) for image in images
    )
    durations = [round(seconds * 1000) for _, seconds in frames]
    out = BytesIO()
    first.save(out, "GIF", save_all=True, append_images=rest, duration=durations, loop=0, optimize=True)
    return out.getvalue()


def _stacked(images: Sequence[Image.Image]) -> Image.Image:
    """Put images one below the other."""
    stack = Image.new("RGB", (max(image.width for image in images), sum(image.height for image in images)))
    top = 0
    for image in images:
        stack.paste(image, (0, top))
        top += image.height
    return stack


def _on_ground(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Put an image at the top of a larger ground: what grows below leaves the rest in peace."""
    ground = Image.new("RGB", size, GROUND)
    ground.paste(image)
    return ground


def _faces(env: Any) -> dict[str, tuple[str, bytes]]:  # noqa: ANN401 - simcord's
    """Give everybody a face, and return the pictures by the addresses at which Discord would have them."""
    faces = {}
    for number, user in enumerate(env.backend.users.values()):
        user.avatar = user.avatar or "face"
        drawn = _face((user.global_name or user.name)[0], _PEOPLE[number % len(_PEOPLE)])
        faces[f"{CDN_BASE}/avatars/{user.id}/{user.avatar}.png"] = ("face.png", drawn)
    return faces


def _portraits(addresses: Mapping[str, str]) -> dict[str, tuple[str, bytes]]:
    """Return each persona's picture by its address."""
    return {address: (f"{key}.png", picture(key)) for key, address in addresses.items()}


def _face(letter: str, colour: str) -> bytes:
    image = Image.new("RGB", (_FACE, _FACE), colour)
    font = ImageFont.load_default(_FACE * 0.55)
    ImageDraw.Draw(image).text((_FACE / 2, _FACE / 2), letter, _WHITE, font, anchor="mm")
    out = BytesIO()
    image.save(out, format="PNG")
    return out.getvalue()
