// Faults of single messages.
//
// By chance: a struct with the kind of choice, the setting of a link that holds its probability,
// and apply(); a row in MessageFaultsByChance. Each asks the choice source one question per
// message, in the order of the rows, whether or not the message is delivered. While a scheduled
// fault is in force: see MessageFault. Either may set the message's fate, or replace the packet.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include "sim/actors/packet.h"
#include "sim/engine/choice_source.h"
#include "sim/network/network.h"

namespace aivm::sim {

// A message on its way from one node to another.
struct MessageInFlight {
    Transmission transmission;
    const Packet* packet;                // what is delivered
    std::optional<Packet>& replacement;  // room for another packet; must outlive this
    SimTime now = 0;
    Fate fate = {};
    ChoiceSource* choices = nullptr;  // for scheduled faults that depend on chance

    void replace_packet(Packet other) { packet = &replacement.emplace(std::move(other)); }
};

struct MessageLoss {
    static constexpr ChoiceKind kChoice = ChoiceKind::kMessageLoss;
    static constexpr auto kProbability = &LinkSettings::loss_ppm;
    static constexpr std::string_view kSentence = "is lost";
    static void apply(MessageInFlight& message) { message.fate.lost = true; }
};

struct MessageDuplicate {
    static constexpr ChoiceKind kChoice = ChoiceKind::kMessageDuplicate;
    static constexpr auto kProbability = &LinkSettings::duplicate_ppm;
    static constexpr std::string_view kSentence = "arrives twice";
    static void apply(MessageInFlight& message) { message.fate.duplicated = true; }
};

struct MessageReorder {
    static constexpr ChoiceKind kChoice = ChoiceKind::kMessageReorder;
    static constexpr auto kProbability = &LinkSettings::reorder_ppm;
    static constexpr std::string_view kSentence = "is overtaken";
    static void apply(MessageInFlight& message) { message.fate.reordered = true; }
};

struct MessageCorrupt {
    static constexpr ChoiceKind kChoice = ChoiceKind::kMessageCorrupt;
    static constexpr auto kProbability = &LinkSettings::corrupt_ppm;
    static constexpr std::string_view kSentence = "is corrupted";
    static void apply(MessageInFlight& message) { message.fate.corrupted = true; }
};

// One row per fault. The order is the order of the questions.
using MessageFaultsByChance =
    std::tuple<MessageLoss, MessageDuplicate, MessageReorder, MessageCorrupt>;

// Asks the choice source which of the faults hit the message, and applies them.
template <class Faults = MessageFaultsByChance>
void apply_by_chance(MessageInFlight& message, const LinkSettings& settings,
                     ChoiceSource& choices) {
    const auto ask = [&]<class Fault>(Fault) {
        const std::uint32_t ppm = settings.*Fault::kProbability;
        if (choices.chance(Fault::kChoice, message.transmission.from, ppm)) Fault::apply(message);
    };
    std::apply([&](auto... faults) { (ask(faults), ...); }, Faults{});
}

// What is asked when a message is sent again: only whether it is lost once more. The rest of its
// fate was decided the first time.
inline void apply_to_resent(MessageInFlight& message, const LinkSettings& settings,
                            ChoiceSource& choices) {
    message.fate.lost =
        choices.chance(ChoiceKind::kResendLoss, message.transmission.from, settings.loss_ppm);
}

// What an answer of the choice source did to a message, such as "is lost"; empty for choices about
// anything else.
constexpr std::string_view sentence_of(ChoiceKind kind) {
    std::string_view sentence;
    const auto match = [&]<class Fault>(Fault) {
        if (Fault::kChoice == kind) sentence = Fault::kSentence;
    };
    std::apply([&](auto... faults) { (match(faults), ...); }, MessageFaultsByChance{});
    switch (kind) {
        case ChoiceKind::kResendLoss:
            return "is lost when it is sent again";
        case ChoiceKind::kFaultLoss:
            return "is lost by a fault";
        case ChoiceKind::kFaultDuplicate:
            return "arrives twice by a fault";
        case ChoiceKind::kFaultReorder:
            return "is overtaken by a fault";
        case ChoiceKind::kFaultCorrupt:
            return "is corrupted by a fault";
        default:
            return sentence;
    }
}

// A scheduled fault that changes messages while it is in force.
class MessageFault {
public:
    virtual ~MessageFault() = default;
    virtual void apply(MessageInFlight& message) const = 0;
};

// Those in force, in the order in which they began.
using MessageFaults = std::vector<const MessageFault*>;

}  // namespace aivm::sim
