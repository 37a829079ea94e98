"""`aivmsim serve` as a client meets it, curl in hand. Run as: serve_test.py PATH-OF-aivmsim"""

import gzip
import itertools
import json
import signal
import socket
import subprocess
import unittest
from pathlib import Path

from serve_client import ATTESTATION, REGISTRATION, RESULT, TASK, WALLET, ServeCase, main, program


class Serve(ServeCase):
    def test_all_published_routes_answer(self):
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
        renewal = {"provider_id": "p-1", "gpu_attestation": ATTESTATION}
        status, answer = self.post("/attestation/renew", renewal)
        self.assertEqual((status, answer["error"]["code"]), (400, "trust_too_low"))
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
        for expects in ([], ["--header", "Expect:"]):
            status, answer = self.curl("/tasks/submit", *expects, body=big + b" ")
            self.assertEqual((status, answer["error"]["code"]), (413, "limit_reached"), expects)
        chunked = ["--header", "Transfer-Encoding: chunked"]
        self.assertEqual(self.curl("/tasks/submit", *chunked, body=big + b" ")[0], 411)
        status, _ = self.curl(
            "/tasks/submit",
            "--header",
            "Content-Encoding: gzip",
            body=gzip.compress(b" " * (64 << 20)),
        )
        self.assertEqual(status, 415)
        self.assertEqual(self.get("/health")[0], 200)

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
            [program(), "serve", "--listen", "127.0.0.1:0", "--store", store],
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
                    "allocations": [{"key": "0x" + key, "balance": "5000000000000"}],
                }
            )
        )
        self.start("--genesis", genesis)
        body = json.dumps(REGISTRATION).encode()
        header = self.signed(pem, key, "/providers/register", body, 1, chain_id=7)
        self.assertEqual(self.curl("/providers/register", *header, body=body)[0], 200)
        body = json.dumps(TASK).encode()
        self.assertEqual(self.curl("/tasks/submit", body=body)[0], 401)
        header = self.signed(pem, key, "/tasks/submit", body, 2, chain_id=7)
        self.assertEqual(self.curl("/tasks/submit", *header, body=body + b" ")[0], 401)
        self.assertEqual(
            self.curl("/tasks/submit", *header, body=body),
            (200, {"success": True, "taskId": "t-1"}),
        )
        status, answer = self.curl("/tasks/submit", *header, body=body)
        self.assertEqual((status, answer["error"]["code"]), (401, "bad_nonce"))
        other = self.signed(pem, key, "/tasks/submit", body, 3, chain_id=1)
        self.assertEqual(self.curl("/tasks/submit", *other, body=body)[0], 401)

    # F23: it served a chain on which a wrong answer costs nothing.
    def test_a_chain_without_protection_is_not_served(self):
        cases = [
            ({"minProviderBond": 0}, "no bond at all"),
            ({"minProviderBond": 9}, "no bond at all"),  # a result would lock 0 of it
            ({"challengeWindowBlocks": 0}, "without a window"),
            ({"verificationMode": 2, "challengeWindowBlocks": 0}, "without a window"),
            ({"taskTimeout": "0s"}, "taskTimeout is 0"),
        ]
        config = self.folder / "config.json"
        for (settings, reason), consensus in itertools.product(cases, ("chain", "dag")):
            with self.subTest(settings=settings, consensus=consensus):
                config.write_text(json.dumps(settings))
                refused = subprocess.run(
                    [program(), "serve", "--dev", "--listen", "127.0.0.1:0", "--config", config,
                     "--consensus", consensus],
                    capture_output=True, text=True, timeout=60, check=False,
                )  # fmt: skip
                self.assertEqual((refused.returncode, refused.stdout), (2, ""))
                self.assertIn(reason, refused.stderr)
        config.write_text('{"verificationMode": 1, "challengeWindowBlocks": 0}')
        self.start("--dev", "--config", config)  # a committee's answer may be final at once

    def test_the_index_and_the_openapi_document_are_served(self):
        self.start("--dev")
        status, index = self.get("/")
        self.assertEqual(status, 200)
        status, document = self.get(index["openapi"])
        self.assertEqual((status, document["openapi"]), (200, "3.0.3"))
        told = subprocess.run(
            [program(), "serve", "--help"], capture_output=True, text=True, timeout=60, check=True
        ).stdout
        for route in index["routes"]:
            self.assertIn(route["method"].lower(), document["paths"][route["path"]])
            self.assertIn(route["path"], told)

    def test_the_example_genesis_is_served_and_sign_signs_for_it(self):
        example = Path(__file__).with_name("genesis.example.json")
        genesis = json.loads(example.read_text())
        key = self.folder / "key.hex"
        account = self.sign(key, "--new")
        self.assertEqual(self.sign(key), account)
        genesis["allocations"][0]["address"] = account.split()[1]
        mine = self.folder / "genesis.json"
        mine.write_text(json.dumps(genesis))
        self.start("--genesis", example)
        self.stop()
        self.start("--genesis", mine)
        body = self.folder / "body.json"
        body.write_text(json.dumps(REGISTRATION))
        header = self.sign(
            key, "--path", "/providers/register", "--body", body, "--nonce", "1",
            "--chain-id", genesis["chain_id"],
        ).strip()  # fmt: skip
        status, _ = self.curl(
            "/providers/register", "--header", header, body=body.read_bytes()
        )
        self.assertEqual(status, 200)

    def test_sign_takes_keys_of_openssl_and_refuses_what_is_none(self):
        pem, key = self.key()
        self.assertIn("0x" + key, self.sign(pem))
        for arguments, reason in (
            (("none.hex",), "cannot be read"),
            ((__file__,), "neither 64 hex digits"),
            ((pem, "--new"), "exists already"),
            ((pem, "--nonce", "1"), "--path"),
        ):
            done = subprocess.run(
                [program(), "sign", *map(str, arguments)],
                capture_output=True, text=True, timeout=60, check=False,
            )  # fmt: skip
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn(reason, done.stderr)

    def sign(self, *arguments):
        return subprocess.run(
            [program(), "sign", *map(str, arguments)],
            capture_output=True, text=True, timeout=60, check=True,
        ).stdout  # fmt: skip

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
                [program(), "serve", *where, *map(str, arguments)],
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
                [program(), "serve", "--listen", f"127.0.0.1:{port}"],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            self.assertEqual(done.returncode, 2)
            self.assertIn("cannot listen", done.stderr)


if __name__ == "__main__":
    main()
