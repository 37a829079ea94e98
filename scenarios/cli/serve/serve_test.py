"""`aivmsim serve` as a client meets it, curl in hand. Run as: serve_test.py PATH-OF-aivmsim"""

import gzip
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

PROGRAM = ""

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


class Serve(unittest.TestCase):
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

    def start(self, *arguments):
        """Starts a node on a free port and waits until it listens."""
        self.node = subprocess.Popen(
            [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--block-interval", "1ms",
             *map(str, arguments)],
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

    def test_all_twelve_routes_answer(self):
        config = self.folder / "config.json"
        config.write_text('{"challengeWindowBlocks": 3}')
        self.start("--dev", "--config", config)
        self.assertEqual(self.get("/health"), (200, {"healthy": True, "version": "1.0.0"}))
        self.assertEqual(self.get("/models")[1]["count"], 3)
        self.assertEqual(
            self.post("/providers/register", REGISTRATION),
            (200, {"success": True, "providerId": "p-1"}),
        )
        self.assertEqual(
            self.post("/tasks/submit", TASK), (200, {"success": True, "taskId": "t-1"})
        )
        self.wait_for("/tasks?id=t-1", lambda task: task["status"] == "assigned")
        self.assertEqual(self.get("/providers")[1]["providers"][0]["wallet_address"], WALLET)
        self.assertEqual(
            self.post("/tasks/result", RESULT), (200, {"success": True, "taskId": "t-1"})
        )
        task = self.wait_for("/tasks?id=t-1", lambda task: task["status"] == "completed")
        self.assertEqual(task["output"], {"answer": 7})
        pending = self.get("/rewards/stats?provider_id=p-1")[1]["pending_rewards"]
        self.assertEqual(
            self.post("/rewards/claim", {"provider_id": "p-1"}),
            (200, {"success": True, "claimed": pending}),
        )
        self.assertEqual(self.get("/stats")[1]["tasks_completed"], 1)
        self.assertEqual(self.get("/tasks")[1]["receipts_processed"], 1)
        self.assertRegex(self.get("/merkle")[1]["merkleRoot"], r"^0x[0-9a-f]{64}$")
        verdict = self.post("/attestation/verify", {"gpu_attestation": ATTESTATION})
        self.assertEqual(
            verdict, (200, {"verified": False, "trustScore": 0, "mode": 0, "hardwareCC": False})
        )
        self.assertIn("TEMPORARY NODE", self.stop())

    def test_wrong_requests_are_refused_with_a_reason(self):
        self.start("--dev")
        self.assertEqual(self.curl("/tasks", "--request", "PUT")[0], 405)
        self.assertEqual(self.curl("/health", "--request", "DELETE")[0], 405)
        self.assertEqual(self.get("/none")[0], 404)
        self.assertEqual(self.get("/tasks?id=none")[0], 404)
        status, answer = self.curl("/tasks/submit", body=b"{")
        self.assertEqual((status, answer["error"]["code"]), (400, "malformed"))
        self.assertIn("Allow: POST", subprocess.run(
            ["curl", "--silent", "--include", f"http://127.0.0.1:{self.port}/tasks/submit"],
            capture_output=True, text=True, timeout=60, check=True).stdout)  # fmt: skip

    def test_a_body_beyond_the_limit_is_refused_however_it_comes(self):
        self.start("--dev")
        big = b" " * (1 << 20)
        self.assertEqual(self.curl("/tasks/submit", body=big)[0], 400)
        for how in ([], ["--header", "Transfer-Encoding: chunked"]):
            status, answer = self.curl(
                "/tasks/submit", "--header", "Expect:", *how, body=big + b" "
            )
            self.assertEqual((status, answer["error"]["code"]), (413, "limit_reached"), how)
        status, _ = self.curl(
            "/tasks/submit",
            "--header",
            "Content-Encoding: gzip",
            body=gzip.compress(b" " * (64 << 20)),
        )
        self.assertEqual(status, 413)
        self.assertEqual(self.get("/health")[0], 200)

    def test_what_is_no_http_does_not_disturb_it(self):
        self.start("--dev")
        for junk in (
            b"\r\n\r\n",
            b"GET\r\n\r\n",
            b"\x00\xff" * 5000 + b"\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"BREW /pot HTTP/1.1\r\n\r\n",
            b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n\r\n",
            b"POST /tasks/submit HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            b"POST /tasks/submit HTTP/1.1\r\nContent-Length: 10\r\n\r\n{",
            b"POST /tasks/submit HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        ):
            with socket.create_connection(("127.0.0.1", self.port), 30) as client:
                client.sendall(junk)
                client.shutdown(socket.SHUT_WR)
                answer = client.recv(1 << 16)
                self.assertFalse(answer.startswith(b"HTTP/1.1 200"), junk[:40])
        self.assertEqual(self.get("/health")[0], 200)

    def test_more_clients_than_threads_are_all_answered(self):
        self.start("--dev")
        statuses = []
        idle = [socket.create_connection(("127.0.0.1", self.port), 30) for _ in range(4)]
        threads = [
            threading.Thread(target=lambda: statuses.append(self.get("/stats")[0]))
            for _ in range(40)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for client in idle:
            client.close()
        self.assertEqual(statuses, [200] * 40)

    def test_a_restart_from_the_store_keeps_what_was_accepted_and_what_was_queued(self):
        store = self.folder / "chain.store"
        arguments = ("--dev", "--store", store)
        self.start(*arguments)
        self.post("/providers/register", REGISTRATION)
        self.post("/tasks/submit", TASK)
        self.assertIn("stopped at block", self.stop())
        self.start(*arguments)
        self.assertEqual(self.get("/tasks?id=t-1")[0], 200)
        self.assertEqual(self.get("/providers")[1]["count"], 1)
        self.assertEqual(self.post("/tasks/submit", {**TASK, "id": "t-2"})[0], 200)
        self.node.kill()  # no goodbye: what was answered must be there all the same
        self.node.wait(60)
        with open(store, "ab") as file:
            file.write(b"\x00\x00\x10\x00torn")
        self.node.stdout.close()
        self.node.stderr.close()
        self.start(*arguments)
        self.assertEqual(self.get("/tasks?id=t-2")[0], 200)
        self.assertIn("8 bytes of an interrupted write", self.stop(signal.SIGINT))
        refused = subprocess.run(
            [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--store", store],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        self.assertEqual(refused.returncode, 2)
        self.assertIn("another genesis", refused.stderr)

    def key(self):
        """A new Ed25519 key: its file and its public half in hex."""
        pem = self.folder / "key.pem"
        subprocess.run(
            ["openssl", "genpkey", "-algorithm", "ed25519", "-out", pem], check=True, timeout=60
        )
        der = subprocess.run(
            ["openssl", "pkey", "-in", pem, "-pubout", "-outform", "DER"],
            check=True,
            capture_output=True,
            timeout=60,
        ).stdout
        return pem, der[-32:].hex()

    def signed(self, pem, key, path, body, nonce, chain_id=1):
        text = self.folder / "text"
        text.write_bytes(f"POST\n{path}\n{chain_id}\n{nonce}\n".encode() + body)
        signature = subprocess.run(
            ["openssl", "pkeyutl", "-sign", "-inkey", pem, "-rawin", "-in", text],
            check=True,
            capture_output=True,
            timeout=60,
        ).stdout
        return ["--header", f"Authorization: Ed25519 {key}:{nonce}:{signature.hex()}"]

    def test_without_dev_a_signature_decides_who_spends(self):
        pem, key = self.key()
        genesis = self.folder / "genesis.json"
        genesis.write_text(
            json.dumps(
                {
                    "version": 1,
                    "message": "test",
                    "timestamp": 0,
                    "chain_id": 7,
                    "allocations": [{"key": "0x" + key, "balance": "5000000000"}],
                }
            )
        )
        self.start("--genesis", genesis)
        body = json.dumps(TASK).encode()
        self.assertEqual(self.curl("/tasks/submit", body=body)[0], 401)
        header = self.signed(pem, key, "/tasks/submit", body, 1, chain_id=7)
        self.assertEqual(self.curl("/tasks/submit", *header, body=body + b" ")[0], 401)
        self.assertEqual(
            self.curl("/tasks/submit", *header, body=body),
            (200, {"success": True, "taskId": "t-1"}),
        )
        status, answer = self.curl("/tasks/submit", *header, body=body)
        self.assertEqual((status, answer["error"]["code"]), (401, "bad_nonce"))
        other = self.signed(pem, key, "/tasks/submit", body, 2, chain_id=1)
        self.assertEqual(self.curl("/tasks/submit", *other, body=body)[0], 401)

    def test_what_cannot_be_served_is_refused_with_the_reason(self):
        (self.folder / "bad.json").write_text('{"minTrustScore": 101}')
        for arguments, reason in (
            (["--listen", "0.0.0.0:0"], "loopback"),
            (["--listen", "nonsense"], "HOST:PORT"),
            (["--config", self.folder / "bad.json"], "minTrustScore"),
            (["--genesis", self.folder / "none.json"], "cannot be read"),
            (["--store", self.folder], "directory"),
            (["--block-interval", "soon"], "soon"),
        ):
            where = [] if "--listen" in arguments else ["--listen", "127.0.0.1:0"]
            done = subprocess.run(
                [PROGRAM, "serve", *where, *map(str, arguments)],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn(reason, done.stderr)
            self.assertEqual(done.stdout, "")
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            done = subprocess.run(
                [PROGRAM, "serve", "--listen", f"127.0.0.1:{port}"],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            self.assertEqual(done.returncode, 2)
            self.assertIn("cannot listen", done.stderr)


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
