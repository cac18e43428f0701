// Names that tests make up. In a program that is linked with fake_names.cc the C library's resolver
// knows them too, on every thread.
#pragma once

#include <string>
#include <vector>

namespace funnel::net {

// NAME has these addresses from now on; none: there is no such name any more.
void SetFakeName(const std::string& name, std::vector<std::string> addresses);

}  // namespace funnel::net
