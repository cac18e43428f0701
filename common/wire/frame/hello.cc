#include "common/wire/frame/hello.h"

#include "common/wire/frame/tlv.h"

namespace funnel::wire {

Result<HelloBody> HelloBody::Parse(ByteView body) {
  const TlvMap map =
      TRY(TlvMap::Parse(body, {TlvType::kNode, TlvType::kInstance, TlvType::kVersions}));
  HelloBody hello;
  hello.node = TRY(map.GetName(TlvType::kNode));
  hello.instance = TRY(map.GetU64(TlvType::kInstance));
  const ByteView versions = TRY(map.Get(TlvType::kVersions, 1, 32));
  hello.versions.assign(versions.begin(), versions.end());
  return hello;
}

Bytes HelloBody::Serialize() const {
  std::uint8_t raw_instance[8];
  StoreBigEndian<8>(raw_instance, instance);
  ByteWriter out;
  AppendTlv(out, TlvType::kNode, AsBytes(node));
  AppendTlv(out, TlvType::kInstance, raw_instance);
  AppendTlv(out, TlvType::kVersions, versions);
  return out.Release();
}

}  // namespace funnel::wire
