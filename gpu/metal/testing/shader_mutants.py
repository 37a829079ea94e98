"""Plants bugs in the shaders, one at a time, and expects msl_tests to fail on each.

    python3 shader_mutants.py --shaders DIR --spirv DIR --stand-in DIR --tests FILE --clang FILE

The shaders run on the CPU as MSL, one thread after the other in an order drawn from a seed, so a
missing atomic is not seen here; a result that depends on the order is. Prints one line per mutant
with the tests that caught it, and exits 1 if one survived.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# The passes to build again, the file, a text in it, and what replaces the text.
MUTANTS = [
    ("group_attestations", "group.inc", "ATOMIC_MIN(leader[holder], op)", "leader[holder] = op"),
    ("group_attestations", "group.inc", "if (has_same_key(holder, op))", "if (true)"),
    ("group_models", "operations.inc", "== KIND_REGISTER;", "<= KIND_TRANSFER;"),
    ("group_attestations find_attestations", "operations.inc",
     "return !is_zero(base, base + 8u) &&\n           !is_zero(base + ATTESTATION_OP_KEY, base",
     "return !is_zero(base, base + 8u) &&\n"
     "           !is_zero(base + ATTESTATION_OP_KEY + 1u, base"),
    ("group_models find_models", "operations.inc",
     "<= KIND_TRANSFER &&", "<= KIND_TRANSFER + 1u &&"),
    ("group_attestations find_attestations", "operations.inc",
     "for (VAR(u32, i) = 0u; i < 8u; i += 1u) {",
     "for (VAR(u32, i) = 0u; i < 2u; i += 1u) {"),
    ("place_attestations", "place.inc", "if (before > candidate) {", "if (before < candidate) {"),
    ("place_attestations", "place.inc", "if (before == NONE) { return; }", "return;"),
    ("place_attestations", "place.inc", "if (slot_has_key(slot, candidate)) { return; }", ""),
    ("place_models", "place.inc", "leader[representative[op]] != op", "representative[op] != op"),
    ("find_attestations", "find.inc", "inserter > op", "inserter >= op"),
    ("find_models", "find.inc", "inserter == NONE || inserter > op", "inserter == NONE"),
    ("find_models", "find.inc", "(kind == KIND_UPDATE_WEIGHTS && parameter_bits != 0u)",
     "(kind == KIND_UPDATE_WEIGHTS)"),
    ("find_models", "find.inc", "registers || kind == KIND_TRANSFER", "kind == KIND_TRANSFER"),
    ("find_attestations", "rules.inc", "* 0x1b3u", "* 0x1b1u"),
    ("count_updates", "count_updates.inc", "op + 1u > ATOMIC_LOAD", "op + 1u < ATOMIC_LOAD"),
    ("write_attestations", "write_attestations.inc", "SELECT(expired, STATUS_EXPIRED, 0u)", "0u"),
    ("write_attestations", "write_attestations.inc", "i < ATTESTATION_WORDS;", "i < 35u;"),
    ("write_models", "write_models.inc", "if (carries && high == NONE)", "if (false)"),
    ("write_models", "write_models.inc", "SELECT(carries, 1u, 0u)", "0u"),
    ("write_models", "write_models.inc",
     "SELECT(registered, 0u, table[at + 1u])", "table[at + 1u]"),
    ("anchor_cursor", "anchor_cursor.inc", "ATOMIC_MIN(counters[COUNTER_CURSOR], slot)",
     "counters[COUNTER_CURSOR] = slot"),
    ("anchor_select", "anchor_select.inc", "begin = chosen + 1u;", "begin = chosen + 2u;"),
    ("anchor_select", "anchor_select.inc",
     "begin += ANCHOR_WINDOW;", "begin += ANCHOR_WINDOW + 1u;"),
    ("anchor_select", "anchor_select.inc", "ATOMIC_MIN(first_fit, op)", "first_fit = op"),
    ("anchor_select", "anchor_select.inc", "begin < parameters.op_count && count < room",
     "begin < parameters.op_count && count <= room"),
    ("anchor_select", "rules.inc",
     "a_high == b_high && a_low < b_low", "a_high == b_high && a_low <= b_low"),
    ("anchor_write", "anchor_write.inc", "k < ANCHOR_OCCUPIED", "k < ANCHOR_WORDS"),
    ("attestation_leaves", "attestation_leaves.inc",
     "if (i == ATTESTATION_STATUS) { return marked; }", ""),
    ("attestation_leaves", "rules.inc", "(low | high) != 0u && ", ""),
    ("attestation_leaves", "attestation_leaves.inc",
     "} else if ((marked & STATUS_VERIFIED) != 0u) {",
     "} else {"),
    ("model_leaves", "model_leaves.inc", "i + 1u]; }", "i]; }"),
    ("anchor_leaves", "anchor_leaves.inc", "i == 33u, PAD_LAST", "i == 32u, PAD_LAST"),
    ("anchor_leaves", "keccak.inc", "RC(0x80008081u, 0x80000000u)", "RC(0x80008081u, 0x00000000u)"),
    ("inference", "inference.inc", "shift >= 0 && shift <= 31", "shift >= 0 && shift <= 29"),
    ("inference", "inference.inc", "clamp(I32(sum) >> places, -128, 127)",
     "clamp(I32(sum) >> places, -127, 127)"),
    ("inference", "inference.inc", ", op + 1u);", ", 1u);"),
    ("inference", "inference.inc", "if (shift == 0u) { return inputs[word]; }",
     "return inputs[word];"),
    ("inference_outputs", "inference_outputs.inc", "outputs[i] = NONE;", "outputs[i] = 0u;"),
    ("proof_verify", "proof_verify.inc", "results[to + 11u] = 0u;", ""),
    ("proof_verify", "proof_verify.inc", "PROOF_OP_SIGNATURE_END, PROOF_NO_SIGNATURE",
     "PROOF_OP_SIGNATURE_END - 1u, PROOF_NO_SIGNATURE"),
]  # fmt: skip

SECONDS_MAX = 120  # a mutant that does not end is caught as well


def build(options, folder, name):
    """The pass `name` of the shaders in `folder`, as a library that msl_tests can load."""
    stem = folder / name
    spirv = folder / f"{name}.spv"
    steps = [
        [options.glslang, "-V", "--quiet", "--target-env", "vulkan1.1", f"-I{folder}", "-o", spirv,
         options.spirv / f"{name}_64.comp"],
        [options.spirv_cross, "--msl", "--msl-version", "20300", "--msl-force-native-arrays",
         "--msl-decoration-binding", "--rename-entry-point", "main", name, "comp",
         "--output", f"{stem}.raw.metal", spirv],
        [options.cmake, f"-DNAME={name}", f"-DSTEM={stem}",
         "-P", Path(__file__).parent.parent / "finish_msl.cmake"],
        [options.clang, "-std=c++14", "-O1", "-fPIC", "-shared", "-w", f"-I{options.stand_in}",
         f"{stem}_host.cpp", "-o", f"{stem}.so"],
    ]  # fmt: skip
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{name} does not build: {step}\n{done.stdout}{done.stderr}")
    return f"{name}={stem}.so"


def failed_tests(options, kernels):
    """The tests that fail with these kernels; none: the mutant lives."""
    environment = {
        **os.environ,
        "AIVM_MSL_KERNELS": ",".join(kernels),
        "AIVM_CONFORMANCE_CASES": "3000",
    }
    try:
        done = subprocess.run(
            [options.tests], env=environment, capture_output=True, text=True, timeout=SECONDS_MAX
        )
    except subprocess.TimeoutExpired:
        return ["does not end"]
    lines = [
        line.split()[3].split(".")[1]
        for line in done.stdout.splitlines()
        if line.startswith("[  FAILED  ] ") and line.endswith("ms)")
    ]
    if done.returncode < 0:
        lines.append(f"signal {-done.returncode}")
    return lines


def plant(options, folder, file, text, replacement):
    shutil.copytree(options.shaders, folder, dirs_exist_ok=True)
    source = (folder / file).read_text()
    first = source.find(text)
    if first < 0:
        sys.exit(f"{file} no longer holds: {text}")
    (folder / file).write_text(source.replace(text, replacement))


def main():
    parser = argparse.ArgumentParser()
    for name in ("shaders", "spirv", "stand-in", "tests"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--clang", required=True)
    parser.add_argument("--glslang", default="glslangValidator")
    parser.add_argument("--spirv-cross", default="spirv-cross")
    parser.add_argument("--cmake", default="cmake")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "original"
        plant(options, folder, "main.inc", "lane", "lane")
        if failed_tests(options, [build(options, folder, "proof_verify")]):
            sys.exit("the unchanged shaders fail")
        survivors = 0
        for number, (passes, file, text, replacement) in enumerate(MUTANTS):
            folder = Path(scratch) / str(number)
            plant(options, folder, file, text, replacement)
            caught = failed_tests(
                options, [build(options, folder, name) for name in passes.split()]
            )
            survivors += not caught
            line = " ".join(replacement.split()) or "(nothing)"
            result = ", ".join(caught) or "SURVIVES"
            print(f"{passes.split()[-1]:20} {line[:60]:60} {result}", flush=True)
            shutil.rmtree(folder)
    print(f"{len(MUTANTS) - survivors} passed, {survivors} failed")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
