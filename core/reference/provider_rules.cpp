// Providers: registration, bonds, departure, rewards; and what evidence of their devices is worth.
#include <algorithm>
#include <cstring>

#include "core/base/codec.h"
#include "core/base/digest.h"
#include "core/config/limits.h"
#include "core/reference/reference_chain.h"

namespace aivm::reference {
namespace {

const Address kEscrowOfAll{{'e', 's', 'c', 'r', 'o', 'w'}};
constexpr std::uint64_t kHourNs = 3'600'000'000'000;
constexpr std::size_t kShortTextMax = 128;
constexpr std::size_t kOwnKeyMax = 1024;

struct PointsOfModel {
    std::string_view name;
    unsigned points;
};
constexpr PointsOfModel kConfidential[] = {{"GB200", 10}, {"B200", 10}, {"B100", 10},
                                           {"H200", 8},   {"H100", 8},  {"RTX PRO 6000", 5}};
constexpr PointsOfModel kOther[] = {{"RTX 5090", 15}, {"RTX 5080", 15}, {"GB10", 12},
                                    {"RTX 4090", 10}, {"RTX 4080", 10}, {"RTX 3090", 8},
                                    {"RTX 3080", 8}};

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The best points among the names that the text has as whole words; nothing if it has none.
template <std::size_t N>
std::optional<unsigned> points_of(const PointsOfModel (&table)[N], const std::string& text) {
    std::optional<unsigned> best;
    for (const PointsOfModel& row : table) {
        for (std::size_t at = 0; at + row.name.size() <= text.size(); ++at) {
            const std::size_t end = at + row.name.size();
            if (text.compare(at, row.name.size(), row.name) != 0) continue;
            if (at > 0 && is_alphanumeric(text[at - 1])) continue;
            if (end < text.size() && is_alphanumeric(text[end])) continue;
            best = std::max(best.value_or(0), row.points);
        }
    }
    return best;
}

// What evidence says, as far as its points depend on it.
struct ReadEvidence {
    bool quote = false;
    bool hardware = false;
    std::uint8_t quote_type = 0;
    Hash32 measurement;
    std::string model;
    TimestampNs made_at_ns = 0;
    std::size_t report_bytes = 0;
    bool cc = false, tee_io = false, rim = false;
    bool benchmarked = false, has_driver = false, has_signature = false;
    std::size_t body_bytes = 0;  // all but the vendor's signature
    Bytes vendor_signature;
};

void read_quote(Reader& in, ReadEvidence& e) {
    e.quote = e.hardware = true;
    e.quote_type = in.u8();
    if (e.quote_type > 5) in.set_fault("type");
    in.u32();
    in.bytes(kEvidenceBytesMax);
    e.measurement = in.hash();
    in.bytes(kShortTextMax);
    e.made_at_ns = in.u64();
    in.hash();
}

void read_gpu(Reader& in, ReadEvidence& e) {
    const std::uint8_t mode = in.u8();
    if (mode > 1) in.set_fault("mode");
    e.hardware = mode == 0;
    in.string(kShortTextMax);
    e.model = in.string(kShortTextMax);
    e.made_at_ns = in.u64();
    in.hash();
    if (e.hardware) {
        e.report_bytes = in.bytes(kEvidenceBytesMax).size();
        e.cc = in.boolean();
        e.tee_io = in.boolean();
        e.rim = in.boolean();
        return;
    }
    const bool hashed = !in.hash().is_zero();
    e.benchmarked = in.u64() != 0 && hashed;
    e.has_driver = !in.string(kShortTextMax).empty();
    const std::size_t key = in.bytes(kOwnKeyMax).size();
    const std::size_t signature = in.bytes(kOwnKeyMax).size();
    e.has_signature = signature >= 64 && key >= 32;
}

std::optional<ReadEvidence> read_evidence(const Bytes& bytes) {
    Reader in(bytes);
    ReadEvidence e;
    const std::uint8_t kind = in.u8();
    if (kind == 2) {
        read_quote(in, e);
    } else {
        if (kind != 1) in.set_fault("kind");
        read_gpu(in, e);
    }
    if (!in.ok()) return std::nullopt;
    e.body_bytes = bytes.size() - in.remaining();
    e.vendor_signature = in.bytes(kAuthorizationBytesMax);
    if (!in.finish()) return std::nullopt;
    return e;
}

// The two tables of the protocol's section on TEE. Nothing: the evidence lacks the base.
std::optional<unsigned> score(const ReadEvidence& e) {
    if (e.quote) return 70;
    if (e.hardware) {
        const auto model = points_of(kConfidential, e.model);
        if (!model || e.report_bytes < 256) return std::nullopt;
        const unsigned sum = 70 + *model + (e.cc ? 15 : 0) + (e.tee_io ? 5 : 0) + (e.rim ? 5 : 0);
        return std::min(sum, 100U);
    }
    const unsigned sum = 20 + points_of(kOther, e.model).value_or(5) + (e.benchmarked ? 10 : 0) +
                         (e.has_signature ? 10 : 0) + (e.has_driver ? 5 : 0);
    return std::min(sum, 60U);
}

}  // namespace

std::optional<Row> ReferenceChain::find_provider(std::string_view id) const {
    for (Row i = 0; i < world.providers.size(); ++i) {
        if (world.providers[i].id == id) return i;
    }
    return std::nullopt;
}

std::optional<Row> ReferenceChain::find_own_provider(const std::string& id) {
    const auto row = find_provider(id);
    if (!require(row.has_value(), ErrorCode::kProviderNotFound)) return std::nullopt;
    require(world.providers[*row].owner == sender_, ErrorCode::kNotAuthorized);
    return row;
}

// Open seats back the bond; those without any answer count against the task limit.
Duties ReferenceChain::duties_of(Row provider) const {
    Duties duties;
    for (const Task& task : world.tasks) {
        for (const Seat& seat : task.seats) {
            const bool open =
                seat.status != SeatStatus::kReleased && seat.status != SeatStatus::kSlashed;
            if (seat.provider != provider || !open) continue;
            duties.obligations += 1;
            duties.locked += seat.locked;
            if (seat.status == SeatStatus::kSelected) duties.open_tasks += 1;
        }
    }
    return duties;
}

// Evidence counts when it is at most attestationTimeout old and no answer was proven wrong since.
bool ReferenceChain::evidence_is_fresh(const Provider& provider) const {
    return !provider.trust_lost && provider.attested_at_ns <= now() &&
           now() - provider.attested_at_ns <= config().attestation_timeout_ns;
}

// The points of evidence that is fresh and, under trust_from_history, those that true answers
// earned; 100 at most.
std::uint32_t ReferenceChain::trust_of(const Provider& provider) const {
    const Money evidence = evidence_is_fresh(provider) ? Money{provider.trust_score} : 0;
    return static_cast<std::uint32_t>(std::min<Money>(100, evidence + earned_points(provider)));
}

// Every trust_decay_blocks one point is lost, up to earned_until, when the last one is.
Money ReferenceChain::earned_points(const Provider& provider) const {
    if (policy().trust_from_history == 0 || provider.earned_until <= height()) return 0;
    const Money left = Money{provider.earned_until} - height();
    const Money decay = policy().trust_decay_blocks;
    return std::min<Money>(100, (left + decay - 1) / decay);
}

// By an answer that has become final. Nobody has more than 100 points to lose.
void ReferenceChain::earn_trust(Provider& provider) const {
    if (policy().trust_from_history == 0) return;
    const Money decay = policy().trust_decay_blocks;
    const Money from = std::max(Money{provider.earned_until}, Money{height()});
    const Money until =
        std::min(from + policy().trust_from_history * decay, Money{height()} + 100 * decay);
    provider.earned_until = static_cast<Height>(until);
}

// Points count only for evidence that the vendor's root has signed for this provider, of the last
// hour.
std::optional<Trust> ReferenceChain::judge_evidence(const Bytes& evidence,
                                                    const std::string& provider) {
    const auto read = read_evidence(evidence);
    if (!require(read.has_value(), ErrorCode::kMalformed)) return std::nullopt;
    bool good = require(!law_.vendor_root.is_zero(), ErrorCode::kTrustTooLow);
    good = require(read->made_at_ns <= now() && now() - read->made_at_ns <= kHourNs,
                   ErrorCode::kInvalidArgument) &&
           good;
    Writer message;
    message.raw(as_bytes("aivm-attestation")).string(provider);
    message.raw(ByteView(evidence).first(read->body_bytes));
    good = require(law_.authorizer->verify(law_.vendor_root, keccak256(message.view()),
                                           read->vendor_signature),
                   ErrorCode::kNotAuthorized) &&
           good;
    const auto points = score(*read);
    good = require(points.has_value(), ErrorCode::kTrustTooLow) && good;
    if (read->quote) {
        const bool counts = read->quote_type >= 1 && read->quote_type <= 3;
        const auto& listed = law_.parameters.quote_measurements;
        const bool measured =
            std::find(listed.begin(), listed.end(), read->measurement) != listed.end();
        good = require(counts && measured, ErrorCode::kTrustTooLow) && good;
    }
    if (!good) return std::nullopt;
    return Trust{static_cast<std::uint8_t>(*points), read->hardware, read->made_at_ns};
}

void ReferenceChain::set_trust(Row row, const Trust& trust) {
    Provider& provider = world.providers[row];
    provider.trust_score = trust.score;
    provider.hardware_attested = trust.hardware;
    provider.attested_at_ns = trust.made_at_ns;
    provider.trust_lost = false;
    events.emplace_back(event::ProviderAttested{{row}, trust.score, trust.hardware});
}

void ReferenceChain::operation(const op::RegisterProvider& r) {
    require(!r.provider_id.empty() && r.provider_id.size() <= kProviderIdBytesMax &&
                r.endpoint.size() <= kEndpointBytesMax &&
                r.models.size() <= kModelsPerProviderMax && r.evidence.size() <= kEvidenceBytesMax,
            ErrorCode::kInvalidArgument);
    const auto known = find_provider(r.provider_id);
    if (known) {
        const Provider& before = world.providers[*known];
        require(before.status == ProviderStatus::kLeft && before.owner == sender_ &&
                    duties_of(*known).obligations == 0 && !before.penalty_due,
                ErrorCode::kDuplicate);
    }
    require(!r.wallet.is_zero() && r.wallet != kEscrowOfAll, ErrorCode::kInvalidArgument);
    require(r.bond >= config().min_provider_bond, ErrorCode::kInsufficientFunds);
    const auto is_mine = [&](const Provider& p) {
        return p.owner == sender_ && p.status != ProviderStatus::kLeft;
    };
    require(std::count_if(world.providers.begin(), world.providers.end(), is_mine) <
                static_cast<std::ptrdiff_t>(config().max_providers_per_node),
            ErrorCode::kLimitReached);
    require(balance(sender_) >= to_money(r.bond), ErrorCode::kInsufficientFunds);
    std::set<Row> models;
    for (const std::string& name : r.models) {
        const auto model = find_model(name);
        require(model && models.insert(*model).second, ErrorCode::kInvalidArgument);
    }
    std::optional<Trust> trust;
    if (!r.evidence.empty()) trust = judge_evidence(r.evidence, r.provider_id);
    if (config().require_tee_attestation)
        require(trust && trust->hardware && trust->score >= config().min_trust_score,
                ErrorCode::kTrustTooLow);
    if (!reasons_.none()) return;

    if (!known) {
        world.providers.emplace_back();
        world.providers.back().id = r.provider_id;
    }
    const Row row = known ? *known : static_cast<Row>(world.providers.size() - 1);
    Provider& provider = world.providers[row];
    add(sender_, -to_money(r.bond));
    provider.status = ProviderStatus::kActive;
    provider.owner = sender_;
    provider.wallet = r.wallet;
    provider.endpoint = r.endpoint;
    provider.models = models;
    provider.bond += to_money(r.bond);
    provider.registered_at = provider.bonded_since = height();
    events.emplace_back(event::ProviderRegistered{{row}});
    if (trust) set_trust(row, *trust);
}

// A bond that this lifts to the minimum has to wait activation_delay_blocks again.
void ReferenceChain::operation(const op::AddBond& a) {
    const auto row = find_own_provider(a.provider_id);
    if (!row) return;
    Provider& provider = world.providers[*row];
    require(provider.status == ProviderStatus::kActive, ErrorCode::kWrongState);
    require(!a.amount.is_zero(), ErrorCode::kInvalidArgument);
    require(balance(sender_) >= to_money(a.amount), ErrorCode::kInsufficientFunds);
    if (!reasons_.none()) return;
    const Money least = to_money(config().min_provider_bond);
    add(sender_, -to_money(a.amount));
    if (provider.bond < least && provider.bond + to_money(a.amount) >= least)
        provider.bonded_since = height();
    provider.bond += to_money(a.amount);
    events.emplace_back(event::BondAdded{{*row}, a.amount});
}

void ReferenceChain::operation(const op::DeregisterProvider& d) {
    const auto row = find_own_provider(d.provider_id);
    if (!row) return;
    Provider& provider = world.providers[*row];
    require(provider.status == ProviderStatus::kActive, ErrorCode::kWrongState);
    if (!reasons_.none()) return;
    provider.status = ProviderStatus::kUnbonding;
    provider.unbonding_since = height();
    events.emplace_back(event::ProviderUnbonding{{*row}});
}

// Both the cooldown has passed and nothing is left that could be slashed.
void ReferenceChain::operation(const op::WithdrawBond& w) {
    const auto row = find_own_provider(w.provider_id);
    if (!row) return;
    Provider& provider = world.providers[*row];
    if (require(provider.status == ProviderStatus::kUnbonding, ErrorCode::kWrongState)) {
        require(height() >= provider.unbonding_since + policy().unbond_cooldown_blocks,
                ErrorCode::kBondLocked);
        require(!policy().obligation_rule ||
                    (duties_of(*row).obligations == 0 && !provider.penalty_due),
                ErrorCode::kBondLocked);
    }
    if (!reasons_.none()) return;
    events.emplace_back(event::BondWithdrawn{{*row}, to_amount(provider.bond)});
    add(sender_, provider.bond);
    provider.bond = 0;
    provider.status = ProviderStatus::kLeft;
}

void ReferenceChain::operation(const op::ClaimRewards& c) {
    const auto row = find_own_provider(c.provider_id);
    if (!row) return;
    Provider& provider = world.providers[*row];
    require(provider.credit > 0, ErrorCode::kInsufficientFunds);
    if (!reasons_.none()) return;
    events.emplace_back(event::RewardsClaimed{{*row}, to_amount(provider.credit)});
    add(provider.wallet, provider.credit);
    provider.credit = 0;
}

}  // namespace aivm::reference
