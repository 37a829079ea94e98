// A message between two engines of one kind: an immutable value of a type that only these engines
// know. It travels as canonical bytes.
//
//     message := kind:u8 fields
//
// Any described struct can be a message that has
//     static constexpr std::uint8_t kKind;  // no other message of its engine has it
//     static constexpr auto fields();
// and, if its sender attaches the body of an item,
//     std::optional<Hash32> attached_item() const;
//
// An engine decodes with decode_message_of<its types>(). Copies share the contents, so that a
// message to twenty nodes exists once. Their count is not atomic: a message stays in the thread of
// its run.
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
#include "core/base/encode.h"
#include "core/base/prefetch.h"

namespace aivm::sim {

// Unique over all polls and requests of one node, restarts included, and ascending.
using RequestId = std::uint64_t;

struct BlockRef {
    Hash32 id;
    Height height = 0;
    friend bool operator==(const BlockRef&, const BlockRef&) = default;

    static constexpr auto fields() {
        return std::tuple{field<&BlockRef::id>(), field<&BlockRef::height>()};
    }
};

// Combines digests, order-sensitive and cheap: the inputs are mostly parts of cryptographic digests
// already.
constexpr std::uint64_t mix_digest(std::uint64_t a, std::uint64_t b) {
    return (a ^ (b + 0x9E3779B97F4A7C15ULL + (a << 6) + (a >> 2))) * 0xBF58476D1CE4E5B9ULL;
}

// 64 bits that represent the bytes in the trace digest.
std::uint64_t digest_of_bytes(ByteView bytes);

// Memory of one size, kept for reuse by its thread: a run makes millions of messages, of which few
// exist at a time, and without this malloc takes 3 % of it (run_bench). Each piece begins a cache
// line: with a thousand validators a message has left the cache before it arrives.
template <std::size_t kSize>
class RecycledMemory {
public:
    static void* take() {
        Spare& spare = own_spare();
        if (spare.first == nullptr) return ::operator new(kSize, kAlignment);
        return std::exchange(spare.first, spare.first->next);
    }
    static void put_back(void* memory) {
        Spare& spare = own_spare();
        spare.first = ::new (memory) Node{spare.first};
    }

private:
    static constexpr std::align_val_t kAlignment{kCacheLineBytes};
    struct Node {
        Node* next;
    };
    struct Spare {
        ~Spare() {
            while (first != nullptr)
                ::operator delete(std::exchange(first, first->next), kAlignment);
        }
        Node* first = nullptr;
    };
    static Spare& own_spare() {
        static thread_local Spare spare;
        return spare;
    }
};

// The certificates in a message, or in a part of one: a type of certificate says so with
//     static constexpr bool kIsCertificate = true;
struct CertificateShare {
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;  // of their encodings
};
template <class T>
void add_certificates(const T& value, CertificateShare& out) {
    if constexpr (requires { T::kIsCertificate; }) {
        ++out.count;
        out.bytes += encoded_size(value);
    } else if constexpr (is_instance<T, std::optional>) {
        if (value) add_certificates(*value, out);
    } else if constexpr (ListOfValues<T>) {
        for (const auto& element : value) add_certificates(element, out);
    } else if constexpr (Described<T>) {
        for_each_field(value, [&](auto, const auto& member) { add_certificates(member, out); });
    }
}

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

    // The number of its bytes, and their digest.
    [[nodiscard]] std::uint64_t bytes() const { return contents_->size; }
    [[nodiscard]] std::uint64_t digest() const { return contents_->digest; }
    void encode(Writer& out) const { contents_->encode(out); }
    // Worked out at each call.
    [[nodiscard]] CertificateShare certificates() const { return contents_->certificates(); }
    // Asks for the memory of the contents.
    void prefetch() const {
        constexpr std::size_t kUsualBytes = 2 * kCacheLineBytes;
        prefetch_lines(contents_.get(), kUsualBytes);
    }
    // The block whose body the sender attaches, if any.
    [[nodiscard]] std::optional<Hash32> attached_item() const { return contents_->attached_item(); }

private:
    // The address of a type's own variable identifies it: cheaper than a dynamic_cast.
    template <class T>
    static inline const char kTypeOf = 0;

    struct Contents : boost::intrusive_ref_counter<Contents, boost::thread_unsafe_counter> {
        explicit Contents(const char* own_type) : type(own_type) {}
        virtual ~Contents() = default;
        virtual void encode(Writer& out) const = 0;
        [[nodiscard]] virtual CertificateShare certificates() const = 0;
        [[nodiscard]] virtual std::optional<Hash32> attached_item() const = 0;
        std::uint32_t size = 0;  // fills the word that the count begins
        const char* type;
        std::uint64_t digest = 0;
    };

    template <class T>
    struct Holder final : Contents {
        explicit Holder(T contents) : Contents(&kTypeOf<T>), value(std::move(contents)) {
            Writer& out = scratch();
            encode(out);
            size = static_cast<std::uint32_t>(out.size());
            digest = digest_of_bytes(out.view());
        }
        static void* operator new(std::size_t) { return RecycledMemory<sizeof(Holder)>::take(); }
        static void operator delete(void* memory) {
            RecycledMemory<sizeof(Holder)>::put_back(memory);
        }
        void encode(Writer& out) const override {
            out.u8(T::kKind);
            aivm::encode(out, value);
        }
        [[nodiscard]] CertificateShare certificates() const override {
            CertificateShare out;
            add_certificates(value, out);
            return out;
        }
        [[nodiscard]] std::optional<Hash32> attached_item() const override {
            if constexpr (requires { value.attached_item(); }) {
                return value.attached_item();
            } else {
                return std::nullopt;
            }
        }
        T value;
    };

    // An empty writer that keeps its memory.
    static Writer& scratch() {
        static thread_local Writer writer;
        writer.clear();
        return writer;
    }

    boost::intrusive_ptr<const Contents> contents_;
};

// The message of one of these types that the bytes encode; fails on all others.
template <class... Types>
Result<Message> decode_message_of(ByteView bytes) {
    Reader in(bytes);
    const std::uint8_t kind = in.u8();
    std::optional<Message> message;
    const auto read = [&]<class T>() {
        if (kind == T::kKind && in.ok()) message.emplace(aivm::decode<T>(in));
    };
    (read.template operator()<Types>(), ...);
    AIVM_TRY(in.finish());
    if (!message) return fail(ErrorCode::kMalformed, "a message of an unknown kind");
    return std::move(*message);
}

}  // namespace aivm::sim
