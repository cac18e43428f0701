// Which keys edges and funnel-sctpd see: a channel's own ones, and none of a ticket or keytab.
#include <krb5.h>

#include <algorithm>

#include "tests/unit/authd/channel_fixture.h"

namespace funnel::authd {
namespace {

// The keys of all tickets in this process, which contains both authds. They are in memory caches
// that common/gss numbers. (krb5_cccol_cursor_new() does not visit those.)
std::vector<Bytes> TicketKeys() {
  std::vector<Bytes> keys;
  krb5_context context = nullptr;
  EXPECT_EQ(krb5_init_context(&context), 0);

  for (int number = 1; number <= 1000; ++number) {
    const std::string name = "MEMORY:funnel-" + std::to_string(number);
    krb5_ccache cache = nullptr;
    if (krb5_cc_resolve(context, name.c_str(), &cache) != 0) continue;

    krb5_cc_cursor cursor;
    krb5_creds ticket;
    if (krb5_cc_start_seq_get(context, cache, &cursor) == 0) {
      while (krb5_cc_next_cred(context, cache, &cursor, &ticket) == 0) {
        if (ticket.keyblock.length >= 16)
          keys.emplace_back(ticket.keyblock.contents,
                            ticket.keyblock.contents + ticket.keyblock.length);
        krb5_free_cred_contents(context, &ticket);
      }
      krb5_cc_end_seq_get(context, cache, &cursor);
    }
    krb5_cc_close(context, cache);
  }

  krb5_free_context(context);
  return keys;
}

std::vector<Bytes> KeytabKeys(const std::string& path) {
  std::vector<Bytes> keys;
  krb5_context context = nullptr;
  krb5_keytab keytab = nullptr;
  krb5_kt_cursor cursor;
  krb5_keytab_entry entry;
  EXPECT_EQ(krb5_init_context(&context), 0);
  EXPECT_EQ(krb5_kt_resolve(context, path.c_str(), &keytab), 0);
  EXPECT_EQ(krb5_kt_start_seq_get(context, keytab, &cursor), 0);
  while (krb5_kt_next_entry(context, keytab, &entry, &cursor) == 0) {
    keys.emplace_back(entry.key.contents, entry.key.contents + entry.key.length);
    krb5_free_keytab_entry_contents(context, &entry);
  }
  krb5_kt_end_seq_get(context, keytab, &cursor);
  krb5_kt_close(context, keytab);
  krb5_free_context(context);
  return keys;
}

bool Received(const TestClient& client, const Bytes& secret) {
  return std::any_of(client.packets().begin(), client.packets().end(), [&](const Bytes& packet) {
    return std::search(packet.begin(), packet.end(), secret.begin(), secret.end()) != packet.end();
  });
}

TEST_F(ChannelTest, NeverGivesATicketsOrKeytabsKeyAway) {
  auto [ours, theirs] = Establish();
  const Bytes subkey(ours.key.view().begin(), ours.key.view().end());
  // The search itself works: it finds what edges should get, and sctpd should not.
  EXPECT_TRUE(Received(edge_, subkey));
  EXPECT_TRUE(Received(backend_edge_, subkey));
  EXPECT_FALSE(Received(sctpd_, subkey));
  std::vector<Bytes> secrets = TicketKeys();
  EXPECT_GE(secrets.size(), 2u) << "a ticket-granting ticket and one for the service";
  for (const char* file : {"branch.keytab", "hoster.keytab"})
    for (auto& key : KeytabKeys(realm_.Path(file))) secrets.push_back(std::move(key));
  EXPECT_GE(secrets.size(), 14u);
  for (const Bytes& secret : secrets)
    for (const TestClient* client : {&edge_, &backend_edge_, &sctpd_})
      EXPECT_FALSE(Received(*client, secret));
}

}  // namespace
}  // namespace funnel::authd
