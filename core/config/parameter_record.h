// The rules of a chain as its store keeps them: every parameter by name, in clear. The record is
// part of the genesis id, so that nodes with different rules are on different chains.
//
//   u32 count, then per parameter: name string, value string
//
// The order is that of Config::fields() and Policy::fields(), then vendor_root, which is 40 hex
// digits, a quote_measurement for each listed one, and for a DAG DagPolicy::fields(). Parameters of
// a node that no other node can observe, such as the length of its queue or its kernels' backend,
// are not part of it.
#pragma once

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "core/config/config.h"

namespace aivm {

// `vendor_root` is the address that signs attestation evidence; all zero: none verifies.
Bytes parameter_record(const VmParameters& parameters, const Address& vendor_root);

// Fails, naming the first parameter that differs and both its values, unless `record` was written
// for the same parameters.
Status check_same_parameters(ByteView record, const VmParameters& parameters,
                             const Address& vendor_root);

}  // namespace aivm
