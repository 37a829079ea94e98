# The passes of gpu/kernels/passes.h as shader programs: name, file, and what is defined for it. One
# source for Vulkan, WebGPU and Metal.
set(AIVM_SHADER_DIR ${CMAKE_CURRENT_LIST_DIR})
set(AIVM_SHADER_PASSES
  "group_attestations group.inc"
  "group_models group.inc MODELS"
  "place_attestations place.inc"
  "place_models place.inc MODELS"
  "find_attestations find.inc"
  "find_models find.inc MODELS"
  "count_updates count_updates.inc"
  "write_attestations write_attestations.inc"
  "write_models write_models.inc"
  "anchor_cursor anchor_cursor.inc"
  "anchor_select anchor_select.inc"
  "anchor_write anchor_write.inc"
  "attestation_leaves attestation_leaves.inc"
  "model_leaves model_leaves.inc"
  "anchor_leaves anchor_leaves.inc"
  "inference inference.inc"
  "inference_outputs inference_outputs.inc"
  "proof_verify proof_verify.inc")
# What any of them may include: each is built again when one of these changes.
set(AIVM_SHADER_INCLUDES dialect.inc keccak.inc layout.inc main.inc operations.inc rules.inc
  slots.inc)
list(TRANSFORM AIVM_SHADER_INCLUDES PREPEND ${AIVM_SHADER_DIR}/)

# aivm_split_pass("group_models group.inc MODELS"): sets pass_name, pass_file and pass_defines for
# the caller.
macro(aivm_split_pass entry)
  separate_arguments(pass_defines UNIX_COMMAND "${entry}")
  list(POP_FRONT pass_defines pass_name pass_file)
endmacro()

# aivm_write_if_different(file text): keeps the time stamp, and with it what was built from the
# file.
function(aivm_write_if_different file text)
  file(CONFIGURE OUTPUT ${file} CONTENT "${text}" @ONLY)
endfunction()
