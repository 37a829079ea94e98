"""Plants one violation for each rule of static.py in a small clean tree and sees exactly that rule
catch it."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.dont_write_bytecode = True
import cpp  # noqa: E402
import static  # noqa: E402

CLEAN = {
    "CMakeLists.txt": "add_subdirectory(core)\nadd_subdirectory(sim)\n"
    "add_subdirectory(scenarios)\n",
    "README.md": "# A tree\n",
    ".gitignore": "/build/\n",
    "core/CMakeLists.txt": "aivm_sources(core base/a.cpp ledger.cpp)\n",
    "core/base/a.h": "#pragma once\nint a();\n",
    "core/base/a.cpp": '#include "core/base/a.h"\n\nint a() { return 1; }\n',
    "core/ledger.cpp": '#include <vector>\n\n#include "core/base/a.h"\n\nint ledger() { return '
    "a(); }\n",
    "sim/CMakeLists.txt": "aivm_sources(sim world.cpp)\n",
    "sim/world.h": "#pragma once\n",
    "sim/world.cpp": '#include "core/base/a.h"\n#include "sim/world.h"\n',
    "scenarios/CMakeLists.txt": "add_executable(aivmsim cli/main.cpp)\n",
    "scenarios/cli/main.h": "#pragma once\n",
    "scenarios/cli/main.cpp": '#include "scenarios/cli/main.h"\n#include "sim/world.h"\nlong t() { '
    "return time(nullptr); }\n",
}


def findings(changes):
    """{rule name: ["path:line text", ...]} for the clean tree with `changes` made to it."""
    with tempfile.TemporaryDirectory() as folder:
        for path, text in (CLEAN | changes).items():
            file = Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode())
        tree = static.Tree(folder)
        found = {
            rule.__name__: [f"{p}:{n} {what}" for p, n, what in rule(tree)] for rule in static.RULES
        }
        return {name: lines for name, lines in found.items() if lines}


class Rules(unittest.TestCase):
    def caught(self, rule, place, changes):
        found = findings(changes)
        self.assertEqual([rule], list(found), found)
        self.assertTrue(any(line.startswith(place) for line in found[rule]), found)

    def clean(self, changes):
        self.assertEqual({}, findings(changes))

    def core_body(self, body):
        return {"core/ledger.cpp": f'#include "core/base/a.h"\n\nint ledger() {{\n    {body}\n}}\n'}

    def test_a_clean_tree_has_no_findings(self):
        self.clean({})

    def test_an_upward_include_is_caught(self):
        self.caught("layers", "core/ledger.cpp:1", {"core/ledger.cpp": '#include "sim/world.h"\n'})

    def test_an_include_of_a_later_room_is_caught(self):
        changes = {
            "core/state/b.h": "#pragma once\n",
            "core/base/a.cpp": '#include "core/base/a.h"\n#include "core/state/b.h"\n',
        }
        self.caught("rooms", "core/base/a.cpp:2", changes)

    def test_a_room_outside_the_order_is_caught(self):
        changes = {
            "core/attic/b.h": "#pragma once\n",
            "core/ledger.cpp": '#include "core/attic/b.h"\nint ledger() { return 1; }\n',
        }
        self.caught("rooms", "core/attic/b.h:1", changes)

    def test_a_rule_of_the_vm_in_the_reference_model_is_caught(self):
        header = {"core/ledger/ledger.h": "#pragma once\n"}
        model = {"core/reference/model.h": "#pragma once\n"}
        caught = [
            ("core/reference/a.cpp", '#include "core/ledger/ledger.h"\n', header, 1),
            ("core/reference/a.cpp", "int a() {\n    return lane_of(1);\n}\n", {}, 2),
            ("core/execution/a.cpp", '#include "core/reference/model.h"\n', model, 1),
        ]
        for path, text, others, line in caught:
            files = {path: text} | others
            named = {
                "core/CMakeLists.txt": f"aivm_sources(core {path[5:]} base/a.cpp ledger.cpp)\n"
            }
            found = findings(files | named)
            self.assertTrue(
                any(f.startswith(f"{path}:{line}") for f in found["second_implementation"]), found
            )
        watch = {
            "core/reference/watch.cpp": '#include "core/state/state.h"\n',
            "core/state/state.h": "#pragma once\n",
            "core/CMakeLists.txt": "aivm_sources(core reference/watch.cpp base/a.cpp ledger.cpp)\n",
        }
        self.clean(watch)

    def test_an_engine_that_is_more_than_a_plug_in_is_caught(self):
        named = {
            "sim/CMakeLists.txt": "aivm_sources(sim world.cpp consensus/hotstuff/hotstuff.cpp)\n",
            "sim/world.cpp": '#include "sim/scenario/engines.h"\n#include "sim/world.h"\n',
        }
        table = {"sim/scenario/engines.h": '#pragma once\nROW(Hotstuff, "hotstuff")\n'}
        engine = "sim/consensus/hotstuff/hotstuff.cpp"
        fits = named | table | {engine: "int i;\n" * 400}
        self.clean(fits)
        self.clean(fits | {"README.md": "# hotstuff is an engine\n"})
        self.caught("plug_ins", "sim/consensus/hotstuff/:1", fits | {engine: "int i;\n" * 401})
        self.caught(
            "plug_ins", "sim/world.h:2", fits | {"sim/world.h": "#pragma once\n// as Hotstuff\n"}
        )
        twice = {"sim/scenario/engines.h": table["sim/scenario/engines.h"] + "// not HotStuff\n"}
        self.caught("plug_ins", "sim/scenario/engines.h:3", fits | twice)

    def test_a_code_without_a_line_on_the_page_is_caught(self):
        page = {"core/testing/CODES.md": "| code | defect |\n|---|---|\n| D01 | one |\n"}
        self.clean(page | self.core_body("return a();  // D01 is known"))
        self.caught("codes", "core/ledger.cpp:4", page | self.core_body("return a();  // see D02"))

    def test_a_test_or_scenario_that_the_page_of_codes_names_and_nobody_has_is_caught(self):
        test = {
            "core/CMakeLists.txt": "aivm_sources(core base/a.cpp ledger.cpp ledger_test.cpp)\n",
            "core/ledger_test.cpp": "TEST(Ledger, Balances) {}\n",
            "scenarios/http_test.py": "class Http(Case):\n    def test_it(self):\n        pass\n",
        }
        row = "| F1 | one | `Ledger.Balances`, `Http.test_it` |\n"
        self.clean(test | {"core/testing/CODES.md": row})
        for absent in ("`Ledger.Balance`", "`Http.test_that`", "`Other.Balances`", "scenario `no`"):
            page = {"core/testing/CODES.md": row + f"| F2 | two | {absent} |\n"}
            self.caught("named_tests", "core/testing/CODES.md:2", test | page)

    def test_a_test_may_include_any_room_of_its_layer(self):
        self.clean(
            {
                "core/CMakeLists.txt": "aivm_sources(core base/a.cpp base/a_test.cpp ledger.cpp)\n",
                "core/state/b.h": "#pragma once\n",
                "core/base/a_test.cpp": '#include "core/state/b.h"\n',
            }
        )

    def test_a_sideways_include_of_the_command_line_is_caught(self):
        changes = {
            "fuzz/CMakeLists.txt": "aivm_fuzz(x_fuzz.cpp)\n",
            "fuzz/x_fuzz.cpp": '#include "scenarios/cli/main.h"\n',
        }
        self.caught("layers", "fuzz/x_fuzz.cpp:1", changes)

    def test_a_fuzz_target_may_read_what_the_server_reads(self):
        self.clean(
            {
                "scenarios/CMakeLists.txt": "aivm_sources(x cli/main.cpp cli/serve/p.cpp)\n",
                "scenarios/cli/serve/p.h": "#pragma once\n",
                "scenarios/cli/serve/p.cpp": "",
                "fuzz/CMakeLists.txt": "aivm_fuzz(x_fuzz.cpp)\n",
                "fuzz/x_fuzz.cpp": '#include "scenarios/cli/serve/p.h"\n',
            }
        )

    def test_one_user_of_the_layers_including_another_is_caught(self):
        changes = {
            "fuzz/x.h": "#pragma once\n",
            "bench/CMakeLists.txt": "aivm_bench(x_bench.cpp)\n",
            "bench/x_bench.cpp": '#include "fuzz/x.h"\n',
        }
        self.caught("layers", "bench/x_bench.cpp:1", changes)

    def test_an_include_that_is_not_from_the_root_is_caught(self):
        changes = {"sim/world.cpp": '#include "world.h"\n#include "sim/world.h"\n'}
        self.caught("layers", "sim/world.cpp:1", changes)

    def test_an_include_inside_a_comment_is_not_one(self):
        self.clean({"core/ledger.cpp": '// #include "sim/world.h"\n/* #include "sim/world.h" */\n'})

    def test_every_banned_call_is_caught(self):
        for call in [
            "return time(nullptr);",
            "return std::time(nullptr);",
            "return rand();",
            "srand(1);",
            "std::random_device d;",
            "auto t = std::chrono::system_clock::now();",
            "auto t = std::chrono::steady_clock::now();",
            "std::uniform_int_distribution<int> d(0, 1);",
            "std::mt19937_64 g(1);",
            "std::hash<int> h;",
            "std::unordered_map<int, int> m;",
            "std::unordered_set<int> m;",
            "return std::log(2.0);",
        ]:
            with self.subTest(call):
                self.caught("banned_calls", "core/ledger.cpp:4", self.core_body(call))

    def test_words_that_only_look_banned_are_left_alone(self):
        for text in [
            "return event.time();",
            "return event->time();",
            "return block_time(1);",
            "// time(nullptr) would be the wall clock",
            'return name("rand()");',
            "std::uint64_t time() const;",
        ]:
            with self.subTest(text):
                self.clean(self.core_body(text))

    def test_tests_and_the_command_line_may_look_at_the_clock(self):
        changes = {
            "core/CMakeLists.txt": "aivm_sources(core base/a.cpp ledger.cpp)\naivm_tests(core "
            "a_test.cpp)\n"
        }
        self.clean(changes | {"core/a_test.cpp": "long t() { return time(nullptr); }\n"})

    def test_an_excuse_with_a_reason_is_heard_and_one_without_is_not(self):
        excused = (
            "// order never reaches results: only looked up by key\n    "
            "std::unordered_map<int, int> m;"
        )
        self.clean(self.core_body(excused))
        bare = "// order never reaches results:\n    std::unordered_map<int, int> m;"
        self.caught("banned_calls", "core/ledger.cpp:5", self.core_body(bare))

    def test_planted_bugs_may_read_the_clock_and_only_where_a_release_does_not(self):
        noise = "auto t = std::chrono::system_clock::now();\n"
        guarded = f"#pragma once\n#ifdef AIVM_MUTANTS\n{noise}#else\n{{}}#endif\n"
        changes = {
            "core/base/a.cpp": '#include "core/base/a.h"\n#include "core/base/mutant_noise.h"\n\n'
            "int a() { return 1; }\n"
        }
        self.clean(changes | {"core/base/mutant_noise.h": guarded.format("")})
        self.caught(
            "banned_calls",
            "core/base/mutant_noise.h:5",
            changes | {"core/base/mutant_noise.h": guarded.format(noise)},
        )
        self.caught(
            "banned_calls",
            "core/base/a.h:3",
            {"core/base/a.h": guarded.format("") + "int a();\n"},
        )

    def test_a_function_longer_than_a_screen_is_caught(self):
        body = "\n    ".join(["a();"] * static.FUNCTION_LINES_MAX)
        self.caught("long_functions", "core/ledger.cpp:3", self.core_body(body))
        shorter = "\n    ".join(["a();"] * (static.FUNCTION_LINES_MAX - 2))
        self.clean(self.core_body(shorter))

    def test_lines_of_a_raw_string_are_data_and_count_neither_as_code_nor_as_whitespace(self):
        self.clean(
            self.core_body('const char* text = R"(' + "\n\t " * static.FUNCTION_LINES_MAX + ')";')
        )

    def test_a_line_longer_than_the_limit_is_caught(self):
        long = "x" * static.COLUMNS_MAX
        for path, line in [
            ("core/ledger.cpp", f"// {long}\n"),
            ("core/rounds.inc", f"// {long}\n"),
            ("dev", f"# {long}\n"),
            (".ci/run.sh", f"# {long}\n"),
            (".checks/a.py", f"# {long}\n"),
            ("core/CMakeLists.txt", CLEAN["core/CMakeLists.txt"] + f"# {long}\n"),
        ]:
            with self.subTest(path):
                self.caught("line_length", f"{path}:", {path: line})
        self.clean({"core/ledger.cpp": "//" + long[2:] + "\n", "README.md": f"{long} {long}\n"})

    def test_a_long_line_is_excused_by_a_reason_or_as_a_table(self):
        long = "x" * static.COLUMNS_MAX
        self.clean({"core/ledger.cpp": f"// long line: an address\n// {long}\n"})
        self.caught("line_length", "core/ledger.cpp:2", {"core/ledger.cpp": f"// why\n// {long}\n"})
        table = f"// clang-format off\n// {long}\n// clang-format on\n"
        self.clean({"core/ledger.cpp": table})
        self.caught("line_length", "core/ledger.cpp:4", {"core/ledger.cpp": f"{table}// {long}\n"})

    def test_leftovers_are_caught(self):
        for word in ["TO" + "DO", "FIX" + "ME", "X" * 3, "DISABLED" + "_x", "GTEST" + "_SKIP"]:
            with self.subTest(word):
                self.caught("leftovers", "core/ledger.cpp:4", self.core_body(f"// {word}"))

    def test_the_host_of_a_registry_is_caught(self):
        for host in ["pypi" + ".org", "deb.debian" + ".org", "crates" + ".io"]:
            with self.subTest(host):
                self.caught("registry_hosts", "README.md:1", {"README.md": f"from {host}\n"})

    def test_a_source_that_nothing_builds_is_caught(self):
        self.caught(
            "built_files", "core/lost.cpp:1", {"core/lost.cpp": "int lost() { return 1; }\n"}
        )

    def test_a_source_named_only_as_the_end_of_another_name_is_caught(self):
        changes = {"core/edger.cpp": "int lost() { return 1; }\n"}
        self.caught("built_files", "core/edger.cpp:1", changes)

    def test_a_header_that_nothing_includes_is_caught(self):
        self.caught("built_files", "core/lost.h:1", {"core/lost.h": "#pragma once\n"})

    def test_bad_whitespace_is_caught(self):
        for text, line in [("a\r\n", 1), ("a \n", 1), ("a\n\tb\n", 2), ("a\n\n\n", 1), ("a", 1)]:
            with self.subTest(repr(text)):
                self.caught("whitespace", f"README.md:{line}", {"README.md": text})

    def test_a_stranger_at_the_top_level_is_caught(self):
        self.caught("top_level", "notes.txt:1", {"notes.txt": "x\n"})

    def test_build_output_is_no_part_of_the_tree(self):
        self.clean({"build/x.cpp": "int x = rand();\n", "aivmsim-out/notes": "x\n"})


class Functions(unittest.TestCase):
    def names(self, text):
        return [heading.split("(")[0].split()[-1] for _, _, heading in cpp.functions(text)]

    def test_functions_are_distinguished_from_types_tables_and_lambdas(self):
        text = """
            namespace a::b {
            struct S : T<int(int)> {
                S() : x_{f(1)} { g(); } int get() const { return x_; } int x_; };
            enum class E { kA, kB };
            const std::vector<int> kTable = { f(1), f(2) };
            template <class T, int N = 3>
            auto go(T t, int d = 3) -> int { return [&] { return t; }(); }
            extern "C" { int c_function(void) { return 1; } }
            bool operator==(const S& a, const S& b) { return true; } }
            TEST(Ledger, AddsUp) { if (x) { y(); } }
        """
        names = self.names(text)
        for name in ["get", "go", "c_function", "operator==", "TEST"]:
            self.assertIn(name, names)
        for name in ["E", "kTable"]:
            self.assertNotIn(name, names)

    def test_strings_comments_and_digit_separators_do_not_confuse_it(self):
        text = (
            "int f() { auto s = \"}{\"; auto r = R\"x(}})x\"; char c = '{'; int n = 1'000'000; "
            "/* } */ // }\n}\nint g() {}\n"
        )
        self.assertEqual(["f", "g"], self.names(text))


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=0).result
    sys.exit(not result.wasSuccessful())
