// An authorizer that answers two questions about one signature differently: where the VM asks first
// and the reference model second, they disagree.
#pragma once

#include "core/state/rules.h"

namespace aivm::sim::test {

class EverySecondFails final : public Authorizer {
public:
    [[nodiscard]] bool verify(const Address&, const Hash32&, ByteView) const override {
        return ++calls_ % 2 != 0;
    }

private:
    mutable int calls_ = 0;
};

}  // namespace aivm::sim::test
