#include "common/net/srv.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>

#include <algorithm>
#include <memory>
#include <numeric>

#include "common/config/address.h"

namespace funnel::net {
namespace {

// priority, weight, port, and a name of one byte at least (RFC 2782).
constexpr std::size_t kFixedSize = 6;
// A name server that is there answers at once; the usual 5 s twice would delay a peer that
// /etc/hosts knows.
constexpr int kFirstTrySeconds = 1;
constexpr int kTries = 2;

std::uint16_t Read16(const std::uint8_t* at) {
  return static_cast<std::uint16_t>(at[0] << 8 | at[1]);
}

// RFC 2782, "Weight": those of weight 0 first, then the first whose running sum reaches a number
// drawn from the whole.
std::vector<SrvRecord>::iterator Draw(std::vector<SrvRecord>::iterator begin,
                                      std::vector<SrvRecord>::iterator end, double random) {
  auto add = [](std::uint32_t sum, const SrvRecord& record) { return sum + record.weight; };
  double drawn = random * std::accumulate(begin, end, std::uint32_t{0}, add);
  std::uint32_t sum = 0;
  for (auto at = begin; at != end; ++at)
    if ((sum += at->weight) >= drawn) return at;
  return begin;
}

// There is a function of that name as well.
using ResolverState = struct ::__res_state;

struct CloseResolver {
  void operator()(ResolverState* state) const {
    ::res_nclose(state);
    delete state;
  }
};

}  // namespace

Result<std::vector<SrvRecord>> ParseSrvAnswer(ByteView message) {
  ns_msg parsed;
  if (::ns_initparse(message.data(), static_cast<int>(message.size()), &parsed) != 0)
    return Fail("the name server's answer makes no sense");
  std::vector<SrvRecord> records;
  for (int i = 0; i < ns_msg_count(parsed, ns_s_an) && records.size() < kMaxSrvRecords; ++i) {
    ns_rr record;
    if (::ns_parserr(&parsed, ns_s_an, i, &record) != 0)
      return Fail("the name server's answer makes no sense");
    if (ns_rr_type(record) != ns_t_srv || ns_rr_rdlen(record) <= kFixedSize) continue;
    const std::uint8_t* data = ns_rr_rdata(record);
    char target[NS_MAXDNAME];
    if (::ns_name_uncompress(ns_msg_base(parsed), ns_msg_end(parsed), data + kFixedSize, target,
                             sizeof target) < 0)
      return Fail("the name server's answer makes no sense");
    std::string name = target;
    if (name == ".") name.clear();
    if (!name.empty() && !config::IsHostName(name)) continue;
    records.push_back({.priority = Read16(data),
                       .weight = Read16(data + 2),
                       .port = Read16(data + 4),
                       .target = std::move(name)});
  }

  return records;
}

void OrderSrv(std::vector<SrvRecord>& records, const std::function<double()>& random) {
  auto before = [](const SrvRecord& left, const SrvRecord& right) {
    return std::pair(left.priority, left.weight != 0) <
           std::pair(right.priority, right.weight != 0);
  };
  std::ranges::stable_sort(records, before);
  for (auto at = records.begin(); at != records.end(); ++at) {
    auto end = std::find_if(at, records.end(), [priority = at->priority](const SrvRecord& record) {
      return record.priority != priority;
    });
    auto drawn = Draw(at, end, random());
    std::rotate(at, drawn, drawn + 1);
  }
}

Result<std::vector<SrvRecord>> LookUpSrv(const std::string& name) {
  std::unique_ptr<ResolverState, CloseResolver> state(new ResolverState{});
  if (::res_ninit(state.get()) != 0) return Fail("no resolver: /etc/resolv.conf cannot be read");
  state->retrans = kFirstTrySeconds;
  state->retry = kTries;
  Bytes answer(NS_MAXMSG);
  int size = ::res_nquery(state.get(), name.c_str(), ns_c_in, ns_t_srv, answer.data(),
                          static_cast<int>(answer.size()));

  if (size < 0) {
    int why = state->res_h_errno;
    if (why == HOST_NOT_FOUND || why == NO_DATA) return std::vector<SrvRecord>{};
    return Fail(name + ": " + ::hstrerror(why));
  }

  return ParseSrvAnswer(ByteView(answer).first(std::min<std::size_t>(answer.size(), size)));
}

}  // namespace funnel::net
