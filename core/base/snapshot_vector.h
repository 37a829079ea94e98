// A vector that is a value: copying it takes one reference count, and changing a copy costs as much
// as the change, not as much as the vector.
//
// A rerooting persistent array: H. Baker, "Shallow binding makes functional arrays fast", SIGPLAN
// Notices 26(8), 1991; S. Conchon and J.-C. Filliatre, "A persistent union-find data structure", ML
// Workshop 2007. All copies of a vector that still have something in common share one body: the
// items, flat, as the newest of them sees them. An older version stores, item by item, the old
// values of the items that a newer one has changed:
//
//   oldest -> older -> newest    `newer` links; each version counts its holders and its links
//    {7: x}   {7: y}   items
//
//   1. Version v sees item i as the first of v, v.newer, v.newer.newer ... has it saved, and else
//      as the body has it.
//   2. Only the newest version is changed. Before its item i changes, the one version that links to
//      it saves the old value.
//   3. To change an older version, the body is first rerooted at it (make_newest): its saved values
//      and those of the body change places, version by version. So any branch of a history may be
//      continued; going back and forth between two costs their difference each time.
//   4. A version without holders and links is freed, with its saved values.
// Counts are not atomic: a vector and all its copies belong to one thread (hand one to another
// thread only together with everything it shares a body with). If copying an element throws, every
// version holds what it held.
//
// A reference into a vector dangles once another version changes (see operator[] and edit). Debug
// builds make such a read fail: the place that the reference points to is filled with 0xdd, and
// under AddressSanitizer is reported.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/base/retired_places.h"

namespace aivm {

// T is copyable and moves without throwing.
template <class T, bool CheckReferences = kCheckReferences>
class SnapshotVector {
    static_assert(std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T>);

public:
    SnapshotVector() = default;
    SnapshotVector(const SnapshotVector& other) : version_(other.version_) {
        if (version_ != nullptr) ++version_->holders;
    }
    SnapshotVector(SnapshotVector&& other) noexcept
        : version_(std::exchange(other.version_, nullptr)) {}
    SnapshotVector& operator=(SnapshotVector other) noexcept {
        std::swap(version_, other.version_);
        return *this;
    }
    ~SnapshotVector() {
        if (version_ == nullptr) return;
        --version_->holders;
        free_unused(version_);
    }

    [[nodiscard]] std::size_t size() const { return version_ == nullptr ? 0 : version_->size; }
    [[nodiscard]] bool empty() const { return size() == 0; }

    // Element i < size(). Valid until this vector or a copy of it changes: the values of a snapshot
    // stay, their places do not.
    const T& operator[](std::size_t i) const {
        AIVM_CHECK(i < size());
        if (version_->newer == nullptr) return version_->body->items[i];
        if constexpr (CheckReferences) {
            return version_->body->views.add(find_in_history(*version_, i));
        } else {
            return find_in_history(*version_, i);
        }
    }

    // Element i < size(), to be changed. Valid until the next non-const call on this vector, or
    // until it is copied (a later write through it would show in the copy).
    T& edit(std::size_t i) {
        AIVM_CHECK(i < size());
        Version& own = owned();
        retire_views(own);
        if (own.older != nullptr && !own.older->has_saved(i)) save(*own.older, i);
        return own.body->items[i];
    }

    void push_back(T value) {
        Version& own = owned();
        retire_views(own);
        own.body->items.add(std::move(value));
        // The place at which the older version has saved an item of this number.
        const bool rewrites = own.older != nullptr && own.size < own.older->size;
        own.body->saved_at.push_back(rewrites ? own.older->place_of(own.size) : 0);
        ++own.size;
    }

    // Calls fn(index, const T&) for every element in order. fn must change neither this vector nor
    // a copy of it.
    template <class Fn>
    void for_each(Fn&& fn) const {
        if (version_ == nullptr) return;
        std::vector<const T*> seen(
            version_->newer == nullptr ? 0 : size());  // items that history has and the body lacks
        for (const Version* v = version_; v->newer != nullptr; v = v->newer) {
            for (std::size_t k = 0; k < v->saved.size(); ++k) {
                const std::uint32_t i = v->saved_index[k];
                if (i < size() && seen[i] == nullptr) seen[i] = &v->saved[k];
            }
        }
        for (std::size_t i = 0; i < size(); ++i) {
            const bool in_history = !seen.empty() && seen[i] != nullptr;
            fn(i, in_history ? *seen[i] : std::as_const(version_->body->items[i]));
        }
    }

private:
    // Items in pieces, so that they do not move when more are added.
    class Items {
    public:
        Items() = default;
        Items(const Items&) = delete;
        Items& operator=(const Items&) = delete;
        ~Items() {
            shrink(0);
            for (T* piece : pieces_) std::allocator<T>().deallocate(piece, kPiece);
        }
        T& operator[](std::size_t i) { return pieces_[i / kPiece][i % kPiece]; }
        [[nodiscard]] std::size_t size() const { return size_; }
        void add(T&& value) {
            if (size_ == pieces_.size() * kPiece) add_piece();
            std::construct_at(&(*this)[size_], std::move(value));
            ++size_;
        }
        void shrink(std::size_t size) {
            while (size_ > size) std::destroy_at(&(*this)[--size_]);
        }
        // Moves all items to new places, so that no reference to an old one is valid.
        void relocate(RetiredPlaces<T>& retired) {
            for (T*& piece : pieces_) {
                T* place = std::allocator<T>().allocate(kPiece);
                const std::size_t first =
                    static_cast<std::size_t>(&piece - pieces_.data()) * kPiece;
                const std::size_t count = std::min(kPiece, size_ - std::min(size_, first));
                std::uninitialized_move_n(piece, count, place);
                std::destroy_n(piece, count);
                retired.keep(std::exchange(piece, place), kPiece);
            }
        }

    private:
        static constexpr std::size_t kPiece = 16;
        void add_piece() {
            pieces_.reserve(pieces_.size() + 1 + pieces_.size() / 2);
            pieces_.push_back(std::allocator<T>().allocate(kPiece));
        }
        std::vector<T*> pieces_;
        std::size_t size_ = 0;
    };
    struct Body {
        Items items;
        // The place at which the version that links to the newest has saved item i, if it has: a
        // hint, which has_at verifies.
        std::vector<std::uint32_t> saved_at;
        // Memory of a freed version, for the next one that saves something.
        std::vector<std::uint32_t> spare_index;
        std::vector<T> spare;
        [[no_unique_address]] ViewsOf<T, CheckReferences>
            views;  // debug builds: see retired_places.h
    };
    struct Version {
        Version(Body* shared, std::uint32_t count) : body(shared), size(count) {}

        Body* body;
        std::uint32_t size;
        std::uint32_t holders = 1;
        std::uint32_t links = 0;   // versions whose `newer` this is
        Version* newer = nullptr;  // null: this one is the newest
        // The version that links to this, if no other one has done so since this is the newest.
        Version* older = nullptr;
        std::vector<std::uint32_t> saved_index;
        std::vector<T> saved;

        [[nodiscard]] std::uint32_t place_of(std::size_t i) const {
            const auto found =
                std::find(saved_index.begin(), saved_index.end(), static_cast<std::uint32_t>(i));
            return static_cast<std::uint32_t>(found - saved_index.begin());
        }
        [[nodiscard]] bool has_at(std::uint32_t place, std::size_t i) const {
            return place < saved_index.size() && saved_index[place] == i;
        }
        // For a version that links to the newest: whether a change of item i loses nothing.
        [[nodiscard]] bool has_saved(std::size_t i) const {
            return i >= size || has_at(body->saved_at[i], i);
        }
        void add(std::size_t i, T value) {
            saved.push_back(std::move(value));
            saved_index.push_back(static_cast<std::uint32_t>(i));
        }
    };

    [[gnu::noinline]] static const T& find_in_history(const Version& from, std::size_t i) {
        for (const Version* v = &from; v->newer != nullptr; v = v->newer) {
            const std::vector<std::uint32_t>& saved_at = v->body->saved_at;
            const bool has_hint =
                v->newer->newer == nullptr && v->newer->older == v && i < saved_at.size();
            const std::uint32_t place = has_hint ? saved_at[i] : v->place_of(i);
            if (v->has_at(place, i)) return v->saved[place];
        }
        return from.body->items[i];
    }

    // `older` links to the newest version, whose item i is about to change for the first time.
    [[gnu::noinline]] static void save(Version& older, std::size_t i) {
        if (older.saved.capacity() == 0) {
            older.saved.swap(older.body->spare);
            older.saved_index.swap(older.body->spare_index);
        }
        older.saved.push_back(older.body->items[i]);
        older.saved_index.push_back(static_cast<std::uint32_t>(i));
        older.body->saved_at[i] = static_cast<std::uint32_t>(older.saved_index.size() - 1);
    }

    // Reads through older versions are not valid after a change.
    static void retire_views(Version& own) {
        if constexpr (CheckReferences) own.body->views.retire();
    }

    // A version that is the newest, is held by this vector alone, and has at most one link to it.
    Version& owned() {
        if (version_ != nullptr && version_->newer == nullptr && is_own(*version_))
            return *version_;
        return make_own();
    }
    static bool is_own(const Version& newest) {
        return newest.holders == 1 && (newest.links == 0 || newest.older != nullptr);
    }

    // The slow path of owned(), taken once per snapshot. Out of line, so that the path of every
    // change stays short.
    [[gnu::noinline]] Version& make_own() {
        if (version_ == nullptr) {
            auto body = std::make_unique<Body>();
            version_ = new Version(body.get(), 0);
            static_cast<void>(body.release());
            return *version_;
        }
        if (version_->newer != nullptr) make_newest(*version_);
        if (is_own(*version_)) return *version_;
        auto* next = new Version(version_->body, version_->size);
        next->links = 1;
        next->older = version_;
        version_->newer = next;
        --version_->holders;
        return *(version_ = next);
    }

    static void make_newest(Version& version) {
        std::vector<Version*> way;
        for (Version* v = &version; v->newer != nullptr; v = v->newer) way.push_back(v);
        for (; !way.empty(); way.pop_back()) change_places(*way.back(), way.back()->newer);
        if constexpr (CheckReferences) {
            version.body->views.retire();
            version.body->items.relocate(version.body->views.retired());
        }
    }

    // `version`, which links to `newest`, becomes the newest; from then on the other links to it.
    static void change_places(Version& version, Version* newest) {
        Body& body = *version.body;
        version.newer = nullptr;
        --newest->links;
        newest->older = nullptr;
        newest->newer = &version;
        const std::vector<std::uint32_t> index = std::move(version.saved_index);
        std::vector<T> values = std::move(version.saved);
        version.saved_index.clear();
        version.saved.clear();
        for (std::size_t i = version.size; i < newest->size; ++i)
            newest->add(i, std::move(body.items[i]));
        body.items.shrink(std::min(version.size, newest->size));
        body.saved_at.resize(body.items.size());
        for (std::size_t k = 0; k < index.size(); ++k) {
            if (index[k] < body.items.size()) {
                newest->add(index[k], std::exchange(body.items[index[k]], std::move(values[k])));
                body.saved_at[index[k]] =
                    static_cast<std::uint32_t>(newest->saved_index.size() - 1);
            } else {  // beyond the end of `newest`: saved in ascending order
                AIVM_CHECK(index[k] == body.items.size());
                body.items.add(std::move(values[k]));
                body.saved_at.push_back(0);
            }
        }
        ++version.links;
        version.older = version.links == 1 ? newest : nullptr;
        free_unused(newest);
    }

    static void keep_memory(Version& version) {
        Body& body = *version.body;
        if (version.saved.capacity() <= body.spare.capacity()) return;
        version.saved.clear();
        version.saved_index.clear();
        body.spare.swap(version.saved);
        body.spare_index.swap(version.saved_index);
    }

    static void free_unused(Version* version) {
        while (version->holders == 0 && version->links == 0) {
            Version* newer = version->newer;
            if (newer == nullptr) {
                delete version->body;
                delete version;
                return;
            }
            if (newer->older == version) newer->older = nullptr;
            --newer->links;
            keep_memory(*version);
            delete version;
            version = newer;
        }
    }

    Version* version_ = nullptr;
};

}  // namespace aivm
