// Everything about a block that the reference model does not predict, by name. What is on no line
// of this list and is part of an executed block is compared.
#pragma once

#include <array>
#include <string_view>

namespace aivm::reference {

struct NotModelled {
    std::string_view name;
    std::string_view why;
};

inline constexpr std::array kNotModelled{
    NotModelled{"which vertices a slice has",
                "a cut is executed as one block over the slice that it comes with; ancestors, "
                "conflicts, schedules and signatures of vertices are not looked at"},
    NotModelled{"which operations a block holds",
                "lanes, shares of space, queues and prices of a node are not rules of a block"},
    NotModelled{"genesis",
                "the model starts from a state that exists; what a genesis may say, and its id, "
                "are not checked"},
    NotModelled{"validity of parameters", "the rules are applied to whatever parameters there are"},
    NotModelled{"limits of encoded sizes",
                "ids, lists and proofs that are too long are refused by the codec; the model "
                "repeats only the limits that rules name"},
    NotModelled{"authorisations",
                "whether a signature is good is asked of the same authorizer as the VM asks"},
    NotModelled{"the wording of refusals", "only the class of the reason is compared"},
    NotModelled{"the one reason of several",
                "where several rules refuse an operation, any of their reasons is right"},
    NotModelled{"the order of events", "events of one block are compared without their order"},
    NotModelled{"entries that a block writes without changing them",
                "the batch must hold every record that changed; it may hold others as they are"},
    NotModelled{"accounts with nothing in them",
                "one that exists is the same as one that does not"},
    NotModelled{"timers and indexes of the VM",
                "they are not looked at, only what follows when one is wrong"},
    NotModelled{"archived anchors", "only their number and their root; not the bytes in the store"},
    NotModelled{"the kernels' transition result and apply counts", "no rule reads them"},
    NotModelled{"the beacon of an unsealed block",
                "a virtual chain has no secrets: the model takes the beacon from the block"},
    NotModelled{"receipt and state roots of an unsealed block", "it has none"},
};

}  // namespace aivm::reference
