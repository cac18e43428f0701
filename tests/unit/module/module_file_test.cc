#include "common/module/module_file.h"

#include <elf.h>
#include <gtest/gtest.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include "common/module/service_module.h"
#include "tests/unit/module/toy_module.h"

namespace funnel::module {
namespace {

namespace fs = std::filesystem;

// The headers of a shared object, for tests that change them.
class Headers {
 public:
  explicit Headers(std::string& file) : file_(file) {}

  ElfW(Phdr) * Segment(std::uint32_t type) {
    auto* header = reinterpret_cast<ElfW(Ehdr)*>(file_.data());
    auto* at = reinterpret_cast<ElfW(Phdr)*>(file_.data() + header->e_phoff);
    for (int i = 0; i < header->e_phnum; ++i)
      if (at[i].p_type == type) return &at[i];
    return nullptr;
  }
  // The entry that ends the list; linkers leave several.
  ElfW(Dyn) * EndOfDynamic() {
    auto* at = reinterpret_cast<ElfW(Dyn)*>(file_.data() + Segment(PT_DYNAMIC)->p_offset);
    while (at->d_tag != DT_NULL) ++at;
    return at;
  }

 private:
  std::string& file_;
};

class ModuleFile : public ::testing::Test {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/funnel-modules-XXXXXX";
    ASSERT_NE(mkdtemp(folder), nullptr);
    folder_ = folder;
  }
  void TearDown() override { fs::remove_all(folder_); }

  // Installs a changed copy of the dns module.
  void Install(const std::string& name, const std::function<void(std::string&)>& change = {}) {
    std::ifstream in(DNS_MODULE, std::ios::binary);
    std::string file{std::istreambuf_iterator<char>(in), {}};
    ASSERT_FALSE(file.empty());
    if (change) change(file);
    std::ofstream(folder_ / (name + ".so"), std::ios::binary) << file;
    chmod((folder_ / (name + ".so")).c_str(), 0644);
  }
  // Why NAME is not loaded; "": it is loaded.
  std::string Reason(const std::string& name) {
    const auto loaded = LoadModule(folder_, name, geteuid());
    return loaded ? "" : loaded.error().reason;
  }
  std::string Path(const std::string& name) { return (folder_ / (name + ".so")).string(); }

  fs::path folder_;
};

TEST_F(ModuleFile, LoadsAModule) {
  Install("dns");
  const auto loaded = LoadModule(folder_, "dns", geteuid());
  ASSERT_TRUE(loaded) << loaded.error().reason;
  EXPECT_STREQ((*loaded)->name, "dns");
  const auto configured = ServiceModule::Configure(**loaded, {});
  ASSERT_TRUE(configured);
  EXPECT_NE((*configured)->config(), nullptr);
}

TEST_F(ModuleFile, ListsWhatCouldBeModules) {
  Install("dns");
  Install("also");
  std::ofstream(folder_ / "README") << "no module";
  std::ofstream(folder_ / ".so") << "nor this";
  const auto names = ListModules(folder_);
  ASSERT_TRUE(names);
  EXPECT_EQ(*names, (std::vector<std::string>{"also", "dns"}));
  const auto none = ListModules(folder_ / "nowhere");
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
}

TEST_F(ModuleFile, SaysThatOneIsMissing) {
  const auto no_file = LoadModule(folder_, "dns", geteuid());
  ASSERT_FALSE(no_file);
  EXPECT_TRUE(no_file.error().missing);
  const auto no_folder = LoadModule(folder_ / "nowhere", "dns", geteuid());
  ASSERT_FALSE(no_folder);
  EXPECT_TRUE(no_folder.error().missing);
}

TEST_F(ModuleFile, TakesNothingThatOthersCanChange) {
  Install("dns");
  chmod(Path("dns").c_str(), 0664);
  EXPECT_EQ(Reason("dns"), Path("dns") + " can be written by others than its owner");
  chmod(Path("dns").c_str(), 0646);
  EXPECT_EQ(Reason("dns"), Path("dns") + " can be written by others than its owner");
  chmod(Path("dns").c_str(), 0644);
  chmod(folder_.c_str(), 0777);
  EXPECT_EQ(Reason("dns"), folder_.string() + " can be written by others than its owner");
  chmod(folder_.c_str(), 0755);
  EXPECT_EQ(Reason("dns"), "");
  const auto of_another = LoadModule(folder_, "dns", geteuid() + 1);
  ASSERT_FALSE(of_another);
  EXPECT_FALSE(of_another.error().missing);
  EXPECT_EQ(of_another.error().reason, folder_.string() + " belongs to another user");
}

TEST_F(ModuleFile, FollowsNoLinkAndWaitsForNoPipe) {
  Install("dns");
  fs::create_symlink(Path("dns"), Path("link"));
  EXPECT_EQ(Reason("link"), Path("link") + " is a symbolic link");
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(Reason("pipe"), Path("pipe") + " is no regular file");
}

TEST_F(ModuleFile, TakesNothingThatNeedsExecutableMemory) {
  Install("stack", [](std::string& file) { Headers(file).Segment(PT_GNU_STACK)->p_flags |= PF_X; });
  EXPECT_EQ(Reason("stack"), Path("stack") + " needs an executable stack");
  Install("silent",
          [](std::string& file) { Headers(file).Segment(PT_GNU_STACK)->p_type = PT_NULL; });
  EXPECT_EQ(Reason("silent"),
            Path("silent") + " needs an executable stack, or does not say that it needs none");
  Install("text", [](std::string& file) { Headers(file).EndOfDynamic()->d_tag = DT_TEXTREL; });
  EXPECT_EQ(Reason("text"), Path("text") + " needs text relocations; compile it with -fPIC");
  Install("flags", [](std::string& file) {
    ElfW(Dyn)* entry = Headers(file).EndOfDynamic();
    entry->d_tag = DT_FLAGS;
    entry->d_un.d_val = DF_TEXTREL;
  });
  EXPECT_EQ(Reason("flags"), Path("flags") + " needs text relocations; compile it with -fPIC");
  Install("both",
          [](std::string& file) { Headers(file).Segment(PT_LOAD)->p_flags |= PF_W | PF_X; });
  EXPECT_EQ(Reason("both"), Path("both") + " has memory that is both writable and executable");
}

TEST_F(ModuleFile, TakesNothingThatIsNoSharedObject) {
  std::ofstream(Path("text")) << "#!/bin/sh\n";
  EXPECT_EQ(Reason("text"), Path("text") + " is no shared object of this machine");
  std::ofstream(Path("empty")) << "";
  EXPECT_EQ(Reason("empty"), Path("empty") + " is no shared object of this machine");
  Install("class", [](std::string& file) { file[EI_CLASS] ^= 3; });
  EXPECT_EQ(Reason("class"), Path("class") + " is no shared object of this machine");
  Install("cut", [](std::string& file) { file.resize(100); });
  EXPECT_EQ(Reason("cut"), Path("cut") + " is cut short");
}

TEST_F(ModuleFile, TakesNothingUnderAnotherName) {
  Install("other");
  EXPECT_EQ(Reason("other"), Path("other") + " calls itself by another name");
}

TEST_F(ModuleFile, LoadsSeveralEachFromItsOwnFile) {
  Install("dns");
  Install("other");
  const auto first = LoadModule(folder_, "dns", geteuid());
  ASSERT_TRUE(first);
  // If descriptors were closed, the linker would take this for the same file.
  EXPECT_EQ(Reason("other"), Path("other") + " calls itself by another name");
}

TEST(ModuleTable, MustBeOfOurAbiAndComplete) {
  EXPECT_EQ(CheckTable(kToyModule, "toy"), "");
  struct funnel_module table = kToyModule;
  table.abi = 2;
  EXPECT_EQ(CheckTable(table, "toy"), "was built for module ABI 2, and this is 1");

  table = kToyModule;
  table.verdict_size -= 8;
  EXPECT_EQ(CheckTable(table, "toy"), "was built with another modules/module.h");

  table = kToyModule;
  table.configure = nullptr;
  EXPECT_EQ(CheckTable(table, "toy"), "lacks a function or its summary");
  table = kToyModule;
  table.close = nullptr;
  EXPECT_EQ(CheckTable(table, "toy"), "lacks one of open, close and read");

  table = kToyModule;
  table.open = nullptr;
  table.close = nullptr;
  table.read = nullptr;
  EXPECT_EQ(CheckTable(table, "toy"), "is neither for connections nor for datagrams");

  table = kToyModule;
  table.head_max = FUNNEL_HEAD_MAX + 1;
  EXPECT_EQ(CheckTable(table, "toy"), "has a head_max out of range");
}

// --- options

constexpr funnel_option_row kRows[] = {
    {"size", "how large"}, {"shape", "how round"}, {nullptr, nullptr}};

struct funnel_module WithOptions() {
  struct funnel_module table = kToyModule;
  table.options = kRows;
  table.configure = [](const funnel_option* options, std::size_t count, std::size_t* wrong,
                       char* error, std::size_t size) -> void* {
    for (std::size_t i = 0; i < count; ++i) {
      if (std::string_view(options[i].value) == "good") continue;
      *wrong = i;
      std::snprintf(error, size, "%s is not good", options[i].name);
      return nullptr;
    }
    return &toy_object;
  };
  return table;
}

TEST(ServiceModule, PassesOptions) {
  const struct funnel_module table = WithOptions();
  EXPECT_TRUE(ServiceModule::Configure(table, {"shape=good", "size=good"}));
}

TEST(ServiceModule, KnowsWhichOptionIsWrong) {
  const struct funnel_module table = WithOptions();
  const auto unknown = ServiceModule::Configure(table, {"size=good", "colour=red"});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().index, 1u);
  EXPECT_EQ(unknown.error().reason, "module toy has no option colour");
  const auto wrong = ServiceModule::Configure(table, {"size=good", "shape=bad"});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().index, 1u);
  EXPECT_EQ(wrong.error().reason, "shape is not good");
}

}  // namespace
}  // namespace funnel::module
