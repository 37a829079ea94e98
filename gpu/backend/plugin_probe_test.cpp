// Plugins that would take the process down, or lie: refused with one line each, and the caller
// lives.
#include "gpu/backend/plugin_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <fstream>
#include <sstream>

#include "gpu/backend/plugin.h"
#include "gpu/backend/self_test.h"
#include "gpu/backend/testing/plugin_folder.h"

namespace aivm::gpu {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr int kShortMs = 300;

std::string refusal(BackendKind kind, const std::string& path, int timeout_ms = kProbeTimeoutMs) {
    const ProbeReport report = probe_in_child(kind, path, timeout_ms);
    EXPECT_FALSE(report.is_usable);
    EXPECT_THAT(report.reason, Not(HasSubstr("\n")));
    return report.reason;
}

std::string refusal(BackendKind kind, const std::string& behaviour, PluginFolder& folder,
                    int timeout_ms = kProbeTimeoutMs) {
    return refusal(kind, folder.add(kind, behaviour), timeout_ms);
}

TEST(PluginProbe, APluginThatWorksIsUsableAndPassesTheSelfTest) {
    PluginFolder folder;
    const auto report =
        probe_in_child(BackendKind::kVulkan, folder.add(BackendKind::kVulkan, "named"));
    EXPECT_TRUE(report.is_usable);
    EXPECT_EQ(SelfTest::kPassed, report.self_test);
    EXPECT_EQ("Test Device 9000", report.device_name);
    EXPECT_EQ("", report.reason);
}

TEST(PluginProbe, ACrashInTheProbeIsRefusedWithItsSignal) {
    PluginFolder folder;
    EXPECT_THAT(refusal(BackendKind::kCuda, "crashes", folder),
                HasSubstr("crashed in its probe (signal 11"));
    EXPECT_THAT(refusal(BackendKind::kCuda, "crashes_on_load", folder),
                HasSubstr("crashed in its probe (signal 6"));
}

TEST(PluginProbe, APluginThatEndsTheProcessIsRefused) {
    PluginFolder folder;
    EXPECT_EQ("ended its process in its probe (exit code 0)",
              refusal(BackendKind::kCuda, "exits", folder));
}

TEST(PluginProbe, APluginThatHangsIsRefusedWhenTheTimeIsOver) {
    PluginFolder folder;
    EXPECT_EQ("did not end its probe within 300 ms",
              refusal(BackendKind::kCuda, "hangs", folder, kShortMs));
}

TEST(PluginProbe, APluginForAnotherAbiIsRefused) {
    PluginFolder folder;
    EXPECT_EQ("returned wrong bytes in its probe: another ABI or a broken build",
              refusal(BackendKind::kHip, "other_abi", folder));
}

TEST(PluginProbe, APluginThatLiesInTheSelfTestIsRefused) {
    PluginFolder folder;
    const auto report = probe_in_child(BackendKind::kHip, folder.add(BackendKind::kHip, "lies"));
    EXPECT_FALSE(report.is_usable);
    EXPECT_EQ(SelfTest::kFailed, report.self_test);
    EXPECT_EQ("returned wrong bytes in its self-test of epoch_transition", report.reason);
}

TEST(PluginProbe, ALauncherThatIsMissingIsNamed) {
    PluginFolder folder;
    EXPECT_EQ("lacks the launcher lux_cuda_aivm_anchor_apply",
              refusal(BackendKind::kCuda, "missing_launcher", folder));
    // A complete plugin of one kind under the name of another lacks all of them.
    const std::string path = folder.add(BackendKind::kHip, "complete");
    EXPECT_EQ("lacks the launcher lux_vulkan_aivm_attestation_apply",
              refusal(BackendKind::kVulkan, path));
}

TEST(PluginProbe, AFileThatIsNoElfIsRefused) {
    PluginFolder folder;
    EXPECT_EQ("is not an ELF file",
              refusal(BackendKind::kHip, folder.write(BackendKind::kHip, "")));
    EXPECT_EQ("is not an ELF file",
              refusal(BackendKind::kHip, folder.write(BackendKind::kHip, "\177EL")));
    EXPECT_EQ("is not an ELF file",
              refusal(BackendKind::kHip, folder.write(BackendKind::kHip, "#!/bin/sh\nexit 0\n")));
    EXPECT_EQ("is not an ELF file", refusal(BackendKind::kHip, folder.root())) << "a directory";
}

std::string contents_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

TEST(PluginProbe, AnElfFileForAnotherProcessorIsRefusedWithItsNumber) {
    PluginFolder folder;
    std::string bytes = contents_of(folder.add(BackendKind::kCuda, "complete"));
    ASSERT_GT(bytes.size(), 20u);
    bytes[18] = static_cast<char>(0xF3);  // e_machine: RISC-V
    bytes[19] = 0;
    EXPECT_THAT(refusal(BackendKind::kHip, folder.write(BackendKind::kHip, bytes)),
                HasSubstr("is built for another processor (ELF machine 243"));
}

TEST(PluginProbe, ATruncatedElfFileIsRefused) {
    PluginFolder folder;
    const std::string bytes = contents_of(folder.add(BackendKind::kCuda, "complete"));
    const std::string path = folder.write(BackendKind::kHip, bytes.substr(0, 100));
    EXPECT_THAT(refusal(BackendKind::kHip, path), HasSubstr("cannot be loaded: "));
}

TEST(PluginProbe, ANameThatIsNowhereIsAbsentAndAMissingDependencyIsNot) {
    const std::string nowhere = "libluxgpu_backend_nowhere.so";
    EXPECT_TRUE(is_absent(nowhere, refusal(BackendKind::kCuda, nowhere)));
    EXPECT_FALSE(is_absent(nowhere, "cannot be loaded: libcuda.so.1: No such file or directory"));
    EXPECT_FALSE(is_absent("/a/" + nowhere, "cannot be loaded: /a/" + nowhere + ": No such file"));
}

TEST(PluginProbe, OneFileIsProbedOncePerProcessUntilItChanges) {
    PluginFolder folder;
    const std::string path = folder.write(BackendKind::kHip, "not a plugin");
    EXPECT_EQ("is not an ELF file", probe_once(BackendKind::kHip, path, Absent::kRemember).reason);
    folder.add(BackendKind::kHip, "complete");
    EXPECT_TRUE(probe_once(BackendKind::kHip, path, Absent::kRemember).is_usable)
        << "another file under the name";
}

// Page faults of the child processes that have ended.
long faults_of_children() {
    rusage usage{};
    getrusage(RUSAGE_CHILDREN, &usage);
    return usage.ru_minflt;
}

TEST(PluginProbe, AnAbsentNameIsSearchedAgainOnlyIfThatIsAskedFor) {
    const std::string nowhere = "libluxgpu_backend_nowhere_else.so";
    EXPECT_FALSE(probe_once(BackendKind::kHip, nowhere, Absent::kRemember).is_usable);
    const long before = faults_of_children();
    EXPECT_FALSE(probe_once(BackendKind::kHip, nowhere, Absent::kRemember).is_usable);
    EXPECT_EQ(before, faults_of_children()) << "a child process was started";
    EXPECT_FALSE(probe_once(BackendKind::kHip, nowhere, Absent::kSearchAgain).is_usable);
    EXPECT_LT(before, faults_of_children());
}

// The self-test must notice each kernel on its own.
template <class Launcher>
std::string reason_with(Launcher Launchers::* member, Launcher broken) {
    PluginFolder folder;
    const std::string path = folder.add(BackendKind::kCuda, "complete");
    const auto plugin = Plugin::load(BackendKind::kCuda, path);
    EXPECT_TRUE(plugin);
    Launchers launchers = plugin->launchers();
    EXPECT_TRUE(self_test(launchers));
    launchers.*member = broken;
    const Status status = self_test(launchers);
    return status ? "" : status.error().context;
}

TEST(SelfTestOfPlugins, AKernelThatDoesNothingIsNamed) {
    const ApplyLauncher no_apply = [](auto...) { return 0; };
    const EpochLauncher no_epoch = [](auto...) { return 0; };
    const InferenceLauncher no_inference = [](auto...) { return 0; };
    const ProofLauncher no_proof = [](auto...) { return 0; };
    EXPECT_THAT(reason_with(&Launchers::attestation_apply, no_apply),
                AllOf(HasSubstr("wrong bytes"), HasSubstr("attestation_apply")));
    EXPECT_THAT(reason_with(&Launchers::provenance_apply, no_apply), HasSubstr("provenance_apply"));
    EXPECT_THAT(reason_with(&Launchers::anchor_apply, no_apply), HasSubstr("anchor_apply"));
    EXPECT_THAT(reason_with(&Launchers::epoch_transition, no_epoch), HasSubstr("epoch_transition"));
    EXPECT_THAT(reason_with(&Launchers::inference_step, no_inference), HasSubstr("inference_step"));
    EXPECT_THAT(reason_with(&Launchers::proof_verify, no_proof), HasSubstr("proof_verify"));
}

TEST(SelfTestOfPlugins, AReturnCodeIsPartOfTheReason) {
    const ProofLauncher fails = [](auto...) { return 4; };
    EXPECT_EQ("failed its self-test in proof_verify with code 4",
              reason_with(&Launchers::proof_verify, fails));
}

}  // namespace
}  // namespace aivm::gpu
