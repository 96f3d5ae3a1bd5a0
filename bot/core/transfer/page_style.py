"""How an exported page looks: on light and dark screens, on paper, and where nobody sees colours.

Law: it loads nothing. Letters have at least 4.5:1 against their ground in both schemes (WCAG 2.2, 1.4.3).
"""

from typing import Final

HUES: Final = 8
"""The number of colours for speakers."""

_LIGHT: Final = ("#9a4a17", "#1c6a8c", "#7a3d94", "#2c7042", "#a3314c", "#4a57b5", "#7a5c05", "#0d6e6a")
_DARK: Final = ("#e79a6a", "#6cbfe0", "#cf9be8", "#7fcb96", "#f08ba0", "#a3b0ff", "#dcb95a", "#5fcac3")

_BASE: Final = """
:root{color-scheme:light dark;--ground:#fbf8f3;--ink:#2b2723;--faint:#6b635a;--line:#e3dcd1;--shade:#f1ebe1;
--accent:#9a4a17}
@media (prefers-color-scheme:dark){:root{--ground:#1d1c20;--ink:#e4dfd8;--faint:#a39b92;--line:#35333a;
--shade:#29272d;--accent:#e79a6a}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--ink);line-height:1.6;
font:1rem/1.6 -apple-system,"Segoe UI",Roboto,"Noto Sans",system-ui,sans-serif}
main,body>header,body>footer{max-width:46rem;margin:0 auto;padding:0 1.25rem}
body>header{padding-top:3.5rem;padding-bottom:1rem;text-align:center}
h1{margin:0 0 .6rem;font:600 clamp(1.9rem,6vw,2.8rem)/1.15 "Iowan Old Style",Georgia,"Noto Serif",serif;
letter-spacing:-.01em;text-wrap:balance;overflow-wrap:anywhere}
.about{margin:0;color:var(--faint);font-size:.9rem}
body>header::after{content:"";display:block;width:3.5rem;height:2px;margin:1.6rem auto 0;
background:var(--accent);border-radius:1px}
h2{display:flex;align-items:center;gap:1rem;margin:2.2rem 0 .6rem;color:var(--faint);font-size:.8rem;
font-weight:600;letter-spacing:.04em;break-after:avoid}
h2::before,h2::after{content:"";flex:1;height:1px;background:var(--line)}
article{display:grid;grid-template-columns:2.75rem 1fr;column-gap:.9rem;padding:.1rem 0;margin-top:1.05rem;
position:relative}
article.more{margin-top:0}
.face{grid-row:1/span 2;width:2.75rem;height:2.75rem;border-radius:50%;display:flex;align-items:center;
justify-content:center;color:var(--ground);font-weight:600;font-size:1.15rem;overflow:hidden;
background:currentColor center/cover no-repeat;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.face>i{font-style:normal;color:var(--ground)}
.by{grid-column:2;margin:0;display:flex;flex-wrap:wrap;align-items:baseline;column-gap:.5rem}
.name{font-weight:600;overflow-wrap:anywhere}
.ai{align-self:center;padding:.05rem .35rem;border-radius:.25rem;background:var(--shade);color:var(--faint);
font-size:.65rem;font-weight:600;letter-spacing:.03em}
time{color:var(--faint);font-size:.75rem;white-space:nowrap}
.late{position:absolute;left:0;top:.45rem;width:2.75rem;text-align:center;opacity:0;font-size:.68rem}
article:hover>.late{opacity:1}
.words{grid-column:2;min-width:0;overflow-wrap:anywhere}
.words>:first-child{margin-top:0}.words>:last-child{margin-bottom:0}
.words p{margin:.45em 0}
.words p:empty{display:none}
.h1,.h2,.h3{font-family:"Iowan Old Style",Georgia,"Noto Serif",serif;font-weight:600;line-height:1.3}
.h1{font-size:1.5rem}.h2{font-size:1.25rem}.h3{font-size:1.08rem}
.small,.note{color:var(--faint);font-size:.83rem}
.note{font-style:italic}
blockquote{margin:.45em 0;padding:.05em 0 .05em .9rem;
border-left:.25rem solid var(--line);border-radius:.12rem}
ul,ol{margin:.45em 0;padding-left:1.5rem}
code{padding:.1em .3em;border-radius:.25rem;background:var(--shade);
font:.875em/1.5 ui-monospace,"Cascadia Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
pre{margin:.45em 0;padding:.7rem .9rem;border:1px solid var(--line);border-radius:.4rem;
background:var(--shade);overflow-x:auto;white-space:pre-wrap}
pre code{padding:0;background:none}
a{color:var(--accent)}
.spoiler{border-radius:.2rem;padding:0 .15em;background:var(--faint);color:transparent;cursor:pointer}
.spoiler *{color:inherit;background:none}
.spoiler:hover,.spoiler:focus,.spoiler:focus-within{background:var(--shade);color:inherit;outline:none}
body>footer{margin-top:3.5rem;padding-top:1.2rem;padding-bottom:3rem;color:var(--faint);font-size:.8rem;
text-align:center}
@media (max-width:30rem){article{grid-template-columns:2.25rem 1fr;column-gap:.7rem}
.face{width:2.25rem;height:2.25rem}.late{width:2.25rem}body>header{padding-top:2.5rem}}
@media print{:root{--ground:#fff;--ink:#000;--faint:#555;--line:#ccc;--shade:#f3f3f3;--accent:#7a3a12}
body{font-size:10.5pt}main,body>header,body>footer{max-width:none;padding-left:0;padding-right:0}
body>header{padding-top:0}.by{break-after:avoid}.words p{orphans:3;widows:3}.late{display:none}
.spoiler{background:none;color:inherit;border-bottom:1px dotted #555}a{color:inherit}}
"""

_FACE: Final = ".p{number}{{background-image:url({address})}}"


def style(pictures: list[str]) -> str:
    """Return the style sheet, with a class `p0`, `p1` … for each picture, which is a `data:` address."""
    light = "".join(f".n{number}{{color:{hue}}}" for number, hue in enumerate(_LIGHT))
    dark = "".join(f".n{number}{{color:{hue}}}" for number, hue in enumerate(_DARK))
    faces = "".join(_FACE.format(number=number, address=each) for number, each in enumerate(pictures))
    return (
        f"{_BASE}{light}@media (prefers-color-scheme:dark){{{dark}}}@media print{{{light}}}{faces}"
    ).replace("\n", "")
