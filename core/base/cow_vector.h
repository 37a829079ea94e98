// A vector that is a value: copying it takes one reference count, and changing a copy copies only the nodes it shares.
//
// A radix tree: leaves of LeafSize elements, branches of 32 children, every node but the rightmost of its level full.
//   1. A node with reference count 1 belongs to one vector only and is changed in place.
//   2. A node with a higher count is never changed; edit and push_back replace it by a copy first, from the root down.
//   3. Element i lies in leaf i / LeafSize; depth_ branch levels lie above every leaf; an empty vector has no root.
// Counts are not atomic: a vector and all its copies belong to one thread (hand one to another thread only together
// with everything it shares nodes with). If copying an element throws, the vector is unchanged.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "core/base/check.h"
#include "core/base/inline_vector.h"

namespace aivm {

// T is copyable and moves without throwing. LeafSize, a power of two, is what one edit of a shared leaf copies.
template <class T, std::size_t LeafSize = 16>
class CowVector {
    static_assert(std::has_single_bit(LeafSize));

public:
    CowVector() = default;
    CowVector(const CowVector& other) : root_(other.root_), size_(other.size_), depth_(other.depth_) {
        if (root_ != nullptr) ++root_->references;
    }
    CowVector(CowVector&& other) noexcept { swap(other); }
    CowVector& operator=(CowVector other) noexcept {
        swap(other);
        return *this;
    }
    ~CowVector() { release(root_, depth_); }

    void swap(CowVector& other) noexcept {
        std::swap(root_, other.root_);
        std::swap(size_, other.size_);
        std::swap(depth_, other.depth_);
    }

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }

    // Element i < size(); valid until the next edit or push_back of this vector.
    const T& operator[](std::size_t i) const {
        AIVM_CHECK(i < size_);
        const Node* node = root_;
        for (unsigned level = depth_; level > 0; --level) {
            node = static_cast<const Branch*>(node)->children[slot(i, level)];
        }
        return static_cast<const Leaf*>(node)->items[i % LeafSize];
    }

    // Element i < size(), to be changed; valid until the next non-const call on this vector, or until it is copied
    // (after which a write through it would show in the copy).
    T& edit(std::size_t i) {
        AIVM_CHECK(i < size_);
        Node** place = &root_;
        for (unsigned level = depth_; level > 0; --level) place = &own<Branch>(*place).children[slot(i, level)];
        return own<Leaf>(*place).items[i % LeafSize];
    }

    void push_back(T value) {
        if (root_ == nullptr) root_ = new Leaf;
        if (size_ == LeafSize << (kBranchBits * depth_)) grow();
        Node** place = &root_;
        for (unsigned level = depth_; level > 0; --level) {
            Branch& branch = own<Branch>(*place);
            if (slot(size_, level) == branch.children.size()) branch.children.push_back(new_node(level - 1));
            place = &branch.children[slot(size_, level)];
        }
        own<Leaf>(*place).items.push_back(std::move(value));
        ++size_;
    }

    // Calls fn(index, const T&) for every element in order. fn must not change this vector; it may change a copy.
    template <class Fn>
    void for_each(Fn&& fn) const {
        std::size_t index = 0;
        if (root_ != nullptr) visit(*root_, depth_, index, fn);
    }

private:
    static constexpr unsigned kBranchBits = 5;
    static constexpr std::size_t kFanout = std::size_t{1} << kBranchBits;
    static constexpr unsigned kLeafBits = static_cast<unsigned>(std::countr_zero(LeafSize));

    struct Node {
        std::uint32_t references = 1;
    };
    struct Leaf : Node {
        InlineVector<T, LeafSize> items;
        Leaf() = default;
        Leaf(const Leaf& other) : Node(), items(other.items) {}
    };
    struct Branch : Node {
        InlineVector<Node*, kFanout> children;
        Branch() = default;
        Branch(const Branch& other) : Node(), children(other.children) {
            for (Node* child : children) ++child->references;
        }
    };

    // Which child of a branch at `level` leads to element i.
    static std::size_t slot(std::size_t i, unsigned level) {
        return (i >> (kLeafBits + kBranchBits * (level - 1))) % kFanout;
    }

    static Node* new_node(unsigned level) {
        if (level == 0) return new Leaf;
        return new Branch;
    }

    // The node at `place` with reference count 1: itself, or a copy that takes its place.
    template <class Kind>
    static Kind& own(Node*& place) {
        if (place->references > 1) {
            Node* copy = new Kind(static_cast<const Kind&>(*place));
            --place->references;
            place = copy;
        }
        return static_cast<Kind&>(*place);
    }

    static void release(Node* node, unsigned level) {
        if (node == nullptr || --node->references > 0) return;
        if (level == 0) {
            delete static_cast<Leaf*>(node);
            return;
        }
        auto* branch = static_cast<Branch*>(node);
        for (Node* child : branch->children) release(child, level - 1);
        delete branch;
    }

    // One more branch level above a full tree.
    void grow() {
        auto* branch = new Branch;
        branch->children.push_back(root_);
        root_ = branch;
        ++depth_;
    }

    template <class Fn>
    static void visit(const Node& node, unsigned level, std::size_t& index, Fn& fn) {
        if (level == 0) {
            for (const T& item : static_cast<const Leaf&>(node).items) fn(index++, item);
            return;
        }
        for (const Node* child : static_cast<const Branch&>(node).children) visit(*child, level - 1, index, fn);
    }

    Node* root_ = nullptr;
    std::size_t size_ = 0;
    unsigned depth_ = 0;
};

}  // namespace aivm
