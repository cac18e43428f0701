// Loaded before user-mode Linux (LD_PRELOAD): lets Debian 12's run on processors whose registers
// take more room than it knows.
//
// It keeps a process's extended registers in a buffer of fixed size and hands that back by
// ptrace(PTRACE_SETREGSET, NT_X86_XSTATE). Linux takes all of the state or nothing (EFAULT), and
// with AMX all of it is 11 KiB: the guest's first process dies. What the guest does not know is
// added here as it stands in the process.
#include <dlfcn.h>
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdint>
#include <cstring>

namespace {

using Ptrace = long (*)(__ptrace_request, pid_t, void*, void*);

long Next(__ptrace_request request, pid_t pid, void* address, void* data) {
  static const auto next = reinterpret_cast<Ptrace>(::dlsym(RTLD_NEXT, "ptrace"));
  return next(request, pid, address, data);
}

bool SetsExtendedRegisters(__ptrace_request request, const void* address) {
  return request == PTRACE_SETREGSET && reinterpret_cast<std::uintptr_t>(address) == NT_X86_XSTATE;
}

}  // namespace

extern "C" long ptrace(__ptrace_request request, ...) noexcept {
  va_list rest;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wvarargs"  // glibc has the enum as the last named one
  va_start(rest, request);
#pragma GCC diagnostic pop
  const pid_t pid = va_arg(rest, pid_t);
  void* const address = va_arg(rest, void*);
  void* const data = va_arg(rest, void*);
  va_end(rest);

  alignas(64) static std::array<char, std::size_t{64} * 1024>
      whole;  // user-mode Linux has one thread that traces
  iovec all{whole.data(), whole.size()};
  if (!SetsExtendedRegisters(request, address) || Next(PTRACE_GETREGSET, pid, address, &all) < 0)
    return Next(request, pid, address, data);

  const auto* known = static_cast<const iovec*>(data);
  std::memcpy(all.iov_base, known->iov_base, std::min(known->iov_len, all.iov_len));
  return Next(request, pid, address, &all);
}
