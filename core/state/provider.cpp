#include "core/state/provider.h"

#include <algorithm>

namespace aivm {

bool Provider::offers(ModelIndex model) const {
    return std::binary_search(models.begin(), models.end(), model);
}

}  // namespace aivm
