// A message between two engines of one kind: an immutable value of a type that only these engines
// know. The carrier needs its size, its digest and the block that goes with it.
//
// Any struct can be a message that has
//     std::uint64_t bytes() const;   // its size on the wire, without the frame and the body
//     std::uint64_t digest() const;  // stands for its contents in the trace digest; equal contents
//                                    // of two types of one engine must differ
// and, if its sender attaches the body of a block,
//     std::optional<Hash32> attached_block() const;
//
// Copies share the contents, so that a message to twenty nodes exists once. Their count is not
// atomic: a message stays in the thread of its run.
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <utility>

#include "core/base/amount.h"
#include "core/base/bytes.h"
#include "core/base/describe.h"

namespace aivm::sim {

struct BlockRef {
    Hash32 id;
    Height height = 0;
    friend bool operator==(const BlockRef&, const BlockRef&) = default;

    static constexpr auto fields() {
        return std::tuple{field<&BlockRef::id>(), field<&BlockRef::height>()};
    }
};

constexpr std::uint64_t kBlockRefBytes = 40;  // on the wire

// Combines digests, order-sensitive and cheap: the inputs are mostly parts of cryptographic digests
// already.
constexpr std::uint64_t mix_digest(std::uint64_t a, std::uint64_t b) {
    return (a ^ (b + 0x9E3779B97F4A7C15ULL + (a << 6) + (a >> 2))) * 0xBF58476D1CE4E5B9ULL;
}
inline std::uint64_t digest_of(const BlockRef& ref) {
    return mix_digest(ref.id.prefix64(), ref.height);
}

// Memory of one size, kept for reuse by its thread: a run makes millions of messages, of which few
// exist at a time, and without this malloc takes 3 % of it (run_bench).
template <std::size_t kSize>
class RecycledMemory {
public:
    static void* take() {
        Spare& spare = own_spare();
        if (spare.first == nullptr) return ::operator new(kSize);
        return std::exchange(spare.first, spare.first->next);
    }
    static void put_back(void* memory) {
        Spare& spare = own_spare();
        spare.first = ::new (memory) Node{spare.first};
    }

private:
    struct Node {
        Node* next;
    };
    struct Spare {
        ~Spare() {
            while (first != nullptr) ::operator delete(std::exchange(first, first->next));
        }
        Node* first = nullptr;
    };
    static Spare& own_spare() {
        static thread_local Spare spare;
        return spare;
    }
};

class Message {
public:
    template <class T>
        requires(!std::same_as<T, Message>)
    Message(T contents) : contents_(new Holder<T>(std::move(contents))) {}

    // Null if the message is of another type.
    template <class T>
    [[nodiscard]] const T* get_if() const {
        if (contents_->type != &kTypeOf<T>) return nullptr;
        return &static_cast<const Holder<T>&>(*contents_).value;
    }

    [[nodiscard]] std::uint64_t bytes() const { return contents_->bytes(); }
    [[nodiscard]] std::uint64_t digest() const { return contents_->digest(); }
    // The block whose body the sender attaches, if any.
    [[nodiscard]] std::optional<Hash32> attached_block() const {
        return contents_->attached_block();
    }

private:
    // The address of a type's own variable identifies it: cheaper than a dynamic_cast.
    template <class T>
    static inline const char kTypeOf = 0;

    struct Contents : boost::intrusive_ref_counter<Contents, boost::thread_unsafe_counter> {
        explicit Contents(const char* own_type) : type(own_type) {}
        virtual ~Contents() = default;
        [[nodiscard]] virtual std::uint64_t bytes() const = 0;
        [[nodiscard]] virtual std::uint64_t digest() const = 0;
        [[nodiscard]] virtual std::optional<Hash32> attached_block() const = 0;
        const char* type;
    };

    template <class T>
    struct Holder final : Contents {
        explicit Holder(T contents) : Contents(&kTypeOf<T>), value(std::move(contents)) {}
        static void* operator new(std::size_t) { return RecycledMemory<sizeof(Holder)>::take(); }
        static void operator delete(void* memory) {
            RecycledMemory<sizeof(Holder)>::put_back(memory);
        }
        [[nodiscard]] std::uint64_t bytes() const override { return value.bytes(); }
        [[nodiscard]] std::uint64_t digest() const override { return value.digest(); }
        [[nodiscard]] std::optional<Hash32> attached_block() const override {
            if constexpr (requires { value.attached_block(); }) {
                return value.attached_block();
            } else {
                return std::nullopt;
            }
        }
        T value;
    };

    boost::intrusive_ptr<const Contents> contents_;
};

}  // namespace aivm::sim
