#include "funnel-authd/claims.h"

#include "common/base/random.h"
#include "common/seal/sha256.h"

namespace funnel::authd {

Claims::Key Claims::KeyOf(ByteView claim) {
  const seal::Sha256Digest digest = seal::Sha256(claim);
  return Key(AsText(digest));
}

std::optional<Secret> Claims::Put(AcceptedContext context, TimePoint now) {
  Shares::Slot slot = slots_.Take(context.service.text());
  if (!slot) return std::nullopt;
  Secret claim(kClaimSize);
  FillRandom(claim.writable());
  claims_.insert_or_assign(KeyOf(claim.view()),
                           Entry{std::move(context), now + lifetime_, std::move(slot)});
  return claim;
}

Result<AcceptedContext> Claims::Redeem(ByteView claim, const ServiceName& service, TimePoint now) {
  auto found = claims_.find(KeyOf(claim));
  if (found == claims_.end()) return Fail("no such claim: it was redeemed, or its time is over");
  if (found->second.context.service != service)
    return Fail("that claim is for the edge of another service");
  AcceptedContext context = std::move(found->second.context);
  const bool in_time = now < found->second.ends;
  claims_.erase(found);
  if (!in_time) return Fail("the claim's time is over");
  return context;
}

void Claims::Drop(ByteView claim) { claims_.erase(KeyOf(claim)); }

std::size_t Claims::Expire(TimePoint now) {
  return std::erase_if(claims_, [now](const auto& entry) { return entry.second.ends <= now; });
}

}  // namespace funnel::authd
