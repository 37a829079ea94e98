// A chain for tests on which one result can be disputed by bisection.
#pragma once

#include "core/testing/test_chain.h"
#include "core/verification/bisection_play.h"

namespace aivm::test {

using Trace = std::vector<InferenceTraceStep>;

inline TestOptions bisection_options(std::uint32_t steps) {
    TestOptions options;
    options.parameters = short_parameters();
    options.parameters.policy.dispute_game = DisputeGame::kBisection;
    options.names = {"alice", "bob", "carol", "p-1", "p-2"};
    options.models = {small_model("model", steps)};
    return options;
}

// A chain on which p-1 is due to post its answer to "job".
struct Board {
    explicit Board(std::uint32_t steps) : Board(bisection_options(steps)) {}
    explicit Board(const TestOptions& options) : chain(options) {
        chain.join("p-1");
        chain.assign("job");
        const Task& task = chain.task("job");
        truth =
            trace_model(*chain.rules().kernels, chain.state().model(task.model), task.input_row);
    }

    void post(const Trace& trace, Answer answer) {
        op::SubmitResult posted = result("job", "p-1", answer);
        posted.trace_root = trace_root(trace);
        chain.block({chain.by("p-1", posted)});
    }

    void challenge(Answer claim, std::string_view who = "bob") {
        chain.block({chain.by(who, hidden_challenge("job", who, claim))});
        chain.block({chain.by(who, opening("job", who, claim))});
    }

    [[nodiscard]] const Dispute& dispute() const { return chain.state().disputes[0]; }

    // Plays until the dispute is over; true if the provider lost. `verdict` is called whenever the
    // challenger is to move.
    template <class Verdict>
    bool play_against(Verdict&& verdict, const Trace& provider) {
        while (dispute().open()) {
            ++moves;
            if (const auto move = next_provider_move(provider, dispute(), "job")) {
                chain.block({chain.by("p-1", *move)});
            } else {
                chain.block({chain.by("bob", verdict())});
            }
        }
        return chain.task("job").proven_wrong;
    }
    bool play(const Trace& provider, const Trace& challenger) {
        return play_against([&] { return *next_challenger_move(challenger, dispute(), "job"); },
                            provider);
    }

    TestChain chain;
    Trace truth;
    std::uint32_t moves = 0;
};

// Changes one step of the trace; with `propagate` the later steps are computed from the changed
// one.
inline void corrupt(Board& board, Trace& trace, std::size_t at, bool input, bool propagate,
                    std::uint8_t by) {
    if (input) trace[at].input[by % kInputBytes] ^= by | 1;
    if (!input) trace[at].output = static_cast<Answer>(trace[at].output + (by | 1));
    if (!propagate) return;
    const Model& model = board.chain.state().model(board.chain.task("job").model);
    for (std::size_t i = at + 1; i < trace.size(); ++i) {
        trace[i].input = next_input(trace[i - 1].input, trace[i - 1].output);
        trace[i].output = run_step(*board.chain.rules().kernels, model, trace[i].input);
    }
}

}  // namespace aivm::test
