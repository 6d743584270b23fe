#!/usr/bin/env python3
"""Makes live-page.png, the picture of the live page: a server, calls to it, and a browser that shows its page.

Usage: docs/pictures/live_page.py [AUDIOSOCKET]   (build/release/bin/audiosocket otherwise)
Needs chromium (Debian: apt-get install chromium). It takes half a minute, on an idle machine without late frames.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile
import time
import wave

TREE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PICTURE = os.path.join(TREE, "docs", "pictures", "live-page.png")
WELCOME = os.path.join(TREE, "share", "sounds", "welcome.wav")
WIDTH, HEIGHT = 1180, 880
LOOK_SECONDS = 22  # the page fills its levels and waveforms
BYTES_MAX = 150 * 1024

# The calls, oldest first: their options. The first one is open, with the waveforms of both sides.
OPEN = "40325ec2-5efd-4bd3-805f-53576e581d13"
CALLS = [["--id", OPEN, "--play", "{speech}"], ["--play", "{speech}", "--format", "slin16"], [],
         ["--play", "{speech}", "--format", "ulaw"], ["--play", "{speech}", "--format", "slin48"], ["--play", "{speech}"]]


def speech(path, repeats=20):
    """Writes the welcome several times, with pauses, as the words of a caller."""
    with wave.open(WELCOME) as source, wave.open(path, "wb") as target:
        target.setparams(source.getparams())
        sound = source.readframes(source.getnframes())
        pause = bytes(source.getframerate() * source.getsampwidth() * source.getnchannels())
        for _ in range(repeats):
            target.writeframes(pause + sound)


class Browser:
    """A chromium without a window, driven by messages over two pipes (its option --remote-debugging-pipe)."""

    def __init__(self, work):
        to_browser, self.writing = os.pipe()
        self.reading, from_browser = os.pipe()

        def place():  # the browser reads descriptor 3 and writes descriptor 4
            read, write = os.dup(to_browser), os.dup(from_browser)
            os.dup2(read, 3)
            os.dup2(write, 4)

        self.process = subprocess.Popen(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe",
             "--blink-settings=preferredColorScheme=1", f"--user-data-dir={work}/browser"],
            close_fds=False, preexec_fn=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.pending = b""
        self.asked = 0

    def ask(self, method, session=None, **parameters):
        """Sends a request and returns the result; messages about other things are skipped."""
        self.asked += 1
        request = {"id": self.asked, "method": method, "params": parameters}
        if session:
            request["sessionId"] = session
        os.write(self.writing, json.dumps(request).encode() + b"\0")
        while True:
            message, end, rest = self.pending.partition(b"\0")
            if not end:
                more = os.read(self.reading, 1 << 16)
                if not more:
                    sys.exit("live_page.py: chromium ended")
                self.pending += more
                continue
            self.pending = rest
            answer = json.loads(message)
            if answer.get("id") == self.asked:
                if "error" in answer:
                    sys.exit(f"live_page.py: chromium refused {method}: {answer['error']['message']}")
                return answer["result"]

    def picture_of(self, address):
        """Returns a PNG of the page, after LOOK_SECONDS of it."""
        target = self.ask("Target.createTarget", url=address, newWindow=True, width=WIDTH, height=HEIGHT)["targetId"]
        session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        time.sleep(LOOK_SECONDS)
        picture = base64.b64decode(self.ask("Page.captureScreenshot", session)["data"])
        self.ask("Browser.close")
        return picture


def main():
    audiosocket = sys.argv[1] if len(sys.argv) > 1 else os.path.join(TREE, "build", "release", "bin", "audiosocket")
    running = []
    with tempfile.TemporaryDirectory() as work:
        try:
            words = os.path.join(work, "speech.wav")
            speech(words)
            server = subprocess.Popen([audiosocket, "serve", "--play", WELCOME, "--loop", "--quiet", "--json",
                                       "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"],
                                      stdout=subprocess.PIPE, text=True)
            running.append(server)
            ports = {}
            while "admin" not in ports:
                event = json.loads(server.stdout.readline())
                ports[event["event"]] = event.get("port")
            for options in CALLS:
                running.append(subprocess.Popen([audiosocket, "call", f"127.0.0.1:{ports['listening']}", "--quiet",
                                                 "--duration", "600", *(o.format(speech=words) for o in options)],
                                                stdout=subprocess.DEVNULL))
                time.sleep(1.3)  # their ages differ
            browser = Browser(work)
            running.append(browser.process)
            picture = browser.picture_of(f"http://127.0.0.1:{ports['admin']}/#{OPEN}")
        finally:
            for process in running:
                process.terminate()
            for process in running:
                process.wait()
    if len(picture) > BYTES_MAX:
        sys.exit(f"live_page.py: the picture has {len(picture)} bytes, more than {BYTES_MAX}")
    with open(PICTURE, "wb") as file:
        file.write(picture)
    print(f"docs/pictures/live-page.png: {len(picture)} bytes")


main()
