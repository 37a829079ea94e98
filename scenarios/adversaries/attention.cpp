// attention_auditor: asks checkers now and then whether they have checked a result.
// attentive_checker: a checker that has promised to answer, and pays a penalty where it cannot.
//
// Attention challenges (Felten 2019, "Cheater checking"): whoever has checked a result can tell
// that it is asked, and answers; whoever has not cannot tell, so it pays the penalty A for the
// share P of the results that are asked about. Checking is dominant while P A exceeds the cost of a
// check, whatever others cheat (V79). Here the promise is kept outside the chain, as a contract
// between the auditor and the checkers would: questions are notices, which no other honest strategy
// reads, and penalties are payments (SideChannel), which the accounting reports as cost and as
// receipts of the auditor. A question comes after the checker has decided, which stands for a
// question that only a check reveals. Observe the payoffs of checkers that differ in check_ppm.
#include <map>
#include <vector>

#include "scenarios/adversaries/lies.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

constexpr std::string_view kQuestion = "attention challenge";

class AttentionAuditor final : public sim::ChallengerStrategy {
public:
    AttentionAuditor(const Parameters& parameters, sim::StrategyContext context)
        : context_(std::move(context)),
          ask_ppm_(parameters.ppm("ask_ppm")),
          penalty_(static_cast<std::uint64_t>(parameters.get("penalty"))) {}

    std::optional<std::uint32_t> steps_to_check(const sim::TaskView&) override {
        return std::nullopt;
    }
    std::optional<Answer> claim(const sim::TaskView&) override { return std::nullopt; }
    std::vector<OperationBody> on_block(const sim::NodeView& node) override {
        for (const VmEvent& e : node.tip.events) {
            const auto* posted = std::get_if<event::ResultPosted>(&e);
            if (posted == nullptr || !context_.random.bernoulli_ppm(ask_ppm_)) continue;
            context_.side->post({context_.self.address, std::string(kQuestion), posted->task,
                                 node.state().task(posted->task).assignments, Answer{}, penalty_});
        }
        return {};
    }

private:
    sim::StrategyContext context_;
    std::uint32_t ask_ppm_;
    Amount penalty_;
};

class AttentiveChecker final : public sim::ChallengerStrategy {
public:
    AttentiveChecker(const Parameters& parameters, sim::StrategyContext context)
        : context_(std::move(context)), check_ppm_(parameters.ppm("check_ppm")) {}

    std::optional<std::uint32_t> steps_to_check(const sim::TaskView& view) override {
        const bool checks = context_.random.bernoulli_ppm(check_ppm_);
        decided_[view.index] = {view.task.assignments, checks};
        return checks ? std::optional(view.model.steps) : std::nullopt;
    }
    std::optional<Answer> claim(const sim::TaskView& view) override {
        const Answer truth = true_answer(view);
        if (answers_agree(context_.rules.policy, view.task.provisional, truth)) return std::nullopt;
        return truth;
    }
    std::vector<OperationBody> on_block(const sim::NodeView& node) override {
        // By index: notices may be added while they are read.
        for (; read_ < context_.side->notices().size(); ++read_) {
            const sim::Notice& notice = context_.side->notices()[read_];
            if (notice.topic == kQuestion) open_.push_back(notice);
        }
        std::erase_if(open_, [&](const sim::Notice& question) {
            const Reply reply = reply_to(question, node.state());
            if (reply == Reply::kNone)
                context_.side->pay(context_.self.address, question.from, question.amount);
            return reply != Reply::kLater;
        });
        return {};
    }

private:
    struct Decision {
        std::uint32_t assignment = 0;
        bool checks = false;
    };
    enum class Reply : std::uint8_t { kGiven, kNone, kLater };

    // It answers when it has decided about the result; one that it has missed it cannot answer.
    [[nodiscard]] Reply reply_to(const sim::Notice& question, const State& state) const {
        const auto decided = decided_.find(question.task);
        if (decided != decided_.end() && decided->second.assignment == question.assignment)
            return decided->second.checks ? Reply::kGiven : Reply::kNone;
        if (question.task.value >= state.tasks.size()) return Reply::kLater;
        const Task& task = state.task(question.task);
        const bool over = task.terminal() || task.assignments > question.assignment;
        return over ? Reply::kNone : Reply::kLater;
    }

    sim::StrategyContext context_;
    std::uint32_t check_ppm_;
    std::size_t read_ = 0;           // notices so far
    std::vector<sim::Notice> open_;  // questions that wait for its decision
    std::map<TaskIndex, Decision> decided_;
};

std::unique_ptr<sim::ChallengerStrategy> make_attention_auditor(
    const Parameters& parameters, const sim::StrategyContext& context) {
    return std::make_unique<AttentionAuditor>(parameters, context);
}

std::unique_ptr<sim::ChallengerStrategy> make_attentive_checker(
    const Parameters& parameters, const sim::StrategyContext& context) {
    return std::make_unique<AttentiveChecker>(parameters, context);
}

constexpr std::array kAuditorParameters{
    StrategyParameter{"ask_ppm", 0, 1'000'000, 200'000, "ppm",
                      "share of the results about which it asks every attentive checker"},
    StrategyParameter{"penalty", 0, 1'000'000'000'000'000, 10'000'000'000, "nLUX",
                      "paid to it for each question that is not answered"},
};

constexpr std::array kAttentiveParameters{
    StrategyParameter{"check_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "probability that it checks a result"},
};

}  // namespace

const StrategyRow kAttentionAuditorRow{
    .name = "attention_auditor",
    .honest = true,
    .doc = "asks attentive checkers about a share of the results, and is paid for each silence",
    .parameters = kAuditorParameters,
    .challenger = make_attention_auditor};

const StrategyRow kAttentiveCheckerRow{
    .name = "attentive_checker",
    .honest = true,
    .doc = "checks a share of the results, and pays a penalty if it is asked about another",
    .parameters = kAttentiveParameters,
    .challenger = make_attentive_checker};

}  // namespace aivm::scenarios
