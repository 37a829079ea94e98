#include "sim/scenario/check_scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <span>

#include "core/base/check.h"
#include "core/base/units.h"
#include "core/config/check_parameters.h"
#include "core/config/limits.h"
#include "sim/scenario/fault_budget.h"
#include "sim/scenario/participants.h"
#include "sim/scenario/price.h"
#include "sim/scenario/trace.h"

namespace aivm::sim {
namespace {

std::vector<std::string> names_of(const std::vector<ActorGroup>& groups) {
    std::vector<std::string> names;
    for (const ActorGroup& group : groups) names.push_back(group.name);
    return names;
}

// A capital letter and one or two digits, for the second half of an invariant with a "b".
bool is_invariant_id(std::string_view id) {
    if (id.ends_with('b')) id.remove_suffix(1);
    return id.size() >= 2 && id.size() <= 3 && id[0] >= 'A' && id[0] <= 'Z' &&
           std::all_of(id.begin() + 1, id.end(), [](char c) { return c >= '0' && c <= '9'; });
}

class Checker {
public:
    Checker(const Scenario& scenario, const RegionMap* regions)
        : s_(scenario), regions_(regions), groups_(groups_of(scenario)), validators_(scenario) {}

    std::vector<ScenarioProblem> run() {
        check_run();
        check_consensus();
        check_vm();
        check_tolerance();
        check_tasks();
        check_models();
        check_trace();
        check_price();
        check_attacker();
        check_groups();
        for (std::size_t i = 0; i < s_.links.size(); ++i) check_link(i, s_.links[i]);
        for (std::size_t i = 0; i < s_.faults.size(); ++i) check_fault(i, s_.faults[i]);
        check_budget();
        check_swarm();
        return std::move(problems_);
    }

private:
    using Keys = std::vector<std::string>;
    void add(ProblemKind kind, Keys keys, std::string message, std::string remedy) {
        problems_.push_back({kind, std::move(keys), std::move(message), std::move(remedy)});
    }
    void error(Keys keys, std::string message, std::string remedy) {
        add(ProblemKind::kError, std::move(keys), std::move(message), std::move(remedy));
    }
    void unrunnable(Keys keys, std::string message, std::string remedy) {
        add(ProblemKind::kUnrunnable, std::move(keys), std::move(message), std::move(remedy));
    }
    void note(Keys keys, std::string message, std::string remedy) {
        add(ProblemKind::kNote, std::move(keys), std::move(message), std::move(remedy));
    }
    void unknown(ProblemKind kind, Keys keys, std::string message, std::string word, Keys known) {
        problems_.push_back(
            {kind, std::move(keys), std::move(message), "", std::move(word), std::move(known)});
    }

    [[nodiscard]] bool is_economic() const { return s_.run.fidelity == Fidelity::kEconomic; }
    // Whether validators take turns to build blocks, in an order that the engine decides.
    [[nodiscard]] bool proposers_alternate() const {
        return !is_economic() && !engine_row(s_.chain.consensus).sole_proposer;
    }
    [[nodiscard]] const ActorGroup* find_group(std::string_view name) const {
        const auto found = std::ranges::find(s_.actors, name, &ActorGroup::name);
        return found == s_.actors.end() ? nullptr : &*found;
    }

    void check_run();
    void check_consensus();
    void check_unused_by_avalanche();
    void check_censorship();
    void check_payer();
    void check_vm();
    void check_tolerance();
    void check_tasks();
    void check_models();
    void check_trace();
    void check_price();
    void check_attacker();
    void check_groups();
    void check_money(const ActorGroup& group);
    void check_device(const ActorGroup& group);
    void check_fault(std::size_t index, const FaultPlan& fault);
    void check_target(std::size_t index, const FaultPlan& fault);
    bool check_named_groups(std::size_t index, const FaultPlan& fault);
    bool check_indexes(std::size_t index, const FaultPlan& fault);
    bool check_regions(std::size_t index, const FaultPlan& fault);
    void check_sides(std::size_t index, const FaultPlan& fault);
    void check_partition(std::size_t index, const FaultPlan& fault);
    void check_budget();
    [[nodiscard]] Keys keys_of_byzantine() const;
    void check_sole_proposer(std::size_t index, const std::vector<std::uint32_t>& hit);
    void check_swarm();
    void check_link(std::size_t index, const LinkRule& rule);
    void check_link_end(std::size_t index, std::string_view key,
                        const std::vector<std::string>& names,
                        const std::vector<std::uint32_t>& validators);
    // What a name in the groups of a fault, or at the end of a link, stands for.
    enum class Named : std::uint8_t { kNothing, kGroup, kRole, kRegion, kValidator };
    [[nodiscard]] Named what_is(std::string_view name) const;
    [[nodiscard]] std::vector<std::string> known_names() const;
    // The validators that a name stands for, ascending.
    [[nodiscard]] std::vector<std::uint32_t> validators_of(const std::string& name) const;

    const Scenario& s_;
    const RegionMap* regions_;
    std::vector<ActorGroup> groups_;  // of the scenario, with its defaults
    ValidatorNames validators_;
    std::vector<ScenarioProblem> problems_;
};

void Checker::check_run() {
    for (const auto& id : s_.expected_violations) {
        if (!is_invariant_id(id))
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
                  blocks, exact_duration(s_.chain.block_interval_ns),
                  exact_duration(s_.run.max_time_ns)),
              "shorten the window or the block interval, or lengthen run.max_time");
    }
}

void Checker::check_consensus() {
    const auto& chain = s_.chain;
    check_censorship();
    if (chain.cut_finality != CutFinality::kNone && !engine_row(chain.consensus).of_dag) {
        error({"chain.cut_finality", "chain.consensus"},
              "there are no cuts to certify where a chain of blocks is decided",
              "drop chain.cut_finality, or set chain.consensus to \"avalanche\"");
    }
    if (is_economic()) return;
    for (EngineProblem& each : engine_row(chain.consensus).check(chain)) {
        add(each.is_note ? ProblemKind::kNote : ProblemKind::kUnrunnable, std::move(each.keys),
            std::move(each.problem), std::move(each.remedy));
    }
    if (chain.consensus == ConsensusKind::kAvalanche) check_unused_by_avalanche();
}

// Settings of snowman that avalanche has no use for; what a preset sets is nobody's mistake.
void Checker::check_unused_by_avalanche() {
    ChainSettings unset;
    unset.preset = s_.chain.preset;
    apply_preset(unset);
    const auto note_unused = [&](auto member, const char* key, const char* instead) {
        if (s_.chain.*member == unset.*member) return;
        note({key, "chain.consensus"},
             fmt::format("avalanche has no use for this setting: {}", instead),
             fmt::format("drop {}", key));
    };
    note_unused(&ChainSettings::alpha_preference, "chain.alpha_preference",
                "a vertex is preferred by its confidence, which chain.alpha_confidence counts");
    note_unused(&ChainSettings::beta, "chain.beta",
                "chain.beta_virtuous and chain.beta_rogue decide");
    note_unused(&ChainSettings::snow_instance, "chain.snow_instance",
                "conflicts are a graph, and no choice is made bit by bit");
    note_unused(&ChainSettings::sampling, "chain.sampling", "its polls always draw units of stake");
    note_unused(&ChainSettings::optimal_processing, "chain.optimal_processing",
                "what bounds a validator is the number of its own undecided vertices");
}

void Checker::check_censorship() {
    using Model = CensorshipModel;
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
    if (chain.round_proposers == 0 || chain.leader_term_blocks == 0) {
        unrunnable({"chain.round_proposers", "chain.leader_term_blocks"},
                   "a round and a leader's term must have at least one block",
                   "set both to at least 1");
    }
    const bool ordered =
        model != Model::kNone && model != Model::kIid && model != Model::kPartition;
    if (ordered && proposers_alternate()) {
        unrunnable({"chain.censorship", "chain.consensus"},
                   fmt::format(
                       "this model needs to know in which order proposers follow each other, which "
                       "{} decides itself",
                       word(chain.consensus)),
                   "set chain.censorship to \"iid\", or chain.consensus to \"sequencer\"");
    }
    if (model == Model::kOrphan) {
        const auto final_after = chain.finality_delay_ns / chain.block_interval_ns;
        if (final_after < 2 || final_after > kFinalityBlocksMax) {
            unrunnable({"chain.finality_delay", "chain.censorship", "chain.block_interval"},
                       "only a block that is not final yet can be reorganised away",
                       fmt::format("set chain.finality_delay to 2 to {} block intervals",
                                   kFinalityBlocksMax));
        }
    }
    if (model == Model::kBudget || model == Model::kBribe) check_payer();
}

void Checker::check_payer() {
    const auto& chain = s_.chain;
    if (chain.censor_price.is_zero() ||
        (chain.censorship == CensorshipModel::kBudget && chain.censor_budget.is_zero())) {
        error({"chain.censor_price", "chain.censor_budget", "chain.censorship"},
              "paid censorship needs a price and a budget",
              "set chain.censor_price and chain.censor_budget");
    }
    const ActorGroup* const payer = find_group(chain.censor_payer);
    if (payer == nullptr) {
        unknown(
            ProblemKind::kUnrunnable, {"chain.censor_payer", "chain.censorship"},
            fmt::format("there is no group \"{}\" to pay for the censorship", chain.censor_payer),
            chain.censor_payer, names_of(s_.actors));
    } else if (payer->count > 1 && !payer->shared_principal && payer->principal.empty()) {
        error({"chain.censor_payer"},
              fmt::format("the group \"{}\" has many owners", chain.censor_payer),
              "let it share a principal, or name another group");
    }
}

void Checker::check_vm() {
    const auto print = [](const ParameterName& name) { return "vm." + std::string(name.key); };
    for (ParameterProblem& each : find_problems(s_.vm, print))
        error(std::move(each.names), std::move(each.message), std::move(each.remedy));
    // A draw needs the beacon of the second block after a submission.
    const auto draw_time = checked_mul(kDrawDelayBlocks + 1, s_.chain.block_interval_ns);
    if (!draw_time || s_.vm.config.task_timeout_ns <= *draw_time) {
        error({"vm.task_timeout", "chain.block_interval"},
              fmt::format("no task could be assigned: it times out after {}, and a provider is "
                          "drawn {} blocks of {} after its submission",
                          exact_duration(s_.vm.config.task_timeout_ns), kDrawDelayBlocks,
                          exact_duration(s_.chain.block_interval_ns)),
              fmt::format("set vm.task_timeout above {} block intervals", kDrawDelayBlocks + 1));
    }
}

void Checker::check_tolerance() {
    const auto& policy = s_.vm.policy;
    if (policy.answer_tolerance == 0) return;
    const std::uint64_t steps = steps_of_model(s_.workload, s_.workload.models - 1);
    if (steps > policy.one_step_steps_max) {
        unrunnable({"tasks.steps", "vm.one_step_steps_max", "vm.answer_tolerance"},
                   fmt::format("a model of {} steps is bisected, and bisection takes the first "
                               "difference for the error, whatever the tolerance",
                               steps),
                   "raise vm.one_step_steps_max to tasks.steps, or set vm.answer_tolerance to 0");
    }
}

void Checker::check_tasks() {
    if (s_.workload.fee < s_.vm.policy.fee_floor) {
        error(
            {"tasks.fee", "vm.fee_floor"},
            fmt::format("every task would be refused: the fee is below vm.fee_floor = {}",
                        exact_amount(s_.vm.policy.fee_floor)),
            fmt::format("set tasks.fee to at least \"{}\"", exact_amount(s_.vm.policy.fee_floor)));
    }
}

void Checker::check_models() {
    const std::uint64_t most = steps_of_model(s_.workload, s_.workload.models - 1);
    if (most <= kStepsMax) return;
    unrunnable({"tasks.model_sizes", "tasks.models", "tasks.steps"},
               fmt::format("the largest of {} models has {} steps; a model has at most {}",
                           s_.workload.models, most, kStepsMax),
               "lower tasks.models or tasks.steps");
}

void Checker::check_trace() {
    const Workload& workload = s_.workload;
    if (workload.trace.empty()) return;
    const auto trace = parse_trace(workload.trace);
    if (!trace) return unrunnable({"tasks.trace"}, trace.error().context, "");
    if (workload.tasks > trace->size()) {
        error({"tasks.count", "tasks.trace"},
              fmt::format("tasks.count is {}, and the trace has {} tasks", workload.tasks,
                          trace->size()),
              fmt::format("set tasks.count to at most {}, or drop it", trace->size()));
    }
    std::size_t too_long = 0;
    const std::uint64_t most = steps_of_model(workload, workload.models - 1);
    for (const TraceTask& task : *trace) {
        if (task.model && *task.model >= workload.models) {
            return unrunnable({"tasks.trace", "tasks.models"},
                              fmt::format("a task of the trace names model {}", *task.model),
                              fmt::format("with tasks.models = {} they are 0 to {}",
                                          workload.models, workload.models - 1));
        }
        if (!task.model && steps_of(workload, task) > most) ++too_long;
    }
    if (too_long != 0) {
        note({"tasks.trace", "tasks.models", "tasks.model_sizes"},
             fmt::format("{} of the {} tasks of the trace take more steps than the largest model "
                         "has, {}, and are served by it",
                         too_long, trace->size(), most),
             "raise tasks.models with tasks.model_sizes = \"doubling\", or raise "
             "tasks.input_per_step and tasks.output_per_step");
    }
    __extension__ using WideNs = unsigned __int128;
    const std::size_t last = std::min<std::size_t>(workload.tasks, trace->size());
    const std::uint64_t at = last == 0 ? 0 : (*trace)[last - 1].at_ns;
    if (WideNs{at} * workload.trace_stretch_ppm / 1'000'000 > s_.run.max_time_ns) {
        unrunnable({"tasks.trace", "run.max_time", "tasks.trace_stretch"},
                   fmt::format("the last task arrives after run.max_time = {}",
                               exact_duration(s_.run.max_time_ns)),
                   "lengthen run.max_time, or lower tasks.count or tasks.trace_stretch");
    }
}

void Checker::check_price() {
    const PriceSettings& price = s_.price;
    if (price.law == PriceLaw::kFile) {
        if (price.path.empty())
            return unrunnable({"price.law", "price.path"}, "no prices are given",
                              "name a file with the columns time_s and price in price.path");
        const auto points = parse_prices(price.path);
        if (!points) unrunnable({"price.path"}, points.error().context, "");
    } else if (!price.path.empty()) {
        error({"price.path", "price.law"},
              fmt::format("price.path is not used with price.law = \"{}\"", word(price.law)),
              "set price.law to \"file\", or drop price.path");
    }
    const bool has_law = price.law == PriceLaw::kGeometric;
    if (!has_law && (price.volatility_ppm != 0 || price.growth_ppm != 1'000'000)) {
        error({"price.volatility", "price.growth", "price.law"},
              "price.volatility and price.growth belong to the geometric law",
              "set price.law to \"geometric\"");
    }
}

void Checker::check_attacker() {
    if (s_.attacker.empty()) return;
    std::vector<std::string> known = names_of(s_.actors);
    for (const ActorGroup& group : s_.actors) {
        if (!group.principal.empty()) known.push_back(group.principal);
    }
    if (std::ranges::find(known, s_.attacker) != known.end()) return;
    unknown(ProblemKind::kError, {"attacker"},
            fmt::format("there is no principal and no group \"{}\"", s_.attacker), s_.attacker,
            known);
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
                  "choose a unique name for every group, whatever its role");
        }
        if (group.count == 0) {
            unrunnable({group_key(group, "count")},
                       fmt::format("the group \"{}\" has no members", group.name),
                       "give it at least one, or leave it out");
        }
        if (group.role == Role::kProvider) providers += group.count;
        if (group.role == Role::kValidator) validators += group.count;
        const auto stakes = group.stake.checked_times(group.count);
        total = total && stakes ? total->checked_plus(*stakes) : std::nullopt;
        if (total && *total > kSupplyMax) total = std::nullopt;
        check_money(group);
        check_device(group);
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
        error({"provider"},
              fmt::format("the opening balances of all actors add up to more than {}",
                          exact_lux(kSupplyMax)),
              "lower a count or a stake");
}

void Checker::check_money(const ActorGroup& group) {
    if (group.role != Role::kProvider) return;
    if (group.bond > group.stake) {
        error({group_key(group, "bond"), group_key(group, "stake")},
              fmt::format("a bond of {} cannot be paid from a stake of {}",
                          exact_amount(group.bond), exact_amount(group.stake)),
              "raise stake or lower bond");
    }
    if (group.bond < s_.vm.config.min_provider_bond) {
        note(
            {group_key(group, "bond"), "vm.min_provider_bond"},
            fmt::format("registration will be refused: the bond is below vm.min_provider_bond = {}",
                        exact_amount(s_.vm.config.min_provider_bond)),
            "raise the bond unless that is what the scenario shows");
    }
}

// Only providers and challengers run models.
void Checker::check_device(const ActorGroup& group) {
    const AcceleratorFaults& faults = group.accelerator;
    const bool computes = group.role == Role::kProvider || group.role == Role::kChallenger;
    const bool is_modelled =
        group.device != DeviceClass::kNone || faults != AcceleratorFaults{} || group.batch > 1;
    if (!computes && is_modelled) {
        unrunnable({group_key(group, "device")},
                   fmt::format("the {}s of \"{}\" run no model, so they have no device",
                               word(group.role), group.name),
                   "drop the keys of the device, or give them to providers or challengers");
    } else if (group.batch > 1 &&
               (group.role != Role::kProvider || group.device == DeviceClass::kNone)) {
        unrunnable({group_key(group, "batch"), group_key(group, "device")},
                   "only a provider with a class of device computes batches",
                   "set device to a class such as \"h100\", or drop the batch");
    } else if (faults.sum_order != SumOrder::kSequential &&
               faults.accumulation == Accumulation::kExact) {
        error({group_key(group, "sum_order"), group_key(group, "accumulation")},
              "exact sums are the same in every order",
              "set accumulation to \"fp32\", \"fp16\" or \"bf16\", or drop sum_order");
    }
}

// --- Faults ---

struct QuantityWords {
    FaultQuantity quantity;
    std::string_view key;
    std::string_view owner;  // the kinds that have it
    std::string_view example;
};
constexpr QuantityWords kQuantities[] = {
    {FaultQuantity::kDelay, "delay", "a slow_node or slow_disk", "\"500ms\""},
    {FaultQuantity::kPeriod, "period", "flapping or clock_jumps", "\"10s\""},
    {FaultQuantity::kBandwidth, "bandwidth", "a clogged node", "\"100 kbit/s\""},
    {FaultQuantity::kSkew, "skew", "a clock", "\"10s\", or a drift"},
    {FaultQuantity::kRate, "rate", "loss, duplicate, reorder or corrupt", "\"5%\""},
    {FaultQuantity::kStrategy, "strategy", "a byzantine fault", "\"malformed_bytes\""},
};
static_assert(std::size(kQuantities) + 1 == enum_count<FaultQuantity>);

bool is_given(const FaultPlan& fault, FaultQuantity quantity) {
    switch (quantity) {
        case FaultQuantity::kDelay:
            return fault.delay_ns != 0;
        case FaultQuantity::kPeriod:
            return fault.period_ns > 1;
        case FaultQuantity::kBandwidth:
            return fault.bandwidth_bps != 0;
        case FaultQuantity::kSkew:
            return fault.skew_ns != 0 || fault.drift_ppm != 0;
        case FaultQuantity::kRate:
            return fault.rate_ppm != 0;
        case FaultQuantity::kStrategy:
            return !fault.strategy.empty();
        case FaultQuantity::kNone:
            break;
    }
    return false;
}

void Checker::check_fault(std::size_t index, const FaultPlan& fault) {
    if (fault.duration_ns == 0 && !traits_of(fault.kind).ends_with_restart)
        error({fault_key(index, "duration"), fault_key(index, "kind")},
              "a fault without a duration", "add a duration such as \"2m\"");
    if (fault.at_ns + fault.duration_ns > s_.run.max_time_ns) {
        error({fault_key(index, "at"), fault_key(index, "duration"), "run.max_time"},
              fmt::format("the fault ends after run.max_time = {}",
                          exact_duration(s_.run.max_time_ns)),
              "start it earlier, shorten it, or lengthen run.max_time");
    }
    for (const QuantityWords& words : kQuantities) {
        const bool needed = traits_of(fault.kind).needs(words.quantity);
        const bool given = is_given(fault, words.quantity);
        if (needed && !given) {
            error({fault_key(index, words.key), fault_key(index, "kind")},
                  fmt::format("{} without a {}", words.owner, words.key),
                  fmt::format("add a {} such as {}", words.key, words.example));
        } else if (!needed && given) {
            error({fault_key(index, words.key)},
                  fmt::format("only {} has a {}", words.owner, words.key),
                  fmt::format("drop the {}, or change the kind", words.key));
        }
    }
    if (fault.delay_ns > s_.run.max_time_ns) {
        error({fault_key(index, "delay"), "run.max_time"},
              fmt::format("a delay of {} is longer than the run", exact_duration(fault.delay_ns)),
              "shorten it; an eclipse keeps all messages back");
    }
    check_target(index, fault);
}

void Checker::check_target(std::size_t index, const FaultPlan& fault) {
    const bool indexes_are_fine = check_indexes(index, fault);
    if (!check_named_groups(index, fault)) return;
    if (!traits_of(fault.kind).takes_regions) {
        if (!fault.regions.empty())
            error({fault_key(index, "regions")}, "regions are for a partition or one_way",
                  "name the validators by index, or groups");
        if (fault.validators.empty() && fault.groups.empty())
            error({fault_key(index, "validators"), fault_key(index, "kind")},
                  "the fault hits nobody", "add validators = [0], say");
        if (fault.groups.size() > 1)
            error({fault_key(index, "groups"), fault_key(index, "kind")},
                  "only a partition has lists of groups", "name all in one list");
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
    if (!fault.groups.empty()) return check_partition(index, fault);
    if (indexes_are_fine && regions_ != nullptr && check_regions(index, fault))
        check_sides(index, fault);
}

Checker::Named Checker::what_is(std::string_view name) const {
    if (std::ranges::find(groups_, name, &ActorGroup::name) != groups_.end()) return Named::kGroup;
    if (from_word<Role>(name)) return Named::kRole;
    if (regions_ != nullptr && std::ranges::find(regions_->names, name) != regions_->names.end())
        return Named::kRegion;
    const auto index = validator_index(name);
    return index && *index < s_.chain.validators ? Named::kValidator : Named::kNothing;
}

std::vector<std::string> Checker::known_names() const {
    std::vector<std::string> names = names_of(groups_);
    names.insert(names.end(), words<Role>.begin(), words<Role>.end());
    if (regions_ != nullptr)
        names.insert(names.end(), regions_->names.begin(), regions_->names.end());
    return names;
}

std::vector<std::uint32_t> Checker::validators_of(const std::string& name) const {
    if (what_is(name) != Named::kRegion) return validators_.of(name);
    std::vector<std::uint32_t> out;
    const auto region = std::ranges::find(regions_->names, name) - regions_->names.begin();
    for (std::uint32_t i = 0; i < regions_->validator_regions.size(); ++i) {
        if (regions_->validator_regions[i] == static_cast<std::uint32_t>(region)) out.push_back(i);
    }
    return out;
}

// The groups of a partition are not empty, do not overlap, and do not leave all validators on one
// side.
void Checker::check_partition(std::size_t index, const FaultPlan& fault) {
    const std::string key = fault_key(index, "groups");
    std::map<std::string, std::size_t> side_of_name;
    std::map<std::uint32_t, std::size_t> side_of;
    std::set<std::size_t> sides;
    bool has_clients = false;
    for (std::size_t side = 0; side < fault.groups.size(); ++side) {
        if (fault.groups[side].empty()) {
            return error({key},
                         fmt::format("group {} of the {} is empty", side + 1, word(fault.kind)),
                         "name somebody in it, or leave it out");
        }
        for (const std::string& name : fault.groups[side]) {
            if (!side_of_name.emplace(name, side).second)
                return error({key}, fmt::format("\"{}\" is named twice", name),
                             "groups must not overlap: name each once");
            const std::vector<std::uint32_t> members = validators_of(name);
            has_clients = has_clients || members.empty();
            for (const std::uint32_t validator : members) {
                sides.insert(side);
                const auto [known, is_new] = side_of.emplace(validator, side);
                if (is_new || known->second == side) continue;
                return error({key},
                             fmt::format("the groups overlap: validator {} is in group {} and in "
                                         "group {}",
                                         validator, known->second + 1, side + 1),
                             "name each validator in one group only");
            }
        }
    }
    if (fault.kind == FaultKind::kOneWay && fault.groups.size() > 1)
        return error({key}, "one_way has one side", "name all in one list");
    if (side_of.size() < s_.chain.validators) sides.insert(fault.groups.size());
    if (sides.size() < 2 && !has_clients)
        error({key, "chain.validators"}, "every validator is on the same side: nothing is cut",
              "name at least one validator on another side");
}

// Groups exist, and have what the fault breaks.
bool Checker::check_named_groups(std::size_t index, const FaultPlan& fault) {
    const FaultTraits& traits = traits_of(fault.kind);
    if (is_economic() &&
        (!traits.isolates || !fault.validators.empty() || !fault.regions.empty())) {
        unrunnable(
            {fault_key(index, "kind"), "run.fidelity"},
            "in run.fidelity economic there is no network and no disk to break",
            "use an eclipse or a partition of groups of clients, or set run.fidelity to \"full\"");
        return false;
    }
    for (const auto& name : fault.all_group_names()) {
        const Named named = what_is(name);
        // Without a map of regions an unknown name may be one.
        const bool may_be_region = traits.takes_regions && regions_ == nullptr;
        if (named == Named::kNothing && may_be_region) continue;
        if (named == Named::kNothing || (named == Named::kRegion && !traits.takes_regions)) {
            unknown(ProblemKind::kUnrunnable, {fault_key(index, "groups")},
                    fmt::format("there is no group \"{}\"", name), name, known_names());
            return false;
        }
        if (named == Named::kRegion) continue;
        const auto group = std::ranges::find(groups_, name, &ActorGroup::name);
        Role role = Role::kValidator;
        if (named == Named::kGroup) role = group->role;
        if (named == Named::kRole) role = *from_word<Role>(name);
        const bool of_validators = hits_validators_only(traits);
        if (role == Role::kValidator ? is_economic() : of_validators) {
            unrunnable(
                {fault_key(index, "groups"), fault_key(index, "kind")},
                fmt::format("a fault of this kind cannot hit the {}s of \"{}\"", word(role), name),
                of_validators
                    ? "name validators: clients have no disk, do not crash and do not vote"
                    : "name a group of clients: no validator has a machine in "
                      "run.fidelity economic");
            return false;
        }
    }
    return true;
}

// The first bad index of a list is reported, and the rest of the list is not checked.
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

// The same for regions.
bool Checker::check_regions(std::size_t index, const FaultPlan& fault) {
    std::set<std::string> seen;
    for (const auto& region : fault.regions) {
        if (std::ranges::find(regions_->names, region) == regions_->names.end()) {
            unknown(ProblemKind::kUnrunnable, {fault_key(index, "regions"), "network.latency"},
                    fmt::format("the latency profile \"{}\" has no region \"{}\"",
                                regions_->profile, region),
                    region, regions_->names);
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

void Checker::check_sides(std::size_t index, const FaultPlan& fault) {
    std::size_t cut_off = fault.validators.size();
    if (!fault.regions.empty()) {
        cut_off += static_cast<std::size_t>(
            std::ranges::count_if(regions_->validator_regions, [&](std::uint32_t region) {
                return std::ranges::find(fault.regions, regions_->names.at(region)) !=
                       fault.regions.end();
            }));
    }
    if (cut_off > 0 && cut_off < s_.chain.validators) return;
    error({fault_key(index, fault.regions.empty() ? "validators" : "regions"), "chain.validators"},
          cut_off == 0 ? "no validator is in the regions cut off"
                       : "every validator is on the side cut off: nothing is cut",
          "leave at least one validator on each side");
}

// --- The fault budget, and faults from the seed ---

// What no stake of others makes up for.
void Checker::check_sole_proposer(std::size_t index, const std::vector<std::uint32_t>& hit) {
    const bool hits_it = s_.chain.validators > 1 && std::ranges::any_of(hit, [&](auto one) {
                             return is_sole_proposer(s_.chain, one);
                         });
    if (!hits_it) return;
    const FaultTraits& traits = traits_of(s_.faults[index].kind);
    const Keys keys{fault_key(index, "validators"), fault_key(index, "groups"),
                    fault_key(index, "kind"), "run.beyond_f"};
    const std::string remedy = "hit other validators, or set run.beyond_f to true";
    if (traits.loses_data) {
        note(keys,
             "the disk of the sequencer may have the only copy of its last blocks: if they are "
             "lost, others take their place",
             remedy);
    }
    if (traits.deviates)
        error(keys, "validator 0 is the sequencer: whatever it does, nobody else builds a block",
              remedy);
}

void Checker::check_budget() {
    if (s_.run.beyond_f || is_economic() || regions_ == nullptr || regions_->stakes.empty()) return;
    const std::vector<bool> byzantine = byzantine_validators(s_);
    if (byzantine.size() != regions_->stakes.size()) return;  // reported elsewhere
    std::vector<Outage> outages;
    std::vector<std::size_t> fault_of;
    for (std::size_t i = 0; i < s_.faults.size(); ++i) {
        std::vector<std::uint32_t> hit = validators_.hit_by(s_.faults[i]);
        std::erase_if(hit, [&](std::uint32_t one) { return one >= byzantine.size(); });
        check_sole_proposer(i, hit);
        if (auto outage = outage_of(s_.faults[i], s_.chain, std::move(hit))) {
            outages.push_back(*std::move(outage));
            fault_of.push_back(i);
        }
    }
    const auto keys_of = [&](const BudgetExcess& excess) {
        if (!excess.outage) return keys_of_byzantine();
        const std::size_t fault = fault_of[*excess.outage];
        return Keys{fault_key(fault, "validators"), fault_key(fault, "groups"),
                    fault_key(fault, "kind"), "run.beyond_f"};
    };
    const auto faulty = [](const BudgetExcess& excess) {
        return excess.outage ? fmt::format("at {} validators with {} of stake are faulty",
                                           exact_duration(excess.at_ns), exact_lux(excess.faulty))
                             : fmt::format("validators with {} of stake break the protocol",
                                           exact_lux(excess.faulty));
    };
    const Amount third = less_than_a_third(regions_->stakes);
    if (const auto excess = find_excess(outages, byzantine, regions_->stakes, third)) {
        return error(
            keys_of(*excess),
            fmt::format("{}, more than the fault budget of {}", faulty(*excess), exact_lux(third)),
            fmt::format("{}, or set run.beyond_f to true if the run may break what a "
                        "chain promises",
                        excess->outage ? "hit fewer validators at the same time"
                                       : "let more of them be honest"));
    }
    const Amount tolerated = fault_budget(s_, regions_->stakes);
    if (const auto excess = find_excess(outages, byzantine, regions_->stakes, tolerated)) {
        note(
            keys_of(*excess),
            fmt::format("{}, and these polls tolerate {}: beyond that the computed chance of a "
                        "fork in a run is not below 10^-9",
                        faulty(*excess), exact_lux(tolerated)),
            "aivmsim check prints the chance; chain.preset = \"avalanche-mainnet\" tolerates more, "
            "as does a greater chain.beta (beta_rogue on a DAG); run.beyond_f = true says that "
            "it is meant");
    }
}

// Of the groups that break the protocol; the largest first.
Checker::Keys Checker::keys_of_byzantine() const {
    const ActorGroup* largest = nullptr;
    for (const ActorGroup& group : groups_) {
        if (is_byzantine(group) && (largest == nullptr || group.count > largest->count))
            largest = &group;
    }
    AIVM_CHECK(largest != nullptr);
    return {group_key(*largest, "count"), group_key(*largest, "strategy"), "run.beyond_f"};
}

void Checker::check_swarm() {
    const SwarmSettings& swarm = s_.swarm;
    for (const std::string& kind : swarm.kinds) {
        if (!from_word<FaultKind>(kind))
            unknown(ProblemKind::kUnrunnable, {"swarm.kinds"},
                    fmt::format("there is no fault \"{}\"", kind), kind,
                    {words<FaultKind>.begin(), words<FaultKind>.end()});
    }
    if (!swarm.enabled) return;
    if (is_economic())
        unrunnable({"swarm.enabled", "run.fidelity"},
                   "in run.fidelity economic there is no network and no disk to break",
                   "set run.fidelity to \"full\"");
    if (swarm.until_ns <= swarm.from_ns) {
        unrunnable({"swarm.until", "swarm.from"}, "the swarm ends before it begins",
                   "set swarm.until later than swarm.from");
    } else if (swarm.until_ns > s_.run.max_time_ns) {
        error({"swarm.until", "run.max_time"},
              fmt::format("the swarm ends after run.max_time = {}",
                          exact_duration(s_.run.max_time_ns)),
              "end it earlier, or lengthen run.max_time");
    }
}

// --- Links ---

void Checker::check_link(std::size_t index, const LinkRule& rule) {
    if (is_economic()) {
        return unrunnable({link_key(index, "from"), "run.fidelity"},
                          "in run.fidelity economic there are no links",
                          "drop the [[link]], or set run.fidelity to \"full\"");
    }
    check_link_end(index, "from", rule.from, rule.from_validators);
    check_link_end(index, "to", rule.to, rule.to_validators);
    const bool says_something = rule.latency || rule.jitter_ns || rule.bandwidth_bps ||
                                rule.queue_bytes || rule.loss_ppm || rule.duplicate_ppm ||
                                rule.reorder_ppm || rule.reorder_delay_ns || rule.corrupt_ppm;
    if (!says_something)
        error({link_key(index, "from"), link_key(index, "to")}, "the link overrides nothing",
              "add a latency, a loss or another key of [network]");
}

void Checker::check_link_end(std::size_t index, std::string_view key,
                             const std::vector<std::string>& names,
                             const std::vector<std::uint32_t>& validators) {
    for (const std::uint32_t validator : validators) {
        if (validator < s_.chain.validators) continue;
        return unrunnable({link_key(index, fmt::format("{}_validators", key)), "chain.validators"},
                          fmt::format("there is no validator {}", validator),
                          fmt::format("with chain.validators = {} they are 0 to {}",
                                      s_.chain.validators, s_.chain.validators - 1));
    }
    for (const std::string& name : names) {
        if (what_is(name) != Named::kNothing) continue;
        if (regions_ == nullptr) continue;  // it may be a region
        return unknown(ProblemKind::kUnrunnable, {link_key(index, key)},
                       fmt::format("\"{}\" is no group, role, region or validator", name), name,
                       known_names());
    }
}

}  // namespace

std::string group_key(const ActorGroup& group, std::string_view key) {
    return fmt::format("{}.{}.{}", word(group.role), group.name, key);
}

std::string fault_key(std::size_t index, std::string_view key) {
    return fmt::format("fault.{}.{}", index, key);
}

std::string link_key(std::size_t index, std::string_view key) {
    return fmt::format("link.{}.{}", index, key);
}

std::vector<ScenarioProblem> check_scenario(const Scenario& scenario, const RegionMap* regions) {
    return Checker(scenario, regions).run();
}

Status check_runnable(const Scenario& scenario) {
    for (const ScenarioProblem& problem : check_scenario(scenario)) {
        if (problem.kind != ProblemKind::kUnrunnable) continue;
        return fail(ErrorCode::kConfig,
                    fmt::format("{}: {}{}{}", problem.keys.front(), problem.message,
                                problem.remedy.empty() ? "" : "; ", problem.remedy));
    }
    return {};
}

}  // namespace aivm::sim
