#include "core/testing/model_ledger.h"

#include <algorithm>
#include <cstdlib>

namespace aivm::test {
namespace {

Money part(Money of, std::uint32_t bps) { return of / 10'000 * bps + of % 10'000 * bps / 10'000; }

constexpr std::uint64_t kThisBlock = ~std::uint64_t{0};  // its time is known only at its end

}  // namespace

bool ModelLedger::quiet(const ModelTask& task) {
    return std::none_of(task.disputes.begin(), task.disputes.end(),
                        [](const ModelDispute& d) { return d.outcome == ModelDispute::kHidden; });
}

void ModelLedger::start(Height height, const std::map<std::string, std::string>& drawn) {
    height_ = height;
    for (auto& [job, task] : tasks) {
        if (task.status != "posted" || !quiet(task)) continue;
        const bool window_over = height > task.posted_at + v_.config.challenge_window_blocks;
        if (height > task.closed_at && (task.proven_wrong || window_over)) settle(task);
    }
    for (const auto& [job, provider] : drawn) {
        ModelTask& task = tasks.at(job);
        task.status = "assigned";
        task.provider = provider;
        task.assignments += 1;
        task.waiting_since = kThisBlock;
    }
}

void ModelLedger::slash(const std::string& provider, Money due, const std::string& challenger,
                        const std::string& requester) {
    ModelProvider& p = providers.at(provider);
    const Money taken = std::min(due, p.bond + p.credit);
    const Money from_bond = std::min(taken, p.bond);
    p.bond -= from_bond;
    p.credit -= taken - from_bond;
    burned += taken;
    const auto give = [&](const std::string& whom, std::uint32_t share_bps) {
        if (whom.empty()) return;
        free[whom] += part(taken, share_bps);
        burned -= part(taken, share_bps);
    };
    give(challenger, v_.policy.challenger_share_bps);
    give(requester, v_.policy.requester_share_bps);
}

void ModelLedger::settle(ModelTask& task) {
    std::string winner;
    for (const ModelDispute& d : task.disputes) {
        if (d.outcome == ModelDispute::kTrue) {
            free[d.challenger] += d.bond;
            if (winner.empty()) winner = d.challenger;
            continue;
        }
        const Money to_provider =
            task.proven_wrong ? 0 : part(d.bond, v_.policy.provider_share_bps);
        if (to_provider != 0) providers.at(task.provider).credit += to_provider;
        burned += d.bond - to_provider;
    }
    if (task.proven_wrong) {
        const auto bond = static_cast<Money>(v_.result_bond().nlux());
        slash(task.provider, part(bond, v_.policy.slash_bps), winner, task.requester);
        put_back(task, kThisBlock);
        return;
    }
    const Money burn = part(task.fee, v_.policy.fee_burn_bps);  // at admission
    const Money mint = std::min(burn, static_cast<Money>(v_.config.base_reward.nlux()));
    minted += mint;
    providers.at(task.provider).credit += task.fee - burn + mint;
    task.status = "completed";
}

void ModelLedger::put_back(ModelTask& task, std::uint64_t now) {
    task.disputes.clear();
    task.lost = 0;
    task.proven_wrong = task.truth_known = false;
    task.provider.clear();
    task.waiting_since = now;
    task.status = task.assignments > v_.policy.reassignments_max ? "failed" : "pending";
    if (task.status == "failed") refund(task);
}

void ModelLedger::refund(const ModelTask& task) {
    free[task.requester] += task.fee - part(task.fee, v_.policy.fee_burn_bps);
}

void ModelLedger::submit(const std::string& who, const std::string& job, Money fee, int truth,
                         std::uint64_t now) {
    free[who] -= fee;
    burned += part(fee, v_.policy.fee_burn_bps);
    ModelTask task;
    task.requester = who;
    task.fee = fee;
    task.truth = truth;
    task.waiting_since = now;
    tasks[job] = task;
}

void ModelLedger::post(const std::string& job, int answer) {
    ModelTask& task = tasks.at(job);
    task.status = "posted";
    task.posted_at = height_;
    task.closed_at = 0;
    task.answer = answer;
}

Money ModelLedger::bond_of(const ModelTask& task) const {
    using enum ChallengeEscalation;
    const auto open = static_cast<std::uint32_t>(
        std::count_if(task.disputes.begin(), task.disputes.end(),
                      [](const ModelDispute& d) { return d.outcome == ModelDispute::kHidden; }));
    const ChallengeEscalation rule = v_.policy.challenge_escalation;
    const std::uint32_t doublings = (rule == kNone ? 0 : task.lost) + (rule == kPerOpen ? open : 0);
    return static_cast<Money>(v_.policy.challenger_bond.nlux()) << std::min(doublings, 20U);
}

void ModelLedger::challenge(const std::string& who, const std::string& job, int claim) {
    ModelTask& task = tasks.at(job);
    ModelDispute d;
    d.challenger = who;
    d.bond = bond_of(task);
    d.claim = claim;
    d.deadline = height_ + v_.policy.challenge_reveal_blocks;
    free[who] -= d.bond;
    task.disputes.push_back(d);
}

void ModelLedger::reveal(const std::string& who, const std::string& job) {
    ModelTask& task = tasks.at(job);
    for (ModelDispute& d : task.disputes) {
        if (d.challenger != who || d.outcome != ModelDispute::kHidden) continue;
        // The first reveal runs the model again, and that settles the result.
        task.truth_known = true;
        const auto close = [&](int one) {
            const int apart = static_cast<std::int8_t>(one) - static_cast<std::int8_t>(task.truth);
            return std::abs(apart) <= static_cast<int>(v_.policy.answer_tolerance);
        };
        task.proven_wrong = !close(task.answer);
        const bool right = d.claim != task.answer && close(d.claim) && task.proven_wrong;
        d.outcome = right ? ModelDispute::kTrue : ModelDispute::kFalse;
        if (!right) task.lost += 1;
        task.closed_at = height_;
        return;
    }
}

void ModelLedger::join(const std::string& owner, const std::string& provider, Money bond) {
    free[owner] -= bond;
    ModelProvider& p = providers[provider];  // one that left may come back
    p.owner = owner;
    p.bond += bond;
}

void ModelLedger::add_bond(const std::string& provider, Money amount) {
    free[providers.at(provider).owner] -= amount;
    providers.at(provider).bond += amount;
}

void ModelLedger::register_model(const std::string& who, const std::string& model) {
    const auto deposit = static_cast<Money>(v_.policy.model_deposit.nlux());
    free[who] -= static_cast<Money>(v_.policy.model_fee.nlux()) + deposit;
    burned += static_cast<Money>(v_.policy.model_fee.nlux());
    deposits[model] = deposit;
}

void ModelLedger::retire_model(const std::string& who, const std::string& model) {
    free[who] += deposits.at(model);
    deposits.erase(model);
}

void ModelLedger::claim(const std::string& provider) {
    free["wallet of " + provider] += providers.at(provider).credit;
    providers.at(provider).credit = 0;
}

void ModelLedger::stake(const std::string& who, Money amount) {
    free[who] -= amount;
    ModelStake& held = stakes[who];
    held.amount += amount;
    held.leaving = false;
}

void ModelLedger::withdraw_stake(const std::string& who) {
    ModelStake& held = stakes[who];
    if (held.leaving) {
        free[who] += held.amount;
        held.amount = 0;
    }
    held.leaving = true;
}

void ModelLedger::withdraw(const std::string& provider) {
    free[providers.at(provider).owner] += providers.at(provider).bond;
    providers.at(provider).bond = 0;
}

void ModelLedger::end(std::uint64_t now) {
    for (auto& [job, task] : tasks) {
        for (ModelDispute& d : task.disputes) {
            if (task.status != "posted" || d.outcome != ModelDispute::kHidden ||
                d.deadline > height_)
                continue;
            d.outcome = ModelDispute::kFalse;
            task.lost += 1;
            task.closed_at = height_;
        }
        if (task.status != "pending" && task.status != "assigned") continue;
        if (task.waiting_since == kThisBlock) task.waiting_since = now;
        if (now - task.waiting_since < v_.config.task_timeout_ns) continue;
        if (task.status == "pending") {
            task.status = "failed";
            refund(task);
        } else {
            const auto bond = static_cast<Money>(v_.result_bond().nlux());
            slash(task.provider, part(bond, v_.policy.slash_timeout_bps), "", "");
            put_back(task, now);
        }
    }
}

}  // namespace aivm::test
