# cmake -DPROGRAM=FILE -DFOLDER=DIR [-DEXPECT_MESSAGES=ON] -P run_with_validation.cmake
# Runs PROGRAM with the Vulkan validation layer and synchronisation validation. Fails when PROGRAM
# fails, or when the layer reports something; with EXPECT_MESSAGES, when it reports nothing.
file(MAKE_DIRECTORY ${FOLDER})
set(log ${FOLDER}/messages.txt)
file(REMOVE ${log})
file(WRITE ${FOLDER}/vk_layer_settings.txt
  "khronos_validation.debug_action = VK_DBG_LAYER_ACTION_LOG_MSG\n"
  "khronos_validation.report_flags = error,warn,perf\n"
  "khronos_validation.enables = VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT\n"
  "khronos_validation.log_filename = ${log}\n")
set(ENV{VK_LAYER_SETTINGS_PATH} ${FOLDER})
set(ENV{VK_INSTANCE_LAYERS} VK_LAYER_KHRONOS_validation)
execute_process(COMMAND ${PROGRAM} RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${PROGRAM}: ${status}")
endif()
if(NOT EXISTS ${log})
  message(FATAL_ERROR "the validation layer was not loaded: it wrote no ${log}")
endif()
file(READ ${log} messages LIMIT 4000)
if(messages AND NOT EXPECT_MESSAGES)
  message(FATAL_ERROR "the validation layer says:\n${messages}")
elseif(NOT messages AND EXPECT_MESSAGES)
  message(FATAL_ERROR "the validation layer says nothing about an invalid call")
endif()
