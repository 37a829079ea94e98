#include "scenarios/file/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "core/base/check.h"
#include "scenarios/file/names.h"
#include "scenarios/file/units.h"
#include "scenarios/profiles/latency.h"
#include "scenarios/profiles/stake.h"
#include "sim/actors/censorship.h"

namespace aivm::scenarios {
namespace {

using sim::ActorGroup;
using sim::FaultKind;
using sim::FaultPlan;
using sim::Scenario;

class Checker {
public:
    explicit Checker(const Scenario& scenario) : s_(scenario) {}

    std::vector<Finding> run() {
        check_run();
        check_profiles();
        check_consensus();
        check_vm();
        check_tasks();
        check_groups();
        for (std::size_t i = 0; i < s_.faults.size(); ++i) check_fault(i, s_.faults[i]);
        return std::move(findings_);
    }

private:
    void error(std::vector<std::string> keys, std::string message, std::string mend) {
        findings_.push_back(
            {Severity::kError, std::move(keys), std::move(message), std::move(mend)});
    }
    void note(std::vector<std::string> keys, std::string message, std::string mend) {
        findings_.push_back(
            {Severity::kNote, std::move(keys), std::move(message), std::move(mend)});
    }

    void check_run();
    void check_profiles();
    void check_consensus();
    void check_censorship();
    void check_payer();
    void check_vm();
    void check_tasks();
    void check_groups();
    void check_money(const ActorGroup& group);
    void check_fault(std::size_t index, const FaultPlan& fault);
    struct Quantity {
        std::string_view key;
        bool given;
        bool needed;
        std::string_view of;
        std::string_view example;
    };
    void check_quantity(std::size_t index, const Quantity& quantity);
    void check_target(std::size_t index, const FaultPlan& fault);
    bool check_named_groups(std::size_t index, const FaultPlan& fault);
    bool check_indexes(std::size_t index, const FaultPlan& fault);
    bool check_regions(std::size_t index, const FaultPlan& fault, const LatencyProfile& profile);
    void check_sides(std::size_t index, const FaultPlan& fault, const LatencyProfile& profile);

    const Scenario& s_;
    std::vector<Finding> findings_;
};

void Checker::check_run() {
    for (const auto& id : s_.expected_violations) {
        const bool well_formed =
            id.size() >= 2 && id.size() <= 3 && id[0] >= 'A' && id[0] <= 'Z' &&
            std::all_of(id.begin() + 1, id.end(), [](char c) { return c >= '0' && c <= '9'; });
        if (!well_formed)
            error({"expect"}, fmt::format("\"{}\" is not an invariant's id", id),
                  "write ids such as \"E3\" or \"S14\"");
    }
    // One block for the result, the window, one more to settle: nothing could become final in a
    // shorter run.
    const auto blocks = s_.vm.config.challenge_window_blocks + 2;
    const auto needed = checked_mul(blocks, s_.chain.block_interval_ns);
    if (!needed || *needed > s_.run.max_time_ns) {
        error({"vm.challenge_window_blocks", "run.max_time", "chain.block_interval"},
              fmt::format(
                  "no result can become final: {} blocks of {} take longer than run.max_time = {}",
                  blocks, print_duration_ns(s_.chain.block_interval_ns),
                  print_duration_ns(s_.run.max_time_ns)),
              "shorten the window or the block interval, or lengthen run.max_time");
    }
}

void Checker::check_profiles() {
    if (find_latency_profile(s_.network.latency) == nullptr) {
        error({"network.latency"},
              fmt::format("there is no latency profile \"{}\"", s_.network.latency),
              suggest(s_.network.latency, latency_profile_names()));
    }
    if (find_stake_profile(s_.chain.stake) == nullptr) {
        error({"chain.stake"}, fmt::format("there is no stake profile \"{}\"", s_.chain.stake),
              suggest(s_.chain.stake, stake_profile_names()));
    }
}

void Checker::check_consensus() {
    const auto& chain = s_.chain;
    check_censorship();
    if (s_.run.fidelity != sim::Fidelity::kFull) return;
    for (sim::EngineProblem& each : sim::engine_row(chain.consensus).check(chain)) {
        findings_.push_back({each.is_note ? Severity::kNote : Severity::kError,
                             std::move(each.keys), std::move(each.problem),
                             std::move(each.remedy)});
    }
}

void Checker::check_censorship() {
    using Model = sim::CensorshipModel;
    const auto& chain = s_.chain;
    const Model model = chain.censorship;
    if ((model == Model::kNone || model == Model::kBudget || model == Model::kPartition) &&
        chain.censoring_ppm > 0) {
        error({"chain.censoring_share", "chain.censorship"},
              model == Model::kNone
                  ? "a censoring share without a model of censorship"
                  : "in this model of censorship no share of the proposers censors",
              "set chain.censorship to \"iid\", \"permuted\", \"sticky\", \"orphan\" or \"bribe\", "
              "or drop the share");
    }
    const bool ordered =
        model != Model::kNone && model != Model::kIid && model != Model::kPartition;
    if (ordered && !sim::engine_row(chain.consensus).sole_proposer &&
        s_.run.fidelity == sim::Fidelity::kFull) {
        error({"chain.censorship", "chain.consensus"},
              fmt::format("this model needs to know in which order proposers follow each other, "
                          "which {} decides itself",
                          sim::kConsensusWords[static_cast<std::size_t>(chain.consensus)]),
              "set chain.censorship to \"iid\", or chain.consensus to \"sequencer\"");
    }
    if (model == Model::kOrphan) {
        const auto final_after = chain.finality_delay_ns / chain.block_interval_ns;
        if (final_after < 2 || final_after > sim::kFinalityBlocksMax) {
            error({"chain.finality_delay", "chain.censorship", "chain.block_interval"},
                  "only a block that is not final yet can be re-organised away",
                  fmt::format("set chain.finality_delay to 2 to {} block intervals",
                              sim::kFinalityBlocksMax));
        }
    }
    if (model == Model::kBudget || model == Model::kBribe) check_payer();
}

void Checker::check_payer() {
    const auto& chain = s_.chain;
    if (chain.censor_price.is_zero() ||
        (chain.censorship == sim::CensorshipModel::kBudget && chain.censor_budget.is_zero())) {
        error({"chain.censor_price", "chain.censor_budget", "chain.censorship"},
              "censorship that is paid for needs a price and a purse",
              "set chain.censor_price and chain.censor_budget");
    }
    const auto payer =
        std::find_if(s_.actors.begin(), s_.actors.end(),
                     [&](const ActorGroup& group) { return group.name == chain.censor_payer; });
    if (payer == s_.actors.end()) {
        std::vector<std::string> groups;
        for (const auto& group : s_.actors) groups.push_back(group.name);
        error({"chain.censor_payer", "chain.censorship"},
              fmt::format("there is no group \"{}\" to pay for the censorship", chain.censor_payer),
              suggest(chain.censor_payer, groups));
    } else if (payer->count > 1 && !payer->shared_principal && payer->principal.empty()) {
        error({"chain.censor_payer"},
              fmt::format("the group \"{}\" has many owners", chain.censor_payer),
              "let it share a principal, or name another group");
    }
}

void Checker::check_vm() {
    const auto& config = s_.vm.config;
    const auto& policy = s_.vm.policy;
    const auto m = config.redundancy_factor;
    const auto n = policy.redundancy_providers;
    if (m > n || 2 * m <= n) {
        error({"vm.redundancy_factor", "vm.redundancy_providers"},
              fmt::format("{} of {} is not a strict majority", m, n),
              fmt::format("set vm.redundancy_factor from {} to {}", n / 2 + 1, n));
    }
    if (policy.challenger_share_bps + policy.requester_share_bps > 10'000) {
        error({"vm.challenger_share_bps", "vm.requester_share_bps"},
              fmt::format("the shares of a slash add up to {} basis points",
                          policy.challenger_share_bps + policy.requester_share_bps),
              "let vm.challenger_share_bps and vm.requester_share_bps add up to at most 10000; the "
              "rest is burned");
    }
    if (config.verification_mode != VerificationMode::kRedundant &&
        config.challenge_window_blocks == 0) {
        error({"vm.challenge_window_blocks", "vm.verification_mode"},
              "without a window no result could ever be challenged",
              "set vm.challenge_window_blocks to at least 1, or vm.verification_mode to "
              "\"redundant\"");
    }
    if (s_.vm.result_bond().is_zero()) {
        error({"vm.min_provider_bond", "vm.result_bond"},
              "a result would be backed by no bond at all",
              "set vm.min_provider_bond or vm.result_bond above 0 LUX");
    }
}

void Checker::check_tasks() {
    if (s_.workload.fee < s_.vm.policy.fee_floor) {
        error({"tasks.fee", "vm.fee_floor"},
              fmt::format("every task would be refused: the fee is below vm.fee_floor = {}",
                          print_amount_nlux(s_.vm.policy.fee_floor.nlux())),
              fmt::format("set tasks.fee to at least \"{}\"",
                          print_amount_nlux(s_.vm.policy.fee_floor.nlux())));
    }
}

void Checker::check_groups() {
    std::set<std::string> names;
    std::uint64_t providers = 0;
    std::uint64_t validators = 0;
    std::optional<Amount> total = Amount{};
    for (const auto& group : s_.actors) {
        if (!names.insert(group.name).second) {
            error({group_key(group, "name")},
                  fmt::format("there are two groups named \"{}\"", group.name),
                  "give every group a name of its own, whatever its role");
        }
        if (group.role == "provider") providers += group.count;
        if (group.role == "validator") validators += group.count;
        const auto stakes = group.stake.checked_times(group.count);
        total = total && stakes ? total->checked_plus(*stakes) : std::nullopt;
        check_money(group);
    }
    if (providers == 0)
        error({"provider"}, "there is no provider, so no task could be done",
              "add a [[provider]] table with a name");
    if (validators > s_.chain.validators) {
        error({"chain.validators"},
              fmt::format("the [[validator]] groups have {} members, but chain.validators = {}",
                          validators, s_.chain.validators),
              fmt::format("set chain.validators to at least {}, or make the groups smaller",
                          validators));
    }
    if (!total)
        error({"provider"}, "the opening balances of all actors do not fit in 64 bits of nLUX",
              "lower a count or a stake");
}

void Checker::check_money(const ActorGroup& group) {
    if (group.role != "provider") return;
    if (group.bond > group.stake) {
        error({group_key(group, "bond"), group_key(group, "stake")},
              fmt::format("a bond of {} cannot be paid from a stake of {}",
                          print_amount_nlux(group.bond.nlux()),
                          print_amount_nlux(group.stake.nlux())),
              "raise stake or lower bond");
    }
    if (group.bond < s_.vm.config.min_provider_bond) {
        note(
            {group_key(group, "bond"), "vm.min_provider_bond"},
            fmt::format("registration will be refused: the bond is below vm.min_provider_bond = {}",
                        print_amount_nlux(s_.vm.config.min_provider_bond.nlux())),
            "raise the bond unless that is what the scenario shows");
    }
}

// ---- faults -------------------------------------------------------------------------------------

bool cuts_links(FaultKind kind) {
    return kind == FaultKind::kPartition || kind == FaultKind::kOneWay;
}

void Checker::check_fault(std::size_t index, const FaultPlan& fault) {
    if (fault.duration_ns == 0 && !sim::ends_with_restart(fault.kind))
        error({fault_key(index, "duration"), fault_key(index, "kind")},
              "a fault that lasts no time", "add a duration such as \"2m\"");
    if (fault.at_ns + fault.duration_ns > s_.run.max_time_ns) {
        error({fault_key(index, "at"), fault_key(index, "duration"), "run.max_time"},
              fmt::format("the fault ends after run.max_time = {}",
                          print_duration_ns(s_.run.max_time_ns)),
              "start it earlier, shorten it, or lengthen run.max_time");
    }
    const bool delays = fault.kind == FaultKind::kSlowNode || fault.kind == FaultKind::kSlowDisk;
    check_quantity(index,
                   {"delay", fault.delay_ns != 0, delays, "a slow_node or slow_disk", "\"500ms\""});
    check_quantity(index, {"period", fault.period_ns > 1, fault.kind == FaultKind::kFlapping,
                           "flapping", "\"10s\""});
    check_quantity(index, {"bandwidth", fault.bandwidth_bps != 0, fault.kind == FaultKind::kClogged,
                           "a clogged node", "\"100 kbit/s\""});
    check_quantity(index, {"skew", fault.skew_ns != 0 || fault.drift_ppm != 0,
                           fault.kind == FaultKind::kClock, "a clock", "\"10s\", or a drift"});
    check_target(index, fault);
}

// A quantity is given if and only if the kind needs it.
void Checker::check_quantity(std::size_t index, const Quantity& quantity) {
    if (quantity.needed && !quantity.given) {
        error({fault_key(index, quantity.key), fault_key(index, "kind")},
              fmt::format("{} without a {}", quantity.of, quantity.key),
              fmt::format("add a {} such as {}", quantity.key, quantity.example));
    } else if (!quantity.needed && quantity.given) {
        error({fault_key(index, quantity.key)},
              fmt::format("only {} has a {}", quantity.of, quantity.key),
              fmt::format("drop the {}, or change the kind", quantity.key));
    }
}

void Checker::check_target(std::size_t index, const FaultPlan& fault) {
    const bool indexes_are_fine = check_indexes(index, fault);
    if (!check_named_groups(index, fault)) return;
    if (!cuts_links(fault.kind)) {
        if (!fault.regions.empty())
            error({fault_key(index, "regions")}, "regions are for a partition or one_way",
                  "name the validators by index, or groups");
        if (fault.validators.empty() && fault.groups.empty())
            error({fault_key(index, "validators"), fault_key(index, "kind")},
                  "the fault hits nobody", "add validators = [0], say");
        return;
    }
    const int ways = (fault.regions.empty() ? 0 : 1) + (fault.validators.empty() ? 0 : 1) +
                     (fault.groups.empty() ? 0 : 1);
    if (ways != 1) {
        error({fault_key(index, "regions"), fault_key(index, "validators"),
               fault_key(index, "groups"), fault_key(index, "kind")},
              ways == 0 ? "the side cut off is empty"
                        : "both regions and validators name the side cut off",
              "name the side by regions, by validators or by groups");
        return;
    }
    if (!fault.groups.empty()) return;
    const auto* const profile = find_latency_profile(s_.network.latency);
    if (indexes_are_fine && profile != nullptr && check_regions(index, fault, *profile))
        check_sides(index, fault, *profile);
}

// Groups exist, and have what the fault breaks.
bool Checker::check_named_groups(std::size_t index, const FaultPlan& fault) {
    const bool economic = s_.run.fidelity == sim::Fidelity::kEconomic;
    const bool silences = fault.kind == FaultKind::kEclipse || fault.kind == FaultKind::kPartition;
    if (economic && (!silences || !fault.validators.empty() || !fault.regions.empty())) {
        error(
            {fault_key(index, "kind"), "run.fidelity"},
            "in run.fidelity economic there is no network and no disk to break",
            "use an eclipse or a partition of groups of clients, or set run.fidelity to \"full\"");
        return false;
    }
    for (const auto& name : fault.groups) {
        const auto group = std::find_if(s_.actors.begin(), s_.actors.end(),
                                        [&](const ActorGroup& one) { return one.name == name; });
        if (group == s_.actors.end()) {
            std::vector<std::string> known;
            for (const auto& one : s_.actors) known.push_back(one.name);
            error({fault_key(index, "groups")}, fmt::format("there is no group \"{}\"", name),
                  suggest(name, known));
            return false;
        }
        const bool of_validators = sim::hits_disk(fault.kind) || fault.kind == FaultKind::kCrash;
        if (group->role == "validator" ? economic : of_validators) {
            error(
                {fault_key(index, "groups"), fault_key(index, "kind")},
                fmt::format("a fault of this kind cannot hit the {}s of \"{}\"", group->role, name),
                of_validators ? "name validators, who alone have disks and machines that crash"
                              : "name a group of clients: no validator has a machine in "
                                "run.fidelity economic");
            return false;
        }
    }
    return true;
}

// The first bad index or region of a list is reported, and the list not looked at further.
bool Checker::check_indexes(std::size_t index, const FaultPlan& fault) {
    std::set<std::uint32_t> seen;
    for (const auto validator : fault.validators) {
        if (validator >= s_.chain.validators) {
            error({fault_key(index, "validators"), "chain.validators"},
                  fmt::format("there is no validator {}", validator),
                  fmt::format("with chain.validators = {} they are 0 to {}", s_.chain.validators,
                              s_.chain.validators - 1));
            return false;
        }
        if (!seen.insert(validator).second) {
            error({fault_key(index, "validators")},
                  fmt::format("validator {} is named twice", validator), "name each once");
            return false;
        }
    }
    return true;
}

bool Checker::check_regions(std::size_t index, const FaultPlan& fault,
                            const LatencyProfile& profile) {
    const std::vector<std::string> known(profile.regions.begin(), profile.regions.end());
    std::set<std::string> seen;
    for (const auto& region : fault.regions) {
        if (std::find(known.begin(), known.end(), region) == known.end()) {
            error({fault_key(index, "regions"), "network.latency"},
                  fmt::format("the latency profile \"{}\" has no region \"{}\"", profile.name,
                              region),
                  suggest(region, known));
            return false;
        }
        if (!seen.insert(region).second) {
            error({fault_key(index, "regions")},
                  fmt::format("region \"{}\" is named twice", region), "name each once");
            return false;
        }
    }
    return true;
}

void Checker::check_sides(std::size_t index, const FaultPlan& fault,
                          const LatencyProfile& profile) {
    std::uint32_t cut_off = static_cast<std::uint32_t>(fault.validators.size());
    if (!fault.regions.empty()) {
        for (const auto region : assign_regions(profile, s_.chain.validators))
            cut_off += std::find(fault.regions.begin(), fault.regions.end(),
                                 profile.regions[region]) != fault.regions.end();
    }
    if (cut_off > 0 && cut_off < s_.chain.validators) return;
    error({fault_key(index, fault.regions.empty() ? "validators" : "regions"), "chain.validators"},
          cut_off == 0 ? "no validator is in the regions cut off"
                       : "every validator is on the side cut off: nothing is cut",
          "leave at least one validator on each side");
}

}  // namespace

std::string group_key(const ActorGroup& group, std::string_view key) {
    return fmt::format("{}.{}.{}", group.role, group.name, key);
}

std::string fault_key(std::size_t index, std::string_view key) {
    return fmt::format("fault.{}.{}", index, key);
}

std::vector<Finding> check_scenario(const Scenario& scenario) { return Checker(scenario).run(); }

}  // namespace aivm::scenarios
