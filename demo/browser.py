"""A real Chromium without a screen, by its DevTools protocol: messages of JSON, each ended by a zero byte, over two pipes."""
import base64
import fcntl
import json
import os
import select
import shutil
import tempfile
import time

FLAGS = ["--headless=new", "--no-sandbox", "--remote-debugging-pipe", "--ignore-certificate-errors", "--hide-scrollbars",
         "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--disable-extensions", "--disable-sync", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--no-default-browser-check",
         "--force-color-profile=srgb", "--mute-audio"]
START_SECONDS = 60
ANSWER_SECONDS = 60
SHOTS, SHOT_SECONDS = 10, 3
# Chromium reads from its descriptor 3 and writes to its descriptor 4; ours are above these.
LEAST_DESCRIPTOR = 10
DESCRIPTORS = 'exec "$@" 3<&"$IN" 4>&"$OUT"'
# What each picture's loading took, in milliseconds since the page was asked for.
TIMES = """JSON.stringify({
  origin: performance.timeOrigin,
  loaded: performance.getEntriesByType('navigation')[0].loadEventStart,
  protocol: performance.getEntriesByType('navigation')[0].nextHopProtocol,
  images: performance.getEntriesByType('resource').filter(one => one.initiatorType == 'img')
    .map(one => [one.name, one.responseStart, one.responseEnd, one.decodedBodySize])})"""


class BrowserError(Exception):
    """The browser did not do what it should; the text says what."""


class SilentError(BrowserError):
    """It did not answer."""


def high_pipe():
    ends = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, LEAST_DESCRIPTOR) for end in ends]
    for end in ends:
        os.close(end)
    return high


class Browser:
    def __init__(self, network, node, size, place):
        """In the namespace of `node`, with a profile of its own in a new folder in `place`: processes of an earlier one may still write."""
        self.folder = folder = tempfile.mkdtemp(prefix="browser-", dir=place)
        read_commands, self.commands = high_pipe()
        self.answers, write_answers = high_pipe()
        flags = [*FLAGS, f"--user-data-dir={folder}/profile", f"--window-size={size[0]},{size[1]}", "about:blank"]
        environment = {"PATH": "/usr/bin:/bin", "HOME": folder, "LANG": "C.UTF-8", "IN": str(read_commands), "OUT": str(write_answers)}
        with open(os.path.join(folder, "log"), "wb") as log:
            self.process = network.popen(node, "setpriv", "--pdeathsig", "KILL", "bash", "-c", DESCRIPTORS, "bash", "chromium", *flags,
                                         stdout=log, stderr=log, env=environment, pass_fds=(read_commands, write_answers))
        os.close(read_commands)
        os.close(write_answers)
        self.buffer = b""
        self.number = 0
        self.url = None  # of the page that is to come
        self.navigated = self.loaded = False
        self.session = None
        targets = self.call("Target.getTargets", seconds=START_SECONDS)["targetInfos"]
        target = next(one["targetId"] for one in targets if one["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Emulation.setDeviceMetricsOverride", width=size[0], height=size[1], deviceScaleFactor=1, mobile=False)
        self.call("Page.enable")
        self.version = self.call("Browser.getVersion")["product"]

    def _receive(self, seconds):
        """The next message; None if there is none for so long."""
        deadline = time.monotonic() + seconds
        while b"\0" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.answers], [], [], left)[0]:
                return None
            got = os.read(self.answers, 1 << 20)
            if not got:
                raise BrowserError("chromium ended:\n" + self._log())
            self.buffer += got
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def _log(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as log:
            return log.read()[-2000:]

    def send(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        return self.number

    def _on_event(self, message):
        """The page before is done with when the first frame is the new page's."""
        method = message.get("method")
        if method == "Page.frameNavigated" and message["params"]["frame"]["url"] == self.url:
            self.navigated = True
        elif method == "Page.loadEventFired":
            self.loaded = self.navigated

    def call(self, method, seconds=ANSWER_SECONDS, **parameters):
        number = self.send(method, **parameters)
        deadline = time.monotonic() + seconds
        while True:
            message = self._receive(deadline - time.monotonic())
            if message is None:
                raise SilentError(f"{method}: no answer within {seconds} s\n{self._log()}")
            if message.get("id") != number:
                self._on_event(message)
                continue
            if "error" in message:
                raise BrowserError(f"{method}: {message['error']}")
            return message["result"]

    def _shoot(self):
        """A picture of the page as PNG. One that is asked for while the page changes hands may never come: then of what comes after."""
        for _ in range(SHOTS):
            try:
                return base64.b64decode(self.call("Page.captureScreenshot", SHOT_SECONDS, format="png", optimizeForSpeed=True)["data"])
            except SilentError:
                continue
        raise BrowserError("no screenshot\n" + self._log())

    def film(self, url, interval, seconds):
        """Loads a page and takes a picture of it every `interval` seconds, from when anything of it is there until all is. Returns
        [(seconds since the page was asked for, PNG)] and what the page says of its loading."""
        self.url, self.navigated, self.loaded = url, False, False
        self.send("Page.navigate", url=url)
        began = time.monotonic()
        frames = []
        due = 0
        while True:
            due = max(due + interval, time.monotonic() - began)
            while (left := began + due - time.monotonic()) > 0:
                message = self._receive(left)
                if message:
                    self._on_event(message)
            loaded = self.loaded
            # It shows what was painted before it was asked for.
            at = time.monotonic() - began
            if self.navigated:
                frames.append((at, self._shoot()))
            if loaded:
                return frames, json.loads(self.call("Runtime.evaluate", expression=TIMES)["result"]["value"])
            if at > seconds:
                raise BrowserError(f"{url}: not all there within {seconds} s")

    def stop(self):
        if self.process.returncode is not None:
            return
        self.process.kill()
        self.process.wait()
        os.close(self.commands)
        os.close(self.answers)
        shutil.rmtree(self.folder, ignore_errors=True)
