// A whole world: the fuzzer's bytes answer the choice source of a run, so that it decides which
// faults there are and which messages are lost, doubled, delayed or damaged. Nothing may be
// violated. A violation is saved as a finding under $AIVM_FUZZ_FINDINGS, for aivmsim replay.
//
// The bytes are a list of choices (sim/engine/choice_bytes.h), which mutator and crossover change
// by whole choices. Besides the edges of the program, the fuzzer is guided by what the run did,
// coarsely: each abstract state of the chain after a block has a counter, and so has each probe.
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "core/base/check.h"
#include "scenarios/campaign/finding.h"
#include "scenarios/campaign/probes.h"
#include "scenarios/file/load.h"
#include "scenarios/run/setting.h"
#include "sim/engine/choice_bytes.h"
#include "sim/world/world.h"

using namespace aivm;

namespace {

// The bytes are an adversary that commands the network, so alpha is so large that half of the
// stake, cut off from the rest, does not decide: 7 answers of 8 come from one half with probability
// 9/256, and 8 times in a row never.
constexpr const char* kScenario = R"(
name = "world_fuzz"
[run]
max_time = "10m"
max_events = 400_000
[chain]
validators = 4
k = 8
alpha_preference = 6
alpha_confidence = 7
beta = 8
[network]
latency = "lan"
loss = "1%"
duplicate = "1%"
reorder = "1%"
corrupt = "1%"
[swarm]
enabled = true
from = "2s"
until = "20s"
[tasks]
count = 4
feature_rows = 64
[vm]
challenge_window_blocks = 4
challenge_reveal_blocks = 4
result_bond = "100 LUX"
[[provider]]
name = "honest"
stake = "5000 LUX"
bond = "2500 LUX"
[[provider]]
name = "lazy"
strategy = "lazy_guess"
stake = "5000 LUX"
bond = "2500 LUX"
[[challenger]]
name = "watcher"
)";

constexpr std::uint32_t kActors = 32;
constexpr std::size_t kCounters = 4096;

// libFuzzer looks at these beside its own.
__attribute__((section("__libfuzzer_extra_counters"))) std::array<std::uint8_t, kCounters> counters;

void count(std::uint64_t state) {
    std::uint8_t& counter = counters.at((state * 0x9E3779B97F4A7C15 >> 32) % kCounters);
    if (counter < 255) ++counter;
}

std::uint64_t magnitude(std::uint64_t value) {
    return static_cast<std::uint64_t>(std::bit_width(value));
}

// The abstract state after each block: what has happened by magnitude, and how long it took.
class StateFeedback final : public sim::Probe {
public:
    void on_block(const Executed& block, sim::SimTime now) override {
        facts.on_block(block, now);
        const auto waited = static_cast<std::uint64_t>((now - last_) / sim::kSecond);
        last_ = now;
        std::uint64_t state = magnitude(block.state.head.height) << 8 | magnitude(waited);
        for (const VmEvent& event : block.events) state = state * 31 + event.index() + 1;
        count(state);
    }
    scenarios::FactCounter facts;

private:
    sim::SimTime last_ = 0;
};

const sim::Setting& setting() {
    static const sim::Setting made = [] {
        auto loaded = scenarios::load_scenario_text(kScenario, "world_fuzz");
        AIVM_CHECK(loaded.has_value());
        auto out = scenarios::make_setting(loaded->scenario);
        AIVM_CHECK(out.has_value());
        return *std::move(out);
    }();
    return made;
}

void save(const sim::Outcome& outcome) {
    const sim::Violation& first = outcome.violations.front();
    std::fprintf(stderr, "%s %s: %s\n", first.invariant.c_str(), first.name.c_str(),
                 first.message.c_str());
    const char* folder = std::getenv("AIVM_FUZZ_FINDINGS");
    if (folder == nullptr) return;
    scenarios::ShrinkOptions whole;
    whole.tries_max = 0;
    const auto saved = scenarios::save_finding(setting().scenario, outcome, folder, whole);
    if (saved) std::fprintf(stderr, "reproduce  aivmsim replay %s\n", saved->folder.c_str());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const sim::ChoiceList choices = sim::choices_from_bytes({data, size}, kActors);
    StateFeedback feedback;
    sim::WorldOptions options;
    options.choices = &choices;
    options.probe = &feedback;
    const auto world = sim::World::make(setting(), options);
    AIVM_CHECK(world.has_value());
    const sim::Outcome outcome = (*world)->run();
    const scenarios::RunFacts facts = feedback.facts.facts(setting().scenario, outcome);
    for (const std::size_t probe : scenarios::reached(facts)) count(probe + 1'000'000);
    count(2'000'000 + magnitude(static_cast<std::uint64_t>(outcome.virtual_time / sim::kSecond)));
    count(3'000'000 + magnitude(facts.messages_lost));
    if (outcome.violations.empty()) return 0;
    save(outcome);
    std::abort();
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned seed) {
    const Bytes out = sim::mutate_choice_bytes({data, size}, kActors, size_max, seed);
    std::ranges::copy(out, data);
    return out.size();
}

extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* first, std::size_t first_size,
                                                 const std::uint8_t* second,
                                                 std::size_t second_size, std::uint8_t* out,
                                                 std::size_t size_max, unsigned seed) {
    const Bytes child =
        sim::cross_choice_bytes({first, first_size}, {second, second_size}, size_max, seed);
    std::ranges::copy(child, out);
    return child.size();
}
