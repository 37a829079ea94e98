// Closing the epoch of full tables: 4,096 attestations, 512 models, 4,096 anchors. The canonical
// kernel beside the SIMD path in every width of this CPU, with nothing cached and after changes to
// 1 % of the slots; and beside each its floor, the hashes that must follow one another: the links
// of its longest chain and the two blocks of the state root, once with scalar code and once with
// the step that the path itself takes.
//
// All rows are measured in turn, for a number of rounds; the fastest round counts, because other
// work on the machine can only slow one down. Seconds are CPU time. Exit code 3 when two results
// differ.
//
//   epoch_bench [--quick]    two rounds, which only check that the results agree
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/testing/random_workload.h"
#include "gpu/simd/simd_kernels.h"

namespace {

using namespace aivm;  // NOLINT: a program, not a library
using workload::Tables;

constexpr std::uint32_t kAttestations = 4096;
constexpr std::uint32_t kModels = 512;
constexpr std::uint32_t kAnchors = 4096;
constexpr std::uint32_t kOneIn = 100;  // slots that change: 41 of 4,096, 5 of 512
constexpr int kRounds = 200;

void require(bool ok, std::string_view what) {
    if (ok) return;
    fmt::print(stderr, "epoch_bench: {}\n", what);
    std::exit(3);
}

double cpu_seconds() {
    timespec now{};
    require(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0, "no CPU clock");
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

template <class Entry>
std::vector<Entry> full_table(std::uint32_t count, workload::Random& random) {
    std::vector<Entry> table(count);
    for (Entry& slot : table) {
        slot = random.noise<Entry>();
        slot.occupied = 1;
    }
    return table;
}

// Attestations that never expire, one in 16 of them marked.
Tables full_tables(std::uint64_t seed) {
    workload::Random random(seed);
    Tables tables;
    tables.attestations = full_table<abi::Attestation>(kAttestations, random);
    tables.models = full_table<abi::ModelRegistryEntry>(kModels, random);
    tables.anchors = full_table<abi::AuditAnchor>(kAnchors, random);
    for (abi::Attestation& slot : tables.attestations) {
        slot.expiry_ns = 0;
        slot.status = random.one_in(16) ? abi::kAttestationExpired : abi::kAttestationVerified;
    }
    return tables;
}

// One byte of a slot.
template <class Entry>
void change(std::vector<Entry>& table, std::size_t index) {
    ++reinterpret_cast<std::uint8_t*>(&table[index])[40];
}

// Changes 1 % of the slots, evenly spread from a random one on.
template <class Entry>
void change_spread(std::vector<Entry>& table, workload::Random& random) {
    for (std::size_t i = random.below(kOneIn); i < table.size(); i += kOneIn) change(table, i);
}

template <class Entry>
std::size_t one_percent(const std::vector<Entry>& table) {
    return (table.size() + kOneIn - 1) / kOneIn;
}

template <class Entry>
void change_last(std::vector<Entry>& table) {
    for (std::size_t i = table.size() - one_percent(table); i < table.size(); ++i) change(table, i);
}

// The fastest of all rounds.
struct Timer {
    double fastest_s = 1e9;

    void add(const std::function<void()>& work) {
        const double start = cpu_seconds();
        work();
        fastest_s = std::min(fastest_s, cpu_seconds() - start);
    }
};

// A chain of `links` hashes, then the message of the state root.
class SequentialHashes {
public:
    SequentialHashes(const BatchHasher& hasher, std::size_t links)
        : hasher_(hasher), leaves_(links), after_(links), root_message_(148) {}

    void run() {
        const FoldChain chain{Hash32{}, leaves_.data(), leaves_.size(), after_.data()};
        hasher_.fold_many({&chain, 1});
        scalar_hasher().hash_many(root_message_.data(), root_message_.size(), 1, &root_);
    }

private:
    const BatchHasher& hasher_;
    std::vector<Hash32> leaves_, after_;
    Bytes root_message_;
    Hash32 root_;
};

// Kernels, the tables whose epochs they close, and the last result.
struct Subject {
    std::unique_ptr<Kernels> kernels;
    Tables tables = full_tables(1);
    workload::Random random{2};
    abi::AIVMTransitionResult result{};

    void close() {
        const abi::AIVMRoundDescriptor round{};
        const int code = kernels->epoch_transition(&round, tables.view(), &tables.epoch, &result);
        require(code == abi::kOk, "epoch_transition failed");
    }
    void compare_with_canonical() const {
        Subject other{std::make_unique<CpuKernels>(), tables};
        other.close();
        require(workload::same_bytes(other.result, result), "the results differ");
    }
};

// A kind of change before an epoch is closed, and the links of the longest chain that follow it.
struct Changes {
    const char* name;
    gpu::EpochCaching caching;
    std::size_t links;
    void (*apply)(Subject& subject);
};

void apply_spread(Subject& subject) {
    change_spread(subject.tables.attestations, subject.random);
    change_spread(subject.tables.models, subject.random);
    change_spread(subject.tables.anchors, subject.random);
}

void apply_to_last(Subject& subject) {
    change_last(subject.tables.attestations);
    change_last(subject.tables.models);
    change_last(subject.tables.anchors);
}

// The epoch before has none of them.
void apply_append(Subject& subject) {
    auto& anchors = subject.tables.anchors;
    const auto first = anchors.end() - static_cast<std::ptrdiff_t>(one_percent(anchors));
    const std::vector<abi::AuditAnchor> fresh(first, anchors.end());
    std::fill(first, anchors.end(), abi::AuditAnchor{});
    subject.close();
    std::copy(fresh.begin(), fresh.end(), first);
}

constexpr std::size_t kPage = gpu::TableCache<abi::AuditAnchor>::kPageSlots;

// Spread changes begin in the first or second page.
constexpr Changes kChanges[] = {
    {"nothing cached", gpu::EpochCaching::kOff, kAttestations, [](Subject&) {}},
    {"1 % changed, spread", gpu::EpochCaching::kOn, kAttestations - kPage, apply_spread},
    {"1 % changed, the last", gpu::EpochCaching::kOn, kPage, apply_to_last},
    {"1 % of anchors new", gpu::EpochCaching::kOn, (kAnchors + kOneIn - 1) / kOneIn, apply_append},
    {"nothing changed", gpu::EpochCaching::kOn, 0, [](Subject&) {}},
};

// One path and kind of change, with its floors: hashed one by one with scalar code, and with the
// path's own.
struct Row {
    Row(gpu::KeccakWidth width, const Changes& changes_before)
        : path(gpu::width_name(width)),
          changes(changes_before),
          subject{std::make_unique<gpu::SimdKernels>(width, changes_before.caching)},
          hasher(width),
          scalar_hashes(scalar_hasher(), changes_before.links),
          own_hashes(hasher, changes_before.links) {}

    // Twice in a row: the second time, the tables are in the caches of the CPU.
    void measure() {
        for (int i = 0; i < 2; ++i) {
            changes.apply(subject);
            close.add([&] { subject.close(); });
        }
        scalar_floor.add([&] { scalar_hashes.run(); });
        own_floor.add([&] { own_hashes.run(); });
    }

    const char* path;
    const Changes& changes;
    Subject subject;
    gpu::SimdHasher hasher;
    SequentialHashes scalar_hashes, own_hashes;
    Timer close, scalar_floor, own_floor;
};

void print(const Row& row, double canonical_s, double uncached_s) {
    fmt::print("{:7} {:22} {:9.1f} us {:8.2f} {:9.2f} {:10.1f} us {:5.2f} {:9.1f} us {:5.2f}\n",
               row.path, row.changes.name, row.close.fastest_s * 1e6,
               canonical_s / row.close.fastest_s, uncached_s / row.close.fastest_s,
               row.scalar_floor.fastest_s * 1e6, row.close.fastest_s / row.scalar_floor.fastest_s,
               row.own_floor.fastest_s * 1e6, row.close.fastest_s / row.own_floor.fastest_s);
}

}  // namespace

int main(int argc, char** argv) {
    const bool quick = argc > 1 && std::string_view(argv[1]) == "--quick";
    Subject canonical{std::make_unique<CpuKernels>()};
    Timer canonical_close;
    std::vector<std::unique_ptr<Row>> rows;
    for (const gpu::KeccakWidth width : gpu::supported_widths()) {
        for (const Changes& changes : kChanges)
            rows.push_back(std::make_unique<Row>(width, changes));
    }
    for (int round = 0; round < (quick ? 2 : kRounds); ++round) {
        for (int i = 0; i < 2; ++i) canonical_close.add([&] { canonical.close(); });
        for (const auto& row : rows) row->measure();
    }
    for (const auto& row : rows) row->subject.compare_with_canonical();

    fmt::print("{} attestations, {} models, {} anchors; canonical {:.1f} us\n", kAttestations,
               kModels, kAnchors, canonical_close.fastest_s * 1e6);
    fmt::print("{:>43} {:>8} {:>9} {:>20} {:>18}\n", "", "faster", "faster", "time over the",
               "time over the");
    fmt::print("{:7} {:22} {:>12} {:>8} {:>9} {:>20} {:>18}\n", "path", "before the epoch", "time",
               "than can.", "than cold", "scalar floor", "own floor");
    double uncached_s = 0;
    for (const auto& row : rows) {
        if (row->changes.caching == gpu::EpochCaching::kOff) uncached_s = row->close.fastest_s;
        print(*row, canonical_close.fastest_s, uncached_s);
    }
    return 0;
}
