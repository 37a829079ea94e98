# cmake -DNAME=pass -DSTEM=path/of/pass -P finish_msl.cmake
# From STEM.raw.metal, as spirv-cross writes it:
#   STEM.metal      the shader of the Metal plugin: the parameters get buffer index 6, where
#                   spirv-cross uses index 0 for push constants, which the first buffer has
#   STEM_host.cpp   the same text for clang++ on this machine, with a function that calls its kernel
#                   for one thread
file(READ ${STEM}.raw.metal text)
set(parameters "constant Parameters& parameters [[buffer(")
string(REPLACE "${parameters}0)]]" "${parameters}6)]]" text "${text}")
if(NOT text MATCHES "constant Parameters& parameters \\[\\[buffer\\(6\\)\\]\\]")
  message(FATAL_ERROR "${NAME}: spirv-cross no longer writes the parameters as this script expects")
endif()
file(WRITE ${STEM}.metal "${text}")

# Variables of a threadgroup are shared by its threads; the host runs one group at a time.
string(REGEX REPLACE "\n    threadgroup (uint [a-z_]+);" "\n    static \\1;" text "${text}")
if(NOT text MATCHES "kernel void ${NAME}\\(([^{]*)\\)\n{")
  message(FATAL_ERROR "${NAME}: no kernel of this name in what spirv-cross wrote")
endif()
set(arguments "${CMAKE_MATCH_1}")
string(REGEX REPLACE "device (Buffer_[a-z_]+)& v_[0-9]+ \\[\\[buffer\\(([0-9])\\)\\]\\]"
  "*(\\1*)call.buffers[\\2]" arguments "${arguments}")
string(REPLACE "constant Parameters& parameters [[buffer(6)]]" "*(const Parameters*)call.buffers[6]"
  arguments "${arguments}")
string(REPLACE "uint3 gl_WorkGroupID [[threadgroup_position_in_grid]]" "call.group" arguments
  "${arguments}")
string(REPLACE "uint3 gl_NumWorkGroups [[threadgroups_per_grid]]" "call.groups" arguments
  "${arguments}")
string(REPLACE "uint gl_LocalInvocationIndex [[thread_index_in_threadgroup]]" "call.lane" arguments
  "${arguments}")
if(arguments MATCHES "\\[\\[")
  message(FATAL_ERROR "${NAME}: an argument that this script does not know: ${arguments}")
endif()
file(WRITE ${STEM}_host.cpp "${text}
extern \"C\" void msl_host_${NAME}(const MslThread& call) { ${NAME}(${arguments}); }
")
