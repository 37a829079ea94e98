"""The program as its users meet it: exit codes, streams, files. Run: cli_test.py PATH-OF-aivmsim"""

import json
import os
import re
import resource
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

PROGRAM = ""

# Small enough to run in a fraction of a second on any build.
SMALL = """
name = "small"
description = "A few tasks on a small chain."
[chain]
validators = 5
k = 3
alpha_preference = 2
alpha_confidence = 2
beta = 8
[network]
latency = "lan"
[tasks]
count = 8
per_block = 2
requesters = 1
[vm]
challenge_window_blocks = 6
challenge_reveal_blocks = 6
[[provider]]
name = "honest"
count = 2
[[challenger]]
name = "watchers"
"""

# A run that violates E3, on a chain so small that shrinking it takes two seconds.
VIOLATES = ("run", "unbond_escape", "--set", "expect=", "--set", "chain.validators=5")


class Program(unittest.TestCase):
    """Calls the program in a folder of its own, which holds a small scenario."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="aivmsim-cli-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.small = self.folder / "small.toml"
        self.small.write_text(SMALL)

    def call(self, *arguments, env=None, **more):
        variables = {k: v for k, v in os.environ.items() if not k.startswith("AIVMSIM_")}
        variables.update(env or {})
        return subprocess.run(
            [PROGRAM, *map(str, arguments)],
            cwd=self.folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=more.pop("stdout", subprocess.PIPE),
            stderr=subprocess.PIPE,
            text=True,
            timeout=300,
            **more,
        )

    def ok(self, *arguments, **more):
        done = self.call(*arguments, **more)
        self.assertEqual(done.returncode, 0, done.stderr + (done.stdout or ""))
        return done

    def refused(self, *arguments, code=2, says=(), **more):
        done = self.call(*arguments, **more)
        self.assertEqual(done.returncode, code, done.stderr + (done.stdout or ""))
        for words in says:
            self.assertIn(words, done.stderr)
        self.assertFalse(done.stdout)
        return done

    def files(self):
        return sorted(
            str(p.relative_to(self.folder)) for p in self.folder.rglob("*") if p.is_file()
        )


class CommandLine(Program):
    # --- Running ---
    def test_a_clean_run_prints_one_screen_and_records_it(self):
        done = self.ok("run", self.small)
        self.assertRegex(
            done.stdout, r"^PASS small seed=1 events=[0-9 ]+ sim=\S+ wall=\S+ digest=[0-9a-f]{32}\n"
        )
        self.assertIn("Did cheating pay? Nobody broke the protocol.", done.stdout)
        self.assertLess(len(done.stdout.splitlines()), 40)
        self.assertEqual(done.stderr, "")
        self.assertEqual(self.files(), ["aivmsim-out/small-1.db", "small.toml"])

    def test_a_run_on_a_dag_shows_the_times_to_accepted_and_to_settled(self):
        run = ("run", self.small, "--no-record")
        chain = self.ok(*run).stdout
        self.assertNotIn("\n  accepted ", chain)
        self.assertNotIn("\n  settled ", chain)
        dag = (*run, "--set", "chain.consensus=avalanche", "--set", "chain.alpha_preference=8")
        text = self.ok(*dag).stdout
        for word in ("accepted", "settled"):
            self.assertRegex(text, rf"\n  {word} +mean [0-9.]+m?s, half within [0-9.]+m?s, 99 %")
        figures = json.loads(self.ok(*dag, "--json").stdout)["metrics"]
        self.assertRegex(text, rf"\n  vertices +{figures['n_vertices']} with operations")
        self.assertLess(figures["tta_mean"], figures["tts_mean"])

    def test_a_proven_lie_that_costs_nothing_is_noted(self):
        note = "proven wrong cost nothing: raise vm.result_bond or vm.slash_bps"
        lazy = ("run", "lazy_provider", "--no-record", "--set", "tasks.count=40")

        def text(*more):  # without the line breaks of the terminal
            return " ".join(self.ok(*lazy, *more).stdout.split())

        self.assertNotIn(note, text())
        self.assertRegex(text("--set", "vm.slash_bps=0"), "; [1-9][0-9]* " + note)

    def test_json_is_one_document_with_the_figures(self):
        found = json.loads(self.ok("run", self.small, "--json", "--seed", "0x10").stdout)
        self.assertEqual(
            (found["scenario"], found["seed"], found["status"]), ("small", "16", "clean")
        )
        self.assertEqual(found["metrics"]["tasks"], 8)
        self.assertEqual(found["violations"], [])
        self.assertEqual({p["label"] for p in found["principals"]} & {"watchers"}, {"watchers"})
        self.assertEqual(sum(p["net_nlux"] for p in found["principals"]), 0)
        self.assertTrue((self.folder / found["database"]).exists())

    def test_the_same_seed_yields_the_same_digest_and_another_seed_another(self):
        digests = [json.loads(self.ok("run", self.small, "--json", "--no-record", "--seed",
                                      s).stdout)["digest"]
                   for s in ("7", "0x7", "8", "f" * 40)]  # fmt: skip
        self.assertEqual(digests[0], digests[1])
        self.assertEqual(len(set(digests)), 3)

    def test_values_come_from_flag_set_environment_and_file_in_that_order(self):
        env = {"AIVMSIM_TASKS__COUNT": "5", "AIVMSIM_SEED": "3"}
        shown = self.ok("run", self.small, "--show-config", env=env).stdout
        self.assertRegex(shown, r"tasks.count = 5 +# AIVMSIM_TASKS__COUNT")
        self.assertRegex(shown, r"chain.validators = 5 +# \S*small.toml:5")
        shown = self.ok(
            "run", self.small, "--show-config", "--set", "tasks.count=6", env=env
        ).stdout
        self.assertRegex(shown, r"tasks.count = 6 +# --set tasks.count=6")
        self.assertIn(
            "seed=3", self.ok("run", self.small, "--quiet", "--no-record", env=env).stdout
        )
        self.assertIn(
            "seed=4",
            self.ok("run", self.small, "--quiet", "--no-record", "--seed", "4", env=env).stdout,
        )

    def test_no_escape_codes_where_nobody_could_see_them(self):
        for env in ({}, {"NO_COLOR": "1"}):
            self.assertNotIn("\x1b", self.ok("run", self.small, "--no-record", env=env).stdout)

    def test_colours_on_a_terminal_unless_no_color_is_set(self):
        script = shutil.which("script")
        if script is None:
            return
        command = f"{PROGRAM} run {self.small} --no-record --quiet"
        for value, coloured in (("", True), ("1", False)):
            env = {**os.environ, "NO_COLOR": value, "TERM": "xterm"}
            done = subprocess.run([script, "-qec", command, "/dev/null"], env=env,
                                  stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=300)  # fmt: skip
            self.assertEqual("\x1b[1;32mPASS" in done.stdout, coloured, done.stdout)

    def test_determinism_is_verified_on_one_thread_and_on_two(self):
        one = json.loads(self.ok("run", self.small, "--verify-determinism", "--json").stdout)
        two = json.loads(
            self.ok("run", self.small, "--verify-determinism", "--threads", "2", "--json").stdout
        )
        self.assertTrue(one["determinism"]["same"])
        self.assertEqual(one["digest"], two["digest"])
        self.refused("run", self.small, "--threads", "2", says=["--verify-determinism"])
        text = self.ok("run", self.small, "--verify-determinism").stdout
        self.assertRegex(text, r"database +not recorded: --verify-determinism")
        text = self.ok("run", self.small, "--no-record").stdout
        self.assertRegex(text, r"database +not recorded: --no-record")

    # --- Files that are there already ---
    def test_an_existing_output_is_kept_unless_told_otherwise(self):
        self.ok("run", self.small, "--out", "mine.db")
        before = (self.folder / "mine.db").read_bytes()
        self.refused("run", self.small, "--out", "mine.db", says=["mine.db", "overwrite"])
        self.assertEqual((self.folder / "mine.db").read_bytes(), before)
        self.ok("run", self.small, "--out", "mine.db", "--overwrite", "--seed", "2")
        self.assertNotEqual((self.folder / "mine.db").read_bytes(), before)

    def test_the_default_name_repeats_for_the_same_run_and_gets_a_number_for_another(self):
        for _ in range(2):
            self.ok("run", self.small)
        self.assertEqual(self.files(), ["aivmsim-out/small-1.db", "small.toml"])
        self.ok("run", self.small, "--set", "tasks.count=4")
        self.assertEqual(
            self.files(), ["aivmsim-out/small-1-2.db", "aivmsim-out/small-1.db", "small.toml"]
        )

    def test_events_are_recorded_only_on_request(self):
        self.ok("run", self.small, "--out", "plain.db")
        self.ok("run", self.small, "--out", "events.db", "--events")
        found = []
        for name in ("plain.db", "events.db"):
            with sqlite3.connect(self.folder / name) as database:
                events = database.execute("SELECT count(*), max(sequence) FROM event").fetchone()
                last = database.execute(
                    "SELECT digest FROM event ORDER BY sequence DESC LIMIT 1"
                ).fetchone()
                found.append(
                    (database.execute("SELECT events, digest FROM run").fetchone(), events, last)
                )
            database.close()
        (plain_run, plain_events, _), (run, events, last) = found
        self.assertEqual(plain_run, run, "watching changes nothing")
        self.assertEqual(plain_events, (0, None))
        self.assertEqual(events, (run[0], run[0]))
        self.assertEqual(len(last[0]), 32)
        self.refused("run", self.small, "--events", "--no-record", says=["--events"])

    # --- Violations ---
    def test_a_demonstration_passes_and_names_what_it_shows(self):
        found = json.loads(self.ok("run", "unbond_escape", "--json", "--no-record").stdout)
        self.assertEqual([v["invariant"] for v in found["violations"]], ["E3", "E13"])
        self.assertTrue(found["violations"][0]["expected"])

    def test_an_expected_violation_that_does_not_happen_fails(self):
        done = self.call("run", "small.toml", "--no-record", "--set", "expect=E3")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("FAIL  E3", done.stdout)

    def test_a_violation_ends_with_the_command_that_replays_it(self):
        done = self.call(*VIOLATES)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("FAIL  E3 bond-outlives-obligation", done.stdout)
        last = done.stdout.splitlines()[-1].split()
        self.assertEqual(last[:3], ["reproduce", "aivmsim", "replay"])
        again = self.call("replay", last[3])
        self.assertEqual(again.returncode, 1, again.stderr + again.stdout)
        self.assertIn("REPRODUCED", again.stdout)

    def test_a_violation_without_a_finding_ends_with_the_command_of_the_run(self):
        """A file lies where the folder of findings would be made."""
        (self.folder / "aivmsim-out").mkdir()
        (self.folder / "aivmsim-out" / "findings").write_text("")
        env = {"AIVMSIM_TASKS__COUNT": "70"}
        done = self.call(*VIOLATES, env=env)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("the finding could not be saved", done.stderr)
        self.assertIn("FAIL  E3 bond-outlives-obligation", done.stdout)
        last = done.stdout.splitlines()[-1].strip()
        self.assertTrue(last.startswith("reproduce  aivmsim run unbond_escape --seed 1 "), last)
        command = shlex.split(last)[2:]
        again = self.call(*command, "--no-record", "--quiet")  # without the environment
        self.assertEqual(again.returncode, 1, again.stderr)
        digest = re.search("digest=[0-9a-f]{32}", done.stdout)[0]
        self.assertIn(digest, again.stdout)
        self.assertEqual(again.stdout.splitlines()[-1].strip(), last)
        document = json.loads(self.call(*command, "--no-record", "--json").stdout)
        self.assertIsNone(document["finding"])
        self.assertEqual(shlex.split(document["reproduce"])[1:], command)

    def test_the_table_of_payoffs_and_the_violation_name_the_same_owner(self):
        done = self.call(*VIOLATES)
        owner = re.search(r"  provider\[\d+\] \((escapers-\d)\)\n", done.stdout)
        self.assertTrue(owner, done.stdout)
        self.assertRegex(done.stdout, rf"(?m)^  {owner[1]} +provider")

    def test_an_event_budget_that_runs_out_is_exit_code_6(self):
        done = self.call("run", "small.toml", "--no-record", "--set", "run.max_events=1000")
        self.assertEqual(done.returncode, 6, done.stderr)
        self.assertTrue(done.stdout.startswith("LIMIT "))

    # --- Bad input ---
    def test_a_scenario_that_is_not_there_is_named_with_the_nearest(self):
        self.refused(
            "run",
            "quickstrat",
            says=["quickstrat", 'did you mean "quickstart"?', "aivmsim list  names the "],
        )
        self.refused("run", "no/such.toml", says=["no/such.toml"])
        self.refused("run", self.folder, says=["directory"])
        self.assertEqual(self.files(), ["small.toml"])

    def test_an_unknown_key_is_shown_with_a_caret_and_the_nearest_name(self):
        self.small.write_text(SMALL.replace("per_block", "per_blok"))
        self.refused(
            "run",
            self.small,
            says=['unknown key "per_blok"', "^~~~~~~~", 'did you mean "per_block"?'],
        )

    def test_a_value_out_of_range_names_the_range(self):
        self.refused(
            "run",
            self.small,
            "--set",
            "vm.slash_bps=20000",
            says=["--set vm.slash_bps=20000", "10000"],
        )
        self.refused(
            "run", self.small, "--set", "vm.slash_bsp=1", says=['did you mean "vm.slash_bps"?']
        )
        self.refused("run", "small.toml", "--set", "nonsense", says=["key=value"])
        self.refused("run", "small.toml", "--set", "provider.honest.strategy=lazzy", says=["lazzy"])
        self.refused("run", "small.toml", "--set", "tasks.count=-3", says=["-3 is negative"])

    def test_an_unknown_strategy_is_answered_with_the_nearest_or_with_all_in_short_lines(self):
        strategy = "provider.honest.strategy="
        near = ['no provider strategy is called "lazzy_guess"', 'did you mean "lazy_guess"?']
        self.refused("check", self.small, "--set", strategy + "lazzy_guess", says=near)
        said = self.refused("check", self.small, "--set", strategy + "xyz").stderr
        self.assertIn("one of honest, ", said)
        self.assertIn("unbond_escape", said)
        self.assertNotIn("always_check", said)  # of challengers
        self.assertLessEqual(max(len(line) for line in said.splitlines()), 100)

    def test_check_reports_ranges_names_and_strategies_together_at_their_places(self):
        self.small.write_text(SMALL.replace("[vm]", "[vm]\nslash_bps = 20000")
                              .replace('"lan"', '"laan"')
                              .replace('name = "watchers"',
                                       'name = "watchers"\nstrategy = "always_chek"'))  # fmt: skip
        self.refused("check", self.small, says=[
            "small.toml:17:13: error: 20000 is out of range",
            "small.toml:11:1: error: there is no latency profile",
            'small.toml:25:1: error: no challenger strategy is called "always_chek"',
            'did you mean "always_check"?',
        ])  # fmt: skip
        self.small.write_text(SMALL + "parameters = { watch_ppm = 3 }\n")
        self.refused("check", self.small, says=[
            'has no parameter "watch_ppm"', "small.toml:24:16: error"])

    def test_work_that_the_run_has_no_time_for_is_noted(self):
        late = ("check", "safe_window", "--set", "tasks.count=100000")
        self.assertIn("the run ends before its work", self.ok(*late).stderr)
        self.assertEqual(self.ok("check", "safe_window").stderr, "")

    def test_bad_arguments_are_exit_code_2(self):
        for arguments in (
            [],
            ["fly"],
            ["run"],
            ["run", self.small, "--nope"],
            ["run", self.small, "--seed", "x"],
            ["run", self.small, "--seed", "99999999999999999999"],
            ["run", self.small, "--backend", "x"],
            ["run", self.small, "--out", "a.db", "--no-record"],
        ):
            self.refused(*arguments)
        self.assertEqual(self.files(), ["small.toml"])

    def test_help_goes_to_stdout(self):
        self.assertIn("--verify-determinism", self.ok("run", "--help").stdout)
        self.assertIn("Exit codes", self.ok("--help").stdout)

    def test_an_output_that_cannot_be_written_is_refused_before_the_run(self):
        self.refused("run", self.small, "--out", "no/such/folder/x.db", says=["no/such/folder"])
        self.refused("run", self.small, "--out", self.folder, says=["directory"])

    def test_a_full_disk_leaves_nothing_behind(self):
        def small_files_only():
            resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, 64 * 1024))

        done = self.call("run", self.small, "--out", "x.db", preexec_fn=small_files_only)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertEqual(self.files(), ["small.toml"])
        with open("/dev/full", "w") as full:
            done = self.call("run", "small.toml", "--no-record", stdout=full)
        self.assertEqual(done.returncode, 3)
        self.assertIn("stdout", done.stderr)

    def test_a_full_disk_does_not_hide_a_violation(self):
        def small_files_only():  # the signal of the limit is left as it is
            resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, 64 * 1024))

        done = self.call(*VIOLATES, "--out", "x.db", preexec_fn=small_files_only)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("FAIL  E3 bond-outlives-obligation", done.stdout)
        self.assertIn("  reproduce  aivmsim ", done.stdout.splitlines()[-1])
        self.assertIn("the run was not recorded: x.db.partial", done.stderr)
        self.assertFalse([name for name in self.files() if name.startswith("x.db")])

    # --- Databases ---
    def test_a_recorded_run_replays_to_its_digest(self):
        self.ok("run", self.small, "--out", "x.db", "--set", "tasks.count=6")
        found = json.loads(self.ok("replay", "x.db", "--json").stdout)
        self.assertTrue(found["runs"][0]["same"])
        self.refused("replay", "x.db", "--run", "12", code=4, says=["12"])

    def test_the_time_to_use_is_told_by_provider(self):
        self.ok("run", "stale_attester", "--out", "x.db")
        with sqlite3.connect(self.folder / "x.db") as database:
            rows = database.execute(
                "SELECT strategy, results, usable_early, lies_usable_early, ttu_mean"
                " FROM v_time_to_use JOIN agent ON agent.run_id = v_time_to_use.run_id"
                " AND agent.agent = provider JOIN principal USING (principal)"
            ).fetchall()
        database.close()
        found = {row[0]: row[1:] for row in rows}
        results, early, lies, ttu = found["honest"]
        self.assertEqual((early, lies), (results, 0))
        self.assertGreater(found["stale_attester"][2], 0)
        self.ok(
            "run", "stale_attester", "--out", "y.db", "--set", "vm.verification_mode=optimistic"
        )
        with sqlite3.connect(self.folder / "y.db") as database:
            early_of_all, fastest = database.execute(
                "SELECT sum(usable_early), min(ttu_mean) FROM v_time_to_use"
            ).fetchone()
        database.close()
        self.assertEqual(early_of_all, 0)
        self.assertGreater(fastest, ttu)

    def test_a_digest_that_differs_is_exit_code_5(self):
        self.ok("run", self.small, "--out", "x.db")
        with sqlite3.connect(self.folder / "x.db") as database:
            database.execute("UPDATE run SET digest = ?", ("0" * 32,))
        database.close()
        done = self.call("replay", "x.db")
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertIn("DIFFERS", done.stdout)

    def test_damaged_and_foreign_databases_are_refused(self):
        self.ok("run", self.small, "--out", "x.db")
        self.assertIn("whole database", self.ok("check", "x.db").stdout)
        whole = (self.folder / "x.db").read_bytes()
        (self.folder / "cut.db").write_bytes(whole[: len(whole) // 2])
        (self.folder / "text.db").write_text("hello")
        with sqlite3.connect(self.folder / "foreign.db") as database:
            database.execute("CREATE TABLE t (x)")
        database.close()
        for name, why in (
            ("cut.db", "truncated"),
            ("text.db", "not an SQLite"),
            ("foreign.db", "not one of aivmsim"),
            ("none.db", "no such file"),
        ):
            self.refused("replay", name, says=[name, why])
            self.refused("report", name, says=[name, why])
            if name != "none.db":
                self.refused("check", name, says=[name, why])

    def test_ctrl_c_keeps_what_is_there(self):
        self.check_interrupted_by(signal.SIGINT)

    def test_a_closed_terminal_keeps_what_is_there(self):
        self.check_interrupted_by(signal.SIGHUP)

    def test_two_runs_at_once_have_a_file_each(self):
        """Over one default name: the later one takes another, and none waits or is lost."""
        command = [PROGRAM, "run", "small.toml", "--set", "tasks.count=200"]
        variables = {k: v for k, v in os.environ.items() if not k.startswith("AIVMSIM_")}
        settings = [["--set", f"vm.challenge_window_blocks={blocks}"] for blocks in (6, 7, 8, 9)]
        running = [
            subprocess.Popen([*command, *more, "--json"], cwd=self.folder, env=variables,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for more in settings
        ]  # fmt: skip
        databases = {}
        for process, more in zip(running, settings):
            out, err = process.communicate(timeout=300)
            self.assertEqual(process.returncode, 0, err + out)
            databases[json.loads(out)["database"]] = more[1]
        names = [f"aivmsim-out/small-1{n}.db" for n in ("", "-2", "-3", "-4")]
        self.assertEqual(sorted(databases), sorted(names))
        self.assertEqual(self.files(), sorted([*names, "small.toml"]))
        for name, override in databases.items():
            self.assertIn(override, self.ok("check", name).stdout)

    def check_interrupted_by(self, number):
        process = subprocess.Popen(
            [PROGRAM, "run", "quickstart", "--out", "x.db", "--set", "tasks.count=100000"],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # also under nohup
        )
        deadline = time.monotonic() + 60
        while not (self.folder / "x.db.partial").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(1.0)
        process.send_signal(number)
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 130, err)
        self.assertTrue(out.startswith("STOPPED quickstart"), out)
        self.assertIn("interrupted", self.ok("check", "x.db").stdout)
        self.assertNotIn("x.db.partial", self.files())
        self.ok("replay", "x.db")

    # --- Looking things up ---
    def test_everything_listed_can_be_explained(self):
        for what in ("scenarios", "strategies", "invariants", "metrics", "tables", "views"):
            for line in self.ok("list", what).stdout.splitlines():
                self.assertIn(line.split()[0], self.ok("explain", line.split()[0]).stdout)
        self.ok("list", "profiles")
        for name in ("vm.slash_bps", "bond_locked", "lan", "provider"):
            self.ok("explain", name)
        # F29: it said "how long an attestation may take".
        self.assertIn("maximum age", self.ok("explain", "vm.attestation_timeout").stdout)

    def test_the_manual_has_every_command_option_and_exit_code_and_is_sound_roff(self):
        page = self.ok("man").stdout
        script = self.ok("completion", "bash").stdout
        commands = re.findall(r"^        ([a-z-]+)\) options=", script, re.M)
        self.assertIn("man", commands)
        for command in commands:
            title = f".SS aivmsim {command}\n".replace("-", "\\-")
            self.assertEqual(page.count(title), 1, command)
            part = page.split(title)[1].split("\n.S")[0].replace("\\-", "-")
            for option in re.findall(r"^  .*?(--[a-z-]+)", self.ok(command, "--help").stdout, re.M):
                of_all = option in ("--help", "--help-all")
                self.assertTrue(option in part or of_all, f"{command} {option}")
        root = Path(__file__).resolve().parents[2]
        codes = (root / "pyharness/docs/parts/exit_codes.md").read_text()
        rows = re.findall(r"^\| (\d+) \| (.*) \|$", codes, re.M)
        self.assertEqual(len(rows), 8)
        for code, meaning in rows:
            self.assertIn(f".TP\n\\fB{code}\\fR\n{meaning}\n", page)
        shown = subprocess.run(["groff", "-man", "-Tutf8", "-ww"], input=page, capture_output=True,
                               text=True)  # fmt: skip
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        plain = re.sub(".\x08|\x1b\\[[0-9;]*m", "", shown.stdout)  # without bold and underlined
        self.assertIn("AIVMSIM(1)", plain)
        self.assertIn("aivmsim run quickstart", plain)

    def test_what_nothing_is_called_is_exit_code_4(self):
        self.refused("explain", "lazzy_guess", code=4, says=['did you mean "lazy_guess"?'])
        self.assertIn("fraud proof", self.ok("explain", "V31").stdout)
        self.assertIn("why  Two accepted blocks", self.ok("explain", "S1").stdout)
        self.assertIn("chain.censorship", self.ok("explain", "iid").stdout)
        self.assertIn("10^9 nLUX", self.ok("explain", "LUX").stdout)
        self.refused("explain", "challenge_window", code=4, says=["vm.challenge_window_blocks"])

    def test_every_command_has_an_example_in_its_help(self):
        told = self.ok("--help").stdout
        commands = re.findall(r"^  ([a-z-]+) {2,}", told.split("Subcommands:")[1], re.M)
        self.assertGreater(len(commands), 20)
        for command in commands:
            told = self.ok(command, "--help").stdout
            self.assertIn("Examples:", told, command)
            self.assertNotIn("Excludes", told, command)
            self.assertNotIn("{false}", told, command)

    def test_profit_finds_that_unchecked_lies_pay_and_its_file_repeats_that(self):
        watched = SMALL.replace('[tasks]', '[run]\nfidelity = "economic"\n[tasks]')
        unchecked = self.folder / "unchecked.toml"
        unchecked.write_text(watched.split("[[challenger]]")[0])
        search = ["profit", "unchecked.toml", "--runs", 80, "--fresh-seeds", 4, "--quiet"]
        found = self.call(*search, "--json")
        self.assertEqual(found.returncode, 1, found.stderr)
        document = json.loads(found.stdout)
        self.assertTrue(document["pays"])
        self.assertEqual(document["schema_version"], 2)
        as_text = self.call(*search)  # makes no run again: the log has them all
        self.assertEqual(as_text.returncode, 1, as_text.stderr)
        self.assertIn("FAIL  E5 honest-play-pays-best   small   owner honest", as_text.stdout)
        again = as_text.stdout.split("reproduce  aivmsim ")[1].split("\n")[0].split()
        repeated = json.loads(self.ok(*again, "--json", "--no-record").stdout)
        gain = repeated["counterfactual"][0]["gain_nlux"] / 1e9
        self.assertAlmostEqual(gain, document["cheapest"]["gain"]["mean_lux"], places=6)

    def test_profit_answers_a_bad_request_with_one_error(self):
        self.refused("profit", says=["name a scenario"])
        self.refused("profit", "small.toml", says=["--set run.fidelity=economic"])
        self.refused("profit", "small.toml", "--budget", "0s", says=["above zero"])
        economic = ["profit", "small.toml", "--set", "run.fidelity=economic", "--runs", 10]
        self.refused(*economic, "--without", "wrong", says=["no primitive action"])
        self.refused(*economic, "--owner", "nobody", says=["there are validators, honest, "])
        self.assertIn("wrong_ppm", self.ok("profit", "--list").stdout)

    def test_an_expected_invariant_must_exist_and_may_be_written_as_in_a_file(self):
        self.refused("run", "small.toml", "--set", "expect=E99", says=["there is no invariant E99"])
        self.assertIn(
            "the scenario expects this invariant to be violated",
            self.call("run", "small.toml", "--no-record", "--set", 'expect=["E3"]').stdout,
        )

    def test_a_catalogue_that_is_not_there_is_named_once_with_what_to_do(self):
        """As where a build tree was moved."""
        nowhere = {"AIVMSIM_CATALOG": "/nowhere"}
        for command, code in (("list", 4), ("run", 2), ("check", 2)):
            words = [] if command == "list" else ["quickstart"]
            done = self.refused(command, *words, code=code, env=nowhere)
            self.assertIn("was looked for in /nowhere, which is not there", done.stderr)
            self.assertIn("name its folder in AIVMSIM_CATALOG", done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_validate_says_what_agrees_and_records_it(self):
        database = self.folder / "validation.db"
        result = self.ok("validate", "--only", "V41,V43,C01,C08", "--json", "--out", str(database))
        document = json.loads(result.stdout)
        self.assertEqual([case["verdict"] for case in document["cases"]], ["agrees"] * 4)
        self.assertEqual((document["agrees"], document["of"]), (4, 4))
        self.assertIn("validated: 4 of 4 cases agree, family-wise 1e-4, ", document["badge"])
        rows = (
            sqlite3.connect(database)
            .execute("SELECT name, mean, passed FROM validation ORDER BY name")
            .fetchall()
        )
        self.assertEqual([row[0] for row in rows], ["C01", "C08", "V41", "V43"])
        self.assertEqual(rows[2], ("V41", 101.0, 1))
        self.assertEqual((document["schema_version"], document["seed"]), (2, "1"))
        screen = self.ok("validate", "--only", "C08,V41").stdout
        for case in document["cases"]:
            if case["id"] in ("C08", "V41"):
                begin = case["quantity"].split()[0][:12]
                self.assertRegex(screen, rf"(?m)^{case['id']} .*agrees +{re.escape(begin)}")
        self.assertLessEqual(max(len(line) for line in screen.splitlines()[:3]), 100)

    def test_validate_refuses_foreign_files_and_shows_what_disagrees(self):
        cases = self.folder / "cases.json"
        cases.write_text("{}")
        self.refused("validate", "--cases", str(cases), says=['no list "cases"'])
        self.refused("validate", "--cases", str(self.folder / "none.json"), says=["no such file"])
        self.refused("validate", "--only", "V00", code=4, says=["there is no case V00"])
        cases.write_text(json.dumps({"cases": [self.snowball(20, expected=21)]}))
        wrong = self.call("validate", "--cases", str(cases))
        self.assertEqual(wrong.returncode, 1)
        self.assertIn("disagrees: the interval lies outside the margin", wrong.stdout)

    @staticmethod
    def snowball(beta, **changed):
        parameters = {"k": 20, "alpha_p": 11, "alpha_c": 15, "beta": beta, "n": 100}
        case = {"id": "C08", "quantity": "rounds", "expression": "", "parameters": parameters}
        return {**case, "expected": beta, "kind": "exact", **changed}

    def test_validate_goes_on_when_a_case_fails(self):
        nobody_can_ask_20_of_5 = self.snowball(20)
        nobody_can_ask_20_of_5["parameters"]["n"] = 5
        fine = self.snowball(20, id="V41", expected=2, parameters={"W": 1})
        unreadable = {"id": "V05", "expected": "x"}
        cases = self.folder / "cases.json"
        cases.write_text(json.dumps({"cases": [nobody_can_ask_20_of_5, 7, unreadable, fine]}))
        failed = self.call("validate", "--cases", str(cases), "--json", "--out", "failed.db")
        self.assertEqual(failed.returncode, 1)
        document = json.loads(failed.stdout)
        verdicts = [(case["id"], case["verdict"]) for case in document["cases"]]
        self.assertEqual(
            verdicts,
            [("C08", "failed"), ("#2", "failed"), ("V05", "failed"), ("V41", "agrees")],
        )
        self.assertEqual((document["failed"], document["agrees"], document["of"]), (3, 1, 4))
        self.assertFalse(document["passed"])
        for case in document["cases"]:
            self.assertEqual(case["reason"] == "", case["verdict"] == "agrees")
            self.assertEqual(case["simulated"] is None, case["verdict"] == "failed")
        query = "SELECT name, method, passed, verdict FROM validation ORDER BY name"
        rows = sqlite3.connect(self.folder / "failed.db").execute(query).fetchall()
        self.assertEqual(len(rows), 4)
        self.assertEqual(rows[0], ("#2", "failed: it is not an object", 0, "failed"))
        self.assertEqual(rows[3], ("V41", "exact", 1, "agrees"))
        self.assertIn("failed: ", self.call("validate", "--cases", str(cases)).stdout)

    def test_an_undecided_case_is_no_miss_but_has_an_exit_code(self):
        polls = {"n": 100, "f": 0.5, "k": 10, "alpha": 8}
        case = self.snowball(20, id="C02", parameters=polls, kind="frequency", margin=1e-6)
        cases = self.folder / "cases.json"
        cases.write_text(json.dumps({"cases": [{**case, "expected": 0.045824}]}))
        undecided = self.call("validate", "--cases", str(cases), "--json")
        self.assertEqual(undecided.returncode, 6)
        document = json.loads(undecided.stdout)
        self.assertTrue(document["passed"])
        self.assertEqual(document["undecided"], 1)
        self.assertEqual(document["cases"][0]["margin_rule"], "own")

    def test_version_names_what_it_was_built_from(self):
        self.assertRegex(self.ok("version").stdout, r"^aivmsim \d+\.\d+\.\d+")

    def test_dev_knows_its_fuzz_targets_before_it_installs_or_builds(self):
        dev = Path(__file__).resolve().parent.parent.parent / "dev"
        done = subprocess.run([str(dev), "fuzz", "nosuch", "5"], capture_output=True, text=True,
                              timeout=60, stdin=subprocess.DEVNULL)  # fmt: skip
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("there is no target 'nosuch'; there are block_codec ", done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_check_reports_a_sound_scenario(self):
        self.assertIn("sound", self.ok("check", self.small).stdout)
        self.assertIn("sound", self.ok("check", "quickstart").stdout)
        self.refused("check", "no.toml", says=["no.toml"])

    def test_a_report_without_a_python_says_what_to_do(self):
        self.ok("run", self.small, "--out", "x.db")
        self.refused(
            "report", "x.db", code=3, env={"AIVMSIM_PYTHON": "/no/python"}, says=["AIVMSIM_PYTHON"]
        )
        self.assertEqual(self.files(), ["small.toml", "x.db"])

    def test_a_report_hands_databases_and_findings_on(self):
        """One database, two, or a folder; a third is too many, and each file is checked first."""
        for name in ("x.db", "y.db"):
            self.ok("run", self.small, "--out", name)
        (self.folder / "found").mkdir()
        stub = self.folder / "python"
        stub.write_text("#!/bin/sh\necho \"$@\"\n")
        stub.chmod(0o755)
        env = {"AIVMSIM_PYTHON": str(stub)}
        both = self.ok("report", "x.db", "y.db", "--design", "vm.a", env=env).stdout
        self.assertIn("-m aivmsim_report x.db y.db --design=vm.a", both)
        self.assertIn("-m aivmsim_report found", self.ok("report", "found", env=env).stdout)
        self.refused("report", "x.db", "none.db", env=env, says=["none.db", "no such file"])
        self.refused("report", "x.db", "y.db", "x.db", env=env)


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
