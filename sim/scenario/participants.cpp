#include "sim/scenario/participants.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "gpu/simd/simd_hasher.h"
#include "sim/engine/random_stream.h"

namespace aivm::sim {
namespace {

constexpr std::uint64_t kGenesisTimestampNs =
    1'767'225'600ULL * 1'000'000'000ULL;            // 2026-01-01T00:00:00Z
constexpr std::uint32_t kModelActor = 0xFFFF'FF00;  // streams of the models belong to no actor
constexpr std::uint32_t kWeightPurpose = 1;
constexpr std::uint32_t kRowPurpose = 2;

// Shifts that leave the output of random weights spread over the whole byte, with the two saturated
// answers common: a lazy guess is then right now and then, as it is with real models.
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

// The owner of several groups is what its worst one is, and plays all their strategies.
void add_principal(Directory& directory, std::uint32_t principal, const ActorGroup& group,
                   std::uint32_t index, bool honest) {
    if (principal == directory.principals.size()) {
        directory.principals.push_back(
            {principal_label(group, index), group.strategy, parameters_text(group), honest});
    } else if (index == 0) {
        Principal& owner = directory.principals[principal];
        owner.honest = owner.honest && honest;
        owner.strategy += "+" + group.strategy;
        owner.parameters += parameters_text(group);
    }
}

void add_member(Cast& cast, const Setting& setting, const StrategyTraits& strategies,
                const ActorGroup& group, std::uint32_t index, std::uint32_t index_in_role,
                std::uint32_t region, std::uint32_t principal, const Address& address) {
    Directory& directory = cast.directory;
    add_principal(directory, principal, group, index, strategies.is_honest(group));
    Agent agent;
    agent.id = static_cast<ActorId>(directory.agents.size());
    agent.principal = principal;
    agent.role = group.role;
    agent.name = fmt::format("{}[{}]", group.role, index_in_role);
    agent.address = address;
    if (group.role == "validator") {
        agent.opening_stake = setting.stakes.at(index_in_role);
    } else {
        agent.opening_balance = group.stake;
    }
    if (cast.accomplices.size() == principal)
        cast.accomplices.push_back(std::make_shared<std::vector<Identity>>());
    cast.accomplices[principal]->push_back(
        {agent.id, agent.role, group.name, agent.address,
         group.role == "provider" ? provider_name(agent) : std::string()});
    directory.add(std::move(agent));
    cast.members.push_back({group, index, index_in_role, region});
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
    model.steps = workload.steps;
    model.compute_time_ms =
        static_cast<std::uint32_t>(workload.step_time_ns * workload.steps / 1'000'000);
    return model;
}

}  // namespace

std::string model_name(std::uint32_t index) { return fmt::format("model-{}", index); }

std::string provider_name(const Agent& agent) { return agent.name; }

std::uint32_t client_count(const Scenario& scenario) {
    std::uint32_t count = 0;
    for (const ActorGroup& group : groups_of(scenario))
        count += group.role == "validator" ? 0 : group.count;
    return count;
}

std::vector<ActorGroup> groups_of(const Scenario& scenario) {
    std::vector<ActorGroup> groups;
    std::uint32_t named_validators = 0;
    bool has_requesters = false;
    for (const ActorGroup& group : scenario.actors) {
        if (group.role == "validator") named_validators += group.count;
        has_requesters = has_requesters || group.role == "requester";
    }
    // Listed validators take the highest indexes: a fault that names validator 0 hits an honest
    // one.
    if (named_validators < scenario.chain.validators) {
        ActorGroup rest;
        rest.role = "validator";
        rest.name = "validators";
        rest.count = scenario.chain.validators - named_validators;
        rest.shared_principal = true;
        groups.push_back(rest);
    }
    for (const char* role : {"validator", "provider", "challenger", "requester"}) {
        for (const ActorGroup& group : scenario.actors) {
            if (group.role == role) groups.push_back(group);
        }
    }
    if (!has_requesters) {
        ActorGroup requesters;
        requesters.role = "requester";
        requesters.name = "requesters";
        requesters.count = scenario.workload.requesters;
        requesters.shared_principal = true;
        const std::uint64_t each = scenario.workload.tasks / requesters.count + 1;
        requesters.stake =
            scenario.workload.fee.checked_times(2 * each).value_or(scenario.workload.fee);
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

Cast make_cast(const Setting& setting, const StrategyTraits& strategies) {
    Cast cast;
    std::map<std::string, std::uint32_t> role_counts;
    std::uint32_t clients = 0;
    const std::vector<ActorGroup> groups = groups_of(setting.scenario);
    const std::vector<Ownership> owners = ownership_of(groups);
    std::uint32_t members = 0;
    for (const ActorGroup& group : groups) members += group.count;
    const std::vector<Address> addresses = identity_addresses(members);
    for (std::size_t g = 0; g < groups.size(); ++g) {
        for (std::uint32_t i = 0; i < groups[g].count; ++i) {
            const std::uint32_t index_in_role = role_counts[groups[g].role]++;
            const std::uint32_t region = groups[g].role == "validator"
                                             ? setting.validator_regions.at(index_in_role)
                                             : setting.client_regions.at(clients++);
            const std::uint32_t principal = owners[g].first + (owners[g].shared ? 0 : i);
            add_member(cast, setting, strategies, groups[g], i, index_in_role, region, principal,
                       addresses[cast.members.size()]);
        }
    }
    return cast;
}

Genesis make_genesis_of(const Setting& setting, const Cast& cast, std::uint64_t seed) {
    Genesis genesis;
    genesis.message = setting.scenario.name;
    genesis.timestamp_ns = kGenesisTimestampNs;
    std::vector<Hash32> secrets;
    for (const Agent& agent : cast.directory.agents) {
        if (agent.role == "validator") {
            genesis.validators.push_back({agent.address, agent.opening_stake, {}});
            secrets.push_back(beacon_secret(seed, agent.id, 0));
        } else {
            genesis.allocations.push_back({agent.address, agent.opening_balance});
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
