"""Charts as PNG, for platforms that show no SVG. Needs the extra `pictures`; without it, none.

The letters are DejaVu Sans, which lies beside this file with its licence: what is drawn is the
same on every machine.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from types import ModuleType

from handlers.board.drawing import draw
from handlers.kit.messages import Chart

FONTS = tuple(str(each) for each in sorted((Path(__file__).parent / "fonts").glob("*.ttf")))
FONT = "DejaVu Sans"


@cache
def _renderer() -> ModuleType | None:
    try:
        import resvg_py
    except ImportError:
        return None
    return resvg_py


def can_draw() -> bool:
    """Say whether the extra is there."""
    return _renderer() is not None


def png(chart: Chart, *, width: int, small: bool = False) -> bytes | None:
    """Return a spoken chart as light PNG, `small` rather than smooth; None without the extra."""
    return _png(draw(chart), width, small)


@lru_cache(maxsize=8)  # one digest goes to several places
def _png(svg: str, width: int, small: bool) -> bytes | None:
    renderer = _renderer()
    if renderer is None:
        return None
    look = ("crisp_edges", "optimize_speed") if small else ("geometric_precision",) * 2
    return bytes(
        renderer.svg_to_bytes(
            svg_string=svg,
            width=width,
            skip_system_fonts=True,
            font_files=list(FONTS),
            font_family=FONT,
            sans_serif_family=FONT,
            shape_rendering=look[0],
            text_rendering=look[1],
        )
    )
