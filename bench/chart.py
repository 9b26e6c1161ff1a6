"""The chart: for each size and workload two bars, the app's and the floor's requests per second."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from bench.report import Summary, summaries
from bench.results import Results
from bench.workloads import BY_NAME

NAMES_WIDTH = 180
BARS_WIDTH = 300
FIGURES_WIDTH = 110
PANEL_WIDTH = NAMES_WIDTH + BARS_WIDTH + FIGURES_WIDTH
HEAD = 74
BAR = 9
ROW = 28
STYLE = """
  .paper { fill: #ffffff }
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 15px; font-weight: 600 }
  .figure { font-size: 10px; fill: #59636e }
  .app { fill: #0969da }
  .floor { fill: #afb8c1 }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117 }
    text { fill: #f0f6fc }
    .figure { fill: #9198a1 }
    .app { fill: #4493f8 }
    .floor { fill: #545d68 }
  }
"""


def chart(runs: Sequence[Results]) -> str:
    """The SVG, one panel beside the other; it follows the reader's light or dark scheme."""
    panels = [summaries(results) for results in runs]
    width = PANEL_WIDTH * len(runs)
    height = HEAD + ROW * max(len(panel) for panel in panels)
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img">',
        "<title>Requests per second of the app and of the floor</title>",
        f"<style>{STYLE}</style>",
        '<rect class="paper" width="100%" height="100%"/>',
    ]
    for number, (results, panel) in enumerate(zip(runs, panels, strict=True)):
        body.append(f'<g transform="translate({PANEL_WIDTH * number} 0)">')
        body += [*_head(results), *_rows(panel), "</g>"]
    return "\n".join([*body, "</svg>"]) + "\n"


def _head(results: Results) -> list[str]:
    left = NAMES_WIDTH
    return [
        f'<text class="title" x="{left}" y="22">{escape(results.size)}</text>',
        f'<rect class="app" x="{left}" y="36" width="10" height="10"/>',
        f'<text x="{left + 16}" y="45">the app, requests/s</text>',
        f'<rect class="floor" x="{left + 150}" y="36" width="10" height="10"/>',
        f'<text x="{left + 166}" y="45">the floor</text>',
    ]


def _rows(panel: dict[str, dict[str, Summary]]) -> list[str]:
    most = max(summary.rps for by_contender in panel.values() for summary in by_contender.values())
    drawn = []
    for number, (workload, by_contender) in enumerate(panel.items()):
        top = HEAD + ROW * number
        title = escape(BY_NAME[workload].title)
        drawn.append(
            f'<text x="{NAMES_WIDTH - 10}" y="{top + 13}" text-anchor="end">{title}</text>'
        )
        for place, contender in enumerate(("app", "floor")):
            summary = by_contender.get(contender)
            if summary is not None:
                drawn += _bar(contender, summary.rps, most, top + place * (BAR + 1))
    return drawn


def _bar(contender: str, rps: float, most: float, top: int) -> list[str]:
    length = max(1.0, BARS_WIDTH * rps / most)
    figure = f"{rps:,.0f}" if rps >= 10 else f"{rps:.1f}"
    return [
        f'<rect class="{contender}" x="{NAMES_WIDTH}" y="{top}" width="{length:.1f}" '
        f'height="{BAR}" rx="1"/>',
        f'<text class="figure" x="{NAMES_WIDTH + length + 5:.1f}" y="{top + BAR - 1}">'
        f"{figure}</text>",
    ]
