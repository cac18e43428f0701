// SIMCO 3.0 (RFC 4540): agents open and close pinholes in firewalls and NATs. A message has a
// header with its length, and attributes.
//
// The agent sends requests, the middlebox replies, and it tells of events. Transactions on
// different policy rules do not depend on each other. What stays in order:
//
//   a session's own messages   SE, SA, ST, their replies, AST and BFM: barriers
//   requests                   PEA, PLC and PRS with those of the same policy rule identifier
//                              (PID); PRR, PER, PDR and PRL name none, and are free
//   replies                    with those to requests of the same PID, and with those that name
//                              it: a PER reply, a status, an event (ARE)
//   a list (PRL)               with all that is about its rules; with many rules a barrier
//
// A reply whose request the module does not know is a barrier. An agent learns a rule's PID by the
// reply, so a request that names it never meets the one that made it on the way.
//
// SIMCO in TLS does not follow this protocol, and does not look like it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "modules/common/module_table.h"
#include "modules/module.h"
#include "modules/simco/message.h"
#include "modules/simco/unanswered.h"

namespace {

using funnel_modules::AddKey;
using funnel_modules::Load16;
using funnel_modules::Load32;

constexpr std::size_t kHeadMax = simco::kHeaderSize + simco::kMaxPayload;

// Spaces of keys.
enum Space : std::uint32_t { kTransactionSpace = 1, kRuleSpace = 2 };

// Each rule once, after those that are there.
void AddRules(const simco::Attributes& attributes, funnel_verdict& verdict) {
  if (attributes.rule_count > attributes.rules.size()) {
    verdict.order = FUNNEL_BARRIER;
    return;
  }
  for (const std::uint32_t rule : std::span(attributes.rules).first(attributes.rule_count)) {
    const std::span keys(verdict.keys, std::min<std::size_t>(verdict.key_count, FUNNEL_KEYS_MAX));
    const bool is_there = std::ranges::any_of(
        keys, [&](const funnel_key& key) { return key.space == kRuleSpace && key.value == rule; });
    if (!is_there) AddKey(verdict, rule, kRuleSpace);
  }
}

class SimcoConnection {
 public:
  explicit SimcoConnection(const funnel_modules::NoOptions&) {}

  void Read(funnel_end sender, const std::uint8_t* bytes, std::size_t size,
            funnel_verdict& verdict) {
    verdict.kind = FUNNEL_MISMATCH;
    if (!simco::IsBasicType(sender, bytes[0])) return;
    if (size < simco::kHeaderSize) {
      verdict.kind = FUNNEL_NEED_MORE;
      return;
    }

    const simco::Kind* kind = simco::Recognise(sender, static_cast<std::uint16_t>(Load16(bytes)));
    const std::size_t payload = Load16(bytes + 2);
    if (kind == nullptr || !kind->MayHavePayload(payload)) return;
    if (sender == FUNNEL_CLIENT && !begun_ && kind->type != simco::kEstablish) return;
    const std::size_t head = std::min(payload, simco::kMaxPayload);
    if (size < simco::kHeaderSize + head) {
      verdict.kind = FUNNEL_NEED_MORE;
      return;
    }

    simco::Attributes attributes;
    if (!attributes.Read(*kind, bytes + simco::kHeaderSize, head)) return;
    if (sender == FUNNEL_CLIENT) begun_ = true;
    const std::uint32_t transaction = Load32(bytes + 4);
    funnel_modules::SetMessage(verdict, simco::kHeaderSize + payload, kind->label);
    funnel_modules::SetNumber(verdict, transaction);
    if (sender == FUNNEL_CLIENT)
      OrderRequest(*kind, transaction, attributes, verdict);
    else
      OrderAnswer(*kind, transaction, attributes, verdict);
  }

 private:
  void OrderRequest(const simco::Kind& kind, std::uint32_t transaction,
                    const simco::Attributes& attributes, funnel_verdict& verdict) {
    if (kind.session) {
      verdict.order = FUNNEL_BARRIER;
      unanswered_.Remove(transaction);
      return;
    }
    AddKey(verdict, transaction, kTransactionSpace);
    AddRules(attributes, verdict);
    std::optional<std::uint32_t> rule;
    if (attributes.rule_count > 0) rule = attributes.rules[0];
    unanswered_.Add(transaction, rule);
  }

  void OrderAnswer(const simco::Kind& kind, std::uint32_t transaction,
                   const simco::Attributes& attributes, funnel_verdict& verdict) {
    if (kind.session) {
      verdict.order = FUNNEL_BARRIER;
      return;
    }
    // The middlebox numbers its notifications by itself.
    if (kind.type < simco::kNotification) {
      const auto request = unanswered_.Take(transaction);
      if (!request) verdict.order = FUNNEL_BARRIER;
      AddKey(verdict, transaction, kTransactionSpace);
      if (request && request->rule) AddKey(verdict, *request->rule, kRuleSpace);
    }
    AddRules(attributes, verdict);
  }

  bool begun_ = false;  // the agent's first message was there
  simco::UnansweredRequests unanswered_;
};

}  // namespace

extern "C" constexpr struct funnel_module funnel_module =
    funnel_modules::ModuleTable<funnel_modules::NoOptions, SimcoConnection>::Make({
        .name = "simco",
        .summary = "SIMCO 3.0 (RFC 4540)",
        .head_max = kHeadMax,
    });
