// An ordered map that is a value: copying it takes one reference count, and changing a copy copies
// only the nodes it shares.
//
// A B+ tree: entries in leaves, keys and values in arrays of their own; branches of up to 31
// children.
//   1. A node with reference count 1 belongs to one map only and is changed in place.
//   2. A node with a higher count is never changed; a change of the map first replaces it by a
//      copy, from the root down.
//   3. Keys of child i < separators[i] <= keys of child i + 1. Every leaf has an entry, every
//      branch a child; an empty map has no root.
//   4. A node is split as soon as its array is full, in half, except at the right edge: there the
//      newcomer alone moves to a new node, so that ascending keys leave full nodes behind.
//   5. Erasing frees a node when it becomes empty and drops a root with one child; half-empty
//      neighbours are not merged. Depth is thus bounded by the logarithm, base 16, of the number of
//      insertions ever made rather than of the size, and a queue (append at the end, erase at the
//      front) stays as shallow and dense as its size.
// Counts are not atomic: a map and all its copies belong to one thread (hand one to another thread
// only together with everything it shares nodes with). If copying an entry of a shared node throws,
// the map is unchanged.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include "core/base/check.h"
#include "core/base/inline_vector.h"

namespace aivm {

// Key and Value are copyable and move without throwing. Lookups take whatever Compare can order
// against Key, such as a string_view for string keys. LeafSize entries are what one edit of a
// shared leaf copies at most.
template <class Key, class Value, class Compare = std::less<>, std::size_t LeafSize = 32>
class CowMap {
    static_assert(LeafSize >= 4, "a leaf must be fit to be split");

public:
    CowMap() = default;
    CowMap(const CowMap& other) : root_(other.root_), size_(other.size_), depth_(other.depth_) {
        if (root_ != nullptr) ++root_->references;
    }
    CowMap(CowMap&& other) noexcept { swap(other); }
    CowMap& operator=(CowMap other) noexcept {
        swap(other);
        return *this;
    }
    ~CowMap() { release(root_, depth_); }

    void swap(CowMap& other) noexcept {
        std::swap(root_, other.root_);
        std::swap(size_, other.size_);
        std::swap(depth_, other.depth_);
    }

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }

    // The value under `key`, or null. Valid until the next change of this map.
    template <class K = Key>
    const Value* find(const K& key) const {
        if (root_ == nullptr) return nullptr;
        const Node* node = root_;
        for (unsigned level = depth_; level > 0; --level) {
            const auto& branch = static_cast<const Branch&>(*node);
            node = branch.children[child_of(branch, key)];
        }
        const auto& leaf = static_cast<const Leaf&>(*node);
        const std::size_t position = position_of(leaf, key);
        return holds(leaf, position, key) ? &leaf.values[position] : nullptr;
    }
    template <class K = Key>
    [[nodiscard]] bool contains(const K& key) const {
        return find(key) != nullptr;
    }

    // The value under `key`, to be changed, or null; an absent key copies nothing. Valid until the
    // next non-const call on this map, or until it is copied (after which a write through it would
    // show in the copy).
    template <class K = Key>
    Value* edit(const K& key) {
        if (root_ == nullptr) return nullptr;
        Path path = locate(key);
        return path.found ? &own_path(path).values[path.position] : nullptr;
    }

    // As edit, but an absent key is first put in with a default-constructed value.
    Value& insert_or_edit(Key key) {
        Path path = locate(key);
        if (path.found) return own_path(path).values[path.position];
        return put(path, std::move(key), Value());
    }

    // Puts in a new entry; false, and nothing changed, if the key is there already.
    bool insert(Key key, Value value) {
        Path path = locate(key);
        if (path.found) return false;
        put(path, std::move(key), std::move(value));
        return true;
    }

    // Takes out an entry; false if there is none. `key` may refer into this map, as in
    // erase(*first_key()).
    template <class K = Key>
    bool erase(const K& key) {
        if (root_ == nullptr) return false;
        Path path = locate(key);
        if (!path.found) return false;
        Leaf& leaf = own_path(path);
        leaf.keys.erase_at(path.position);
        leaf.values.erase_at(path.position);
        --size_;
        if (leaf.keys.size() == 0) remove_empty(path);
        return true;
    }

    // The smallest key, or null when empty. Valid until the next change of this map.
    [[nodiscard]] const Key* first_key() const {
        if (root_ == nullptr) return nullptr;
        const Node* node = root_;
        for (unsigned level = depth_; level > 0; --level)
            node = static_cast<const Branch*>(node)->children[0];
        return &static_cast<const Leaf*>(node)->keys[0];
    }

    // Calls fn(const Key&, const Value&) for every entry in key order. fn must not change this map;
    // to change it on the way, walk a copy.
    template <class Fn>
    void for_each(Fn&& fn) const {
        if (root_ != nullptr) visit_all(*root_, depth_, fn);
    }

    // Calls bool fn(const Key&, const Value&) in key order from the first key not below `key` on,
    // until fn says false.
    template <class K = Key, class Fn>
    void for_each_from(const K& key, Fn&& fn) const {
        if (root_ != nullptr) visit_from(*root_, depth_, &key, fn);
    }

private:
    static constexpr std::size_t kFanout = 32;
    static constexpr unsigned kDepthMax = 16;  // log16 of 2^64 insertions

    struct Node {
        std::uint32_t references = 1;
    };
    struct Leaf : Node {
        InlineVector<Key, LeafSize> keys;
        InlineVector<Value, LeafSize> values;
        Leaf() = default;
        Leaf(const Leaf& other) : Node(), keys(other.keys), values(other.values) {}
    };
    struct Branch : Node {
        InlineVector<Key, kFanout> separators;
        InlineVector<Node*, kFanout> children;
        Branch() = default;
        Branch(const Branch& other)
            : Node(), separators(other.separators), children(other.children) {
            for (Node* child : children) ++child->references;
        }
    };

    // The way from the root to a key's place. Entry `level` belongs to the branch at that level,
    // leaves being level 0.
    struct Path {
        std::array<Branch*, kDepthMax + 1> branch;  // set by own_path
        std::array<std::uint32_t, kDepthMax + 1> child;
        std::size_t position = 0;  // in the leaf
        bool found = false;
        bool right_edge = true;  // the key comes after every other
    };

    template <class K>
    static std::size_t child_of(const Branch& branch, const K& key) {
        const auto above =
            std::upper_bound(branch.separators.begin(), branch.separators.end(), key, Compare());
        return static_cast<std::size_t>(above - branch.separators.begin());
    }
    template <class K>
    static std::size_t position_of(const Leaf& leaf, const K& key) {
        const auto not_below = std::lower_bound(leaf.keys.begin(), leaf.keys.end(), key, Compare());
        return static_cast<std::size_t>(not_below - leaf.keys.begin());
    }
    template <class K>
    static bool holds(const Leaf& leaf, std::size_t position, const K& key) {
        return position < leaf.keys.size() && !Compare()(key, leaf.keys[position]);
    }

    template <class K>
    Path locate(const K& key) const {
        Path path;
        if (root_ == nullptr) return path;
        const Node* node = root_;
        for (unsigned level = depth_; level > 0; --level) {
            const auto& branch = static_cast<const Branch&>(*node);
            const std::size_t child = child_of(branch, key);
            path.child[level] = static_cast<std::uint32_t>(child);
            path.right_edge = path.right_edge && child + 1 == branch.children.size();
            node = branch.children[child];
        }
        const auto& leaf = static_cast<const Leaf&>(*node);
        path.position = position_of(leaf, key);
        path.found = holds(leaf, path.position, key);
        path.right_edge = path.right_edge && path.position == leaf.keys.size();
        return path;
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

    Leaf& own_path(Path& path) {
        Node** place = &root_;
        for (unsigned level = depth_; level > 0; --level) {
            path.branch[level] = &own<Branch>(*place);
            place = &path.branch[level]->children[path.child[level]];
        }
        return own<Leaf>(*place);
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

    // How many of the elements of a full node stay in it when it is split.
    static std::size_t kept(std::size_t size, const Path& path) {
        return path.right_edge ? size - 1 : size / 2;
    }

    Value& put(Path& path, Key key, Value value) {
        if (root_ == nullptr) root_ = new Leaf;
        Leaf& leaf = own_path(path);
        leaf.keys.insert_at(path.position, std::move(key));
        leaf.values.insert_at(path.position, std::move(value));
        ++size_;
        if (!leaf.keys.full()) return leaf.values[path.position];

        const std::size_t keep = kept(LeafSize, path);
        auto* right = new Leaf;
        leaf.keys.move_tail_to(right->keys, keep);
        leaf.values.move_tail_to(right->values, keep);
        add_child(path, right->keys[0], right);
        return path.position < keep ? leaf.values[path.position]
                                    : right->values[path.position - keep];
    }

    // Hangs `right` beside the child the path goes through, splitting full branches on the way up.
    void add_child(Path& path, Key separator, Node* right) {
        for (unsigned level = 1; level <= depth_; ++level) {
            Branch& branch = *path.branch[level];
            branch.separators.insert_at(path.child[level], std::move(separator));
            branch.children.insert_at(path.child[level] + 1, right);
            if (!branch.children.full()) return;

            const std::size_t keep = kept(kFanout, path);
            auto* sibling = new Branch;
            branch.children.move_tail_to(sibling->children, keep);
            branch.separators.move_tail_to(sibling->separators, keep);
            separator = std::move(branch.separators[keep - 1]);
            branch.separators.erase_at(keep - 1);
            right = sibling;
        }
        AIVM_CHECK(depth_ < kDepthMax);
        auto* branch = new Branch;
        branch->separators.push_back(std::move(separator));
        branch->children.push_back(root_);
        branch->children.push_back(right);
        root_ = branch;
        ++depth_;
    }

    // Frees the empty leaf at the end of an owned path, the branches that become empty with it, and
    // roots that have one child only.
    void remove_empty(Path& path) {
        unsigned level = 1;
        while (level <= depth_ && path.branch[level]->children.size() == 1) ++level;
        if (level > depth_) {
            AIVM_CHECK(size_ == 0);
            release(root_, depth_);
            root_ = nullptr;
            depth_ = 0;
            return;
        }
        Branch& branch = *path.branch[level];
        const std::size_t child = path.child[level];
        release(branch.children[child], level - 1);
        branch.children.erase_at(child);
        branch.separators.erase_at(child == 0 ? 0 : child - 1);
        while (depth_ > 0 && static_cast<Branch*>(root_)->children.size() == 1) drop_root();
    }

    // Makes the root's only child the root.
    void drop_root() {
        auto* old = static_cast<Branch*>(root_);
        root_ = old->children[0];
        ++root_->references;
        release(old, depth_--);
    }

    template <class Fn>
    static void visit_all(const Node& node, unsigned level, Fn& fn) {
        if (level > 0) {
            for (const Node* child : static_cast<const Branch&>(node).children)
                visit_all(*child, level - 1, fn);
            return;
        }
        const auto& leaf = static_cast<const Leaf&>(node);
        for (std::size_t i = 0; i < leaf.keys.size(); ++i) fn(leaf.keys[i], leaf.values[i]);
    }

    // A null key stands for one below all others. False when fn said so.
    template <class K, class Fn>
    static bool visit_from(const Node& node, unsigned level, const K* key, Fn& fn) {
        if (level > 0) {
            const auto& branch = static_cast<const Branch&>(node);
            for (std::size_t i = key ? child_of(branch, *key) : 0; i < branch.children.size();
                 ++i) {
                if (!visit_from(*branch.children[i], level - 1, key, fn)) return false;
                key = nullptr;
            }
            return true;
        }
        const auto& leaf = static_cast<const Leaf&>(node);
        for (std::size_t i = key ? position_of(leaf, *key) : 0; i < leaf.keys.size(); ++i) {
            if (!fn(leaf.keys[i], leaf.values[i])) return false;
        }
        return true;
    }

    Node* root_ = nullptr;
    std::size_t size_ = 0;
    unsigned depth_ = 0;
};

}  // namespace aivm
