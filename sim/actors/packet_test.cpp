#include "sim/actors/packet.h"

#include <gtest/gtest.h>

#include "core/base/digest.h"
#include "sim/consensus/bft/cut_votes.h"
#include "sim/consensus/bft/messages.h"
#include "sim/consensus/bootstrap_messages.h"
#include "sim/consensus/hotstuff/messages.h"
#include "sim/consensus/snowman/messages.h"

namespace aivm::sim {
namespace {

BlockPtr packet_block(std::uint8_t number) {
    BlockHeader header;
    header.height = number;
    return std::make_shared<const Block>(header, std::vector<OperationPtr>{}, Bytes(16, number));
}

std::vector<Packet> encodable() {
    const BlockPtr block = packet_block(3);
    return {ConsensusPacket{Query{1, {{block->id(), 3}, 3}, true}, block},
            ConsensusPacket{Chits{2, {{block->id(), 3}, block->id(), {}}}, nullptr},
            BlockRequest{block->id(), 7}, BlockReply{{block, packet_block(2)}}, BlockReply{}};
}

TEST(Packet, DecodesToItselfAndItsSizeIsThatOfItsBytes) {
    for (const Packet& packet : encodable()) {
        const Bytes frame = encode_packet(packet);
        EXPECT_EQ(packet_bytes(packet), frame.size() + 32) << "of the frame's 40, 8 are sent here";
        EXPECT_EQ(packet_bytes(RawPacket{frame}), packet_bytes(packet));
        const auto decoded = decode_packet(frame, decode_snowman_message);
        ASSERT_TRUE(decoded.has_value()) << decoded.error().text();
        EXPECT_EQ(encode_packet(*decoded), frame);
        EXPECT_EQ(packet_digest(*decoded), packet_digest(packet));
    }
}

TEST(Packet, EveryCertificateInAMessageTakesTheBytesThatAreSet) {
    QuorumCertificate certificate{Ballot::kPrecommit, {sha256(as_bytes("b")), 3}, 1, {}};
    for (VoterIndex voter = 0; voter < 5; ++voter)
        certificate.votes.push_back({voter, Bytes(64, 7)});
    const std::uint64_t encoded = encoded_size(certificate);
    const auto bytes_of = [](const Message& message, std::uint64_t certificate_bytes) {
        return packet_bytes(ConsensusPacket{message, nullptr}, certificate_bytes);
    };
    const auto expect_certificates = [&](const Message& message, std::uint64_t count) {
        const std::uint64_t rest = bytes_of(message, 0) - count * encoded;
        EXPECT_EQ(bytes_of(message, 1), rest + count);
        EXPECT_EQ(bytes_of(message, 123), rest + 123 * count);
        EXPECT_EQ(packet_bytes(VertexPacket{message, nullptr}, 123), rest + 123 * count);
    };
    const BlockRef block{sha256(as_bytes("c")), 4};
    expect_certificates(Decided{certificate}, 1);
    expect_certificates(Proposal{block, 0, std::nullopt, std::nullopt}, 0);
    expect_certificates(Proposal{block, 0, std::nullopt, certificate}, 1);
    expect_certificates(Proposal{block, 0, certificate, certificate}, 2);
    expect_certificates(CutCertificates{{certificate, certificate, certificate}}, 3);
    expect_certificates(ViewProposal{block, 5, false, {certificate, certificate}}, 2);
    expect_certificates(NewView{5, {certificate}}, 1);
    expect_certificates(BallotCast{Ballot::kPrevote, 4, 0, block.id, Bytes(64, 7)}, 0);
    expect_certificates(Chits{2, {block, block.id, block}}, 0);
}

TEST(Packet, AnyFlippedBitIsNoticed) {
    for (const Packet& packet : encodable()) {
        const std::uint64_t bits = 8 * encode_packet(packet).size();
        for (std::uint64_t bit = 0; bit < bits; ++bit) {
            const RawPacket arrived = with_flipped_bits(packet, {&bit, 1});
            EXPECT_FALSE(decode_packet(arrived.frame, decode_snowman_message).has_value()) << bit;
        }
        const std::uint64_t twice[] = {5, 5 + bits};
        EXPECT_EQ(with_flipped_bits(packet, twice).frame, encode_packet(packet));
    }
}

TEST(Packet, WhatClientsSendArrivesAsNothingOnceItIsDamaged) {
    const std::uint64_t bit = 1;
    EXPECT_TRUE(with_flipped_bits(FollowRequest{3}, {&bit, 1}).frame.empty());
    EXPECT_FALSE(decode_packet({}, decode_snowman_message).has_value());
}

TEST(Packet, OfRawBytesIsTheConsensusPacketIfTheyAreAMessage) {
    const ConsensusPacket packet{Chits{2, {{sha256(as_bytes("b")), 3}, {}, {}}}, nullptr};
    Writer message;
    packet.message.encode(message);
    const RawPacket raw = raw_consensus_packet(message.view());
    EXPECT_EQ(raw.frame, encode_packet(packet));
    EXPECT_TRUE(decode_packet(raw.frame, decode_snowman_message).has_value());
    const Bytes more{1, 2, 3};
    EXPECT_FALSE(decode_packet(raw_consensus_packet(more).frame, decode_snowman_message));
}

TEST(Packet, ABodyThatTheMessageDoesNotNameIsMalformed) {
    const Packet wrong =
        ConsensusPacket{Query{1, {{sha256(as_bytes("other")), 3}, 3}, true}, packet_block(3)};
    EXPECT_FALSE(decode_packet(encode_packet(wrong), decode_snowman_message).has_value());
}

}  // namespace
}  // namespace aivm::sim
