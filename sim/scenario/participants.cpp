#include "sim/scenario/participants.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "gpu/simd/simd_hasher.h"
#include "sim/engine/random_stream.h"
#include "sim/scenario/trace.h"

namespace aivm::sim {
namespace {

constexpr std::uint64_t kGenesisTimestampNs =
    1'767'225'600ULL * 1'000'000'000ULL;            // 2026-01-01T00:00:00Z
constexpr std::uint32_t kModelActor = 0xFFFF'FF00;  // the models' streams belong to no actor
constexpr std::uint32_t kWeightPurpose = 1;
constexpr std::uint32_t kRowPurpose = 2;

// Shifts that leave the output of random weights spread over the whole byte, with the two saturated
// answers common: a lazy guess is then sometimes right, as it is with real models.
constexpr std::int8_t kHiddenShift = 8;
constexpr std::int8_t kOutputShift = 3;

std::string principal_label(const ActorGroup& group, std::uint32_t index) {
    if (!group.principal.empty()) return group.principal;
    return group.count == 1 || group.shared_principal ? group.name
                                                      : fmt::format("{}-{}", group.name, index);
}

std::string parameters_text(const ActorGroup& group) {
    std::string out;
    for (const auto& [name, value] : group.parameters) out += fmt::format("{}={}\n", name, value);
    return out;
}

// A principal that owns several groups is dishonest if any of them is, and plays all their
// strategies.
void add_principal(Participants& participants, std::uint32_t principal, const ActorGroup& group,
                   std::uint32_t index, bool honest) {
    if (principal == participants.principals.size()) {
        participants.principals.push_back(
            {principal_label(group, index), group.strategy, parameters_text(group), honest});
    } else if (index == 0) {
        Principal& owner = participants.principals[principal];
        owner.honest = owner.honest && honest;
        owner.strategy += "+" + group.strategy;
        owner.parameters += parameters_text(group);
    }
}

void add_participant(Participants& participants, const Setting& setting,
                     const StrategyTraits& strategies, const ActorGroup& group,
                     std::uint32_t index_in_group, Participant participant) {
    const std::uint32_t principal = participant.principal;
    add_principal(participants, principal, group, index_in_group, strategies.is_honest(group));
    participant.id = static_cast<ActorId>(participants.all.size());
    participant.role = group.role;
    participant.name = fmt::format("{}[{}]", word(group.role), participant.index_in_role);
    participant.group = group;
    if (group.role == Role::kValidator) {
        participant.opening_stake = setting.stakes.at(participant.index_in_role);
    } else {
        participant.opening_balance = group.stake;
    }
    if (participants.accomplices.size() == principal)
        participants.accomplices.push_back(std::make_shared<std::vector<Identity>>());
    participants.accomplices[principal]->push_back(identity_of(participant));
    participants.add(std::move(participant));
}

Model make_model(const Workload& workload, std::uint32_t index, std::uint64_t seed) {
    RandomStream weights({seed, kModelActor + index, kWeightPurpose});
    Model model;
    model.id = model_name(index);
    model.owner = identity_address(0);
    for (auto& w : model.weights.w1)
        w = static_cast<std::remove_reference_t<decltype(w)>>(weights.below(128)) - 64;
    for (auto& b : model.weights.b1) b = static_cast<std::int32_t>(weights.below(8192)) - 4096;
    for (auto& w : model.weights.w2)
        w = static_cast<std::remove_reference_t<decltype(w)>>(weights.below(64)) - 32;
    model.weights.b2 = static_cast<std::int32_t>(weights.below(1024)) - 512;
    model.weights.shift1 = kHiddenShift;
    model.weights.shift2 = kOutputShift;
    const Hash32 hash = weights_digest(model.weights);
    std::memcpy(model.weights.model_hash, hash.data(), hash.size());
    RandomStream rows({seed, kModelActor + index, kRowPurpose});
    model.rows.resize(std::size_t{workload.feature_rows} * kInputBytes);
    for (std::uint8_t& byte : model.rows) byte = static_cast<std::uint8_t>(rows.next_u64());
    model.steps = static_cast<std::uint32_t>(steps_of_model(workload, index));
    model.compute_time_ms =
        static_cast<std::uint32_t>(workload.step_time_ns * model.steps / 1'000'000);
    return model;
}

}  // namespace

std::string model_name(std::uint32_t index) { return fmt::format("model-{}", index); }

std::string provider_name(const Participant& participant) { return participant.name; }

Identity identity_of(const Participant& participant) {
    return {participant.id, participant.role, participant.group.name, participant.address,
            participant.role == Role::kProvider ? provider_name(participant) : std::string()};
}

std::uint32_t client_count(const Scenario& scenario) {
    std::uint32_t count = 0;
    for (const ActorGroup& group : groups_of(scenario))
        count += group.role == Role::kValidator ? 0 : group.count;
    return count;
}

std::vector<ActorGroup> groups_of(const Scenario& scenario) {
    std::vector<ActorGroup> groups;
    std::uint32_t named_validators = 0;
    bool has_requesters = false;
    for (const ActorGroup& group : scenario.actors) {
        if (group.role == Role::kValidator) named_validators += group.count;
        has_requesters = has_requesters || group.role == Role::kRequester;
    }
    // Listed validators take the highest indexes: a fault that names validator 0 hits an honest
    // one.
    if (named_validators < scenario.chain.validators) {
        ActorGroup rest;
        rest.role = Role::kValidator;
        rest.name = "validators";
        rest.count = scenario.chain.validators - named_validators;
        rest.shared_principal = true;
        groups.push_back(rest);
    }
    for (const Role role :
         {Role::kValidator, Role::kProvider, Role::kChallenger, Role::kRequester}) {
        for (const ActorGroup& group : scenario.actors) {
            if (group.role == role) groups.push_back(group);
        }
    }
    if (!has_requesters) {
        ActorGroup requesters;
        requesters.role = Role::kRequester;
        requesters.name = "requesters";
        requesters.count = scenario.workload.requesters;
        requesters.shared_principal = true;
        const std::uint64_t each = scenario.workload.tasks / requesters.count + 1;
        const Amount dearest = fee_of(scenario.workload, scenario.workload.models - 1);
        requesters.stake = dearest.checked_times(2 * each).value_or(dearest);
        groups.push_back(requesters);
    }
    return groups;
}

std::vector<Ownership> ownership_of(const std::vector<ActorGroup>& groups) {
    std::vector<Ownership> out;
    std::map<std::string, std::uint32_t> named;
    std::uint32_t principals = 0;
    for (const ActorGroup& group : groups) {
        const bool shared = group.shared_principal || !group.principal.empty();
        std::uint32_t first = principals;
        if (!group.principal.empty())
            first = named.try_emplace(group.principal, principals).first->second;
        if (first == principals) principals += shared ? 1 : group.count;
        out.push_back({first, shared});
    }
    return out;
}

const std::string& owner_label(const ActorGroup& group) {
    return group.principal.empty() ? group.name : group.principal;
}

std::vector<Owner> owners_of(const std::vector<ActorGroup>& groups,
                             const StrategyTraits& strategies) {
    std::vector<Owner> out;
    const std::vector<Ownership> ownership = ownership_of(groups);
    for (std::size_t g = 0; g < groups.size(); ++g) {
        const ActorGroup& group = groups[g];
        const std::uint32_t first = ownership[g].first;
        auto owner = std::ranges::find(out, first, &Owner::first_principal);
        if (owner == out.end()) {
            owner = out.insert(out.end(), Owner{});
            owner->label = owner_label(group);
            owner->first_principal = first;
            owner->members = ownership[g].shared ? 1 : group.count;
        }
        owner->groups.push_back(g);
        owner->strategy += (owner->strategy.empty() ? "" : "+") + group.strategy;
        owner->honest = owner->honest && strategies.is_honest(group);
    }
    return out;
}

const Owner* find_attacker(const Scenario& scenario, const std::vector<Owner>& owners) {
    const auto found = scenario.attacker.empty()
                           ? std::ranges::find(owners, false, &Owner::honest)
                           : std::ranges::find(owners, scenario.attacker, &Owner::label);
    return found == owners.end() ? nullptr : &*found;
}

Participants make_participants(const Setting& setting, const StrategyTraits& strategies) {
    Participants participants;
    std::map<Role, std::uint32_t> role_counts;
    std::uint32_t clients = 0;
    const std::vector<ActorGroup> groups = groups_of(setting.scenario);
    const std::vector<Ownership> owners = ownership_of(groups);
    std::uint32_t count = 0;
    for (const ActorGroup& group : groups) count += group.count;
    const std::vector<Address> addresses = identity_addresses(count);
    for (std::size_t g = 0; g < groups.size(); ++g) {
        for (std::uint32_t i = 0; i < groups[g].count; ++i) {
            Participant participant;
            participant.principal = owners[g].first + (owners[g].shared ? 0 : i);
            participant.address = addresses[participants.all.size()];
            participant.index_in_role = role_counts[groups[g].role]++;
            participant.region = groups[g].role == Role::kValidator
                                     ? setting.validator_regions.at(participant.index_in_role)
                                     : setting.client_regions.at(clients++);
            add_participant(participants, setting, strategies, groups[g], i,
                            std::move(participant));
        }
    }
    const std::vector<Owner> all_owners = owners_of(groups, strategies);
    if (const Owner* attacker = find_attacker(setting.scenario, all_owners)) {
        for (std::uint32_t i = 0; i < attacker->members; ++i)
            participants.attackers.push_back(attacker->first_principal + i);
    }
    return participants;
}

namespace {

// The participants that a name in a plan or a rule stands for: a role, a group, a region, or the
// index of a validator.
void add_named(const std::string& name, const Participants& participants, const Setting& setting,
               std::vector<ActorId>& out) {
    const auto region = std::ranges::find(setting.region_names, name);
    const bool is_region = region != setting.region_names.end();
    const auto region_index = static_cast<std::uint32_t>(region - setting.region_names.begin());
    const bool is_group = std::ranges::any_of(
        participants.all, [&](const Participant& one) { return one.group.name == name; });
    const std::optional<std::uint32_t> validator = validator_index(name);
    for (const Participant& one : participants.all) {
        bool is_named = one.group.name == name;
        if (!is_group) {
            is_named = word(one.role) == name || (is_region && one.region == region_index) ||
                       (one.role == Role::kValidator && validator == one.index_in_role);
        }
        if (is_named) out.push_back(one.id);
    }
}

void sort_and_deduplicate(std::vector<ActorId>& ids) {
    std::ranges::sort(ids);
    const auto repeated = std::ranges::unique(ids);
    ids.erase(repeated.begin(), repeated.end());
}

std::vector<ActorId> named(const std::vector<std::string>& names,
                           const std::vector<std::uint32_t>& validators,
                           const Participants& participants, const Setting& setting) {
    std::vector<ActorId> out(validators.begin(), validators.end());
    for (const std::string& name : names) add_named(name, participants, setting, out);
    sort_and_deduplicate(out);
    return out;
}

}  // namespace

std::optional<std::uint32_t> validator_index(std::string_view name) {
    std::uint32_t index = 0;
    const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), index);
    if (error != std::errc{} || stop != name.data() + name.size()) return std::nullopt;
    return index;
}

std::vector<ActorId> targets_of(const FaultPlan& plan, const Participants& participants,
                                const Setting& setting) {
    std::vector<ActorId> targets =
        named(plan.all_group_names(), plan.validators, participants, setting);
    for (const std::string& name : plan.regions) {
        const auto region = std::ranges::find(setting.region_names, name);
        AIVM_CHECK(region != setting.region_names.end());
        for (const Participant& one : participants.all) {
            if (one.region == static_cast<std::uint32_t>(region - setting.region_names.begin()))
                targets.push_back(one.id);
        }
    }
    sort_and_deduplicate(targets);
    return targets;
}

std::vector<std::vector<ActorId>> sides_of(const FaultPlan& plan, const Participants& participants,
                                           const Setting& setting) {
    std::vector<std::vector<ActorId>> sides;
    for (const std::vector<std::string>& names : plan.groups)
        sides.push_back(named(names, {}, participants, setting));
    return sides;
}

std::pair<std::vector<ActorId>, std::vector<ActorId>> ends_of(const LinkRule& rule,
                                                              const Participants& participants,
                                                              const Setting& setting) {
    const auto end = [&](const std::vector<std::string>& names,
                         const std::vector<std::uint32_t>& validators) {
        std::vector<ActorId> ids = named(names, validators, participants, setting);
        if (names.empty() && validators.empty()) {
            for (const Participant& one : participants.all) ids.push_back(one.id);
        }
        return ids;
    };
    return {end(rule.from, rule.from_validators), end(rule.to, rule.to_validators)};
}

Genesis make_genesis_of(const Setting& setting, const Participants& participants,
                        std::uint64_t seed) {
    Genesis genesis;
    genesis.message = setting.scenario.name;
    genesis.timestamp_ns = kGenesisTimestampNs;
    std::vector<Hash32> secrets;
    for (const Participant& one : participants.all) {
        if (one.role == Role::kValidator) {
            genesis.validators.push_back({one.address, one.opening_stake, {}});
            secrets.push_back(beacon_secret(seed, one.id, 0));
        } else {
            genesis.allocations.push_back({one.address, one.opening_balance});
        }
    }
    std::vector<Hash32> commitments(secrets.size());
    gpu::SimdHasher().hash_many(reinterpret_cast<const std::uint8_t*>(secrets.data()),
                                sizeof(Hash32), secrets.size(), commitments.data());
    for (std::size_t i = 0; i < commitments.size(); ++i)
        genesis.validators[i].beacon_commitment = commitments[i];
    for (std::uint32_t i = 0; i < setting.scenario.workload.models; ++i) {
        genesis.models.push_back(make_model(setting.scenario.workload, i, seed));
    }
    return genesis;
}

}  // namespace aivm::sim
