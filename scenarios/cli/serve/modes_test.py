"""The verification modes played over HTTP alone. Run as: modes_test.py PATH-OF-aivmsim"""

import json

from serve_client import REGISTRATION, RESULT, TASK, ServeCase, keccak256, main

SALT = keccak256(b"salt")


def digits(data):
    return "0x" + data.hex()


def data(text):
    return bytes.fromhex(text.removeprefix("0x"))


class Modes(ServeCase):
    def begin(self, block_interval, **config):
        path = self.folder / "config.json"
        path.write_text(json.dumps(config))
        self.start("--dev", "--config", path, block_interval=block_interval)
        self.account = data(self.node.stderr.readline().split()[-1])  # "... account, 0x..."

    def accepted(self, path, body):
        status, answer = self.post(path, body)
        self.assertEqual((status, answer.get("success")), (200, True), answer)

    # F24: there was no way to commit, and the drawn providers were slashed for silence.
    def test_a_committee_commits_reveals_and_agrees(self):
        self.begin("200ms", verificationMode=1, challengeWindowBlocks=2)
        for i in range(1, 6):
            self.accepted("/providers/register", {**REGISTRATION, "id": f"p-{i}"})
        self.accepted("/tasks/submit", TASK)
        committee = self.wait_for("/tasks?id=t-1", lambda task: "committee" in task)["committee"]
        commitment = keccak256(
            data(committee["task_key"])
            + data(committee["model_digest"])
            + data(committee["input_digest"])
            + keccak256(bytes([7]))
            + keccak256(b"")
            + bytes(12)
            + self.account
            + SALT
        )
        members = [member["provider_id"] for member in committee["members"]]
        self.assertEqual(sorted(members), [f"p-{i}" for i in range(1, 6)])
        for member in members:
            body = {"task_id": "t-1", "provider_id": member, "commitment": digits(commitment)}
            self.accepted("/tasks/commit", body)
        self.wait_for(
            "/tasks?id=t-1",
            lambda task: task["committee"]["height"] >= committee["commit_until"],
        )
        for member in members:
            body = {"task_id": "t-1", "provider_id": member, "output": 7, "nonce": digits(SALT)}
            self.accepted("/tasks/reveal", body)
        task = self.wait_for("/tasks?id=t-1", lambda task: task["status"] == "completed")
        self.assertEqual(task["output"], {"answer": 7})
        for provider in self.get("/providers")[1]["providers"]:
            self.assertEqual(provider["bond"], "1000000000000", "nobody was slashed")

    # F24: there was no way to challenge, so every posted answer became final.
    def test_a_posted_answer_is_challenged_and_the_claim_is_judged(self):
        self.begin("500ms", challengeWindowBlocks=8)
        self.accepted("/providers/register", REGISTRATION)
        self.accepted("/tasks/submit", TASK)
        self.wait_for("/tasks?id=t-1", lambda task: task["status"] == "assigned")
        self.accepted("/tasks/result", RESULT)
        self.wait_for("/tasks?id=t-1", lambda task: task["status"] == "processing")
        # The claim is the posted answer itself, so it disputes nothing and is lost.
        commitment = keccak256(bytes([7]) + SALT + self.account)
        self.accepted("/challenges", {"task_id": "t-1", "commitment": digits(commitment)})
        self.wait_for("/challenges?task_id=t-1", lambda all: all["count"] == 1)
        self.accepted("/challenges/reveal", {"task_id": "t-1", "claim": 7, "salt": digits(SALT)})
        closed = self.wait_for(
            "/challenges?task_id=t-1", lambda all: all["challenges"][0]["status"] == "lost"
        )["challenges"][0]
        self.assertEqual(closed["claim"], {"answer": 7})
        self.assertEqual(closed["challenger"], digits(self.account))

    def test_a_provider_leaves(self):
        self.begin("1ms")
        self.accepted("/providers/register", REGISTRATION)
        self.wait_for("/providers", lambda all: all["count"] == 1)
        self.accepted("/providers/bond", {"provider_id": "p-1", "amount": "5000000000"})
        self.wait_for("/providers", lambda all: all["providers"][0]["bond"] == "1005000000000")
        self.accepted("/providers/leave", {"provider_id": "p-1"})
        self.wait_for("/providers", lambda all: all["providers"][0]["unbonding"])
        status, answer = self.post("/providers/withdraw", {"provider_id": "p-1"})
        self.assertEqual((status, answer["error"]["code"]), (400, "bond_locked"))


if __name__ == "__main__":
    main()
