// The VM alone, compared with its floor: the accepted chain of the demo (catalogue: quickstart) is
// decoded, executed and accepted again from genesis, and kernel epochs are closed. The floor is
// hashing alone: digests of prepared messages of the same lengths, one after the other. Every ratio
// is of two runs that alternate in one process; the median of the pairs counts. Seconds are CPU
// time.
//
//   vm_bench [--quick]    a short run that only checks that every part works and the results agree
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string_view>
#include <vector>

#include "bench/epoch_tables.h"
#include "core/base/digest.h"
#include "core/base/merkle.h"
#include "core/execution/build.h"
#include "core/state/store.h"
#include "core/verification/draw.h"
#include "core/vm/vm.h"
#include "gpu/simd/simd_kernels.h"
#include "scenarios/file/load.h"
#include "scenarios/run/setting.h"
#include "sim/actors/signing.h"
#include "sim/world/world.h"

namespace {

using namespace aivm;       // NOLINT: a program, not a library
using namespace aivm::sim;  // NOLINT

constexpr int kPairs = 7;

void require(bool ok, std::string_view what) {
    if (ok) return;
    fmt::print(stderr, "vm_bench: {}\n", what);
    std::exit(3);
}

double cpu_now() {
    timespec now{};
    require(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0, "no CPU clock");
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double seconds_of(const std::function<void()>& work) {
    const double start = cpu_now();
    work();
    return cpu_now() - start;
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

// The cost of some work: seconds, and its ratio to the floor.
struct Cost {
    double seconds = 0;
    double floors = 0;
};

Cost compare(int pairs, const std::function<void()>& work, const std::function<void()>& floor) {
    std::vector<double> seconds;
    std::vector<double> ratios;
    for (int i = 0; i < pairs; ++i) {
        seconds.push_back(seconds_of(work));
        ratios.push_back(seconds.back() / seconds_of(floor));
    }
    return {median(seconds), median(ratios)};
}

// An accepted chain, and the results of executing it again.
struct Chain {
    std::unique_ptr<World> world;  // owns the rules
    std::vector<Bytes> sealed;
    std::vector<ExecutedPtr> executed;  // genesis first
    std::size_t operations = 0;

    [[nodiscard]] World::ChainBasis basis() const { return world->chain_basis(); }
    [[nodiscard]] std::size_t blocks() const { return sealed.size(); }
};

Chain play_chain(bool quick) {
    auto loaded =
        scenarios::load_scenario_file(AIVM_SOURCE_DIR "/scenarios/catalog/quickstart.toml");
    require(loaded.has_value(), "the quickstart scenario does not load");
    if (quick) loaded->scenario.workload.tasks = 60;
    const auto setting = scenarios::make_setting(loaded->scenario);
    require(setting.has_value(), "setting");
    WorldOptions options;
    options.keep_history = true;
    options.invariants = false;  // so that its rules call the bare kernels
    auto world = World::make(*setting, options);
    require(world.has_value() && (*world)->run().clean(), "history");
    Chain chain;
    chain.world = std::move(*world);
    chain.executed.push_back(chain.basis().genesis);
    for (const BlockPtr& block : chain.world->history()) {
        const auto next = execute_block(chain.executed.back()->state, block, chain.basis().rules);
        require(next.has_value(), "a block of the history is refused");
        chain.executed.push_back(*next);
        chain.sealed.push_back(block->encode());
        chain.operations += block->operations().size();
    }
    return chain;
}

// Messages to hash, by their lengths in bytes.
struct Hashes {
    std::vector<std::size_t> keccak;
    std::vector<std::size_t> sha256;

    void run() const {
        static const Bytes message(1 << 22, 7);
        std::uint8_t sink = 0;
        for (const std::size_t size : keccak)
            sink ^= keccak256(ByteView(message).first(size)).bytes[0];
        for (const std::size_t size : sha256)
            sink ^= aivm::sha256(ByteView(message).first(size)).bytes[0];
        require(sink != 1 || !keccak.empty(), "nothing was hashed");
    }
};

constexpr std::size_t kHash = Hash32::size_bytes;

// The messages hashed when a block is decoded: its body and each operation.
Hashes hashes_of_decoding(const Chain& chain) {
    Hashes out;
    for (std::size_t i = 1; i < chain.executed.size(); ++i) {
        const Block& block = *chain.executed[i]->block;
        out.sha256.push_back(block.body_bytes());
        for (const OperationPtr& operation : block.operations())
            out.sha256.push_back(operation->bytes().size());
    }
    return out;
}

// The length of the message behind a task's key; see core/tasks/admission.cpp.
std::size_t key_bytes(const State& state, const Task& task) {
    return Address::size_bytes + 4 + task.job_id.size() + 2 + 4 +
           state.model(task.model).id.size() + 4 + 8;
}

// The messages hashed when a block is executed: its delta and the root chained over it, the beacon
// and the slot, the keys, draws, answers and claims of tasks, a leaf and a node per receipt and the
// receipts' root, and the kernel round.
Hashes hashes_of_execution(const Chain& chain) {
    Hashes out;
    for (std::size_t i = 1; i < chain.executed.size(); ++i) {
        const Executed& block = *chain.executed[i];
        const State& parent = chain.executed[i - 1]->state;
        std::size_t delta = 0;  // without the records that accepting adds: block, height and tip
        for (std::size_t e = 0; e + 3 < block.batch->size(); ++e) {
            const WriteBatch::Entry entry = block.batch->entry(e);
            delta += 4 + entry.key.size() + 1 + 4 + (entry.value ? entry.value->size() : 0);
        }
        out.sha256.insert(out.sha256.end(), {delta, 2 * kHash});
        out.keccak.insert(out.keccak.end(),
                          {kHash, 2 * kHash, 9 + 8 + 8 + kHash, 148, 1 + 8 + kHash});
        for (const VmEvent& e : block.events) {
            if (const auto* task = std::get_if<event::TaskSubmitted>(&e)) {
                out.keccak.push_back(key_bytes(block.state, block.state.task(task->task)));
            }
            if (std::holds_alternative<event::TaskAssigned>(e)) out.keccak.push_back(2 * kHash);
            if (std::holds_alternative<event::ResultPosted>(e)) out.keccak.push_back(kHash + 1);
            if (std::holds_alternative<event::ChallengeRevealed>(e))
                out.keccak.push_back(1 + kHash + 20);
        }
        for (std::size_t r = parent.receipts.size(); r < block.state.receipts.size(); ++r) {
            out.keccak.insert(out.keccak.end(), {1 + 70, 1 + 2 * kHash});
        }
    }
    return out;
}

void decode_all(const Chain& chain) {
    for (const Bytes& sealed : chain.sealed) require(Block::decode(sealed).has_value(), "decode");
}

void execute_all(const Chain& chain) {
    for (std::size_t i = 1; i < chain.executed.size(); ++i) {
        const auto again = execute_block(chain.executed[i - 1]->state, chain.executed[i]->block,
                                         chain.basis().rules);
        require(again.has_value() && (*again)->id == chain.executed[i]->id, "execute");
    }
}

void apply_unsealed(const Chain& chain) {
    for (std::size_t i = 1; i < chain.executed.size(); ++i) {
        const Executed& block = *chain.executed[i];
        const UnsealedRequest request{.id = block.id,
                                      .proposer = block.block->header().proposer,
                                      .timestamp_ns = block.block->header().timestamp_ns,
                                      .beacon = block.state.head.beacon};
        const auto built = build_unsealed(*chain.executed[i - 1], request,
                                          block.block->operations(), chain.basis().rules);
        require(built.has_value() && built->left_out.empty(), "apply");
    }
}

void verify_and_accept(const Chain& chain) {
    DirectExecutor executor;
    MemoryStore store;
    const World::ChainBasis basis = chain.basis();
    auto vm = Vm::open(
        {.genesis = basis.genesis, .rules = &basis.rules, .executor = &executor, .store = &store});
    require(vm.has_value(), "open");
    for (std::size_t i = 1; i < chain.executed.size(); ++i) {
        const BlockPtr& block = chain.executed[i]->block;
        require(vm->verify(block, block->header().timestamp_ns).has_value(), "verify");
        require(vm->accept(block->id()).has_value(), "accept");
    }
}

void print_chain(const char* what, const Chain& chain, const Cost& cost) {
    fmt::print("{:24} {:>9.0f} blocks/s {:>10.0f} operations/s   {:.2f} times its hashes alone\n",
               what, static_cast<double>(chain.blocks()) / cost.seconds,
               static_cast<double>(chain.operations) / cost.seconds, cost.floors);
}

void measure_chain(bool quick, int pairs) {
    const Chain chain = play_chain(quick);
    const Hashes decoding = hashes_of_decoding(chain);
    const Hashes executing = hashes_of_execution(chain);
    fmt::print("the demo's chain: {} blocks, {} operations, {} receipts\n", chain.blocks(),
               chain.operations, chain.executed.back()->state.receipts.size());
    print_chain("decoded", chain,
                compare(pairs, [&] { decode_all(chain); }, [&] { decoding.run(); }));
    const auto floor = [&] { executing.run(); };
    print_chain("verified", chain, compare(pairs, [&] { execute_all(chain); }, floor));
    print_chain("verified and accepted", chain,
                compare(pairs, [&] { verify_and_accept(chain); }, floor));
    print_chain("operations, unsealed", chain,
                compare(pairs, [&] { apply_unsealed(chain); }, floor));
}

// Prints one line per table: closing it after `changed` of its occupied slots have changed.
void measure_epoch(const char* name, Kernels& kernels, std::uint32_t slots, std::uint32_t changed,
                   int rounds) {
    bench::EpochClose epoch(kernels, slots, changed);
    bench::EpochFloor floor(kernels, slots, changed);
    std::vector<double> closing;
    std::vector<double> ratios;
    for (int i = 0; i < rounds; ++i) {
        epoch.prepare();
        closing.push_back(seconds_of([&] { epoch.close(); }));
        ratios.push_back(closing.back() / seconds_of([&] { floor.run(); }));
    }
    fmt::print(
        "epoch, {:6} {:>5} slots, {:>5} changed {:>10.1f} us   {:.2f} times its hashes alone\n",
        name, slots, changed, median(closing) * 1e6, median(ratios));
}

void measure_epochs(int rounds) {
    CpuKernels scalar;
    gpu::SimdKernels simd;
    for (const auto& [name, kernels] :
         {std::pair<const char*, Kernels*>{"scalar", &scalar}, {"simd", &simd}}) {
        for (const std::uint32_t slots : {64U, 1024U, 4096U}) {
            for (const std::uint32_t changed : {1U, slots})
                measure_epoch(name, *kernels, slots, changed, rounds);
        }
    }
}

void measure_hashes(std::size_t count) {
    const std::size_t length = 140;  // of a model's leaf: two permutations
    const Bytes messages(count * length, 7);
    std::vector<Hash32> digests(count);
    const auto report = [&](const char* what, const std::function<void()>& work) {
        work();
        fmt::print("hashes, {:22} {:>9.2f} million/s of {} bytes\n", what,
                   static_cast<double>(count) / seconds_of(work) / 1e6, length);
    };
    report("SHA-256", [&] {
        for (std::size_t i = 0; i < count; ++i)
            digests[i] = sha256(ByteView(messages).subspan(i * length, length));
    });
    report("Keccak-256", [&] {
        for (std::size_t i = 0; i < count; ++i)
            digests[i] = keccak256(ByteView(messages).subspan(i * length, length));
    });
    report("Keccak-256 side by side",
           [&] { gpu::SimdHasher().hash_many(messages.data(), length, count, digests.data()); });
}

}  // namespace

int main(int argc, char** argv) {
    const bool quick = argc > 1 && std::string_view(argv[1]) == "--quick";
    measure_chain(quick, quick ? 1 : kPairs);
    measure_epochs(quick ? 1 : 101);
    measure_hashes(quick ? 1'000 : 200'000);
    return 0;
}
