#include "common/metrics/reader.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <random>

#include "common/metrics/storage.h"
#include "tests/unit/config/temp_dir.h"
#include "tests/unit/metrics/table.h"

namespace funnel::metrics {
namespace {

Bytes ValidImage() {
  std::vector<std::byte> image = FreshImage("funnel-sctpd", kTable);
  const auto* data = reinterpret_cast<const std::uint8_t*>(image.data());
  return Bytes(data, data + image.size());
}

// A valid image with one byte changed.
Bytes With(std::size_t at, std::uint8_t value) {
  Bytes image = ValidImage();
  image.at(at) = value;
  return image;
}

TEST(CounterReader, ReadsWhatAWriterMakes) {
  auto snapshot = ParseCounters(ValidImage());
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  EXPECT_EQ(snapshot->daemon, "funnel-sctpd");
  EXPECT_EQ(snapshot->starts, 1u);
  EXPECT_EQ(snapshot->values.size(), 2u);
}

TEST(CounterReader, RefusesEveryTruncationAndTrailingBytes) {
  Bytes image = ValidImage();
  for (std::size_t size = 0; size < image.size(); ++size) {
    EXPECT_FALSE(ParseCounters(ByteView(image).first(size))) << size;
  }
  image.push_back(0);
  EXPECT_FALSE(ParseCounters(image));
}

TEST(CounterReader, RefusesWhatALiarWrites) {
  EXPECT_FALSE(ParseCounters(With(0, 'X'))) << "magic";
  EXPECT_FALSE(ParseCounters(With(offsetof(Header, version), 9)));
  EXPECT_FALSE(ParseCounters(With(offsetof(Header, entry_count), 3)));
  EXPECT_FALSE(ParseCounters(With(offsetof(Header, entry_count) + 3, 0xff)));
  EXPECT_FALSE(ParseCounters(With(offsetof(Header, daemon), 0x1b))) << "a terminal's escape";
  EXPECT_FALSE(ParseCounters(With(offsetof(Header, daemon), 0)));
  EXPECT_FALSE(ParseCounters(With(sizeof(Header), 0x1b)));
  EXPECT_FALSE(ParseCounters(With(sizeof(Header) + offsetof(Entry, kind), 2)));
  Bytes unterminated = ValidImage();
  for (std::size_t i = 0; i < kNameSize; ++i) unterminated[sizeof(Header) + i] = 'a';
  EXPECT_FALSE(ParseCounters(unterminated));
}

TEST(CounterReader, SurvivesRandomDamage) {
  std::mt19937 random(4711);
  Bytes image = ValidImage();
  for (int round = 0; round < 20000; ++round) {
    Bytes damaged = image;
    for (int change = 0; change < 4; ++change) {
      damaged[random() % damaged.size()] = static_cast<std::uint8_t>(random());
    }
    damaged.resize(random() % 8 == 0 ? random() % (image.size() + 64) : image.size());
    auto snapshot = ParseCounters(damaged);
    if (!snapshot) continue;
    EXPECT_LE(snapshot->values.size(), kMaxEntries);
    for (char c : snapshot->daemon) ASSERT_TRUE(c > ' ' && c < 0x7f);
  }
}

TEST(CounterReader, DoesNotFollowLinksOrHangOnPipes) {
  TempDir dir;
  dir.Write("real", std::string_view("x"));
  std::filesystem::create_symlink(dir.Path("real"), dir.Path("link"));
  ASSERT_EQ(mkfifo(dir.Path("pipe").c_str(), 0600), 0);
  EXPECT_FALSE(CounterReader::Open(dir.Path("link")));
  EXPECT_FALSE(CounterReader::Open(dir.Path("pipe")));
  EXPECT_FALSE(CounterReader::Open(dir.path()));
  EXPECT_FALSE(CounterReader::Open("/dev/zero"));
  EXPECT_FALSE(CounterReader::Open(dir.Path("absent")));
}

TEST(CounterReader, ListsAFolderWithItsBadFiles) {
  TempDir dir;
  CounterFile good = CounterFile::Create(dir.Path("b"), "b", kTable);
  dir.Write("a", "garbage");
  auto listed = ReadCounterFolder(dir.path());
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 2u);
  EXPECT_EQ((*listed)[0].file, "a");
  EXPECT_FALSE((*listed)[0].snapshot);
  EXPECT_TRUE((*listed)[1].snapshot);
  EXPECT_FALSE(ReadCounterFolder("/nonexistent"));
}

}  // namespace
}  // namespace funnel::metrics
