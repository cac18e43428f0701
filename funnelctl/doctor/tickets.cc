// What the KDC says about an identity: whether it gets tickets, for which principals, whether its
// key is the KDC's, and how far our clock is from the KDC's. All of it stays in memory.
#include <algorithm>
#include <ctime>

#include "funnelctl/doctor/checks.h"
#include "funnelctl/doctor/identity.h"
#include "funnelctl/doctor/krb.h"
#include "funnelctl/words.h"

namespace funnel::ctl::doctor {
namespace {

// Kerberos refuses beyond krb5.conf's clockskew, 300 s unless set; from here on one should act.
constexpr std::int64_t kSkewWarning = 30;
constexpr std::int64_t kSkewWrong = 300;

// Tickets of one identity, in a cache of this process.
class Tickets {
 public:
  explicit Tickets(const Session& session) : session_(session) {}
  Tickets(const Tickets&) = delete;
  Tickets& operator=(const Tickets&) = delete;
  ~Tickets() {
    if (cache_ != nullptr) krb5_cc_destroy(session_.get(), cache_);
    if (keytab_ != nullptr) krb5_kt_close(session_.get(), keytab_);
  }

  // An AS exchange; returns by how many seconds our clock is ahead of the KDC's.
  Result<std::int64_t> GetInitial(krb5_principal client, const std::string& keytab) {
    krb5_context context = session_.get();
    if (auto code = krb5_kt_resolve(context, ("FILE:" + keytab).c_str(), &keytab_); code != 0)
      return session_.Failed(keytab, code);
    krb5_creds initial{};
    auto code = krb5_get_init_creds_keytab(context, &initial, client, keytab_, 0, nullptr, nullptr);
    if (code != 0) return session_.Failed("no ticket", code);
    std::int64_t ahead = std::time(nullptr) - static_cast<std::int64_t>(initial.times.authtime);
    code = krb5_cc_new_unique(context, "MEMORY", nullptr, &cache_);
    if (code == 0) code = krb5_cc_initialize(context, cache_, client);
    if (code == 0) code = krb5_cc_store_cred(context, cache_, &initial);
    krb5_free_cred_contents(context, &initial);
    if (code != 0) return session_.Failed("cannot keep the ticket", code);
    return ahead;
  }

  // A TGS exchange; returns the version of the key with which the KDC made the ticket.
  Result<krb5_kvno> GetFor(krb5_principal client, krb5_principal server) {
    krb5_context context = session_.get();
    krb5_creds wanted{};
    wanted.client = client;
    wanted.server = server;
    krb5_creds* got = nullptr;
    if (auto code = krb5_get_credentials(context, 0, cache_, &wanted, &got); code != 0)
      return session_.Failed("no ticket", code);
    krb5_ticket* ticket = nullptr;
    auto code = krb5_decode_ticket(&got->ticket, &ticket);
    krb5_kvno kvno = code == 0 ? ticket->enc_part.kvno : 0;
    if (code == 0) krb5_free_ticket(context, ticket);
    krb5_free_creds(context, got);
    if (code != 0) return session_.Failed("the ticket is malformed", code);
    return kvno;
  }

 private:
  const Session& session_;
  krb5_keytab keytab_ = nullptr;
  krb5_ccache cache_ = nullptr;
};

Finding JudgeClock(std::int64_t ahead) {
  std::int64_t off = ahead < 0 ? -ahead : ahead;
  std::string text = off <= 1 ? "our clock agrees with the KDC's"
                              : "our clock is " + PrintSeconds(off) +
                                    (ahead > 0 ? " ahead of" : " behind") + " the KDC's";
  if (off >= kSkewWrong) return Wrong(text, "set the clock (timedatectl, chrony)");
  if (off >= kSkewWarning) return Warning(text, "set the clock (timedatectl, chrony)");
  return Ok(text);
}

// What to do about an error of an AS exchange.
std::string TodoFor(int code, const Identity& identity) {
  switch (code) {
    case KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN:
      return "kadmin: addprinc -randkey " + identity.principal + "; ktadd";
    case KRB5KDC_ERR_PREAUTH_FAILED:
    case KRB5KRB_AP_ERR_BAD_INTEGRITY:
      return "the keytab's key is not the KDC's: kadmin: ktadd -k " + identity.keytab;
    case KRB5_KDC_UNREACH:
    case KRB5_REALM_UNKNOWN:
      return "look at krb5.conf, the network to the KDC, and whether it runs";
    case KRB5KRB_AP_ERR_SKEW:
    case KRB5_KDCREP_SKEW:
      return "set the clock (timedatectl, chrony)";
    default:
      return "look at the KDC's log";
  }
}

Findings CheckExpected(const Session& session, Tickets& tickets, const KrbName& client,
                       const Identity& identity) {
  Findings out;
  for (const std::string& expected : identity.expected) {
    auto server = KrbName::Parse(session, expected);
    if (!server) continue;  // configuration has checked it
    auto kvno = tickets.GetFor(client.get(), server->get());
    if (kvno) {
      out.push_back(Ok("ticket for " + Shown(expected)));
      continue;
    }
    out.push_back(Wrong("for " + Shown(expected) + ": " + Shown(kvno.error().message),
                        "is that principal in the KDC, and `expect` or `principal` right?"));
  }

  return out;
}

// A ticket for ourselves shows which key the KDC has.
Findings CheckVersion(Tickets& tickets, const KrbName& client, const Identity& identity,
                      krb5_kvno newest) {
  auto kvno = tickets.GetFor(client.get(), client.get());
  if (!kvno || *kvno == newest || *kvno == 0) return {};
  return {Wrong(
      "the keytab has kvno " + std::to_string(newest) + ", the KDC uses " + std::to_string(*kvno),
      "kadmin: ktadd -k " + identity.keytab + ' ' + identity.principal)};
}

Findings AskKdc(const Session& session, const Identity& identity, krb5_kvno newest) {
  auto client = KrbName::Parse(session, identity.principal);
  if (!client) return {Wrong(Shown(client.error().message), "correct the principal")};
  Tickets tickets(session);
  auto ahead = tickets.GetInitial(client->get(), identity.keytab);
  if (!ahead) return {Wrong(Shown(ahead.error().message), TodoFor(ahead.error().code, identity))};
  Findings out{Ok("a ticket is obtained"), JudgeClock(*ahead)};
  for (Findings more : {CheckExpected(session, tickets, *client, identity),
                        CheckVersion(tickets, *client, identity, newest)})
    out.insert(out.end(), more.begin(), more.end());
  return out;
}

}  // namespace

Findings CheckIdentity(const Identity& identity) {
  auto session = Session::Open();
  if (!session) return {Wrong(session.error().message, "correct krb5.conf")};
  auto keys = ReadKeytab(*session, identity.keytab);
  if (!keys) return {Wrong(Shown(keys.error().message), "see the keytab's own line")};
  krb5_kvno newest = 0;
  bool there = false;

  for (const KeytabKey& key : *keys) {
    if (key.principal != identity.principal) continue;
    newest = std::max(newest, key.kvno);
    there = true;
  }

  if (!there) {
    return {Wrong("no key in " + identity.keytab,
                  "kadmin: ktadd -k " + identity.keytab + ' ' + identity.principal)};
  }
  return AskKdc(*session, identity, newest);
}

}  // namespace funnel::ctl::doctor
