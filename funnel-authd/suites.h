// Which suites a node offers and takes, and which one a handshake results in.
//
// Pure, except that it depends on this machine's OpenSSL and processor.
#pragma once

#include <string>

#include "common/wire/frame/open.h"
#include "common/wire/frame/suite.h"

namespace funnel::authd {

// CONFIGURED without what OpenSSL lacks. Where CONFIGURED is empty: all that OpenSSL has, best
// first and suite 1 last. The result is empty where none of the configured ones is available.
[[nodiscard]] wire::SuiteList UsableSuites(const wire::SuiteList& configured);

// The acceptor's choice: the first of OURS that OPEN offers. nullptr: there is none.
[[nodiscard]] const wire::SuiteTraits* ChooseSuite(const wire::SuiteList& ours,
                                                   const wire::OpenBody& open);

// Why CHOSEN is not the first of OURS, for people; empty where it is the first. UNPROVEN: the
// acceptor gave no proof, so it knows of no other suite.
[[nodiscard]] std::string WhyNotBetter(const wire::SuiteList& ours, std::uint16_t chosen,
                                       bool we_chose, bool unproven);

}  // namespace funnel::authd
