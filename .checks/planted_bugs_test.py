"""Plants a violation of each rule of planted_bugs.py in a small clean tree and sees that rule alone
catch it."""

import stat
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.dont_write_bytecode = True
import planted_bugs  # noqa: E402

ALL_BUT_ONE = [each for each in planted_bugs.KNOWN if each != "D22"]
CLEAN = {
    "core/a.cpp": "// AIVM_MUTANT(in_a_comment)\nbool a() { return AIVM_MUTANT(D22); }\n"
    "void b(T& t) {\n    if (AIVM_MUTANT(control_neutral)) {\n        mutants::order_by_hash(t);\n"
    "    }\n}\n",
    "core/base/mutant.h": "//   AIVM_MUTANT(id)\n#define AIVM_MUTANT(id) false\n",
    planted_bugs.TABLE: '{"D22", MutantSubject::kVm, "a sentence", "E3"},\n'
    '{kNeutralControl, MutantSubject::kControl, "nothing", ""},\n',
    planted_bugs.README: "# Planted bugs\n\n## What is not planted\n\n| id | why |\n|---|---|\n"
    + f"| {' '.join(ALL_BUT_ONE)} | a reason |\n",
    planted_bugs.RESULTS: "| id | a | b | c | d | e | f | g | h |\n"
    "| D22 | a | b | c | d | e | f | g | h |\n",
}


def findings(changes):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for path, text in (CLEAN | changes).items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        found = {rule.__name__: list(rule(root)) for rule in planted_bugs.RULES}
        return {name: lines for name, lines in found.items() if lines}


class Rules(unittest.TestCase):
    def caught(self, rule, text, changes):
        found = findings(changes)
        self.assertEqual([rule], list(found), found)
        self.assertTrue(any(text in line for line in found[rule]), found)

    def test_a_clean_tree_has_no_findings(self):
        self.assertEqual({}, findings({}))

    def test_a_plant_without_a_row_is_caught(self):
        self.caught("table_and_code", "new_one has no row", {"sim/b.cpp": "AIVM_MUTANT(new_one)\n"})

    def test_a_plant_where_none_is_compiled_is_caught(self):
        text = {"core/a.cpp": "AIVM_MUTANT(control_neutral)\n", "gpu/b.cpp": "AIVM_MUTANT(D22)\n"}
        self.caught("table_and_code", "gpu is compiled without planted bugs", text)

    def test_a_row_without_a_plant_is_caught(self):
        table = CLEAN[planted_bugs.TABLE] + '{"gone", MutantSubject::kVm, "a sentence", "E3"},\n'
        self.caught("table_and_code", "gone is planted nowhere", {planted_bugs.TABLE: table})

    def test_a_known_defect_that_is_neither_planted_nor_excused_is_caught(self):
        readme = CLEAN[planted_bugs.README].replace("D23", "")
        self.caught("known_defects", "D23 is not planted", {planted_bugs.README: readme})

    def test_an_excuse_without_a_reason_does_not_count(self):
        readme = CLEAN[planted_bugs.README].replace("a reason", "")
        self.caught("known_defects", "D23 is not planted", {planted_bugs.README: readme})

    def test_an_excuse_for_what_is_planted_is_caught(self):
        readme = CLEAN[planted_bugs.README].replace("D23", "D22 D23")
        self.caught("known_defects", "D22 is planted, and", {planted_bugs.README: readme})

    def test_results_of_a_plant_that_is_gone_are_caught(self):
        more = CLEAN[planted_bugs.RESULTS] + "| gone | a | b | c | d | e | f | g | h |\n"
        self.caught("results", "gone is not in", {planted_bugs.RESULTS: more})

    def test_noise_outside_a_plant_is_caught(self):
        self.caught("noise", "sim/b.cpp:1", {"sim/b.cpp": "t += mutants::host_clock_ns();\n"})


class Programs(unittest.TestCase):
    def wrong(self, script):
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder, "aivmsim")
            program.write_text("#!/bin/sh\n" + script)
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
            return list(planted_bugs.release_is_clean(str(program)))

    def test_a_release_refuses_both_ways_to_run_with_a_plant(self):
        self.assertEqual([], self.wrong("echo it contains no planted bugs >&2; exit 2\n"))
        self.assertEqual(2, len(self.wrong("exit 0\n")))

    def test_a_program_with_the_symbol_of_the_plants_is_caught(self):
        refusal = "echo it contains no planted bugs >&2; exit 2\n"
        symbol = planted_bugs.SYMBOL.decode()
        self.assertEqual(1, len(self.wrong(refusal + "# " + symbol + "\n")))


if __name__ == "__main__":
    unittest.main()
