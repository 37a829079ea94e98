"""What the tests of `aivmsim serve` share: a node for each test, curl, raw connections, keccak. A
test file is run as: FILE.py PATH-OF-aivmsim"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

WALLET = "0x00000000000000000000000000000000000000aa"
REGISTRATION = {"id": "p-1", "wallet_address": WALLET, "endpoint": "http://p", "gpus": []}
TASK = {
    "id": "t-1",
    "type": "inference",
    "model": "zen-mini-0.5b",
    "input": {"row": 3},
    "fee": 1_000_000_000,
}
RESULT = {"task_id": "t-1", "provider_id": "p-1", "output": 7, "compute_time_ms": 40, "proof": ""}
ATTESTATION = {
    "device_id": "p-1", "model": "NVIDIA H100", "cc_enabled": True, "tee_io_enabled": True,
               "driver_version": "1",
    "vbios_version": "1", "timestamp": "2026-01-01T00:00:00Z", "mode": 0,
    "local_evidence": {"spdm_report": "AAAA", "cert_chain": "", "rim_verified": True,
                       "driver_report": "",
                       "nonce": "0x" + "00" * 32},
}  # fmt: skip



def program():
    return PROGRAM[0]


PROGRAM = []


def main():
    PROGRAM.append(os.path.abspath(sys.argv.pop(1)))
    unittest.main(module="__main__")


class ServeCase(unittest.TestCase):
    """A test with a node of its own. Arguments of start() override the defaults."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="aivmsim-serve-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.node = None

    def tearDown(self):
        if self.node and self.node.poll() is None:
            self.node.kill()
        if self.node:
            self.node.wait(60)
            self.node.stdout.close()
            self.node.stderr.close()

    def start(self, *arguments, block_interval="1ms", limits=None):
        """Starts a node on a free port and waits until it listens."""
        self.node = subprocess.Popen(
            [program(), "serve", "--listen", "127.0.0.1:0", "--block-interval", block_interval,
             *map(str, arguments)],
            preexec_fn=limits,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        line = self.node.stdout.readline()
        self.assertRegex(
            line,
            r"^listening on http://127\.0\.0\.1:\d+\n$",
            self.node.stderr.read() if not line else "",
        )
        self.port = int(line.rsplit(":", 1)[1])

    def stop(self, with_signal=signal.SIGTERM):
        self.node.send_signal(with_signal)
        self.assertEqual(self.node.wait(60), 0)
        said = self.node.stderr.read()
        self.node.stdout.close()
        self.node.stderr.close()
        self.node = None
        return said

    def curl(self, path, *arguments, body=None):
        """(status, JSON) of one request."""
        command = [
            "curl",
            "--silent",
            "--show-error",
            "--max-time",
            "60",
            "--write-out",
            "\n%{http_code}",
            *arguments,
        ]
        if body is not None:
            command += ["--header", "Content-Type: application/json", "--data-binary", "@-"]
        done = subprocess.run(
            [*command, f"http://127.0.0.1:{self.port}{path}"],
            input=body,
            capture_output=True,
            timeout=120,
            check=False,
        )
        text, _, status = done.stdout.decode().rpartition("\n")
        return int(status), json.loads(text) if text else done.stderr.decode()

    def get(self, path):
        return self.curl(path)

    def post(self, path, body, *arguments):
        return self.curl(path, *arguments, body=json.dumps(body).encode())

    def wait_for(self, path, want):
        """The answer of `path` once `want(answer)` holds; blocks come every few hundredths of a
        second."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            status, answer = self.get(path)
            if status == 200 and want(answer):
                return answer
            time.sleep(0.02)
        self.fail(f"{path} never came there: {answer}")

    def raw(self, sent, end=True):
        """All that the node answers to these bytes, until it closes. `end`: we send no more and say
        so, as a client does that hangs up too early."""
        with socket.create_connection(("127.0.0.1", self.port), 60) as client:
            client.sendall(sent)
            if end:
                client.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := client.recv(1 << 16):
                answer += piece
        return answer

    def status_of(self, sent, end=True):
        """(status, JSON) of the one answer to these bytes."""
        head, _, body = self.raw(sent, end).partition(b"\r\n\r\n")
        return int(head.split(b" ")[1]), json.loads(body)


# Keccak-256 as Ethereum has it, which hashlib lacks.
_ROUNDS = [
    0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000,
    0x000000000000808B, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008A, 0x0000000000000088, 0x0000000080008009, 0x000000008000000A,
    0x000000008000808B, 0x800000000000008B, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
]  # fmt: skip
_RATE = 136


def _turn(word, count):
    return ((word << count) | (word >> (64 - count))) & (2**64 - 1) if count else word


def _permute(lanes):
    for constant in _ROUNDS:
        sums = [lanes[x][0] ^ lanes[x][1] ^ lanes[x][2] ^ lanes[x][3] ^ lanes[x][4]
                for x in range(5)]  # fmt: skip
        for x in range(5):
            change = sums[(x + 4) % 5] ^ _turn(sums[(x + 1) % 5], 1)
            lanes[x] = [lane ^ change for lane in lanes[x]]
        x, y, current = 1, 0, lanes[1][0]
        for step in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            current, lanes[x][y] = lanes[x][y], _turn(current, (step + 1) * (step + 2) // 2 % 64)
        for y in range(5):
            row = [lanes[x][y] for x in range(5)]
            for x in range(5):
                lanes[x][y] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5] & (2**64 - 1))
        lanes[0][0] ^= constant


def keccak256(data):
    lanes = [[0] * 5 for _ in range(5)]
    data = bytearray(data) + b"\x01"
    data += bytes(-len(data) % _RATE)
    data[-1] |= 0x80
    for block in range(0, len(data), _RATE):
        for i in range(_RATE // 8):
            at = block + 8 * i
            lanes[i % 5][i // 5] ^= int.from_bytes(data[at : at + 8], "little")
        _permute(lanes)
    return b"".join(lanes[i % 5][i // 5].to_bytes(8, "little") for i in range(4))
