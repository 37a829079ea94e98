#include "sim/consensus/snowman/fork_chance.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "sim/consensus/snowman/repeated_polls.h"

namespace aivm::sim {
namespace {

constexpr std::uint32_t kModelMax = 32;        // validators
constexpr std::uint32_t kModelBetaMax = 24;    // the model's time grows with its third power
constexpr std::uint32_t kModelSampleMax = 64;  // k
constexpr double kForkChanceAccepted = 1e-9;   // in a run

using Distribution = std::vector<double>;

Distribution binomial(std::uint32_t trials, double chance) {
    Distribution out(trials + 1);
    out[0] = 1;
    for (std::uint32_t done = 0; done < trials; ++done) {
        for (std::uint32_t i = done + 1; i > 0; --i)
            out[i] = out[i] * (1 - chance) + out[i - 1] * chance;
        out[0] *= 1 - chance;
    }
    return out;
}

class ForkStates {
public:
    explicit ForkStates(const ForkModel& model)
        : snow_(model.snow),
          honest_(model.validators - model.byzantine),
          byzantine_(model.byzantine),
          others_(model.validators - 1) {
        for (std::uint32_t first = 0; first <= honest_; ++first) {
            next_.push_back(after_a_round(first));
            // The observer prefers the block itself, and asks only others.
            confirms_first_.push_back(confirmation(first));
            confirms_second_.push_back(confirmation(honest_ - first));
        }
        now_.assign(std::size_t{honest_ + 1} * levels() * levels(), 0);
        now_[slot(honest_ / 2, 0, 0)] = 1;
    }

    double chance_that_both_decide() {
        const std::uint32_t rounds =
            fork_model_polls(snow_) / std::max(snow_.concurrent_polls, 1U) + 1;
        double both = 0;
        for (std::uint32_t round = 0; round < rounds; ++round) {
            poll(confirms_first_, true);
            poll(confirms_second_, false);
            both += take_decided();
            move();
        }
        return both;
    }

    [[nodiscard]] double pairs() const { return honest_ * (honest_ - 1.0); }

private:
    [[nodiscard]] std::uint32_t levels() const { return snow_.beta + 1; }
    [[nodiscard]] std::size_t slot(std::uint32_t first, std::uint32_t confidence,
                                   std::uint32_t other) const {
        return (std::size_t{first} * levels() + confidence) * levels() + other;
    }

    // The chance of a successful poll of an observer, one of `agreeing` honest validators.
    [[nodiscard]] double confirmation(std::uint32_t agreeing) const {
        const double votes = (agreeing > 0 ? agreeing - 1.0 : 0.0) + byzantine_;
        return chance_of_at_least(snow_.alpha_confidence, snow_.k, std::min(votes / others_, 1.0));
    }

    // The chance that the last of a round's polls with a majority was for a block which `votes` of
    // the others answer, while `against` answer the other one.
    [[nodiscard]] double turns(double votes, double against) const {
        const double towards = chance_of_at_least(snow_.alpha_preference, snow_.k, votes / others_);
        const double away = chance_of_at_least(snow_.alpha_preference, snow_.k, against / others_);
        const double neither = std::max(0.0, 1 - towards - away);
        double sum = 0;
        double later = 1;
        for (std::uint32_t i = 0; i < snow_.concurrent_polls; ++i) {
            sum += later * towards;
            later *= neither;
        }
        return sum;
    }

    // How many prefer the first block after a round that `first` began with.
    [[nodiscard]] Distribution after_a_round(std::uint32_t first) const {
        const double second = honest_ - first;
        double for_first = 0;  // Byzantine votes
        if (2 * first == honest_) for_first = byzantine_ / 2.0;
        if (2 * first < honest_) for_first = byzantine_;
        const double for_second = byzantine_ - for_first;
        const double leave = first == 0 ? 0 : turns(second + for_second, first - 1.0 + for_first);
        const double join =
            first == honest_ ? 0 : turns(first + for_first, second - 1 + for_second);
        const Distribution left = binomial(first, leave);
        const Distribution joined = binomial(honest_ - first, join);
        Distribution out(honest_ + 1);
        for (std::uint32_t i = 0; i < left.size(); ++i) {
            for (std::uint32_t j = 0; j < joined.size(); ++j)
                out[first - i + j] += left[i] * joined[j];
        }
        return out;
    }

    // A round's polls of one observer: all succeed and add to its confidence, or the last failure
    // leaves as much as succeeded after it.
    void poll(const Distribution& confirms, bool is_first_observer) {
        then_.assign(now_.size(), 0);
        for (std::uint32_t first = 0; first <= honest_; ++first) {
            const double success = confirms[first];
            const double all = power(success, snow_.concurrent_polls);
            for (std::uint32_t own = 0; own < levels(); ++own) {
                for (std::uint32_t other = 0; other < levels(); ++other) {
                    const auto at = [&](std::uint32_t confidence) {
                        confidence = std::min(confidence, snow_.beta);
                        return is_first_observer ? slot(first, confidence, other)
                                                 : slot(first, other, confidence);
                    };
                    const double chance = now_[at(own)];
                    if (chance == 0) continue;
                    poll_once(chance, own, success, all, at);
                }
            }
        }
        std::swap(now_, then_);
    }

    template <class At>
    void poll_once(double chance, std::uint32_t own, double success, double all, const At& at) {
        if (own == snow_.beta) {
            then_[at(own)] += chance;
            return;
        }
        then_[at(own + snow_.concurrent_polls)] += chance * all;
        // Polls before the decision decide, whatever the later ones of the round bring.
        const std::uint32_t missing = snow_.beta - own;
        double left = chance * (1 - all);
        if (missing < snow_.concurrent_polls) {
            const double early = power(success, missing);
            then_[at(snow_.beta)] += chance * (early - all);
            left = chance * (1 - early);
        }
        // What remains failed at least once; the successes after the last failure count.
        double whole = 0;
        double share = 1 - success;
        for (std::uint32_t i = 0; i < snow_.concurrent_polls; ++i, share *= success) whole += share;
        share = 1 - success;
        for (std::uint32_t i = 0; i < snow_.concurrent_polls; ++i, share *= success) {
            if (whole > 0) then_[at(i)] += left * share / whole;
        }
    }

    double take_decided() {
        double out = 0;
        for (std::uint32_t first = 0; first <= honest_; ++first)
            out += std::exchange(now_[slot(first, snow_.beta, snow_.beta)], 0);
        return out;
    }

    void move() {
        then_.assign(now_.size(), 0);
        const std::size_t plane = std::size_t{levels()} * levels();
        for (std::uint32_t first = 0; first <= honest_; ++first) {
            for (std::uint32_t next = 0; next <= honest_; ++next) {
                const double chance = next_[first][next];
                if (chance == 0) continue;
                const double* const from = &now_[first * plane];
                double* const to = &then_[next * plane];
                for (std::size_t i = 0; i < plane; ++i) to[i] += from[i] * chance;
            }
        }
        std::swap(now_, then_);
    }

    const SnowParameters& snow_;
    std::uint32_t honest_;
    std::uint32_t byzantine_;
    double others_;
    std::vector<Distribution> next_;  // by how many prefer the first block
    Distribution confirms_first_;     // the same: a poll of the first observer succeeds
    Distribution confirms_second_;
    Distribution now_;  // of (how many prefer the first block, confidence, confidence)
    Distribution then_;
};

FaultTolerance computed_tolerance(const SnowParameters& snow, std::uint32_t validators,
                                  std::uint64_t heights,
                                  const std::optional<SnowParameters>& also) {
    const std::uint32_t modelled = std::min(validators, kModelMax);
    const auto chance_with = [&](std::uint32_t byzantine) {
        double chance = fork_chance({snow, modelled, byzantine});
        if (also) chance = std::max(chance, fork_chance({*also, modelled, byzantine}));
        return std::min(1.0, chance * static_cast<double>(std::max<std::uint64_t>(heights, 1)));
    };
    const auto is_fast_with = [&](std::uint32_t byzantine) {
        return polls_to_decide({snow, modelled, byzantine}) <= fork_model_polls(snow);
    };
    FaultTolerance out;
    std::uint32_t faulty = 0;
    out.fork_chance = chance_with(0);
    for (; faulty + 1 < modelled; ++faulty) {
        out.fork_chance_beyond = chance_with(faulty + 1);
        if (out.fork_chance_beyond >= kForkChanceAccepted || !is_fast_with(faulty + 1)) break;
        out.fork_chance = out.fork_chance_beyond;
    }
    out.polls = polls_to_decide({snow, modelled, faulty});
    out.polls_max = fork_model_polls(snow);
    out.faulty = static_cast<std::uint32_t>(std::uint64_t{faulty} * validators / modelled);
    return out;
}

}  // namespace

double fork_chance(const ForkModel& model) {
    AIVM_CHECK(model.byzantine < model.validators && model.snow.beta > 0);
    ForkModel scaled = model;
    scaled.snow.beta = std::min(scaled.snow.beta, kModelBetaMax);
    scaled.snow.concurrent_polls = std::min(scaled.snow.concurrent_polls, scaled.snow.beta);
    if (model.snow.k > kModelSampleMax) {
        const auto in_proportion = [&](std::uint32_t votes) {
            return static_cast<std::uint32_t>(std::uint64_t{votes} * kModelSampleMax /
                                              model.snow.k);
        };
        scaled.snow.k = kModelSampleMax;
        scaled.snow.alpha_preference = in_proportion(model.snow.alpha_preference);
        scaled.snow.alpha_confidence = in_proportion(model.snow.alpha_confidence);
    }
    if (model.validators > kModelMax) {
        scaled.validators = kModelMax;
        scaled.byzantine = static_cast<std::uint32_t>(
            (std::uint64_t{model.byzantine} * kModelMax + model.validators - 1) / model.validators);
        scaled.byzantine = std::min(scaled.byzantine, kModelMax - 1);
    }
    if (scaled.validators - scaled.byzantine < 2) return 0;  // nobody to disagree with
    ForkStates states(scaled);
    return std::min(1.0, states.chance_that_both_decide() * states.pairs());
}

double polls_to_decide(const ForkModel& model) {
    if (model.validators < 2) return model.snow.beta;
    const double honest = static_cast<double>(model.validators - model.byzantine - 1) /
                          static_cast<double>(model.validators - 1);
    return polls_until(model.snow.beta,
                       chance_of_at_least(model.snow.alpha_confidence, model.snow.k, honest));
}

FaultTolerance snow_tolerance(const SnowParameters& snow, std::uint32_t validators,
                              std::uint64_t heights, const std::optional<SnowParameters>& also) {
    using RuleKey =
        std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>;
    using Key = std::tuple<RuleKey, std::optional<RuleKey>, std::uint32_t, std::uint64_t>;
    static std::mutex mutex;
    static std::map<Key, FaultTolerance> known;
    const auto key_of = [](const SnowParameters& rule) {
        return RuleKey{rule.k, rule.alpha_preference, rule.alpha_confidence, rule.beta,
                       rule.concurrent_polls};
    };
    const Key key{key_of(snow), also ? std::optional(key_of(*also)) : std::nullopt, validators,
                  heights};
    const std::lock_guard lock(mutex);
    const auto found = known.find(key);
    if (found != known.end()) return found->second;
    return known.emplace(key, computed_tolerance(snow, validators, heights, also)).first->second;
}

}  // namespace aivm::sim
