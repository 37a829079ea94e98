"""The HTTP of `aivmsim serve`, byte for byte. Run as: http_rules_test.py PATH-OF-aivmsim"""

import json
import socket
import subprocess

from serve_client import REGISTRATION, TASK, ServeCase, main, program

BODY = json.dumps(TASK).encode()


def post(body, *headers, path=b"/tasks/submit"):
    lines = [b"POST " + path + b" HTTP/1.1", b"Host: x", *headers, b"", body]
    return b"\r\n".join(lines)


def length(body):
    return b"Content-Length: %d" % len(body)


class HttpRules(ServeCase):
    def setUp(self):
        super().setUp()
        self.start("--dev")

    def tasks(self):
        stats = self.get("/stats")[1]
        return stats["tasks_pending"] + stats["tasks_completed"] + stats["tasks_failed"]

    def assert_nothing_was_submitted(self):
        self.assertEqual(self.get("/tasks?id=t-1")[0], 404)
        self.assertEqual(self.tasks(), 0)

    # F19: the task was submitted, and the answer was empty.
    def test_a_post_without_a_length_is_411_and_submits_nothing(self):
        for sent in (
            post(BODY),
            post(b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY), b"Transfer-Encoding: chunked"),
        ):
            for end in (True, False):
                status, answer = self.status_of(sent, end)
                self.assertEqual(status, 411)
                self.assertIn("Content-Length", answer["error"]["message"])
        status, _ = self.curl("/tasks/submit", "--header", "Transfer-Encoding: chunked", body=BODY)
        self.assertEqual(status, 411)
        self.assert_nothing_was_submitted()

    def test_a_body_that_is_cut_short_submits_nothing(self):
        for cut in (1, 10, len(BODY) - 1):
            status, _ = self.status_of(post(BODY[:cut], length(BODY)))
            self.assertEqual(status, 400)
        self.assert_nothing_was_submitted()
        self.assertEqual(self.post("/providers/register", REGISTRATION)[0], 200)
        self.assertEqual(self.status_of(post(BODY, length(BODY)))[0], 200)

    def test_length_and_transfer_encoding_together_are_refused(self):
        chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
        for headers in (
            [length(BODY), b"Transfer-Encoding: chunked"],
            [b"Transfer-Encoding: chunked", length(BODY)],
            [length(BODY), b"Transfer-Encoding: gzip"],
            [length(BODY), b"Content-Length: 1"],
        ):
            self.assertEqual(self.status_of(post(chunked, *headers))[0], 400, headers)
        self.assert_nothing_was_submitted()

    # F20: 200 OK and four bytes of the body.
    def test_a_range_is_not_a_reason_to_send_less(self):
        whole = self.get("/stats")
        self.assertIn("tasks_pending", whole[1])
        for wanted in ("0-3", "5-", "-4", "0-1,3-4"):
            self.assertEqual(self.curl("/stats", "--range", wanted), whole)

    def test_every_other_method_is_405_and_names_the_right_ones(self):
        for method in ("TRACE", "CONNECT", "OPTIONS", "PUT", "DELETE", "PATCH", "BREW", "PROPFIND"):
            answer = self.raw(b"%s /stats HTTP/1.1\r\n\r\n" % method.encode())
            self.assertRegex(answer, rb"^HTTP/1\.1 405 ", method)
            self.assertIn(b"\r\nAllow: GET\r\n", answer)
        self.assertRegex(self.raw(b"GET /tasks/submit HTTP/1.1\r\n\r\n"), rb"\r\nAllow: POST\r\n")
        both = self.raw(b"PUT /challenges HTTP/1.1\r\n\r\n")
        self.assertRegex(both, rb"\r\nAllow: GET, POST\r\n")
        self.assertRegex(self.raw(b"CONNECT x:80 HTTP/1.1\r\n\r\n"), rb"^HTTP/1\.1 405 ")
        self.assertRegex(self.raw(b"BREW /none HTTP/1.1\r\n\r\n"), rb"^HTTP/1\.1 404 ")
        head = self.raw(b"HEAD /stats HTTP/1.1\r\n\r\n")
        self.assertRegex(head, rb"(?s)^HTTP/1\.1 405 .*\r\n\r\n$")

    def test_what_is_too_long_is_refused_by_its_own_status(self):
        def get(target, *headers):
            return b"\r\n".join([b"GET " + target + b" HTTP/1.1", *headers, b"", b""])

        self.assertEqual(self.status_of(get(b"/" + b"a" * 9_000))[0], 414)
        self.assertEqual(self.status_of(get(b"/" + b"a" * 5_000_000))[0], 414)
        self.assertEqual(self.status_of(get(b"/stats", b"A: " + b"b" * 20_000))[0], 431)
        self.assertEqual(self.status_of(get(b"/stats", *[b"A: b"] * 101))[0], 431)
        self.assertEqual(self.status_of(get(b"/stats", *[b"A: b"] * 10_000))[0], 431)
        self.assertEqual(self.status_of(get(b"/stats", *[b"A: b"] * 100))[0], 200)
        status, answer = self.status_of(post(b"", b"Content-Length: 1048577"))
        self.assertEqual((status, answer["error"]["code"]), (413, "limit_reached"))

    def test_errors_are_said_in_plain_words(self):
        keys = ("id", "type", "model", "input", "fee")
        for body, words in (
            (b"", "not JSON at byte 1"),
            (b"{", "not JSON at byte 2"),
            (b"\xef\xbb\xbf" + BODY, "JSON must not begin with a byte order mark"),
            (b'{"id": 1, "id": 2}', '"id" is there twice'),
            (b"{}", "; ".join(f"{key} is missing" for key in keys)),
        ):
            status, answer = self.status_of(post(body, length(body)))
            self.assertEqual(status, 400)
            self.assertEqual(answer["error"]["message"], words)
        self.assert_nothing_was_submitted()

    def test_pipelined_requests_are_answered_in_their_order(self):
        first = post(json.dumps(REGISTRATION).encode(), length(json.dumps(REGISTRATION).encode()),
                     path=b"/providers/register")  # fmt: skip
        second = post(BODY, length(BODY))
        third = b"GET /tasks?id=t-1 HTTP/1.1\r\n\r\n"
        last = b"GET /health HTTP/1.1\r\nConnection: close\r\n\r\n"
        answers = self.raw(first + second + third + last + b"GET /models HTTP/1.1\r\n\r\n", False)
        parts = answers.split(b"HTTP/1.1 ")[1:]
        bodies = [json.loads(part.partition(b"\r\n\r\n")[2]) for part in parts]
        self.assertEqual(bodies[0], {"success": True, "providerId": "p-1"})
        self.assertEqual(bodies[1], {"success": True, "taskId": "t-1"})
        self.assertEqual(bodies[2]["id"], "t-1")
        self.assertEqual(bodies[3:], [{"healthy": True, "version": "1.0.0"}])

    def test_one_connection_takes_many_requests_and_any_form_of_address(self):
        with socket.create_connection(("127.0.0.1", self.port), 60) as client:
            for target in (b"/health", b"http://127.0.0.1/health", b"/stats", b"/models"):
                client.sendall(b"GET " + target + b" HTTP/1.1\r\n\r\n")
                answer = b""
                while not answer.endswith(b"}"):
                    answer += client.recv(1 << 16)
                self.assertRegex(answer, rb"^HTTP/1\.1 200 OK\r\n")
                self.assertIn(b"\r\nConnection: keep-alive\r\n", answer)
        old = self.raw(b"GET /health HTTP/1.0\r\n\r\n", end=False)
        self.assertIn(b"\r\nConnection: close\r\n", old)

    def test_what_is_no_http_does_not_disturb_it(self):
        for junk in (
            b"\r\n\r\n",
            b"GET\r\n\r\n",
            b"\x00\xff" * 5000 + b"\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00",
            b"POST /tasks/submit HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            b"POST /tasks/submit HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
            b"POST /tasks/submit HTTP/1.1\r\nContent-Length: 1\r\n",
        ):
            status, answer = self.status_of(junk)
            self.assertEqual(status, 400, junk[:40])
            self.assertEqual(answer["error"]["code"], "malformed")
        self.assertEqual(self.raw(b""), b"")
        self.assertEqual(self.get("/health")[0], 200)

    def test_a_second_server_on_the_port_is_refused_with_one_clear_line(self):
        done = subprocess.run(
            [program(), "serve", "--dev", "--listen", f"127.0.0.1:{self.port}"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertRegex(
            done.stderr,
            rf"^[^\n]*cannot listen on 127\.0\.0\.1:{self.port}: Address already in use\n$",
        )
        self.assertEqual(self.get("/health")[0], 200)


if __name__ == "__main__":
    main()
