#include "sim/history/operation_printer.h"

#include <gtest/gtest.h>

namespace aivm::sim {
namespace {

// One identity with a name, and a state without tasks; sentences about tasks are tested where runs
// are shrunk.
class OperationPrinterTest : public testing::Test {
protected:
    OperationPrinterTest() {
        wallet_.bytes[0] = 7;
        Participant provider;
        provider.name = "provider[7]";
        provider.address = wallet_;
        participants_.add(std::move(provider));
    }

    std::string say(OperationBody body, const Address& sender) {
        OperationPrinter printer(participants_, State{});
        return printer.describe(SignedOperation({sender, 1, std::move(body)}, {}), 62);
    }
    std::string say(OperationBody body) { return say(std::move(body), wallet_); }

    Participants participants_;
    Address wallet_;
};

TEST_F(OperationPrinterTest, OneSentenceForEveryKind) {
    op::RegisterProvider registration;
    registration.bond = lux(1000);
    EXPECT_EQ(say(registration), "provider[7] registers with a bond of 1000 LUX");
    registration.bond = Amount(1);
    EXPECT_EQ(say(registration), "provider[7] registers with a bond of 0.000000001 LUX");
    EXPECT_EQ(say(op::DeregisterProvider{"p"}), "provider[7] deregisters");
    EXPECT_EQ(say(op::WithdrawBond{"p"}), "provider[7] withdraws its bond at block 62");
    op::RegisterModel model;
    model.model->id = "m";
    EXPECT_EQ(say(model), "provider[7] registers model m");
    EXPECT_EQ(say(op::ClaimRewards{"p"}), "provider[7] claims its rewards");
    EXPECT_EQ(say(op::Attest{}), "provider[7] posts attestation evidence");
    EXPECT_EQ(say(op::ModelUpdate{}), "provider[7] updates an entry of the model registry");
    op::Evidence evidence;
    evidence.validator = 3;
    evidence.slot = 12;
    EXPECT_EQ(say(evidence), "provider[7] proves that validator[3] signed two items for slot 12");
}

TEST_F(OperationPrinterTest, AJobThatNoStateKnowsGoesByItsOwnName) {
    const auto about_j = [](auto body) {
        body.job_id = "j";
        return body;
    };
    EXPECT_EQ(say(about_j(op::SubmitTask{})), "provider[7] submits unknown job j");
    EXPECT_EQ(say(about_j(op::Commit{})), "provider[7] commits to a result for unknown job j");
    EXPECT_EQ(say(about_j(op::Reveal{})), "provider[7] reveals a result for unknown job j");
    EXPECT_EQ(say(about_j(op::SubmitResult{})), "provider[7] posts a result for unknown job j");
    EXPECT_EQ(say(about_j(op::Challenge{})), "provider[7] challenges unknown job j");
    EXPECT_EQ(say(about_j(op::ChallengeReveal{})),
              "provider[7] reveals its claim on unknown job j");
    op::DisputeMove move;
    move.challenger = wallet_;
    EXPECT_EQ(say(about_j(move)),
              "provider[7] disagrees with the step opened last of unknown job j");
    move.opens = true;
    EXPECT_EQ(say(about_j(move)),
              "provider[7] opens a step of its trace of unknown job j for provider[7]");
}

TEST_F(OperationPrinterTest, AnAddressWithoutANameIsWrittenOut) {
    EXPECT_EQ(say(op::DeregisterProvider{"p"}, Address{}),
              "0x" + std::string(40, '0') + " deregisters");
}

}  // namespace
}  // namespace aivm::sim
