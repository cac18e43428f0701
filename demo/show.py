"""What ./demo/lossy-page shows:  show.py BUILD FOLDER OUTPUT [OPTION...]. Runs in a process namespace of its
own, whose end is the end of all that it started; FOLDER goes with it."""
import argparse
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(HERE)
sys.path.insert(1, os.path.join(TOP, "tests", "tools"))

import film  # noqa: E402  (the path is set above)
import pictures  # noqa: E402
from browser import Browser  # noqa: E402
from stage import ANSWERS, AT_ONCE, FRONT, SMALL_SIZE, Stage, ways  # noqa: E402

DELAY_MS, RATE_MBIT = 25, 100
INTERVAL = 0.25
MOST_SECONDS = 120


def say(text=""):
    print(text, flush=True)


def load(stage, way, count):
    """The page by one way, in a browser that has seen nothing; None where the way is not to be had."""
    if not stage.open(way):
        say(f"lossy-page: {way.title}: this kernel has no {way.control}")
        return None
    browser = Browser(stage.network, "a", pictures.page_size(count), stage.folder)
    before = stage.overtook()
    try:
        frames, said = browser.film(f"https://127.0.0.1:{FRONT}/index.html", INTERVAL, MOST_SECONDS)
        passed = stage.overtook() - before
        browser.stop()
        answers = stage.small_answers(way)
    finally:
        browser.stop()
        stage.close()
    if said["protocol"] != "h2" or len(said["images"]) != count:
        raise RuntimeError(f"{way.title}: {said['protocol']}, {len(said['images'])} images of {count}")
    say(f"lossy-page: {way.title}: everything after {said['loaded'] / 1000:.2f} s, {len(frames)} screenshots"
        + (f", {passed} messages overtook others" if passed else ""))
    return film.Film(frames, said, count, answers)


def arguments():
    parser = argparse.ArgumentParser()
    for name in ("build", "folder", "output"):
        parser.add_argument(name)
    parser.add_argument("--pictures", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ways", default=",".join(way.name for way in ways()))
    parser.add_argument("--loss", type=float, default=4)
    asked = parser.parse_args()
    asked.ways = asked.ways.split(",")
    unknown = set(asked.ways) - {way.name for way in ways()}
    if unknown or asked.pictures < 1 or asked.rounds < 1:
        parser.error(f"no such ways: {', '.join(unknown)}" if unknown else "at least one picture and one round")
    return asked


def load_all(stage, asked):
    """{way: films}, by turns, so that what else the machine does meets all of them."""
    films = {way: [] for way in ways() if way.name in asked.ways}
    for _ in range(asked.rounds):
        for way, seen in films.items():
            made = load(stage, way, asked.pictures)
            if made:
                seen.append(made)
    return [film.Way(way.title, seen) for way, seen in films.items() if seen]


def main():
    asked = arguments()
    files = {f"{number}.jpg": pictures.picture(number) for number in range(asked.pictures)}
    files["index.html"] = pictures.page(asked.pictures)
    about = (f"{asked.pictures} progressive JPEGs, {sum(map(len, files.values())) / 1e6:.1f} MB in all, over one HTTP/2 connection; "
             f"RTT {2 * DELAY_MS} ms, {RATE_MBIT} Mbit/s, {asked.loss:g} % of packets lost each way")
    say("lossy-page: " + about)
    stage = Stage(asked.build, asked.folder, DELAY_MS, asked.loss, RATE_MBIT)
    try:
        stage.set_up(files)
        seen = load_all(stage, asked)
    finally:
        stage.stop()

    lines = ["", *film.table(seen), f"* the shortest of its column; medians of {asked.rounds}. Answers: {ANSWERS} of {SMALL_SIZE} bytes, {AT_ONCE} at a time"]
    say("\n".join(lines))
    film.strip(seen, os.path.join(asked.output, "lossy-page.png"))
    film.player(seen, about, os.path.join(asked.output, "lossy-page.html"))
    with open(os.path.join(asked.output, "lossy-page.txt"), "w", encoding="utf-8") as out:
        out.write("\n".join([about, *lines, "", *film.images_table(seen)]) + "\n")
    say(f"\nlossy-page: {asked.output}/lossy-page.png, .html and .txt")


main()
