#include "common/service/channel/channel_notes.h"

#include <gtest/gtest.h>

namespace funnel::service {
namespace {

struct ChannelNotesTest : testing::Test {
  const ChannelIdentity identity{.local_principal = "dns/near@R",
                                 .remote_principal = "dns/far@R",
                                 .suite = 2,
                                 .why_not_better = "no AES-GCM"};
  ChannelNotes notes{identity};
};

TEST_F(ChannelNotesTest, SaysWhatWasAgreed) {
  const ipc::Note note = notes.Note(ipc::NoteState::kOpen, "");
  EXPECT_EQ(note.state, ipc::NoteState::kOpen);
  EXPECT_EQ(note.local_principal, "dns/near@R");
  EXPECT_EQ(note.remote_principal, "dns/far@R");
  EXPECT_EQ(note.suite, 2);
  EXPECT_EQ(note.suite_reason, "no AES-GCM");
  EXPECT_FALSE(note.authenticated);
  EXPECT_FALSE(note.in_use);
}

TEST_F(ChannelNotesTest, UseIsReportedWhenItChangesOnly) {
  EXPECT_FALSE(notes.SetInUse(false));
  const auto begun = notes.SetInUse(true);
  ASSERT_TRUE(begun);
  EXPECT_TRUE(begun->in_use);
  EXPECT_FALSE(notes.SetInUse(true));
  const auto ended = notes.SetInUse(false);
  ASSERT_TRUE(ended);
  EXPECT_FALSE(ended->in_use);
}

TEST_F(ChannelNotesTest, UseAndStateAreKeptWhileTheOtherChanges) {
  (void)notes.SetInUse(true);
  EXPECT_TRUE(notes.Note(ipc::NoteState::kClosing, "the rule has gone").in_use);
  const auto ended = notes.SetInUse(false);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->state, ipc::NoteState::kClosing);
  EXPECT_EQ(ended->text, "the rule has gone");
}

}  // namespace
}  // namespace funnel::service
