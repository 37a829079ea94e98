#include "core/reference/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/base/codec.h"
#include "core/base/encode.h"

namespace aivm::reference {
namespace {

template <class T>
inline constexpr bool is_byte_array = false;
template <std::size_t N>
inline constexpr bool is_byte_array<std::array<std::uint8_t, N>> = true;

std::string money_text(Money money) {
    const bool negative = money < 0;
    std::string digits;
    for (Money rest = negative ? -money : money; rest != 0 || digits.empty(); rest /= 10)
        digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
    return negative ? "-" + digits : digits;
}

template <class T>
std::string show(const T& value) {
    if constexpr (std::is_same_v<T, Money>) {
        return money_text(value);
    } else if constexpr (std::is_same_v<T, bool>) {
        return value ? "true" : "false";
    } else if constexpr (std::is_enum_v<T>) {
        return std::string(word(value));
    } else if constexpr (std::is_integral_v<T>) {
        return fmt::format("{}", value);
    } else if constexpr (std::is_same_v<T, Amount>) {
        return fmt::format("{}", value.nlux());
    } else if constexpr (is_instance<T, Index>) {
        return fmt::format("{}", value.value);
    } else if constexpr (is_fixed_bytes<T>) {
        return to_hex(value.view());
    } else if constexpr (is_byte_array<T>) {
        return to_hex(value);
    } else if constexpr (std::is_same_v<T, std::string>) {
        return value;
    } else if constexpr (Described<T>) {
        std::string out;
        for_each_field(value, [&]<class F, class Member>(F, const Member& member) {
            out += fmt::format("{}{} {}", out.empty() ? "" : ", ", F::name, show(member));
        });
        return "{" + out + "}";
    } else {
        std::string out;
        for (const auto& element : value) out += (out.empty() ? "" : ", ") + show(element);
        return "[" + out + "]";
    }
}

// The path of the first member that differs, and both values.
template <class T>
std::string differing_member(const std::string& path, const T& rules, const T& vm) {
    if constexpr (Described<T>) {
        std::string out;
        std::apply(
            [&](auto... fields) {
                const auto look = [&](auto f) {
                    const auto& a = rules.*f.member;
                    const auto& b = vm.*f.member;
                    if (out.empty() && !(a == b))
                        out = differing_member(fmt::format("{}.{}", path, f.name), a, b);
                };
                (look(fields), ...);
            },
            T::fields());
        return out.empty() ? path + " differs" : out;
    } else {
        return fmt::format("{} is {}, by the rules {}", path, show(vm), show(rules));
    }
}

using Difference = std::optional<std::string>;

template <class T>
Difference compare_rows(std::string_view name, const std::vector<T>& rules,
                        const std::vector<T>& vm) {
    for (std::size_t i = 0; i < std::min(rules.size(), vm.size()); ++i) {
        if (rules[i] == vm[i]) continue;
        return differing_member(fmt::format("{} {}", name, i), rules[i], vm[i]);
    }
    if (rules.size() == vm.size()) return std::nullopt;
    return fmt::format("there are {} {}s, by the rules {}", vm.size(), name, rules.size());
}

// Receipts have no comparison of their own.
bool are_equal(const Receipt& a, const Receipt& b) {
    return std::apply(
        [&](auto... fields) { return ((a.*fields.member == b.*fields.member) && ...); },
        Receipt::fields());
}

Difference compare_receipts(const std::vector<Receipt>& rules, const std::vector<Receipt>& vm) {
    for (std::size_t i = 0; i < std::min(rules.size(), vm.size()); ++i) {
        if (are_equal(rules[i], vm[i])) continue;
        return differing_member(fmt::format("receipt {}", i), rules[i], vm[i]);
    }
    if (rules.size() == vm.size()) return std::nullopt;
    return fmt::format("there are {} receipts, by the rules {}", vm.size(), rules.size());
}

Difference compare_accounts(const std::map<Address, Account>& rules,
                            const std::map<Address, Account>& vm) {
    const Account nothing;
    const auto find = [&](const std::map<Address, Account>& accounts, const Address& address) {
        const auto found = accounts.find(address);
        return found == accounts.end() ? nothing : found->second;
    };
    std::set<Address> addresses;
    for (const auto& [address, account] : rules) addresses.insert(address);
    for (const auto& [address, account] : vm) addresses.insert(address);
    for (const Address& address : addresses) {
        const Account a = find(rules, address);
        const Account b = find(vm, address);
        if (!(a == b)) return differing_member("account " + to_hex(address.view()), a, b);
    }
    return std::nullopt;
}

template <class Slot>
Difference compare_slots(std::string_view name, const std::vector<Slot>& rules,
                         const std::vector<Slot>& vm) {
    if (rules.size() != vm.size())
        return fmt::format("there are {} {}s, by the rules {}", vm.size(), name, rules.size());
    const auto hex = [](const Slot& slot) {
        return to_hex({reinterpret_cast<const std::uint8_t*>(&slot), sizeof slot});
    };
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (std::memcmp(&rules[i], &vm[i], sizeof(Slot)) == 0) continue;
        return fmt::format("{} {} is {}, by the rules {}", name, i, hex(vm[i]), hex(rules[i]));
    }
    return std::nullopt;
}

Difference compare_registries(const Registries& rules, const Registries& vm) {
    if (auto d = compare_slots("attestation slot", rules.attestations, vm.attestations)) return d;
    if (auto d = compare_slots("model slot", rules.models, vm.models)) return d;
    if (auto d = compare_slots("anchor slot", rules.anchors, vm.anchors)) return d;
    return compare_slots("epoch state", std::vector{rules.epoch}, std::vector{vm.epoch});
}

Bytes event_bytes(const VmEvent& event) {
    Writer out;
    out.u32(static_cast<std::uint32_t>(event.index()));
    std::visit([&](const auto& one) { encode(out, one); }, event);
    return out.take();
}

std::string event_text(const VmEvent& event) {
    return std::visit(
        []<class Event>(const Event& one) {
            return fmt::format("{} {}", type_name<Event>(), show(one));
        },
        event);
}

std::map<Bytes, const VmEvent*> by_bytes(const std::vector<VmEvent>& events) {
    std::map<Bytes, const VmEvent*> out;
    std::map<Bytes, std::uint32_t> seen;
    for (const VmEvent& event : events) {
        Bytes key = event_bytes(event);
        const std::uint32_t times = seen[key]++;  // equal events are told apart by their number
        for (int shift = 24; shift >= 0; shift -= 8)
            key.push_back(static_cast<std::uint8_t>(times >> shift));
        out[key] = &event;
    }
    return out;
}

}  // namespace

Difference first_difference(const World& rules, const World& vm) {
    if (auto d = compare_rows("task", rules.tasks, vm.tasks)) return d;
    if (auto d = compare_rows("dispute", rules.disputes, vm.disputes)) return d;
    if (auto d = compare_rows("trace node", rules.trace_nodes, vm.trace_nodes)) return d;
    if (auto d = compare_rows("provider", rules.providers, vm.providers)) return d;
    if (auto d = compare_rows("validator", rules.validators, vm.validators)) return d;
    if (auto d = compare_rows("model", rules.models, vm.models)) return d;
    if (auto d = compare_receipts(rules.receipts, vm.receipts)) return d;
    if (auto d = compare_accounts(rules.accounts, vm.accounts)) return d;
    if (auto d = compare_registries(rules.registries, vm.registries)) return d;
    if (!(rules.head == vm.head)) return differing_member("head", rules.head, vm.head);
    return std::nullopt;
}

Difference first_difference(const std::vector<VmEvent>& rules, const std::vector<VmEvent>& vm) {
    const auto expected = by_bytes(rules);
    const auto actual = by_bytes(vm);
    for (const auto& [key, event] : expected) {
        if (!actual.contains(key)) return "missing event: " + event_text(*event);
    }
    for (const auto& [key, event] : actual) {
        if (!expected.contains(key))
            return "an event that the rules do not know: " + event_text(*event);
    }
    return std::nullopt;
}

}  // namespace aivm::reference
