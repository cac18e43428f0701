"""A page with a little text and progressive JPEGs, drawn on the spot."""
import io
import math
import random

from PIL import Image, ImageDraw, ImageFilter

SIZE = (1024, 768)
COLUMNS = 6
SHOWN = (150, 112)  # of each picture, in the page
GAP = 6
TOP = 64  # of the first row
# No picture has it: where it is to be seen, nothing has come yet.
BLANK = (255, 255, 255)

PAGE = """\
<!doctype html>
<meta charset="utf-8">
<title>A page over a lossy link</title>
<style>
body {{ margin: 0; background: #fff; font: 15px sans-serif; }}
p {{ position: absolute; left: {gap}px; top: 0; height: {top}px; }}
img {{ position: absolute; width: {width}px; height: {height}px; }}
</style>
<p>A little text, and {count} progressive JPEGs over one connection.<br>Nothing of this page comes from nearby.</p>
{images}
"""


def box(number):
    """Where picture `number` is in the page: left, top, right, bottom."""
    left = GAP + number % COLUMNS * (SHOWN[0] + GAP)
    top = TOP + number // COLUMNS * (SHOWN[1] + GAP)
    return left, top, left + SHOWN[0], top + SHOWN[1]


def page_size(count):
    rows = (count + COLUMNS - 1) // COLUMNS
    return GAP + COLUMNS * (SHOWN[0] + GAP), TOP + rows * (SHOWN[1] + GAP)


def page(count):
    images = "\n".join(f'<img src="{number}.jpg" alt="" style="left:{box(number)[0]}px;top:{box(number)[1]}px">'
                       for number in range(count))
    return PAGE.format(count=count, gap=GAP, top=TOP, width=SHOWN[0], height=SHOWN[1], images=images).encode()


def ridge(draw, chance, base, rough, colour):
    """Hills from edge to edge."""
    width, height = SIZE
    waves = [(chance.uniform(0.5, 9), chance.uniform(0, 7), chance.uniform(0.2, 1)) for _ in range(9)]
    line = [(x, base + rough * sum(size * math.sin(often * x / width * 6.28 + at) / often for often, at, size in waves))
            for x in range(0, width + 4, 4)]
    draw.polygon([*line, (width, height), (0, height)], fill=colour)


def picture(number):
    """A landscape, with the grain that photographs have, which is what makes them large."""
    chance = random.Random(number)
    hue = [chance.randrange(40, 190) for _ in range(3)]
    image = Image.linear_gradient("L").resize(SIZE)
    sky = Image.merge("RGB", [image.point(lambda value, low=low: low + value * (225 - low) // 255) for low in hue])
    draw = ImageDraw.Draw(sky)
    sun = chance.randrange(60, SIZE[0] - 60), chance.randrange(40, 160), chance.randrange(20, 50)
    draw.ellipse((sun[0] - sun[2], sun[1] - sun[2], sun[0] + sun[2], sun[1] + sun[2]), fill=(240, 220, 150))
    for layer in range(5):
        shade = 1 - layer / 6
        ridge(draw, chance, 190 + 60 * layer, 60 - 8 * layer, tuple(int(value * shade) for value in hue))
    grain = Image.frombytes("L", SIZE, chance.randbytes(SIZE[0] * SIZE[1])).filter(ImageFilter.GaussianBlur(0.7))
    grained = Image.blend(sky, Image.merge("RGB", [grain] * 3), 0.25).point(lambda value: min(value, 235))
    out = io.BytesIO()
    grained.save(out, "JPEG", quality=82, progressive=True, optimize=True)
    return out.getvalue()
