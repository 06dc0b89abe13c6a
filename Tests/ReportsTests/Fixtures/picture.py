"""Takes a picture of a page, or of text as a terminal shows it: `picture.py FILE PNG [WIDTH HEIGHT]`."""

import html
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from browser import Browser  # noqa: E402

path, picture = sys.argv[1:3]
width, height = (int(x) for x in sys.argv[3:5]) if len(sys.argv) > 3 else (1100, 1000)
with Browser() as page, tempfile.TemporaryDirectory() as folder:
    if not path.endswith(".html"):
        with open(path, encoding="utf-8") as file:
            text = html.escape(file.read().strip("\n"))
        path = os.path.join(folder, "terminal.html")
        with open(path, "w", encoding="utf-8") as file:
            file.write(
                "<meta charset=utf-8><style>body{margin:0;background:#11161c}pre{margin:0;padding:14px;color:#dfe5ea;"
                f"font:13px/1.45 'DejaVu Sans Mono',monospace;white-space:pre-wrap}}</style><pre>{text}</pre>")
    page.look(width=width, height=height)
    page.open("file://" + os.path.abspath(path))
    if "terminal.html" in path:
        page.look(width=width, height=page.run("document.querySelector('pre').offsetHeight"))
    page.picture(picture, whole=False)
