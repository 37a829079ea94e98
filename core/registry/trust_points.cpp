#include "core/registry/trust_points.h"

#include <algorithm>
#include <array>

#include "core/registry/attestation.h"

namespace aivm {
namespace {

struct ModelPoints {
    std::string_view model;
    unsigned points;
};

// Exactly the models with confidential computing.
constexpr std::array<ModelPoints, 6> kHardwareModels{
    {{"GB200", 10}, {"B200", 10}, {"B100", 10}, {"H200", 8}, {"H100", 8}, {"RTX PRO 6000", 5}}};
constexpr unsigned kHardwareBase = 70;
constexpr unsigned kHardwareCc = 15;
constexpr unsigned kHardwareTeeIo = 5;
constexpr unsigned kHardwareRim = 5;
constexpr unsigned kHardwareCap = 100;
constexpr std::size_t kSpdmReportBytesMin = 256;

constexpr std::array<ModelPoints, 7> kSoftwareModels{{{"RTX 5090", 15},
                                                      {"RTX 5080", 15},
                                                      {"GB10", 12},
                                                      {"RTX 4090", 10},
                                                      {"RTX 4080", 10},
                                                      {"RTX 3090", 8},
                                                      {"RTX 3080", 8}}};
constexpr unsigned kSoftwareBase = 20;
constexpr unsigned kSoftwareOtherModel = 5;
constexpr unsigned kSoftwareBenchmark = 10;
constexpr unsigned kSoftwareSigned = 10;
constexpr unsigned kSoftwareDriver = 5;
constexpr unsigned kSoftwareCap = 60;
constexpr std::size_t kSignatureBytesMin = 64;
constexpr std::size_t kKeyBytesMin = 32;

constexpr bool is_word_character(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// Whether the text contains `name` as whole words: "GB200" does not contain "B200", and "RTX 4090D"
// does not contain "RTX 4090".
bool names(std::string_view text, std::string_view name) {
    for (std::size_t at = text.find(name); at != std::string_view::npos;
         at = text.find(name, at + 1)) {
        const std::size_t end = at + name.size();
        const bool begins = at == 0 || !is_word_character(text[at - 1]);
        if (begins && (end == text.size() || !is_word_character(text[end]))) return true;
    }
    return false;
}

template <std::size_t N>
const ModelPoints* find(const std::array<ModelPoints, N>& table, std::string_view model) {
    const auto row = std::find_if(table.begin(), table.end(),
                                  [&](const auto& r) { return names(model, r.model); });
    return row == table.end() ? nullptr : &*row;
}

unsigned hardware_points(const GpuEvidence& e) {
    const ModelPoints* model = find(kHardwareModels, e.model);
    if (model == nullptr || e.spdm_report.size() < kSpdmReportBytesMin) return 0;
    unsigned points = kHardwareBase + model->points;
    if (e.cc_enabled) points += kHardwareCc;
    if (e.tee_io_enabled) points += kHardwareTeeIo;
    if (e.rim_verified) points += kHardwareRim;
    return std::min(points, kHardwareCap);
}

unsigned software_points(const GpuEvidence& e) {
    const ModelPoints* model = find(kSoftwareModels, e.model);
    unsigned points = kSoftwareBase + (model != nullptr ? model->points : kSoftwareOtherModel);
    if (!e.benchmark_hash.is_zero() && e.benchmark_time_ms != 0) points += kSoftwareBenchmark;
    if (e.provider_signature.size() >= kSignatureBytesMin &&
        e.provider_key.size() >= kKeyBytesMin) {
        points += kSoftwareSigned;
    }
    if (!e.driver_version.empty()) points += kSoftwareDriver;
    return std::min(points, kSoftwareCap);
}

}  // namespace

bool is_cc_capable(std::string_view model) { return find(kHardwareModels, model) != nullptr; }

std::uint8_t trust_points(const GpuEvidence& evidence) {
    const bool hardware = evidence.mode == AttestationMode::kHardware;
    return static_cast<std::uint8_t>(hardware ? hardware_points(evidence)
                                              : software_points(evidence));
}

}  // namespace aivm
