// A valid configuration folder; tests break or extend it.
#pragma once

#include <string>
#include <string_view>

#include "common/config/read/load.h"
#include "tests/unit/config/temp_dir.h"

namespace funnel::config {

inline constexpr std::string_view kNodeText = "[node]\nname = branch1.example.net\n";
inline constexpr std::string_view kPeerText =
    "[peer]\n"
    "node = ns.hoster.net\n"
    "principal = funnel/ns.hoster.net@EXAMPLE.NET\n"
    "connect = hoster.net\n";
inline constexpr std::string_view kListenText =
    "[service]\n"                                       // 1
    "protocol = udp\n"                                  // 2
    "peer = hoster\n"                                   // 3
    "[listen]\n"                                        // 4
    "address = 127.0.0.1:53\n"                          // 5
    "[security]\n"                                      // 6
    "identity = dns/branch1.example.net@EXAMPLE.NET\n"  // 7
    "expect = dns/ns.hoster.net@EXAMPLE.NET\n";         // 8
inline constexpr std::string_view kConnectText =
    "[service]\n"                                  // 1
    "protocol = tcp\n"                             // 2
    "[connect]\n"                                  // 3
    "address = 127.0.0.1:389\n"                    // 4
    "[security]\n"                                 // 5
    "identity = ldap/ns.hoster.net@EXAMPLE.NET\n"  // 6
    "accept = ldap/*@EXAMPLE.NET\n";               // 7

class ExampleDir : public TempDir {
 public:
  ExampleDir() {
    Write("funnel.conf", kNodeText);
    Write("peers.d/hoster.ini", kPeerText);
    Write("services.d/dns.ini", kListenText);
    Write("services.d/ldap.ini", kConnectText);
  }

  [[nodiscard]] std::expected<Configuration, Mistakes> Load(std::string defaults = "") const {
    return config::Load({path(), std::move(defaults)});
  }

  // All mistakes without the folder's path, one on each line.
  [[nodiscard]] std::string Reported() const {
    auto loaded = Load();
    if (loaded) return "none";
    std::string text = PrintMistakes(loaded.error());
    for (std::size_t at; (at = text.find(path() + '/')) != std::string::npos;)
      text.erase(at, path().size() + 1);
    if (text.ends_with('\n')) text.pop_back();
    return text;
  }
};

// TEXT with the first FROM replaced by TO.
inline std::string Replace(std::string_view text, std::string_view from, std::string_view to) {
  std::string out(text);
  return out.replace(out.find(from), from.size(), to);
}

}  // namespace funnel::config
