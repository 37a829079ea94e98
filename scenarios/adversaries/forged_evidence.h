// Attestation evidence under a stolen key of the vendor, for hardware that is not there.
#pragma once

#include <string>

#include "sim/actors/device.h"

namespace aivm::scenarios {

inline Bytes forged_evidence(const sim::Device& device, const std::string& provider_id,
                             TimestampNs now) {
    constexpr std::size_t kReportBytes = 256;
    GpuEvidence e;
    e.device_id = provider_id;
    e.model = "NVIDIA H100 PCIe";
    e.timestamp_ns = now;
    e.spdm_report = Bytes(kReportBytes, 2);
    e.cc_enabled = e.tee_io_enabled = e.rim_verified = true;
    return device.sign_with_stolen_key(std::move(e));
}

}  // namespace aivm::scenarios
