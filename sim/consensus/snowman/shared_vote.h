// A vote as a message carries it: immutable, and mostly one object for all messages that say the
// same (hash consing). At any time most validators of a chain give one of a few answers, and a
// message with a vote of its own would be three times as large.
#pragma once

#include <array>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cstddef>
#include <utility>

#include "core/base/encode.h"
#include "sim/consensus/consensus.h"

namespace aivm::sim {

// The count of copies is not atomic: as a message, it stays in the thread of its run.
class SharedVote {
public:
    SharedVote() : SharedVote(Vote{}) {}
    SharedVote(const Vote& vote) : held_(find(vote)) {}  // NOLINT(google-explicit-constructor)
    SharedVote(const BlockRef& preferred, const Hash32& at_height, const BlockRef& last_accepted)
        : SharedVote(Vote{preferred, at_height, last_accepted}) {}

    const Vote& operator*() const { return held_->vote; }
    const Vote* operator->() const { return &held_->vote; }

    void encode(Writer& out) const { out.raw(held_->bytes); }
    static SharedVote decode(Reader& in) { return aivm::decode<Vote>(in); }

private:
    struct Held : boost::intrusive_ref_counter<Held, boost::thread_unsafe_counter> {
        explicit Held(const Vote& own) : vote(own) {
            Writer out;
            aivm::encode(out, vote);
            bytes = out.take();
        }
        Vote vote;
        Bytes bytes;  // its encoding
    };
    using Pointer = boost::intrusive_ptr<const Held>;

    // The object of an equal vote that was made lately, or a new one.
    static Pointer find(const Vote& vote) {
        static thread_local std::array<Pointer, kRecent> recent;
        const std::uint64_t mixed =
            mix_digest(mix_digest(vote.preferred.id.prefix64(), vote.at_height.prefix64()),
                       vote.last_accepted.id.prefix64());
        Pointer& place = recent[mixed >> 32 & (kRecent - 1)];
        if (place == nullptr || place->vote != vote) place = new Held(vote);
        return place;
    }
    static constexpr std::size_t kRecent = 64;  // a power of two

    Pointer held_;
};

}  // namespace aivm::sim
