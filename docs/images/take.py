"""Take the two pictures of a report that the README shows, light and dark.

    python docs/images/take.py FOLDER_OF_THE_REPORT

It needs playwright, as the browser tests do, and a Chromium of the machine.
"""

import base64
import shutil
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parent
PICTURES = {"light": HERE / "report.png", "dark": HERE / "report-dark.png"}
SIZE = {"width": 1280, "height": 1040}
PIXELS = """async (png) => {
  const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes]));
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const pixels = context.getImageData(0, 0, bitmap.width, bitmap.height).data;
  let text = "";
  for (let at = 0; at < pixels.length; at += 32768)
    text += String.fromCharCode(...pixels.subarray(at, at + 32768));
  return btoa(text);
}"""
"""Decodes a picture, which a browser does anyway."""


def take(report: Path) -> None:
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for scheme, picture in PICTURES.items():
            page = browser.new_page(viewport=SIZE, color_scheme=scheme)
            page.goto((report / "index.html").resolve().as_uri())
            page.wait_for_load_state("networkidle")
            picture.write_bytes(_smaller(browser.new_page(), page.screenshot()))
        browser.close()


def _smaller(page, png):
    """Return the picture with a palette of its 256 most frequent colours: a third of the size."""
    pixels = np.frombuffer(
        base64.b64decode(page.evaluate(PIXELS, base64.b64encode(png).decode())), "u1"
    )
    pixels = pixels.reshape(SIZE["height"], SIZE["width"], 4)[:, :, :3]
    colours, where, counts = np.unique(
        pixels.reshape(-1, 3), axis=0, return_inverse=True, return_counts=True
    )
    palette = colours[np.sort(np.argsort(counts)[-256:])]
    distances = ((colours[:, None].astype(int) - palette[None]) ** 2).sum(axis=2)
    indices = distances.argmin(axis=1)[where.ravel()].astype("u1")
    rows = np.pad(indices.reshape(SIZE["height"], SIZE["width"]), ((0, 0), (1, 0)))  # 0: no filter
    head = struct.pack(">IIBBBBB", SIZE["width"], SIZE["height"], 8, 3, 0, 0, 0)
    data = zlib.compress(rows.tobytes(), 9)
    chunks = ((b"IHDR", head), (b"PLTE", palette.tobytes()), (b"IDAT", data), (b"IEND", b""))
    return png[:8] + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


if __name__ == "__main__":
    take(Path(sys.argv[1]))
