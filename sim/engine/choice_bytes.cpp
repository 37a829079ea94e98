#include "sim/engine/choice_bytes.h"

#include <algorithm>
#include <array>
#include <limits>

#include "sim/engine/random_stream.h"

namespace aivm::sim {
namespace {

using ChoiceAsBytes = std::array<std::uint8_t, kChoiceBytes>;

constexpr std::size_t kActorAt = 1;
constexpr std::size_t kOrdinalAt = 2;
constexpr std::size_t kAnswerAt = 4;
constexpr std::uint64_t kChangesMax = 4;  // per mutation
constexpr std::uint64_t kWidth = 16;      // bits of an ordinal and of an answer

std::uint16_t number_at(const std::uint8_t* at) {
    return static_cast<std::uint16_t>(at[0] | at[1] << 8U);
}
void put_number(std::uint8_t* at, std::uint64_t value) {
    at[0] = static_cast<std::uint8_t>(value);
    at[1] = static_cast<std::uint8_t>(value >> 8U);
}

// Small numbers are as likely as large ones: most questions have a small ordinal.
std::uint64_t spread(RandomStream& random) {
    return random.below(std::uint64_t{1} << random.below(kWidth + 1));
}

ChoiceAsBytes any_choice(RandomStream& random, std::uint32_t actors) {
    ChoiceAsBytes out{};
    out[0] = static_cast<std::uint8_t>(random.below(kChoiceKinds));
    out[kActorAt] = static_cast<std::uint8_t>(random.below(actors));
    put_number(out.data() + kOrdinalAt, spread(random));
    put_number(out.data() + kAnswerAt, 1 + spread(random) / 2);
    return out;
}

void change(std::uint8_t* choice, RandomStream& random, std::uint32_t actors) {
    switch (random.below(5)) {
        case 0:
            choice[kActorAt] = static_cast<std::uint8_t>(random.below(actors));
            return;
        case 1:
            return put_number(choice + kOrdinalAt, spread(random));
        case 2:
            return put_number(choice + kOrdinalAt, number_at(choice + kOrdinalAt) + 1U);
        case 3:
            return put_number(choice + kAnswerAt, 1 + spread(random) / 2);
        default: {
            const ChoiceAsBytes other = any_choice(random, actors);
            std::ranges::copy(other, choice);
        }
    }
}

}  // namespace

ChoiceList choices_from_bytes(ByteView bytes, std::uint32_t actors) {
    ChoiceList out;
    for (; bytes.size() >= kChoiceBytes; bytes = bytes.subspan(kChoiceBytes)) {
        const std::uint16_t answer = number_at(bytes.data() + kAnswerAt);
        if (answer == 0) continue;
        out.push_back({{static_cast<ChoiceKind>(bytes[0] % kChoiceKinds), bytes[kActorAt] % actors,
                        number_at(bytes.data() + kOrdinalAt)},
                       answer});
    }
    return out;
}

Bytes bytes_from_choices(const ChoiceList& choices) {
    constexpr std::uint64_t kNumberMax = std::numeric_limits<std::uint16_t>::max();
    Bytes out;
    for (const ChoiceAnswer& choice : choices) {
        if (choice.id.ordinal > kNumberMax || choice.answer > kNumberMax ||
            choice.id.actor > std::numeric_limits<std::uint8_t>::max())
            continue;
        ChoiceAsBytes one{};
        one[0] = static_cast<std::uint8_t>(choice.id.kind);
        one[kActorAt] = static_cast<std::uint8_t>(choice.id.actor);
        put_number(one.data() + kOrdinalAt, choice.id.ordinal);
        put_number(one.data() + kAnswerAt, choice.answer);
        out.insert(out.end(), one.begin(), one.end());
    }
    return out;
}

Bytes mutate_choice_bytes(ByteView bytes, std::uint32_t actors, std::size_t size_max,
                          std::uint64_t seed) {
    RandomStream random{{seed, 0, 0}};
    const std::size_t whole = std::min(bytes.size(), size_max) / kChoiceBytes * kChoiceBytes;
    Bytes out(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(whole));
    const auto one_of = [&] {
        return static_cast<std::ptrdiff_t>(random.below(out.size() / kChoiceBytes) * kChoiceBytes);
    };
    for (std::uint64_t left = 1 + random.below(kChangesMax); left > 0; --left) {
        const std::uint64_t what = random.below(4);
        const bool has_room = out.size() + kChoiceBytes <= size_max;
        if (has_room && (what < 2 || out.empty())) {
            const ChoiceAsBytes added = any_choice(random, actors);
            out.insert(out.end(), added.begin(), added.end());
        } else if (!out.empty() && what == 2) {
            const auto gone = out.begin() + one_of();
            out.erase(gone, gone + static_cast<std::ptrdiff_t>(kChoiceBytes));
        } else if (!out.empty()) {
            change(out.data() + one_of(), random, actors);
        }
    }
    return out;
}

Bytes cross_choice_bytes(ByteView first, ByteView second, std::size_t size_max,
                         std::uint64_t seed) {
    RandomStream random{{seed, 0, 1}};
    Bytes out;
    for (ByteView parent : {first, second}) {
        for (; parent.size() >= kChoiceBytes; parent = parent.subspan(kChoiceBytes)) {
            if (random.below(2) == 0 || out.size() + kChoiceBytes > size_max) continue;
            out.insert(out.end(), parent.begin(), parent.begin() + kChoiceBytes);
        }
    }
    return out;
}

}  // namespace aivm::sim
