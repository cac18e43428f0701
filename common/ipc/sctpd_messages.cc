#include "common/ipc/sctpd_messages.h"

namespace funnel::ipc {
namespace {

std::string_view Fit(std::string_view text) { return text.substr(0, kMaxTextSize); }

bool TakeText(ByteReader& in, std::string& out) {
  auto raw = in.Block16();
  if (!raw || raw->size() > kMaxTextSize) return false;
  out = AsText(*raw);
  return true;
}

}  // namespace

Result<LinkUp> LinkUp::Parse(ByteView body) {
  ByteReader in(body);
  auto budget = in.U32();
  if (!budget || !in.AtEnd()) return Fail("a malformed LINK_UP");
  return LinkUp{*budget};
}

Bytes LinkUp::Serialize() const { return ByteWriter().U32(budget).Release(); }

Result<LinkEnd> LinkEnd::Parse(ByteView body) {
  ByteReader in(body);
  LinkEnd end;
  auto code = in.U16();
  if (!code || !TakeText(in, end.text) || !in.AtEnd()) return Fail("a malformed LINK_END");
  end.code = static_cast<LinkEndCode>(*code);
  return end;
}

Bytes LinkEnd::Serialize() const {
  return ByteWriter().U16(static_cast<std::uint16_t>(code)).Block16(AsBytes(Fit(text))).Release();
}

Result<Note> Note::Parse(ByteView body) {
  ByteReader in(body);
  Note note;
  auto state = in.U8();
  if (!state || *state > static_cast<std::uint8_t>(NoteState::kClosing))
    return Fail("a malformed NOTE");
  note.state = static_cast<NoteState>(*state);
  const bool texts = TakeText(in, note.local_principal) && TakeText(in, note.remote_principal) &&
                     TakeText(in, note.text);
  auto authenticated = in.U8(), in_use = in.U8();
  if (!texts || !authenticated || *authenticated > 1 || !in_use || *in_use > 1)
    return Fail("a malformed NOTE");
  note.authenticated = *authenticated == 1;
  note.in_use = *in_use == 1;

  // Edges of the previous version, which an upgrade has not restarted yet, send no more than this.
  if (in.AtEnd()) return note;
  auto suite = in.U16();
  if (!suite || *suite == 0 || !TakeText(in, note.suite_reason) || !in.AtEnd())
    return Fail("a malformed NOTE");
  note.suite = *suite;
  return note;
}

Bytes Note::Serialize() const {
  ByteWriter out;
  out.U8(static_cast<std::uint8_t>(state))
      .Block16(AsBytes(Fit(local_principal)))
      .Block16(AsBytes(Fit(remote_principal)))
      .Block16(AsBytes(Fit(text)))
      .U8(authenticated ? 1 : 0)
      .U8(in_use ? 1 : 0);
  if (suite != 0) out.U16(suite).Block16(AsBytes(Fit(suite_reason)));
  return out.Release();
}

}  // namespace funnel::ipc
