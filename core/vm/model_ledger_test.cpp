// The VM compared with the slow model of model_ledger.h: random play, and after every block every
// balance, bond, credit and task status must equal the model's. The model takes from the VM which
// operations it included and which provider it drew, and derives everything else itself.
#include "core/testing/model_ledger.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <random>

#include "core/testing/random_play.h"
#include "core/verification/reexecution.h"

namespace aivm::test {
namespace {

std::string name_of(const Address& address) {
    for (const std::string_view name : kPlayers) {
        if (address_of(name) == address) return std::string(name);
    }
    throw TestFailure("an operation of nobody");
}

// Feeds one included operation to the model.
struct Feed {
    ModelLedger& model;
    const State& after;
    std::string who;
    std::uint64_t now;

    void operator()(const op::SubmitTask& b) const {
        CpuKernels kernels;
        const int truth =
            run_model(kernels, after.model(*after.find_model(b.model_id)), b.input_row);
        model.submit(who, b.job_id, static_cast<Money>(b.fee.nlux()), truth, now);
    }
    void operator()(const op::SubmitResult& b) const { model.post(b.job_id, b.answer); }
    // The claim is hidden; a game only ever hides the truth or the lie next to it.
    void operator()(const op::Challenge& b) const {
        const int truth = model.tasks.at(b.job_id).truth;
        const bool honest =
            hidden_challenge(b.job_id, who, static_cast<Answer>(truth)).commitment == b.commitment;
        model.challenge(who, b.job_id, honest ? truth : static_cast<Answer>(truth + 1));
    }
    void operator()(const op::ChallengeReveal& b) const { model.reveal(who, b.job_id); }
    void operator()(const op::RegisterProvider& b) const {
        model.join(who, b.provider_id, static_cast<Money>(b.bond.nlux()));
    }
    void operator()(const op::ClaimRewards& b) const { model.claim(b.provider_id); }
    void operator()(const op::AddBond& b) const {
        model.add_bond(b.provider_id, static_cast<Money>(b.amount.nlux()));
    }
    void operator()(const op::RegisterModel& b) const { model.register_model(who, b.model->id); }
    void operator()(const op::RetireModel& b) const { model.retire_model(who, b.model_id); }
    void operator()(const op::WithdrawBond& b) const { model.withdraw(b.provider_id); }
    void operator()(const op::JoinValidators& b) const {
        model.stake(who, static_cast<Money>(b.stake.nlux()));
    }
    void operator()(const op::WithdrawStake&) const { model.withdraw_stake(who); }
    template <class Other>
    void operator()(const Other&) const {}
};

// The model does not distinguish a challenged task from a posted one.
std::string status_in_words(TaskStatus status) {
    return std::string(word(status == TaskStatus::kChallenged ? TaskStatus::kPosted : status));
}

void compare(const ModelLedger& model, const State& state) {
    for (const auto& [name, money] : model.free) {
        ASSERT_EQ(money, static_cast<Money>(state.balance(address_of(name)).nlux()))
            << name << " in " << state.head.height;
    }
    for (const auto& [id, provider] : model.providers) {
        const Provider& real = state.provider(*state.find_provider(id));
        ASSERT_EQ(provider.bond, static_cast<Money>(real.bond.nlux()))
            << id << " in " << state.head.height;
        ASSERT_EQ(provider.credit, static_cast<Money>(real.credit.nlux()))
            << id << " in " << state.head.height;
    }
    ASSERT_EQ(model.tasks.size(), state.tasks.size());
    for (const auto& [job, task] : model.tasks) {
        ASSERT_EQ(task.status, status_in_words(state.task(*state.find_task(job)).status))
            << job << state.head.height;
    }
    Money deposits = 0;
    for (const auto& [id, deposit] : model.deposits) deposits += deposit;
    ASSERT_EQ(deposits, static_cast<Money>(state.head.totals.model_deposits.nlux()));
    ASSERT_EQ(model.burned, static_cast<Money>(state.head.totals.burned.nlux()));
    ASSERT_EQ(model.minted, static_cast<Money>(state.head.totals.minted.nlux()));
}

void play(std::uint64_t seed, int blocks) {
    std::mt19937_64 generator(seed);
    const Choose choose = [&](std::uint32_t bound) {
        return static_cast<std::uint32_t>(generator() % bound);
    };
    TestOptions options;
    options.parameters.policy.reassignments_max = choose(3);
    options.parameters.policy.challenge_escalation = static_cast<ChallengeEscalation>(choose(3));
    options.parameters.policy.disputes_per_result_max = choose(2) == 0 ? 0 : 1 + choose(3);
    options.parameters.policy.answer_tolerance = choose(3);
    options.parameters.policy.slash_equivocation_bps = 0;  // validators are not in the model
    TestChain chain(options);
    ModelLedger model(options.parameters);
    for (const std::string& name : options.names)
        model.free[name] = static_cast<Money>(options.allocation.nlux());
    for (int i = 0; i < blocks; ++i) {
        random_block(chain, choose);
        const BlockPtr block = *chain.vm().get_block(chain.vm().last_accepted());
        std::map<std::string, std::string> drawn;
        for (const auto& draw : chain.last<event::TaskAssigned>()) {
            drawn[chain.state().task(draw.task).job_id] = chain.state().provider(draw.provider).id;
        }
        model.start(block->height(), drawn);
        for (const OperationPtr& operation : block->operations()) {
            std::visit(Feed{model, chain.state(), name_of(operation->sender()),
                            block->header().timestamp_ns},
                       operation->body());
        }
        model.end(block->header().timestamp_ns);
        ASSERT_NO_FATAL_FAILURE(compare(model, chain.state())) << "seed " << seed;
    }
}

RC_GTEST_PROP(ModelLedger, AgreesWithTheVmAfterEveryBlock, ()) {
    play(*rc::gen::arbitrary<std::uint64_t>(), 60);
    RC_ASSERT(!::testing::Test::HasFailure());
}

}  // namespace
}  // namespace aivm::test
