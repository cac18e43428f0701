"""What screenshots show of the pictures, and how it is shown: a table, a film strip, two films side by side."""
import base64
import html
import io
import json
import statistics

from PIL import Image, ImageChops, ImageDraw, ImageFont

import pictures

# A point whose channels all are as near to the blank page counts as blank.
NEAR_BLANK = 12
MOST = 0.995  # of the points that are there in the end: all, but for edges
STRIP_WIDTH = 150
STRIP_COLOURS = 48
FILM_WIDTH = 480
MARGIN, LINE = 104, 14
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"


def shown_points(image, number):
    """How many points of a picture's place are not blank."""
    part = image.crop(pictures.box(number))
    away = ImageChops.difference(part, Image.new("RGB", part.size, pictures.BLANK))
    most = ImageChops.lighter(ImageChops.lighter(*away.split()[:2]), away.split()[2])
    return sum(most.histogram()[NEAR_BLANK:])


class Film:
    """Of one way: screenshots with their times, what the page said, and how long small answers took."""

    def __init__(self, frames, said, count, answers):
        self.frames = [(at, Image.open(io.BytesIO(png)).convert("RGB")) for at, png in frames]
        self.said = said
        self.count = count
        self.answers = answers
        self.points = [[shown_points(image, number) for number in range(count)] for _, image in self.frames]

    def at(self, seconds):
        """The last screenshot until then."""
        return max((frame for frame in self.frames if frame[0] <= seconds), key=lambda frame: frame[0],
                   default=(0, Image.new("RGB", self.frames[0][1].size, pictures.BLANK)))[1]

    def _first(self, reached):
        return next(at for (at, _), points in zip(self.frames, self.points) if reached(points))

    def loads(self):
        """Of each picture when it was loaded, in seconds."""
        ends = {int(name.rpartition("/")[2].partition(".")[0]): end / 1000 for name, _, end, _ in self.said["images"]}
        return [ends[number] for number in range(self.count)]

    def figures(self):
        """In seconds."""
        last = self.points[-1]
        loads = sorted(self.loads())
        return {
            "first image visible": self._first(lambda points: any(one >= MOST * end for one, end in zip(points, last))),
            "half of the pixels": self._first(lambda points: sum(points) >= sum(last) / 2),
            "all pixels": self._first(lambda points: sum(points) >= MOST * sum(last)),
            "first image loaded": loads[0],
            "median image loaded": loads[len(loads) // 2],
            "everything loaded": self.said["loaded"] / 1000,
            "half of the answers": self.answers[0] / 1000,
            "99 % of the answers": self.answers[1] / 1000,
        }


class Way:
    """What was seen by one way, in several rounds."""

    def __init__(self, title, films):
        self.title = title
        films = sorted(films, key=lambda film: film.said["loaded"])
        self.film = films[len(films) // 2]
        rows = [film.figures() for film in films]
        self.figures = {column: statistics.median(row[column] for row in rows) for column in rows[0]}
        loads = [film.loads() for film in films]
        self.loads = [statistics.median(one[number] for one in loads) for number in range(len(loads[0]))]


def table(ways):
    """Lines of text; the best of each column is marked."""
    rows = {way.title: way.figures for way in ways}
    columns = list(next(iter(rows.values())))
    best = {column: min(row[column] for row in rows.values()) for column in columns}
    width = max(map(len, rows))
    lines = [" " * width + "".join(f"{column:>21}" for column in columns)]
    for title, row in rows.items():
        cells = (f"{row[column]:.3f} s{'*' if row[column] == best[column] else ' '}" for column in columns)
        lines.append(title.ljust(width) + "".join(f"{cell:>21}" for cell in cells))
    return lines


def images_table(ways):
    """When each picture was loaded, in seconds, a column each."""
    lines = ["picture" + "".join(f"{way.title:>20}" for way in ways)]
    for number in range(len(ways[0].loads)):
        lines.append(f"{number:>7}" + "".join(f"{way.loads[number]:>18.2f} s" for way in ways))
    return lines


def moments(films):
    """When the strip shows them: dense at first, until the slowest is there."""
    last = max(film.frames[-1][0] for film in films)
    steps = [0.5, 1, 1.5, 2, 3, 5, 8, 13, 21, 34, 55, 89]
    return [step for step in steps if step < last][:8]


def strip(ways, path):
    films = [way.film for way in ways]
    size = films[0].frames[0][1].size
    height = STRIP_WIDTH * size[1] // size[0]
    times = moments(films)
    sheet = Image.new("RGB", (MARGIN + len(times) * (STRIP_WIDTH + 4), LINE + 4 + len(films) * (height + 4)), (40, 40, 40))
    draw = ImageDraw.Draw(sheet)
    try:
        font = ImageFont.truetype(FONT, 11)
    except OSError:
        font = ImageFont.load_default()
    for column, seconds in enumerate(times):
        draw.text((MARGIN + column * (STRIP_WIDTH + 4) + 4, 2), f"{seconds:g} s", "white", font)
    for row, (way, film) in enumerate(zip(ways, films)):
        top = LINE + 4 + row * (height + 4)
        draw.text((4, top + height // 2 - 12), way.title.replace(", ", ",\n"), "white", font)
        for column, seconds in enumerate(times):
            shot = film.at(seconds).resize((STRIP_WIDTH, height), Image.LANCZOS)
            sheet.paste(shot, (MARGIN + column * (STRIP_WIDTH + 4), top))
    sheet.quantize(STRIP_COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def encoded(image):
    out = io.BytesIO()
    image.resize((FILM_WIDTH, FILM_WIDTH * image.size[1] // image.size[0]), Image.LANCZOS).save(out, "JPEG", quality=60)
    return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode()


def reel(film):
    """[seconds, picture] of each screenshot that differs from the one before."""
    frames = []
    before = None
    for at, image in film.frames:
        if before is None or ImageChops.difference(image, before).getbbox():
            frames.append([round(at, 3), encoded(image)])
        before = image
    return frames


PLAYER = """\
<!doctype html>
<meta charset="utf-8">
<title>The same page over a lossy link</title>
<style>
body {{ background: #222; color: #eee; font: 15px sans-serif; margin: 2em; }}
.films {{ display: flex; gap: 1em; }}
.films img {{ width: {width}px; background: #fff; }}
select, button {{ font: inherit; }}
input {{ width: {bar}px; }}
pre {{ font-size: 13px; }}
</style>
<h1>The same page over a lossy link</h1>
<p>{about}</p>
<div class="films">
<div><p><select id="left"></select></p><img id="left-film" alt=""></div>
<div><p><select id="right"></select></p><img id="right-film" alt=""></div>
</div>
<p><button id="play">play</button> <input id="time" type="range" min="0" max="{last}" step="0.05" value="0"> <span id="clock"></span></p>
<pre>{table}</pre>
<pre>{images}</pre>
<script>
const reels = {reels};
const byId = id => document.getElementById(id);
const sides = ["left", "right"];
for (const side of sides)
  for (const title in reels) byId(side).add(new Option(title));
byId("left").value = {left};
byId("right").value = {right};
function show() {{
  const now = Number(byId("time").value);
  byId("clock").textContent = now.toFixed(2) + " s";
  for (const side of sides) {{
    const past = reels[byId(side).value].filter(frame => frame[0] <= now);
    byId(side + "-film").src = (past.length ? past[past.length - 1] : reels[byId(side).value][0])[1];
  }}
}}
let timer = null;
byId("play").onclick = () => {{
  clearInterval(timer);
  const began = performance.now();
  timer = setInterval(() => {{
    byId("time").value = (performance.now() - began) / 1000;
    show();
    if (Number(byId("time").value) >= {last}) clearInterval(timer);
  }}, 50);
}};
for (const id of ["left", "right", "time"]) byId(id).oninput = show;
show();
</script>
"""


def player(ways, about, path):
    films = [way.film for way in ways]
    last = max(film.frames[-1][0] for film in films)
    text = PLAYER.format(width=FILM_WIDTH, bar=2 * FILM_WIDTH - 200, about=html.escape(about), last=f"{last:.2f}",
                         table=html.escape("\n".join(table(ways))), images=html.escape("\n".join(images_table(ways))),
                         reels=json.dumps({way.title: reel(way.film) for way in ways}),
                         left=json.dumps(ways[0].title), right=json.dumps(ways[-1].title))
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
