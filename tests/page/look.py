#!/usr/bin/env python3
"""look.py OCTET FOLDER: the pages of `octet show --html` in a headless browser.

Each page is drawn twice into FOLDER: as it is, and with a probe, a script that measures what the
browser has laid out and paints a bar, green where all is well. Looked at: nothing is loaded from
elsewhere, the page is no wider than the window, pictures have a size, the text of each box of the
graph lies inside it, no two boxes overlap, and the picture is not blank. A page with a fault put in
must turn the bar red. Exit code 77, with the reason on the last line: there is no browser."""
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODELS = ["examples/digits/digits.tflite", "tests/goldens/tflite/chain_branches_two_inputs.tflite",
          "examples/voice/voice.onnx"]
SHAPES = {"voice": ["--shape", "samples=1,512"]}  # what its file leaves open
WIDTH, HEIGHT = 1400, 1800
GREEN, RED = (0, 170, 0), (200, 0, 0)

PROBE = """<script>
{
const wrong = [];
const check = (ok, what) => { if (!ok) wrong.push(what); };
check(document.scripts.length === 1, "scripts of its own");
check(performance.getEntriesByType("resource").length === 0, "something was loaded");
check(document.documentElement.scrollWidth <= innerWidth, "wider than the window");
for (const s of document.querySelectorAll("svg")) {
  const r = s.getBoundingClientRect();
  check(r.width > 50 && r.height > 20, "a picture without size");
}
const boxes = [...document.querySelectorAll("section.graph rect.box")];
check(boxes.length > 2, "no boxes");
const rows = document.querySelectorAll("section:last-of-type tr").length - 1;
check(rows > 0 && boxes.length > rows, "fewer boxes than steps");
const rectangles = boxes.map(b => b.getBoundingClientRect());
boxes.forEach((b, i) => {
  const r = rectangles[i];
  for (const t of b.parentNode.querySelectorAll("text")) {
    const e = t.getBoundingClientRect();
    check(e.width > 0 && e.left >= r.left && e.right <= r.right + 1 && e.top >= r.top - 1 &&
          e.bottom <= r.bottom + 1, "outside its box: " + t.textContent);
  }
  for (let k = 0; k < i; ++k) {
    const o = rectangles[k];
    check(r.right <= o.left || o.right <= r.left || r.bottom <= o.top || o.bottom <= r.top,
          "boxes overlap");
  }
});
document.title = wrong.length ? "wrong: " + wrong.join("; ") : "probe: " + boxes.length + " boxes";
const bar = document.createElement("div");
bar.style.cssText = "position:absolute;left:0;top:0;width:80px;height:20px;z-index:9;background:" +
    (wrong.length ? "rgb(200,0,0)" : "rgb(0,170,0)");
document.body.appendChild(bar);
}
</script></body>"""


def browser():
    for name in ("chromium", "chromium-browser", "google-chrome", "firefox-esr", "firefox"):
        if shutil.which(name):
            return shutil.which(name)
    return None


def run(call, home):
    """What a browser prints. One that does not end is stopped, with all its processes."""
    started = subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env={**os.environ, "HOME": home}, start_new_session=True)
    try:
        out, err = started.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        os.killpg(started.pid, signal.SIGKILL)
        sys.exit("does not end within 120 s: " + " ".join(call))
    return out.decode(errors="replace"), err.decode(errors="replace")


def draw(program, page, picture, read=False):
    """A picture of the page; where it is to be read, with Chromium the document as text as well."""
    with tempfile.TemporaryDirectory() as profile:
        at = page.resolve().as_uri()
        if "firefox" in program:
            calls = [["--headless", "--no-remote", "--profile", profile,
                      f"--window-size={WIDTH},{HEIGHT}", "--screenshot", str(picture), at]]
        else:
            # Names resolve nowhere; root has no sandbox to drop into.
            common = ["--headless", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
                      "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={profile}",
                      f"--window-size={WIDTH},{HEIGHT}"]
            if os.geteuid() == 0:
                common.append("--no-sandbox")
            calls = [common + [f"--screenshot={picture}", at]]
            if read:
                calls.append(common + ["--dump-dom", at])
        text = ""
        for call in calls:
            text, said = run([program, *call], profile)
    if not picture.is_file():
        sys.exit(f"{program} drew nothing of {page.name}:\n{said[-2000:]}")
    return text


def pixels(path, most=HEIGHT):
    """The first rows of a PNG as bytes, and how many bytes a pixel has."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n", path
    at, packed = 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", body)
            assert depth == 8 and colour in (2, 6) and not interlaced, (depth, colour)
        elif kind == b"IDAT":
            packed += body
        at += 12 + size
    step = 3 if colour == 2 else 4
    raw, rows, before = zlib.decompress(packed), [], bytes(width * step)
    for y in range(min(height, most)):
        begin = y * (width * step + 1)
        packed_row = bytearray(raw[begin + 1:begin + 1 + width * step])
        row = unfiltered(raw[begin], packed_row, before, step)
        rows.append(row)
        before = row
    return rows, step


def unfiltered(kind, row, before, step):
    if kind == 2:  # the common ones first, without a loop over bytes where there need be none
        return bytearray((a + b) & 255 for a, b in zip(row, before))
    if kind == 0:
        return row
    for i in range(len(row)):
        left = row[i - step] if i >= step else 0
        up, corner = before[i], before[i - step] if i >= step else 0
        if kind == 1:
            row[i] = (row[i] + left) & 255
        elif kind == 3:
            row[i] = (row[i] + (left + up) // 2) & 255
        else:
            p = left + up - corner
            nearest = min((abs(p - left), 0, left), (abs(p - up), 1, up),
                          (abs(p - corner), 2, corner))
            row[i] = (row[i] + nearest[2]) & 255
    return row


def check(ok, text):
    if not ok:
        sys.exit(text)


def main():
    octet, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    program = browser()
    if program is None:
        print("SKIPPED: no browser (Debian: chromium or firefox-esr)")
        sys.exit(77)
    folder.mkdir(parents=True, exist_ok=True)
    for model in MODELS:
        name = pathlib.Path(model).stem
        page = folder / (name + ".html")
        subprocess.run([octet, "show", str(ROOT / model), "--html", str(page), "--threads", "1"] +
                       SHAPES.get(name, []), check=True)
        text = page.read_text()
        elsewhere = re.findall(
            r"<script|@import|(?:src|href)\s*=|url\(|https?://(?!www\.w3\.org/2000/svg\")", text)
        check(not elsewhere, f"{name}: refers to something else: {elsewhere}")
        picture = folder / (name + ".png")
        draw(program, page, picture)
        rows, step = pixels(picture)
        colours = {}
        for row in rows[::7]:
            for x in range(0, len(row), 5 * step):
                c = bytes(row[x:x + 3])
                colours[c] = colours.get(c, 0) + 1
        share = max(colours.values()) / sum(colours.values())
        check(len(colours) >= 16 and share < 0.97,
              f"{name}: blank: {len(colours)} colours, one of them {100 * share:.0f} %")
        for fault, colour in ((False, GREEN), (True, RED))[:2 if model == MODELS[0] else 1]:
            probed = folder / (name + (".fault.html" if fault else ".probe.html"))
            changed = text.replace("</body>", PROBE)
            if fault:  # the first line of text in the graph moves out of its box
                changed, n = re.subn(
                    r'(<g class="[^"]*"><title>.*?<text class="[^"]*" x=")', r"\g<1>9", changed,
                    count=1, flags=re.S)
                check(n == 1, "no text in the graph")
            probed.write_text(changed)
            document = draw(program, probed, folder / (probed.stem + ".png"), read=True)
            title = re.search(r"<title>((?:probe|wrong): [^<]*)</title>", document)
            title = title.group(1) if title else "the script did not run"
            rows, step = pixels(folder / (probed.stem + ".png"), 11)
            found = tuple(rows[10][10 * step:10 * step + 3])
            if not fault:
                seen = title
            check(found == colour, f"{probed.name}: {title} (bar {found}, not {colour})")
            if "firefox" not in program:
                check(title.startswith("wrong" if fault else "probe"), f"{probed.name}: {title}")
        print(f"{name}: {len(colours)} colours, {seen}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
