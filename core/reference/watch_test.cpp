// The VM beside the reference model: random games over random parameters with operations of every
// kind, in blocks, in blocks that are never stored, and in slices of the DAG. And what the watch
// would notice: every field of every record.
#include "core/reference/watch.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <random>

#include "core/execution/build.h"
#include "core/reference/not_modelled.h"
#include "core/testing/every_operation.h"

namespace aivm::test {
namespace {

using reference::Attempt;
using reference::Watch;

Choose game_choices(std::uint64_t seed) {
    return [generator = std::mt19937_64(seed)](std::uint32_t bound) mutable {
        return static_cast<std::uint32_t>(generator() % bound);
    };
}

// What the games have reached.
struct Reached {
    std::map<std::string, int> taken;    // by name of the operation
    std::map<std::string, int> refused;  // by name and reason
    std::map<std::size_t, int> events;   // by kind
    std::map<SlashCause, int> slashes;
    std::uint64_t blocks = 0;
};

class Match {
public:
    Match(const Choose& choose, Reached* reached = nullptr)
        : choose_(choose),
          reached_(reached),
          chain_(random_options(choose)),
          player_(chain_, choose),
          watch_(chain_.rules()),
          side_(chain_.rules()) {}

    void block() {
        const ExecutedPtr parent = chain_.tip();
        const std::vector<OperationPtr> operations = player_.for_a_block();
        const std::uint32_t pace = choose_(16);
        const std::uint64_t interval = pace == 0 ? 0 : pace == 1 ? 6 * kBlockNs : kBlockNs;
        if (choose_(4) == 0) check_unsealed(*parent, operations, interval);
        if (choose_(4) == 0) check_slice(*parent, operations);
        const Built built = chain_.build(operations, interval);
        accept(built);
        const std::vector<Attempt> attempts = attempts_of(operations, built.left_out);
        note(attempts);
        // What followers see: the operations that took effect, and nothing else.
        expect_none(choose_(4) == 0 ? side_.check(*chain_.tip(), parent->state)
                                    : watch_.check(*chain_.tip(), parent->state, attempts));
    }
    [[nodiscard]] const Watch& watch() const { return watch_; }
    [[nodiscard]] TestChain& chain() { return chain_; }

private:
    // Executed again, as by a follower.
    void accept(const Built& built) {
        const auto parsed = Vm::parse_block(built.executed->block->encode());
        if (!parsed) throw TestFailure(parsed.error().text());
        const Hash32 id = (*parsed)->id();
        const TimestampNs now = (*parsed)->header().timestamp_ns;
        if (const auto ok = chain_.vm().verify(*parsed, now); !ok)
            throw TestFailure(ok.error().text());
        if (const auto ok = chain_.vm().accept(id); !ok) throw TestFailure(ok.error().text());
    }

    static void expect_none(const Watch::Finding& finding) {
        if (finding) throw TestFailure(*finding);
    }

    static std::vector<Attempt> attempts_of(const std::vector<OperationPtr>& operations,
                                            const std::vector<LeftOut>& left_out) {
        std::map<const SignedOperation*, ErrorCode> refused;
        for (const LeftOut& left : left_out) refused[left.operation.get()] = left.reason;
        std::vector<Attempt> out;
        for (const OperationPtr& operation : operations) {
            const auto found = refused.find(operation.get());
            out.push_back(
                {operation, found == refused.end() ? std::nullopt : std::optional(found->second)});
        }
        return out;
    }

    void check_unsealed(const Executed& parent, const std::vector<OperationPtr>& operations,
                        std::uint64_t interval) {
        UnsealedRequest request;
        request.id = salt_of("unsealed");
        request.proposer = chain_.request(interval).proposer;
        request.timestamp_ns = parent.state.head.timestamp_ns + interval;
        request.beacon = salt_of(fmt::format("beacon {}", choose_(1'000)));
        const auto built = build_unsealed(parent, request, operations, chain_.rules());
        if (!built) throw TestFailure(built.error().text());
        expect_none(
            side_.check(*built->executed, parent.state, attempts_of(operations, built->left_out)));
    }

    // A cut of a few vertices, by the rules of a DAG or by those of the chain.
    void check_slice(const Executed& parent, const std::vector<OperationPtr>& operations) {
        Rules rules = chain_.rules();
        if (choose_(2) == 0) rules.parameters.dag.emplace();
        std::vector<VertexPtr> slice;
        std::vector<OperationPtr> left = operations;
        for (std::uint64_t sequence = 1; !left.empty(); ++sequence) {
            const auto count = static_cast<std::ptrdiff_t>(std::min<std::size_t>(left.size(), 3));
            VertexHeader header;
            header.height = 1 + choose_(3);
            header.parents = {parent.id};
            header.sequence = sequence;
            header.proposer = {choose_(static_cast<std::uint32_t>(parent.state.validators.size()))};
            slice.push_back(std::make_shared<const Vertex>(
                header, std::vector<OperationPtr>(left.begin(), left.begin() + count), Bytes{}));
            left.erase(left.begin(), left.begin() + count);
        }
        const BuildRequest request = chain_.request();
        VertexHeader cut;
        cut.height = 5;
        cut.parents = {parent.id};
        cut.timestamp_ns = request.timestamp_ns;
        cut.proposer = request.proposer;
        cut.cut = parent.state.head.height + 1;
        const auto built = build_cut_on(parent.state, cut, request, slice, rules);
        if (!built) throw TestFailure(built.error().text());
        expect_none(Watch(rules).check(**built, parent.state));
    }

    void note(const std::vector<Attempt>& attempts) {
        if (reached_ == nullptr) return;
        reached_->blocks += 1;
        for (const Attempt& attempt : attempts) {
            const std::string name(operation_name(attempt.operation->body()));
            if (attempt.refused) {
                reached_->refused[name + " " + std::string(error_name(*attempt.refused))] += 1;
            } else {
                reached_->taken[name] += 1;
            }
        }
        for (const VmEvent& event : chain_.tip()->events) {
            reached_->events[event.index()] += 1;
            if (const auto* slash = std::get_if<event::Slashed>(&event))
                reached_->slashes[slash->cause] += 1;
        }
    }

    const Choose& choose_;
    Reached* reached_;
    TestChain chain_;
    EveryOperation player_;
    Watch watch_;
    Watch side_;
};

RC_GTEST_PROP(Reference, AgreesWithTheVmInEveryBlockOfRandomGames, ()) {
    const Choose choose = game_choices(*rc::gen::arbitrary<std::uint64_t>());
    Match match(choose);
    for (int i = 0; i < 40; ++i) match.block();
}

TEST(Reference, ReachesEveryKindOfOperationEventAndSlash) {
    Reached reached;
    for (std::uint64_t seed = 1; seed <= 120; ++seed) {
        const Choose choose = game_choices(seed);
        Match match(choose, &reached);
        try {
            for (int i = 0; i < 50; ++i) match.block();
        } catch (const TestFailure& failure) {
            ADD_FAILURE() << "seed " << seed << ": " << failure.what();
        }
    }
    EXPECT_EQ(reached.blocks, 6000U);
    EXPECT_EQ(reached.taken.size(), std::variant_size_v<OperationBody>);
    EXPECT_GT(reached.refused.size(), 90U);
    for (const auto& [name, count] : reached.taken) EXPECT_GT(count, 4) << name;
    for (std::size_t kind = 0; kind < std::variant_size_v<VmEvent>; ++kind)
        EXPECT_GT(reached.events[kind], 2) << "event kind " << kind;
    for (const auto& row : kSlashCauses) EXPECT_GT(reached.slashes[row.cause], 2) << row.word;
}

// A chain with a few blocks, the last of which has an operation that was taken and one that was
// refused.
class ReferenceWatch : public ::testing::Test {
protected:
    ReferenceWatch() {
        chain.join("p-1");
        parent = chain.state();
        const OperationPtr taken = chain.by("alice", submission("job"));
        const OperationPtr refused = chain.by("bob", submission("job"));
        chain.offer({taken, refused});
        block = *chain.tip();
        attempts = {{taken, std::nullopt}, {refused, ErrorCode::kDuplicate}};
    }
    [[nodiscard]] std::string finding() {
        const auto found = Watch(chain.rules()).check(block, parent, attempts);
        return found.value_or("nothing");
    }
    void claim(const BlockHeader& header) {
        const Hash32 parent_id = block.block->parent();
        AIVM_CHECK(header.parent == parent_id);
        const Block bare(header, block.block->operations(), {});
        const Bytes seal = TestAuthorizer::sign(parent.validators[header.proposer.value].address,
                                                bare.slot_message(chain.rules().chain_id));
        block.block = std::make_shared<const Block>(bare.with_authorization(seal));
    }
    // The batch without its entries under this first byte of their keys.
    [[nodiscard]] std::shared_ptr<const WriteBatch> batch_without(char table) const {
        WriteBatch out;
        for (std::size_t i = 0; i < block.batch->size(); ++i) {
            const WriteBatch::Entry entry = block.batch->entry(i);
            if (entry.key.front() == static_cast<std::uint8_t>(table)) continue;
            if (entry.value) out.put(entry.key, *entry.value);
            if (!entry.value) out.erase(entry.key);
        }
        return std::make_shared<const WriteBatch>(std::move(out));
    }

    TestChain chain;
    State parent;
    Executed block;
    std::vector<Attempt> attempts;
};

using ::testing::HasSubstr;

TEST_F(ReferenceWatch, FindsNothingInABlockThatFollowsTheRules) { EXPECT_EQ(finding(), "nothing"); }

TEST_F(ReferenceWatch, FindsARefusalThatTheRulesDoNotKnow) {
    attempts.front().refused = ErrorCode::kFeeTooLow;
    EXPECT_THAT(finding(), HasSubstr("was refused although the rules allow it: fee_too_low"));
}

TEST_F(ReferenceWatch, FindsAnOperationThatTheRulesRefuse) {
    attempts.back().refused.reset();
    EXPECT_THAT(finding(), HasSubstr("was allowed although the rules do not: duplicate"));
}

TEST_F(ReferenceWatch, FindsARefusalForAnotherReason) {
    attempts.back().refused = ErrorCode::kQueueFull;
    EXPECT_THAT(finding(), HasSubstr("was refused with queue_full, by the rules with duplicate"));
}

TEST_F(ReferenceWatch, FindsAMissingEventAndAnInventedOne) {
    auto whole = block.events;
    block.events.pop_back();
    EXPECT_THAT(finding(), HasSubstr("missing event: TaskSubmitted {task 0}"));
    block.events = whole;
    block.events.push_back(whole.back());
    EXPECT_THAT(finding(), HasSubstr("an event that the rules do not know"));
}

TEST_F(ReferenceWatch, FindsAHeaderWithOtherRoots) {
    const BlockHeader right = block.block->header();
    BlockHeader header = right;
    header.receipt_root = salt_of("another");
    claim(header);
    EXPECT_THAT(finding(), HasSubstr("the receipt root"));
    header = right;
    header.state_root = salt_of("another");
    claim(header);
    EXPECT_THAT(finding(), HasSubstr("another state root"));
    header = right;
    header.parent_aivm_root = salt_of("another");
    claim(header);
    EXPECT_THAT(finding(), HasSubstr("another kernel root"));
    header = right;
    header.beacon_secret = salt_of("another");
    claim(header);
    EXPECT_THAT(finding(), HasSubstr("does not open"));
    claim(right);
    EXPECT_EQ(finding(), "nothing");
}

TEST_F(ReferenceWatch, FindsABatchThatLeavesOutARecordThatChanged) {
    block.batch = batch_without('t');
    EXPECT_THAT(finding(), HasSubstr("has changed and is not written"));
    block.batch = batch_without('v');
    EXPECT_THAT(finding(), HasSubstr("has changed and is not written"));
}

TEST_F(ReferenceWatch, FindsMoneyFromNothing) {
    block.state.accounts.insert_or_edit(address_of("carol")).balance += Amount(1);
    EXPECT_THAT(finding(), HasSubstr("balance is"));
}

TEST_F(ReferenceWatch, FindsATrialThatTheRulesJudgeOtherwise) {
    Watch watch(chain.rules());
    const BlockContext context =
        context_of(chain.state(), next_header(*chain.tip(), chain.request()));
    const OperationPtr more = chain.by("carol", submission("other"));
    const auto trial = [&](std::optional<ErrorCode> refused) {
        return watch.check_trials(chain.tip()->id, chain.state(), context, {{more, refused}})
            .value_or("nothing");
    };
    EXPECT_EQ(trial(std::nullopt), "nothing");
    EXPECT_THAT(trial(ErrorCode::kNoProvider), HasSubstr("although the rules allow it"));
}

// The list is for people: each line says what and why.
TEST(NotModelled, IsListedWithAReasonForEachLine) {
    for (const reference::NotModelled& line : reference::kNotModelled) {
        EXPECT_FALSE(line.name.empty());
        EXPECT_FALSE(line.why.empty()) << line.name;
    }
}

}  // namespace
}  // namespace aivm::test
