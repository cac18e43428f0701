// Which suites a node offers and takes, and which one a handshake comes to.
//
// Pure but for what this machine's OpenSSL and processor have.
#pragma once

#include <string>

#include "common/wire/frame/open.h"
#include "common/wire/frame/suite.h"

namespace funnel::authd {

// CONFIGURED less what OpenSSL lacks; empty: all that it has, best first and suite 1 last. Nothing
// is left where none of the configured ones can be had.
[[nodiscard]] wire::SuiteList UsableSuites(const wire::SuiteList& configured);

// The acceptor's choice: the first of OURS that OPEN offers. nullptr: there is none.
[[nodiscard]] const wire::SuiteTraits* ChooseSuite(const wire::SuiteList& ours,
                                                   const wire::OpenBody& open);

// Why CHOSEN is not the first of OURS, for people; empty where it is. UNPROVEN: the acceptor gave
// no proof, so it knows of no other suite.
[[nodiscard]] std::string WhyNotBetter(const wire::SuiteList& ours, std::uint16_t chosen,
                                       bool we_chose, bool unproven);

}  // namespace funnel::authd
