#include "gpu/simd/hash_pipeline.h"

#include <algorithm>
#include <vector>

namespace aivm::gpu {
namespace {

// Between two looks at which leaves are missing. Sponges may idle at the end of each stretch, and
// in the last one no leaves are left for them.
constexpr std::size_t kStretchSteps = 128;

// A chain and how far it has come.
struct Running {
    FoldChain chain;
    std::size_t done = 0;

    [[nodiscard]] std::size_t left() const { return chain.count - done; }
    [[nodiscard]] const Hash32& accumulator() const {
        return done == 0 ? chain.start : chain.after[done - 1];
    }
};

bool is_longer(const Running& a, const Running& b) { return a.left() > b.left(); }

// The longest first; finished chains are removed.
void put_in_order(std::vector<Running>& chains) {
    std::sort(chains.begin(), chains.end(), is_longer);
    while (!chains.empty() && chains.back().left() == 0) chains.pop_back();
}

std::vector<Running> start_of(std::span<const FoldChain> chains) {
    std::vector<Running> running;
    running.reserve(chains.size());
    for (const FoldChain& chain : chains) running.push_back({chain});
    put_in_order(running);
    return running;
}

// Starts the next message in a free sponge if it needs no more than `steps`.
void start_if_fits(SpongeSet& sponges, std::size_t sponge, std::size_t steps,
                   MessageSource& source) {
    if (sponges.blocks_left(sponge) != 0 || source.is_empty()) return;
    if (source.next_blocks() <= steps) sponges.start(sponge, source.take(sponge));
}

// Sponges without a message get those that are needed, then others that end no later.
void start_messages(SpongeSet& sponges, std::size_t deadline, MessageSource& source) {
    for (std::size_t s = 0; s < sponges.width() && source.next_deadline() < deadline; ++s) {
        if (sponges.blocks_left(s) == 0) sponges.start(s, source.take(s));
    }
    const std::size_t steps = sponges.blocks_left_max();
    for (std::size_t s = 0; s < sponges.width(); ++s) start_if_fits(sponges, s, steps, source);
}

// One link per chain and step; the other sponges hash messages that end within these steps.
void fold_steps(const Absorber& absorber, std::span<Running> chains, std::size_t steps,
                MessageSource* leaves) {
    SpongeSet sponges(absorber);
    for (; steps > 0; --steps) {
        for (std::size_t s = 0; s < chains.size(); ++s) {
            Running& chain = chains[s];
            sponges.prepare_link(s, chain.accumulator(), chain.chain.leaves[chain.done],
                                 chain.chain.after[chain.done]);
            ++chain.done;
        }
        for (std::size_t s = chains.size(); s < sponges.width(); ++s) {
            if (leaves) start_if_fits(sponges, s, steps, *leaves);
            sponges.prepare_message(s);
        }
        sponges.absorb();
    }
}

}  // namespace

void HashPipeline::hash_before(std::size_t deadline, MessageSource& source) const {
    const std::size_t needed = source.count_before(deadline);
    if (needed == 0) return;
    SpongeSet sponges(absorbers_.for_count(needed));
    do {
        start_messages(sponges, deadline, source);
        for (std::size_t s = 0; s < sponges.width(); ++s) sponges.prepare_message(s);
        sponges.absorb();
    } while (sponges.blocks_left_max() != 0 || source.next_deadline() < deadline);
}

void HashPipeline::fold(std::span<const FoldChain> chains, MessageSource& leaves) const {
    std::vector<Running> running = start_of(chains);
    if (running.size() > absorbers_.few.width) {  // no sponge is left for leaves
        hash_before(running.front().left(), leaves);
        return fold(chains);
    }
    std::size_t done = 0;
    for (; !running.empty(); put_in_order(running)) {
        const std::size_t steps = std::min(running.back().left(), kStretchSteps);
        hash_before(done + steps, leaves);
        const std::size_t useful = running.size() + (leaves.is_empty() ? 0 : 1);
        const Absorber absorber =
            useful < absorbers_.few_min ? absorbers_.for_count(1) : absorbers_.few;
        fold_steps(absorber, running, steps, &leaves);
        done += steps;
    }
}

void HashPipeline::fold(std::span<const FoldChain> chains) const {
    std::vector<Running> running = start_of(chains);
    for (; !running.empty(); put_in_order(running)) {
        const Absorber absorber = absorbers_.for_count(running.size());
        const std::size_t used = std::min(absorber.width, running.size());
        fold_steps(absorber, std::span(running).first(used), running[used - 1].left(), nullptr);
    }
}

}  // namespace aivm::gpu
