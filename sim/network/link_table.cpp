#include "sim/network/link_table.h"

#include <algorithm>
#include <map>

#include "core/base/check.h"

namespace aivm::sim {
namespace {

constexpr std::uint64_t kMeanMax = 1ULL << 48;
constexpr std::uint64_t kDelayMax = 1ULL << 56;

template <class T>
void override_with(const std::optional<T>& value, T& out) {
    if (value) out = *value;
}

void apply_rule(const NodeLinkRule& one, std::uint32_t from_region, std::uint32_t to_region,
                LinkSettings& out) {
    const LinkRule& rule = one.rule;
    if (one.latency) {
        out.mean_ns = one.latency->mean(from_region, to_region);
        out.exact_latency = one.latency->is_exact;
        out.has_latency = true;
    }
    override_with(rule.jitter_ns, out.jitter_ns);
    override_with(rule.bandwidth_bps, out.bandwidth_bps);
    override_with(rule.queue_bytes, out.queue_bytes);
    override_with(rule.loss_ppm, out.loss_ppm);
    override_with(rule.duplicate_ppm, out.duplicate_ppm);
    override_with(rule.reorder_ppm, out.reorder_ppm);
    override_with(rule.reorder_delay_ns, out.reorder_delay_ns);
    override_with(rule.corrupt_ppm, out.corrupt_ppm);
}

}  // namespace

LinkTable::LinkTable(const NetworkSettings& settings, const NetworkLayout& layout) {
    AIVM_CHECK(layout.latency.mean_ns.size() ==
               std::size_t{layout.latency.regions} * layout.latency.regions);
    for (const NodeLinkRule& rule : layout.rules) {
        AIVM_CHECK(rule.from.size() == layout.region_of.size() &&
                   rule.to.size() == layout.region_of.size());
        AIVM_CHECK(!rule.latency || rule.latency->regions == layout.latency.regions);
    }
    class_of_ = classes_of(layout);
    for (NodeId node = 0; node < class_of_.size(); ++node) {
        if (class_of_[node] == first_of_.size()) {
            first_of_.push_back(node);
            size_of_.push_back(0);
        }
        ++size_of_[class_of_[node]];
    }
    classes_ = first_of_.size();
    AIVM_CHECK(classes_ <= kClassesMax);
    kind_of_.reserve(classes_ * classes_);
    for (const NodeId from : first_of_) {
        for (const NodeId to : first_of_) {
            const LinkSettings found = settings_of(settings, layout, from, to);
            AIVM_CHECK(found.mean_ns < kMeanMax);
            AIVM_CHECK(found.jitter_ns < kDelayMax && found.reorder_delay_ns < kDelayMax);
            const auto known = std::ranges::find(kinds_, found);
            kind_of_.push_back(static_cast<std::uint32_t>(known - kinds_.begin()));
            if (known == kinds_.end()) kinds_.push_back(found);
        }
    }
}

// Nodes are of one class if they have the same region and every rule treats them alike.
std::vector<std::uint32_t> LinkTable::classes_of(const NetworkLayout& layout) {
    std::map<std::pair<std::uint32_t, std::vector<bool>>, std::uint32_t> known;
    std::vector<std::uint32_t> out;
    for (NodeId node = 0; node < layout.region_of.size(); ++node) {
        AIVM_CHECK(layout.region_of[node] < layout.latency.regions);
        std::vector<bool> treatment;
        for (const NodeLinkRule& rule : layout.rules) {
            treatment.push_back(rule.from[node]);
            treatment.push_back(rule.to[node]);
        }
        const auto next = static_cast<std::uint32_t>(known.size());
        out.push_back(
            known.try_emplace({layout.region_of[node], std::move(treatment)}, next).first->second);
    }
    return out;
}

std::size_t LinkTable::count_classes(const NetworkLayout& layout) {
    std::size_t count = 0;
    for (const std::uint32_t one : classes_of(layout))
        count = std::max<std::size_t>(count, one + 1);
    return count;
}

LinkSettings LinkTable::settings_of(const NetworkSettings& settings, const NetworkLayout& layout,
                                    NodeId from, NodeId to) const {
    const std::uint32_t from_region = layout.region_of[from];
    const std::uint32_t to_region = layout.region_of[to];
    LinkSettings out{.mean_ns = layout.latency.mean(from_region, to_region),
                     .exact_latency = layout.latency.is_exact,
                     .has_latency = !layout.latency_by_rules,
                     .jitter_ns = settings.jitter_ns,
                     .bandwidth_bps = settings.bandwidth_bps,
                     .queue_bytes = settings.queue_bytes,
                     .loss_ppm = settings.loss_ppm,
                     .duplicate_ppm = settings.duplicate_ppm,
                     .reorder_ppm = settings.reorder_ppm,
                     .reorder_delay_ns = settings.reorder_delay_ns,
                     .corrupt_ppm = settings.corrupt_ppm};
    for (const NodeLinkRule& rule : layout.rules) {
        const bool there = rule.from[from] && rule.to[to];
        const bool back = rule.rule.both_ways && rule.from[to] && rule.to[from];
        if (there || back) apply_rule(rule, from_region, to_region, out);
    }
    return out;
}

std::optional<LinkTable::Hole> LinkTable::find_hole() const {
    for (std::size_t from = 0; from < classes_; ++from) {
        for (std::size_t to = 0; to < classes_; ++to) {
            if (kinds_[kind_of_[from * classes_ + to]].has_latency) continue;
            if (from != to) return Hole{first_of_[from], first_of_[to]};
            if (size_of_[from] < 2) continue;  // a node has no link to itself
            const auto second = std::find(class_of_.begin() + first_of_[from] + 1, class_of_.end(),
                                          class_of_[first_of_[from]]);
            return Hole{first_of_[from], static_cast<NodeId>(second - class_of_.begin())};
        }
    }
    return std::nullopt;
}

}  // namespace aivm::sim
