"""A DAG of one node over HTTP: `aivmsim serve --consensus dag`. Run as: dag_test.py
PATH-OF-aivmsim"""

import json
import subprocess

from serve_client import REGISTRATION, RESULT, TASK, ServeCase, keccak256, main, program


class Dag(ServeCase):
    def begin(self, *arguments, block_interval="200ms", **config):
        path = self.folder / "config.json"
        path.write_text(json.dumps(config))
        arguments = ["--dev", "--consensus", "dag", "--config", path, *arguments]
        self.start(*arguments, block_interval=block_interval)
        account = self.node.stderr.readline().split()[-1]  # "... account, 0x..."
        self.account = bytes.fromhex(account.removeprefix("0x"))

    def accepted(self, path, body):
        status, answer = self.post(path, body)
        self.assertEqual((status, answer.get("success")), (200, True), answer)
        return answer

    def test_a_task_is_accepted_then_settled_then_paid(self):
        self.begin(challengeWindowBlocks=2)
        self.accepted("/providers/register", REGISTRATION)
        self.wait_for("/providers", lambda all: all["count"] == 1)
        task = self.accepted("/tasks/submit", TASK)["taskId"]
        # The id is bound to its requester.
        self.assertEqual(task, keccak256(self.account + TASK["id"].encode()).hex())
        status, first = self.get(f"/tasks?id={task}")
        self.assertEqual(status, 200)
        self.assertIn(first["finality"], ["queued", "accepted", "settled"])
        self.assertEqual(self.get(f"/tasks?id={TASK['id']}")[0], 404)
        self.wait_for(f"/tasks?id={task}", lambda answer: answer["finality"] == "settled")
        self.wait_for(f"/tasks?id={task}", lambda answer: answer["status"] == "assigned")
        self.accepted("/tasks/result", {**RESULT, "task_id": task})
        done = self.wait_for(f"/tasks?id={task}", lambda answer: answer["status"] == "completed")
        self.assertEqual(done["output"], {"answer": 7})
        self.accepted("/rewards/claim", {"provider_id": "p-1"})
        self.assertIn("stopped at cut", self.stop())

    def test_a_store_keeps_the_dag_and_is_no_chain(self):
        store = self.folder / "store"
        self.begin("--store", store)
        self.accepted("/providers/register", REGISTRATION)
        self.wait_for("/providers", lambda all: all["count"] == 1)
        task = self.accepted("/tasks/submit", TASK)["taskId"]
        self.stop()  # accepts what is queued
        self.begin("--store", store)
        self.wait_for(f"/tasks?id={task}", lambda answer: answer["finality"] == "settled")
        self.stop()
        as_chain = subprocess.run(
            [program(), "serve", "--listen", "127.0.0.1:0", "--store", store, "--dev"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        self.assertEqual(as_chain.returncode, 2)
        self.assertIn("DAG", as_chain.stderr)


if __name__ == "__main__":
    main()
