// Names that tests invent. In a program that is linked with fake_names.cc the C library's resolver
// knows them, too, on every thread.
#pragma once

#include <string>
#include <vector>

namespace funnel::net {

// From now on NAME has these addresses; an empty list: the name no longer exists.
void SetFakeName(const std::string& name, std::vector<std::string> addresses);
// Nobody answers for NAME until SetFakeName() gives it addresses.
void HoldFakeName(const std::string& name);

}  // namespace funnel::net
