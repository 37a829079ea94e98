"""The report as one HTML file without external resources: style, figures and the plotting
library are in it."""

import json
import re
from html import escape
from importlib import resources

from plotly.offline import get_plotlyjs

from .draw_plotly import draw
from .html import Charts, contents


def whole(title: str, body: str, charts: Charts) -> str:
    """The page: `body` is HTML with a place for each of the charts, by name. The list of its
    sections follows its header."""
    specs = json.dumps({name: draw(chart) for name, chart in charts.items()}, allow_nan=False)
    page = resources.files(__package__).joinpath("page.html").read_text()
    fills = {
        "TITLE": escape(title),
        "BODY": body.replace("</header>", f"</header>{contents(body)}", 1),
        "SPECS": specs.replace("</", "<\\/"),  # so that no text of a run can end the script
        "PLOTLY": get_plotlyjs(),
    }
    return re.sub(r"@@(\w+)@@", lambda place: fills[place[1]], page)
