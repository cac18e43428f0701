// The addresses to which one peer's names lead: one question at a time, and the last answer. An
// answer to an earlier question, or for a peer that is gone, is dropped. Part of Peer.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "funnel-sctpd/interfaces.h"

namespace funnel::sctpd {

class NameLookup {
 public:
  // ERROR may say why some addresses are missing.
  using OnAnswer =
      std::function<void(const std::vector<ResolvedAddress>& found, const std::string& error)>;

  explicit NameLookup(ResolverInterface& resolver) : resolver_(resolver) {}

  void Ask(const std::vector<config::Endpoint>& endpoints, OnAnswer on_answer) {
    question_ = std::make_shared<OnAnswer>(std::move(on_answer));
    resolver_.Resolve(endpoints,
                      [this, asked = std::weak_ptr<OnAnswer>(question_)](
                          const std::vector<ResolvedAddress>& found, const std::string& error) {
                        if (auto question = asked.lock()) Take(found, error, *question);
                      });
  }

  // Those of the last answer that had any.
  [[nodiscard]] const std::vector<ResolvedAddress>& addresses() const { return addresses_; }

 private:
  void Take(const std::vector<ResolvedAddress>& found, const std::string& error,
            const OnAnswer& on_answer) {
    if (!found.empty()) addresses_ = found;
    on_answer(found, error);
  }

  ResolverInterface& resolver_;
  // The last question; its answer has come or will come.
  std::shared_ptr<OnAnswer> question_;
  std::vector<ResolvedAddress> addresses_;
};

}  // namespace funnel::sctpd
