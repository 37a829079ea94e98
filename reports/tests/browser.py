"""A headless Chromium over the DevTools protocol on two pipes: what a command line of it cannot ask
for, such as dark colours and print."""

import fcntl
import json
import os
import select
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

SECONDS = 120  # a busy machine
# As a program without a screen, as root and with little shared memory.
CHROMIUM = [
    "chromium",
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
]

WAIT = """new Promise(done => {
  const look = () => document.body?.hasAttribute("data-ready") ? done() : setTimeout(look, 20);
  look();
})"""


def _pipe() -> tuple[int, int]:
    """The two ends, none of which is 3 or 4."""
    ends = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20) for end in ends]
    for end in ends:
        os.close(end)
    return high[0], high[1]


class Browser:
    """One tab. Also a context manager, which ends the browser."""

    def __init__(self) -> None:
        self._profile = tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        (to_read, self._out), (self._in, to_write) = _pipe(), _pipe()
        command = [
            *CHROMIUM,
            f"--user-data-dir={self._profile.name}",
            "--remote-debugging-pipe",
        ]
        # The protocol is spoken on the file descriptors 3 and 4.
        joined = f'exec "$@" 3<&{to_read} 4>&{to_write}'
        self._process = subprocess.Popen(
            ["bash", "-c", joined, "chromium", *command],
            pass_fds=(to_read, to_write),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(to_read)
        os.close(to_write)
        self._left = b""
        self._number = 0
        self._session = ""
        self.console: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._in)
        os.close(self._out)
        self._profile.cleanup()

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The result of a method of the protocol."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                return answer["result"]
            if answer.get("method") == "Log.entryAdded":
                self.console.append(answer["params"]["entry"]["text"])
            if answer.get("method") in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown"):
                self.console.append(json.dumps(answer["params"]))

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            ready, _, _ = select.select([self._in], [], [], SECONDS)
            assert ready, f"the browser says nothing for {SECONDS} s"
            part = os.read(self._in, 1 << 20)
            assert part, "the browser ended"
            self._left += part
        text, self._left = self._left.split(b"\0", 1)
        return json.loads(text)

    def media(self, scheme: str = "light", medium: str = "screen") -> None:
        """Colours that the system prefers, and screen or print."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=medium, features=features)

    def open(self, page: Path, width: int = 1400) -> None:
        """The page, when its script has drawn it."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=1200,
                  deviceScaleFactor=1, mobile=False)  # fmt: skip
        self.call("Page.navigate", url=f"file://{page}")
        self.evaluate(WAIT)

    def evaluate(self, script: str) -> Any:
        found = self.call("Runtime.evaluate", expression=script, awaitPromise=True,
                          returnByValue=True)  # fmt: skip
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")
