// The rows of all strategies, in the order in which `aivmsim list` shows them. An explicit list,
// because the linker drops whatever in a static library nothing refers to.
#pragma once

#define AIVM_STRATEGIES(X)      \
    X(kHonestRow)               \
    X(kAbsentRow)               \
    X(kAlwaysCheckRow)          \
    X(kThresholdCheckRow)       \
    X(kSlowRow)                 \
    X(kModelOwnerRow)           \
    X(kCrashFaultyRow)          \
    X(kNondeterministicRow)     \
    X(kLazyGuessRow)            \
    X(kFreeRiderRow)            \
    X(kSilentSelectedRow)       \
    X(kLastRevealerRow)         \
    X(kQuorumCollusionRow)      \
    X(kCartelRow)               \
    X(kSybilRow)                \
    X(kSelectionGrinderRow)     \
    X(kLateJoinerRow)           \
    X(kFrivolousChallengerRow)  \
    X(kStaleChallengerRow)      \
    X(kPPlusEpsilonRow)         \
    X(kCensoringProposerRow)    \
    X(kEconomicCensorRow)       \
    X(kOrphaningMajorityRow)    \
    X(kBudgetSplitterRow)       \
    X(kPartitionTimedFraudRow)  \
    X(kEclipseRow)              \
    X(kUnbondEscapeRow)         \
    X(kModelDowngradeRow)       \
    X(kLazyCheckerRow)          \
    X(kSelfChallengerRow)       \
    X(kChallengeFrontrunnerRow) \
    X(kCheckerBriberRow)        \
    X(kBribableCheckerRow)      \
    X(kLastBlockRow)            \
    X(kClockWaiterRow)          \
    X(kBondReuseRow)            \
    X(kRestakerRow)             \
    X(kDelayAttackerRow)        \
    X(kRestartGrieferRow)       \
    X(kDustSpammerRow)          \
    X(kComputeTimeInflatorRow)  \
    X(kWashTraderRow)           \
    X(kShieldChallengerRow)     \
    X(kQueueFlooderRow)         \
    X(kQueueHolderRow)          \
    X(kSlotSpammerRow)          \
    X(kTrustFarmerRow)          \
    X(kTeeKeyThiefRow)          \
    X(kStaleAttesterRow)        \
    X(kNoiseGamerRow)           \
    X(kEquivocatorRow)          \
    X(kNothingAtStakeRow)       \
    X(kMinorityKeeperRow)
