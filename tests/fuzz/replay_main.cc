// Runs a fuzz target over its corpus, and over every prefix of the corpus's smaller inputs:
//   replay-NAME FOLDER
// A target that finds fault ends the process.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  constexpr std::size_t kLargestCut = 600;
  std::size_t count = 0;
  if (argc != 2) return 2;

  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::vector<char> text{std::istreambuf_iterator<char>(file), {}};
    std::printf("%s\n", entry.path().c_str());
    std::fflush(stdout);
    // Copies of the exact size, so that a sanitizer sees a read beyond the end.
    for (std::size_t size = text.size() > kLargestCut ? text.size() : 0; size <= text.size();
         ++size) {
      const std::vector<char> input(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size));
      LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), size);
    }
    ++count;
  }
  std::printf("%zu inputs\n", count);
  return count > 0 ? 0 : 1;
}
