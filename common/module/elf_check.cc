#include "common/module/elf_check.h"

#include <elf.h>
#include <link.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <vector>

namespace funnel::module {
namespace {

// More than any linker makes.
constexpr std::size_t kMaxHeaders = 256, kMaxDynamicBytes = 64 * 1024;

constexpr unsigned char kNativeClass = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
constexpr unsigned char kNativeData =
    __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;

[[nodiscard]] bool ReadAt(int fd, void* out, std::size_t size, std::uint64_t offset) {
  return pread(fd, out, size, static_cast<off_t>(offset)) == static_cast<ssize_t>(size);
}

Result<> CheckDynamic(int fd, const ElfW(Phdr) & segment) {
  if (segment.p_filesz > kMaxDynamicBytes) return Fail("is no shared object that we know");
  std::vector<ElfW(Dyn)> entries(segment.p_filesz / sizeof(ElfW(Dyn)));
  if (!ReadAt(fd, entries.data(), entries.size() * sizeof(ElfW(Dyn)), segment.p_offset))
    return Fail("is cut short");
  for (const ElfW(Dyn) & entry : entries) {
    if (entry.d_tag == DT_NULL) break;
    if (entry.d_tag == DT_TEXTREL || (entry.d_tag == DT_FLAGS && (entry.d_un.d_val & DF_TEXTREL)))
      return Fail("needs text relocations; compile it with -fPIC");
  }
  return {};
}

}  // namespace

Result<> CheckElf(int fd) {
  ElfW(Ehdr) header{};
  if (!ReadAt(fd, &header, sizeof header, 0) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_ident[EI_CLASS] != kNativeClass || header.e_ident[EI_DATA] != kNativeData ||
      header.e_type != ET_DYN || header.e_phentsize != sizeof(ElfW(Phdr)) ||
      header.e_phnum > kMaxHeaders)
    return Fail("is no shared object of this machine");

  std::vector<ElfW(Phdr)> segments(header.e_phnum);
  if (!ReadAt(fd, segments.data(), segments.size() * sizeof(ElfW(Phdr)), header.e_phoff))
    return Fail("is cut short");
  bool has_stack = false;
  for (const ElfW(Phdr) & segment : segments) {
    const bool executable = (segment.p_flags & PF_X) != 0;
    if (segment.p_type == PT_GNU_STACK) {
      has_stack = true;
      if (executable) return Fail("needs an executable stack");
    }
    if (segment.p_type == PT_LOAD && executable && (segment.p_flags & PF_W) != 0)
      return Fail("has memory that is both writable and executable");
    if (segment.p_type == PT_DYNAMIC) TRY(CheckDynamic(fd, segment));
  }
  // If the header is absent, the dynamic linker assumes that it does.
  if (!has_stack) return Fail("needs an executable stack, or does not say that it needs none");
  return {};
}

}  // namespace funnel::module
