#include "core/verification/audits.h"

#include "core/base/rule_hash.h"
#include "core/verification/judgement.h"

namespace aivm {
namespace {

bool is_drawn(const Transition& t, const Task& task) {
    const Hash32 draw = rule_hash({t.block().beacon.view(), task.task_key.view()});
    return draw.prefix64() % VmParameters::audit_parts() < t.parameters().audit_rate();
}

}  // namespace

void audit_by_chance(Transition& t, TaskIndex index) {
    if (t.policy().audit_bps == 0) return;
    const Task& task = t.read_task(index);
    if (task.proven_wrong || task.truth_known) return;
    if (t.read_model(task.model).steps > t.policy().one_step_steps_max) return;
    if (is_drawn(t, task)) learn_truth(t, index);
}

}  // namespace aivm
