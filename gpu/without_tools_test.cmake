# cmake -DSOURCE=DIR -DFOLDER=DIR -DCXX=FILE -DC=FILE -P without_tools_test.cmake
# Configures the tree as on a machine without nvcc, hipcc, the shader compilers, Vulkan and WebGPU.
# Fails unless that passes, says in one line for each what was skipped, and plans no plugin.
# A search variable that is OFF is not searched for.
file(REMOVE_RECURSE ${FOLDER})
execute_process(
  COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${FOLDER} -G Ninja
    -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_C_COMPILER=${C} -DAIVM_TESTS=ON
    -DAIVM_NVCC=OFF -DAIVM_HIPCC=OFF -DAIVM_GLSLANG=OFF -DAIVM_SPIRV_VAL=OFF -DAIVM_SPIRV_CROSS=OFF
    -DAIVM_VULKAN_HEADERS=OFF -DAIVM_WEBGPU_HEADER_DIR=OFF
  RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "the configuration fails:\n${output}")
endif()
foreach(part "the CUDA plugin" "the HIP plugin" "the Vulkan plugin" "the Metal shaders"
    "the WebGPU plugin")
  string(REGEX MATCHALL "-- Skipped: ${part} \\([^\n]*\\)\n" lines "${output}")
  list(LENGTH lines count)
  if(NOT count EQUAL 1)
    message(FATAL_ERROR "${count} lines say that ${part} was skipped:\n${output}")
  endif()
endforeach()
file(READ ${FOLDER}/build.ninja plan)
if(plan MATCHES " plugins/libluxgpu_backend_")
  message(FATAL_ERROR "the build plans a plugin that it cannot make")
endif()
