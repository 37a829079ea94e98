"""Sweeps and merging as their users meet them. Run as: sweep_cli_test.py PATH-OF-aivmsim"""

import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time
import unittest

import cli_test

# A run of it takes about a millisecond on a release build.
TINY = """
name = "tiny"
description = "A few tasks, some of them answered by guessing."
[run]
fidelity = "economic"
[chain]
censorship = "iid"
censoring_share = "50%"
[tasks]
count = 12
per_block = 4
requesters = 1
feature_rows = 8
[vm]
challenge_window_blocks = 3
challenge_reveal_blocks = 20
[[provider]]
name = "honest"
count = 2
[[provider]]
name = "lazy"
count = 2
strategy = "lazy_guess"
[[challenger]]
name = "watcher"
"""

AXES = (
    "--over",
    "vm.challenge_window_blocks=1,2,5",
    "--over",
    "chain.censoring_share=20%..80%:30%",
)
TABLES = ("point", "point_param", "run", "principal", "agent", "task", "result", "challenge",
          "slash", "payoff",
          "chain_stat", "fault", "violation", "metric", "estimate", "contrast")  # fmt: skip


class Sweep(cli_test.Program):
    def setUp(self):
        super().setUp()
        self.tiny = self.folder / "tiny.toml"
        self.tiny.write_text(TINY)

    def rows(self, name):
        """Everything in a study that depends neither on the clock nor on who made it."""
        found = {}
        database = sqlite3.connect(self.folder / name)
        for table in TABLES:
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            kept = ", ".join(c for c in columns if c not in ("study_id", "wall_time_ns"))
            where = "WHERE name <> 'wall_seconds'" if table == "metric" else ""
            found[table] = sorted(database.execute(f"SELECT {kept} FROM {table} {where}"), key=repr)
        database.close()
        return found

    def value(self, name, sql):
        database = sqlite3.connect(self.folder / name)
        try:
            return database.execute(sql).fetchone()[0]
        finally:
            database.close()

    def begin(self, *arguments, **more):
        return subprocess.Popen([cli_test.PROGRAM, "sweep", *map(str, arguments)], cwd=self.folder,
                                text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)  # fmt: skip

    # -- - Results -- -
    def test_a_sweep_writes_one_study_and_one_screen(self):
        done = self.ok("sweep", self.tiny, *AXES, "--seeds", "1..4", "--out", "s.db")
        self.assertRegex(done.stdout, r"^PASS tiny points=9 runs=36 of 36 new=36 wall=\S+ s\.db\n")
        self.assertLess(len(done.stdout.splitlines()), 40)
        self.assertEqual(done.stderr, "")
        self.assertEqual(self.files(), ["s.db", "small.toml", "tiny.toml"])
        self.assertEqual(self.value("s.db", "SELECT count(DISTINCT point_id) FROM run"), 9)
        self.assertEqual(self.value("s.db", "SELECT count(*) FROM v_safe_window"), 3)
        self.assertIn("36 runs of 9 settings", self.ok("check", "s.db").stdout)

    def test_json_has_every_point_with_its_intervals(self):
        found = json.loads(
            self.ok(
                "sweep",
                self.tiny,
                *AXES,
                "--seeds",
                "1..4",
                "--json",
                "--out",
                "s.db",
                "--counterfactual",
            ).stdout
        )
        self.assertTrue(found["complete"])
        self.assertEqual((found["runs"], found["runs_made"], len(found["points"])), (36, 36, 9))
        point = found["points"][4]
        self.assertEqual(
            point["values"], {"vm.challenge_window_blocks": "2", "chain.censoring_share": "50%"}
        )
        by_key = {(e["name"], e["mode"], e["method"]): e for e in point["estimates"]}
        self.assertLessEqual(
            by_key["ttf_mean", "", "t 95%"]["low"], by_key["ttf_mean", "", "t 95%"]["mean"]
        )
        self.assertEqual(by_key["attacker_profitable", "", "share 95%"]["n"], 4)
        self.assertTrue(any(c["method"] == "paired t 95%" for c in point["contrasts"]))
        self.assertEqual(found["points"][0]["contrasts"], [])

    def test_a_dry_run_of_a_study_that_grows_leaves_out_what_is_there(self):
        asked = ("sweep", self.tiny, *AXES, "--out", "s.db", "--dry-run")
        told = self.ok(*asked, "--seeds", "1..4").stdout
        self.assertIn("tiny 9 points, 4 seeds: at most 36 runs, about ", told)
        self.assertNotIn("s.db", self.files())
        self.ok("sweep", self.tiny, *AXES, "--seeds", "1..4", "--out", "s.db")
        before = (self.folder / "s.db").read_bytes()
        told = self.ok(*asked, "--seeds", "1..6").stdout
        self.assertIn("at most 54 runs, of which s.db has 36 already: 18 to make, about ", told)
        found = json.loads(self.ok(*asked, "--seeds", "1..6", "--json").stdout)
        self.assertEqual(
            (found["runs_max"], found["runs_there"], found["runs_left"], found["tasks"]),
            (54, 36, 18, 18 * 12),
        )
        told = self.ok(*asked, "--seeds", "1..4").stdout
        self.assertIn("of which s.db has 36 already: 0 to make\n", told)
        self.assertEqual((self.folder / "s.db").read_bytes(), before)
        self.assertEqual(self.files(), ["s.db", "small.toml", "tiny.toml"])

    def test_a_dry_run_makes_no_folder(self):
        self.ok("sweep", self.tiny, *AXES, "--seeds", "1", "--dry-run")
        self.assertEqual(self.files(), ["small.toml", "tiny.toml"])
        self.assertFalse((self.folder / "aivmsim-out").exists())

    def test_a_closed_terminal_loses_no_finished_run(self):
        asked = (self.tiny, *AXES, "--seeds", "1..2000", "--out", "s.db", "--jobs", "1")
        process = self.begin(
            *asked, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL)
        )
        deadline = time.monotonic() + 60
        while not (self.folder / "s.db.partial").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(1.5)  # finished runs are committed once a second
        process.send_signal(signal.SIGHUP)
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 130, err + out)
        self.assertIn("repeat the command to resume s.db.partial", err)
        there = self.value("s.db.partial", "SELECT count(*) FROM run")
        self.assertGreater(there, 0)
        told = json.loads(self.ok("sweep", *asked, "--dry-run", "--json").stdout)
        self.assertEqual(told["runs_there"], there)

    def test_kinds_of_faults_that_a_swarm_never_drew_are_shown_with_zero(self):
        stormy = self.folder / "stormy.toml"
        stormy.write_text(
            TINY.replace('[run]\nfidelity = "economic"\n', "")
            .replace('censorship = "iid"\ncensoring_share = "50%"', 'consensus = "sequencer"')
            .replace("[tasks]", '[swarm]\nenabled = true\npresence = "1/10"\n[tasks]')
        )
        over = ("--over", "chain.validators=4", "--seeds", "1..1")
        done = self.ok("sweep", stormy, *over, "--json", "--out", "f.db")
        faults = json.loads(done.stdout)["faults"]
        drawn = [each for each in faults if each["runs"] > 0]
        self.assertEqual(
            len(drawn), self.value("f.db", "SELECT count(DISTINCT kind) FROM fault")
        )
        self.assertEqual(
            sum(each["faults"] for each in faults), self.value("f.db", "SELECT count(*) FROM fault")
        )
        self.assertLess(len(drawn), len(faults))
        self.assertLessEqual({"partition", "crash", "bit_rot"}, {each["kind"] for each in faults})
        calm = self.ok("sweep", self.tiny, *AXES, "--seeds", "1..1", "--json", "--out", "c.db")
        self.assertEqual(json.loads(calm.stdout)["faults"], [])

    def test_a_run_of_a_sweep_replays(self):
        self.ok("sweep", self.tiny, *AXES, "--seeds", "3..4", "--out", "s.db")
        run = self.value("s.db", "SELECT max(run_id) FROM run")
        self.assertTrue(
            json.loads(self.ok("replay", "s.db", "--run", run, "--json").stdout)["runs"][0]["same"]
        )

    def test_rows_do_not_depend_on_jobs(self):
        for jobs in ("1", "3"):
            self.ok(
                "sweep", self.tiny, *AXES, "--seeds", "1..4", "--jobs", jobs, "--out", f"{jobs}.db"
            )
        self.assertEqual(self.rows("1.db"), self.rows("3.db"))

    def test_values_come_from_set_and_environment_below_those_varied(self):
        env = {"AIVMSIM_TASKS__COUNT": "5"}
        self.ok("sweep", self.tiny, "--over", "vm.challenge_window_blocks=1,2", "--seeds", "1",
                "--out", "s.db",
                "--set", "tasks.per_block=2", "--set", "vm.challenge_window_blocks=9",
                env=env)  # fmt: skip
        self.assertEqual(
            self.value("s.db", "SELECT max(value) FROM metric WHERE name = 'tasks'"), 5
        )
        self.assertEqual(self.value("s.db", "SELECT group_concat(text) FROM (SELECT text FROM "
                                            "point_param WHERE name = "
                                    "'vm.challenge_window_blocks' ORDER BY number)"),
                         "1,2")  # fmt: skip

    def test_a_violation_is_reported_with_the_command_that_replays_it(self):
        done = self.call(
            "sweep", "unbond_escape", "--set", "expect=", "--seeds", "1..2", "--out", "s.db"
        )
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertTrue(done.stdout.startswith("FAIL unbond_escape"), done.stdout)
        command = done.stdout.splitlines()[-1].split()
        self.assertEqual(command[:3], ["reproduce", "aivmsim", "replay"])
        self.assertTrue(command[3].startswith("findings/"), command)
        self.assertEqual(self.call(*command[2:]).returncode, 1)
        self.assertIn(
            "aivmsim replay s.db --run", self.value("s.db", "SELECT replay FROM violation")
        )

    def test_two_studies_are_compared_pair_by_pair_and_point_by_point(self):
        for name, window in (("a", 2), ("b", 6)):
            self.ok(
                "sweep", self.tiny, "--over", "chain.censoring_share=20%,50%", "--seeds", "1..6",
                "--set", f"vm.challenge_window_blocks={window}", "--out", f"{name}.db",
            )  # fmt: skip
        done = self.ok("compare", "a.db", "b.db", "--metrics", "ttf_mean", "--json")
        rows = json.loads(done.stdout)["differences"]
        self.assertEqual(
            [row["point"] for row in rows],
            ["chain.censoring_share=20%", "chain.censoring_share=50%"],
        )
        for row in rows:
            self.assertEqual((row["n"], row["paired"]), (6, True))
            self.assertAlmostEqual(row["b"] - row["a"], row["difference"])
            self.assertGreater(row["low"], 0, "four blocks more to wait")
        screen = self.ok("compare", "a.db", "b.db")
        self.assertIn("6 pairs", screen.stdout)
        self.assertIn("ttf_mean [s]", screen.stdout)
        same = self.ok("compare", "a.db", "a.db")
        self.assertIn("every metric is the same in both", same.stdout)
        self.refused("compare", "a.db", "b.db", "--metrics", "ttf_meen", code=4,
                     says=['did you mean "ttf_mean"?'])  # fmt: skip

    def test_rules_end_points_early(self):
        done = self.ok("sweep", self.tiny, "--over", "chain.censoring_share=0%,100%", "--seeds",
                       "1..200", "--out", "s.db",
                       "--until-decided", "n_fraud_missed/n_fraud_posted<0.5")  # fmt: skip
        self.assertRegex(done.stdout, r"\b0% .* yes\n")
        self.assertRegex(done.stdout, r"\b100% .* no\n")
        self.assertLess(self.value("s.db", "SELECT count(*) FROM run"), 400)

    # -- - Bad requests -- -
    def test_bad_requests_are_one_clear_error_each_and_leave_nothing(self):
        for arguments, words in (
            (["--over", "vm.no_such_key=1,2"], ["--over vm.no_such_key", "unknown key"]),
            (["--over", "vm.slash_bsp=1,2"], ['did you mean "vm.slash_bps"?']),
            (
                ["--over", "vm.challenge_window_blocks=5..1"],
                ["--over vm.challenge_window_blocks", "is empty"],
            ),
            (
                ["--over", "vm.challenge_window_blocks="],
                ["--over vm.challenge_window_blocks", "empty value"],
            ),
            (["--over", "vm.challenge_window_blocks=1,2,1"], ["same value"]),
            (["--over", "vm.slash_bps=20000"], ["--over vm.slash_bps=20000", "10000"]),
            (["--over", "chain.censoring_share=10%..90%"], ["no step"]),
            (["--over", "nonsense"], ["KEY=VALUES"]),
            (["--seeds", "1,1"], ["--seeds", "given twice"]),
            (["--seeds", "x"], ["--seeds", "no seed"]),
            (["--shard", "3/2"], ["--shard 3/2"]),
            (["--base", "vm.slash_bps=1"], ["--base"]),
            (["--until-width", "ttf_mean"], ["METRIC=WIDTH"]),
            (["--until-decided", "no_such<1"], ["no metric"]),
            (["--confidence", "0%"], ["--confidence"]),
            (["--show", "no_such"], ["--show"]),
            (["--record", "nothing"], ["--record"]),
            (["--jobs", "0"], ["--jobs"]),
        ):
            done = self.refused("sweep", self.tiny, *arguments, "--out", "s.db", says=words)
            self.assertLessEqual(len(done.stderr.splitlines()), 2, done.stderr)
        self.refused("sweep", "no_such_scenario", says=["no_such_scenario"])
        self.refused("sweep", self.tiny, "--out", "no/folder/s.db", says=["no/folder"])
        self.refused("sweep", self.tiny, "--out", self.folder, says=["directory"])
        self.assertEqual(self.files(), ["small.toml", "tiny.toml"])

    def test_all_errors_are_reported_at_once(self):
        done = self.refused("sweep", self.tiny, "--over", "vm.slash_bps=1,20000,30000", "--over",
                            "vm.nope=1", "--seeds", "",
                            "--out", "s.db")  # fmt: skip
        for words in (
            "--over vm.slash_bps=20000",
            "--over vm.slash_bps=30000",
            "--over vm.nope",
            "--seeds",
        ):
            self.assertIn(words, done.stderr)

    # -- - Files that are there already -- -
    def test_a_finished_study_says_so_grows_and_refuses_what_is_no_study(self):
        asked = ("sweep", self.tiny, *AXES, "--seeds", "1..2", "--out", "s.db")
        self.ok(*asked)
        before = (self.folder / "s.db").read_bytes()
        done = self.ok(*asked)
        self.assertIn("s.db is finished", done.stderr)
        self.assertIn("new=0", done.stdout)
        self.ok("run", self.tiny, "--out", "run.db")
        self.refused("sweep", self.tiny, *AXES, "--out", "run.db", says=["no sweep"])
        self.assertEqual((self.folder / "s.db").read_bytes(), before)
        grown = self.ok("sweep", self.tiny, *AXES, "--seeds", "1..3", "--out", "s.db")
        self.assertIn("new=9", grown.stdout)

    def test_an_unfinished_study_is_no_place_for_a_run(self):
        process = self.begin(self.tiny, *AXES, "--seeds", "1..4000", "--out", "s.db")
        self.wait_for_runs("s.db.partial")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.refused("run", self.tiny, "--out", "s.db", says=["unfinished sweep"])

    # -- - Whatever ends it -- -
    def wait_for_runs(self, name):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if (self.folder / name).exists():
                time.sleep(0.4)
                return
            time.sleep(0.02)
        self.fail(f"{name} was not begun")

    def test_ctrl_c_keeps_partial_results_and_the_same_command_resumes(self):
        asked = (self.tiny, *AXES, "--seeds", "1..400", "--record", "metrics", "--out", "s.db")
        process = self.begin(*asked)
        self.wait_for_runs("s.db.partial")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        if process.returncode == 0:
            return  # a machine so fast that it was through
        self.assertEqual(process.returncode, 130, err)
        self.assertTrue(out.startswith("STOPPED tiny"), out)
        self.assertIn("repeat the command to resume", err)
        self.assertEqual(self.files(), ["s.db.partial", "small.toml", "tiny.toml"])
        kept = self.value("s.db.partial", "SELECT count(*) FROM run")
        self.assertGreater(kept, 0)
        done = self.ok("sweep", *asked)
        self.assertIn(f"runs=3 600 of 3 600 new={3600 - kept:,} ".replace(",", " "), done.stdout)

    def test_kill_9_at_any_moment_loses_and_doubles_nothing(self):
        asked = (self.tiny, *AXES, "--seeds", "1..60", "--out")
        self.ok("sweep", *asked, "whole.db")
        moments = random.Random(7)
        kills = 0
        for _ in range(8):
            process = self.begin(*asked, "s.db", start_new_session=True)
            time.sleep(moments.uniform(0.01, 0.5))
            process.kill()
            process.communicate(timeout=60)
            kills += process.returncode == -signal.SIGKILL
            if (self.folder / "s.db").exists():
                break
        self.assertGreater(kills, 0)
        self.ok("sweep", *asked, "s.db")
        self.assertEqual(self.files(), ["s.db", "small.toml", "tiny.toml", "whole.db"])
        self.assertEqual(self.rows("s.db"), self.rows("whole.db"))

    def test_a_full_disk_is_one_error_and_finished_runs_are_kept(self):
        def small_files_only():
            resource.setrlimit(resource.RLIMIT_FSIZE, (900 * 1024, 900 * 1024))

        asked = ("sweep", self.tiny, *AXES, "--seeds", "1..40", "--out")
        self.ok(*asked, "whole.db")
        done = self.call(*asked, "s.db", preexec_fn=small_files_only)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertIn("s.db.partial", done.stderr)
        self.ok(*asked, "s.db")
        self.assertEqual(self.rows("s.db"), self.rows("whole.db"))

    # -- - Parts -- -
    def test_shards_merge_to_what_one_sweep_would_have_written(self):
        asked = ("sweep", self.tiny, *AXES, "--seeds", "1..4")
        self.ok(*asked, "--out", "whole.db")
        for shard in ("1", "2", "3"):
            self.ok(*asked, "--shard", f"{shard}/3", "--out", f"part{shard}.db")
        done = self.call("merge", "-o", "all.db", "part1.db", "part2.db")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("3/3", done.stderr)
        self.ok("merge", "--incomplete", "-o", "all.db", "part1.db", "part2.db")
        self.ok("merge", "-o", "all.db", "--overwrite", "part3.db", "part1.db", "part2.db")
        self.assertEqual(self.rows("all.db"), self.rows("whole.db"))
        self.assertEqual(self.value("all.db", "SELECT count(*) FROM sweep"), 1)

    def test_parts_that_do_not_belong_together_are_refused(self):
        asked = ("sweep", self.tiny, "--over", "vm.challenge_window_blocks=1,2")
        self.ok(*asked, "--seeds", "1..2", "--shard", "1/2", "--out", "a.db")
        self.ok(*asked, "--seeds", "1..2", "--shard", "2/2", "--out", "b.db")
        self.ok(*asked, "--seeds", "3..4", "--out", "c.db")
        self.refused("merge", "-o", "all.db", "a.db", "a.db", says=["is in both files"])
        self.refused("merge", "-o", "all.db", "a.db", "c.db", says=["different sweeps", "seeds"])
        self.refused("merge", "-o", "all.db", "a.db", "none.db", says=["none.db", "no such file"])
        database = sqlite3.connect(self.folder / "b.db")
        with database:
            database.execute("UPDATE study SET code_version = '0.0.1'")
        database.close()
        self.refused(
            "merge",
            "-o",
            "all.db",
            "a.db",
            "b.db",
            says=["b.db", "0.0.1", "do not belong together"],
        )
        (self.folder / "cut.db").write_bytes((self.folder / "a.db").read_bytes()[:5000])
        self.refused("merge", "-o", "all.db", "a.db", "cut.db", says=["cut.db", "truncated"])
        self.refused("merge", "-o", "a.db", "b.db", says=["a.db", "exists"])
        self.assertNotIn("all.db", self.files())

    def test_memory_does_not_grow_with_the_number_of_runs(self):
        def peak_kb(seeds):
            code = (
                "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, "
                "stdout=subprocess.DEVNULL);"
                "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
            )
            asked = [
                cli_test.PROGRAM,
                "sweep",
                self.tiny,
                "--seeds",
                seeds,
                "--jobs",
                "1",
                "--out",
                f"{seeds}.db",
            ]
            done = subprocess.run([sys.executable, "-c", code, *map(str, asked)], cwd=self.folder,
                                  check=True,
                                  capture_output=True, text=True, timeout=300)  # fmt: skip
            return int(done.stdout)

        few, many = peak_kb("1..50"), peak_kb("1..1000")
        self.assertLess(
            many, few + 90_000, "beyond the page cache of the database, which is bounded by 64 MB"
        )


if __name__ == "__main__":
    cli_test.PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
